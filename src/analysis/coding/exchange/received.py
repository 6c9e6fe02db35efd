"""Codings taken out of a project that came back, checked against what we hold."""

from __future__ import annotations

import pandas as pd

from analysis import qda
from analysis.coding.codebook import Codebook
from analysis.coding.decisions import NONE
from analysis.coding.exchange.codebook_qdc import code_guid
from analysis.qda import Project
from analysis.qda.markup import same_guid
from analysis.study import StudyError

COLUMNS = ["document_id", "coder", "code", "valence", "start", "end", "round", "memo"]


def read_codings(
    project: Project,
    *,
    documents: pd.DataFrame | None = None,
    codebook: Codebook | None = None,
    study: str = "",
    coder: str | None = None,
) -> pd.DataFrame:
    """Return the codings of a project as rows of the codings table.

    Parameters
    ----------
    project : Project
        As `analysis.qda.read_project` read it.
    documents : DataFrame, optional
        document_id and text as we hold them: a coded text that is not among them,
        or that differs, is refused, since its positions would mean another passage.
    codebook : Codebook, optional
        The book: codes are known by the identifier of our export, else by the id in
        the description, else by their name. Others keep the id made of their name,
        which `analysis.coding.lint` then reports.
    study : str
        The study's id, of which identifiers were made.
    coder : str, optional
        Who coded where the project does not say.

    Returns
    -------
    DataFrame
        document_id, coder, code (or ``none``), valence, start, end, round and memo,
        in the order of the file.

    Raises
    ------
    StudyError
        If the project does not hang together, a text is not ours, a valence is no
        number, or nobody is named as coder.
    """
    rows = qda.codings(project)
    if documents is not None:
        _compare(project, rows, documents)
    names = _names(project, codebook, study)
    rows = rows.assign(
        code=rows["code"].map(names).astype("str"),
        coder=rows["coder"].fillna(coder) if coder else rows["coder"],
        valence=_numbers(project, rows["valence"]),
    )
    nobody = rows["coder"].isna()
    if nobody.any():
        raise StudyError(
            f"{project.place}: found {int(nobody.sum())} codings without a coder, the "
            f"first of text {rows.loc[nobody, 'document_id'].iloc[0]!r}; expected "
            "each with its creatingUser. Say who coded."
        )
    return rows[COLUMNS]


def _compare(project: Project, rows: pd.DataFrame, documents: pd.DataFrame) -> None:
    ours = dict(zip(documents["document_id"], documents["text"], strict=True))
    coded = set(rows["document_id"])
    words = qda.texts(project)
    for document, text in zip(words["document_id"], words["text"], strict=True):
        if document not in coded:
            continue
        if document not in ours:
            raise StudyError(
                f"{project.place}: found codings of text {document!r}, which is none "
                f"of the {len(ours)} documents given; expected texts of this study."
            )
        _compare_text(project, document, (text, _clean(ours[document])))


def _compare_text(project: Project, document: str, pair: tuple[str, str]) -> None:
    theirs, held = pair
    if theirs != held:
        same = next(
            (n for n, (a, b) in enumerate(zip(theirs, held, strict=False)) if a != b),
            min(len(theirs), len(held)),
        )
        raise StudyError(
            f"{project.place}, text {document!r}: found another text than ours from "
            f"character {same} on ({len(theirs)} characters, ours has {len(held)}); "
            "expected the same, since positions would mean another passage. Code the "
            "text as it was handed out."
        )


def _clean(text: object) -> str:
    return "" if pd.isna(text) else str(text)  # type: ignore[call-overload]


def _names(project: Project, codebook: Codebook | None, study: str) -> dict[str, str]:
    table = qda.codes(project)
    names = dict(zip(table["guid"].map(same_guid), table["id"], strict=True))
    if codebook is None:
        return names
    by_name = {code.name.casefold(): code.id for code in codebook.codes}
    known = {code.id for code in codebook.codes} | {NONE}
    for guid, name in zip(table["guid"], table["name"], strict=True):
        if names[guid] not in known:
            names[guid] = by_name.get(str(name).casefold(), names[guid])
    ours = {code_guid(study, code): code for code in sorted(known)}
    return names | {guid: code for guid, code in ours.items() if guid in names}


def _numbers(project: Project, valence: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(valence, errors="coerce").astype("float64")
    wrong = valence.notna() & numbers.isna()
    if wrong.any():
        raise StudyError(
            f"{project.place}: found the valence {valence[wrong].iloc[0]!r}; expected "
            "-1, 0 or 1."
        )
    return numbers
