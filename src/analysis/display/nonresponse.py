"""Charts about those who did not answer: balance, and the tipping point."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.display.canvas import (
    label_rows,
    mark_reference,
    new_sheet,
    require_rows,
    scale_axis,
    sheet_height,
)
from analysis.display.names import name_rows
from analysis.display.palette import BLUE, GREY, INK, ORANGE, PALE, SOFT, THEME

BALANCED = 0.1


@mpl.rc_context(THEME)
def draw_balance(before: pd.DataFrame, after: pd.DataFrame, *, title: str) -> Figure:
    """
    Draw how far respondents differ from all customers, before and after weighting.

    Parameters
    ----------
    before, after : DataFrame
        Published standardised differences by the same attributes and levels.
    title : str
        What is shown.

    Returns
    -------
    Figure
        Per level a hollow dot before and a full dot after weighting; between the
        dashed lines a difference counts as small (0.1 standard deviations).

    Raises
    ------
    ValueError
        If there are no rows, or the frames do not hold the same levels.

    Examples
    --------
    >>> rows = pd.DataFrame({"by": ["segment", "region"], "level": ["new", "north"],
    ...     "value": [-0.3, 0.3], "unit": "score_difference"})
    >>> figure = draw_balance(rows, rows.assign(value=0.0), title="Balance")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['segment: new', 'region: north']
    """
    for rows in (before, after):
        require_rows(rows, columns=("by", "level", "value", "unit"))
    before, after = name_rows(before), name_rows(after)
    if set(before["level"]) != set(after["level"]):
        raise ValueError("before and after weighting need the same levels")
    after = after.set_index("level").loc[before["level"]]
    figure, axes = new_sheet(title, height=sheet_height(len(before)) + 0.2)
    y = np.arange(len(before))
    axes.hlines(y, before["value"], after["value"], color=PALE, linewidth=3, zorder=1)
    hollow = axes.scatter(
        before["value"], y, s=46, facecolor="white", edgecolor=ORANGE, zorder=2
    )
    full = axes.scatter(after["value"], y, s=46, color=BLUE, zorder=3)
    label_rows(axes, before.drop(columns="base", errors="ignore"))
    scale_axis(axes, "score_difference", name="standard deviations from all customers")
    for place in (-BALANCED, BALANCED):
        mark_reference(axes, place)
    _name_dots(axes, [hollow, full], ["before weighting", "after weighting"])
    return figure


@mpl.rc_context(THEME)
def draw_tipping(
    curve: pd.DataFrame,
    *,
    title: str,
    respondents: float,
    references: Mapping[str, float] | None = None,
) -> Figure:
    """
    Draw the headline of everyone against what the silent might say.

    Parameters
    ----------
    curve : DataFrame
        silent, value, low, high and unit; as the sampling wing computes it.
    title : str
        What is shown.
    respondents : float
        What respondents say: where the silent would not differ.
    references : mapping of name to value, optional
        Levels to compare with, such as zero and the target.

    Returns
    -------
    Figure
        A line with its band; a dot where the silent say what respondents say.

    Raises
    ------
    ValueError
        If there are no rows or a column is missing.

    Examples
    --------
    >>> curve = pd.DataFrame({"silent": [-100.0, 100.0], "value": [-74.0, 86.0],
    ...     "low": [-75.0, 85.0], "high": [-73.0, 87.0], "unit": "points"})
    >>> figure = draw_tipping(curve, title="If the silent differ", respondents=30.0)
    >>> figure.axes[0].get_xlabel()
    'what the silent would say'
    """
    require_rows(curve, columns=("silent", "value", "low", "high", "unit"))
    figure, axes = new_sheet(title, height=3.1)
    unit = str(curve["unit"].iloc[0])
    axes.fill_between(
        curve["silent"],
        curve["low"],
        curve["high"],
        color=BLUE,
        alpha=0.25,
        linewidth=0,
    )
    axes.plot(curve["silent"], curve["value"], color=BLUE)
    axes.plot([respondents], [respondents], "o", color=INK, zorder=3)
    axes.annotate(
        "as respondents",
        (respondents, respondents),
        xytext=(-6, 5),
        textcoords="offset points",
        ha="right",
        color=SOFT,
        size=8.5,
    )
    scale_axis(axes, unit, name="what the silent would say")
    scale_axis(axes, unit, which="y", name="what everyone would say")
    for name, value in (references or {}).items():
        mark_reference(axes, value, name, which="y")
    axes.axvline(respondents, color=GREY, linewidth=0.8, zorder=0)
    return figure


def _name_dots(axes: Axes, dots: list, names: list[str]) -> None:
    """Name the dots in a line above the chart."""
    axes.legend(
        dots, names, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=9
    )
