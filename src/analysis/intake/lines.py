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
from analysis.intake.values import FORMS
from analysis.settings import TableSource
from analysis.study import Period, Study

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
# A number from here on is a slip or an overflow; the engine's exact sums end there.
LARGEST = 1e15
RETURN = ("order_id", "line", "returned_on", "quantity", "refund", "reason")


@ibis.udf.scalar.builtin(signature=(("string", "string"), "timestamp"))
def try_strptime(text, form):  # type: ignore[no-untyped-def]
    """Read a date as DuckDB does, missing where it cannot."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one column, as it is written to rejected.csv."""

    column: str
    name: str
    expected: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A rule, the lines that break it, and the cell to show for it."""

    broken: Any
    cell: Any
    rule: Rule


class Verdicts:
    """Lines with their types, each with the first rule that it breaks.

    The engine sees a rule as its number: `_rule` is missing for a good line, and
    `_value` holds the cell as it was written. `_later` marks lines that belong to a
    later run; they are not judged.
    """

    def __init__(self, table: ir.Table) -> None:
        self.table = table.mutate(_rule=ibis.null("int16"), _value=ibis.null("string"))
        self.rules: list[Rule] = []

    @property
    def good(self) -> Any:
        """The lines that break no rule so far and are not for later."""
        return self.table["_rule"].isnull() & ~self.table["_later"]

    def bring(self, charges: list[Charge]) -> None:
        """Judge the good lines by some rules; the first one broken counts.

        All rules go into one expression: the engine's compiler is slow on many.
        """
        first, cells = len(self.rules), [charge.cell for charge in charges]
        self.rules += [charge.rule for charge in charges]
        numbered = [
            (
                self.good & charge.broken.fill_null(False),
                ibis.literal(first + n, "int16"),
            )
            for n, charge in enumerate(charges)
        ]
        found = ibis.cases(*numbered, else_=self.table["_rule"])
        values = [
            (found == first + n, cell.cast("string")) for n, cell in enumerate(cells)
        ]
        value = ibis.cases(*values, else_=self.table["_value"])
        self.table = self.table.mutate(_rule=found, _value=value)


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
    typed = {
        name: _typed(cells[name], blank[name], kinds[name], source) for name in columns
    }
    if source.period:
        typed[dated] = ibis.literal(study.period(source.period).end.date())
    raw = {f"_raw_{name}": text for name, text in blank.items()}
    later = (typed[dated] > ibis.literal(period.end.date())).fill_null(False)
    verdicts = Verdicts(cells.select("_file", "_row", **typed, **raw, _later=later))
    charges = [
        charge
        for name, column in columns.items()
        for charge in _charges(verdicts.table, column, kinds[name], source)
    ]
    verdicts.bring(charges + _currency(verdicts.table, table, study))
    return verdicts


def judge_repetition(verdicts: Verdicts, *, key: list[str]) -> None:
    """Judge a line whose key an earlier good line has."""
    table = verdicts.table
    before = ibis.window(
        group_by=[*(table[name] for name in key), verdicts.good],
        order_by=[table["_file"], table["_row"]],
    )
    again = ibis.row_number().over(before) > 0
    rule = Rule(key[0], SAME_KEY, "one row per key")
    verdicts.bring([Charge(again, table[key[0]], rule)])


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
    refunds of its line exceed the line's revenue, or the pieces sent back those
    bought, by more than half a hundredth.
    """
    bought = orders.select(
        _order=orders["order_id"],
        _line=orders["line"],
        ordered_on=orders["ordered_on"],
        _revenue=orders["revenue"],
        _bought=orders["quantity"],
    )
    table = verdicts.table
    joined = table.left_join(
        bought,
        [table["order_id"] == bought["_order"], table["line"] == bought["_line"]],
    )
    table = verdicts.table = joined.drop("_line")
    unknown = Rule("order_id", "a return without its order line", "a line of orders")
    early = Rule("returned_on", "returned before it was ordered", "ordered_on or later")
    too_early = table["returned_on"] < table["ordered_on"]
    verdicts.bring([
        Charge(table["_order"].isnull(), table["order_id"], unknown),
        Charge(too_early, table["returned_on"], early),
    ])  # fmt: skip
    judge_repetition(verdicts, key=[*RETURN])
    verdicts.bring([
        _excess(verdicts, over="_revenue", rule=Rule(
            "refund", "refunds above the revenue", "at most the line's revenue")),
        _excess(verdicts, over="_bought", rule=Rule(
            "quantity", "more sent back than bought", "at most the line's quantity")),
    ])  # fmt: skip


def _excess(verdicts: Verdicts, *, over: str, rule: Rule) -> Charge:
    """Charge a return with which those of its line exceed what the line has."""
    table = verdicts.table
    so_far = ibis.cumulative_window(
        group_by=[table["order_id"], table["line"]],
        order_by=[table["returned_on"], table["_file"], table["_row"]],
    )
    amount = table[rule.column]
    counted = ibis.ifelse(verdicts.good, amount, 0.0)
    above = counted.sum().over(so_far) > table[over] + CENT
    return Charge(above & (amount > 0), amount, rule)


def _charges(
    table: ir.Table, column: pa.Column, kind: str, source: TableSource
) -> list[Charge]:
    name, raw = str(column.name), table[f"_raw_{column.name}"]
    charges = []
    if kind != "text":
        unread = table[name].isnull() & raw.notnull()
        rule = Rule(name, f"not a {kind}", mapping.expected(kind, source))
        charges.append(Charge(unread, raw, rule))
    if not column.nullable:
        rule = Rule(name, "missing", "a value")
        charges.append(Charge(table[name].isnull(), ibis.literal(""), rule))
    return charges + [
        Charge(~_passes(table[name], check), raw, Rule(name, *rule_of(check)))
        for check in column.checks
    ]


def _currency(table: ir.Table, name: str, study: Study) -> list[Charge]:
    if name != "orders":
        return []
    other = table["currency"] != study.currency
    rule = Rule("currency", "another currency", study.currency)
    return [Charge(other, table["currency"], rule)]


def _passes(value: Any, check: pa.Check) -> Any:
    """Say a check of pandera in the words of the engine."""
    said = check.statistics or {}
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
    if cell.type().is_floating():
        text = ibis.ifelse(cell.isnan(), ibis.null("string"), text)
    codes = [str(code) for code in source.missing.get(name, [])]
    return ibis.ifelse(text.isin(codes), ibis.null("string"), text) if codes else text


def _typed(cell: ir.Value, text: Any, kind: str, source: TableSource) -> Any:
    """Read a cell as its kind; one that the engine has typed is taken as it is."""
    held = cell.type()
    if kind == "text":
        return text
    if kind == "date" and (held.is_date() or held.is_timestamp()):
        return ibis.ifelse(text.isnull(), ibis.null("date"), cell.cast("date"))
    if kind == "date":
        return _date(text, source.dates)
    if held.is_numeric():
        number = ibis.ifelse(text.isnull(), ibis.null("float64"), cell.cast("float64"))
        return _within_reach(number)
    is_number = text.re_search(f"^{FORMS[source.decimal]}$")
    plain = text
    if source.decimal == ",":
        plain = text.replace(".", "").replace(",", ".")
    number = ibis.ifelse(is_number, plain, ibis.null("string")).try_cast("float64")
    return _within_reach(number)


def _within_reach(number: Any) -> Any:
    return ibis.ifelse(number.abs() < LARGEST, number, ibis.null("float64"))


def _date(text: Any, order: str) -> Any:
    if order not in PATTERNS:
        return try_strptime(text, order).cast("date")
    iso = ibis.null("string")
    for pattern, iso_form in PATTERNS[order]:
        iso = ibis.ifelse(
            text.re_search(pattern), text.re_replace(pattern, iso_form), iso
        )
    return iso.try_cast("date")
