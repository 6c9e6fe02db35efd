"""Charts of how answers and weights are spread."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
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
from analysis.display.formats import format_value, is_missing
from analysis.display.palette import (
    BLUE,
    DETRACTORS,
    GREY,
    INK,
    PASSIVES,
    PROMOTERS,
    THEME,
)

NEEDED = ("level", "value", "unit")


@mpl.rc_context(THEME)
def draw_score_groups(
    detractors: pd.DataFrame,
    passives: pd.DataFrame,
    promoters: pd.DataFrame,
    *,
    title: str,
) -> Figure:
    """
    Draw detractors, passives and promoters as parts of each group.

    Parameters
    ----------
    detractors, passives, promoters : DataFrame
        Published shares by the same levels, in the order to be drawn.
    title : str
        What is shown.

    Returns
    -------
    Figure
        One bar per level with the parts named above the first bar.

    Raises
    ------
    ValueError
        If there are no rows or the levels differ.

    Examples
    --------
    >>> parts = [pd.DataFrame({"level": ["all"], "value": [share], "base": [900],
    ...     "unit": "share"}) for share in (0.2, 0.3, 0.5)]
    >>> figure = draw_score_groups(*parts, title="Who would recommend us")
    >>> [float(bar.get_width()) for bar in figure.axes[0].patches]
    [0.2, 0.3, 0.5]
    """
    parts = {"detractors": detractors, "passives": passives, "promoters": promoters}
    for rows in parts.values():
        require_rows(rows, columns=NEEDED)
        if list(rows["level"]) != list(promoters["level"]):
            raise ValueError("detractors, passives and promoters need the same levels")
    figure, axes = new_sheet(title, height=sheet_height(len(promoters)))
    left = np.zeros(len(promoters))
    colours = (DETRACTORS, PASSIVES, PROMOTERS)
    for (name, rows), colour in zip(parts.items(), colours, strict=True):
        left = _draw_part(axes, rows, name=name, left=left, colour=colour)
    label_rows(axes, promoters)
    scale_axis(axes, "share", name="share of respondents, percent")
    axes.set_xlim(0, 1)
    return figure


@mpl.rc_context(THEME)
def draw_scale_distribution(
    rows: pd.DataFrame, *, title: str, question: str = ""
) -> Figure:
    """
    Draw the share of answers at each point of a scale.

    Parameters
    ----------
    rows : DataFrame
        Published shares, one row per point of the scale, in its order.
    title : str
        What is shown.
    question : str
        The question as it was asked, written under the axis.

    Returns
    -------
    Figure
        One bar per point with its share above it, and the interval where
        the rows have one.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": [1, 2], "value": [0.4, 0.6],
    ...     "unit": "share"})
    >>> figure = draw_scale_distribution(rows, title="Satisfaction")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['40.0 %', '60.0 %']
    """
    require_rows(rows, columns=NEEDED)
    figure, axes = new_sheet(title, height=2.9)
    x = np.arange(len(rows))
    axes.bar(x, rows["value"], color=BLUE, width=0.78)
    tops = rows["value"].to_numpy(dtype=float)
    if {"low", "high"} <= set(rows.columns):
        axes.vlines(x, rows["low"], rows["high"], color=INK, linewidth=1)
        tops = np.fmax(tops, rows["high"].to_numpy(dtype=float))
    axes.set_xticks(x, [str(level) for level in rows["level"]])
    axes.set_xlabel(question)
    scale_axis(axes, "share", which="y", name="share of answers, percent")
    axes.margins(y=0.12)
    for position, top, value in zip(x, tops, rows["value"], strict=True):
        _write_above(axes, (float(position), float(top)), format_value(value, "share"))
    return figure


@mpl.rc_context(THEME)
def draw_weights(
    weights: pd.Series, *, title: str, trimmed_at: float | None = None
) -> Figure:
    """
    Draw how many respondents carry which weight.

    Parameters
    ----------
    weights : Series of float
        Positive weights, one per respondent; drawn relative to their mean.
    title : str
        What is shown.
    trimmed_at : float, optional
        The largest weight allowed, as a multiple of the mean.

    Returns
    -------
    Figure
        A histogram with a line at the mean.

    Raises
    ------
    ValueError
        If a weight is missing or not positive.

    Examples
    --------
    >>> figure = draw_weights(pd.Series([0.5, 1.0, 1.5]), title="Weights")
    >>> figure.axes[0].get_ylabel()
    'respondents'
    """
    if weights.empty or not (weights > 0).all():
        raise ValueError("weights must be present and above zero to be drawn")
    figure, axes = new_sheet(title, height=2.7)
    relative = (weights / weights.mean()).to_numpy(dtype=float)
    bins = min(40, max(8, int(np.sqrt(len(relative)))))
    sns.histplot(x=relative, bins=bins, ax=axes, color=BLUE, edgecolor="white")
    scale_axis(axes, "count", which="y", name="respondents")
    axes.set_xlabel("weight relative to the mean weight")
    axes.set_xlim(0, None)
    mark_reference(axes, 1.0, "mean")
    if trimmed_at is not None:
        mark_reference(axes, trimmed_at, "trimmed")
    return figure


def _draw_part(
    axes: Axes, rows: pd.DataFrame, *, name: str, left: np.ndarray, colour: str
) -> np.ndarray:
    """Draw one part of every bar, label it, and return where the next begins."""
    values = rows["value"].to_numpy(dtype=float)
    axes.barh(range(len(rows)), values, left=left, color=colour, height=0.68)
    ink = INK if colour == PASSIVES else "white"
    for y, (start, value) in enumerate(zip(left, values, strict=True)):
        if is_missing(value) and name == "detractors":
            axes.text(0.01, y, "withheld", va="center", color=GREY, size=8)
        elif value >= 0.09:
            text = format_value(value, "share")
            axes.text(
                start + value / 2, y, text, ha="center", va="center", color=ink, size=9
            )
    _name_part(axes, name, colour)
    return left + values


def _name_part(axes: Axes, name: str, colour: str) -> None:
    """Name a part above the bars: at the left, in the middle, at the right."""
    places = {"detractors": (0, "left"), "passives": (0.5, "center")}
    x, align = places.get(name, (1, "right"))
    axes.text(
        x,
        1.01,
        name,
        transform=axes.transAxes,
        ha=align,
        va="bottom",
        color=INK if colour == PASSIVES else colour,
        weight="bold",
        size=9,
    )


def _write_above(axes: Axes, place: tuple[float, float], text: str) -> None:
    """Write a value above its bar."""
    axes.annotate(
        text,
        place,
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=8,
    )
