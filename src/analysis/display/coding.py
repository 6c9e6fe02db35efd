"""Charts of the work of coding: what further reading brings, what comes together."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

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
from analysis.display.palette import BLUE, GREY, ORANGE, SOFT, THEME

CURVE = ("documents", "codes", "value", "low", "high", "unit")
NEEDED = ("level", "value", "low", "high", "unit")
TICKS = [1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]


@mpl.rc_context(THEME)
def draw_saturation(curve: pd.DataFrame, *, title: str) -> Figure:
    """
    Draw how much of what customers say the codes cover, as more is read.

    Parameters
    ----------
    curve : DataFrame
        One row per step: documents, codes (seen so far), value, low and high of
        the coverage, and unit, such as `analysis.coding.saturation` makes.
    title : str
        What is shown.

    Returns
    -------
    Figure
        A line with its interval as a band; the number of codes seen stands along
        the line.

    Raises
    ------
    ValueError
        If there are no rows or a column is missing.

    Examples
    --------
    >>> curve = pd.DataFrame({"documents": [10, 20], "codes": [5, 7],
    ...     "value": [0.8, 0.9], "low": [0.6, 0.8], "high": [0.9, 1.0],
    ...     "unit": "share"})
    >>> figure = draw_saturation(curve, title="What the codes cover")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['5 codes', '7 codes']
    """
    require_rows(curve, columns=CURVE)
    figure, axes = new_sheet(title, height=3.1)
    x = curve["documents"].to_numpy(float)
    low, high = curve["low"].to_numpy(float), curve["high"].to_numpy(float)
    axes.fill_between(x, low, high, color=BLUE, alpha=0.16, linewidth=0)
    axes.plot(x, curve["value"], color=BLUE, marker="o", markersize=3.5)
    _name_counts(axes, curve)
    axes.set_ylim(min(0.5, float(low.min())), 1.02)
    axes.set_xlim(0, x.max() * 1.08)
    scale_axis(axes, "share", which="y", name="covered, percent of mentions")
    axes.set_xlabel("documents read, in order of coding", color=SOFT)
    return figure


@mpl.rc_context(THEME)
def draw_lifts(
    rows: pd.DataFrame,
    *,
    title: str,
    name: str = "together, times as often as by chance",
    reference: str = "as chance has it",
) -> Figure:
    """
    Draw ratios, such as how often two codes share a comment beside chance.

    Parameters
    ----------
    rows : DataFrame
        Published ratios, one per pair of codes, in the order to be drawn.
    title : str
        What is shown.
    name : str
        What the ratios count.
    reference : str
        What a ratio of one means.

    Returns
    -------
    Figure
        Around a line at one, on a scale where twice as often and half as often
        are equally far. A pair whose interval holds one is grey.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["late + rude"], "value": [2.0], "low": [1.5],
    ...     "high": [2.7], "unit": "ratio"})
    >>> draw_lifts(rows, title="Codes together").axes[0].get_xscale()
    'log'
    """
    require_rows(rows, columns=NEEDED)
    rows = name_rows(rows)
    figure, axes = new_sheet(title, height=sheet_height(len(rows)) + 0.15)
    more, less = rows["low"] > 1, rows["high"] < 1
    colours = np.select([more, less], [BLUE, ORANGE], default=GREY).tolist()
    y = np.arange(len(rows))
    axes.set_xscale("log")
    low, high = (rows[side].clip(TICKS[0], TICKS[-1]) for side in ("low", "high"))
    axes.hlines(y, low, high, color=colours, linewidth=3, alpha=0.45)
    # A pair never seen together has no place on the scale but its left edge.
    values = rows["value"].clip(TICKS[0], TICKS[-1])
    axes.scatter(values, y, color=colours, s=42, zorder=3)
    label_rows(axes, rows)
    label_values(axes, rows)
    scale_ratio(axes, name)
    mark_reference(axes, 1.0, reference)
    return figure


def scale_ratio(axes: Axes, name: str) -> None:
    """
    Write the ticks of a scale of ratios as times.

    Parameters
    ----------
    axes : Axes
        With a logarithmic horizontal axis.
    name : str
        What the ratios count.
    """
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.set_xlabel(name, color=SOFT)


def _name_counts(axes: Axes, curve: pd.DataFrame) -> None:
    """Write the number of codes at the first row, the last, and two between."""
    places = np.unique(np.linspace(0, len(curve) - 1, min(4, len(curve))).round())
    for row in curve.iloc[places.astype(int)].to_dict("records"):
        axes.annotate(
            f"{row['codes']:.0f} code{'' if row['codes'] == 1 else 's'}",
            (row["documents"], row["value"]),
            xytext=(0, -14),
            textcoords="offset points",
            ha="center",
            color=SOFT,
            size=8.5,
        )
