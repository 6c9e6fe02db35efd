"""Add order lines up to what notebooks need, inside the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir

from analysis.settings import Outcomes
from analysis.study import Period

# Sums of floats depend on the order in which threads meet; sums of these do not.
MONEY = "decimal(28, 8)"
NOTHING = ibis.literal(0).cast(MONEY)
# How an engine keeps what it has worked out so far; by default it does not.
Keep = Callable[[ir.Table], ir.Table]
# Of these signals a day's products are averaged; of all others they are summed.
SHARES = ("click_through",)


def traded(
    orders: ir.Table, returns: ir.Table | None, *, outcomes: Outcomes, period: Period
) -> ir.Table:
    """Return one row per good order line with what became of it.

    Parameters
    ----------
    orders : Table
        Good order lines up to the period's end.
    returns : Table or None
        Good returns, with the day of the order. Without them nothing is known of
        returns, and the columns about them are left out everywhere; so are those
        about refunds if the returns have no column `refund`.
    outcomes : Outcomes
        The return window.
    period : Period
        A line is closed if its return window ended by the period's end.

    Returns
    -------
    Table
        The order's columns and `closed`; `first_return`, the day of the first return
        whenever it came; and of returns within the window `returned`,
        `returned_quantity` and `refund`, for closed and open lines alike.

    Notes
    -----
    The window of an open line may still bring a return: what is counted of it so far
    is too low, so rates rest on closed lines alone. A return without a quantity gives
    back the whole line, and no line gives back more than was bought. A line is
    without `refund` if a return of it is: that sum is unknown, not nought.
    """
    window = ibis.interval(days=outcomes.return_days)
    until = ibis.literal(period.end.date())
    lines = orders.select(
        "order_id", "line", "product_id", "customer_id", "ordered_on",
        quantity=orders["quantity"].cast(MONEY),
        revenue=orders["revenue"].cast(MONEY),
        closed=orders["ordered_on"] + window <= until,
    )  # fmt: skip
    if returns is None:
        return lines
    back = _given_back(returns, window)
    joined = lines.left_join(back, ["order_id", "line"])
    timely = joined["first_return"] <= joined["ordered_on"] + window
    marked = joined.drop("order_id_right", "line_right").mutate(
        returned=timely.fill_null(False)
    )
    return _bounded(marked)


def as_it_is(table: ir.Table) -> ir.Table:
    """Keep nothing: the whole panel is one question to the engine."""
    return table


def customer_periods(
    lines: ir.Table, *, frequency: str, keep: Keep = as_it_is
) -> ir.Table:
    """Return what each known customer bought in each period.

    Parameters
    ----------
    lines : Table
        Made by `traded`.
    frequency : str
        ``Q``, ``M`` or ``Y``.
    keep : callable of Table, optional
        Keeps each part of the panel in the engine, so that large ones are not worked
        out side by side.

    Notes
    -----
    The columns named `closed_…` and `returned_closed_…` hold lines and orders whose
    return window has closed, and only returns within it; the others hold open lines
    too. An order is closed if all its lines are, and returned if one of them came
    back. Whose lines are dated in two periods counts in both.
    """
    known = lines.drop_null("customer_id")
    keyed = known.mutate(start=known["ordered_on"].truncate(frequency))
    key = ["customer_id", "start"]
    days = keyed.group_by(key).aggregate(purchase_days=keyed["ordered_on"].nunique())
    panel = _panel(keyed, key, keep).join(keep(days), key)
    return _labelled(panel, "customer_id", frequency)


def product_periods(lines: ir.Table, *, keep: Keep = as_it_is) -> ir.Table:
    """Return what was bought of each known product in each month, guests included.

    Parameters
    ----------
    lines : Table
        Made by `traded`.
    keep : callable of Table, optional
        As in `customer_periods`.

    Notes
    -----
    As in `customer_periods`; of an order only the lines of the product count.
    """
    known = lines.drop_null("product_id")
    keyed = known.mutate(start=known["ordered_on"].truncate("M"))
    panel = _panel(keyed, ["product_id", "start"], keep)
    return _labelled(panel, "product_id", "M")


def return_reasons(
    lines: ir.Table, returns: ir.Table, *, outcomes: Outcomes, frequency: str
) -> ir.Table:
    """Return how many closed lines came back for which reason, by who and what.

    Parameters
    ----------
    lines : Table
        Made by `traded`.
    returns : Table
        Good returns, with the day of the order.
    outcomes : Outcomes
        The return window.
    frequency : str
        ``Q``, ``M`` or ``Y``: the period of the order.

    Notes
    -----
    A line counts once, under the first reason given for it within the window.
    """
    window = ibis.interval(days=outcomes.return_days)
    parts = returns.filter(returns["returned_on"] <= returns["ordered_on"] + window)
    order = [parts["reason"].isnull(), parts["returned_on"], parts["reason"]]
    rank = ibis.row_number().over(
        group_by=[parts["order_id"], parts["line"]], order_by=order
    )
    told = parts.mutate(rank=rank).filter(lambda part: part["rank"] == 0)
    told = told.select("order_id", "line", "reason")
    back = lines.filter(lines["returned"] & lines["closed"])
    back = back.mutate(period=label(back["ordered_on"], frequency))
    key = ["customer_id", "product_id", "period", "reason"]
    joined = back.join(told, ["order_id", "line"])
    return joined.group_by(key).aggregate(lines=joined.count()).order_by(key)


def signal_periods(signals: ir.Table) -> ir.Table:
    """Return each signal by product, where known, and month."""
    keyed = signals.mutate(period=label(signals["date"], "M"))
    panel = keyed.group_by(["signal", "product_id", "period"]).aggregate(
        days=keyed["date"].nunique(),
        total=total(keyed["value"]),
        mean=total(keyed["value"]) / keyed.count(),
    )
    return panel.order_by(["signal", "product_id", "period"])


def signal_days(signals: ir.Table) -> ir.Table:
    """Return each signal by day: summed over products, or averaged if it is a share."""
    sums = signals.group_by(["signal", "date"]).aggregate(
        summed=total(signals["value"]), values=signals.count()
    )
    mean = sums["summed"] / sums["values"]
    return sums.select(
        "signal",
        date=sums["date"].cast("timestamp"),
        value=ibis.ifelse(sums["signal"].isin(SHARES), mean, sums["summed"]),
    ).order_by(["signal", "date"])


def label(day: Any, frequency: str) -> Any:
    """Name the quarter, month or year of a day, as `Period` does."""
    year = day.year().cast("string")
    labels: dict[str, Callable[[], Any]] = {
        "Y": lambda: year,
        "Q": lambda: year.concat("Q", day.quarter().cast("string")),
        "M": lambda: year.concat("-", day.month().cast("string").lpad(2, "0")),
    }
    return labels[frequency]()


def count(flag: Any) -> Any:
    """Count the rows where a flag is true; missing is not."""
    return flag.fill_null(False).sum().fill_null(0).cast("int64")


def total(amount: Any, where: Any = None) -> Any:
    """Add amounts up exactly, as a number; nothing makes zero."""
    return amount.cast(MONEY).sum(where=where).cast("float64").fill_null(0.0)


def total_if_known(amount: Any, where: Any) -> Any:
    """Add amounts up as `total` does; one that is missing makes the sum missing."""
    unknown = count(where & amount.isnull()) > 0
    return ibis.ifelse(unknown, ibis.null("float64"), total(amount, where=where))


def _given_back(returns: ir.Table, window: Any) -> ir.Table:
    """Add up the returns of each line; amounts of those within the window only."""
    timely = returns["returned_on"] <= returns["ordered_on"] + window
    sums = {
        "first_return": returns["returned_on"].min(),
        "returned_quantity": returns["quantity"].cast(MONEY).sum(where=timely),
        "is_whole": (timely & returns["quantity"].isnull()).any(),
    }
    if "refund" in returns.columns:
        unknown = (timely & returns["refund"].isnull()).any()
        refund = returns["refund"].cast(MONEY).sum(where=timely)
        sums["refund"] = refund
        sums["is_unknown"] = unknown
    return returns.group_by(["order_id", "line"]).aggregate(**sums)


def _bounded(lines: ir.Table) -> ir.Table:
    """Say what lines gave back: nothing, some, or all that was bought."""
    some = ibis.least(lines["returned_quantity"], lines["quantity"])
    pieces = ibis.ifelse(lines["is_whole"], lines["quantity"], some)
    found = {"returned_quantity": ibis.ifelse(lines["returned"], pieces, NOTHING)}
    if "refund" in lines.columns:
        known = ibis.ifelse(lines["is_unknown"], ibis.null(MONEY), lines["refund"])
        found["refund"] = ibis.ifelse(lines["returned"], known, NOTHING)
    helpers = {"is_whole", "is_unknown"} & set(lines.columns)
    return lines.mutate(**found).drop(*sorted(helpers))


def _panel(lines: ir.Table, key: list[str], keep: Keep) -> ir.Table:
    closed = lines["closed"]
    sums = {
        "lines": lines.count(),
        "quantity": total(lines["quantity"]),
        "revenue": total(lines["revenue"]),
        "closed_lines": count(closed),
        "closed_quantity": total(lines["quantity"], where=closed),
        "closed_revenue": total(lines["revenue"], where=closed),
    }
    panel = keep(lines.group_by(key).aggregate(**sums))
    panel = panel.join(keep(_orders(lines, key)), key)
    if "returned" not in lines.columns:
        return panel
    return _with_returns(panel, keep(_returns(lines, key)))


def _returns(lines: ir.Table, key: list[str]) -> ir.Table:
    """Add up what came back, over the few lines that did."""
    back = lines.filter(lines["returned"])
    closed = back["closed"]
    sums = {
        "returned_lines": back.count(),
        "returned_closed_lines": count(closed),
        "returned_closed_quantity": total(back["returned_quantity"], where=closed),
    }
    if "refund" in lines.columns:
        sums["refund"] = total_if_known(back["refund"], ibis.literal(True))
        sums["closed_refund"] = total_if_known(back["refund"], closed)
    return back.group_by(key).aggregate(**sums)


def _with_returns(panel: ir.Table, back: ir.Table) -> ir.Table:
    key = [name for name in back.columns if name in panel.columns]
    joined = panel.left_join(back, key)
    nothing = joined["returned_lines"].isnull()
    zero = {
        name: ibis.ifelse(nothing, 0, joined[name])
        for name in back.columns
        if name not in key
    }
    return joined.mutate(**zero).drop(*(f"{name}_right" for name in key))


def _orders(lines: ir.Table, key: list[str]) -> ir.Table:
    """Count orders in two steps: the first knows each order once, and little of it."""
    has_returns = "returned" in lines.columns
    back = {"returned": lines["returned"].any()} if has_returns else {}
    orders = lines.group_by([*key, "order_id"]).aggregate(
        closed=lines["closed"].all(), **back
    )
    counts = {"orders": orders.count(), "closed_orders": count(orders["closed"])}
    if has_returns:
        closed = orders["closed"] & orders["returned"]
        counts["returned_closed_orders"] = count(closed)
    return orders.group_by(key).aggregate(**counts)


def _labelled(panel: ir.Table, key: str, frequency: str) -> ir.Table:
    named = panel.mutate(period=label(panel["start"], frequency)).drop("start")
    return named.relocate(key, "period").order_by([key, "period"])
