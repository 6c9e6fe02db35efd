"""Replace personal data in free text by placeholders such as ``[email]``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from analysis.privacy.contacts import emails, handles, personal_links
from analysis.privacy.names import people
from analysis.privacy.numbers import (
    bank_accounts,
    internet_addresses,
    payment_cards,
)
from analysis.privacy.phones import telephone_numbers
from analysis.privacy.places import street_addresses
from analysis.privacy.plain import plain

Finder = Callable[[str], Iterator[tuple[int, int]]]

# In order of precedence: where two overlap, the first one names the placeholder.
_FINDERS: dict[str, Finder] = {
    "url": personal_links,
    "email": emails,
    "iban": bank_accounts,
    "card": payment_cards,
    "ip": internet_addresses,
    "address": street_addresses,
    "phone": telephone_numbers,
    "name": people,
    "handle": handles,
}
KINDS = tuple(_FINDERS)
_NEED_DIGIT = frozenset({"iban", "card", "address", "phone"})


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its personal data.

    Attributes
    ----------
    text : str
        The text with a placeholder for each piece of personal data.
    counts : dict of str to int
        How many pieces of each kind were replaced; kinds without any are absent.
    """

    text: str
    counts: dict[str, int] = field(default_factory=dict)


def redact(text: str) -> Redacted:
    """Replace personal data by placeholders.

    Parameters
    ----------
    text : str
        Text as a customer typed it, in any language. Addresses and names are
        found in English, German, French, Spanish and some Dutch.

    Returns
    -------
    Redacted
        The text and what was replaced. Redacting the result again changes
        nothing.

    Notes
    -----
    Rules, not a model: the same text always gives the same result and each rule
    can be read. `tests/reference/redaction.csv` holds labelled texts; the tests
    state the recall and the precision that must hold on them. Not found: names
    without a cue, numbers spelled in words, addresses without a house number.

    Examples
    --------
    >>> redact("Order 4018823941: write to jo@example.com. Regards, Jo Miller")
    Redacted(text='Order 4018823941: write to [email]. Regards, [name]',
    counts={'email': 1, 'name': 1})
    """
    counts: Counter[str] = Counter()
    # A replacement can bring words together that now look personal: go on until
    # nothing is found. Each round removes typed characters, so this ends.
    while spans := _spans(text):
        for start, end, kind in reversed(spans):
            text = f"{text[:start]}[{kind}]{text[end:]}"
            counts[kind] += 1
    return Redacted(text, dict(sorted(counts.items())))


def redact_series(texts: pd.Series) -> tuple[pd.Series, pd.DataFrame]:
    """Replace personal data in every text of a column.

    Parameters
    ----------
    texts : Series of str
        Texts; missing ones stay missing.

    Returns
    -------
    texts : Series of str
        Redacted, on the same index and with the same name.
    counts : DataFrame of int
        One row per text, one column per kind in `KINDS`.

    Examples
    --------
    >>> texts, counts = redact_series(pd.Series(["I am at jo@example.com", None]))
    >>> texts.tolist(), int(counts["email"].sum())
    (['I am at [email]', nan], 1)
    """
    column = texts.astype("str")
    results = {text: redact(text) for text in column.dropna().unique()}
    redacted = column.map({text: found.text for text, found in results.items()})
    none = Redacted("")
    counts = [
        [results.get(text, none).counts.get(kind, 0) for kind in KINDS]
        for text in column
    ]
    table = pd.DataFrame(counts, index=texts.index, columns=list(KINDS), dtype="int64")
    return redacted.astype("str"), table


def _spans(text: str) -> list[tuple[int, int, str]]:
    """Ranges of personal data in the typed text, in order, without overlaps."""
    readable = plain(text)
    has_digit = any(map(str.isdigit, readable.text))
    chosen: list[tuple[int, int, str]] = []
    for kind, finder in _FINDERS.items():
        if kind in _NEED_DIGIT and not has_digit:
            continue
        for start, end in _merged(finder(readable.text)):
            if all(end <= other[0] or start >= other[1] for other in chosen):
                chosen.append((start, end, kind))
    typed = [(*readable.span(start, end), kind) for start, end, kind in chosen]
    return sorted(typed)


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """One range for those that overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
