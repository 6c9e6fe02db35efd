"""Codes, texts and codings of an exchange file as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pandas as pd

from analysis.qda.links import Links, fault, link
from analysis.qda.markup import local
from analysis.qda.naming import code_ids
from analysis.qda.project import Project
from analysis.qda.sources import document_id, text_of

WHOLE = "whole text"
"""The name of a selection of ours that stands for a decision on the whole text."""
NAMED_NOTES = ("valence", "round")
CODES = ["guid", "id", "name", "parent", "is_codable", "color", "description"]
CODINGS = [
    *("guid", "document_id", "coder", "code", "code_id", "start", "end"),
    *("valence", "round", "memo", "created"),
]


def codes(project: Project) -> pd.DataFrame:
    """Return the codes of a project or codebook.

    Parameters
    ----------
    project : Project
        What was read.

    Returns
    -------
    DataFrame
        One row per code, parents before children: guid; id (the one that our own
        export states in the description, else made of the name); name; parent (a
        guid, or missing); is_codable; color (``#rrggbb``, or missing); description.

    Raises
    ------
    StudyError
        If identifiers are wrong (see `analysis.qda.links.link`).
    """
    links = link(project)
    ids = code_ids(project, links)
    rows = [
        {
            "guid": guid,
            "id": ids[guid],
            "name": code.get("name"),
            "parent": links.parents.get(guid),
            "is_codable": code.get("isCodable", "true").strip() in ("true", "1"),
            "color": code.get("color"),
            "description": code.findtext(project.tag("Description")) or "",
        }
        for guid, code in links.codes.items()
    ]
    return pd.DataFrame(rows, columns=CODES)


def texts(project: Project) -> pd.DataFrame:
    """Return the plain texts of a project.

    Parameters
    ----------
    project : Project
        What was read.

    Returns
    -------
    DataFrame
        One row per text source: guid, document_id (its name, without ``.txt``) and
        text. Line ends are kept; a byte-order mark is no part of the text.

    Raises
    ------
    StudyError
        If a text is not in the archive, is not UTF-8, lies outside, or two have one
        name.
    """
    links = link(project)
    rows = [
        (guid, document_id(source), text_of(project, source))
        for guid, source in links.sources.items()
    ]
    frame = pd.DataFrame(rows, columns=["guid", "document_id", "text"], dtype="str")
    twice = frame["document_id"].duplicated()
    if twice.any():
        source = links.sources[frame.loc[twice, "guid"].iloc[0]]
        name = repr(source.get("name"))
        raise fault(project.place, source, f"a second text named {name}", "one")
    return frame


def codings(project: Project) -> pd.DataFrame:
    """Return who gave which code to which passage.

    Parameters
    ----------
    project : Project
        What was read.

    Returns
    -------
    DataFrame
        One row per coding of a text source, in the order of the file: guid,
        document_id, coder (missing if not stated), code (a guid), code_id, start and
        end (Unicode code points from 0, end exclusive; missing if the whole text was
        coded), valence, round, memo (missing if none) and created (as written).

    Raises
    ------
    StudyError
        If a code, coder or note is not in the file, or positions are no positions
        of the text.

    Notes
    -----
    A decision on a whole text is a ``Coding`` of the source itself, or a selection
    named ``whole text`` from its first to its last character.
    """
    links = link(project)
    words = texts(project)
    lengths = dict(zip(words["guid"], words["text"].str.len(), strict=True))
    notes = {guid: text_of(project, one) for guid, one in links.notes.items()}
    ids = code_ids(project, links)
    rows = [
        _decision(project, links, (source, holder, coding))
        | _said(project, links, (holder, coding), notes)
        | {"start": start, "end": end}
        for guid, source in links.sources.items()
        for holder, start, end in _passages(project, source, int(lengths[guid]))
        for coding in holder.iterfind(project.tag("Coding"))
    ]
    frame = pd.DataFrame(rows, columns=CODINGS)
    whole = dict.fromkeys(["start", "end"], "float64")
    named = dict.fromkeys([name for name in CODINGS if name not in whole], "str")
    frame["code_id"] = frame["code"].map(ids)
    return frame.astype({**whole, **named})


def unread(project: Project) -> dict[str, int]:
    """Count the codings that stand on something else than a text source.

    Parameters
    ----------
    project : Project
        What was read.

    Returns
    -------
    dict of str to int
        Codings by kind of selection, such as ``PDFSelection``. They are kept when
        the project is written again, but are no rows of `codings`.
    """
    tag = project.tag
    ours = {
        id(one)
        for source in link(project).sources.values()
        for one in (source, *source.iterfind(tag("PlainTextSelection")))
    }
    counts: dict[str, int] = {}
    for element in project.root.iter():
        number = len(element.findall(tag("Coding")))
        if number and id(element) not in ours:
            counts[local(element)] = counts.get(local(element), 0) + number
    return counts


def _passages(
    project: Project, source: Element, length: int
) -> Iterator[tuple[Element, float | None, float | None]]:
    """Return what can carry codings: the source itself, and its selections."""
    yield source, None, None
    for selection in source.iterfind(project.tag("PlainTextSelection")):
        start = _position(project, selection, "startPosition", length)
        end = _position(project, selection, "endPosition", length)
        if end < start:
            found = f"endPosition={end} before startPosition={start}"
            raise fault(project.place, selection, found, "start before end")
        is_whole = selection.get("name") == WHOLE and (start, end) == (0, length)
        yield (selection, None, None) if is_whole else (selection, start, end)


def _position(project: Project, selection: Element, key: str, length: int) -> int:
    written = (selection.get(key) or "").strip()
    is_number = re.fullmatch(r"[+-]?[0-9]{1,12}", written)
    if not is_number or not 0 <= int(written) <= length:
        expected = f"0 to {length}, counted in Unicode code points"
        found = f"{key}={selection.get(key)!r}"
        raise fault(project.place, selection, found, expected)
    return int(written)


def _decision(
    project: Project, links: Links, at: tuple[Element, Element, Element]
) -> dict[str, Any]:
    source, holder, coding = at
    return {
        "guid": coding.get("guid"),
        "document_id": document_id(source),
        "coder": _coder(links, coding, holder),
        "code": _code(project, links, coding),
        "created": coding.get("creationDateTime"),
    }


def _code(project: Project, links: Links, coding: Element) -> str:
    reference = coding.find(project.tag("CodeRef"))
    if reference is None:
        raise fault(links.place, coding, "no CodeRef", "the code given")
    return links.target(reference, "targetGUID", "codes")


def _coder(links: Links, coding: Element, holder: Element) -> str | None:
    for element in (coding, holder):
        if element.get("creatingUser"):
            user = links.users[links.target(element, "creatingUser", "users")]
            return user.get("name") or user.get("id") or user.get("guid")
    return None


def _said(
    project: Project,
    links: Links,
    at: tuple[Element, Element],
    notes: dict[str, str],
) -> dict[str, str]:
    """Return valence, round and memo: the notes of a coding and of its passage."""
    holder, coding = at
    tag = project.tag("NoteRef")
    # A note of the whole text is no note of a coding.
    is_passage = local(holder) == "PlainTextSelection"
    said: dict[str, str] = {}
    memos = []
    for one in (*coding.iterfind(tag), *(holder.iterfind(tag) if is_passage else ())):
        guid = links.target(one, "targetGUID", "notes")
        kind, _, value = (links.notes[guid].get("name") or "").partition(" ")
        if kind in NAMED_NOTES and value == notes[guid]:
            said[kind] = value
        else:
            memos.append(notes[guid])
    if is_passage:
        memos.append(holder.findtext(project.tag("Description")) or "")
    written = [one for one in memos if one]
    return said | ({"memo": "\n".join(written)} if written else {})
