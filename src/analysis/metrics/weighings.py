"""The same metric per person, per account and by what customers are worth."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.estimate import Estimate, statistic, untold
from analysis.metrics.metric import OVER, SCORED, Metric, value_of
from analysis.survey import Sample

WORTH = "worth_"
LEAST_WORTH = 100


def with_worth(
    sample: Sample, customer_periods: pd.DataFrame, *, periods: list[str]
) -> Sample:
    """Add what each customer bought in some periods, as the column `WORTH`.

    Parameters
    ----------
    sample : Sample
        Respondents with `customer_id`.
    customer_periods : DataFrame
        What each customer bought in each period.
    periods : list of str
        The periods to add up, such as the last four quarters.

    Returns
    -------
    Sample
        Revenue in the study's currency; 0 for a known customer without orders,
        missing where nobody knows who answered.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"customer_id": ["a", "b"]}))
    >>> bought = pd.DataFrame({"customer_id": ["a"], "period": ["2026Q3"],
    ...     "revenue": [80.0]})
    >>> with_worth(answers, bought, periods=["2026Q3"]).frame[WORTH].tolist()
    [80.0, 0.0]
    """
    recent = customer_periods[customer_periods["period"].isin(periods)]
    revenue = recent.groupby("customer_id")["revenue"].sum()
    who = sample.frame["customer_id"]
    worth = who.map(revenue).astype("float64").fillna(0.0).where(who.notna())
    return sample.with_columns(**{WORTH: worth})


@statistic
def weighings(sample: Sample, metric: Metric) -> dict[str, Estimate]:
    r"""Value of a metric where each person, each account or each euro counts once.

    Parameters
    ----------
    sample : Sample
        Respondents with their weights; `account_id` and `WORTH` (see `with_worth`)
        where they are known.
    metric : Metric
        Of answers.

    Returns
    -------
    dict of str to Estimate
        ``each person``; ``each account`` and ``by revenue`` where there are columns
        for them.

    Notes
    -----
    With survey weights :math:`w` and answers :math:`y` each is
    :math:`\sum w v y / \sum w v`: :math:`v` is 1 for persons, one over the summed
    weights of the account for accounts, and revenue for the last. Accounts are the
    clusters of the second, customers of the others. Revenue is taken as it is, not as
    a sample: the figure speaks of these buyers' revenue. A few large customers make
    its effective base small and its interval wide; under an effective base of 100,
    where the interval no longer covers as it says, no value is given. Respondents who
    are not known as customers, or who belong to no account, are in the first figure
    only.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({
    ...     "recommend": [10, 10, 2] * 200, WORTH: [10, 10, 80] * 200}))
    >>> found = weighings(answers, net_promoter)
    >>> round(found["each person"].value), round(found["by revenue"].value)
    (33, -60)
    """
    found = {"each person": _weighed(sample, metric, None)}
    if sample.known(["account_id"]):
        account = sample.frame["account_id"]
        weight = sample.frame[sample.weights] if sample.weights else account.notna()
        asked = weight.where(metric.scored(sample).frame[SCORED].notna())
        parts = 1 / asked.astype("float64").groupby(account).transform("sum")
        grouped = replace(sample, clusters="account_id")
        found["each account"] = _weighed(grouped, metric, parts)
    if sample.known([WORTH]) and (sample.frame[WORTH] > 0).any():
        worth = sample.frame[WORTH]
        found["by revenue"] = _weighed(sample, metric, worth, by_worth=True)
    return found


def _weighed(
    sample: Sample,
    metric: Metric,
    values: pd.Series | None,
    *,
    by_worth: bool = False,
) -> Estimate:
    scored, over = metric.scored(sample), None
    if values is not None:
        points = scored.frame[SCORED].astype("float64")
        counted = values.where((values > 0) & points.notna())
        scored = scored.with_columns(**{SCORED: points * counted, OVER: counted})
        over = OVER
    made = value_of(scored, metric.unit, over=over)
    assert isinstance(made, Estimate)  # without `by` there is one
    few = by_worth and made.effective_base < LEAST_WORTH
    return untold(made) if few else made
