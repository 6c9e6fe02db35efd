"""The plain texts of an exchange file: where they lie, and what they say."""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree.ElementTree import Element

from analysis.qda.archive import is_safe
from analysis.qda.links import fault
from analysis.qda.project import Project

INTERNAL = "internal://"
FOLDER = "sources/"


def document_id(source: Element) -> str:
    """Return the key of a text: its name, without the suffix of a text file.

    Examples
    --------
    >>> document_id(Element("TextSource", name="R_1.txt"))
    'R_1'
    """
    name = source.get("name") or source.get("guid") or ""
    return name[:-4] if name.lower().endswith(".txt") and len(name) > 4 else name


def text_of(project: Project, source: Element) -> str:
    """Return the plain text of a text source or a note.

    Parameters
    ----------
    project : Project
        The project.
    source : Element
        The source or note.

    Returns
    -------
    str
        Empty if it has none.

    Raises
    ------
    StudyError
        If its file is not in the archive, lies outside, or is not UTF-8.
    """
    path = source.get("plainTextPath")
    if path is None:
        return source.findtext(project.tag("PlainTextContent")) or ""
    name = unquote(path.removeprefix(INTERNAL))
    if "://" in name or not is_safe(name):
        found = f"plainTextPath={path!r}"
        expected = f"a file of the archive, such as {INTERNAL}name.txt"
        raise fault(project.place, source, found, expected)
    content = _file(project, name)
    if content is None:
        found = f"plainTextPath={path!r}, which is not in the archive"
        raise fault(project.place, source, found, f"sources/{name}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {content[error.start]:#04x} at {error.start} of {name}"
        raise fault(project.place, source, found, "text in UTF-8") from error


def _file(project: Project, name: str) -> bytes | None:
    wanted = (f"sources/{name}".casefold(), name.casefold())
    for there in (f"sources/{name}", f"Sources/{name}", name):
        if there in project.files:
            return project.files[there]
    for there, content in project.files.items():
        if there.casefold() in wanted:
            return content
    return None
