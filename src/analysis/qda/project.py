"""A QDPX project or a QDC codebook, kept whole: what we do not know stays in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from analysis.qda.archive import MOST_BYTES, pack, unpack
from analysis.qda.markup import local, parse, serialise
from analysis.study import StudyError

INSIDE = "project.qde"
PROJECT_SPACE = "urn:QDA-XML:project:1.0"
CODEBOOK_SPACE = "urn:QDA-XML:codebook:1.0"


@dataclass(frozen=True, eq=False)
class Project:
    """What an exchange file holds.

    Attributes
    ----------
    root : Element
        The element ``Project`` of a QDPX, or ``CodeBook`` of a QDC.
    files : dict of str to bytes
        The other files of a QDPX, such as ``sources/….txt``, by their names in it.
    place : str
        The file's name, for messages.
    """

    root: Element
    files: dict[str, bytes] = field(default_factory=dict)
    place: str = "project"

    def tag(self, name: str) -> str:
        """Return the full name of an element in the namespace of this file."""
        space = str(self.root.tag).rpartition("}")[0]
        return f"{space}}}{name}" if space else name

    def content(self) -> bytes:
        """Return the file as bytes: a zip archive, or XML for a codebook alone."""
        if local(self.root) == "CodeBook":
            return serialise(self.root)
        return pack({**self.files, INSIDE: serialise(self.root)})


def read_project(path: Path) -> Project:
    """Read a REFI-QDA project (QDPX) into memory.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Project
        All its elements and files, also those that `analysis.qda` does not know.
        Lost are comments and processing instructions of the XML.

    Raises
    ------
    StudyError
        If the archive or its XML is broken or unsafe, or is no REFI-QDA project.

    References
    ----------
    REFI-QDA standard 1.5 (Rotterdam Exchange Format Initiative, 2019),
    www.qdasoftware.org.
    """
    files = unpack(path)
    inside = [name for name in files if name.casefold() == INSIDE]
    if not inside:
        raise StudyError(
            f"{path.name}: found {', '.join(sorted(files)[:5]) or 'no file'} in it; "
            f"expected {INSIDE}. Export it as REFI-QDA project (QDPX)."
        )
    root = parse(files.pop(inside[0]), place=f"{path.name}, {INSIDE}")
    _check(root, "Project", "urn:QDA-XML:project:", path.name)
    return Project(root, files, path.name)


def read_codebook(path: Path) -> Project:
    """Read a REFI-QDA codebook (QDC).

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Project
        Its root is the element ``CodeBook``.

    Raises
    ------
    StudyError
        If the XML is broken or unsafe, or is no REFI-QDA codebook.
    """
    if not path.is_file():
        raise StudyError(f"There is no file {path.name} in {path.parent}.")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise StudyError(
            f"{path.name}: found {size:,} bytes; expected a codebook of at most "
            f"{MOST_BYTES:,}."
        )
    root = parse(path.read_bytes(), place=path.name)
    _check(root, "CodeBook", "urn:QDA-XML:", path.name)
    return Project(root, {}, path.name)


def write_file(project: Project, path: Path) -> Path:
    """Write a project or a codebook, whole or not at all.

    Parameters
    ----------
    project : Project
        What to write.
    path : Path
        Where; its folder is made if it is not there.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    StudyError
        If another file is there already: it may hold somebody's work. The same
        content may be written again.
    """
    content = project.content()
    if path.exists():
        if path.read_bytes() == content:
            return path
        raise StudyError(
            f"{path.name} is there already, differs, and may hold codings. Move it "
            "away first."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)  # noqa: PTH105 - the one call that replaces in one step
    return path


def _check(root: Element, name: str, space: str, place: str) -> None:
    found = str(root.tag).lstrip("{").replace("}", " ")
    if local(root) != name or not found.startswith(space):
        raise StudyError(
            f"{place}: found the root element {found!r}; expected {name} of "
            f"{space}1.0. Export it as REFI-QDA again."
        )
