"""What the files of a study hold, found out without running anything."""

from dataclasses import dataclass

from analysis.intake.files import locate
from analysis.intake.receive import ELSEWHERE, LINES
from analysis.intake.tables import receive_table
from analysis.study import Period, Study, StudyError

EVER = "9999"
"""A period that everything is dated before."""


@dataclass(frozen=True)
class Finding:
    """What was found of one table.

    Parameters
    ----------
    table : str
        The name of the table.
    files : list of str
        Its files, in the study folder; empty for a table of the warehouse.
    rows : int or None
        The rows that a run would keep; None where only the run itself reads them.
    set_aside : int
        The rows that break a rule.
    periods : list of str
        The quarters that the rows fall into, for responses.
    fault : str
        What must be mended; empty if nothing must.
    """

    table: str
    files: list[str]
    rows: int | None = None
    set_aside: int = 0
    periods: tuple[str, ...] = ()
    fault: str = ""

    def __str__(self) -> str:
        if self.fault:
            return f"{self.table}: {self.fault}"
        where = ", ".join(self.files) or "a table of the warehouse"
        if self.rows is None:
            return f"{self.table}: {where} (read by the run itself)"
        aside = f", {self.set_aside:,} set aside" if self.set_aside else ""
        periods = f"; {self.periods[0]} to {self.periods[-1]}" if self.periods else ""
        return f"{self.table}: {self.rows:,} rows{aside}{periods} ({where})"


def look_at(study: Study) -> list[Finding]:
    """Read every table of a study as a run would, and write nothing.

    Parameters
    ----------
    study : Study
        The settings.

    Returns
    -------
    list of Finding
        One for each table, in the order of the study file.
    """
    return [_look_at_table(study, table) for table in study.tables]


def _look_at_table(study: Study, table: str) -> Finding:
    files: list[str] = []
    try:
        if study.tables[table].files:
            paths = locate(study, table)
            files = [path.relative_to(study.raw).as_posix() for path in paths]
        if not files or table in LINES or study.tables[table].format == ELSEWHERE:
            return Finding(table, files)
        receipt = receive_table(study, table, period=Period.parse(EVER))
    except StudyError as error:
        return Finding(table, files, fault=str(error))
    aside = int(receipt.counts["set_aside"].sum())
    periods: tuple[str, ...] = ()
    if table == "responses":
        dates = receipt.rows["responded_on"].dropna()
        periods = tuple(sorted(set(dates.dt.to_period("Q").astype("str"))))
    return Finding(table, files, len(receipt.rows), aside, periods)
