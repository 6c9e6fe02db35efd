"""Texts, coders and codings as a REFI-QDA project (QDPX)."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

import pandas as pd

from analysis.coding.codebook import Codebook
from analysis.coding.exchange.additions import add_codings
from analysis.coding.exchange.codebook_qdc import add_codes, add_none, origin
from analysis.privacy import redact_series
from analysis.qda import Project
from analysis.qda.markup import make_guid
from analysis.qda.project import PROJECT_SPACE
from analysis.qda.sources import FOLDER, INTERNAL
from analysis.study import StudyError


def make_project(
    documents: pd.DataFrame,
    *,
    codings: pd.DataFrame,
    codebook: Codebook,
    study: str,
    name: str = "",
) -> Project:
    """Return texts and what coders decided as a REFI-QDA project.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id and text, redacted. Nothing else of them is handed on.
    codings : DataFrame
        Rows of the codings table: document_id, coder, code (of the book, or
        ``none``) and, where there are, valence, start, end, round and memo. May be
        empty.
    codebook : Codebook
        The book.
    study : str
        The study's id. Identifiers are made of it and of the keys of codes,
        coders, texts and codings.
    name : str
        What the project is called; the study's id if not given.

    Returns
    -------
    Project
        To be written with `analysis.qda.write_file`, as ``.qdpx``. The same rows,
        in whatever order, give the same bytes.

    Raises
    ------
    StudyError
        If a document occurs twice, a text or memo still holds what redaction
        replaces, or a coding names a document or code that is not given, or a
        passage that is none.

    Notes
    -----
    A decision on a whole text becomes a selection of the whole text, named so, since
    many programs show no other. ``none`` becomes a code of that name. Valence, round
    and memo become notes of the coding. Dates are left out: none are known.
    Positions count Unicode code points.

    References
    ----------
    REFI-QDA standard 1.5 (Rotterdam Exchange Format Initiative, 2019).
    """
    _check(documents)
    root = Element(f"{{{PROJECT_SPACE}}}Project", name=name or study)
    root.set("origin", origin(codebook))
    project = Project(root, place=f"project of {study}")
    book = SubElement(root, project.tag("CodeBook"))
    top = add_codes(book, codebook, study=study, tag=project.tag)
    add_none(top, study=study, tag=project.tag)
    if len(documents):
        sources = SubElement(root, project.tag("Sources"))
        _add_texts(project, sources, documents, study=study)
    return add_codings(project, codings, study=study)


def _add_texts(
    project: Project, sources: Element, documents: pd.DataFrame, *, study: str
) -> None:
    for row in documents.sort_values("document_id").itertuples():
        guid = make_guid(study, "text", str(row.document_id))
        source = SubElement(sources, project.tag("TextSource"), guid=guid)
        source.set("name", _named(str(row.document_id)))
        source.set("plainTextPath", f"{INTERNAL}{guid}.txt")
        project.files[f"{FOLDER}{guid}.txt"] = _bytes(row.text)


def _check(documents: pd.DataFrame) -> None:
    twice = documents["document_id"][documents["document_id"].duplicated()]
    if len(twice):
        raise StudyError(
            f"Document {twice.iloc[0]!r} occurs twice among those to hand on; expected "
            "each once."
        )
    _, counts = redact_series(documents["text"])
    found = documents.loc[counts.sum(axis=1).to_numpy() > 0, "document_id"]
    if len(found):
        raise StudyError(
            f"{len(found)} texts hold personal data that redaction replaces, the first "
            f"is document {found.iloc[0]!r}; expected the documents that intake wrote."
        )


def _named(document: str) -> str:
    # Readers take the suffix of a text file off a name, ours as well.
    return f"{document}.txt" if document.lower().endswith(".txt") else document


def _bytes(text: object) -> bytes:
    written = "" if pd.isna(text) else str(text)  # type: ignore[call-overload]
    # A mark at the beginning would be taken for one of the encoding, not of the text.
    mark = "\ufeff" if written.startswith("\ufeff") else ""
    return (mark + written).encode("utf-8", errors="replace")
