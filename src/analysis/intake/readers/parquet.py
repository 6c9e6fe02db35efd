"""Read a Parquet file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from analysis.intake.export import Export, as_text
from analysis.intake.files import check_content
from analysis.settings import TableSource
from analysis.study import StudyError


def read(path: Path, source: TableSource) -> Export:
    """Read a Parquet file as text; the line is the row's number.

    Raises
    ------
    StudyError
        If the file is damaged.
    """
    check_content(path, "parquet")
    try:
        stored = pyarrow.parquet.read_table(path).to_pandas()
    except pa.ArrowException as error:
        raise StudyError(
            f"{path.name} cannot be read ({error}). Export again."
        ) from error
    return Export(rows=as_text(stored, decimal=source.decimal))
