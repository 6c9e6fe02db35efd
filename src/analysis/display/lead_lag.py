"""Charts of what goes with what, before and after, and words beside figures."""

from collections.abc import Mapping
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.display.canvas import (
    mark_reference,
    new_sheet,
    require_rows,
    scale_axis,
)
from analysis.display.grid import Cell, Table
from analysis.display.palette import BLUE, GREY, PALE, SOFT, THEME

NEEDED = ("level", "value", "low", "high", "unit")
NOW = "same month"


@mpl.rc_context(THEME)
def draw_lead_lag(rows: pd.DataFrame, *, title: str) -> Figure:
    """
    Draw correlations by how many months lie between score and outcome.

    Parameters
    ----------
    rows : DataFrame
        Published correlations whose levels say when the outcome was
        ("2 months earlier", "same month", "1 month later"), in that order.
    title : str
        What is shown.

    Returns
    -------
    Figure
        Earlier outcomes on a shaded ground in grey: a placebo, which should lie
        around nought.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, the units differ, or a level
        does not say when the outcome was.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["1 month earlier", "same month"],
    ...     "value": [0.1, -0.4], "low": [-0.3, -0.7], "high": [0.5, -0.1],
    ...     "unit": "correlation"})
    >>> figure = draw_lead_lag(rows, title="Score and returns")
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['−1', '0']
    """
    require_rows(rows, columns=NEEDED)
    lags = np.array([_lag(str(level)) for level in rows["level"]])
    figure, axes = new_sheet(title, height=2.9)
    colours = [GREY if lag < 0 else BLUE for lag in lags]
    axes.vlines(lags, rows["low"], rows["high"], color=colours, linewidth=3, alpha=0.5)
    axes.scatter(lags, rows["value"], color=colours, s=42, zorder=3)
    axes.set_xlim(lags.min() - 0.5, lags.max() + 0.5)
    if (lags < 0).any():
        axes.axvspan(lags.min() - 0.5, -0.5, color=PALE, alpha=0.35, linewidth=0)
        axes.annotate(
            "placebo: the outcome came first",
            (0.01, 1),
            xycoords="axes fraction",
            xytext=(0, 3),
            textcoords="offset points",
            color=SOFT,
            size=8.5,
        )
    axes.set_xticks(
        lags, [f"{lag:+d}".replace("-", "−") if lag else "0" for lag in lags]
    )
    axes.set_xlabel("months from score to outcome", color=SOFT)
    scale_axis(axes, str(rows["unit"].iloc[0]), which="y")
    mark_reference(axes, 0, which="y")
    return figure


def _signed(lag: int) -> str:
    return f"{lag:+d}".replace("-", "−") if lag else "0"


def _lag(level: str) -> int:
    if level == NOW:
        return 0
    number, _, side = level.partition(" ")
    if not number.isdigit() or not side.endswith(("earlier", "later")):
        raise ValueError(f"{level!r} does not say when the outcome was")
    return int(number) if side.endswith("later") else -int(number)


def add_words(table: Table, words: Mapping[str, str], *, header: str) -> Table:
    """
    Add a column of words to a table, by what heads its rows.

    Parameters
    ----------
    table : Table
        Such as `tabulate_figures` makes it.
    words : mapping of str to str
        What to write into the row of each first cell; empty where there is none.
    header : str
        Of the new column.

    Returns
    -------
    Table
        With one column more, the last.

    Examples
    --------
    >>> add_words(Table("Pets", ("pet",), ((Cell("cat"),),)), {"cat": "purrs"},
    ...     header="does")
    Pets
    <BLANKLINE>
    pet  does
    ---  -----
    cat  purrs
    """
    rows = tuple((*row, Cell(words.get(row[0].text, "–"))) for row in table.rows)
    return replace(table, headers=(*table.headers, header), rows=rows)
