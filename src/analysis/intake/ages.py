"""Follow order lines to their return or a complaint, inside the engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from analysis.intake.panels import count
from analysis.settings import Outcomes
from analysis.study import Period

FOLDS = 20
SPOKEN = ["customer_id", "product_id", "occurred_on"]


def line_ages(
    lines: ir.Table,
    *,
    documents: pd.DataFrame | None,
    outcomes: Outcomes,
    period: Period,
) -> ir.Table | None:
    """Return at what age order lines came back, were complained of, or last seen.

    Parameters
    ----------
    lines : Table
        Made by `panels.traded`.
    documents : DataFrame or None
        The feedback received. Its complaints count where customer and product are
        known; each belongs to the customer's latest line of that product, ordered on
        the day or before. Without any, the column `complained` is left out.
    outcomes : Outcomes
        A line is followed for `durability_days`.
    period : Period
        And up to its end.

    Returns
    -------
    Table or None
        How many lines of each product and fold ended at which age, in days. None if
        neither returns nor complaints are known.

    Notes
    -----
    The first event counts, and on the same day the return. A return counts whenever it
    came, also after the return window. A line without an event is `open` at the age at
    which it was last seen: open lines are censored, they did not last only so long.

    Customers are dealt to folds in the order of their keys, one to each in turn, so
    that lines of one customer share a fold and the same data give the same folds. A
    guest's order counts as a customer of its own.
    """
    known = _dealt(lines.drop_null("product_id"))
    spoken = _complaints(documents)
    if spoken is not None:
        known = _complained(known, spoken)
    elif "first_return" not in known.columns:
        return None
    ages = _ended(known, horizon=outcomes.durability_days, period=period)
    ends = [end for end in ("returned", "complained", "open") if end in ages.columns]
    key = ["product_id", "fold", "days"]
    counted = ages.group_by(key).aggregate(**{end: count(ages[end]) for end in ends})
    return counted.order_by(key)


def _dealt(lines: ir.Table) -> ir.Table:
    """Add the fold of whoever bought each line."""
    keyed = lines.mutate(
        buyer=lines["customer_id"].fill_null(lines["order_id"]),
        is_guest=lines["customer_id"].isnull(),  # noqa: PD003 - of Ibis
    )
    buyers = keyed.select("buyer", "is_guest").distinct()
    turn = ibis.row_number().over(order_by=[buyers["is_guest"], buyers["buyer"]])
    folds = buyers.mutate(fold=(turn % FOLDS).cast("int64"))
    return keyed.join(folds, ["buyer", "is_guest"])


def _complaints(documents: pd.DataFrame | None) -> ir.Table | None:
    if documents is None or not {"source", *SPOKEN} <= set(documents.columns):
        return None
    known = documents[documents["source"] == "complaint"].dropna(subset=SPOKEN)
    if known.empty:
        return None
    columns = {
        "number": pa.array(range(len(known)), pa.int64()),
        "spoke": pa.array(known["customer_id"], pa.string()),
        "about": pa.array(known["product_id"], pa.string()),
        "day": pa.array(known["occurred_on"].dt.date, pa.date32()),
    }
    return ibis.memtable(pa.table(columns))


def _complained(lines: ir.Table, spoken: ir.Table) -> ir.Table:
    """Add the day of the first complaint that belongs to each line."""
    bought = lines.select("order_id", "line", "customer_id", "product_id", "ordered_on")
    near = spoken.join(
        bought,
        [
            spoken["spoke"] == bought["customer_id"],
            spoken["about"] == bought["product_id"],
            spoken["day"] >= bought["ordered_on"],
        ],
    )
    latest = [ibis.desc(near[name]) for name in ("ordered_on", "order_id", "line")]
    rank = ibis.row_number().over(group_by=near["number"], order_by=latest)
    owned = near.mutate(rank=rank).filter(lambda one: one["rank"] == 0)
    first = owned.group_by(["order_id", "line"]).aggregate(
        first_complaint=owned["day"].min()
    )
    joined = lines.left_join(first, ["order_id", "line"])
    return joined.drop("order_id_right", "line_right")


def _ended(lines: ir.Table, *, horizon: int, period: Period) -> ir.Table:
    """Say how and at what age each line ended, or that it is open."""
    ordered, never = lines["ordered_on"], ibis.literal(horizon + 1)
    seen = ibis.literal(period.end.date()).delta(ordered, unit="day")
    events = {
        end: lines[day].delta(ordered, unit="day").fill_null(never)
        for end, day in [
            ("returned", "first_return"),
            ("complained", "first_complaint"),
        ]
        if day in lines.columns
    }
    first = ibis.least(never, *events.values())
    ended, flags = first <= horizon, {}
    open_so_far = ended
    for end, age in events.items():
        flags[end] = open_so_far & (age == first)
        open_so_far = open_so_far & ~flags[end]
    days = ibis.ifelse(ended, first, ibis.least(seen, ibis.literal(horizon)))
    return lines.select(
        "product_id", "fold", **flags, open=~ended, days=days.cast("int64")
    )
