"""Every quote that would be published, for somebody to read first.

Redaction by rule misses what it has no rule for: a nickname, an unusual job. The
list shows each quote as it would be published and what was replaced in it, with a
yes or no to give. A quote whose text has changed since counts as not checked.
"""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from analysis.coding.quotes import PLACEHOLDER
from analysis.coding.workbooks import offer, save_new, write_header, write_text
from analysis.study import Study, StudyError

SHEET = "quotes"
SHOWN = ["document_id", "topic", "stance", "text"]
HEADER = [*SHOWN, "redacted", "publish", "checked_by", "memo"]
WIDTHS = {"A": 20, "B": 20, "C": 24, "D": 80, "E": 24, "G": 16, "H": 30}
YES, NO = "yes", "no"


def redactions(text: str) -> str:
    """Say what was replaced in a redacted text.

    Examples
    --------
    >>> redactions("Call [phone] or [phone], asks [name].")
    '1 name, 2 phone'
    """
    kinds = [found.strip("[]") for found in re.findall(PLACEHOLDER, text)]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))


def write_checklist(folder: Path, quotes: pd.DataFrame, *, period: str) -> Path:
    """Write the list of quotes to check.

    Parameters
    ----------
    folder : Path
        Where to write; an older list there is replaced, so keep the checked one in
        the study folder.
    quotes : DataFrame
        Columns document_id, topic, stance and text (redacted).
    period : str
        The period's name.

    Returns
    -------
    Path
        ``quotes_<period>.xlsx``: one row per quote, with what was redacted in it, a
        drop-down ``publish`` of yes and no, checked_by and a memo.

    Raises
    ------
    StudyError
        If there is no quote.
    """
    if quotes.empty:
        raise StudyError("There is no quote to check: none was chosen.")
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    write_header(sheet, HEADER)
    shown = quotes[SHOWN].fillna("").astype("str")
    for number, row in enumerate(shown.itertuples(index=False), start=2):
        for column, value in enumerate([*row, redactions(str(row.text))], start=1):
            write_text(sheet.cell(number, column), str(value))
    letter = get_column_letter(HEADER.index("publish") + 1)
    offer(sheet, [YES, NO], f"{letter}2:{letter}{len(quotes) + 1}")
    for name, width in WIDTHS.items():
        sheet.column_dimensions[name].width = width
    sheet.freeze_panes = "E2"
    path = folder / f"quotes_{period}.xlsx"
    save_new(book, path)
    return path


def read_checklist(path: Path) -> pd.DataFrame:
    """Read what was decided about quotes.

    Parameters
    ----------
    path : Path
        A filled list. Columns may have moved; their names count.

    Returns
    -------
    DataFrame
        One row per quote: document_id, topic, text and publish (``yes``, ``no`` or
        nothing).

    Raises
    ------
    StudyError
        If the file is no workbook, or lacks the sheet or a column, or a cell holds
        neither yes nor no.
    """
    cells = _cells(path)
    header = [str(one or "").strip() for one in cells[0]] if cells else []
    for name in ("document_id", "topic", "text", "publish"):
        if name not in header:
            raise StudyError(
                f"{path.name}, sheet {SHEET}: there is no column {name!r}. Found: "
                f"{', '.join(header[:12]) or 'nothing'}. Expected the list as written."
            )
    table = pd.DataFrame(cells[1:], columns=header, dtype="object")
    table = table[["document_id", "topic", "text", "publish"]].fillna("").astype("str")
    table["publish"] = table["publish"].str.strip().str.lower()
    wrong = table.index[~table["publish"].isin([YES, NO, ""])]
    if len(wrong):
        letter = get_column_letter(header.index("publish") + 1)
        raise StudyError(
            f"{path.name}, sheet {SHEET}, cell {letter}{wrong[0] + 2}: found "
            f"{table['publish'][wrong[0]]!r}, expected yes or no."
        )
    return table


def passed(quotes: pd.DataFrame, *, study: Study, period: str) -> pd.DataFrame:
    """Write the list to check beside the tables, and keep to the one that came back.

    Parameters
    ----------
    quotes : DataFrame
        Columns document_id, topic, stance and text (redacted).
    study : Study
        The list is written to its processed folder. A checked one of the same name
        in the study folder is read; `coding.checked_quotes` says whether a quote
        needs a yes there.
    period : str
        The period's name.

    Returns
    -------
    DataFrame
        See `publishable`.

    Examples
    --------
    >>> acme = Study.load("acme")  # doctest: +SKIP
    >>> passed(quotes, study=acme, period="2026Q3")["is_checked"]  # doctest: +SKIP
    """
    if quotes.empty:
        return quotes.assign(is_checked=False)
    path = write_checklist(study.processed(period), quotes, period=period)
    answer = study.raw / path.name
    checks = read_checklist(answer) if answer.is_file() else None
    return publishable(quotes, checks, required=study.coding.checked_quotes)


def publishable(
    quotes: pd.DataFrame, checks: pd.DataFrame | None, *, required: bool
) -> pd.DataFrame:
    """Return the quotes that may be published, and whether somebody checked them.

    Parameters
    ----------
    quotes : DataFrame
        Columns document_id, topic and text.
    checks : DataFrame or None
        See `read_checklist`; nothing if nobody has checked.
    required : bool
        The setting ``coding.checked_quotes``: leave out what nobody checked.

    Returns
    -------
    DataFrame
        Rows of `quotes` with a column `is_checked`. A quote with a no is never in
        it, nor is its text under another topic.

    Examples
    --------
    >>> quotes = pd.DataFrame({"document_id": ["d1", "d2"], "topic": "late",
    ...     "text": ["Too late.", "A week!"]})
    >>> checks = quotes.assign(publish=["no", ""])
    >>> publishable(quotes, checks, required=False)["document_id"].tolist()
    ['d2']
    >>> len(publishable(quotes, checks, required=True))
    0
    """
    if checks is None:
        checks = pd.DataFrame(columns=["document_id", "text", "publish"], dtype="str")
    said = checks.assign(text=checks["text"].map(_as_read))
    refused = said.loc[said["publish"] == NO, "document_id"]
    agreed = said[said["publish"] == YES]
    passed = set(zip(agreed["document_id"], agreed["text"], strict=True))
    own = zip(quotes["document_id"], quotes["text"].map(_as_read), strict=True)
    marked = quotes.assign(is_checked=[pair in passed for pair in own])
    marked = marked[~marked["document_id"].isin(refused)]
    return marked[marked["is_checked"]] if required else marked


def _cells(path: Path) -> list[tuple[object, ...]]:
    if not path.is_file():
        raise StudyError(
            f"There is no {path.name} in {path.parent}. Put the checked list there."
        )
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise StudyError(
            f"{path.name} cannot be read as a workbook ({error}). Save the list as "
            ".xlsx again."
        ) from error
    if SHEET not in book.sheetnames:
        raise StudyError(
            f"{path.name} has the sheets {', '.join(book.sheetnames)}; expected "
            f"{SHEET!r}."
        )
    rows = [tuple(row) for row in book[SHEET].iter_rows(values_only=True)]
    book.close()
    return rows


def _as_read(text: str) -> str:
    """A text as it comes back from a sheet: spaces and strange signs do not count."""
    return re.sub(r"[\s\x00-\x1f\ufffd]+", " ", text).strip()
