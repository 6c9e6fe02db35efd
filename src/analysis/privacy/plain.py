"""Text as a reader sees it, with the way back to the text as it was typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters that Unicode does not take apart into a base letter and an accent.
_WHOLE = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "’": "'",
        "‘": "'",
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)
_PLACEHOLDER = re.compile(
    r"\[(?:email|phone|card|iban|url|ip|address|name|handle)\]",
)
# No pattern matches this character, so nothing is found across a placeholder.
_BARRIER = "\x00"


@dataclass(frozen=True, slots=True)
class Plain:
    """Plain text and, for each of its characters, where it came from.

    Attributes
    ----------
    text : str
        Without accents, invisible characters and typographic variants.
    origins : tuple of int, or None
        Position in the typed text of each plain character. None where both are
        the same.
    """

    text: str
    origins: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        r"""Where plain characters `start` to `end` stand in the typed text.

        Parameters
        ----------
        start, end : int
            A half-open range of plain characters, not empty.

        Returns
        -------
        tuple of int
            A half-open range of typed characters. It takes in every invisible
            character between the first and the last.

        Examples
        --------
        >>> plain("a\u200b@b").span(0, 2)
        (0, 3)
        """
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def plain(text: str) -> Plain:
    r"""Take away what hides a number or a name from a pattern.

    Parameters
    ----------
    text : str
        Text as it was typed.

    Returns
    -------
    Plain
        Accents, zero-width characters and variation selectors are gone; digits
        of every script are 0 to 9; dashes and quotes are the ASCII ones;
        placeholders of an earlier redaction match nothing.

    Examples
    --------
    >>> plain("Call ０１２\u200b３ Zoë").text
    'Call 0123 Zoe'
    """
    text = _PLACEHOLDER.sub(lambda found: _BARRIER * len(found.group()), text)
    if text.isascii():
        return Plain(text)
    letters: list[str] = []
    origins: list[int] = []
    for position, character in enumerate(text):
        for letter in _simplified(character):
            letters.append(letter)
            origins.append(position)
    return Plain("".join(letters), tuple(origins))


@lru_cache(maxsize=4096)
def _simplified(character: str) -> str:
    if character.isascii():
        return character
    decomposed = unicodedata.normalize("NFKD", character.translate(_WHOLE))
    kept = (letter for letter in decomposed if not _is_invisible(letter))
    return "".join(_as_digit(letter) for letter in kept)


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cf", "Mn", "Me")


def _as_digit(letter: str) -> str:
    value = unicodedata.digit(letter, None)
    return letter if value is None else str(value)
