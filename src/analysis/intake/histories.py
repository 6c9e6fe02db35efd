"""Follow customers, before and after a cut or an answer, inside the engine."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from analysis.intake.panels import MONEY, count, total, total_if_known
from analysis.settings import Outcomes
from analysis.study import Period


def customer_histories(
    lines: ir.Table, *, outcomes: Outcomes, period: Period
) -> ir.Table:
    """Return when each known customer bought, in all and up to a cut.

    Parameters
    ----------
    lines : Table
        Made by `panels.traded`.
    outcomes : Outcomes
        The cut is `holdout_days` before the period's end.
    period : Period
        Up to when.

    Returns
    -------
    Table
        One row per customer. What is named `…_before` is known on the day of the cut,
        what is named `…_after` came later; neither sees returns.

    Notes
    -----
    A history begins with the first order received, which need not be the customer's
    first. A day with several orders is one purchase day.
    """
    known = lines.drop_null("customer_id")
    days = known.group_by(["customer_id", "ordered_on"]).aggregate(
        revenue=known["revenue"].cast(MONEY).sum()
    )
    first = days.group_by("customer_id").aggregate(first_on=days["ordered_on"].min())
    days = days.join(first, "customer_id")
    cut = ibis.literal((period.end - pd.Timedelta(days=outcomes.holdout_days)).date())
    day, revenue = days["ordered_on"], days["revenue"]
    again, before = day > days["first_on"], day <= cut
    histories = days.group_by("customer_id").aggregate(
        first_on=days["first_on"].min().cast("timestamp"),
        last_on=day.max().cast("timestamp"),
        purchase_days=days.count(),
        revenue=total(revenue),
        repeat_revenue=total(revenue, where=again),
        last_on_before=day.max(where=before).cast("timestamp"),
        purchase_days_before=count(before),
        repeat_revenue_before=total(revenue, where=again & before),
        purchase_days_after=count(~before),
        revenue_after=total(revenue, where=~before),
    )
    return histories.mutate(cut_on=cut.cast("timestamp")).order_by("customer_id")


def response_outcomes(
    lines: ir.Table, responses: pd.DataFrame, *, outcomes: Outcomes, period: Period
) -> ir.Table:
    """Return what each known customer bought before and after their answer.

    Parameters
    ----------
    lines : Table
        Made by `panels.traded`.
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
        lines=count(after),
        revenue=total(near["revenue"], where=after),
        lines_before=count(before),
        revenue_before=total(near["revenue"], where=before),
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
    by_then = near["returned"] & (near["first_return"] <= near["day"])
    found = {
        "returned_lines": count(after & near["returned"]),
        "returned_before": count(before & by_then),
    }
    if "refund" in near.columns:
        found["refund"] = total_if_known(near["refund"], after)
    return found
