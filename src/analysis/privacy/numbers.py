"""Personal data made of digits: cards, bank accounts, addresses on the internet.

Each finder takes plain text and yields half-open ranges. A range is yielded only
where a check digit or a rule of the format says so: order numbers, prices, sizes
and dates have the same digits.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

_CARD = re.compile(r"(?<![\w.,])\d(?:[ .\-]?\d){12,22}(?!\w)")
_CARD_GROUPS = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (16,), (15,))
_IBAN = re.compile(
    r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ .\-]?[A-Za-z0-9]){11,30}(?!\w)",
)
_IBAN_CUE = re.compile(r"(?i)\b(?:iban|konto|account|compte|cuenta)\b")
# Characters of a bank account number in the countries of the IBAN registry.
_IBAN_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "NL", "FO", "GL"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "DE", "GB", "GE", "IE", "ME", "RS", "BH", "CR", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN"), 24),
    **dict.fromkeys(("PT", "IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "SM", "MR"), 27),
    **dict.fromkeys(("AL", "AZ", "CY", "DO", "GT", "HU", "LB", "PL", "BY"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU"), 30),
    **dict.fromkeys(("MT",), 31),
}
_IP4 = re.compile(r"(?<![\w.\-])(?:\d{1,3}\.){3}\d{1,3}(?![\w\-]|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_VERSION_CUE = re.compile(
    r"(?i)\b(?:version|firmware|release|build|update|v|to)\W*$"
    r"|^[^.,;\n]{0,25}\b(?:version|firmware|release|build)\b"
)


def payment_cards(text: str) -> Iterator[tuple[int, int]]:
    """Payment card numbers that pass the Luhn check.

    Parameters
    ----------
    text : str
        Plain text.

    Yields
    ------
    tuple of int
        Ranges of 13 to 19 digits, with spaces, dots or hyphens between them. A
        13-digit number that is a correct product barcode (EAN) is not a card.

    Examples
    --------
    >>> list(payment_cards("card 4111 1111 1111 1111 12/27"))
    [(5, 24)]
    >>> list(payment_cards("order 4111 1111 1111 1112"))
    []
    """
    for run in _CARD.finditer(text):
        groups = list(re.finditer(r"\d+", run.group()))
        for first, last in _windows([len(group.group()) for group in groups]):
            chosen = groups[first : last + 1]
            if _is_card("".join(group.group() for group in chosen)):
                offset = run.start()
                yield offset + chosen[0].start(), offset + chosen[-1].end()
                break


def _windows(lengths: list[int]) -> Iterator[tuple[int, int]]:
    """The whole run, then any stretch of it that is written as cards are."""
    if 13 <= sum(lengths) <= 19:
        yield 0, len(lengths) - 1
    for first in range(len(lengths)):
        for shape in _CARD_GROUPS:
            if tuple(lengths[first : first + len(shape)]) == shape:
                yield first, first + len(shape) - 1


def _is_card(digits: str) -> bool:
    is_barcode = len(digits) == 13 and _barcode_sum(digits) % 10 == 0
    return digits[0] in "23456" and not is_barcode and luhn(digits)


def luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others.

    Parameters
    ----------
    digits : str
        Digits 0 to 9 only.

    Returns
    -------
    bool
        False also for a number of one repeated digit, which no card has.

    Examples
    --------
    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    total = sum(map(int, digits[-1::-2])) + sum(d // 10 + d % 10 for d in doubled)
    return total % 10 == 0 and len(set(digits)) > 1


def _barcode_sum(digits: str) -> int:
    return sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))


def bank_accounts(text: str) -> Iterator[tuple[int, int]]:
    """International bank account numbers.

    Parameters
    ----------
    text : str
        Plain text.

    Yields
    ------
    tuple of int
        Ranges of the length that the country uses and that pass the check
        modulo 97, or that follow a word such as IBAN.

    Examples
    --------
    >>> list(bank_accounts("refund DE89 3704 0044 0532 0130 00 please"))
    [(7, 34)]
    """
    for found in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(found.group()[:2].upper())
        places = [m.start() for m in re.finditer(r"[A-Za-z0-9]", found.group())]
        if length is None or len(places) < length:
            continue
        end = found.start() + places[length - 1] + 1
        number = re.sub(r"[ .\-]", "", text[found.start() : end]).upper()
        cue = _IBAN_CUE.search(text[max(0, found.start() - 25) : found.start()])
        is_cut = end < len(text) and text[end].isalnum()
        if not is_cut and (_passes_97(number) or cue):
            yield found.start(), end


def _passes_97(number: str) -> bool:
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def internet_addresses(text: str) -> Iterator[tuple[int, int]]:
    """IP addresses, versions 4 and 6.

    Parameters
    ----------
    text : str
        Plain text.

    Yields
    ------
    tuple of int
        Ranges that parse as an address and do not stand beside a word such
        as "firmware".

    Examples
    --------
    >>> list(internet_addresses("from 192.168.0.12, firmware 2.4.0.1"))
    [(5, 17)]
    """
    for found in _IP4.finditer(text):
        before = text[max(0, found.start() - 12) : found.start()]
        after = text[found.end() : found.end() + 40]
        if not any(map(_VERSION_CUE.search, (before, after))):
            yield from _parsed(found)
    for found in _IP6.finditer(text):
        if sum(map(bool, found.group().split(":"))) >= 3:
            yield from _parsed(found)


def _parsed(found: re.Match[str]) -> Iterator[tuple[int, int]]:
    try:
        ipaddress.ip_address(found.group())
    except ValueError:
        return
    yield found.span()
