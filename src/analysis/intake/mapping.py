"""Bring a file's columns under our names, and its cells to their types."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.contracts import contract_of
from analysis.contracts.columns import Contract
from analysis.intake import values
from analysis.intake.export import faults
from analysis.settings import TableSource
from analysis.study import StudyError

# Made by intake where the file has none.
MADE = {"response_id", "document_id", "period"}
# The day that decides whether a row belongs to a run.
DATED = {
    "responses": "responded_on",
    "customers": "joined_on",
    "invitations": "invited_on",
    "products": "launched_on",
    "documents": "occurred_on",
    "benchmarks": "published_on",
    "actions": "opened_on",
    "orders": "ordered_on",
    "returns": "returned_on",
    "signals": "date",
}
# A name as like as this to one of ours is taken for a slip.
ALIKE = 0.8
DELIMITERS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}


@dataclass(frozen=True, slots=True)
class Mapped:
    """Rows under our names, before their cells are read.

    Attributes
    ----------
    rows : DataFrame of str
        Our columns; an empty cell or a code for "no answer" is missing.
    absent : list of tuple of str
        Columns that the study maps but the file lacks: ours, theirs, the nearest.
    """

    rows: pd.DataFrame
    absent: list[tuple[str, str, str]]


def names_of(
    table: str, source: TableSource, header: list[str], *, place: str = ""
) -> dict[str, str]:
    """Return which column of a file is which of ours.

    Parameters
    ----------
    table : str
        The table.
    source : TableSource
        Its settings: a column is found under the name given in `columns`, and else
        under our own. A name there that is no column of the table is an attribute,
        unless it looks like a misspelt column; attributes listed in `attributes`
        keep their names.
    header : list of str
        The columns of the file.
    place : str
        Where the study file states the source; ``tables.<table>`` if not given.

    Returns
    -------
    dict of str to str
        Ours to theirs, for the columns that the study names or the file has.

    Raises
    ------
    StudyError
        If the study maps a column that the table does not have.
    """
    contract = contract_of(table)
    for ours in [*source.columns, *source.constants, *source.missing]:
        _check_ours(table, source, ours, place or f"tables.{table}")
    known = [name for name in contract.to_schema().columns if name != "rating_.+"]
    ratings = [name for name in header if _is_rating(table, name)]
    found = {name: name for name in [*known, *ratings] if name in header}
    free = {ours: ours for ours in found if ours not in source.constants}
    taken = set(source.columns.values())
    own = {ours: theirs for ours, theirs in free.items() if theirs not in taken}
    kept = {name: name for name in source.attributes}
    return {**own, **kept, **source.columns}


def rename(
    export_rows: pd.DataFrame,
    *,
    file: str,
    table: str,
    source: TableSource,
    place: str = "",
) -> Mapped:
    """Bring the columns of one file under our names.

    Raises
    ------
    StudyError
        If a column that the table needs is not there, or occurs twice.
    """
    header = list(export_rows.columns)
    names = names_of(table, source, header, place=place)
    absent = [
        (ours, theirs, nearest(theirs, header))
        for ours, theirs in names.items()
        if theirs not in header
    ]
    check_header(header, file=file, table=table, source=source, place=place)
    for theirs in names.values():
        if header.count(theirs) > 1:
            raise StudyError(
                f"{file}: {header.count(theirs)} columns are called {theirs!r}, "
                "expected one. Rename the one that is not meant."
            )
    rows = pd.DataFrame(index=export_rows.index)
    for ours, theirs in names.items():
        if theirs in header:
            rows[ours] = _clean(export_rows[theirs], source, ours)
    for ours, value in source.constants.items():
        rows[ours] = pd.Series(value, index=rows.index, dtype="str")
    return Mapped(rows, absent)


def convert(
    rows: pd.DataFrame, *, table: str, source: TableSource
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read each cell as the type of its column.

    Returns
    -------
    tuple of DataFrame
        The rows with types, and the faults (``line`` is the position of the row).
        A cell that cannot be read is missing.
    """
    rows = rows.reset_index(drop=True)
    kinds = kinds_of(contract_of(table))
    typed, found = {}, [faults([])]
    for name in rows.columns:
        kind = kinds.get("rating_.+" if _is_rating(table, name) else name, "text")
        typed[name], bad = _read(rows[name], kind, source)
        found.append(_unread(rows[name][bad], kind, source))
    return pd.DataFrame(typed, index=rows.index), pd.concat(found, ignore_index=True)


def kinds_of(contract: type[Contract]) -> dict[str, str]:
    """Return the kind of each column: text, date, number or flag."""
    kinds = {"datetime64[ns]": "date", "float64": "number", "boolean": "flag"}
    columns = contract.to_schema().columns
    return {name: kinds.get(str(one.dtype), "text") for name, one in columns.items()}


def expected(kind: str, source: TableSource, *, found: str = "") -> str:
    """Say what a cell of a kind looks like, and what to set if it is usual elsewhere.

    Examples
    --------
    >>> expected("date", TableSource(files=["a.csv"]))
    'a date such as 2026-09-30'
    >>> expected("number", TableSource(files=["a.csv"]), found="12,5")
    'a number such as 12.5; for this set `decimal = ","`'
    """
    if kind == "flag":
        return "yes or no"
    if kind == "number":
        comma = source.decimal == "." and re.fullmatch(values.WITH_COMMA, found)
        hint = '; for this set `decimal = ","`' if comma else ""
        return f"a number such as 12{source.decimal}5{hint}"
    order = source.dates
    said = values.EXPECTED_DATE.get(order, f"a date written as {order}")
    local = order == "iso" and re.match(values.DAY_OR_MONTH_FIRST, found)
    return (
        f'{said}; for this set `dates = "day_first"` or "month_first"'
        if local
        else said
    )


def _read(
    cells: pd.Series, kind: str, source: TableSource
) -> tuple[pd.Series, pd.Series]:
    if kind == "date":
        return values.dates(cells, order=source.dates)
    if kind == "number":
        return values.numbers(cells, decimal=source.decimal)
    if kind == "flag":
        return values.flags(cells)
    return cells, pd.Series(False, index=cells.index)


def _unread(cells: pd.Series, kind: str, source: TableSource) -> pd.DataFrame:
    if cells.empty:
        return faults([])
    rule = {"flag": "not yes or no"}.get(kind, f"not a {kind}")
    name = str(cells.name)
    told = [
        (at, name, cell, rule, expected(kind, source, found=cell))
        for at, cell in cells.items()
    ]
    return faults(told)  # type: ignore[arg-type]


def _clean(cells: pd.Series, source: TableSource, ours: str) -> pd.Series:
    stripped, codes = cells.str.strip(), source.missing.get(ours, [])
    empty = stripped == ""
    if not codes:
        return stripped.mask(empty)
    coded = values.is_among(stripped, codes, decimal=source.decimal)
    return stripped.mask(empty | coded)


def _check_ours(table: str, source: TableSource, ours: str, place: str) -> None:
    known = list(contract_of(table).to_schema().columns)
    if ours in known or ours in source.attributes or _is_rating(table, ours):
        return
    close = difflib.get_close_matches(ours, known, n=1, cutoff=ALIKE)
    if close:
        raise StudyError(
            f"{place}: {ours!r} is no column of {table}. Did you mean "
            f"{close[0]!r}? If it is a column of your own, add it to `attributes`."
        )


def check_header(
    header: list[str], *, file: str, table: str, source: TableSource, place: str = ""
) -> None:
    """Refuse a file that lacks a column that the table needs.

    Raises
    ------
    StudyError
        Naming the column, the nearest one, and the delimiter where that is the cause.
    """
    place = place or f"tables.{table}"
    for ours, theirs in _needed(table, source):
        if theirs not in header:
            raise StudyError(
                f"{file}: there is no column {theirs!r}, which is {ours} of {table}. "
                f"{_shape(header, source)}{_hint(theirs, header)}Found: "
                f"{', '.join(header[:12])}{' …' if len(header) > 12 else ''}. Set "
                f"{place}.columns.{ours} in study.toml to the right one."
            )


def _needed(table: str, source: TableSource) -> Iterator[tuple[str, str]]:
    given = MADE | set(source.constants)
    if source.period:
        given = given | {DATED.get(table, "")}
    for name, one in contract_of(table).to_schema().columns.items():
        if one.required and name not in given:
            yield name, source.columns.get(name, name)


def _shape(header: list[str], source: TableSource) -> str:
    """Say so if the whole header is one cell that another sign would part."""
    if len(header) > 1 or not header:
        return ""
    signs = [sign for sign in DELIMITERS if sign in header[0]]
    if not signs or signs[0] == source.delimiter:
        return "The file has only one column. "
    sign = max(signs, key=header[0].count)
    return (
        f"The file has only one column when cut at {source.delimiter!r}; it seems to "
        f"be cut at the {DELIMITERS[sign]}: set `delimiter = {_toml(sign)}`. "
    )


def _toml(sign: str) -> str:
    return '"\\t"' if sign == "\t" else f'"{sign}"'


def nearest(name: str, names: list[str]) -> str:
    """Return the name that is most like another, whatever the case; else nothing.

    Examples
    --------
    >>> nearest("segmnt", ["Region", "Segment"])
    'Segment'
    """
    lowered = {one.lower(): one for one in names}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    return lowered[close[0]] if close else ""


def _hint(name: str, names: list[str]) -> str:
    close = nearest(name, names)
    return f"Did you mean {close!r}? " if close else ""


def _is_rating(table: str, name: str) -> bool:
    return table == "responses" and name.startswith("rating_")
