"""Whether customers buy again, stay, and what they spend."""

from __future__ import annotations

import pandas as pd

from analysis.metrics.metric import metric

# Below so many customers who spend, Student's interval of a skewed mean is too short.
LEAST_BUYERS = 100


@metric(
    "repeat_rate",
    unit="share",
    needs=("purchase_days", "bought"),
    label="Repeat purchase rate",
)
def repeat_rate(customers: pd.DataFrame) -> pd.Series:
    """Share of a period's buyers who bought on two or more days of it.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with purchase_days and bought.

    Returns
    -------
    Series of bool
        Whether a buyer came again; missing for those who bought nothing.

    Notes
    -----
    Days and not orders: two orders of one day are often one purchase in two parcels.
    Both purchases lie in the same period, so the rate does not grow with the length of
    the record, as the share of buyers who ever bought before would; it does grow with
    the length of the period, so a quarter cannot be compared with a year. Whoever
    bought first near the end had less time to come again. Wilson's interval; see
    `analysis.survey.share`.

    Examples
    --------
    >>> from analysis.survey import Sample
    >>> days = pd.DataFrame({"purchase_days": [3, 1, 1, 1, 0]})
    >>> repeat_rate(Sample(days.assign(bought=days["purchase_days"] > 0))).value
    0.25
    """
    return (customers["purchase_days"] > 1).where(customers["bought"] > 0)


@metric(
    "retention",
    unit="share",
    needs=("bought_before", "bought"),
    label="Retention rate",
)
def retention(customers: pd.DataFrame) -> pd.Series:
    """Share of the previous period's buyers who bought again in this one.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with bought and bought_before.

    Returns
    -------
    Series of bool
        Whether a buyer of the period before bought; missing for all others.

    Notes
    -----
    The rest lapsed, some only for a while: where customers buy every other year, few
    buy in two quarters running and all may be well. The season is in it: the first
    quarter follows Christmas. Compare with the same period of the year before.
    Wilson's interval; see `analysis.survey.share`.

    Examples
    --------
    >>> from analysis.metrics.trade import trade
    >>> lines = pd.DataFrame({"customer_id": ["a", "b", "a"],
    ...     "period": ["2026Q2", "2026Q2", "2026Q3"]})
    >>> retention(trade(lines)).value
    0.5
    """
    return (customers["bought"] > 0).where(customers["bought_before"] == 1)


@metric(
    "churn_rate",
    unit="share",
    needs=("was_customer", "left"),
    label="Churn rate",
    good="low",
)
def churn_rate(customers: pd.DataFrame) -> pd.Series:
    """Share of the customers at the start of a period who left during it.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with was_customer and left.

    Returns
    -------
    Series of bool
        Whether a customer left; missing for those who were none at the start.

    Notes
    -----
    Leaving is what the customers table records as left_on: a contract ended or an
    account closed. Whoever joined and left within the period is not in it. It needs a
    table that is up to date and keeps those who left. Not for shops whose customers
    only stop buying: see `retention`. Wilson's interval, which also holds for 3 of 40;
    see `analysis.survey.share`.

    Examples
    --------
    >>> from analysis.survey import Sample
    >>> customers = pd.DataFrame(
    ...     {"was_customer": [1, 1, 1, 1, 0], "left": [1, 0, 0, 0, 0]})
    >>> churn_rate(Sample(customers)).value
    0.25
    """
    left, was_customer = customers["left"], customers["was_customer"] > 0
    return (left > 0).where(was_customer & left.notna())


@metric(
    "revenue_per_customer",
    unit="amount",
    needs=("is_customer", "revenue"),
    label="Revenue per customer",
    least=LEAST_BUYERS,
)
def revenue_per_customer(customers: pd.DataFrame) -> pd.Series:
    """Mean net revenue of a period's customers, those who bought nothing included.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with revenue and is_customer.

    Returns
    -------
    Series of float
        Revenue before refunds, in the study's currency, 0 or more; missing for those
        who were no customers of the period.

    Notes
    -----
    Student's interval; see `analysis.survey.mean`. Money is skewed, and the interval
    is then too short, the more so the fewer customers spend. With spend like the
    demo's it covers 94 % at 100 buyers and 92 % at 30; where the logarithm of spend
    has a standard deviation of 1.0, 1.25 and 1.5, it covers 94, 90 and 86 % at 100
    buyers and 94, 94 and 92 % at 1,000. Below `LEAST_BUYERS` buyers no figure is told.
    A floor on the sample's own skewness, such as Cochran's 25 times its square [1]_,
    does worse: it lets those samples pass that happen to miss the large amounts.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, section 2.15.
       Wiley.

    Examples
    --------
    >>> from analysis.survey import Sample
    >>> spent = pd.DataFrame({"revenue": [40.0, 0, 0, 0] * 100, "is_customer": True})
    >>> revenue_per_customer(Sample(spent)).value
    10.0
    """
    return customers["revenue"].where(customers["is_customer"] > 0)
