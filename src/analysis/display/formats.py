"""How numbers are written: the only place that rounds."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

MINUS = "−"
NOTHING = "–"
WITHHELD = "withheld"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


@dataclass(frozen=True, slots=True)
class _Style:
    """How one unit is written: scale, decimals, sign, and the word behind it."""

    scale: float = 1.0
    decimals: int = 2
    below: float = 0.0
    finer: int = 2
    signed: bool = False
    suffix: str = ""

    def decimals_of(self, value: float) -> int:
        """Whole from `below` on, finer under it."""
        size = abs(value * self.scale)
        return self.finer if 0 < size < self.below else self.decimals


_STYLES = {
    "points": _Style(decimals=1, signed=True),
    "share": _Style(scale=100, decimals=1, below=0.1, finer=2, suffix=" %"),
    "share_difference": _Style(scale=100, signed=True, decimals=1, suffix=" %-points"),
    "score": _Style(),
    "score_difference": _Style(signed=True),
    "count": _Style(decimals=0),
    "correlation": _Style(),
    "amount": _Style(decimals=0, below=999.995, finer=2),
    "amount_difference": _Style(decimals=0, below=999.995, finer=2, signed=True),
    "per_day": _Style(decimals=0, below=99.95, finer=1, suffix=" a day"),
    "ratio": _Style(),
    "days": _Style(decimals=1, suffix=" days"),
    "per_hundred": _Style(decimals=1, below=0.1, finer=2, suffix=" per 100"),
    "per_thousand": _Style(decimals=1, below=0.1, finer=2, suffix=" per 1,000"),
    "per_thousand_difference": _Style(
        decimals=1, below=0.1, finer=2, signed=True, suffix=" per 1,000"
    ),
}
UNITS = tuple(_STYLES)


def anchor(key: str) -> str:
    """
    Name of a figure that is safe in an address and in HTML.

    Parameters
    ----------
    key : str
        Key of the figure in the ledger, such as ``nps_segment/loyal``.

    Returns
    -------
    str
        The key with "--" for "/". A key with other characters gets a short
        digest, so that two different keys never share a name.

    Examples
    --------
    >>> anchor("nps_segment/loyal")
    'nps_segment--loyal'
    >>> anchor("nps_city/Köln") == anchor("nps_city/Koln")
    False
    """
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", plain.replace("/", "--")).strip("-")
    if slug.replace("--", "/") == key:
        return slug
    return f"{slug}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def displayed(value: Any, unit: str) -> Any:
    """
    Change a value to the scale on which it is written; shares count in percent.

    Parameters
    ----------
    value : float or array of float
        Unrounded.
    unit : str
        One of `UNITS`.

    Returns
    -------
    float or array of float
        Unrounded.

    Examples
    --------
    >>> displayed(0.25, "share")
    25.0
    """
    return value * _style(unit).scale


def unit_suffix(unit: str) -> str:
    """
    Return what is written behind a number of a unit.

    Parameters
    ----------
    unit : str
        One of `UNITS`.

    Returns
    -------
    str
        With its leading space; empty for units that have none.

    Examples
    --------
    >>> unit_suffix("share"), unit_suffix("points")
    (' %', '')
    """
    return _style(unit).suffix


def style_decimals(values: list[float], unit: str) -> int:
    """
    Decimals that show every value of one column alike.

    Parameters
    ----------
    values : list of float
        Values of one unit; missing values are left out.
    unit : str
        One of `UNITS`.

    Returns
    -------
    int
        The decimals of the value that needs most of them.

    Examples
    --------
    >>> style_decimals([0.312, 0.0004], "share")
    2
    """
    style = _style(unit)
    shown = [style.decimals_of(v) for v in values if not is_missing(v)]
    return max(shown, default=style.decimals)


def format_value(
    value: float | None,
    unit: str,
    currency: str = "EUR",
    *,
    decimals: int | None = None,
    signed: bool | None = None,
) -> str:
    """
    Write a value as a reader expects it.

    Parameters
    ----------
    value : float
        The unrounded value; missing (NaN or None) means withheld or unknown.
    unit : str
        One of `UNITS`.
    currency : str
        Three-letter code, used for the unit "amount".
    decimals : int, optional
        Digits after the point. By default the unit's own.
    signed : bool, optional
        Whether to write a plus sign. By default points and differences have one.

    Returns
    -------
    str
        The value with its unit, or an en dash where it is missing.

    Raises
    ------
    ValueError
        If the unit is unknown.

    Examples
    --------
    >>> format_value(0.2431, "share"), format_value(31.2, "points")
    ('24.3 %', '+31.2')
    >>> format_value(48.2, "amount"), format_value(12034, "count")
    ('€ 48.20', '12,034')
    >>> format_value(0.021, "share_difference")
    '+2.1 %-points'
    >>> format_value(-0.314, "correlation"), format_value(float("nan"), "score")
    ('−0.31', '–')
    """
    style = _style(unit)
    if value is None or is_missing(value):
        return NOTHING
    digits = style.decimals_of(value) if decimals is None else decimals
    plus = style.signed if signed is None else signed
    number = _number(value * style.scale, digits, plus=plus)
    if unit in ("amount", "amount_difference"):
        return _with_currency(number, currency)
    return number + style.suffix


def format_interval(
    low: float | None,
    high: float | None,
    unit: str,
    currency: str = "EUR",
) -> str:
    """
    Write an interval, both ends with the same digits and the unit once.

    Parameters
    ----------
    low, high : float
        Unrounded ends of the interval.
    unit : str
        One of `UNITS`.
    currency : str
        Three-letter code, used for the unit "amount".

    Returns
    -------
    str
        ``low to high``, or an en dash where either end is missing or where they are
        one: a number that was counted has no interval.

    Examples
    --------
    >>> format_interval(27.2, 35.4, "points")
    '+27.2 to +35.4'
    >>> format_interval(0.2211, 0.2654, "share")
    '22.1 to 26.5 %'
    """
    if low is None or high is None or is_missing(low) or is_missing(high):
        return NOTHING
    if low == high:
        return NOTHING
    digits = style_decimals([low, high], unit)
    first = format_value(low, unit, currency, decimals=digits)
    last = format_value(high, unit, currency, decimals=digits)
    suffix = _style(unit).suffix
    return f"{first.removesuffix(suffix)} to {last}"


def format_p(p: float | None) -> str:
    """
    Write a p-value or a q-value.

    Parameters
    ----------
    p : float
        Between 0 and 1, or missing.

    Returns
    -------
    str
        Three decimals, ``< 0.001`` below them, an en dash where missing.

    Raises
    ------
    ValueError
        If `p` lies outside 0 to 1.

    Examples
    --------
    >>> format_p(0.0342), format_p(0.00002), format_p(0.9999)
    ('0.034', '< 0.001', '> 0.999')
    """
    if p is None or is_missing(p):
        return NOTHING
    if not 0 <= p <= 1:
        raise ValueError(f"a p-value lies between 0 and 1, not at {p!r}")
    if p < 0.001:
        return "< 0.001"
    return "> 0.999" if p >= 0.9995 else f"{p:.3f}"


def is_missing(value: Any) -> bool:
    """
    Whether a value is None, NaN or pandas' NA.

    Parameters
    ----------
    value : object
        Any single value.

    Returns
    -------
    bool
        True where there is nothing to write.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(0)
    (True, True, False)
    """
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def is_withheld(row: Mapping[Any, Any]) -> bool:
    """
    Whether the ledger withheld a figure.

    Parameters
    ----------
    row : mapping
        One row of published figures.

    Returns
    -------
    bool
        True where `withheld` is set; a row without the column is shown.

    Examples
    --------
    >>> is_withheld({"withheld": True}), is_withheld({"value": 3.0})
    (True, False)
    """
    flag = row.get("withheld", False)
    return False if is_missing(flag) else bool(flag)


def _style(unit: str) -> _Style:
    """Look the unit up, or say which units there are."""
    if unit not in _STYLES:
        known = ", ".join(UNITS)
        raise ValueError(f"unit {unit!r} cannot be written; known units are: {known}")
    return _STYLES[unit]


def _number(value: float, decimals: int, *, plus: bool) -> str:
    """Round, group thousands, and sign with a real minus; never minus zero."""
    if math.isinf(value):
        return f"{MINUS if value < 0 else '+' if plus else ''}∞"
    text = f"{abs(value):,.{decimals}f}"
    is_zero = float(text.replace(",", "")) == 0
    sign = "" if is_zero else MINUS if value < 0 else "+" if plus else ""
    return sign + text


def _with_currency(number: str, currency: str) -> str:
    """Put the sign before the currency and the currency before the number."""
    symbol = SYMBOLS.get(currency, currency)
    sign = number[0] if number[0] in f"{MINUS}+" else ""
    return f"{sign}{symbol} {number.removeprefix(sign)}"
