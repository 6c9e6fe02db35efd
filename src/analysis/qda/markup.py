"""XML that refuses what an exchange file never needs, written one way only."""

from __future__ import annotations

import re
import uuid
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)

from analysis.study import StudyError

DEEPEST = 100
GUID = re.compile(
    r"\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?", re.I
)
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
KNOWN = {XSI: "xsi", XML: "xml"}
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
# What XML 1.0 cannot hold, not even escaped.
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ODD = re.compile("[^ !#-%'-;=?-~\u00a0-\ud7ff]")
IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
IN_VALUE = IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


class _RefusedError(Exception):
    """What the parser met and does not take."""


class _Builder(TreeBuilder):
    """Build a tree, but of no document type, hence without entities."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise _RefusedError(f"a document type ({name!r}), which can carry entities")


def parse(content: bytes, *, place: str) -> Element:
    """Parse XML that declares no document type and nests reasonably.

    Parameters
    ----------
    content : bytes
        The XML. Its own declaration names the encoding; UTF-8 without one.
    place : str
        The file, for messages.

    Returns
    -------
    Element
        The root. Comments and processing instructions are left out.

    Raises
    ------
    StudyError
        If it is not well-formed, declares a document type, or nests more than 100
        deep.

    Examples
    --------
    >>> parse(b"<a><b/></a>", place="a.xml")[0].tag
    'b'
    >>> parse(b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///x">]><a>&e;</a>', place="a.xml")
    Traceback (most recent call last):
    analysis.study.StudyError: a.xml: found a document type ('a'), which can carry \
entities; expected plain XML as programs for coding write it. Export it again.
    """
    parser = XMLParser(target=_Builder())
    try:
        parser.feed(content)
        root: Element = parser.close()
        _check_depth(root)
    except _RefusedError as found:
        raise StudyError(
            f"{place}: found {found}; expected plain XML as programs for coding write "
            "it. Export it again."
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise StudyError(
            f"{place}: found XML that cannot be read ({error}); expected a complete "
            "file. Export it again."
        ) from error
    return root


def serialise(root: Element) -> bytes:
    """Write a tree as UTF-8, the same tree always as the same bytes.

    Parameters
    ----------
    root : Element
        The tree. Its own namespace becomes the default one.

    Returns
    -------
    bytes
        Elements that hold only elements are put on lines of their own; any other
        text is kept to the character. What XML cannot hold becomes U+FFFD.

    Examples
    --------
    >>> print(serialise(parse(b"<a  x='1'><b>&lt;</b></a>", place="a")).decode())
    <?xml version="1.0" encoding="utf-8"?>
    <a x="1">
     <b>&lt;</b>
    </a>
    <BLANKLINE>
    """
    parts: list[str] = []
    _put(parts, root, _Names(root), "\n")
    return "".join([DECLARATION, *parts, "\n"]).encode()


def local(element: Element) -> str:
    """Return the name of an element without its namespace.

    Examples
    --------
    >>> local(Element("{urn:x}Code"))
    'Code'
    """
    return str(element.tag).rpartition("}")[2]


def same_guid(text: str) -> str:
    """Write an identifier without braces and in small letters, as it is compared.

    Examples
    --------
    >>> same_guid("{0D62985D-B147-5D01-A9B5-CAE5DCD98342}")
    '0d62985d-b147-5d01-a9b5-cae5dcd98342'
    >>> same_guid("7")
    ''
    """
    found = GUID.fullmatch(text.strip())
    return found[1].lower() if found else ""


def make_guid(*parts: str) -> str:
    """Return the identifier that these parts always have.

    Parameters
    ----------
    *parts : str
        Such as the study, the kind of thing, and its key.

    Returns
    -------
    str
        A name-based UUID (version 5).

    Examples
    --------
    >>> make_guid("demo", "code", "late") == make_guid("demo", "code", "late")
    True
    """
    name = "\x1f".join(("customer-analysis", *parts))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, UNFIT.sub("\ufffd", name)))


class _Names:
    """Names with prefixes, given to namespaces in the order in which they appear."""

    def __init__(self, root: Element) -> None:
        elements = {_space(one.tag): None for one in root.iter()}
        # An element of no namespace can stand below no default one.
        self.default = "" if "" in elements else _space(root.tag)
        owned = {_space(key): None for one in root.iter() for key in one.attrib}
        named = [
            space
            for space in {**elements, **owned}
            if space and (space != self.default or space in owned)
        ]
        self.prefixes = KNOWN | {
            space: f"ns{number}"
            for number, space in enumerate(named)
            if space not in KNOWN
        }
        declared = [(f"xmlns:{self.prefixes[one]}", one) for one in named if one != XML]
        base = [("xmlns", self.default)] if self.default else []
        self.declared = [*base, *declared]
        self.tags: dict[str, str] = {}
        self.keys: dict[str, str] = {}

    def tag(self, name: str) -> str:
        if name not in self.tags:
            is_default = _space(name) == self.default
            self.tags[name] = name.rpartition("}")[2] if is_default else self.key(name)
        return self.tags[name]

    def key(self, name: str) -> str:
        if name not in self.keys:
            space, plain = _space(name), name.rpartition("}")[2]
            self.keys[name] = f"{self.prefixes[space]}:{plain}" if space else plain
        return self.keys[name]


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        level = [child for element in level for child in element]
        depth += 1
        if depth > DEEPEST:
            raise _RefusedError(f"elements nested more than {DEEPEST} deep")


def _space(name: str) -> str:
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def _put(to: list[str], element: Element, names: _Names, line: str) -> None:
    """Put an element behind what was written, each of its own lines at `line`."""
    tag = names.tag(element.tag)
    to.append(f"<{tag}")
    if len(to) == 1:  # the root
        to += [f' {key}="{_value(space)}"' for key, space in names.declared]
    to += [f' {names.key(key)}="{_value(one)}"' for key, one in element.items()]
    text = element.text or ""
    if not len(element):
        to.append(f">{_text(text)}</{tag}>" if text else "/>")
        return
    tails = [child.tail for child in element if child.tail]
    is_mixed = bool(text.strip() or "".join(tails).strip())
    to.append(f">{_text(text)}" if is_mixed else ">")
    below = line if is_mixed else f"{line} "
    for child in element:
        if not is_mixed:
            to.append(below)
        _put(to, child, names, below)
        if is_mixed:
            to.append(_text(child.tail or ""))
    to.append(f"</{tag}>" if is_mixed else f"{line}</{tag}>")


def _text(text: str) -> str:
    return UNFIT.sub("\ufffd", text).translate(IN_TEXT) if ODD.search(text) else text


def _value(text: str) -> str:
    return UNFIT.sub("\ufffd", text).translate(IN_VALUE) if ODD.search(text) else text
