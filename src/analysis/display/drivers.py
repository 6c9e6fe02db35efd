"""Charts of key drivers: how much each goes with, and how it is rated."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from analysis.display.canvas import (
    label_rows,
    label_values,
    mark_reference,
    new_sheet,
    require_rows,
    scale_axis,
    sheet_height,
)
from analysis.display.names import name_rows
from analysis.display.palette import BLUE, GREY, INK, ORANGE, PURPLE, SOFT, THEME

NEEDED = ("level", "value", "low", "high", "unit")
# What a halo check can say of a driver, and how its dot looks: never by colour alone.
VERDICTS = {
    "own part": (BLUE, "o", True),
    "may be halo": (ORANGE, "D", False),
    "turns round": (PURPLE, "s", False),
    "nothing seen": (GREY, "o", False),
}
CORNERS = {
    "look here first": (0.0, 1.0),
    "keep up": (1.0, 1.0),
    "low on both": (0.0, 0.0),
    "good, goes with little": (1.0, 0.0),
}


@mpl.rc_context(THEME)
def draw_drivers(
    rows: pd.DataFrame,
    *,
    title: str,
    verdicts: pd.DataFrame | None = None,
    reference: float | None = None,
    reference_label: str = "",
) -> Figure:
    """
    Draw the importance of each driver, the greatest at the top.

    Parameters
    ----------
    rows : DataFrame
        Published importance, one row per driver.
    title : str
        What is shown.
    verdicts : DataFrame, optional
        level, and what the halo check says of it: verdict is ``own part``, ``may be
        halo``, ``turns round`` or ``nothing seen``.
    reference : float, optional
        Such as an equal share.
    reference_label : str
        What the reference is.

    Returns
    -------
    Figure
        A full dot for a driver with a part of its own, an open mark for the others.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, the units differ, or a verdict is
        unknown.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["Price", "Quality"], "value": [0.2, 0.8],
    ...     "low": [0.1, 0.7], "high": [0.3, 0.9], "unit": "share"})
    >>> figure = draw_drivers(rows, title="Key drivers")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['Quality', 'Price']
    """
    require_rows(rows, columns=NEEDED)
    rows = name_rows(rows).sort_values("value", ascending=False, na_position="last")
    figure, axes = new_sheet(title, height=sheet_height(len(rows)) + 0.25)
    marks = _marks(rows, verdicts)
    for y, (row, mark) in enumerate(zip(rows.to_dict("records"), marks, strict=True)):
        colour = mark[0]
        axes.hlines(y, row["low"], row["high"], color=colour, linewidth=3.5, alpha=0.5)
        _dot(axes, row["value"], y, mark)
    label_rows(axes, rows)
    label_values(axes, rows)
    scale_axis(axes, str(rows["unit"].iloc[0]))
    if reference is not None:
        mark_reference(axes, reference, reference_label)
    _explain(figure, verdicts, rows)
    return figure


@mpl.rc_context(THEME)
def draw_importance_performance(
    importance: pd.DataFrame,
    performance: pd.DataFrame,
    *,
    title: str,
    verdicts: pd.DataFrame | None = None,
    lines: tuple[float, float] | None = None,
) -> Figure:
    """
    Draw drivers by how they are rated and how much they go with the outcome.

    Parameters
    ----------
    importance, performance : DataFrame
        Published figures, one row per driver in each. A driver that is withheld in
        one of them is left out.
    title : str
        What is shown.
    verdicts : DataFrame, optional
        As in `draw_drivers`.
    lines : tuple of float, optional
        Where the quadrants part: importance, then performance. The means if not
        given.

    Returns
    -------
    Figure
        A cross of both intervals for each driver, and the name of each quadrant in
        its corner.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, the units differ, or a verdict is
        unknown.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["Price", "Quality"], "value": [0.2, 0.8],
    ...     "low": [0.1, 0.7], "high": [0.3, 0.9], "unit": "share"})
    >>> rated = rows.assign(value=[3.1, 4.2], low=3.0, high=4.4, unit="score")
    >>> figure = draw_importance_performance(rows, rated, title="Where to look first")
    >>> figure.axes[0].get_ylabel()
    'Importance (share of what ratings explain)'
    """
    require_rows(importance, columns=NEEDED)
    require_rows(performance, columns=NEEDED)
    both = _joined(importance, performance)
    figure, axes = new_sheet(title, height=4.6)
    names = [
        _draw_cross(axes, row, mark)
        for row, mark in zip(
            both.to_dict("records"), _marks(both, verdicts), strict=True
        )
    ]
    scale_axis(axes, str(performance["unit"].iloc[0]), name="Performance (mean rating)")
    words = "Importance (share of what ratings explain)"
    scale_axis(axes, str(importance["unit"].iloc[0]), which="y", name=words)
    high, good = lines or (both["value_y"].mean(), both["value_x"].mean())
    mark_reference(axes, high, which="y")
    mark_reference(axes, good)
    axes.margins(0.14)
    corners = _name_corners(axes)
    _explain(figure, verdicts, both)
    _part_names(figure, names, corners)
    return figure


def _joined(importance: pd.DataFrame, performance: pd.DataFrame) -> pd.DataFrame:
    x = name_rows(performance)[["level", "value", "low", "high"]]
    y = name_rows(importance)[["level", "value", "low", "high"]]
    both = y.merge(x, on="level", suffixes=("_y", "_x"), validate="1:1").dropna()
    if both.empty:
        raise ValueError("a chart needs drivers with importance and performance")
    return both


def _marks(
    rows: pd.DataFrame, verdicts: pd.DataFrame | None
) -> list[tuple[str, str, bool]]:
    """Colour, shape and filling of each row's dot."""
    said = _said(rows, verdicts)
    if strange := sorted(set(said) - set(VERDICTS)):
        raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}: not {strange[0]}")
    return [VERDICTS[one] for one in said]


def _said(rows: pd.DataFrame, verdicts: pd.DataFrame | None) -> list[str]:
    if verdicts is None:
        return ["own part"] * len(rows)
    known = name_rows(verdicts).set_index("level")["verdict"].to_dict()
    return [str(known.get(level, "own part")) for level in rows["level"]]


def _dot(axes: Axes, x: float, y: float, mark: tuple[str, str, bool]) -> None:
    colour, shape, is_full = mark
    face = colour if is_full else "white"
    axes.scatter(
        *(x, y), marker=shape, s=46, facecolor=face, edgecolor=colour, zorder=5
    )


def _draw_cross(
    axes: Axes, row: Mapping[Any, Any], mark: tuple[str, str, bool]
) -> Annotation:
    colour, x, y = mark[0], row["value_x"], row["value_y"]
    axes.hlines(y, row["low_x"], row["high_x"], color=colour, linewidth=2, alpha=0.5)
    axes.vlines(x, row["low_y"], row["high_y"], color=colour, linewidth=2, alpha=0.5)
    _dot(axes, x, y, mark)
    return axes.annotate(
        textwrap.fill(str(row["level"]), 22),
        (x, y),
        (7, 4),
        textcoords="offset points",
        color=INK,
    )


def _name_corners(axes: Axes) -> list[Annotation]:
    return [
        axes.annotate(
            words,
            (x, y),
            xytext=(4 - 8 * x, 4 - 8 * y),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right" if x else "left",
            va="top" if y else "bottom",
            color=SOFT,
            size=8.5,
            style="italic",
        )
        for words, (x, y) in CORNERS.items()
    ]


def _part_names(
    figure: Figure, names: list[Annotation], taken: list[Annotation]
) -> None:
    """Move names off one another, each to the first free place near its dot."""
    figure.draw_without_rendering()
    axes = figure.axes[0]
    dots = axes.transData.transform([name.xy for name in names])
    boxes = [one.get_window_extent() for one in taken]
    boxes += [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in dots]
    for name in names:
        for offset, side in _places():
            name.set_position(offset)
            name.set_horizontalalignment(side)
            box = name.get_window_extent().padded(2)
            is_inside = axes.bbox.x0 < box.x0 and box.x1 < axes.bbox.x1
            if is_inside and not any(box.overlaps(other) for other in boxes):
                break
        boxes.append(name.get_window_extent())


def _places() -> Iterator[tuple[tuple[float, float], Literal["left", "right"]]]:
    for height in (4, -12, 16, -24, 28, -36, 40, -48, 52, -60, 64, -72):
        yield (7, height), "left"
        yield (-7, height), "right"


def _explain(figure: Figure, verdicts: pd.DataFrame | None, rows: pd.DataFrame) -> None:
    """Say below what the marks mean."""
    if verdicts is None:
        return
    said = _said(rows, verdicts)
    handles = [
        Line2D(
            *([], []),
            color=colour,
            marker=shape,
            linestyle="",
            markerfacecolor=colour if is_full else "white",
            label=word,
        )
        for word, (colour, shape, is_full) in VERDICTS.items()
        if word in said
    ]
    figure.legend(
        handles=handles, loc="outside lower left", ncols=len(handles), fontsize=9
    )
