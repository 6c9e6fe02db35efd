"""The customers that a wave speaks for."""

from __future__ import annotations

import pandas as pd

from analysis.study import Period


def population_at(customers: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return the customers of a period.

    Parameters
    ----------
    customers : DataFrame
        One row per customer, or one per customer and period (a snapshot).
    period : Period
        The wave.

    Returns
    -------
    DataFrame
        The period's snapshot where there are snapshots; else who had joined by the
        end of the period and not left before its start. Without dates, everyone.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["a", "b", "c"],
    ...     "joined_on": pd.to_datetime(["2025-01-01", "2025-01-01", "2026-12-01"]),
    ...     "left_on": pd.to_datetime([None, "2026-01-15", None])})
    >>> population_at(customers, Period.parse("2026Q3"))["customer_id"].tolist()
    ['a']
    """
    if "period" in customers:
        return customers[customers["period"] == period.label]
    is_here = pd.Series(True, index=customers.index)
    if "joined_on" in customers:
        is_here &= ~(customers["joined_on"] >= period.end + pd.Timedelta(days=1))
    if "left_on" in customers:
        is_here &= ~(customers["left_on"] < period.start)
    return customers[is_here]
