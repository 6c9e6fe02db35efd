"""Prose that quotes figures: no number is typed by hand."""

from __future__ import annotations

import html
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.display.formats import (
    MINUS,
    anchor,
    format_interval,
    format_value,
    is_missing,
)

SCALED = {"share": 100.0, "share_difference": 100.0}
WITHHELD = "withheld (too few)"
# Words that only an experiment allows.
CAUSAL = re.compile(
    r"\b(caus(e|es|ed|ing)|because of|drives?|drove|rais(e|es|ed) the|leads? to|led to"
    r"|reduc(e|es|ed) the|thanks to)\b",
    re.IGNORECASE,
)
# Words that need to know what came first.
ORDER = re.compile(
    r"\b(preced(e|es|ed|ing)|afterwards?|later|then|before|beforehand|subsequently"
    r"|followed by)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence; with a key it is a published figure."""

    text: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words and figures, shown as text or as HTML with links.

    Examples
    --------
    >>> Sentence((Piece("The score is "), Piece("+31", "nps"), Piece(".")))
    The score is +31.
    """

    pieces: tuple[Piece, ...]

    @property
    def keys(self) -> list[str]:
        """The figures that the sentence quotes."""
        return [piece.key for piece in self.pieces if piece.key]

    def __repr__(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def _repr_html_(self) -> str:
        return f'<p class="finding">{self.markup()}</p>'

    def markup(self) -> str:
        """Write the sentence as HTML without the paragraph around it."""
        return "".join(_markup(piece) for piece in self.pieces)


class FigureReference:
    """A figure as a template sees it: ``{nps}``, ``{nps:+.0f}``, ``{nps.interval}``."""

    def __init__(self, row: Mapping[str, Any], currency: str) -> None:
        self.row = row
        self.currency = currency

    def written(self, part: str, spec: str) -> str:
        """Write the value or another part of the figure, rounded for display."""
        return self._short(part, spec).replace("%-points", "percentage points")

    def _short(self, part: str, spec: str) -> str:
        row, unit = self.row, self.row["unit"]
        if row["withheld"]:
            return WITHHELD
        if part == "interval":
            return format_interval(
                row["low"], row["high"], unit, currency=self.currency
            )
        if part == "base":
            return format_value(row["base"], "count")
        if part == "size":
            size = _number(abs(row["value"]), unit, spec, self.currency)
            words = " points" if unit == "points" else ""
            return size.removeprefix("+") + words
        if part in ("value", "low", "high"):
            return _number(row[part], unit, spec, self.currency)
        raise KeyError(f"a figure has no part {part!r}")


def compose(
    template: str,
    figures: Mapping[str, FigureReference],
    words: Mapping[str, Any],
) -> Sentence:
    """Fill a template with figures and words.

    Parameters
    ----------
    template : str
        ``{nps}`` is a figure in its usual form, ``{nps:+.0f}`` in a stated one
        (shares count in percent), ``{nps.interval}``, ``{nps.base}`` and
        ``{nps.size}`` (without its sign, in words) are its parts,
        ``{nps_segment[loyal]}`` a row of a table, ``{period}`` a word.
    figures : mapping of key to FigureReference
        The published figures.
    words : mapping of str to object
        Further words, such as the name of the period.

    Returns
    -------
    Sentence
        The pieces in order.

    Raises
    ------
    KeyError
        If a name in the template is neither a figure nor a word.
    """
    pieces = []
    for literal, field, spec, _ in string.Formatter().parse(template):
        if literal:
            pieces.append(Piece(literal))
        if field is None:
            continue
        key, part = _figure_and_part(field)
        if key in figures:
            pieces.append(Piece(figures[key].written(part, spec or ""), key))
        elif field in words:
            pieces.append(Piece(str(words[field])))
        else:
            known = ", ".join(sorted(figures)) or "none"
            raise KeyError(f"{field!r} is not published here. Published: {known}.")
    return Sentence(tuple(pieces))


def point_at(template: str, key: str, *, name: str = "on") -> str:
    """Let ``{on}``, or another name, in a template mean the figure of a key.

    Examples
    --------
    >>> point_at("It rose by {on.size} ({on.interval}).", "change/nps")
    'It rose by {change[nps].size} ({change[nps].interval}).'
    """
    table, _, level = key.partition("/")
    reference = f"{table}[{level}]" if level else table
    return re.sub(rf"\{{{name}(?=[.:}}])", lambda _: "{" + reference, template)


def fill_words(template: str, words: Mapping[str, object]) -> str:
    """Fill the words of a template and leave its figures for later.

    Examples
    --------
    >>> fill_words("In {period} it was {nps:+.0f}.", {"period": "2026Q3"})
    'In 2026Q3 it was {nps:+.0f}.'
    """
    for name, word in words.items():
        template = template.replace("{" + name + "}", str(word))
    return template


def _figure_and_part(field: str) -> tuple[str, str]:
    name, _, level = field.partition("[")
    if level:
        level, _, rest = level.partition("]")
        return f"{name}/{level}", rest.removeprefix(".") or "value"
    name, _, part = field.partition(".")
    return name, part or "value"


def _number(value: float, unit: str, spec: str, currency: str) -> str:
    if is_missing(value):
        return "unknown"
    if not spec:
        return format_value(value, unit, currency)
    return format(value * SCALED.get(unit, 1.0), spec).replace("-", MINUS)


def _markup(piece: Piece) -> str:
    text = html.escape(piece.text)
    if not piece.key:
        return text
    name = anchor(piece.key)
    return f'<a class="figure" href="#figure-{name}" data-figure="{name}">{text}</a>'
