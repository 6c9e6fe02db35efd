"""Gather the files of one table under our names, before any cell is read."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.contracts import row_is
from analysis.intake import engine, mapping, readers
from analysis.intake.export import Export
from analysis.intake.files import locate, sources
from analysis.settings import TableSource
from analysis.study import Study, StudyError


def inboxes(study: Study, table: str) -> list[Inbox]:
    """Read the sources of a table, one inbox each.

    Parameters
    ----------
    study : Study
        The settings.
    table : str
        A table of moderate size; order lines stay in the engine.

    Returns
    -------
    list of Inbox
        In the order of the study file.

    Raises
    ------
    StudyError
        If a file cannot be read, has no rows, or belongs to two sources.
    """
    found: list[Inbox] = []
    for place, source in sources(study, table).items():
        inbox = Inbox(study, table, source, place=place)
        for file, export in _exports(study, table, source, place):
            _refuse_again(file, place, found)
            inbox.take(file, export)
        inbox.refuse_nothing()
        found.append(inbox)
    return found


def _exports(
    study: Study, table: str, source: TableSource, place: str
) -> Iterator[tuple[str, Export]]:
    """Read the files of a source, or its table of the warehouse, one by one."""
    if source.table:
        yield source.table, engine.fetch(study, table, source)
        return
    for path in locate(study, place, source):
        yield path.relative_to(study.raw).as_posix(), readers.read(path, source)


def _refuse_again(file: str, place: str, before: list[Inbox]) -> None:
    for one in before:
        if file in one.files:
            raise StudyError(
                f"{place}: {file} is also a file of {one.place}. Expected each file in "
                "one source: make one of the two patterns narrower."
            )


class Inbox:
    """The files of one source, under our names, before any cell is read."""

    def __init__(
        self, study: Study, table: str, source: TableSource, *, place: str
    ) -> None:
        self.study, self.table, self.source = study, table, source
        self.place = place
        self.frames: list[pd.DataFrame] = []
        self.broken: list[pd.DataFrame] = []
        self.absent: list[tuple[str, ...]] = []
        self.questions: list[tuple[str, ...]] = []
        self.files: dict[str, int] = {}
        self.left_out: set[str] = set()

    def take(self, file: str, export: Export) -> None:
        """Add the records of one file."""
        mapped = mapping.rename(
            export.rows,
            file=file,
            table=self.table,
            source=self.source,
            place=self.place,
        )
        self.frames.append(mapped.rows.assign(_file=file, _line=mapped.rows.index))
        self.broken.append(export.broken.assign(file=file))
        self.files[file] = export.rows_in
        self.absent += [(self.table, file, *one) for one in mapped.absent]
        names = mapping.names_of(self.table, self.source, list(export.rows.columns))
        self.left_out |= set(export.rows.columns) - set(names.values())
        self.questions += [
            (self.table, self.place, file, ours, export.questions[theirs])
            for ours, theirs in names.items()
            if theirs in export.questions
        ]

    def refuse_nothing(self) -> None:
        """Stop if there is no row, or a mapped column is in no file."""
        listed = ", ".join(self.files)
        if not sum(self.files.values()):
            raise StudyError(
                f"{self.place}: {listed} holds a header but no rows. Expected "
                f"{row_is(self.table)} per row. Export again, or remove the table."
            )
        for _, _, ours, theirs, nearest in self.absent:
            if sum(one[2] == ours for one in self.absent) == len(self.files):
                hint = f"Did you mean {nearest!r}? " if nearest else ""
                raise StudyError(
                    f"{self.place}: there is no column {theirs!r} ({ours}) in "
                    f"{listed}. {hint}Set {self.place}.columns.{ours} in "
                    "study.toml to the right one, or take the line out."
                )
