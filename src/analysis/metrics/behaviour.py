"""What customers send back and complain about, all of them and not only respondents."""

from __future__ import annotations

import pandas as pd

from analysis.metrics.metric import metric

# Below so many customers with a refund, Wilson's interval of a share of money is
# too short.
LEAST_REFUNDED = 100


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
        As `analysis.metrics.trade.trade` makes it, with closed_lines and
        returned_closed_lines.

    Returns
    -------
    Series of float
        Lines that came back, over the customer's closed lines.

    Notes
    -----
    Only lines whose window has closed count, above and below: recent orders have
    not had the time to come back, so they would pull the rate down. Which lines have
    closed depends on the day alone and not on what became of them, so the rate of
    these is that of all, unless the end of the period differs from its start. The
    base counts
    customers with closed lines. The figure covers all customers; its interval, with
    customers as clusters, speaks of the process that made these orders and not of a
    sample. See `analysis.survey.share`.

    Examples
    --------
    >>> from analysis.metrics.trade import trade
    >>> lines = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q3",
    ...     "closed_lines": [3, 1], "returned_closed_lines": [1, 0]})
    >>> return_rate(trade(lines)).value
    0.25
    """
    return customers["returned_closed_lines"]


@metric(
    "return_rate_orders",
    unit="share",
    over="closed_orders",
    needs=("returned_closed_orders",),
    label="Orders with a return",
    good="low",
)
def return_rate_orders(customers: pd.DataFrame) -> pd.Series:
    """Share of orders of which something came back within the return window.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with closed_orders and
        returned_closed_orders.

    Returns
    -------
    Series of float
        Orders with a return, over the customer's closed orders.

    Notes
    -----
    What a return costs in handling goes with orders rather than with lines. Larger
    orders come back more often by themselves. See `return_rate` for the window.

    Examples
    --------
    >>> from analysis.metrics.trade import trade
    >>> orders = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q3",
    ...     "closed_orders": [3, 1], "returned_closed_orders": [1, 1]})
    >>> return_rate_orders(trade(orders)).value
    0.5
    """
    return customers["returned_closed_orders"]


@metric(
    "return_rate_units",
    unit="share",
    over="closed_quantity",
    needs=("returned_closed_quantity",),
    label="Return rate by pieces",
    good="low",
)
def return_rate_units(customers: pd.DataFrame) -> pd.Series:
    """Share of pieces that came back within the return window.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with closed_quantity and
        returned_closed_quantity.

    Returns
    -------
    Series of float
        Pieces that came back, over the customer's closed pieces.

    Notes
    -----
    A line of two shirts of which one stays counts half, where `return_rate` counts the
    line as returned. See `return_rate` for the window.

    Examples
    --------
    >>> from analysis.metrics.trade import trade
    >>> pieces = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q3",
    ...     "closed_quantity": [6.0, 2.0], "returned_closed_quantity": [1.0, 1.0]})
    >>> return_rate_units(trade(pieces)).value
    0.25
    """
    return customers["returned_closed_quantity"]


@metric(
    "return_rate_value",
    unit="share",
    over="closed_revenue",
    needs=("closed_refund",),
    label="Return rate by value",
    good="low",
    least=LEAST_REFUNDED,
)
def return_rate_value(customers: pd.DataFrame) -> pd.Series:
    """Share of revenue that was paid back within the return window.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with closed_revenue and
        closed_refund.

    Returns
    -------
    Series of float
        Refunds, over the revenue of the customer's closed lines.

    Notes
    -----
    A few dear orders decide it, so its interval is wider than that of `return_rate`,
    and is too short where few customers got a refund: where the logarithm of what a
    customer spends on a line has a standard deviation of 0.5, 0.8 and 1.0, it covers
    94, 92 and 89 % at 30 of them, 94, 94 and 93 % at 100, and 94, 94 and 93 % at 200.
    Below `LEAST_REFUNDED` of them no figure is told. Refunds without the goods coming
    back are not in it. See `return_rate` for the window.

    Examples
    --------
    >>> from analysis.survey import Sample
    >>> money = pd.DataFrame(
    ...     {"closed_revenue": [60.0, 20.0] * 100, "closed_refund": [0, 20.0] * 100})
    >>> return_rate_value(Sample(money)).value
    0.25
    """
    return customers["closed_refund"]


@metric(
    "complaint_rate",
    unit="per_thousand",
    over="orders",
    needs=("complaints",),
    label="Complaints per 1,000 orders",
    good="low",
)
def complaint_rate(customers: pd.DataFrame) -> pd.Series:
    """Complaints of known customers in a period, per 1,000 orders of theirs in it.

    Parameters
    ----------
    customers : DataFrame
        As `analysis.metrics.trade.trade` makes it, with orders and complaints.

    Returns
    -------
    Series of float
        A thousand for each complaint, over the customer's orders.

    Notes
    -----
    Complaints count in the period in which they were made, whatever order they speak
    of, and so do those of customers who ordered nothing in it. Guests and unknown
    senders are in neither part. More complaints may mean that complaining became
    easier. See `analysis.metrics.rates.event_rate` for the interval.

    Examples
    --------
    >>> from analysis.metrics.trade import trade
    >>> orders = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q3",
    ...     "orders": [150, 50]})
    >>> spoken = pd.DataFrame({"customer_id": ["c"], "period": ["2026Q3"]})
    >>> complaint_rate(trade(orders, complaints=spoken)).value
    5.0
    """
    return 1000 * customers["complaints"]
