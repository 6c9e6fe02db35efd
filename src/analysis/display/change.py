"""The chart of what a change is made of."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.display.canvas import (
    label_rows,
    new_sheet,
    require_rows,
    scale_axis,
    sheet_height,
)
from analysis.display.formats import format_value
from analysis.display.names import name_level
from analysis.display.palette import BLUE, GREY, INK, ORANGE, SOFT, THEME

NEEDED = ("level", "value", "low", "high", "unit")
ENDS = ("period", "value", "low", "high", "unit")
TOTAL, JOINT, SPLIT = "total", "customer mix", ("mix", "weighting")
NAMES = {
    "mix": "other respondents",
    "weighting": "weighting",
    JOINT: "other mix of customers",
    "within": "other answers within groups",
}


@mpl.rc_context(THEME)
def draw_bridge(
    rows: pd.DataFrame, *, ends: pd.DataFrame, title: str, currency: str = "EUR"
) -> Figure:
    """
    Draw what leads from a figure of one period to that of the next.

    Parameters
    ----------
    rows : DataFrame
        Published parts of the change, from the top. ``total`` is not drawn, nor are
        ``mix`` and ``weighting`` where ``customer mix`` holds both.
    ends : DataFrame
        Published figures of both periods, with `period`, the earlier one first.
    title : str
        What is shown.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        Dots for the two periods; between them a bar for each part, from where the one
        before ended, with its interval as a thin line. A part is grey where its
        interval holds zero: its side is not known.

    Raises
    ------
    ValueError
        If there are no rows, a column or a value is missing, or the parts do not lead
        from one end to the other.

    Examples
    --------
    >>> ends = pd.DataFrame({"period": ["2026Q2", "2026Q3"], "value": [36.0, 24.0],
    ...     "low": [30.0, 17.0], "high": [42.0, 31.0], "unit": "points"})
    >>> rows = pd.DataFrame({"level": ["customer mix", "within"],
    ...     "value": [-3.0, -9.0], "low": [-4.0, -18.0], "high": [-2.0, 0.5],
    ...     "unit": "points"})
    >>> figure = draw_bridge(rows, ends=ends, title="Why the score fell")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()][1]
    'other mix of customers'
    """
    require_rows(rows, columns=NEEDED)
    require_rows(ends, columns=ENDS)
    rows = _parts(rows)
    starts = _starts(rows, ends)
    figure, axes = new_sheet(title, height=sheet_height(len(rows) + 2))
    _draw_ends(axes, ends, len(rows) + 1)
    _draw_parts(axes, rows, starts)
    _label_bridge(axes, rows, ends, currency=currency)
    scale_axis(axes, str(ends["unit"].iloc[0]), currency=currency)
    return figure


def _parts(rows: pd.DataFrame) -> pd.DataFrame:
    """Parts that lead from one end to the other, without those held in others."""
    levels = set(rows["level"])
    left_out = {TOTAL, *(SPLIT if JOINT in levels else ())}
    kept = rows[~rows["level"].isin(left_out)]
    if kept.empty or kept["value"].isna().any():
        raise ValueError("a bridge needs all its parts, and some are withheld")
    return kept


def _starts(rows: pd.DataFrame, ends: pd.DataFrame) -> np.ndarray:
    """Where each part starts; the last one must reach the later period."""
    if len(ends) != 2 or ends["value"].isna().any():
        raise ValueError("a bridge leads from one period's figure to another's")
    first, last = ends["value"]
    reached = first + rows["value"].cumsum().to_numpy(dtype=float)
    if abs(reached[-1] - last) > 1e-6 * max(1.0, abs(first), abs(last)):
        raise ValueError(f"the parts lead from {first} to {reached[-1]}, not to {last}")
    return np.append(first, reached[:-1])


def _draw_ends(axes: Axes, ends: pd.DataFrame, last: int) -> None:
    for y, row in zip((0, last), ends.to_dict("records"), strict=True):
        axes.hlines(y, row["low"], row["high"], color=INK, linewidth=3, alpha=0.35)
        axes.scatter(row["value"], y, color=INK, s=52, zorder=3)


def _draw_parts(axes: Axes, rows: pd.DataFrame, starts: np.ndarray) -> None:
    """Bars from where the part before ended, with thin lines from row to row."""
    for place, (start, row) in enumerate(
        zip(starts, rows.to_dict("records"), strict=True), start=1
    ):
        end = start + row["value"]
        colour = _side(row["low"], row["high"])
        axes.barh(place, row["value"], left=start, height=0.5, color=colour, zorder=2)
        low, high = start + row["low"], start + row["high"]
        axes.hlines(place, low, high, color=INK, linewidth=1.2, zorder=3)
        for x, top, foot in ((start, place - 1, place), (end, place, place + 1)):
            axes.vlines(x, top, foot, color=SOFT, linewidth=0.8, zorder=1)


def _side(low: float, high: float) -> str:
    """Colour of a part: its direction, grey where it is not known."""
    if low > 0:
        return BLUE
    return ORANGE if high < 0 else GREY


def _label_bridge(
    axes: Axes, rows: pd.DataFrame, ends: pd.DataFrame, *, currency: str
) -> None:
    names = [NAMES.get(level, name_level(str(level))) for level in rows["level"]]
    every = [*ends.iloc[:1].to_dict("records"), *rows.to_dict("records")]
    every += ends.iloc[1:].to_dict("records")
    labels = [str(ends["period"].iloc[0]), *names, str(ends["period"].iloc[1])]
    label_rows(axes, pd.DataFrame({"level": labels}))
    for y, row in enumerate(every):
        write_beside(axes, y, format_value(row["value"], row["unit"], currency))


def write_beside(axes: Axes, y: float, text: str, *, colour: str = INK) -> None:
    """
    Write at the right of a row.

    Parameters
    ----------
    axes : Axes
        To write beside.
    y : float
        The row.
    text : str
        What to write.
    colour : str
        Of the letters.
    """
    axes.annotate(
        text,
        (1.02, y),
        xycoords=("axes fraction", "data"),
        va="center",
        color=colour,
        size=9,
    )
