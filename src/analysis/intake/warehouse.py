"""Receive orders, returns and signals, whose lines never leave the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from analysis.contracts import row_is
from analysis.contracts.store import replace
from analysis.intake import ages, engine, histories, panels
from analysis.intake.account import refuse_too_many
from analysis.intake.duplicates import SAME_KEY
from analysis.intake.lines import Rule, Verdicts, judge, judge_repetition, judge_returns
from analysis.intake.mapping import expected
from analysis.intake.receipt import COUNTS, LISTED, REJECTED, RULES, Receipt
from analysis.settings import TableSource
from analysis.study import Period, Study, StudyError

LINES = ("orders", "returns", "signals")


def receive_warehouse(
    study: Study,
    period: Period,
    *,
    responses: pd.DataFrame,
    documents: pd.DataFrame | None = None,
) -> list[Receipt]:
    """Judge the lines of the warehouse tables and write the panels made of them.

    Parameters
    ----------
    study : Study
        The settings.
    period : Period
        Lines dated after its end are for later.
    responses : DataFrame
        The answers, for what was bought before and after them.
    documents : DataFrame, optional
        The feedback, for the complaints that order lines drew.

    Returns
    -------
    list of Receipt
        One per table; their `rows` are empty.

    Raises
    ------
    StudyError
        If a file or column is not there, or too many lines break a rule.
    """
    wanted = [name for name in LINES if name in study.tables]
    if not wanted:
        return []
    with engine.workspace() as folder:
        desk = _Desk(study, period, Path(folder))
        for name in wanted:
            desk.take(name)
        desk.write_panels(responses, documents)
        desk.connection.disconnect()
    return desk.receipts


def glance(study: Study, table: str, *, period: Period, rows: int) -> Receipt:
    """Judge the first lines of a warehouse table and write nothing.

    Parameters
    ----------
    study : Study
        The settings.
    table : str
        ``orders``, ``returns`` or ``signals``.
    period : Period
        Lines dated after its end are for later.
    rows : int
        So many lines of each file are read. Returns are not held to their orders,
        which may be further down.

    Returns
    -------
    Receipt
        The account of these lines.

    Raises
    ------
    StudyError
        If a file or column is not there, or too many lines break a rule.
    """
    with engine.workspace() as folder:
        desk = _Desk(study, period, Path(folder), rows=rows)
        try:
            desk.take(table)
        finally:
            desk.connection.disconnect()
    return desk.receipts[0]


class _Desk:
    """One run's work in the engine; with `rows`, a look at the first lines only."""

    def __init__(
        self, study: Study, period: Period, folder: Path, *, rows: int | None = None
    ) -> None:
        self.study, self.period, self.folder, self.rows = study, period, folder, rows
        self.connection = engine.bounded(engine.connect(study), folder)
        self.good: dict[str, ir.Table] = {}
        self.receipts: list[Receipt] = []

    def take(self, name: str) -> None:
        """Judge one table and keep its good lines for the panels."""
        lines = engine.show(
            self.connection, self.study, name, folder=self.folder, rows=self.rows
        )
        verdicts = judge(lines.cells, table=name, study=self.study, period=self.period)
        if name == "orders":
            judge_repetition(verdicts, key=["order_id", "line"])
        if name == "signals":
            judge_repetition(verdicts, key=["signal", "product_id", "date"])
        if name == "returns":
            self._judge_returns(verdicts)
        judged = self._keep(name, verdicts)
        self.receipts.append(self._receipt(name, lines, judged, verdicts))
        self.good[name] = judged.filter(judged["_good"])

    def _judge_returns(self, verdicts: Verdicts) -> None:
        if "orders" not in self.study.tables:
            raise StudyError(
                "tables.returns is given without tables.orders: returns are joined to "
                "the lines that they give back. Add orders, or take returns out."
            )
        if self.rows is None:
            judge_returns(verdicts, self.good["orders"])

    def _keep(self, name: str, verdicts: Verdicts) -> ir.Table:
        table = verdicts.table.mutate(_good=verdicts.good)
        own = [one for one in table.columns if not one.startswith("_raw_")]
        return self.connection.create_table(
            f"judged_{name}", table.select(own), temp=True
        )

    def _receipt(
        self, name: str, lines: engine.Lines, judged: ir.Table, verdicts: Verdicts
    ) -> Receipt:
        lost = engine.lost_lines(self.connection, lines)
        tally = _tally(judged, verdicts)
        counts = _counts(name, lines.files, tally, lost)
        listed = _listed(judged, verdicts, lost, source=self.study.tables[name])
        per_rule = pd.concat([tally[["rule", "rows"]],
                              lost[["rule"]].assign(rows=1)])  # fmt: skip
        per_rule = (
            per_rule[per_rule["rule"] != ""].groupby("rule", as_index=False).sum()
        )
        receipt = Receipt(
            table=name,
            rows=pd.DataFrame(),
            counts=counts,
            rules=per_rule.assign(table=name)[RULES],
            rejected=listed.assign(table=name)[REJECTED],
        )
        if name != "returns" and not counts["rows_in"].sum():
            raise StudyError(
                f"tables.{name}: {', '.join(lines.files)} holds a header but no rows. "
                f"Expected {row_is(name)} per row. Export again, or remove the table."
            )
        refuse_too_many(receipt, limit=self.study.thresholds.rejected_share)
        return receipt

    def write_panels(
        self, responses: pd.DataFrame, documents: pd.DataFrame | None
    ) -> None:
        """Write the panels that the tables received allow."""
        if "signals" in self.good:
            signals = self.good["signals"]
            self._write("signal_periods", panels.signal_periods(signals))
            self._write("signal_days", panels.signal_days(signals))
        if "orders" not in self.good:
            return
        returns = self._returns()
        lines = panels.traded(
            self.good["orders"],
            returns,
            outcomes=self.study.outcomes,
            period=self.period,
        )
        keep = engine.keeper(self.connection)
        lines = keep(lines)
        self._write_sums(lines, returns, keep)
        self._write_histories(lines, responses, documents)

    def _returns(self) -> ir.Table | None:
        """Return the good returns, without the column of refunds if it is empty."""
        returns = self.good.get("returns")
        if returns is None:
            return None
        rows, refunds = returns.count(), returns["refund"].count()
        held = _frame(returns.aggregate(rows=rows, refunds=refunds)).iloc[0]
        return (
            returns.drop("refund") if held["rows"] > held["refunds"] == 0 else returns
        )

    def _write_sums(
        self, lines: ir.Table, returns: ir.Table | None, keep: panels.Keep
    ) -> None:
        frequency = self.period.frequency
        customers = panels.customer_periods(lines, frequency=frequency, keep=keep)
        self._write("customer_periods", customers)
        products = panels.product_periods(lines, keep=keep)
        self._write("product_periods", products)
        if returns is not None:
            reasons = panels.return_reasons(
                lines, returns, outcomes=self.study.outcomes, frequency=frequency
            )
            self._write("return_reasons", reasons)

    def _write_histories(
        self, lines: ir.Table, responses: pd.DataFrame, documents: pd.DataFrame | None
    ) -> None:
        outcomes, period = self.study.outcomes, self.period
        customers = histories.customer_histories(
            lines, outcomes=outcomes, period=period
        )
        self._write("customer_histories", customers)
        lived = ages.line_ages(
            lines, documents=documents, outcomes=outcomes, period=period
        )
        if lived is not None:
            self._write("line_ages", lived)
        if "customer_id" in responses:
            around = histories.response_outcomes(
                lines, responses, outcomes=outcomes, period=period
            )
            self._write("response_outcomes", around)

    def _write(self, name: str, panel: ir.Table) -> None:
        path = self.study.processed(self.period.label) / f"{name}.parquet"
        replace(path, lambda at: self.connection.to_parquet(panel, at))


def _frame(table: ir.Table) -> pd.DataFrame:
    # Ibis' own to_pandas asks pandas for an option that pandas 3 warns about.
    return table.to_pyarrow().to_pandas()


def _tally(judged: ir.Table, verdicts: Verdicts) -> pd.DataFrame:
    """Count lines per file, rule and lateness."""
    tally = _frame(
        judged.group_by(["_file", "_rule", "_later"]).aggregate(rows=judged.count())
    )
    names = {number: rule.name for number, rule in enumerate(verdicts.rules)}
    return tally.assign(rule=tally["_rule"].map(names).fillna("").astype("str"))


def _counts(
    name: str, files: list[str], tally: pd.DataFrame, lost: pd.DataFrame
) -> pd.DataFrame:
    late, again = tally["_later"], tally["rule"] == SAME_KEY
    aside = tally["rule"] != ""
    counts = pd.DataFrame(index=pd.Index(files, name="file"))
    gone = lost.groupby("file").size()

    def total(rows: Any) -> pd.Series:
        return tally[rows].groupby("_file")["rows"].sum()

    counts["kept"] = total(~late & ~aside)
    counts["set_aside"] = total(aside).add(gone, fill_value=0)
    counts["duplicates"] = total(again)
    counts["later"] = total(late)
    counts = counts.fillna(0).astype("int64")
    counts["rows_in"] = counts["kept"] + counts["set_aside"] + counts["later"]
    return counts.reset_index().assign(table=name)[COUNTS]


def _expected(rule: Rule, value: str, source: TableSource) -> str:
    """Say what was expected; what is usual elsewhere is told apart only here."""
    kind = rule.name.removeprefix("not a ")
    if kind not in ("number", "date"):
        return rule.expected
    return expected(kind, source, found=value)


def _listed(
    judged: ir.Table, verdicts: Verdicts, lost: pd.DataFrame, *, source: TableSource
) -> pd.DataFrame:
    """List lines that break a rule, at most so many per rule and file."""
    bad = judged.drop_null("_rule")
    rank = ibis.row_number().over(
        ibis.window(group_by=[bad["_file"], bad["_rule"]], order_by=bad["_row"])
    )
    shown = bad.mutate(_rank=rank).filter(lambda t: t["_rank"] < LISTED)
    rows = _frame(shown.select("_file", "_row", "_rule", "_value"))
    rules = [verdicts.rules[number] for number in rows["_rule"]]
    told = zip(rules, rows["_value"].fillna(""), strict=True)
    listed = pd.DataFrame({
        "file": rows["_file"], "line": rows["_row"], "value": rows["_value"],
        "column": [rule.column for rule in rules],
        "rule": [rule.name for rule in rules],
        "expected": [_expected(rule, value, source) for rule, value in told],
    })  # fmt: skip
    for file, part in listed.groupby("file"):
        gaps = lost.loc[lost["file"] == file, "line"]
        listed.loc[part.index, "line"] = engine.line_numbers(part["line"], lost=gaps)
    return pd.concat([lost, listed]).sort_values(["file", "line"], kind="stable")
