"""Long talks split into units that are fixed before anyone codes them.

A unit is one turn of a speaker. A turn longer than the stated length is split at
the ends of its sentences. Ids count the units of a document, and each unit knows
where it lies in the text, in Unicode code points.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

from analysis.coding.workbooks import LONGEST_TEXT
from analysis.study import StudyError

TALKS = ("interview", "focus_group", "advisory_board", "business_review")
# A time or none, up to 40 characters that begin with a letter, and a colon.
LABEL = re.compile(
    r"^[ \t]*(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?[\])]?[ \t-]*)?"
    r"(?P<speaker>\[?[^\W\d_][^:：\n]{0,38}?)[ \t]*[:：](?=\s|$)",
    re.MULTILINE,
)
MOST_WORDS = 4
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n{2,}")

Span = tuple[int, int]


def split_units(
    documents: pd.DataFrame,
    *,
    longest: int = 600,
    speakers: Collection[str] | None = None,
) -> pd.DataFrame:
    r"""Split transcripts into turns, and long turns at the ends of sentences.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id, source and text, and any others, which are kept.
    longest : int
        Most characters of a unit, 40 or more. A longer sentence is cut between
        words, a longer word where it must be.
    speakers : collection of str, optional
        The labels that begin a turn, in small letters. By default any text of up to
        four words and 40 characters before a colon at the start of a line.

    Returns
    -------
    DataFrame
        One row per unit: document_id (that of the document with ``#0001`` and so
        on), parent_id, speaker (that of the label, else of the document), start and
        end (characters of the document's text), text, and the other columns. Only
        `TALKS` are split, and other documents longer than a cell of a workbook; the
        others stay one unit under their own id. Without a text there is no unit.

    Raises
    ------
    StudyError
        If the length is too small, or a document stands twice.

    Notes
    -----
    Units do not overlap, stand in order, and together with the labels and the
    spaces between them hold every character of the text. Split once, keep the
    table, and hold later ones to it (`refuse_changed_units`): a unit that moves
    takes the codes of other words.

    Examples
    --------
    >>> talk = pd.DataFrame({"document_id": ["i1"], "source": ["interview"],
    ...     "text": ["Moderator: And then?\nGuest: It came late. I was cross."]})
    >>> units = split_units(talk)
    >>> units[["document_id", "speaker", "text"]].values.tolist()[1]
    ['i1#0002', 'Guest', 'It came late. I was cross.']
    """
    _check(documents, longest)
    rows: list[dict[str, Any]] = []
    for record in documents.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        text = row["text"] if isinstance(row["text"], str) else ""
        is_talk = row["source"] in TALKS
        if not is_talk and len(text) <= LONGEST_TEXT:
            rows += _whole(row, text)
            continue
        turns = list(_turns(text, speakers)) if is_talk else [(None, 0, len(text))]
        pieces = [
            (who, span) for who, *turn in turns for span in _cut(text, turn, longest)
        ]
        for number, (who, (start, end)) in enumerate(pieces, start=1):
            rows.append(_unit(row, text, (start, end), who=who, number=number))
    names = dict.fromkeys([*documents.columns, "parent_id", "speaker", "start", "end"])
    units = pd.DataFrame(rows, columns=list(names))
    return units.astype({"speaker": "str", "start": "int64", "end": "int64"})


def refuse_changed_units(before: pd.DataFrame, now: pd.DataFrame) -> None:
    """Stop if a unit that was given out does not hold the same words any more.

    Parameters
    ----------
    before : DataFrame
        Units as they were coded: document_id and text.
    now : DataFrame
        Units as they are split now.

    Raises
    ------
    StudyError
        Naming the first unit that changed or is gone.

    Examples
    --------
    >>> units = pd.DataFrame({"document_id": ["i1#0001"], "text": ["Late."]})
    >>> refuse_changed_units(units, units)
    """
    there = now.set_index("document_id")["text"].reindex(before["document_id"])
    changed = there.index[there.fillna("").to_numpy() != before["text"].to_numpy()]
    if len(changed):
        raise StudyError(
            f"{len(changed)} units are not what was given out for coding, "
            f"{changed[0]!r} for one. Units stay as they are once coding has begun: "
            "put the transcript and the length back, or give the new text a new id."
        )


def with_units(documents: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Put units in the place of the documents that they were cut from.

    Parameters
    ----------
    documents : DataFrame
        Column document_id, unique, and any others.
    units : DataFrame
        The table ``coding_units``; those of other documents are left out.

    Returns
    -------
    DataFrame
        What coders read and codings speak of: one row per unit, or per document that
        was not split, with the columns of the documents, parent_id (the document) and
        person, by which rows are clustered: the customer, or else the document.

    Examples
    --------
    >>> talks = pd.DataFrame({"document_id": ["i1", "r1"], "stage": ["use", "buy"],
    ...     "text": ["Ann: Late. Bob: No.", "Late."]})
    >>> units = pd.DataFrame({"document_id": ["i1#0001", "i1#0002"],
    ...     "parent_id": "i1", "text": ["Late.", "No."]})
    >>> with_units(talks, units)[["document_id", "stage", "person"]].values.tolist()
    [['r1', 'buy', 'r1'], ['i1#0001', 'use', 'i1'], ['i1#0002', 'use', 'i1']]
    """
    whole = documents[~documents["document_id"].isin(units["parent_id"])]
    about = documents.rename(columns={"document_id": "parent_id"})
    about = about.drop(columns=["text", "speaker"], errors="ignore")
    cut = units.merge(about, on="parent_id", validate="many_to_one")
    whole = whole.assign(parent_id=whole["document_id"])
    rows = pd.concat([whole, cut], ignore_index=True)
    known = rows["customer_id"] if "customer_id" in rows else rows["parent_id"]
    return rows.assign(person=known.fillna(rows["parent_id"]))


def _check(documents: pd.DataFrame, longest: int) -> None:
    if longest < 40:
        raise StudyError(
            f"Units of {longest} characters are too short to be understood; expected "
            "40 or more."
        )
    twice = documents["document_id"][documents["document_id"].duplicated()]
    if len(twice):
        raise StudyError(
            f"Document {twice.iloc[0]!r} stands more than once, so its units would "
            "share their ids. Expected each once."
        )


def _turns(
    text: str, speakers: Collection[str] | None
) -> Iterator[tuple[str | None, int, int]]:
    """Who speaks from where to where; nobody is named before the first label."""
    labels = [one for one in LABEL.finditer(text) if _is_label(one, speakers)]
    starts = [0, *(one.end() for one in labels)]
    ends = [*(one.start() for one in labels), len(text)]
    names = [None, *(one["speaker"].strip() for one in labels)]
    yield from zip(names, starts, ends, strict=True)


def _is_label(found: re.Match[str], speakers: Collection[str] | None) -> bool:
    name = found["speaker"].strip()
    if speakers is not None:
        return name.casefold() in speakers
    return len(name.split()) <= MOST_WORDS


def _cut(text: str, turn: list[int], longest: int) -> Iterator[Span]:
    """Spans of one turn, each as many whole sentences as fit."""
    start, end = _trimmed(text, turn[0], turn[1])
    while end - start > longest:
        cut = _last_end(text, start, start + longest)
        yield _trimmed(text, start, cut)
        start, _ = _trimmed(text, cut, end)
    if end > start:
        yield start, end


def _last_end(text: str, start: int, limit: int) -> int:
    """Where to cut: after the last sentence that fits, else a word, else anywhere."""
    ends = [one.start() for one in SENTENCE_END.finditer(text, start, limit + 1)]
    fitting = [end for end in ends if start < end <= limit]
    if fitting:
        return fitting[-1]
    space = max(
        text.rfind(" ", start + 1, limit + 1), text.rfind("\n", start + 1, limit)
    )
    return space if space > start else limit


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    kept = len(piece.strip())
    start += len(piece) - len(piece.lstrip())
    return start, start + kept


def _whole(row: dict[str, Any], text: str) -> list[dict[str, Any]]:
    if not text.strip():
        return []
    span = {"parent_id": row["document_id"], "start": 0, "end": len(text)}
    return [{"speaker": None, **row, **span}]


def _unit(
    row: dict[str, Any], text: str, span: Span, *, who: str | None, number: int
) -> dict[str, Any]:
    start, end = span
    own = {"document_id": f"{row['document_id']}#{number:04}", "text": text[start:end]}
    place = {"parent_id": row["document_id"], "start": start, "end": end}
    return {**row, **own, **place, "speaker": who or row.get("speaker")}
