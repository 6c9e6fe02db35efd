"""One small module per export format; a new format is a module and a line here.

Each has ``read(path, source)`` and gives an `Export`: the records as text, with the
line on which each begins. Reading order: ``delimited`` (CSV), ``qualtrics``,
``google_forms``, ``excel``, ``parquet``, ``coding_workbook``, ``qdpx``, ``taguette``.
"""

from collections.abc import Callable
from pathlib import Path

from analysis.intake.export import Export
from analysis.intake.files import format_of
from analysis.intake.readers import (
    coding_workbook,
    delimited,
    excel,
    google_forms,
    parquet,
    qdpx,
    qualtrics,
    taguette,
)
from analysis.settings import TableSource
from analysis.study import StudyError

READERS: dict[str, Callable[[Path, TableSource], Export]] = {
    "csv": delimited.read,
    "qualtrics": qualtrics.read,
    "google_forms": google_forms.read,
    "excel": excel.read,
    "parquet": parquet.read,
    "coding_workbook": coding_workbook.read,
    "qdpx": qdpx.read,
    "taguette": taguette.read,
}


def read(path: Path, source: TableSource) -> Export:
    """Read a file in the format that the study gives, or that its suffix says.

    Raises
    ------
    StudyError
        If there is no reader for the format, or the reader refuses the file.
    """
    kind = format_of(path, source)
    if kind not in READERS:
        raise StudyError(
            f"{path.name}: there is no reader for the format {kind!r}. "
            f"Known: {', '.join(READERS)}."
        )
    return READERS[kind](path, source)
