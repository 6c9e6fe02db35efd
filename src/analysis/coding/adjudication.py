"""The round after the first: documents that coders read differently, decided.

The workbook of the adjudicator holds every document with a disagreement. What all
readers agreed on is marked already. A cell that they differ on holds a question
mark, and sheet `disagreements` says who gave what. Intake sets a row aside as long as
it holds a question mark, so a document counts as adjudicated only once every
disagreement in it was decided.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl.styles import PatternFill

from analysis.coding.codebook import Codebook
from analysis.coding.decisions import (
    ADJUDICATED,
    NONE,
    Decisions,
    independent,
    tabulate_disagreements,
)
from analysis.coding.workbooks import (
    coding_book,
    save_new,
    workbook_path,
    write_header,
    write_text,
)
from analysis.study import StudyError

OPEN = "?"
TO_DECIDE = PatternFill("solid", fgColor="FFE699")


def write_adjudication(
    folder: Path,
    codings: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    codebook: Codebook,
    adjudicator: str,
    period: str,
) -> Path:
    """Write the workbook in which a third reader decides what two differ on.

    Parameters
    ----------
    folder : Path
        Where to write; made if it is not there.
    codings : DataFrame
        The table `codings`. Documents adjudicated already are left out.
    documents : DataFrame
        Columns document_id and text (redacted); those not here are left out.
    codebook : Codebook
        Its active codes become columns.
    adjudicator : str
        Small letters, digits and hyphens.
    period : str
        The period's name; part of the file's name.

    Returns
    -------
    Path
        ``coding_adjudicated_<adjudicator>-<period>.xlsx``. Put back where the study
        file looks for codings it is read as round ``adjudicated``, which
        `analysis.coding.decisions.final` prefers.

    Raises
    ------
    StudyError
        If readers differ nowhere, or the file is there already.

    Notes
    -----
    Differences in valence are questions too. A document that readers agree on stays
    out of the workbook and counts as they gave it.
    """
    path = workbook_path(folder, ADJUDICATED, f"{adjudicator}-{period.lower()}")
    settled = codings["round"].astype("str") == ADJUDICATED
    done = codings.loc[settled, "document_id"]
    asked = codings[
        codings["document_id"].isin(documents["document_id"])
        & ~codings["document_id"].isin(done)
    ]
    decisions = independent(asked, codes=codebook.active).shared()
    marks = _marks(decisions).join(_valences(asked))
    split = marks[(marks == OPEN).any(axis=1)]
    if split.empty:
        raise StudyError(
            "No document was read differently by two people, so there is nothing to "
            "adjudicate. Documents read by one person have nobody to differ with."
        )
    chosen = documents.set_index("document_id").loc[split.index].reset_index()
    book = coding_book(chosen, codebook)
    _fill(book["coding"], split)
    differ = tabulate_disagreements(decisions, documents)
    _write_differences(book.create_sheet("disagreements"), differ)
    save_new(book, path)
    return path


def _marks(decisions: Decisions) -> pd.DataFrame:
    """Per document and code ``x``, a question mark, or nothing."""
    given = pd.DataFrame(index=decisions.documents)
    for code in decisions.codes:
        share = decisions.ratings(code).mean(axis=1)
        words = share.map(lambda one: "x" if one == 1 else OPEN if one > 0 else "")
        given[code] = words.astype("str")
    given[NONE] = (given == "").all(axis=1).map({True: "x", False: ""})
    return given


def _valences(codings: pd.DataFrame) -> pd.DataFrame:
    """Per document the valence that all gave, or a question mark."""
    own = codings.dropna(subset="valence")
    seen = own.groupby("document_id")["valence"].agg(["min", "max"])
    alike = seen["min"] == seen["max"]
    words = seen["min"].map(lambda one: f"{one:.0f}").where(alike, OPEN)
    return words.astype("str").to_frame("valence")


def _fill(sheet: Any, marks: pd.DataFrame) -> None:
    header = [cell.value for cell in sheet[1]]
    for row in range(2, len(marks) + 2):
        given = marks.loc[sheet.cell(row, 1).value]
        for name in marks.columns:
            text = "" if pd.isna(given[name]) else str(given[name])
            cell = sheet.cell(row, header.index(name) + 1)
            if text:
                write_text(cell, text)
            if text == OPEN:
                cell.fill = TO_DECIDE


def _write_differences(sheet: Any, differ: pd.DataFrame) -> None:
    write_header(sheet, list(differ.columns))
    for row, values in enumerate(differ.itertuples(index=False), start=2):
        for column, value in enumerate(values, start=1):
            write_text(sheet.cell(row, column), "" if pd.isna(value) else str(value))
    sheet.column_dimensions["C"].width = 80
    sheet.freeze_panes = "D2"
