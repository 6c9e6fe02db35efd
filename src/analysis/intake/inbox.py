"""Gather the files of one table under our names, before any cell is read."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.contracts import row_is
from analysis.intake import engine, mapping, readers
from analysis.intake.export import Export
from analysis.intake.files import locate
from analysis.study import Study, StudyError, TableSource


def exports(study: Study, table: str) -> Iterator[tuple[str, Export]]:
    """Read the files of a table, or the table of the warehouse, one by one.

    Parameters
    ----------
    study : Study
        The settings.
    table : str
        A table of moderate size; order lines stay in the engine.

    Yields
    ------
    tuple of str and Export
        The name of the file within the study folder, and its records.
    """
    source = study.tables[table]
    if source.table:
        yield source.table, engine.fetch(study, table)
        return
    for path in locate(study, table):
        yield path.relative_to(study.raw).as_posix(), readers.read(path, source)


class Inbox:
    """The files of one table, under our names, before any cell is read."""

    def __init__(self, study: Study, table: str, source: TableSource) -> None:
        self.study, self.table, self.source = study, table, source
        self.frames: list[pd.DataFrame] = []
        self.broken: list[pd.DataFrame] = []
        self.absent: list[tuple[str, ...]] = []
        self.questions: list[tuple[str, ...]] = []
        self.files: dict[str, int] = {}
        self.left_out: set[str] = set()

    def take(self, file: str, export: Export) -> None:
        """Add the records of one file."""
        mapped = mapping.rename(
            export.rows, file=file, table=self.table, source=self.source
        )
        self.frames.append(mapped.rows.assign(_file=file, _line=mapped.rows.index))
        self.broken.append(export.broken.assign(file=file))
        self.files[file] = export.rows_in
        self.absent += [(self.table, file, *one) for one in mapped.absent]
        names = mapping.names_of(self.table, self.source, list(export.rows.columns))
        self.left_out |= set(export.rows.columns) - set(names.values())
        self.questions += [
            (self.table, file, ours, export.questions[theirs])
            for ours, theirs in names.items()
            if theirs in export.questions
        ]

    def refuse_nothing(self) -> None:
        """Stop if there is no row, or a mapped column is in no file."""
        listed = ", ".join(self.files)
        if not sum(self.files.values()):
            raise StudyError(
                f"tables.{self.table}: {listed} holds a header but no rows. Expected "
                f"{row_is(self.table)} per row. Export again, or remove the table."
            )
        for _, _, ours, theirs, nearest in self.absent:
            if sum(one[2] == ours for one in self.absent) == len(self.files):
                hint = f"Did you mean {nearest!r}? " if nearest else ""
                raise StudyError(
                    f"tables.{self.table}: there is no column {theirs!r} ({ours}) in "
                    f"{listed}. {hint}Set tables.{self.table}.columns.{ours} in "
                    "study.toml to the right one, or take the line out."
                )
