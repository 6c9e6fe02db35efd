"""Open the engine that holds order lines, and show it the files."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from analysis.intake import mapping
from analysis.intake.export import Export, as_text, faults
from analysis.intake.files import (
    check_content,
    encoding_of,
    fingerprint,
    format_of,
    locate,
)
from analysis.intake.readers import delimited
from analysis.settings import TableSource
from analysis.study import Study, StudyError

FORMATS = ("csv", "parquet")
PLAIN = ("utf-8", "utf-8-sig", "ascii")
# Above it the engine works from disk. More makes the panels little faster, and a
# laptop has other things to hold.
MEMORY = "3GB"


@dataclass(slots=True, kw_only=True)
class Lines:
    """The raw lines of one table in the engine.

    Attributes
    ----------
    cells : Table
        Our columns; text from CSV files, the engine's own types otherwise; `_file`
        and `_row`, which counts from 0 within a file.
    files : list of str
        The files, or the table of the warehouse.
    rejects : dict of str to str
        Per CSV file, the engine's table of lines that it could not cut into cells.
    """

    cells: ir.Table
    files: list[str]
    rejects: dict[str, str] = field(default_factory=dict)


def connect(study: Study) -> Any:
    """Open the warehouse that the study names, or else a DuckDB in memory.

    A relative DuckDB file is looked for in the study folder and opened for reading.

    Raises
    ------
    StudyError
        If the warehouse cannot be reached.
    """
    if study.warehouse is None:
        return ibis.duckdb.connect()
    url = study.warehouse.url
    try:
        if url.startswith("duckdb://") and url != "duckdb://":
            path = study.raw / url.removeprefix("duckdb://")
            return ibis.duckdb.connect(path, read_only=True)
        return ibis.connect(url)
    except Exception as error:  # each backend raises its own
        raise StudyError(
            f"warehouse.url: cannot open {url.split('@')[-1]!r} ({error}). Expected an "
            "Ibis address, such as duckdb://shop.duckdb."
        ) from error


def bounded(connection: Any, folder: Path) -> Any:
    """Keep a DuckDB engine to little memory; what is more goes to a folder.

    Parameters
    ----------
    connection : Backend
        The engine. One that is a server of its own is left as it is.
    folder : Path
        A temporary folder.

    Returns
    -------
    Backend
        The engine.
    """
    if connection.name == "duckdb":
        connection.settings["memory_limit"] = MEMORY
        connection.settings["temp_directory"] = str(folder)
    return connection


def keeper(connection: Any) -> Callable[[ir.Table], ir.Table]:
    """Return a function that works a table out and keeps it in the engine.

    Parameters
    ----------
    connection : Backend
        The engine. From here on a DuckDB may pass rows on in any order: the panels are
        sorted at their end, and what it need not hold in order it can put aside.
    """
    if connection.name == "duckdb":
        connection.settings["preserve_insertion_order"] = False

    def keep(table: ir.Table) -> ir.Table:
        name = ibis.util.gen_name("part")
        kept: ir.Table = connection.create_table(name, table, temp=True)
        return kept

    return keep


def show(
    connection: Any, study: Study, table: str, *, folder: Path, rows: int | None = None
) -> Lines:
    """Show the engine the lines of a table, without loading them.

    Parameters
    ----------
    connection : Backend
        The engine.
    study : Study
        The settings.
    table : str
        ``orders``, ``returns`` or ``signals``.
    folder : Path
        A temporary folder, for files that must be written as UTF-8 first.
    rows : int, optional
        Only so many rows of each file; all if not given.

    Returns
    -------
    Lines
        The columns under our names.

    Raises
    ------
    StudyError
        If a file or column is not there, or the format cannot be streamed.
    """
    source = study.tables[table]
    if source.also:
        raise StudyError(
            f"tables.{table}.also: order lines come from one source. Put all files "
            "into one format, and name them in `files`."
        )
    if source.table:
        return _from_warehouse(connection, source, table, rows)
    if connection.name != "duckdb":
        raise StudyError(
            f"tables.{table}: files cannot be joined to tables of {connection.name}. "
            "Load them there and give `table`, or leave out `warehouse`."
        )
    parts: list[ir.Table] = []
    rejects: dict[str, str] = {}
    names: list[str] = []
    for number, path in enumerate(locate(study, f"tables.{table}", source)):
        file = path.relative_to(study.raw).as_posix()
        raw, lost = _view(connection, path, source, name=f"{table}_{number}", at=folder)
        rejects |= {file: lost} if lost else {}
        raw = raw.limit(rows)
        parts.append(_named(raw, source, table=table, file=file))
        names.append(file)
    cells = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return Lines(cells=cells, files=names, rejects=rejects)


def fetch(study: Study, table: str, source: TableSource) -> Export:
    """Read one source of a table of moderate size from the warehouse, as text.

    Raises
    ------
    StudyError
        If the warehouse or the table is not there, or a column is not.
    """
    connection = connect(study)
    try:
        raw = _table(connection, source, table)
        names = mapping.names_of(table, source, list(raw.columns))
        wanted = [theirs for theirs in names.values() if theirs in raw.columns]
        rows = raw.select(wanted).to_pyarrow().to_pandas()
    finally:
        connection.disconnect()
    return Export(rows=as_text(rows, decimal=source.decimal))


def lost_lines(connection: Any, lines: Lines) -> pd.DataFrame:
    """List the lines that the engine could not cut into cells, with their file."""
    found = [faults([]).assign(file="")]
    for file, name in lines.rejects.items():
        table = connection.table(name).select("line", "csv_line", "error_message")
        rows = table.distinct(on="line").order_by("line").to_pyarrow().to_pylist()
        told = [
            (one["line"], "", one["csv_line"] or "", "wrong number of cells",
             (one["error_message"] or "").split("\n")[0])
            for one in rows
        ]  # fmt: skip
        found.append(faults(told).assign(file=file))
    return pd.concat(found, ignore_index=True)


def line_numbers(rows: pd.Series, *, lost: pd.Series) -> np.ndarray:
    """Turn positions among the readable records into lines of the file.

    Parameters
    ----------
    rows : Series of int
        Positions, from 0.
    lost : Series of int
        Lines that held no readable record, in order.

    Returns
    -------
    array of int
        The lines, where the header is line 1 and no cell holds a line break.

    Examples
    --------
    >>> line_numbers(pd.Series([0, 1, 2]), lost=pd.Series([3])).tolist()
    [2, 4, 5]
    """
    gaps = lost.to_numpy() - np.arange(len(lost)) - 2
    return rows.to_numpy() + 2 + np.searchsorted(gaps, rows.to_numpy(), side="right")


def _view(
    connection: Any, path: Path, source: TableSource, *, name: str, at: Path
) -> tuple[ir.Table, str]:
    """Name one file in the engine; nothing is read yet."""
    kind = format_of(path, source)
    if kind not in FORMATS:
        raise StudyError(
            f"{path.name}: order lines are read from CSV, Parquet or a warehouse, not "
            f"from {kind}, since they may be many. Save the table as CSV."
        )
    check_content(path, kind)
    if kind == "parquet":
        return connection.read_parquet(path, table_name=name), ""
    columns = delimited.header(path, source)
    mapping.check_header(
        columns, file=path.name, table=name.split("_", maxsplit=1)[0], source=source
    )
    raw = connection.read_csv(
        _utf8(path, source, at),
        table_name=name,
        columns={one or f"_{n}": "VARCHAR" for n, one in enumerate(columns)},
        auto_detect=False,
        header=True,
        delim=source.delimiter,
        quote='"',
        escape='"',
        store_rejects=True,
        rejects_table=f"{name}_rejects",
        rejects_scan=f"{name}_scans",
    )
    return raw, f"{name}_rejects"


def _utf8(path: Path, source: TableSource, folder: Path) -> Path:
    """Return the file, or a copy if it is not UTF-8 or the name reads as a pattern."""
    encoding = encoding_of(path, source)
    if encoding.lower() in PLAIN and not set(path.name) & set("*?["):
        return path
    copy = folder / f"{fingerprint(path)}.csv"
    with (
        path.open(encoding=encoding, newline="") as old,
        copy.open("w", encoding="utf-8", newline="") as new,
    ):
        shutil.copyfileobj(old, new)
    return copy


def _from_warehouse(
    connection: Any, source: TableSource, table: str, rows: int | None
) -> Lines:
    raw = _table(connection, source, table).limit(rows)
    cells = _named(raw, source, table=table, file=str(source.table))
    return Lines(cells=cells, files=[str(source.table)])


def _table(connection: Any, source: TableSource, table: str) -> ir.Table:
    try:
        raw = connection.table(source.table)
    except Exception as error:  # each backend raises its own
        with warnings.catch_warnings():
            # Ibis 12 lists tables by a method that DuckDB has put aside.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = ", ".join(connection.list_tables()) or "none"
        raise StudyError(
            f"tables.{table}: the warehouse has no table {source.table!r}. Found: "
            f"{found}."
        ) from error
    mapping.check_header(
        list(raw.columns), file=str(source.table), table=table, source=source
    )
    return raw


def _named(raw: ir.Table, source: TableSource, *, table: str, file: str) -> ir.Table:
    """Select our columns; one that the file lacks is missing in all of its rows."""
    names = mapping.names_of(table, source, list(raw.columns))
    schema = mapping.contract_of(table).to_schema().columns
    picked = {}
    for ours in schema:
        theirs = names.get(ours)
        if theirs in raw.columns:
            picked[ours] = raw[theirs]
        elif ours in source.constants:
            picked[ours] = ibis.literal(source.constants[ours])
        else:
            picked[ours] = ibis.null("string")
    return raw.select(**picked, _file=ibis.literal(file), _row=ibis.row_number())


def workspace() -> TemporaryDirectory[str]:
    """Make a temporary folder for copies in UTF-8."""
    return TemporaryDirectory(prefix="analysis-")
