"""Add order lines up to what notebooks need, inside the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from analysis.study import Outcomes, Period

# Sums of floats depend on the order in which threads meet; sums of these do not.
MONEY = "decimal(28, 8)"


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
        returns, and the columns about them are left out everywhere.
    outcomes : Outcomes
        The return window.
    period : Period
        A line is closed if its return window ended by the period's end.

    Returns
    -------
    Table
        The order's columns, `closed`, and `returned`, `first_return`, `refund` of
        returns within the window.
    """
    window = ibis.interval(days=outcomes.return_days)
    until = ibis.literal(period.end.date())
    lines = orders.select(
        "order_id", "line", "product_id", "customer_id", "ordered_on", "quantity",
        "revenue", closed=orders["ordered_on"] + window <= until,
    )  # fmt: skip
    if returns is None:
        return lines
    timely = returns.filter(returns["returned_on"] <= returns["ordered_on"] + window)
    back = timely.group_by(["order_id", "line"]).aggregate(
        refund=_total(timely["refund"].fill_null(0.0)),
        first_return=timely["returned_on"].min(),
        parts=timely.count(),
    )
    joined = lines.left_join(back, ["order_id", "line"])
    known = joined.mutate(
        returned=joined["parts"].fill_null(0) > 0,
        refund=joined["refund"].fill_null(0.0),
    )
    return known.drop("order_id_right", "line_right", "parts")


def customer_periods(lines: ir.Table, *, frequency: str) -> ir.Table:
    """Return what each known customer bought in each period.

    Parameters
    ----------
    lines : Table
        Made by `traded`.
    frequency : str
        ``Q``, ``M`` or ``Y``.
    """
    known = lines.drop_null("customer_id")
    return _panel(known, "customer_id", _label(known["ordered_on"], frequency))


def product_periods(lines: ir.Table) -> ir.Table:
    """Return what was bought of each known product in each month."""
    known = lines.drop_null("product_id")
    return _panel(known, "product_id", _label(known["ordered_on"], "M"))


def signal_periods(signals: ir.Table) -> ir.Table:
    """Return each signal by product, where known, and month."""
    keyed = signals.mutate(period=_label(signals["date"], "M"))
    panel = keyed.group_by(["signal", "product_id", "period"]).aggregate(
        days=keyed["date"].nunique(),
        total=_total(keyed["value"]),
        mean=_total(keyed["value"]) / keyed.count(),
    )
    return panel.order_by(["signal", "product_id", "period"])


def response_outcomes(
    lines: ir.Table, responses: pd.DataFrame, *, outcomes: Outcomes, period: Period
) -> ir.Table:
    """Return what each known customer bought before and after their answer.

    Parameters
    ----------
    lines : Table
        Made by `traded`.
    responses : DataFrame
        Answers with `response_id`, `customer_id` and `responded_on`.
    outcomes : Outcomes
        ``after_days`` is the length of both windows, before and after.
    period : Period
        An answer is closed if `after_days` and then `return_days` ended by its end.

    Returns
    -------
    Table
        One row per answer of a known customer, with zeros where nothing was bought.

    Notes
    -----
    Days are compared, not hours: what was ordered on the day of the answer counts as
    before it. Returns of lines ordered before count only if they came back by the day
    of the answer, so that nothing from after it enters.
    """
    answers = _answers(responses)
    span = ibis.interval(days=outcomes.after_days)
    wait = ibis.interval(days=outcomes.return_days)
    first_order = lines["ordered_on"].min().as_scalar()
    near = answers.left_join(
        lines,
        [
            answers["customer_id"] == lines["customer_id"],
            lines["ordered_on"] > answers["day"] - span,
            lines["ordered_on"] <= answers["day"] + span,
        ],
    )
    after = near["ordered_on"] > near["day"]
    before = near["ordered_on"] <= near["day"]
    sums = near.group_by(["response_id", "day"]).aggregate(
        lines=_count(after),
        revenue=_total(near["revenue"], where=after),
        lines_before=_count(before),
        revenue_before=_total(near["revenue"], where=before),
        **_returns_around(near, after, before),
    )
    until = ibis.literal(period.end.date())
    return sums.mutate(
        closed=sums["day"] + span + wait <= until,
        before_known=(sums["day"] - span >= first_order).fill_null(False),
    ).drop("day").order_by("response_id")  # fmt: skip


def _answers(responses: pd.DataFrame) -> ir.Table:
    known = responses.dropna(subset="customer_id")
    return ibis.memtable(
        pa.table(
            {
                "response_id": pa.array(known["response_id"], pa.string()),
                "customer_id": pa.array(known["customer_id"], pa.string()),
                "day": pa.array(known["responded_on"].dt.date, pa.date32()),
            }
        )
    )


def _returns_around(near: ir.Table, after: Any, before: Any) -> dict[str, Any]:
    if "returned" not in near.columns:
        return {}
    by_then = near["first_return"] <= near["day"]
    return {
        "returned_lines": _count(after & near["returned"]),
        "refund": _total(near["refund"], where=after),
        "returned_before": _count(before & by_then),
    }


def _panel(lines: ir.Table, key: str, label: Any) -> ir.Table:
    keyed = lines.mutate(period=label)
    sums = {
        "lines": keyed.count(),
        "quantity": _total(keyed["quantity"]),
        "revenue": _total(keyed["revenue"]),
        "closed_lines": _count(keyed["closed"]),
    }
    if "returned" in lines.columns:
        sums |= {
            "returned_lines": _count(keyed["returned"]),
            "refund": _total(keyed["refund"]),
            "returned_closed_lines": _count(keyed["returned"] & keyed["closed"]),
        }
    panel = keyed.group_by([key, "period"]).aggregate(**sums)
    return panel.order_by([key, "period"])


def _label(day: Any, frequency: str) -> Any:
    year = day.year().cast("string")
    labels: dict[str, Callable[[], Any]] = {
        "Y": lambda: year,
        "Q": lambda: year.concat("Q", day.quarter().cast("string")),
        "M": lambda: year.concat("-", day.month().cast("string").lpad(2, "0")),
    }
    return labels[frequency]()


def _count(flag: Any) -> Any:
    return flag.fill_null(False).sum().fill_null(0).cast("int64")


def _total(amount: Any, where: Any = None) -> Any:
    exact = amount.cast(MONEY).sum(where=where)
    return exact.cast("float64").fill_null(0.0)
