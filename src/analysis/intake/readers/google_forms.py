"""Read the CSV that Google Forms gives: the header is the wording of the questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analysis.intake.export import Export
from analysis.intake.readers import delimited
from analysis.settings import TableSource


def read(path: Path, source: TableSource) -> Export:
    """Read a Google Forms export and keep the questions.

    Raises
    ------
    StudyError
        As for any CSV.
    """
    export = delimited.read(path, source)
    return replace(export, questions={name: name for name in export.rows.columns})
