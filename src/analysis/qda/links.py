"""What an exchange file names, by its identifiers, each of which must be there once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from analysis.qda.markup import local, same_guid
from analysis.qda.project import Project
from analysis.study import StudyError


@dataclass(frozen=True, eq=False)
class Links:
    """Codes, people, notes and texts of a file by identifier.

    Attributes
    ----------
    codes : dict of str to Element
        In the order of the file, parents before their children.
    parents : dict of str to str
        The code above each code, if there is one.
    users, notes, sources : dict of str to Element
        Coders, notes and text sources.
    place : str
        The file's name.
    """

    codes: dict[str, Element]
    parents: dict[str, str]
    users: dict[str, Element]
    notes: dict[str, Element]
    sources: dict[str, Element]
    place: str

    def target(self, element: Element, key: str, among: str) -> str:
        """Return the identifier that an attribute names, if it leads somewhere.

        Parameters
        ----------
        element : Element
            The element that refers.
        key : str
            Its attribute, such as ``targetGUID``.
        among : str
            ``codes``, ``users`` or ``notes``.

        Raises
        ------
        StudyError
            If there is nothing of that identifier.
        """
        guid = same_guid(element.get(key, ""))
        if guid not in getattr(self, among):
            raise fault(
                self.place,
                element,
                f"{key}={element.get(key)!r}",
                f"one of the {len(getattr(self, among))} {among} in the file",
            )
        return guid


def link(project: Project) -> Links:
    """Gather what a file names.

    Parameters
    ----------
    project : Project
        A project or a codebook.

    Raises
    ------
    StudyError
        If a code, coder, note or text has no valid identifier, or one that another
        has.

    Examples
    --------
    >>> from analysis.qda.markup import parse
    >>> book = b"<CodeBook><Codes><Code guid='7' name='Late'/></Codes></CodeBook>"
    >>> link(Project(parse(book, place="a.qdc"), place="a.qdc"))
    Traceback (most recent call last):
    analysis.study.StudyError: a.qdc, Code 'Late' (7): found guid='7'; expected 32 \
hexadecimal digits in five groups. Mend it in the program that made it.
    """
    parents: dict[str, str] = {}
    codes: dict[str, Element] = {}
    for code, parent in _codes(project):
        guid = _identify(project.place, code, codes)
        if not (code.get("name") or "").strip():
            raise fault(project.place, code, "no name", "the name of the code")
        codes[guid] = code
        if parent is not None:
            parents[guid] = same_guid(parent.get("guid", ""))
    return Links(
        codes=codes,
        parents=parents,
        users=_gather(project, "Users", "User"),
        notes=_gather(project, "Notes", "Note"),
        sources=_gather(project, "Sources", "TextSource"),
        place=project.place,
    )


def fault(place: str, element: Element, found: str, expected: str) -> StudyError:
    """Return the error that names the place of a mistake in an exchange file.

    Parameters
    ----------
    place : str
        The file.
    element : Element
        The element that is wrong.
    found, expected : str
        What it says, and what it should say.
    """
    name = f" {element.get('name')!r}" if element.get("name") else ""
    guid = f" ({element.get('guid')})" if element.get("guid") else ""
    return StudyError(
        f"{place}, {local(element)}{name}{guid}: found {found}; expected {expected}. "
        "Mend it in the program that made it."
    )


def _codes(project: Project) -> Iterator[tuple[Element, Element | None]]:
    """Yield each code with the one above it, parents before their children."""
    book: Element | None = project.root
    if local(project.root) != "CodeBook":
        book = project.root.find(project.tag("CodeBook"))
    top = book.find(project.tag("Codes")) if book is not None else None
    if top is not None:
        yield from _below(project.tag("Code"), top, None)


def _below(
    tag: str, above: Element, parent: Element | None
) -> Iterator[tuple[Element, Element | None]]:
    for code in above.iterfind(tag):
        yield code, parent
        yield from _below(tag, code, code)


def _gather(project: Project, folder: str, name: str) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in _inside(project, folder, name):
        found[_identify(project.place, element, found)] = element
    return found


def _inside(project: Project, folder: str, name: str) -> Iterator[Element]:
    for holder in project.root.iterfind(project.tag(folder)):
        yield from holder.iterfind(project.tag(name))


def _identify(place: str, element: Element, seen: dict[str, Element]) -> str:
    guid = same_guid(element.get("guid", ""))
    found = f"guid={element.get('guid')!r}"
    if not guid:
        expected = "32 hexadecimal digits in five groups"
        raise fault(place, element, found, expected)
    if guid in seen:
        raise fault(
            place, element, found, f"another one than {seen[guid].get('name')!r} has"
        )
    return guid
