"""Who answered of those who were asked, and where the others were lost."""

from __future__ import annotations

import dataclasses

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.survey import Result, Sample, share

STAGES = ("invited", "delivered", "opened", "answered", "usable")
QUESTIONS = ("recommend", "satisfaction", "effort")


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


@statistic
def response_funnel(
    invitations: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    by: str | None = None,
    confidence: float = 0.95,
) -> dict[str, Estimate] | dict[str, dict[str, Estimate]]:
    """Share of invitations that reached each stage, from invited to usable.

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
    dict of stage to Estimate, or dict of level to that
        Unit `share`; the base counts the invitations that reached the stage.
        Stages that the export does not hold are left out.

    Notes
    -----
    Every stage is divided by all invitations. Who answered has opened, and who
    opened was reached, whatever the mail tool says: opening is often not seen. An
    answer is usable if one of the three questions (recommend, satisfaction, effort)
    has a value. The intervals are Wilson's.

    Examples
    --------
    >>> asked = pd.DataFrame({"customer_id": list("abcd"), "period": "2026Q3",
    ...     "delivered": [True, True, True, False]})
    >>> answers = pd.DataFrame({"customer_id": ["b"], "period": "2026Q3",
    ...     "recommend": [None]})
    >>> found = response_funnel(asked, answers)
    >>> {stage: one.value for stage, one in found.items()}
    {'invited': 1.0, 'delivered': 0.75, 'answered': 0.25, 'usable': 0.0}
    """
    reached = _stages(invitations, responses)
    if by is None:
        return _funnel(reached, confidence)
    return {
        str(level): _funnel(reached.loc[rows.index], confidence)
        for level, rows in invitations.groupby(by)
    }


def _stages(invitations: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """One boolean column per stage; a later stage implies the earlier ones."""
    asked = [name for name in QUESTIONS if name in responses]
    usable = responses[responses[asked].notna().any(axis=1)] if asked else responses
    reached = pd.DataFrame({"usable": answered(invitations, usable)["answered"]})
    reached["answered"] = answered(invitations, responses)["answered"]
    for earlier, later in (("opened", "answered"), ("delivered", "opened")):
        if earlier in invitations:
            seen = invitations[earlier].fillna(False).astype(bool)
            reached[earlier] = seen | reached.get(later, reached["answered"])
    reached["invited"] = True
    return reached[[stage for stage in STAGES if stage in reached]]


def _funnel(reached: pd.DataFrame, confidence: float) -> dict[str, Estimate]:
    sample = Sample(reached, confidence=confidence)
    found = {}
    for stage in reached:
        one = share(sample, str(stage))
        assert isinstance(one, Estimate)  # without `by` there is one
        found[str(stage)] = dataclasses.replace(one, base=int(reached[stage].sum()))
    return found


def approached(
    invitations: pd.DataFrame, responses: pd.DataFrame, population: pd.DataFrame
) -> pd.DataFrame:
    """Join invitations with what is known of the customers and who answered.

    Parameters
    ----------
    invitations, responses : DataFrame
        Of one period.
    population : DataFrame
        One row per customer of the period.

    Returns
    -------
    DataFrame
        One row per invited customer of the population: `answered`, the customer's
        columns, and `represents`, the customers of the stratum for each of its
        invitations.

    Examples
    --------
    >>> asked = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q3"})
    >>> everyone = pd.DataFrame({"customer_id": list("abcd"), "segment": "new"})
    >>> approached(asked, asked.head(1), everyone)[["answered", "represents"]].values
    array([[True, 2.0],
           [False, 2.0]], dtype=object)
    """
    marked = answered(invitations, responses).drop_duplicates("customer_id")
    columns = ["customer_id", "invited_on", "stratum", "answered"]
    own = [name for name in columns if name in marked]
    new = [name for name in population if name == "customer_id" or name not in own]
    asked = marked[own].merge(population[new], on="customer_id", validate="1:1")
    return asked.assign(represents=_represents(asked, population))


def _represents(asked: pd.DataFrame, population: pd.DataFrame) -> pd.Series:
    """Customers per invitation, by stratum where the strata are a known column."""
    column = _strata_column(asked, population)
    if column is None:
        return pd.Series(len(population) / max(len(asked), 1), index=asked.index)
    sizes = population[column].value_counts() / asked["stratum"].value_counts()
    return asked["stratum"].map(sizes).astype(float)


def _strata_column(asked: pd.DataFrame, population: pd.DataFrame) -> str | None:
    """The customers' column that holds the very strata of the invitations."""
    if "stratum" not in asked:
        return None
    same = (
        str(name)
        for name in population
        if str(name) in asked
        and asked[name].astype("str").eq(asked["stratum"].astype("str")).all()
    )
    return next(same, None)
