"""Read the CSV or TSV that Qualtrics gives, with its two or three header rows.

Today's export has three: short names, the wording of the questions, and import ids.
The legacy export has two: V1, V2, … over the names of the fixed columns, and Q1, Q2,
… over the wording of the questions; each row ends in a comma too many.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.intake.export import Export, assemble, faults
from analysis.intake.readers import delimited
from analysis.settings import TableSource
from analysis.study import StudyError

FIXED = re.compile(r"V\d+")
# What Qualtrics writes into `Status` for answers that no customer gave, as labels
# and as codes.
TRIALS = {
    "Survey Preview": "a preview of the survey",
    "1": "a preview of the survey",
    "Survey Test": "a test of the survey",
    "2": "a test of the survey",
    "Spam": "marked as spam",
    "8": "marked as spam",
    "Spam Preview": "marked as spam",
    "9": "marked as spam",
    "Offline Survey Preview": "a preview of the survey",
    "17": "a preview of the survey",
}


def read(path: Path, source: TableSource) -> Export:
    """Read a Qualtrics export; previews, tests and spam are set aside by `Status`.

    Raises
    ------
    StudyError
        If the header rows are not those of Qualtrics, or as for any CSV.
    """
    lines, records = delimited.split(path, source)
    if len(records) < 2:
        raise StudyError(
            f"{path.name} has one row, expected the two or three header rows of a "
            'Qualtrics export. Set `format = "csv"` if it is not one.'
        )
    modern = len(records) > 2 and any("ImportId" in cell for cell in records[2])
    header, first = (records[0], 3) if modern else (_legacy(path, records), 2)
    export = assemble(header, lines[first:], records[first:])
    wording = dict(zip(header, records[1], strict=False))
    return _without_trials(replace(export, questions=wording))


def _legacy(path: Path, records: list[list[str]]) -> list[str]:
    """Name the fixed columns as the second row does."""
    if not any(FIXED.fullmatch(name) for name in records[0]):
        raise StudyError(
            f"{path.name}: the third row holds no import ids and the first no V1, V2, "
            "…, expected a Qualtrics export with its header rows as downloaded. Set "
            '`format = "csv"` if someone has tidied it.'
        )
    names = zip(records[0], records[1], strict=False)
    return [below if FIXED.fullmatch(above) else above for above, below in names]


def _without_trials(export: Export) -> Export:
    if "Status" not in export.rows:
        return export
    why = export.rows["Status"].map(TRIALS)
    trials = why.dropna()
    status = export.rows.loc[why.notna(), "Status"]
    told = zip(trials.index, status, trials, strict=True)
    broken = faults(
        [(line, "Status", found, reason, "an answer") for line, found, reason in told]
    )
    return replace(
        export,
        rows=export.rows[why.isna()],
        broken=pd.concat([export.broken, broken], ignore_index=True),
    )
