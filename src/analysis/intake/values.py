"""Read dates, numbers and yes-or-no from text; what cannot be read is not guessed.

Each function returns the values and a mask of the cells that hold something else.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

TIME = (
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?:Z|[A-Z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}(?::?\d{2})?))?)?"
)
YEAR_FIRST = (
    r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
)
DAY_FIRST = r"(?P<day>\d{1,2})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<year>\d{4})"
MONTH_FIRST = (
    r"(?P<month>\d{1,2})(?P<sign>[-/.])(?P<day>\d{1,2})(?P=sign)(?P<year>\d{4})"
)
ORDERS = {
    "iso": [YEAR_FIRST],
    "day_first": [YEAR_FIRST, DAY_FIRST],
    "month_first": [YEAR_FIRST, MONTH_FIRST],
}
DAY_OR_MONTH_FIRST = r"\d{1,2}([-/.])\d{1,2}\1\d{4}(?!\d)"
EXPECTED_DATE = {
    "iso": "a date such as 2026-09-30",
    "day_first": "a date such as 30/09/2026",
    "month_first": "a date such as 09/30/2026",
}
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
COMMA_NUMBER = (
    r"[+-]?(?:(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,\d*)?|,\d+)(?:[eE][+-]?\d{1,3})?"
)
FORMS = {".": NUMBER, ",": COMMA_NUMBER}
# Not 12,500, which may be twelve thousand.
WITH_COMMA = r"[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+),(?!\d{3}$)\d+"
YES = {"true", "yes", "y", "1", "1.0", "t"}
NO = {"false", "no", "n", "0", "0.0", "f"}
EARLIEST, LATEST = 1900, 2200


def dates(text: pd.Series, *, order: str = "iso") -> tuple[pd.Series, pd.Series]:
    """Read dates, with or without a time of day.

    Parameters
    ----------
    text : Series of str
        The cells; missing cells stay missing.
    order : str
        ``iso`` (year first), ``day_first``, ``month_first``, or a format of
        ``strptime``. The first three want a year of four digits, and a date with the
        year first is read by all three, since it cannot be mistaken.

    Returns
    -------
    tuple of Series
        Timestamps to the second, and a mask of cells that are no such date.

    Notes
    -----
    A time zone is not applied: the clock's own day counts, as the customer saw it.
    Fractions of a second are left out. Years outside 1900 to 2200 are no dates.

    Examples
    --------
    >>> values, bad = dates(pd.Series(["30/09/2026", "09/30/2026"]), order="day_first")
    >>> values[0].date().isoformat(), bad.tolist()
    ('2026-09-30', [False, True])
    """
    if order not in ORDERS:
        return _strict(text, order)
    values = pd.Series(pd.NaT, index=text.index, dtype="datetime64[ns]")
    for pattern in ORDERS[order]:
        values = values.fillna(_stamps(text[values.isna()], pattern))
    return values, text.notna() & values.isna()


def numbers(text: pd.Series, *, decimal: str = ".") -> tuple[pd.Series, pd.Series]:
    """Read numbers; ``9 - very likely`` is none.

    Parameters
    ----------
    text : Series of str
        The cells; missing cells stay missing.
    decimal : str
        The sign before the decimals. With a point, ``12,5`` is no number. With a
        comma, points part off thousands: ``1.246,78`` is one, and ``12.5`` is none.

    Returns
    -------
    tuple of Series
        Numbers, and a mask of cells that are none.

    Examples
    --------
    >>> values, bad = numbers(pd.Series(["9", "8.5", "9,5"]))
    >>> values.tolist(), bad.tolist()
    ([9.0, 8.5, nan], [False, False, True])
    >>> values, bad = numbers(pd.Series(["9", "8.5", "1.246,78"]), decimal=",")
    >>> values.tolist(), bad.tolist()
    ([9.0, nan, 1246.78], [False, True, False])
    """
    known = text.where(text.str.fullmatch(FORMS[decimal]).fillna(False).astype(bool))
    if decimal == ",":
        known = known.str.replace(".", "").str.replace(",", ".")
    values = pd.to_numeric(known, errors="coerce").astype("float64")
    return values, text.notna() & values.isna()


def flags(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Read yes or no: true, yes, y, t or 1, and their opposites.

    Examples
    --------
    >>> values, bad = flags(pd.Series(["Yes", "0", "maybe"]))
    >>> values.tolist(), bad.tolist()
    ([True, False, <NA>], [False, False, True])
    """
    small = text.str.lower()
    values = pd.Series(pd.NA, index=text.index, dtype="boolean")
    values[small.isin(YES)] = True
    values[small.isin(NO)] = False
    return values, text.notna() & values.isna()


def is_among(text: pd.Series, codes: list[Any], *, decimal: str = ".") -> pd.Series:
    """Say which cells hold one of some codes; 11 is also found as ``11.0``.

    Examples
    --------
    >>> is_among(pd.Series(["9", "11.0", None]), [11]).tolist()
    [False, True, False]
    """
    wanted = {str(code) for code in codes}
    amounts = {float(code) for code in wanted if re.fullmatch(NUMBER, code)}
    if not amounts:
        return text.isin(wanted)
    return text.isin(wanted) | numbers(text, decimal=decimal)[0].isin(amounts)


def _strict(text: pd.Series, form: str) -> tuple[pd.Series, pd.Series]:
    values = pd.to_datetime(text, format=form, errors="coerce")
    values = values.where(values.dt.year.between(EARLIEST, LATEST)).dt.floor("s")
    return values.astype("datetime64[ns]"), text.notna() & values.isna()


def _stamps(text: pd.Series, pattern: str) -> pd.Series:
    # Many rows share a date, and a pattern is slow: each text is read once.
    once = pd.Series(text.dropna().unique(), dtype="str")
    parts = once.str.extract(f"^{pattern}{TIME}$")
    half = parts.pop("half").str.lower()
    parts = parts.drop(columns="sign").astype("float64")
    parts[["hour", "minute", "second"]] = parts[["hour", "minute", "second"]].fillna(0)
    twelve = half.notna()
    known = ~twelve | parts["hour"].between(1, 12)
    afternoon = parts["hour"] % 12 + 12 * (half == "p")
    parts["hour"] = parts["hour"].where(~twelve, afternoon).where(known)
    real = parts["year"].between(EARLIEST, LATEST) & (parts["hour"] < 24)
    parts = parts.where(real & (parts[["minute", "second"]] < 60).all(axis=1))
    stamps = pd.to_datetime(parts, errors="coerce").astype("datetime64[ns]")
    return text.map(dict(zip(once, stamps, strict=True))).astype("datetime64[ns]")
