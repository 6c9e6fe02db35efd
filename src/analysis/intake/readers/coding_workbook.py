"""Read the workbook of one coder: a row per document, a column per code.

The sheet `coding` holds document_id, text, one column per code of the sheet
`codebook` with ``x`` where it applies, `none`, valence and memo. Each mark becomes a
record of the codings table; coder and round come from the study file's `constants`,
else from the file's name, ``coding_<period>_<coder>.xlsx``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from analysis.intake.export import NOT_CODED, Export, faults
from analysis.intake.readers import excel
from analysis.settings import TableSource
from analysis.study import StudyError

SHEET, BOOK = "coding", "codebook"
OWN = ("document_id", "text", "none", "valence", "memo")
NEEDED = ("document_id", "none", "valence")
VALENCES = ("-1", "0", "1")
NAME = re.compile(r"coding_(?P<round>[^_]+)_(?P<coder>.+)")
COLUMNS = ["document_id", "coder", "code", "valence", "round"]

Fault = tuple[int, str, str, str, str]


def read(path: Path, source: TableSource) -> Export:
    """Read a coding workbook into the long form of the codings table.

    Parameters
    ----------
    path : Path
        The workbook.
    source : TableSource
        Its settings; `constants` may give coder and round.

    Returns
    -------
    Export
        One record per code given, or one with code ``none``; the line is the row of
        the sheet. A row with a mark that cannot be read is set aside whole, since
        half of a coder's decision is another decision. A row without any mark was
        not coded yet and is set aside too.

    Raises
    ------
    StudyError
        If a sheet or a column is missing, a code is not in the workbook's codebook,
        or coder and round are given nowhere.
    """
    sheet = excel.read(path, source.model_copy(update={"sheet": SHEET}))
    codes = _codes(path, source, list(sheet.rows.columns))
    who = _who(path, source)
    records: list[tuple[int, list[str]]] = []
    broken: list[Fault] = []
    for line, row in sheet.rows.iterrows():
        number = int(str(line))
        cells = row.str.strip()
        mistakes = list(_mistakes(number, cells, codes, list(sheet.rows.columns)))
        broken += mistakes[:1]
        if not mistakes:
            records += [(number, one) for one in _records(cells, codes, who)]
    rows = pd.DataFrame(
        [cells for _, cells in records],
        columns=COLUMNS,
        index=[line for line, _ in records],
        dtype="str",
    )
    lost = pd.concat([sheet.broken, faults(broken)], ignore_index=True)
    return replace(sheet, rows=rows, broken=lost)


def _codes(path: Path, source: TableSource, header: list[str]) -> list[str]:
    """Columns of codes, each of which the workbook's codebook must hold."""
    for name in NEEDED:
        if name not in header:
            raise StudyError(
                f"{path.name}, sheet {SHEET}: there is no column {name!r}. Found: "
                f"{', '.join(header[:12])}. Expected the workbook as it was given out."
            )
    codes = [name for name in header if name not in OWN]
    book = excel.read(path, source.model_copy(update={"sheet": BOOK})).rows
    known = set(book["id"].str.strip()) if "id" in book else set()
    for name in codes:
        if name not in known or header.count(name) > 1:
            cell = f"{get_column_letter(header.index(name) + 1)}1"
            raise StudyError(
                f"{path.name}, sheet {SHEET}, cell {cell}: found the column {name!r}, "
                f"expected each code of the sheet {BOOK} once: "
                f"{', '.join(sorted(known))}. A new code goes into codebook.toml and "
                "into new workbooks."
            )
    return codes


def _who(path: Path, source: TableSource) -> tuple[str, str]:
    found = NAME.fullmatch(path.stem)
    coder = source.constants.get("coder") or (found["coder"] if found else "")
    turn = source.constants.get("round") or (found["round"] if found else "")
    if not coder or not turn:
        raise StudyError(
            f"{path.name}: who coded, and when? Expected a name such as "
            "coding_2026Q3_ann.xlsx, or `coder` and `round` under "
            "tables.codings.constants in study.toml."
        )
    return coder, turn


def _mistakes(
    line: int, cells: pd.Series, codes: list[str], header: list[str]
) -> Iterator[Fault]:
    def at(name: str) -> str:
        return f"{SHEET}!{get_column_letter(header.index(name) + 1)}{line}"

    for name in [*codes, "none"]:
        if cells[name].lower() not in ("", "x"):
            yield line, at(name), cells[name], f"not a mark for {name}", "x or nothing"
    if cells["valence"] not in ("", *VALENCES):
        yield line, at("valence"), cells["valence"], "not a valence", "-1, 0 or 1"
    if not cells["document_id"]:
        yield line, at("document_id"), "", "no document", "the document's id"
    marked = [name for name in codes if cells[name]]
    if marked and cells["none"]:
        text = ", ".join(marked)
        yield line, at("none"), text, "`none` beside codes", "either codes or none"
    if not marked and not cells["none"]:
        yield line, at("none"), "", NOT_CODED, "x under a code or under none"


def _records(
    cells: pd.Series, codes: list[str], who: tuple[str, str]
) -> Iterator[list[str]]:
    coder, turn = who
    for code in [name for name in codes if cells[name]] or ["none"]:
        yield [cells["document_id"], coder, code, cells["valence"], turn]
