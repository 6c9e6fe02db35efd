"""Street addresses in English, German, French, Spanish and Dutch."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = r"[A-Z][\w'\-]{1,30}\.?"
_UK_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_TOWN = r"[A-Z][\w'\-]{1,30}(?: [A-Z][\w'\-]{1,30}){0,2}"
# What follows a street: a flat, then a town, only where a post code proves it.
_TAIL = (
    rf"(?:,? (?:Apt|Apartment|Flat|Unit|Suite|Floor|Etage|Piso)\.? ?\w{{1,4}}\b)?"
    rf"(?:,? \d{{1,2}}[ao]\b ?[A-D]?\b)?"
    rf"(?:(?:,|\n)? ?(?:{_TOWN},? )?"
    rf"(?:{_UK_POSTCODE}|[A-Z]{{2}} \d{{5}}(?:-\d{{4}})?)\b"
    rf"|(?:,|\n)? ?(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?: [A-Z]{{2}})? {_TOWN}"
    rf"|, [A-Z][a-z\-]{{2,30}}(?=\s*(?:[.!?]|$)))?"
)
_NUMBER = r"\d{1,5}(?: ?[A-Da-d]\b|-\d{1,4}|/\d{1,3})?"
_NO_NAME = (
    r"(?!(?i:the|a|an|my|our|your|his|her|their|this|that|on|in|at|of|to|from|down|up"
    r"|off|along|across|out|over|by|for|and|or|with|different|more|days?|weeks?|hours?"
    r"|minutes?|mins?|miles?|metres?|meters?|km|months?|years?|times?|per|every|per"
    r"|cents?|percent|stars?|way|lane|road|single|double|main road)\b)"
)
_ENGLISH = re.compile(
    rf"(?<![\w.,$€£#\-])(?:(?i:flat|apartment|apt|unit|suite) \w{{1,4}}, )?"
    rf"{_NUMBER},? (?:"
    rf"(?:{_NO_NAME}[A-Z0-9][\w'.\-]{{0,30}} ){{1,4}}(?:Street|Str?|Road|Rd|Avenue|Ave"
    rf"|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Close|Way|Place|Pl|Square|Sq|Terrace"
    rf"|Crescent|Gardens|Grove|Parade|Parkway|Pkwy|Highway|Hwy|Row|Mews|Walk)\b"
    rf"|(?:{_NO_NAME}[a-zA-Z][\w'\-]{{1,30}} ){{1,3}}"
    rf"(?i:street|road|avenue|lane|boulevard)\b)"
    rf"\.?{_TAIL}"
)
_NO_STREET = (
    r"(?!(?i:ohr|finger|arm|schluessel|schlussel|dicht|boxen|um|aus|rueck|ruck|heim|hin"
    r"|liefer|versand|arbeits|bildschirm\w*|park|sitz|steh|stell|speicher|spiel|schlaf"
    r"|lade|he|sp|b|k|fr|str|bewe|halt|rettungs|reifen|zeit|weit|keine|irgend)"
    r"(?:ring|weg|platz|graben|damm|ufer)\b)"
)
_GERMAN = re.compile(
    rf"\b(?=[A-Z]){_NO_STREET}(?:[A-Z][\w\-]{{1,30}}(?:strasse|str\.|weg|gasse|platz|allee|ring"
    rf"|damm|ufer|chaussee|steig|graben|straat|laan|plein|gracht|kade|dijk)"
    rf"|[A-Z][\w\-]{{2,30}}(?:er|e|en)[ \-](?:Strasse|Str\.|Weg|Platz|Allee|Ring|Damm"
    rf"|Ufer|Chaussee|Gasse))"
    rf" ?{_NUMBER}(?![\w.,]*\d| ?(?:mal|x|Stuck|Stueck|Tage?n?|Wochen?|Uhr|Euro|EUR|%|€"
    rf"|cm|mm)\b){_TAIL}"
)
_GERMAN_TOWN = re.compile(
    rf"\b{_WORD}(?: {_WORD}){{0,3}} {_NUMBER},? (?:[A-Z]{{1,2}}-)?\d{{5}} {_TOWN}"
)
_LINK_WORDS = r"(?:(?:de|du|des|del|la|le|les|las|los|el|aux|au)\b ?|[ld]')"
_FRENCH = re.compile(
    rf"\b\d{{1,4}}(?: ?(?:bis|ter|[A-D])\b)?,? (?i:"
    rf"(?:rue|avenue|av\.|boulevard|bd\.?|allee|impasse|chemin|quai|faubourg)\b"
    rf"|(?:place|cours|passage|route|square|villa)(?= (?:de|du|des|la|le|l')))"
    rf" (?i:{_LINK_WORDS}){{0,3}}{_WORD}(?:[ \-](?:{_LINK_WORDS}){{0,2}}{_WORD}){{0,3}}"
    rf"{_TAIL}"
)
_SPANISH = re.compile(
    rf"(?i:\b(?:calle|c/|avenida|avda\.?|plaza|paseo|camino|carretera|ronda|travesia))"
    rf" ?(?i:{_LINK_WORDS}){{0,3}}{_WORD}(?: (?:{_LINK_WORDS}){{0,2}}{_WORD}){{0,3}},? "
    rf"?(?i:n[o°.]{{0,2}} ?|num\.? ?|numero )?{_NUMBER}{_TAIL}"
)
_BOX = re.compile(
    r"(?i)\b(?:p\. ?o\. ?box|po box|postfach|apartado(?: de correos)?) \d+"
)
_POSTCODE_CUE = re.compile(
    rf"(?i:\b(?:post ?code|zip(?: code)?|plz|code postal|codigo postal)\b"
    rf"(?: is| ist| est| es)?\W{{0,2}})({_UK_POSTCODE}|\d{{5}}(?:-\d{{4}})?)\b"
)
_PATTERNS = (_ENGLISH, _GERMAN, _GERMAN_TOWN, _FRENCH, _SPANISH, _BOX)


def street_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Street addresses, with flat, post code and town where they follow.

    Parameters
    ----------
    text : str
        Plain text, without accents.

    Yields
    ------
    tuple of int
        Ranges. Every pattern needs a house number and a word for a street.

    Examples
    --------
    >>> list(street_addresses("Send it to 12 Baker Street, London NW1 6XE today"))
    [(11, 42)]
    >>> list(street_addresses("5 minutes down the road"))
    []
    """
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            yield found.span()
    for found in _POSTCODE_CUE.finditer(text):
        yield found.span(1)
