"""Hold order lines to their contract, inside the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.pandas as pa

from analysis.contracts import contract_of
from analysis.contracts.columns import rule_of
from analysis.intake import mapping
from analysis.intake.duplicates import SAME_KEY
from analysis.intake.values import EXPECTED_DATE, NUMBER
from analysis.study import Period, Study, TableSource

CLOCK = r"(?:[T ].*)?$"
YEAR_FIRST = (r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + CLOCK, r"\1-\2-\3")
PATTERNS = {
    "iso": [YEAR_FIRST],
    "day_first": [
        YEAR_FIRST,
        (r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + CLOCK, r"\3-\2-\1"),
    ],
    "month_first": [
        YEAR_FIRST,
        (r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + CLOCK, r"\3-\1-\2"),
    ],
}
CENT = 0.005


@ibis.udf.scalar.builtin(signature=(("string", "string"), "timestamp"))
def try_strptime(text, form):  # type: ignore[no-untyped-def]
    """Read a date as DuckDB does, missing where it cannot."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one column, as it is written to rejected.csv."""

    column: str
    name: str
    expected: str


class Verdicts:
    """Lines with their types, each with the first rule that it breaks.

    The engine sees a rule as its number: `_rule` is missing for a good line, and
    `_value` holds the cell as it was written. `_later` marks lines that belong to a
    later run; they are not judged.
    """

    def __init__(self, cells: ir.Table) -> None:
        self.table = cells.mutate(_rule=ibis.null("int16"), _value=ibis.null("string"))
        self.rules: list[Rule] = []

    def add(self, broken: ir.BooleanValue, value: ir.Value, rule: Rule) -> None:
        """Judge the lines that no earlier rule has judged."""
        self.rules.append(rule)
        first = self.table["_rule"].isnull() & broken.fill_null(False)
        if "_later" in self.table.columns:
            first = first & ~self.table["_later"]
        self.table = self.table.mutate(
            _rule=ibis.ifelse(first, len(self.rules) - 1, self.table["_rule"]).cast(
                "int16"
            ),
            _value=ibis.ifelse(first, value.cast("string"), self.table["_value"]),
        )

    @property
    def good(self) -> ir.BooleanValue:
        """The lines that break no rule so far and are not for later."""
        return self.table["_rule"].isnull() & ~self.table["_later"]


def judge(cells: ir.Table, *, table: str, study: Study, period: Period) -> Verdicts:
    """Type the cells of a table and hold each line to its contract.

    Parameters
    ----------
    cells : Table
        Our columns, as text or with the engine's types, with `_file` and `_row`.
    table : str
        ``orders``, ``returns`` or ``signals``.
    study : Study
        The settings: missing codes, dates, currency.
    period : Period
        Lines dated after its end are for later.

    Returns
    -------
    Verdicts
        Typed lines; dates lose their time of day.
    """
    source, dated = study.tables[table], mapping.DATED[table]
    columns = contract_of(table).to_schema().columns
    kinds = mapping.kinds_of(contract_of(table))
    blank = {name: _text(cells[name], source, name) for name in columns}
    typed = {name: _typed(cells, blank, name, kinds[name], source) for name in columns}
    if source.period:
        typed[dated] = ibis.literal(study.period(source.period).end.date())
    raw = {f"_raw_{name}": text for name, text in blank.items()}
    later = (typed[dated] > ibis.literal(period.end.date())).fill_null(False)
    verdicts = Verdicts(cells.select("_file", "_row", **typed, **raw, _later=later))
    for name, column in columns.items():
        _judge_column(verdicts, column, kind=kinds[name], order=source.dates)
    if table == "orders":
        _judge_currency(verdicts, study)
    return verdicts


def judge_repetition(verdicts: Verdicts, *, key: list[str]) -> None:
    """Judge a line whose key an earlier good line has."""
    table = verdicts.table
    before = ibis.window(
        group_by=[*(table[name] for name in key), verdicts.good],
        order_by=[table["_file"], table["_row"]],
    )
    again = ibis.row_number().over(before) > 0
    verdicts.table = table.mutate(_again=again & verdicts.good)
    rule = Rule(key[0], SAME_KEY, "one row per key")
    verdicts.add(verdicts.table["_again"], verdicts.table[key[0]], rule)


def judge_returns(verdicts: Verdicts, orders: ir.Table) -> None:
    """Hold returns to the order lines that they give back.

    Parameters
    ----------
    verdicts : Verdicts
        Returns; gains a column ``ordered_on``.
    orders : Table
        Good order lines.

    Notes
    -----
    Set aside are a return of a line that no good order line has; one dated before
    the order; a repetition of another in every column; and one with which the
    refunds of its line exceed the line's revenue by more than half a cent.
    """
    bought = orders.select(
        _order=orders["order_id"],
        _line=orders["line"],
        ordered_on=orders["ordered_on"],
        _revenue=orders["revenue"],
    )
    table = verdicts.table
    joined = table.left_join(
        bought,
        [table["order_id"] == bought["_order"], table["line"] == bought["_line"]],
    )
    verdicts.table = joined.drop("_line")
    unknown = Rule("order_id", "a return without its order line", "a line of orders")
    verdicts.add(verdicts.table["_order"].isnull(), verdicts.table["order_id"], unknown)
    early = verdicts.table["returned_on"] < verdicts.table["ordered_on"]
    rule = Rule("returned_on", "returned before it was ordered", "ordered_on or later")
    verdicts.add(early, verdicts.table["returned_on"], rule)
    judge_repetition(
        verdicts,
        key=["order_id", "line", "returned_on", "quantity", "refund", "reason"],
    )
    _judge_refunds(verdicts)


def _judge_refunds(verdicts: Verdicts) -> None:
    table = verdicts.table
    so_far = ibis.cumulative_window(
        group_by=[table["order_id"], table["line"]],
        order_by=[table["returned_on"], table["_file"], table["_row"]],
    )
    counted = ibis.ifelse(verdicts.good, table["refund"], 0.0)
    verdicts.table = table.mutate(_refunded=counted.sum().over(so_far))
    above = verdicts.table["_refunded"] > verdicts.table["_revenue"] + CENT
    rule = Rule(
        "refund", "refunds above the revenue", "no more than the line's revenue"
    )
    verdicts.add(above & (verdicts.table["refund"] > 0), verdicts.table["refund"], rule)


def _judge_column(
    verdicts: Verdicts, column: pa.Column, *, kind: str, order: str
) -> None:
    name, raw = str(column.name), f"_raw_{column.name}"
    if kind != "text":
        unread = verdicts.table[name].isnull() & verdicts.table[raw].notnull()
        said = (
            EXPECTED_DATE.get(order, order)
            if kind == "date"
            else mapping.expected(kind, order)
        )
        verdicts.add(unread, verdicts.table[raw], Rule(name, f"not a {kind}", said))
    if not column.nullable:
        gone = verdicts.table[name].isnull()
        verdicts.add(gone, ibis.literal(""), Rule(name, "missing", "a value"))
    for check in column.checks:
        broken = ~_passes(verdicts.table[name], check)
        verdicts.add(broken, verdicts.table[raw], Rule(name, *rule_of(check)))


def _judge_currency(verdicts: Verdicts, study: Study) -> None:
    table = verdicts.table
    other = table["currency"].notnull() & (table["currency"] != study.currency)
    verdicts.add(
        other, table["currency"], Rule("currency", "another currency", study.currency)
    )


def _passes(value: Any, check: pa.Check) -> Any:
    """Say a check of pandera in the words of the engine."""
    said = check.statistics
    if check.name == "isin":
        return value.isin(said["allowed_values"])
    if check.name == "greater_than":
        return value > said["min_value"]
    if check.name == "greater_than_or_equal_to":
        return value >= said["min_value"]
    return value <= said["max_value"]


def _text(cell: ir.Value, source: TableSource, name: str) -> Any:
    """Return the cell as text; an empty one or a missing code is missing."""
    text = cell.cast("string").strip().nullif("")
    codes = [str(code) for code in source.missing.get(name, [])]
    return ibis.ifelse(text.isin(codes), ibis.null("string"), text) if codes else text


def _typed(
    cells: ir.Table, blank: dict[str, Any], name: str, kind: str, source: TableSource
) -> Any:  # fmt: skip
    held, text = cells[name].type(), blank[name]
    if kind == "text":
        return text
    if kind == "date":
        is_date = held.is_date() or held.is_timestamp()
        return cells[name].cast("date") if is_date else _date(text, source.dates)
    is_number = text.re_search(f"^{NUMBER}$")
    return ibis.ifelse(is_number, text, ibis.null("string")).try_cast("float64")


def _date(text: Any, order: str) -> Any:
    if order not in PATTERNS:
        return try_strptime(text, order).cast("date")
    iso = ibis.null("string")
    for pattern, iso_form in PATTERNS[order]:
        iso = ibis.ifelse(
            text.re_search(pattern), text.re_replace(pattern, iso_form), iso
        )
    return iso.try_cast("date")
