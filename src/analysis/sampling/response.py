"""Who answered of those who were asked."""

from __future__ import annotations

import pandas as pd

from analysis.estimate import statistic
from analysis.survey import Result, Sample, share


def answered(invitations: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Mark the invitations that were answered in their own period.

    Parameters
    ----------
    invitations : DataFrame
        With customer_id and period.
    responses : DataFrame
        With customer_id and period.

    Returns
    -------
    DataFrame
        The invitations with the column `answered`; none gained or lost.

    Examples
    --------
    >>> asked = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q3"})
    >>> answers = pd.DataFrame({"customer_id": ["b"], "period": "2026Q3"})
    >>> answered(asked, answers)["answered"].tolist()
    [False, True]
    """
    keys = ["customer_id", "period"]
    given = pd.MultiIndex.from_frame(responses[keys])
    asked = pd.MultiIndex.from_frame(invitations[keys])
    return invitations.assign(answered=asked.isin(given))


@statistic
def response_rate(
    invitations: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    by: str | None = None,
    confidence: float = 0.95,
) -> Result:
    """Share of invitations that were answered.

    Parameters
    ----------
    invitations, responses : DataFrame
        Of one period, each with customer_id and period.
    by : str, optional
        Column of `invitations`, such as ``stratum``.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`; the base counts invitations.

    Notes
    -----
    Completed over invited, every invitation counted, delivered or not: the
    response rate RR1 where all invited are known to be eligible [1]_. The interval
    is Wilson's. A high rate alone says nothing about bias.

    References
    ----------
    .. [1] AAPOR (2023). Standard Definitions: Final Dispositions of Case Codes and
       Outcome Rates for Surveys, 10th edition.

    Examples
    --------
    >>> asked = pd.DataFrame({"customer_id": list("abcd"), "period": "2026Q3"})
    >>> answers = pd.DataFrame({"customer_id": ["b"], "period": "2026Q3"})
    >>> response_rate(asked, answers).value
    0.25
    """
    sample = Sample(answered(invitations, responses), confidence=confidence)
    return share(sample, "answered", by=by)
