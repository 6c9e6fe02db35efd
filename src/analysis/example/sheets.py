"""The coders' workbooks, one per coder and round."""

import io
import re
import tomllib
import zipfile
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from analysis.example.company import Company
from analysis.example.planted import CODES

COLUMNS = ("id", "name", "definition", "use_when", "not_when", "example")
STAMP = "2026-09-21T09:00:00Z"


def write_workbooks(company: Company, folder: Path) -> None:
    """Write ``coding_<round>_<coder>.xlsx`` for each coder and round.

    Parameters
    ----------
    company : Company
        Its codings, comments and documents. Planted personal data is replaced in the
        text, as coders only see redacted text.
    folder : Path
        Where to write.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_workbooks(company, Path(folder))
    ...     sorted(path.name for path in Path(folder).iterdir())[0]
    'coding_2026Q2_coder_a.xlsx'
    """
    coded = [
        (company.codings, company.comments),
        (company.document_codings, company.documents),
    ]
    for codings, texts in coded:
        for (turn, coder), sheet in codings.groupby(["round", "coder"]):
            words = _redact(texts["text"].to_numpy()[sheet["place"]], company)
            rows = _coding(sheet, words)
            path = folder / f"coding_{turn}_{coder}.xlsx"
            _write(path, {"coding": rows, "codebook": _codebook()})


def _coding(sheet: pd.DataFrame, words: list[str]) -> list[list[Any]]:
    """What one coder marked in one round, as rows."""
    rows: list[list[Any]] = [["document_id", "text", *CODES, "none", "valence", "memo"]]
    marks = sheet[[*CODES, "none"]].to_numpy()
    for number, (document, text) in enumerate(
        zip(sheet["document_id"], words, strict=True)
    ):
        crosses = ["x" if mark else None for mark in marks[number]]
        tone = int(sheet["valence"].iloc[number])
        rows.append([document, text, *crosses, tone, None])
    return rows


def _codebook() -> list[list[Any]]:
    """The codebook as rows."""
    text = files("analysis.example").joinpath("codebook.toml").read_text("utf-8")
    codes = tomllib.loads(text)["codes"]
    return [list(COLUMNS), *[[code[name] for name in COLUMNS] for code in codes]]


def _redact(texts: Iterable[str], company: Company) -> list[str]:
    planted = company.canaries.loc[company.canaries["kind"] != "hostile", "planted"]
    pattern = re.compile("|".join(re.escape(one) for one in planted))
    return [pattern.sub("[removed]", text) for text in texts]


def _write(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    """Write a workbook whose bytes depend on its cells only."""
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "C2"
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    with (
        zipfile.ZipFile(buffer) as drawn,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed,
    ):
        for name in drawn.namelist():
            content = drawn.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", STAMP.encode(), content)
            # Entries without a date of their own carry the first day of the format.
            fixed.writestr(
                zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, compresslevel=9
            )


def _cell(sheet: Any, value: Any) -> Any:
    """Text stays text, even where it begins like a formula."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell
