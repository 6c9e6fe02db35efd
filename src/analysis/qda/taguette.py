"""Exports of Taguette: highlights and codebook, as CSV or as workbook."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd
from openpyxl import load_workbook

from analysis.qda.archive import inspect
from analysis.study import StudyError

HIGHLIGHTS = ["id", "document", "tag", "content"]
TAGS = ["tag", "description"]
LONGEST_CELL = 10_000_000


def read_highlights(path: Path) -> pd.DataFrame:
    """Read the highlights that Taguette exports.

    Parameters
    ----------
    path : Path
        ``.csv`` or ``.xlsx``.

    Returns
    -------
    DataFrame of str
        id, document, tag and content, indexed by the row of the file: one row per
        highlight and tag; a highlight without a tag has an empty one.

    Raises
    ------
    StudyError
        If the file cannot be read or lacks a column.
    """
    return _read(path, HIGHLIGHTS)


def read_tags(path: Path) -> pd.DataFrame:
    """Read the codebook that Taguette exports.

    Parameters
    ----------
    path : Path
        ``.csv`` or ``.xlsx``.

    Returns
    -------
    DataFrame of str
        tag and description, indexed by the row of the file.

    Raises
    ------
    StudyError
        If the file cannot be read or lacks a column.
    """
    return _read(path, TAGS)


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if not path.is_file():
        raise StudyError(f"There is no file {path.name} in {path.parent}.")
    is_book = path.suffix.lower() in (".xlsx", ".xlsm")
    records = _sheet(path) if is_book else _lines(path)
    filled = [(line, cells) for line, cells in records if any(cells)]
    header = [cell.strip() for cell in filled[0][1]] if filled else []
    missing = [name for name in columns if name not in header]
    if missing:
        raise StudyError(
            f"{path.name}: found the columns {', '.join(header[:8]) or 'none'}; "
            f"expected {', '.join(columns)}, as Taguette exports them."
        )
    rows = [
        {name: dict(zip(header, cells, strict=False)).get(name, "") for name in columns}
        for _, cells in filled[1:]
    ]
    index = [line for line, _ in filled[1:]]
    return pd.DataFrame(rows, columns=list(columns), index=index, dtype="str")


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    found, before = [], 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                found.append((before + 1, cells))
                before = reader.line_num
    except (UnicodeDecodeError, csv.Error) as error:
        raise StudyError(
            f"{path.name}, near line {before + 1}: found {error}; expected CSV in "
            "UTF-8. Export it from Taguette again."
        ) from error
    return found


def _sheet(path: Path) -> list[tuple[int, list[str]]]:
    # Formulas are read as they are written: Taguette stores a passage that begins
    # with an equals sign as one, and its value would be a wrong text.
    inspect(path)
    try:
        book = load_workbook(path, read_only=True, data_only=False)
    except (BadZipFile, KeyError, OSError, ValueError) as error:
        raise StudyError(
            f"{path.name} cannot be read as a workbook ({error}). Export it again."
        ) from error
    try:
        rows = book[book.sheetnames[0]].iter_rows(values_only=True)
        return [
            (line, ["" if cell is None else str(cell) for cell in cells])
            for line, cells in enumerate(rows, start=1)
        ]
    finally:
        book.close()
