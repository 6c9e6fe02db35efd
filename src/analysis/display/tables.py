"""Tables that a browser, a screen reader and a terminal can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from numbers import Integral, Real

import numpy as np
import pandas as pd

from analysis.display.formats import (
    NOTHING,
    WITHHELD,
    format_interval,
    format_p,
    format_value,
    is_missing,
    is_withheld,
    style_decimals,
    unit_suffix,
)
from analysis.display.grid import Cell, Table
from analysis.display.names import name_level, name_rows

HEADERS = {
    "key": "Figure",
    "metric": "Metric",
    "by": "By",
    "level": "Group",
    "period": "Period",
    "value": "Value",
    "interval": "Interval",
    "base": "Base",
    "effective_base": "Effective base",
    "p_value": "p",
    "q_value": "q",
    "grade": "Grade",
    "unit": "Unit",
}
WORDS = ("key", "metric", "by", "level", "period", "grade", "unit")


@dataclass(frozen=True, slots=True)
class _Style:
    """What every cell of one table shares."""

    currency: str
    decimals: Mapping[str, int]


def tabulate_figures(
    rows: pd.DataFrame,
    *,
    caption: str,
    columns: Sequence[str] | Mapping[str, str] | None = None,
    across: str | None = None,
    currency: str = "EUR",
) -> Table:
    """
    Set published figures in a table whose numbers link to their origin.

    Parameters
    ----------
    rows : DataFrame
        Published figures, as `Ledger.publish` and `publish_table` return them.
    caption : str
        What the table shows.
    columns : sequence of str or mapping of str to str, optional
        Columns of `rows` in order, or "interval" for low and high together; a
        mapping also gives the headers. By default whatever tells the rows
        apart, then value, interval and base. With `across` a mapping only names
        the first column.
    across : str, optional
        Column of `rows` whose values become columns of the table ("period",
        "metric"), with the value and its interval in each cell.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Table
        One row per figure, or one per level with `across`.

    Raises
    ------
    ValueError
        If a column is unknown.

    Examples
    --------
    >>> rows = pd.DataFrame({"key": ["nps/new", "nps/loyal"], "level":
    ...     ["new", "loyal"], "value": [12.0, 41.0], "low": [4.0, 36.0],
    ...     "high": [20.0, 46.0], "base": [210, 640], "unit": "points"})
    >>> tabulate_figures(rows, caption="Score by segment")
    Score by segment
    <BLANKLINE>
    Group  Value        Interval  Base
    -----  -----  --------------  ----
    new    +12.0   +4.0 to +20.0   210
    loyal  +41.0  +36.0 to +46.0   640
    """
    style = _Style(currency, _decimals(rows))
    rows = name_rows(rows)
    if across is not None:
        heads = columns if isinstance(columns, Mapping) else {}
        return _across(rows, style, caption=caption, across=across, heads=heads)
    names = _columns(rows, columns)
    body = tuple(
        tuple(_cell(row, name, style) for name in names)
        for row in rows.to_dict("records")
    )
    return Table(caption, tuple(names.values()), body, kind="figures")


def tabulate_beside(
    columns: Mapping[str, pd.DataFrame], *, caption: str, currency: str = "EUR"
) -> Table:
    """
    Set figures of the same metrics side by side, one row per metric.

    Parameters
    ----------
    columns : mapping of header to DataFrame
        Published figures: values of metrics, or tables whose levels are metrics. A
        metric that a column lacks leaves its cell empty.
    caption : str
        What the table shows.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Table
        Each cell holds a value with its interval; values without one are sizes and
        bear no sign.

    Examples
    --------
    >>> now = pd.DataFrame({"key": ["now/nps"], "metric": ["nps"], "by": ["all"],
    ...     "value": [22.2], "low": [15.6], "high": [28.5], "unit": ["points"]})
    >>> print(tabulate_beside({"Now": now, "Change": now.iloc[:0]}, caption="All"))
    All
    <BLANKLINE>
    Metric                                   Now  Change
    --------------------  ----------------------  ------
    Promoter score (NPS)  +22.2 (+15.6 to +28.5)       –
    """
    cells: dict[str, dict[str, Cell]] = {}
    for header, rows in columns.items():
        style = _Style(currency, _decimals(rows))
        for row in rows.to_dict("records"):
            metric = row["level"] if row["by"] == "metric" else row["metric"]
            cells.setdefault(str(metric), {})[header] = _sized(row, style)
    body = tuple(
        (Cell(name_level(metric)), *(found.get(h, Cell(NOTHING)) for h in columns))
        for metric, found in cells.items()
    )
    return Table(caption, (HEADERS["metric"], *columns), body, kind="figures")


def name_groups(rows: pd.DataFrame) -> dict[str, str]:
    """
    Name the groups of a table of tables, for sentences.

    Parameters
    ----------
    rows : DataFrame
        Published figures with key (``table/column/level``), by and level.

    Returns
    -------
    dict of str to str
        Per row, by its key without the table: the level with its column.

    Examples
    --------
    >>> rows = pd.DataFrame({"key": ["change_of/region/S"], "by": ["region"],
    ...     "level": ["S"]})
    >>> name_groups(rows)
    {'region/S': 'S (region)'}
    """
    parts = zip(rows["key"], rows["by"], rows["level"], strict=True)
    return {
        str(key).partition("/")[2]: f"{level} ({name_level(str(by))})"
        for key, by, level in parts
    }


def tabulate(frame: pd.DataFrame, *, caption: str) -> Table:
    """
    Set rows of data, not published figures, in a table.

    Parameters
    ----------
    frame : DataFrame
        Each column becomes a column, its name the header.
    caption : str
        What the table shows.

    Returns
    -------
    Table
        Whole numbers with thousands separators, other values as they are.

    Examples
    --------
    >>> tabulate(pd.DataFrame({"file": ["a.csv"], "rows": [1200]}), caption="Files")
    Files
    <BLANKLINE>
    file    rows
    -----  -----
    a.csv  1,200
    """
    names = tuple(str(name).replace("_", " ") for name in frame.columns)
    body = tuple(
        tuple(_plain(value) for value in row)
        for row in frame.itertuples(index=False, name=None)
    )
    return Table(caption, names, body)


def _columns(
    rows: pd.DataFrame, columns: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Name of each column and its header."""
    if columns is None:
        columns = [*_distinguishing(rows), "value", "interval", "base"]
    if not isinstance(columns, Mapping):
        columns = {name: HEADERS.get(name, name) for name in columns}
    unknown = [n for n in columns if n != "interval" and n not in rows.columns]
    if unknown:
        raise ValueError(
            f"figures have no column {unknown[0]!r}; they have "
            f"{', '.join(map(str, rows.columns))} and 'interval'"
        )
    return dict(columns)


def _distinguishing(rows: pd.DataFrame) -> list[str]:
    """Columns whose values tell the rows apart, else the key."""
    candidates = [n for n in ("metric", "level", "period") if n in rows.columns]
    telling = [name for name in candidates if len(set(rows[name])) > 1]
    if len(rows) == 1:
        telling = [n for n in ("metric", "level") if n in rows.columns][:1]
    return telling or ["key"]


def _decimals(rows: pd.DataFrame) -> dict[str, int]:
    """Decimals of each unit in the table."""
    groups = rows.groupby("unit", sort=False)["value"]
    return {str(unit): style_decimals(list(v), str(unit)) for unit, v in groups}


def _cell(row: dict, name: str, style: _Style) -> Cell:
    """Write one column of one figure."""
    if name in WORDS:
        return Cell(_word(row[name], name))
    return Cell(_written(row, name, style), row["key"], is_number=True)


def _word(value: object, name: str) -> str:
    """Write a label; missing is an en dash, a metric's underscores are spaces."""
    if is_missing(value) or value == "":
        return NOTHING
    return name_level(str(value)) if name in ("metric", "level") else str(value)


def _written(row: dict, name: str, style: _Style) -> str:
    """Write one number of a figure."""
    unit = row["unit"]
    if name == "interval":
        return format_interval(row["low"], row["high"], unit, style.currency)
    if name in ("base", "effective_base"):
        return format_value(row[name], "count")
    if name in ("p_value", "q_value"):
        return format_p(row[name])
    if name == "value" and is_withheld(row):
        return WITHHELD
    return format_value(row[name], unit, style.currency, decimals=style.decimals[unit])


def _across(
    rows: pd.DataFrame,
    style: _Style,
    *,
    caption: str,
    across: str,
    heads: Mapping[str, str],
) -> Table:
    """One row per level (or metric), one column per value of `across`."""
    down = "level" if across != "level" else "metric"
    cells = {
        (row[down], row[across]): _both(row, style) for row in rows.to_dict("records")
    }
    over = list(dict.fromkeys(rows[across]))
    body = tuple(
        (Cell(_word(name, down)), *(cells.get((name, o), Cell(NOTHING)) for o in over))
        for name in dict.fromkeys(rows[down])
    )
    headers = (heads.get(down, HEADERS[down]), *(_word(one, across) for one in over))
    return Table(caption, headers, body, kind="figures")


def _sized(row: dict, style: _Style) -> Cell:
    """Value and interval, or, where there is no interval, a size without sign."""
    cell = _both(row, style)
    if row["low"] == row["high"]:
        return Cell(cell.text.removeprefix("+"), cell.key, is_number=True)
    return cell


def _both(row: dict, style: _Style) -> Cell:
    """Value and interval in one cell, their unit written once."""
    text = _written(row, "value", style)
    interval = _written(row, "interval", style)
    if interval != NOTHING and text != WITHHELD:
        unit = unit_suffix(row["unit"])
        text = f"{text.removesuffix(unit)} ({interval.removesuffix(unit)}){unit}"
    return Cell(text, row["key"], is_number=True)


def _plain(value: object) -> Cell:
    """Write a value of a data row."""
    if is_missing(value):
        return Cell(NOTHING)
    if isinstance(value, bool | np.bool_):
        return Cell("yes" if value else "no")
    if isinstance(value, datetime):
        return Cell(f"{value:%Y-%m-%d}")
    if isinstance(value, Integral):
        return Cell(f"{value:,}", is_number=True)
    if isinstance(value, Real):
        return Cell(f"{value:,.4g}", is_number=True)
    return Cell(str(value))
