"""Read a Parquet file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from analysis.intake.export import Export
from analysis.intake.files import check_content
from analysis.study import StudyError, TableSource


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
    rows = pd.DataFrame({name: _text(stored[name]) for name in stored.columns})
    return Export(rows=rows.set_axis(range(1, len(rows) + 1)))


def _text(values: pd.Series) -> pd.Series:
    """Write values as text; a whole number loses its ``.0``."""
    if pd.api.types.is_float_dtype(values):
        written = values.map(lambda value: f"{value:.15g}", na_action="ignore")
        return written.astype("str").fillna("")
    return values.astype("str").fillna("")
