"""figures.xlsx: the ledger for those who live in spreadsheets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from analysis.display.formats import is_missing

LONGEST = 32_767
WIDEST = 60


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """
    Write frames as the sheets of a workbook.

    Parameters
    ----------
    sheets : mapping of str to DataFrame
        Name of each sheet and its rows.
    path : Path
        Where to write; an existing file is replaced.

    Notes
    -----
    Text is stored as text even where it begins with ``=``, ``+``, ``-`` or
    ``@``, so that nothing a customer typed becomes a formula. Numbers are not
    rounded.
    """
    book = Workbook()
    book.remove(book.active)
    for name, frame in sheets.items():
        _fill(book.create_sheet(name), frame)
    book.save(path)


def _fill(sheet: Worksheet, frame: pd.DataFrame) -> None:
    """Write the header, the rows, and widths that show them."""
    for column, name in enumerate(frame.columns, start=1):
        _put(sheet.cell(1, column), str(name))
        sheet.cell(1, column).font = Font(bold=True)
        longest = max([len(str(name)), *(len(str(v)) for v in frame[name].head(200))])
        sheet.column_dimensions[get_column_letter(column)].width = min(
            longest + 2, WIDEST
        )
    for number, row in enumerate(frame.itertuples(index=False, name=None), start=2):
        for column, value in enumerate(row, start=1):
            _put(sheet.cell(number, column), value)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _put(cell: Cell, value: Any) -> None:
    """Write one value; text is marked as text and never becomes a formula."""
    if is_missing(value):
        return
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST]
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in "=+-@\t\r"
        return
    cell.value = value.item() if hasattr(value, "item") else value
