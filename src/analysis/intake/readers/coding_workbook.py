"""Read the workbook of one coder: a row per document, a column per code.

The sheet `coding` holds document_id, text, one column per code of the sheet
`codebook` with ``x`` where it applies, `none`, valence and memo. Each mark becomes a
record of the codings table, the first of a row with its memo; coder and round come
from the study file's `constants`, else from the file's name,
``coding_<period>_<coder>.xlsx``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from analysis.intake.export import NOT_CODED, NOT_DECIDED, Export, faults
from analysis.intake.readers import excel
from analysis.settings import TableSource
from analysis.study import StudyError

SHEET, BOOK = "coding", "codebook"
OWN = ("document_id", "text", "none", "valence", "memo")
NEEDED = ("document_id", "none", "valence")
VALENCES = ("-1", "0", "1")
NAME = re.compile(r"coding_(?P<round>[^_]+)_(?P<coder>.+)")
COLUMNS = ["document_id", "coder", "code", "valence", "round", "memo"]
# The mark of a cell that an adjudicator has to decide.
OPEN = "?"

Fault = tuple[int, str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a workbook has what: its codes, and the letter of each column."""

    codes: list[str]
    letters: dict[str, str]

    def at(self, name: str, line: int) -> str:
        """Name a cell of the sheet."""
        return f"{SHEET}!{self.letters[name]}{line}"


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
        the sheet. Columns may have moved: their names count. A row with a mark that
        cannot be read is set aside whole, since half of a coder's decision is another
        decision. A row without any mark was not coded yet and is set aside too, and
        so is one with a question that nobody decided.

    Raises
    ------
    StudyError
        If a sheet or a column is missing, a column without a name holds something, a
        code is not in the workbook's codebook, or coder and round are given nowhere.
    """
    source = source.model_copy(update={"sheet": SHEET})
    grid = excel.grid(path, source)
    layout = _layout(path, source, grid)
    sheet = excel.as_export(grid)
    who = _who(path, source)
    records: list[tuple[int, list[str]]] = []
    broken: list[Fault] = []
    seen: dict[str, int] = {}
    for line, row in sheet.rows.iterrows():
        number, cells = int(str(line)), row.str.strip()
        mistakes = [
            *_mistakes(number, cells, layout),
            *_again(number, cells, layout, seen),
        ]
        broken += mistakes[:1]
        if not mistakes:
            records += [(number, one) for one in _records(cells, layout.codes, who)]
    rows = pd.DataFrame(
        [cells for _, cells in records],
        columns=COLUMNS,
        index=[line for line, _ in records],
        dtype="str",
    )
    lost = pd.concat([sheet.broken, faults(broken)], ignore_index=True)
    return replace(sheet, rows=rows, broken=lost)


def _layout(
    path: Path, source: TableSource, sheet: list[tuple[int, list[str]]]
) -> _Layout:
    """Find the columns, and refuse a sheet that lacks one or has one too many."""
    (top, first), *rows = sheet
    header = [name.strip() for name in first]
    for name in NEEDED:
        if name not in header:
            raise StudyError(
                f"{path.name}, sheet {SHEET}, row {top}: there is no column {name!r}. "
                f"Found: {', '.join(header[:12])}. Expected the workbook as it was "
                "given out."
            )
    for number, cells in rows:
        _refuse_nameless(path, number, cells, header)
    letters = {name: get_column_letter(n) for n, name in enumerate(header, 1) if name}
    return _Layout(_codes(path, source, header), letters)


def _refuse_nameless(
    path: Path, line: int, cells: Sequence[str], header: Sequence[str]
) -> None:
    for number, (cell, name) in enumerate(zip(cells, header, strict=False), start=1):
        if cell.strip() and not name:
            raise StudyError(
                f"{path.name}, sheet {SHEET}, cell {get_column_letter(number)}{line}: "
                f"found {cell[:20]!r} in a column without a name, expected one of the "
                f"sheet {BOOK}. Put the name back into the first row, or empty the "
                "column."
            )


def _codes(path: Path, source: TableSource, header: list[str]) -> list[str]:
    """Columns of codes: each code of the workbook's codebook, and no other."""
    codes = [name for name in header if name and name not in OWN]
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
    if "replaced_by" in book:
        known -= set(book.loc[book["replaced_by"].str.strip() != "", "id"].str.strip())
    for name in sorted(known - set(codes)):
        raise StudyError(
            f"{path.name}, sheet {SHEET}, row 1: there is no column for the code "
            f"{name!r} of the sheet {BOOK}. Without it every document would count as "
            "read and not given the code: put the column back."
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


def _mistakes(line: int, cells: pd.Series, layout: _Layout) -> Iterator[Fault]:
    codes = layout.codes
    for name, expected in [
        *((name, "x or nothing") for name in [*codes, "none"]),
        ("valence", "-1, 0 or 1"),
    ]:
        if cells[name] == OPEN:
            yield line, layout.at(name, line), OPEN, NOT_DECIDED, expected
    for name in [*codes, "none"]:
        if cells[name].lower() not in ("", "x"):
            rule = f"not a mark for {name}"
            yield line, layout.at(name, line), cells[name], rule, "x or nothing"
    if cells["valence"] not in ("", *VALENCES):
        at = layout.at("valence", line)
        yield line, at, cells["valence"], "not a valence", "-1, 0 or 1"
    if not cells["document_id"]:
        at = layout.at("document_id", line)
        yield line, at, "", "no document", "the document's id"
    marked, at = [name for name in codes if cells[name]], layout.at("none", line)
    if marked and cells["none"]:
        text = ", ".join(marked)
        yield line, at, text, "`none` beside codes", "either codes or none"
    if not marked and not cells["none"]:
        # What was noted is told, so that it is not lost with the row.
        said = cells.get("memo", "")
        yield line, at, said, NOT_CODED, "x under a code or under none"


def _again(
    line: int, cells: pd.Series, layout: _Layout, seen: dict[str, int]
) -> Iterator[Fault]:
    """Refuse a document that an earlier row has: two half decisions are none."""
    document = cells["document_id"]
    if document in seen:
        at, rule = layout.at("document_id", line), "the document a second time"
        yield line, at, document, rule, f"once, as in row {seen[document]}"
    seen.setdefault(document, line)


def _records(
    cells: pd.Series, codes: list[str], who: tuple[str, str]
) -> Iterator[list[str]]:
    coder, turn = who
    memo = cells.get("memo", "")
    for code in [name for name in codes if cells[name]] or ["none"]:
        yield [cells["document_id"], coder, code, cells["valence"], turn, memo]
        memo = ""
