"""What the files of a study hold, found out without running anything."""

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.intake.files import locate, sources
from analysis.intake.receipt import Receipt
from analysis.intake.receive import texts_of
from analysis.intake.settings import HOMES, misnamed
from analysis.intake.tables import receive_table
from analysis.intake.warehouse import LINES, glance
from analysis.study import Period, Study, StudyError

EVER = Period.parse("9999")
"""A period that everything is dated before."""
GLANCE = 1000
"""So many rows of each file of order lines are read."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of one table, or of one setting.

    Parameters
    ----------
    of : str
        The name of the table or setting.
    files : tuple of str
        The table's files, in the study folder, or its name in the warehouse.
    rows : int
        The rows that a run would keep.
    set_aside : int
        The rows that break a rule.
    rule : str
        The rule that most of these break, with its rows.
    first_only : bool
        Whether only the first rows of each file were read.
    periods : tuple of str
        The quarters that the rows fall into, for responses.
    fault : str
        What must be mended; empty if nothing must.
    note : str
        What is of no use, though nothing must be mended.
    """

    of: str
    files: tuple[str, ...] = ()
    rows: int = 0
    set_aside: int = 0
    rule: str = ""
    first_only: bool = False
    periods: tuple[str, ...] = ()
    fault: str = ""
    note: str = ""

    @property
    def mark(self) -> str:
        """A cross, a dot or a tick."""
        return "✗" if self.fault else "·" if self.note else "✓"

    def __str__(self) -> str:
        """Say what was found in one line."""
        if self.fault or self.note:
            return f"{self.of}: {self.fault or self.note}"
        told = f"{self.of}: {self.rows:,} rows"
        if self.set_aside:
            told += f", {self.set_aside:,} set aside, most often: {self.rule}"
        if self.periods:
            told += f"; {self.periods[0]} to {self.periods[-1]}"
        first = f"; only the first {GLANCE:,} of each file were read"
        return f"{told}{first if self.first_only else ''} ({', '.join(self.files)})"


def look_at(study: Study) -> list[Finding]:
    """Read every table of a study as a run would, and write nothing.

    Parameters
    ----------
    study : Study
        The settings.

    Returns
    -------
    list of Finding
        One for each table, in the order of the study file, then one for each setting
        that names a column which no table has. Of orders, returns and signals, only
        the first rows of each file are read.
    """
    receipts: list[Receipt] = []
    found = {}
    # Codings are judged beside the texts that they speak of.
    for table in sorted(study.tables, key="codings".__eq__):
        found[table] = _look_at_table(study, table, receipts)
    return [found[table] for table in study.tables] + _settings(study, receipts)


def _look_at_table(study: Study, table: str, receipts: list[Receipt]) -> Finding:
    files: tuple[str, ...] = ()
    try:
        files = tuple(_files(study, table))
        receipt = _receive(study, table, receipts)
    except StudyError as error:
        return Finding(of=table, files=files, fault=str(error))
    receipts.append(receipt)
    counts = receipt.counts
    return Finding(
        of=table,
        files=files,
        rows=int(counts["kept"].sum()),
        set_aside=int(counts["set_aside"].sum()),
        rule=_top_rule(receipt),
        first_only=table in LINES and bool((counts["rows_in"] >= GLANCE).any()),
        periods=_periods(receipt),
    )


def _files(study: Study, table: str) -> Iterator[str]:
    """Name the files of all sources of a table."""
    for place, source in sources(study, table).items():
        if source.table:
            yield f"{source.table} of the warehouse"
        else:
            paths = locate(study, place, source)
            yield from (path.relative_to(study.raw).as_posix() for path in paths)


def _receive(study: Study, table: str, receipts: list[Receipt]) -> Receipt:
    if table in LINES:
        return glance(study, table, period=EVER, rows=GLANCE)
    texts = texts_of(study, receipts) if table == "codings" else None
    if texts is not None and not texts.kept:
        texts = None  # the texts could not be read, which is told of them
    return receive_table(study, table, period=EVER, texts=texts)


def _top_rule(receipt: Receipt) -> str:
    if receipt.rules.empty:
        return ""
    top = receipt.rules.sort_values("rows", ascending=False, kind="stable").iloc[0]
    return f"{top['rule']} ({top['rows']:,})"


def _periods(receipt: Receipt) -> tuple[str, ...]:
    if receipt.table != "responses":
        return ()
    dates = receipt.rows["responded_on"].dropna()
    return tuple(sorted(set(dates.dt.to_period("Q").astype("str"))))


def _settings(study: Study, receipts: list[Receipt]) -> list[Finding]:
    """Judge the columns that settings name, if the tables could be read."""
    read = {one.table for one in receipts}
    if not set(HOMES) & set(study.tables) <= read:
        return []
    return [
        Finding(of="study.toml", **{"note" if one.waits else "fault": str(one)})  # type: ignore[arg-type]
        for one in misnamed(study, receipts)
    ]
