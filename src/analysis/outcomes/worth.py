"""What one point of a question goes with in money."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.estimate import Estimate, statistic
from analysis.outcomes.afterwards import spend_effects
from analysis.study import StudyError
from analysis.survey import Sample

QUARTER = 365.25 / 4


@statistic
def worth_of_a_point(
    sample: Sample,
    question: str = "recommend",
    *,
    days: int = 90,
    customers: int = 1000,
    adjust: Sequence[str] = (),
) -> dict[str, Estimate]:
    r"""Money per 1,000 customers and quarter that goes with one point more.

    Parameters
    ----------
    sample : Sample
        Answers with what was done around them; see `after_answers`.
    question : str
        Numeric column.
    days : int
        Length of the window after the answer.
    customers : int
        How many customers to speak of.
    adjust : sequence of str
        Columns to compare within, such as segment and period.

    Returns
    -------
    dict of str to Estimate
        ``revenue``; ``refunds``, where returns are known; and ``net``, the revenue
        kept: the first less the second, to the last digit. Unit `amount_difference`.

    Raises
    ------
    StudyError
        As for `spend_after`, or if the window or the number of customers is not
        above 0.

    Notes
    -----
    The two-part differences of `spend_after`, times customers, times the days of a
    quarter over those of the window. Revenue and net come from the same answers, so
    the error of refunds, their difference, is that of the difference of their
    influences [1]_ and knows that both come from the same customers. A point of
    difference between customers, not a promise for a point gained. What is spent in
    the window is taken to be typical of a quarter; costs are not in it.

    References
    ----------
    .. [1] Deville, J.-C. (1999). Variance estimation for complex statistics and
       estimators: linearization and residual techniques. Survey Methodology 25(2),
       193-203.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"recommend": [4, 8] * 40, "lines_after": [0, 1, 1, 0, 0,
    ...     1, 1, 1] * 10, "revenue_after": [0.0, 30, 20, 0, 0, 50, 20, 60] * 10})
    >>> sorted(worth_of_a_point(Sample(people)))
    ['revenue']
    """
    if not days > 0 or not customers > 0:
        raise StudyError(
            f"Worth is told of a window and of customers above 0, not of {days} days "
            f"and {customers} customers."
        )
    factor = customers * QUARTER / days
    effects = {}
    if "net_after" in sample.frame:
        known = sample.frame["net_after"].notna()
        sample = sample.with_columns(
            revenue_after=sample.frame["revenue_after"].where(known)
        )
    for money in [
        name for name in ("revenue", "net") if f"{name}_after" in sample.frame
    ]:
        found = spend_effects(sample, question, money=money, adjust=adjust)
        effects[money] = found["all customers"].times(factor)
    if "net" in effects:
        effects["refunds"] = effects["revenue"].minus(effects["net"])
    return {
        name: effects[name].estimate(sample, unit="amount_difference")
        for name in ("revenue", "refunds", "net")
        if name in effects
    }
