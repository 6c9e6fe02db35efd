"""E-mail addresses, links and handles that lead to one person."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LOCAL = r"[\w.%+'\-]{0,63}\w"
_DOMAIN = r"(?:\w[\w\-]{0,62}\.){1,5}[A-Za-z]\w{1,23}"
_AT = r"(?:@|\s?[\[({]\s?(?:at|@|a|arroba|arobase)\s?[\])}]\s?)"
# A cheap look before the patterns: most texts have no such sign.
_EMAIL_SIGN = re.compile(r"[@\[({]|\bat\b[^@]{0,60}\b(?:dot|punkt)\b")
_EMAIL = re.compile(
    rf"(?i)(?<![\w.%+'\-])(?:mailto:)?{_LOCAL}{_AT}"
    rf"(?:\w[\w\-]{{0,62}}(?:\.|\s?[\[({{]\s?(?:dot|punkt|point|punto)\s?[\])}}]\s?))"
    rf"{{1,5}}[A-Za-z]\w{{1,23}}"
)
# Spaces around the sign are common after autocorrection, but so is "bought @ shop":
# the part before must look like an address or follow a cue.
_SPACED_EMAIL = re.compile(
    rf"(?i)(?<![\w.%+'\-])(?:(?<=mail )|(?<=mail: )|(?<=mail is )|(?=\w*[._\d]))"
    rf"{_LOCAL}\s{{1,2}}@\s{{0,2}}{_DOMAIN}"
)
_SPOKEN_EMAIL = re.compile(
    r"(?i)\b[\w.\-]{2,40} at [\w\-]{2,40} (?:dot|punkt) "
    r"(?:com|net|org|co|io|de|fr|es|it|nl|uk|eu|at|ch|be)\b(?: dot uk)?"
)
_LINK = re.compile(
    r"(?i)\b(?:https?|ftp)://[^\s<>\"\x00]{3,2000}|\bwww\.[^\s<>\"\x00]+"
)
_PERSONAL_LINK = re.compile(
    r"(?i)^[a-z]+://[^/?#]*@"
    r"|[?&#;](?:e-?mail|token|session\w*|sid|user\w*|customer\w*|auth|key|name|login"
    r"|password|pwd|phone)="
    r"|(?:facebook|instagram|linkedin|tiktok|twitter|x|t|wa|paypal)\.(?:com|me)/\w"
)
_HANDLE = re.compile(r"(?<![\w.@/])@[A-Za-z]\w[\w.]{0,28}\w(?![\w@(])")
_NO_HANDLES = frozenset({"@home", "@work", "@all", "@the", "@office", "@school"})


def emails(text: str) -> Iterator[tuple[int, int]]:
    """E-mail addresses, also with "(at)" and "(dot)" for the signs.

    Parameters
    ----------
    text : str
        Plain text.

    Yields
    ------
    tuple of int
        Ranges.

    Examples
    --------
    >>> list(emails("write to jane.doe@example.com, bought @ example.com"))
    [(9, 29)]
    """
    if not _EMAIL_SIGN.search(text):
        return
    for pattern in (_EMAIL, _SPACED_EMAIL, _SPOKEN_EMAIL):
        for found in pattern.finditer(text):
            yield found.span()


def personal_links(text: str) -> Iterator[tuple[int, int]]:
    """Links with a user, a token or an account in them.

    Parameters
    ----------
    text : str
        Plain text.

    Yields
    ------
    tuple of int
        Ranges. Links to a page that anyone sees, such as a product, are not
        personal.

    Examples
    --------
    >>> list(personal_links("https://jo:pw@shop.example/a https://shop.example/b"))
    [(0, 28)]
    """
    for found in _LINK.finditer(text):
        link = found.group().rstrip(".,;:!?)]}'")
        if _PERSONAL_LINK.search(link):
            yield found.start(), found.start() + len(link)


def handles(text: str) -> Iterator[tuple[int, int]]:
    """Names of accounts on social networks.

    Parameters
    ----------
    text : str
        Plain text.

    Yields
    ------
    tuple of int
        Ranges that start with the at sign.

    Examples
    --------
    >>> list(handles("thanks @jane_doe, collected @ 5pm"))
    [(7, 16)]
    """
    for found in _HANDLE.finditer(text):
        if found.group().lower() not in _NO_HANDLES:
            yield found.span()
