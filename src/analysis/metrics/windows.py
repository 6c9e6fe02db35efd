"""Which periods can be judged: those that are whole, and whose windows have closed."""

from __future__ import annotations

import pandas as pd

from analysis.study import Period
from analysis.survey import Sample

SLACK_DAYS = 7


def closed_periods(sample: Sample) -> list[str]:
    """Return the periods in which the return window of some line has closed.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a", "a"], "closed_lines": [2, 0],
    ...     "period": ["2026-08", "2026-09"]})
    >>> closed_periods(Sample(lines))
    ['2026-08']
    """
    lines = sample.frame.groupby("period")["closed_lines"].sum()
    return sorted(lines[lines > 0].index.astype("str"))


def is_whole(
    product_periods: pd.DataFrame,
    period: Period,
    *,
    histories: pd.DataFrame | None = None,
    slack: int = SLACK_DAYS,
) -> bool:
    """Say whether the orders reach from the start of a period to its end.

    Parameters
    ----------
    product_periods : DataFrame
        Sums per product and month.
    period : Period
        The period to judge.
    histories : DataFrame, optional
        One row per customer, with the days of the first and the last order: first_on
        and last_on. Without it a month counts as whole if it holds a single order.
    slack : int
        Days without an order that may lie between the record's edge and the
        period's.

    Returns
    -------
    bool
        Whether the period can be compared with another.

    Notes
    -----
    A period that is half there holds fewer orders and other ones, so neither sums nor
    shares can be compared. Where orders are weeks apart, raise `slack`.

    Examples
    --------
    >>> months = pd.DataFrame({"period": ["2026-07", "2026-08", "2026-09"]})
    >>> is_whole(months, Period.parse("2026Q3"))
    True
    >>> seen = pd.DataFrame({"first_on": ["2024-10-01"], "last_on": ["2026-09-12"]})
    >>> is_whole(months, Period.parse("2026Q3"), histories=seen.astype("M8[ns]"))
    False
    """
    months = set(product_periods["period"])
    if not {f"{period.start:%Y-%m}", f"{period.end:%Y-%m}"} <= months:
        return False
    if histories is None or histories.empty:
        return True
    gap = pd.Timedelta(days=slack)
    is_begun = histories["first_on"].min().normalize() <= period.start + gap
    return bool(is_begun and histories["last_on"].max() >= period.end - gap)
