"""The codebook as a REFI-QDA codebook (QDC), and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pandas as pd
from pydantic import ValidationError

from analysis import qda
from analysis.coding.codebook import Code, Codebook
from analysis.coding.decisions import NONE
from analysis.coding.exchange.descriptions import describe, read_description
from analysis.display.palette import CYCLE
from analysis.qda import Project
from analysis.qda.markup import make_guid
from analysis.qda.project import CODEBOOK_SPACE
from analysis.study import StudyError

ORIGIN = "customer-analysis, codebook version "
UNKNOWN_VERSION = "received"
Tag = Callable[[str], str]


def make_codebook(codebook: Codebook, *, study: str) -> Project:
    """Return the codebook as a REFI-QDA codebook.

    Parameters
    ----------
    codebook : Codebook
        The book.
    study : str
        The study's id: identifiers are made of it and of the codes' ids, so that
        the same code has the same one in every export.

    Returns
    -------
    Project
        To be written with `analysis.qda.write_file`, as ``.qdc``.

    Notes
    -----
    What to use the code for, what not, and an example go into the description,
    each on a line with its label. Headings and replaced codes cannot be given.

    Examples
    --------
    >>> book = Codebook(version="1", codes=(Code(id="late", name="Late"),))
    >>> to_codebook(make_codebook(book, study="demo")) == book
    True
    """
    root = Element(f"{{{CODEBOOK_SPACE}}}CodeBook", origin=origin(codebook))
    project = Project(root, place=f"codebook of {study}")
    add_codes(root, codebook, study=study, tag=project.tag)
    return project


def to_codebook(project: Project) -> Codebook:
    """Take the codebook out of a REFI-QDA codebook or project.

    Parameters
    ----------
    project : Project
        As `analysis.qda` read it.

    Returns
    -------
    Codebook
        Codes in the order of the file. A code that cannot be given, has no id of
        ours and is not replaced is a heading: its name is the `parent` of the codes
        below. The version is the one that our export states, else ``received``.

    Raises
    ------
    StudyError
        If there is no code, or the codes make no codebook.

    Notes
    -----
    Colours, sets of codes and empty headings have no place in a codebook of ours.
    They stay in the project, and in what is written of it.
    """
    rows = _rows(qda.codes(project))
    parts = {guid: read_description(row["description"]) for guid, row in rows.items()}
    headings = {
        guid
        for guid, row in rows.items()
        if not row["is_codable"] and not parts[guid].keys() & {"id", "replaced_by"}
    }
    codes = [
        parts[guid]
        | {
            "id": row["id"],
            "name": row["name"],
            "parent": _parent(rows, guid, headings),
        }
        for guid, row in rows.items()
        if guid not in headings and row["id"] != NONE
    ]
    stated = project.root.get("origin", "")
    is_ours = stated.startswith(ORIGIN)
    version = stated.removeprefix(ORIGIN) if is_ours else UNKNOWN_VERSION
    try:
        return Codebook.model_validate({"version": version, "codes": codes})
    except ValidationError as error:
        raise StudyError(_explain(project, error)) from error


def add_codes(root: Element, codebook: Codebook, *, study: str, tag: Tag) -> Element:
    """Put the codes of a book below an element ``CodeBook``.

    Parameters
    ----------
    root : Element
        The element ``CodeBook``.
    codebook : Codebook
        The book.
    study : str
        The study's id.
    tag : callable
        Gives an element's full name.

    Returns
    -------
    Element
        The element ``Codes``.
    """
    top = SubElement(root, tag("Codes"))
    shelf = _Shelf(top, codebook, study, tag)
    for code in codebook.codes:
        shelf.place(code)
    return top


def add_none(top: Element, *, study: str, tag: Tag) -> Element:
    """Put the code for "read, and nothing applies" after the others."""
    element = SubElement(top, tag("Code"), guid=code_guid(study, NONE), name=NONE)
    element.set("isCodable", "true")
    SubElement(element, tag("Description")).text = f"No code applies.\nId: {NONE}"
    return element


def code_guid(study: str, code: str) -> str:
    """Return the identifier of a code of a study."""
    return make_guid(study, "code", code)


def origin(codebook: Codebook) -> str:
    """Return what our exports say of the program that made them."""
    return f"{ORIGIN}{codebook.version}"


class _Shelf:
    """Codes put below their parents, each once, parents first."""

    def __init__(self, top: Element, codebook: Codebook, study: str, tag: Tag) -> None:
        self.top, self.study, self.tag = top, study, tag
        self.known = {code.id: code for code in codebook.codes}
        self.placed: dict[str, Element] = {}

    def place(self, code: Code) -> Element:
        if code.id in self.placed:
            return self.placed[code.id]
        above = self._above(code.parent)
        is_codable = code.replaced_by is None
        color = above.get("color") or self._next_color()
        element = self._put(above, code_guid(self.study, code.id), code.name, color)
        element.set("isCodable", str(is_codable).lower())
        SubElement(element, self.tag("Description")).text = describe(code)
        self.placed[code.id] = element
        return element

    def _above(self, parent: str | None) -> Element:
        if parent is None:
            return self.top
        if parent in self.known:
            return self.place(self.known[parent])
        key = f"heading {parent}"
        if key not in self.placed:
            guid = make_guid(self.study, "heading", parent)
            heading = self._put(self.top, guid, parent, self._next_color())
            heading.set("isCodable", "false")
            self.placed[key] = heading
        return self.placed[key]

    def _put(self, above: Element, guid: str, name: str, color: str) -> Element:
        tag = self.tag("Code")
        return SubElement(above, tag, guid=guid, name=name, color=color)

    def _next_color(self) -> str:
        return CYCLE[len(self.top) % len(CYCLE)]


def _rows(codes: pd.DataFrame) -> dict[str, dict[str, Any]]:
    records = codes.to_dict("records")
    return {
        record["guid"]: {str(k): v for k, v in record.items()} for record in records
    }


def _parent(
    rows: dict[str, dict[str, Any]], guid: str, headings: set[str]
) -> str | None:
    """Return the id of the code above, or the names of the headings above."""
    path: list[str] = []
    while pd.notna(guid := rows[guid]["parent"]):
        if guid not in headings:
            return str(rows[guid]["id"])
        path.insert(0, rows[guid]["name"])
    return " / ".join(path) or None


def _explain(project: Project, error: ValidationError) -> str:
    said = [
        f"  {'.'.join(str(part) for part in one['loc']) or 'codes'}: "
        f"{str(one['msg']).removeprefix('Value error, ')}"
        for one in error.errors()
    ]
    return "\n".join([f"The codes of {project.place} make no codebook:", *said])
