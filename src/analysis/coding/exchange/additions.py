"""Codings put into a project that is there, whoever made it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pandas as pd

from analysis import qda
from analysis.coding.decisions import NONE
from analysis.coding.exchange.codebook_qdc import add_none
from analysis.privacy import redact
from analysis.qda import Project
from analysis.qda.links import link
from analysis.qda.markup import local, make_guid, same_guid
from analysis.qda.tables import WHOLE
from analysis.study import StudyError

ORDER = ("document_id", "start", "end", "coder", "round", "code", "valence", "memo")
PARTS = (
    *("Users", "CodeBook", "Variables", "Cases", "Sources", "Notes", "Links", "Sets"),
    *("Graphs", "Description", "NoteRef"),
)
BEFORE_SELECTIONS = ("Description", "PlainTextContent", "PlainTextSelection")


def add_codings(project: Project, codings: pd.DataFrame, *, study: str) -> Project:
    """Return a project with further codings in it.

    Parameters
    ----------
    project : Project
        Our own export, or one that another program made. It is not changed.
    codings : DataFrame
        Columns document_id, coder, code and, where there are, valence, start, end,
        round and memo. Documents and codes must be in the project; coders, and the
        code ``none``, are put there.
    study : str
        The study's id, of which identifiers are made.

    Returns
    -------
    Project
        All that was in it and the codings. One that is there already, by its
        identifier, is left as it is.

    Raises
    ------
    StudyError
        If a document or code is not in the project, or a passage is none.
    """
    added = replace(project, root=copy.deepcopy(project.root))
    if codings.empty:
        return added
    rows = _arranged(codings)
    if (rows["code"] == NONE).any() and NONE not in set(qda.codes(added)["id"]):
        add_none(_codes(added), study=study, tag=added.tag)
    adder = _Adder(added, study)
    for row in rows.to_dict("records"):
        adder.add({str(name): value for name, value in row.items()})
    return added


class _Adder:
    """What is in a project, and one coding after the other."""

    def __init__(self, project: Project, study: str) -> None:
        self.project, self.study, self.tag = project, study, project.tag
        words, codes, links = qda.texts(project), qda.codes(project), link(project)
        self.lengths = dict(
            zip(words["document_id"], words["text"].str.len(), strict=True)
        )
        self.sources = {
            document: links.sources[guid]
            for document, guid in zip(words["document_id"], words["guid"], strict=True)
        }
        self.codes = dict(zip(codes["id"], codes["guid"], strict=True))
        self.users = {
            one.get("name") or one.get("id") or guid: guid
            for guid, one in links.users.items()
        }
        self.notes = set(links.notes)
        self.note_guids: dict[tuple[str, str], str] = {}
        guids = {same_guid(one.get("guid", "")): one for one in project.root.iter()}
        self.selections = {
            guid: one
            for guid, one in guids.items()
            if local(one) == "PlainTextSelection"
        }
        self.there = set(guids)

    def add(self, row: dict[str, Any]) -> None:
        document, code = row["document_id"], row["code"]
        self._require(document, code)
        start, end = self._passage(row)
        place = (document, row["coder"], _written(start), _written(end))
        guid = self._guid("coding", *place, code, row["round"], row["again"])
        if guid in self.there:
            return
        user = self._user(row["coder"])
        selection = self._selection(place, user, (start, end))
        coding = Element(self.tag("Coding"), guid=guid, creatingUser=user)
        SubElement(coding, self.tag("CodeRef"), targetGUID=self.codes[code])
        for name in ("valence", "round"):
            if row[name]:
                self._note(coding, f"{name} {row[name]}", row[name], "")
        if row["memo"]:
            self._note(coding, "memo", redact(row["memo"]).text, guid)
        _insert(selection, coding, ("Description", "Coding"))

    def _guid(self, *parts: str) -> str:
        return make_guid(self.study, *parts)

    def _require(self, document: str, code: str) -> None:
        for value, there, what in (
            (document, self.sources, "text"),
            (code, self.codes, "code"),
        ):
            if value not in there:
                raise StudyError(
                    f"{self.project.place}: found a coding of {what} {value!r}; "
                    f"expected one of the {len(there)} {what}s in it. Hand on the "
                    f"{what} too, or leave the coding out."
                )

    def _passage(self, row: dict[str, Any]) -> tuple[int | None, int | None]:
        start, end = row["start"], row["end"]
        if pd.isna(start) and pd.isna(end):
            return None, None
        length = self.lengths[row["document_id"]]
        if not 0 <= start <= end <= length or start % 1 or end % 1:
            raise StudyError(
                f"Document {row['document_id']!r}, coder {row['coder']!r}: found a "
                f"passage from {start:g} to {end:g}; expected whole numbers from 0 to "
                f"{length}, the length of the text in Unicode code points."
            )
        return int(start), int(end)

    def _user(self, coder: str) -> str:
        if coder not in self.users:
            guid = self._guid("coder", coder)
            folder = _folder(self.project, "Users")
            SubElement(folder, self.tag("User"), guid=guid, name=coder)
            self.users[coder] = guid
        return self.users[coder]

    def _selection(
        self, place: tuple[str, ...], user: str, span: tuple[int | None, int | None]
    ) -> Element:
        guid = self._guid("passage", *place)
        if guid not in self.selections:
            document, (start, end) = place[0], span
            made = Element(self.tag("PlainTextSelection"), guid=guid)
            if start is None:
                made.set("name", WHOLE)
            made.set("startPosition", str(start or 0))
            made.set("endPosition", str(self.lengths[document] if end is None else end))
            made.set("creatingUser", user)
            _insert(self.sources[document], made, BEFORE_SELECTIONS)
            self.selections[guid] = made
        return self.selections[guid]

    def _note(self, coding: Element, name: str, text: str, key: str) -> None:
        guid = self._note_guid(name, key)
        if guid not in self.notes:
            folder = _folder(self.project, "Notes")
            note = SubElement(folder, self.tag("Note"), guid=guid, name=name)
            SubElement(note, self.tag("PlainTextContent")).text = text
            self.notes.add(guid)
        SubElement(coding, self.tag("NoteRef"), targetGUID=guid)

    def _note_guid(self, name: str, key: str) -> str:
        # Few notes say what many codings share: valence and round.
        if (name, key) not in self.note_guids:
            self.note_guids[name, key] = self._guid("note", name, key)
        return self.note_guids[name, key]


def _arranged(codings: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in one order only, all columns there, texts as texts."""
    rows = codings.reindex(columns=list(ORDER))
    for name in ("document_id", "coder", "code", "round", "memo"):
        rows[name] = rows[name].astype("str").fillna("")
    rows["valence"] = [
        "" if pd.isna(one) else f"{float(one):g}" for one in rows["valence"]
    ]
    for name in ("start", "end"):
        rows[name] = pd.to_numeric(rows[name])
    rows = rows.sort_values(list(ORDER), na_position="first", ignore_index=True)
    key = ["document_id", "coder", "start", "end", "code", "round"]
    rows["again"] = rows.groupby(key, dropna=False).cumcount().astype("str")
    return rows


def _codes(project: Project) -> Element:
    book = _folder(project, "CodeBook")
    found = book.find(project.tag("Codes"))
    return SubElement(book, project.tag("Codes")) if found is None else found


def _folder(project: Project, name: str) -> Element:
    """Return a part of the project, made where the standard wants it."""
    found = project.root.find(project.tag(name))
    if found is None:
        found = Element(project.tag(name))
        _insert(project.root, found, PARTS[: PARTS.index(name)])
    return found


def _insert(above: Element, element: Element, after: tuple[str, ...]) -> None:
    """Put an element behind those that the standard wants before it."""
    place = len(above)
    while place and local(above[place - 1]) not in after:
        place -= 1
    above.insert(place, element)


def _written(position: int | None) -> str:
    return "" if position is None else str(position)
