"""Several figures of each product in one line."""

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.display.canvas import require_rows
from analysis.display.formats import NOTHING, format_value, is_missing
from analysis.display.grid import Cell, Table
from analysis.display.tables import HEADERS, tabulate_figures


def tabulate_scorecard(
    columns: Mapping[str, pd.DataFrame],
    *,
    caption: str,
    products: pd.DataFrame,
    words: Mapping[str, str] | None = None,
    most: int | None = None,
) -> Table:
    """
    Set several figures of each product in one line.

    Parameters
    ----------
    columns : mapping of header to DataFrame
        Published figures by product. Products are sorted by the first, the highest
        on top, and its base is the one that is shown.
    caption : str
        What the table shows.
    products : DataFrame
        Columns product_id and, where known, name and category.
    words : mapping of str to str, optional
        What is said of a product in the last column, by level.
    most : int, optional
        How many products are shown; all if not given.

    Returns
    -------
    Table
        One row per product, each number linked to its figure.

    Raises
    ------
    ValueError
        If the first column has no rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"key": ["r/a", "r/b"], "metric": "return_rate", "level":
    ...     ["a", "b"], "value": [0.1, 0.2], "low": [0.05, 0.15], "high": [0.2, 0.3],
    ...     "base": [90, 120], "unit": "share"})
    >>> products = pd.DataFrame({"product_id": ["a", "b"], "name": ["Lamp", "Desk"]})
    >>> tabulate_scorecard({"Returned": rows}, caption="Sold", products=products)
    Sold
    <BLANKLINE>
    Product  Base               Returned
    -------  ----  ---------------------
    Desk      120  20.0 (15.0 to 30.0) %
    Lamp       90   10.0 (5.0 to 20.0) %
    """
    first = next(iter(columns.values()))
    require_rows(first, columns=("key", "level", "value", "base"))
    order = first.sort_values("value", ascending=False, na_position="last")
    levels = [str(level) for level in dict.fromkeys(order["level"])]
    figures = {"": _bases(first), **{h: _cells(rows) for h, rows in columns.items()}}
    said = [_names(products, "name"), _names(products, "category"), dict(words or {})]
    shown = levels[:most]
    if len(shown) < len(levels):
        caption = f"{caption} ({len(shown)} of {len(levels)} products)"
    body = [_line(level, figures, said) for level in shown]
    heads = ["Product", "Category", HEADERS["base"], *columns, "Stands out"]
    kept = [i for i, _ in enumerate(heads) if _is_filled(i, len(heads), said)]
    return Table(
        caption,
        tuple(heads[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in body),
        kind="figures",
    )


def _line(
    level: str,
    figures: Mapping[str, Mapping[str, Cell]],
    said: Sequence[Mapping[str, str]],
) -> list[Cell]:
    names, categories, words = said
    return [
        Cell(names.get(level, level)),
        Cell(categories.get(level, NOTHING)),
        *(cells.get(level, Cell(NOTHING)) for cells in figures.values()),
        Cell(words.get(level) or NOTHING),
    ]


def _is_filled(place: int, places: int, said: Sequence[Mapping[str, str]]) -> bool:
    """Whether a column says something: categories and words may be unknown."""
    optional = {1: said[1], places - 1: said[2]}
    return bool(optional.get(place, True))


def _cells(rows: pd.DataFrame) -> dict[str, Cell]:
    """Value and interval of each level, linked to the figure."""
    if rows.empty:
        return {}
    # Levels are numbered, since two may read alike once they are written out.
    numbered = rows.assign(level=[str(i) for i in range(len(rows))], by="", metric="m")
    table = tabulate_figures(numbered, caption="", across="metric")
    pairs = zip(rows["level"], table.rows, strict=True)
    return {str(level): row[1] for level, row in pairs}


def _bases(rows: pd.DataFrame) -> dict[str, Cell]:
    parts = zip(rows["level"], rows["base"], rows["key"], strict=True)
    return {
        str(level): Cell(format_value(base, "count"), str(key), is_number=True)
        for level, base, key in parts
    }


def _names(products: pd.DataFrame, column: str) -> dict[str, str]:
    """What is known of each product."""
    if column not in products:
        return {}
    pairs = zip(products["product_id"], products[column], strict=True)
    return {str(level): str(one) for level, one in pairs if not is_missing(one)}
