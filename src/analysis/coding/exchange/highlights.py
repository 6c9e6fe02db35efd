"""What Taguette exports: highlights found in our texts, tags as a codebook."""

from __future__ import annotations

import re

import pandas as pd
from pydantic import ValidationError

from analysis.coding.codebook import Codebook
from analysis.qda.naming import slug
from analysis.study import StudyError

COLUMNS = ["document_id", "coder", "code", "start", "end", "round"]
LOST = ["row", "document_id", "code", "content", "finding"]


def locate_highlights(
    highlights: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    coder: str,
    codebook: Codebook | None = None,
    round: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the passages of Taguette's highlights in our texts.

    Parameters
    ----------
    highlights : DataFrame
        As `analysis.qda.read_highlights` read them: id, document, tag, content, in
        the order of the export.
    documents : DataFrame
        Columns document_id and text.
    coder : str
        Who coded: Taguette's export does not say.
    codebook : Codebook, optional
        A tag is known by a code's id or name; others get an id made of the tag.
    round : str
        The round of coding, if there were several.

    Returns
    -------
    codings : DataFrame
        document_id, coder, code, start, end (Unicode code points) and round; one
        row per highlight and tag.
    findings : DataFrame
        row of the export, document_id, code, content and finding, for each row that
        gave no coding (no such document, not in its text, no tag) and each whose
        passage occurs several times, of which one was taken.

    Notes
    -----
    Taguette exports the words, not their place. They are looked for as they are,
    then with any run of white space standing for any other, since Taguette lays
    text out anew. Highlights of the same words in the same text are taken to be one
    occurrence after the other, as Taguette sorts them by place.

    Examples
    --------
    >>> found, lost = locate_highlights(
    ...     pd.DataFrame({"id": ["1", "2"], "document": ["d1", "d1"],
    ...         "tag": ["late", "price"], "content": ["too late", "too dear"]}),
    ...     pd.DataFrame({"document_id": ["d1"], "text": ["Came too  late."]}),
    ...     coder="ann")
    >>> found[["code", "start", "end"]].to_numpy().tolist(), lost["finding"].tolist()
    ([['late', 5, 14]], ['not in the text'])
    """
    texts = {
        str(key): "" if pd.isna(text) else str(text)
        for key, text in zip(documents["document_id"], documents["text"], strict=True)
    }
    names = _names(codebook)
    places = _Places(texts)
    codings, findings = [], []
    for line, row in zip(highlights.index, highlights.to_dict("records"), strict=True):
        code = names.get(row["tag"].casefold(), slug(row["tag"])) if row["tag"] else ""
        document = _document(row["document"], texts)
        span, finding = places.find(document, str(row["id"]), row["content"])
        finding = finding if code else "no tag"
        if finding:
            findings.append((line, document, code, row["content"], finding))
        if span and code:
            codings.append((document, coder, code, *span, round))
    return (
        pd.DataFrame(codings, columns=COLUMNS),
        pd.DataFrame(findings, columns=LOST),
    )


def tags_to_codebook(tags: pd.DataFrame, *, version: str) -> Codebook:
    """Return Taguette's tags as a codebook.

    Parameters
    ----------
    tags : DataFrame
        As `analysis.qda.read_tags` read them: tag and description.
    version : str
        What the version of the book is to be.

    Returns
    -------
    Codebook
        Ids are made of tags; ``quality.fit`` stands below ``quality``.

    Raises
    ------
    StudyError
        If there is no tag, or two give the same id.

    Examples
    --------
    >>> tags = pd.DataFrame({"tag": ["a", "a.b"], "description": ["Of a.", ""]})
    >>> [(one.id, one.parent) for one in tags_to_codebook(tags, version="1").codes]
    [('a', None), ('a_b', 'a')]
    """
    codes = [
        {
            "id": slug(tag),
            "name": tag,
            "definition": text,
            "parent": slug(tag.rpartition(".")[0]) if "." in tag else None,
        }
        for tag, text in zip(tags["tag"], tags["description"], strict=True)
    ]
    try:
        return Codebook.model_validate({"version": version, "codes": codes})
    except ValidationError as error:
        said = "; ".join(str(one["msg"]) for one in error.errors())
        raise StudyError(
            f"Taguette's tags make no codebook: {said}. Rename them in Taguette."
        ) from error


class _Places:
    """Where words stand in texts, one occurrence after the other."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.given: dict[tuple[str, str], list[str]] = {}

    def find(
        self, document: str, highlight: str, content: str
    ) -> tuple[tuple[int, int] | None, str]:
        if document not in self.texts:
            return None, "no such document"
        words = content.split()
        if not words:
            return None, "no words"
        spans = _spans(self.texts[document], content, words)
        if not spans:
            return None, "not in the text"
        before = self.given.setdefault((document, " ".join(words)), [])
        if highlight not in before:
            before.append(highlight)
        number = min(before.index(highlight), len(spans) - 1)
        many = f"{len(spans)} times in the text; number {number + 1} was taken"
        return spans[number], many if len(spans) > 1 else ""


def _spans(text: str, content: str, words: list[str]) -> list[tuple[int, int]]:
    found = [one.span() for one in re.finditer(re.escape(content), text)]
    loose = r"\s+".join(map(re.escape, words))
    return found or [one.span() for one in re.finditer(loose, text)]


def _document(name: str, texts: dict[str, str]) -> str:
    plain = name[:-4] if name.lower().endswith(".txt") else name
    return name if name in texts else plain


def _names(codebook: Codebook | None) -> dict[str, str]:
    codes = codebook.codes if codebook else ()
    names = {code.name.casefold(): code.id for code in codes}
    return names | {code.id: code.id for code in codes}
