"""Customers' words, shown as quotes and never as markup."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def _markup(quote: Mapping[str, Any]) -> str:
    topic, stance, text = (
        html.escape(str(quote[name])) for name in ("topic", "stance", "text")
    )
    return (
        f'<figure class="quote"><blockquote dir="auto"><p>{text}</p></blockquote>'
        f"<figcaption>{topic}, {stance}</figcaption></figure>"
    )
