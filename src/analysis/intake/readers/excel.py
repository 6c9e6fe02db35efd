"""Read a sheet of an Excel workbook."""

from __future__ import annotations

import datetime
import warnings
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook

from analysis.intake.export import Export, assemble
from analysis.intake.files import check_content
from analysis.settings import TableSource
from analysis.study import StudyError


def read(path: Path, source: TableSource) -> Export:
    """Read one sheet: the first row with a cell is the header.

    Formulas give the value that Excel stored; dates become ISO text; whole numbers
    lose their ``.0``.

    Raises
    ------
    StudyError
        If the workbook cannot be read, the sheet is not there, or there are several
        and the study does not say which.
    """
    return as_export(grid(path, source))


def as_export(cells: list[tuple[int, list[str]]]) -> Export:
    """Take the first of the rows of a sheet for its header."""
    (_, header), *records = cells
    # A workbook does not store the empty cells at the end of a row.
    rows = [row + [""] * (len(header) - len(row)) for _, row in records]
    return assemble(header, [n for n, _ in records], rows)


def grid(path: Path, source: TableSource) -> list[tuple[int, list[str]]]:
    """Return the rows of one sheet that hold anything, each with its number.

    Raises
    ------
    StudyError
        As `read`; also if nothing is there.
    """
    check_content(path, "excel")
    book = _open(path)
    try:
        rows = enumerate(_sheet(path, book, source).iter_rows(values_only=True), 1)
        pairs = [(n, [_text(cell, source.decimal) for cell in row])
                 for n, row in rows if _any(row)]  # fmt: skip
    finally:
        book.close()
    if not pairs:
        raise StudyError(f"{path.name} is empty. Export it again, or remove it.")
    return pairs


def _open(path: Path) -> Workbook:
    try:
        with warnings.catch_warnings():
            # Excel's drop-downs and colours are of no use here.
            warnings.simplefilter("ignore", UserWarning)
            return load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, OSError) as error:
        raise StudyError(
            f"{path.name} cannot be read as a workbook ({error}). Save it as .xlsx "
            "again, without a password."
        ) from error


def _sheet(path: Path, book: Workbook, source: TableSource) -> Any:
    names = book.sheetnames
    if source.sheet is None and len(names) == 1:
        return book[names[0]]
    if source.sheet in names:
        return book[source.sheet]
    found = f"no sheet {source.sheet!r}" if source.sheet else f"{len(names)} sheets"
    raise StudyError(
        f"{path.name} has {found}. Set `sheet` in study.toml to one of: "
        f"{', '.join(names)}."
    )


def _any(row: tuple[Any, ...]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in row)


def _text(cell: Any, decimal: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)
