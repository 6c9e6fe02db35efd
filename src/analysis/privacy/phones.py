"""Telephone numbers, told from order numbers, sizes, dates and prices.

A number is a telephone number when its own form says so (a plus sign, a national
format that is valid and written in groups) or when the words before it do ("call
me on"). Words such as "order number" before it say that it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

# Countries whose national formats are tried, the most common plans first.
REGIONS = ("GB", "DE", "FR", "ES", "US", "NL", "IT", "AT", "CH", "BE", "PT", "AU")

_CANDIDATE = re.compile(
    r"(?<![\w#])(?<!\w[\-/.])(?<![$€£])(?<![$€£] )"
    r"(?:\+ ?|\()?\d(?:[ \t().\-/]{0,3}\d){6,16}(?!\w|[.,/:\-]\d|[ ]?[%€£$])"
)
_DATE = re.compile(
    r"(?<!\d)(?<!\d[-/.])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d))"
    r"(?![.\-/]?\d)|(?<!\d)(?:19|20)\d\d ?[-/] ?(?:19|20)?\d\d(?!\d)"
)
# A price or a count with separators between the thousands.
_AMOUNT = re.compile(r"^\d{1,3}(?:[. ]\d{3})+(?:[.,]\d\d)?$|^\d+[.]\d+$")
_US_GROUPS = re.compile(r"^(?:1[ .\-])?(?:\(\d{3}\) ?|\d{3}[ .\-/])\d{3}[ .\-]\d{4}$")
_IBERIAN_GROUPS = re.compile(r"^[26-9]\d\d([ .\-])(?:\d{3}\1\d{3}|\d\d\1\d\d\1\d\d)$")
_PHONE_CUE = re.compile(
    r"(?i)\b(?:call|phone|phoned|tel|telephone|mobile|cell|text(?: me)?|sms|whats ?app"
    r"|ring|reach(?: me| us)?|fax"
    r"|my (?:(?:cell|mobile|phone|work|home|office|contact|new) )*number"
    r"|telefon\w*|handy\w*|mobil\w*|anruf\w*|ruf\w*|erreichbar|erreichen|rueckruf"
    r"|appel\w*|joindre|portable|rappel\w*|llam\w*|movil|celular)\b"
)
_ID_CUE = re.compile(
    r"(?i)\b(?:orders?|ord|bestell\w*|auftrag\w*|commande|pedido|invoice|rechnung\w*"
    r"|facture|factura|ref|reference|referenz\w*|referencia|ticket|case|track(?:ing)?"
    r"|sendung\w*|colis|suivi|seguimiento|sku|item|article|artikel\w*|articulo"
    r"|modell?|serial|serien\w*|serie|customer|kunden\w*|client|cliente|account"
    r"|konto\w*|id|ean|isbn|upc|gtin|barcode|asin|parcel|paket\w*|voucher|coupon"
    r"|gutschein\w*|code|receipt|batch|lot|part|product|produkt\w*|policy|vat|loyalty"
    r"|card|rma|returns?|retoure\w*)\b|\b(?:no|nr|num)\b\W*$|[#°]\W*$"
)
_SENTENCE_END = re.compile(r"[!?;\n\x00]|\.\s+(?=[A-Z])")


def telephone_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Telephone numbers of any country with a plus sign, of some without.

    Parameters
    ----------
    text : str
        Plain text.

    Yields
    ------
    tuple of int
        Ranges of 7 to 17 digits with their separators.

    Notes
    -----
    A run of digits without plus, leading zero or groups is left alone unless the
    words before it speak of calling: most such runs are order numbers. Numbers
    spelled in words are not found.

    Examples
    --------
    >>> list(telephone_numbers("call 0171 2345678 about order 4018823941"))
    [(5, 17)]
    """
    for found in _CANDIDATE.finditer(text):
        before = text[max(0, found.start() - 60) : found.start()]
        if _is_telephone(found.group().strip(), before):
            # An opening bracket whose partner comes later is not of the number.
            is_open = found.group().startswith("(") and ")" not in found.group()
            yield found.start() + is_open, found.end()


def _is_telephone(number: str, before: str) -> bool:
    digits = re.sub(r"\D", "", number)
    if number.startswith("+"):
        return _is_possible("+" + digits)
    if _DATE.search(number):
        return False
    sentence = _SENTENCE_END.split(before)[-1]
    calling, naming = _last(_PHONE_CUE, sentence), _last(_ID_CUE, sentence)
    if calling > naming:
        return 7 <= len(digits) <= 15
    if naming >= 0 or _AMOUNT.match(number):
        return False
    if digits.startswith("00"):
        return _is_valid("+" + digits[2:], None)
    return _has_form(number, digits)


def _last(cue: re.Pattern[str], sentence: str) -> int:
    return max((found.end() for found in cue.finditer(sentence)), default=-1)


def _has_form(number: str, digits: str) -> bool:
    if _US_GROUPS.match(number):
        return True
    if digits.startswith("0"):
        return _is_national(digits)
    is_iberian = _IBERIAN_GROUPS.match(number) is not None
    return is_iberian and (_is_valid(digits, "ES") or _is_valid(digits, "PT"))


def _is_national(digits: str) -> bool:
    return any(_is_valid(digits, region) for region in REGIONS)


@lru_cache(maxsize=65536)
def _is_valid(digits: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def _is_possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False
