"""Workbooks for coders: random order, blind to score and segment.

Sheet `coding` has one row per document: document_id, text, one column per code
(``x`` where it applies), `none`, valence (-1 criticism, 0 neutral, 1 praise) and a
memo. Sheet `codebook` holds the definitions. The filled workbook is read by
`analysis.intake` in the format ``coding_workbook``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from analysis.coding.codebook import Code, Codebook, tabulate_codebook
from analysis.coding.decisions import NONE
from analysis.study import StudyError

LONGEST_TEXT = 32_000  # Excel cuts a cell at 32,767 characters
HEADER = PatternFill("solid", fgColor="DDE6EE")
WRAPPED = Alignment(wrap_text=True, vertical="top")
SAFE_CODER = re.compile(r"[a-z][a-z0-9-]{0,30}")


def write_workbook(
    folder: Path,
    documents: pd.DataFrame,
    *,
    codebook: Codebook,
    coder: str,
    period: str,
    rng: np.random.Generator,
) -> Path:
    """Write the blank workbook of one coder.

    Parameters
    ----------
    folder : Path
        Where to write; made if it is not there.
    documents : DataFrame
        Columns document_id and text (redacted). Other columns are left out, so
        the coder sees neither score nor segment. Units of one document (parent_id,
        see `analysis.coding.units.with_units`) stay together, in their order.
    codebook : Codebook
        Its active codes become columns.
    coder : str
        Small letters, digits and hyphens; becomes part of the file's name.
    period : str
        The period's name, such as ``2026Q3``.
    rng : Generator
        Source of the order: give each coder another, so that tiredness does not
        hit the same documents.

    Returns
    -------
    Path
        ``coding_<period>_<coder>.xlsx``.

    Raises
    ------
    StudyError
        If there is no document, an id occurs twice, the coder's name is unfit, or
        the file is there already: it may hold somebody's work.
    """
    path = workbook_path(folder, period, coder)
    book = coding_book(_shuffled(documents, rng), codebook)
    save_new(book, path)
    return path


def write_workbooks(
    folder: Path,
    documents: pd.DataFrame,
    *,
    drawn: pd.DataFrame,
    codebook: Codebook,
    period: str,
    rng: np.random.Generator,
) -> list[Path]:
    """Write the blank workbooks of all coders of a sample.

    Parameters
    ----------
    folder : Path
        Where to write; made if it is not there.
    documents : DataFrame
        Columns document_id and text (redacted).
    drawn : DataFrame
        The table ``coding_sample``; see `analysis.coding.plan.draw_coding_sample`.
    codebook : Codebook
        Its active codes become columns.
    period : str
        The period's name.
    rng : Generator
        Source of the orders, one of each coder's own.

    Returns
    -------
    list of Path
        One workbook per coder, in the order of their names.

    Raises
    ------
    StudyError
        If a document of the sample is not there, or one of the files is.
    """
    lost = drawn["document_id"][~drawn["document_id"].isin(documents["document_id"])]
    if len(lost):
        raise StudyError(
            f"{len(lost)} documents of the coding sample are not among the documents, "
            f"{lost.iloc[0]!r} for one. Draw the sample from the same documents."
        )
    coders = sorted({*drawn["coder"], *drawn["second_coder"].dropna()})
    for coder in coders:
        workbook_path(folder, period, coder)
    mine = {
        coder: drawn.loc[
            (drawn["coder"] == coder) | (drawn["second_coder"] == coder), "document_id"
        ]
        for coder in coders
    }
    return [
        write_workbook(
            folder,
            documents[documents["document_id"].isin(mine[coder])],
            codebook=codebook,
            coder=coder,
            period=period,
            rng=own,
        )
        for coder, own in zip(coders, rng.spawn(len(coders)), strict=True)
    ]


def workbook_path(folder: Path, turn: str, coder: str) -> Path:
    """Say where the workbook of a coder goes, in a name that intake can read.

    Parameters
    ----------
    folder : Path
        Where workbooks are.
    turn : str
        The period, or ``adjudicated``: the round of what the workbook will hold.
    coder : str
        Small letters, digits and hyphens.

    Returns
    -------
    Path
        A file that is not there yet.

    Raises
    ------
    StudyError
        If the name is unfit, or the file is there already.

    Examples
    --------
    >>> workbook_path(Path("raw"), "2026Q3", "ann").name
    'coding_2026Q3_ann.xlsx'
    """
    if not SAFE_CODER.fullmatch(coder):
        raise StudyError(
            f"{coder!r} cannot be a coder's name in a file. Expected small letters, "
            "digits and hyphens, such as 'ann' or 'coder-1'."
        )
    path = folder / f"coding_{turn}_{coder}.xlsx"
    if path.exists():
        raise StudyError(
            f"{path.name} is there already and may hold codings. Move it away first."
        )
    return path


def coding_book(documents: pd.DataFrame, codebook: Codebook) -> Workbook:
    """Make a workbook with the sheets `coding` and `codebook`, no mark made yet.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id and text, in the order of the sheet.
    codebook : Codebook
        Its active codes become columns.

    Returns
    -------
    Workbook
        Not yet saved; see `save_new`.

    Raises
    ------
    StudyError
        If there is no document, or an id occurs twice.
    """
    _check(documents)
    book = Workbook()
    _write_coding(book.active, documents, codebook)
    _write_codebook(book.create_sheet("codebook"), codebook)
    return book


def save_new(book: Workbook, path: Path) -> None:
    """Save a workbook whole or not at all.

    Parameters
    ----------
    book : Workbook
        The workbook.
    path : Path
        Its file; the folder is made if need be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    book.save(part)
    os.replace(part, path)  # noqa: PTH105 - the one call that replaces in one step


def _shuffled(documents: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Put documents into random order; units of a talk stay together, in theirs."""
    name = "parent_id" if "parent_id" in documents else "document_id"
    talks, different = pd.factorize(documents[name])
    lots = rng.permutation(len(different))[talks]
    ranks = documents["document_id"].rank(method="first").to_numpy()
    return documents.iloc[np.lexsort((ranks, lots))]


def _check(documents: pd.DataFrame) -> None:
    if documents.empty:
        raise StudyError("There is no document to code: draw a coding sample first.")
    twice = documents["document_id"][documents["document_id"].duplicated()]
    if len(twice):
        raise StudyError(
            f"Document {twice.iloc[0]!r} occurs twice among those to code; expected "
            "each once. Drop the repetitions."
        )


def _write_coding(sheet: Any, documents: pd.DataFrame, codebook: Codebook) -> None:
    sheet.title = "coding"
    codes = [code for code in codebook.codes if code.id in codebook.active]
    marks = [*(code.id for code in codes), NONE]
    header = ["document_id", "text", *marks, "valence", "memo"]
    write_header(sheet, header)
    for number, code in enumerate(codes, start=3):
        sheet.cell(1, number).comment = Comment(_note(code), "codebook")
    rows = zip(documents["document_id"], documents["text"], strict=True)
    for row, (document, text) in enumerate(rows, start=2):
        write_text(sheet.cell(row, 1), str(document))
        write_text(sheet.cell(row, 2), "" if pd.isna(text) else str(text))
    last = len(documents) + 1
    first_mark, last_mark = get_column_letter(3), get_column_letter(2 + len(marks))
    offer(sheet, ["x"], f"{first_mark}2:{last_mark}{last}")
    valence = get_column_letter(3 + len(marks))
    offer(sheet, ["-1", "0", "1"], f"{valence}2:{valence}{last}")
    sheet.freeze_panes = "C2"
    for letter, width in (("A", 16), ("B", 80)):
        sheet.column_dimensions[letter].width = width


def _write_codebook(sheet: Any, codebook: Codebook) -> None:
    table = tabulate_codebook(codebook)
    write_header(sheet, list(table.columns))
    for row, values in enumerate(table.itertuples(index=False), start=2):
        for column, value in enumerate(values, start=1):
            write_text(sheet.cell(row, column), str(value))
    for number in range(1, len(table.columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = 28
    sheet.freeze_panes = "A2"


def write_header(sheet: Any, names: Sequence[str]) -> None:
    """Write the first row of a sheet."""
    for number, name in enumerate(names, start=1):
        cell = sheet.cell(1, number)
        write_text(cell, name)
        cell.font, cell.fill = Font(bold=True), HEADER


def write_text(cell: Cell, text: str) -> None:
    """Write text into a cell that no spreadsheet will take for a formula.

    Parameters
    ----------
    cell : Cell
        The cell to fill.
    text : str
        Any text, also one that begins with an equals sign. Control characters,
        which no workbook can hold, become the replacement character; what exceeds
        a cell is cut.

    Examples
    --------
    >>> cell = Workbook().active["A1"]
    >>> write_text(cell, "=1+1")
    >>> cell.value, cell.data_type, cell.quotePrefix
    ('=1+1', 's', True)
    """
    readable = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    if len(readable) > LONGEST_TEXT:
        readable = readable[: LONGEST_TEXT - 1] + "…"
    cell.value = readable or None
    if readable:
        cell.data_type = "s"
    cell.number_format = "@"
    # The mark that Excel itself sets for text typed after an apostrophe: the cell
    # stays text even after someone edits it.
    cell.quotePrefix = True
    cell.alignment = WRAPPED


def offer(sheet: Any, choices: Sequence[str], cells: str) -> None:
    """Let the cells of a range take only these values, or nothing."""
    rule = DataValidation(
        type="list", formula1=f'"{",".join(choices)}"', allow_blank=True
    )
    rule.showErrorMessage = True
    rule.errorTitle, rule.error = "Not a code", f"Expected {' or '.join(choices)}."
    sheet.add_data_validation(rule)
    rule.add(cells)


def _note(code: Code) -> str:
    parts = [code.name, code.definition]
    parts += [f"Use when: {code.use_when}"] if code.use_when else []
    parts += [f"Not when: {code.not_when}"] if code.not_when else []
    return "\n".join(part for part in parts if part)
