"""Customers' words, shown as quotes and never as markup."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis import privacy

NOTHING = "No quotes were published."


@dataclass(frozen=True, slots=True)
class Quotations:
    """Published quotes, shown as HTML or as text.

    Examples
    --------
    >>> Quotations(({"topic": "price", "text": "Too dear.",
    ...     "stance": "from a mostly critical comment"},))
    price (from a mostly critical comment): "Too dear."
    """

    quotes: tuple[Mapping[str, Any], ...]

    def __repr__(self) -> str:
        lines = [f'{q["topic"]} ({q["stance"]}): "{q["text"]}"' for q in self.quotes]
        return "\n".join(lines) or NOTHING

    def _repr_html_(self) -> str:
        if not self.quotes:
            return f"<p>{NOTHING}</p>"
        return "".join(_markup(quote) for quote in self.quotes)


def refuse_unfit(quote: Mapping[Any, Any], *, minimum_base: int) -> None:
    """Refuse a quote that redaction would still change, or that rests on too few.

    Raises
    ------
    ValueError
        With the document, or with the topic and its base.

    Examples
    --------
    >>> refuse_unfit({"text": "Too dear.", "topic": "price", "base": 4},
    ...     minimum_base=10)
    Traceback (most recent call last):
    ValueError: 'price' rests on 4 documents: too few
    """
    if privacy.redact(quote["text"]).text != quote["text"]:
        raise ValueError(
            f"the quote of {quote['document_id']!r} still holds personal data"
        )
    if quote["base"] < minimum_base:
        raise ValueError(
            f"{quote['topic']!r} rests on {quote['base']} documents: too few"
        )


def _markup(quote: Mapping[str, Any]) -> str:
    topic, stance, text = (
        html.escape(str(quote[name])) for name in ("topic", "stance", "text")
    )
    return (
        f'<figure class="quote"><blockquote dir="auto"><p>{text}</p></blockquote>'
        f"<figcaption>{topic}, {stance}</figcaption></figure>"
    )
