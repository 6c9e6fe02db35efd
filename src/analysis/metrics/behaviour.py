"""What customers send back, known for all of them and not only for respondents."""

from __future__ import annotations

import pandas as pd

from analysis.metrics.metric import metric
from analysis.study import Period
from analysis.survey import Sample


def trade(
    customer_periods: pd.DataFrame,
    *,
    customers: pd.DataFrame | None = None,
    confidence: float = 0.95,
) -> Sample:
    """Join what customers bought with who they are.

    Parameters
    ----------
    customer_periods : DataFrame
        One row per customer and period with orders.
    customers : DataFrame, optional
        One row per customer, or per customer and period.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Sample
        Customers are the clusters; nothing is weighted, since all are there.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a"], "period": ["2026Q3"]})
    >>> trade(lines).clusters
    'customer_id'
    """
    frame = customer_periods
    if customers is not None:
        keys = [key for key in ("customer_id", "period") if key in customers]
        frame = frame.merge(customers, on=keys, how="left", validate="m:1")
    return Sample(frame, clusters="customer_id", confidence=confidence)


def closed_periods(sample: Sample) -> list[str]:
    """Return the periods in which the return window of some line has closed.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a", "a"], "closed_lines": [2, 0],
    ...     "period": ["2026-08", "2026-09"]})
    >>> closed_periods(trade(lines))
    ['2026-08']
    """
    lines = sample.frame.groupby("period")["closed_lines"].sum()
    return sorted(lines[lines > 0].index.astype("str"))


def is_whole(product_periods: pd.DataFrame, period: Period) -> bool:
    """Say whether there are orders in the last month of a period.

    A period that is not over holds other months than the one before, so the two
    cannot be compared.

    Examples
    --------
    >>> months = pd.DataFrame({"period": ["2026-07", "2026-08"]})
    >>> is_whole(months, Period.parse("2026Q3"))
    False
    """
    return f"{period.end:%Y-%m}" in set(product_periods["period"])


@metric(
    "return_rate",
    unit="share",
    over="closed_lines",
    needs=("returned_closed_lines",),
    label="Return rate",
    good="low",
)
def return_rate(customers: pd.DataFrame) -> pd.Series:
    """Share of order lines that came back within the return window.

    Parameters
    ----------
    customers : DataFrame
        As `trade` makes it, with closed_lines and returned_closed_lines.

    Returns
    -------
    Series of float
        Lines that came back, over the customer's closed lines.

    Notes
    -----
    Only lines whose window has closed count, above and below: recent orders have
    not had the time to come back, so they would pull the rate down. The base counts
    customers with closed lines. The figure covers all customers; its interval, with
    customers as clusters, speaks of the process that made these orders and not of a
    sample. See `analysis.survey.share`.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q3",
    ...     "closed_lines": [3, 1], "returned_closed_lines": [1, 0]})
    >>> return_rate(trade(lines)).value
    0.25
    """
    return customers["returned_closed_lines"]
