"""The headline: a few figures, large, each with what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

import pandas as pd

from analysis.display.formats import (
    NOTHING,
    WITHHELD,
    anchor,
    format_interval,
    format_value,
    is_withheld,
)
from analysis.display.names import name_level

VERDICTS = {"unclear": "may be chance"}
REAL = "more than chance"


class Verdict(Protocol):
    """A sentence on a figure's change, and the direction that it takes."""

    direction: str

    def markup(self) -> str:
        """Write the sentence as HTML."""
        ...


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: its name, key, value, interval and what became of it."""

    name: str
    key: str
    value: str
    interval: str
    verdict: Any = None


@dataclass(frozen=True, slots=True)
class Headline:
    """Cards side by side, as HTML and as text."""

    cards: tuple[Card, ...]

    def _repr_html_(self) -> str:
        items = "\n".join(_item(card) for card in self.cards)
        return f'<ul class="headline">\n{items}\n</ul>'

    def __repr__(self) -> str:
        return "\n".join(_line(card) for card in self.cards)


def headline(
    rows: pd.DataFrame,
    *,
    verdicts: Mapping[str, Verdict],
    currency: str = "EUR",
) -> Headline:
    """Set figures large, each with its interval and what became of it.

    Parameters
    ----------
    rows : DataFrame
        Published figures, one per metric, in the order of display.
    verdicts : mapping of metric to Verdict
        Claims on the change of these metrics; a metric may have none.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Headline
        One card per figure. A badge says whether the change is more than chance.

    Raises
    ------
    ValueError
        If there are no rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"key": ["now/nps"], "metric": ["nps"], "value": [22.2],
    ...     "low": [15.6], "high": [28.5], "unit": ["points"]})
    >>> headline(rows, verdicts={})
    Promoter score (NPS): +22.2 (+15.6 to +28.5)
    """
    if rows.empty:
        raise ValueError("a headline needs at least one figure")
    return Headline(
        tuple(
            _card(row, verdicts.get(row["metric"]), currency)
            for row in rows.to_dict("records")
        )
    )


def _card(row: Mapping[Any, Any], verdict: Any, currency: str) -> Card:
    value = format_value(row["value"], row["unit"], currency)
    return Card(
        name=name_level(str(row["metric"])),
        key=str(row["key"]),
        value=WITHHELD if is_withheld(row) else value,
        interval=format_interval(row["low"], row["high"], row["unit"], currency),
        verdict=verdict,
    )


def _item(card: Card) -> str:
    name = anchor(card.key)
    link = f'<a class="figure" href="#figure-{name}" data-figure="{name}">'
    parts = [
        f'<span class="name">{escape(card.name)}</span>',
        f'<span class="value">{link}{escape(card.value)}</a></span>',
    ]
    if card.interval != NOTHING:
        parts.append(f'<span class="interval">{link}{escape(card.interval)}</a></span>')
    if card.verdict is not None:
        parts.append(f'<span class="badge {_kind(card)}">{_badge(card)}</span>')
        parts.append(f'<span class="verdict">{card.verdict.markup()}</span>')
    return f"<li>{' '.join(parts)}</li>"


def _line(card: Card) -> str:
    interval = "" if card.interval == NOTHING else f" ({card.interval})"
    if card.verdict is None:
        return f"{card.name}: {card.value}{interval}"
    return f"{card.name}: {card.value}{interval}. {_badge(card)}: {card.verdict!r}"


def _badge(card: Card) -> str:
    return VERDICTS.get(card.verdict.direction, REAL).capitalize()


def _kind(card: Card) -> str:
    return "chance" if card.verdict.direction in VERDICTS else "real"
