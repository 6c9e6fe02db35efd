"""What was given out to coders: the drawn sample, and the units of long talks.

``python -m analysis code`` keeps both beside the workbooks, in a folder ``coding_…`` of
the study. Each run makes the tables `coding_sample` and `coding_units` of them, so
that chances and units stay what they were when the coding began.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pandas as pd
from pyarrow import ArrowException

from analysis.contracts import contract_of, write
from analysis.contracts.store import validated
from analysis.contracts.units import document_of
from analysis.intake.words import redacted
from analysis.study import Study, StudyError

FOLDERS = "coding_*"
FILES = {"coding_sample": "sample.parquet", "coding_units": "units.parquet"}
# A later draw says anew what the chances were; a unit stays as it was first cut.
STANDS: dict[str, Literal["first", "last"]] = {
    "coding_sample": "last",
    "coding_units": "first",
}


def given_out(study: Study, table: str) -> pd.DataFrame:
    """Return all that was ever given out to the coders of a study.

    Parameters
    ----------
    study : Study
        The settings.
    table : str
        ``coding_sample`` or ``coding_units``.

    Returns
    -------
    DataFrame
        Rows of the table, each document or unit once; units are redacted anew. Empty
        if nothing was given out.

    Raises
    ------
    StudyError
        If a file cannot be read, or is not as the table's contract says.
    """
    paths = study.raw.glob(f"{FOLDERS}/{FILES[table]}")
    parts = [_read(path, table) for path in sorted(paths, key=_number)]
    columns = contract_of(table).to_schema().columns
    names = [name for name, one in columns.items() if one.required]
    rows = pd.concat([pd.DataFrame(columns=names, dtype="str"), *parts])
    kept = rows.drop_duplicates("document_id", keep=STANDS[table])
    return validated(table, redacted(kept, table=table)[0].reset_index(drop=True))


def write_given(study: Study, period: str, *, documents: pd.DataFrame) -> list[Path]:
    """Write what was given out of the documents of a run as its tables.

    Parameters
    ----------
    study : Study
        The settings.
    period : str
        The label of the run's period.
    documents : DataFrame
        The table `documents` of the run; units of later ones are left out.

    Returns
    -------
    list of Path
        The tables written: none where nothing was given out.
    """
    written = []
    for table in FILES:
        rows = given_out(study, table)
        known = rows["document_id"].isin(documents["document_id"])
        known |= document_of(rows["document_id"]).isin(documents["document_id"])
        if known.any():
            written.append(write(study, period, table, rows[known]))
    return written


def _read(path: Path, table: str) -> pd.DataFrame:
    try:
        return validated(table, pd.read_parquet(path))
    except (OSError, ArrowException, StudyError) as error:
        raise StudyError(
            f"{path.parent.name}/{path.name} cannot be read ({error}). It holds what "
            "was given out for coding: put the file back as it was written."
        ) from error


def _number(path: Path) -> list[str | int]:
    """Sort the second and the tenth folder of a period as they were made."""
    parts = re.split(r"(\d+)", path.parent.name)
    return [int(part) if part.isdigit() else part for part in parts]
