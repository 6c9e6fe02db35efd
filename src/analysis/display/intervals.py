"""Charts that compare groups: a dot for the value, a bar for what is not known."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
from analysis.display.palette import BLUE, GREY, ORANGE, PALE, SOFT, THEME

NEEDED = ("value", "low", "high", "unit")


@mpl.rc_context(THEME)
def draw_intervals(
    rows: pd.DataFrame,
    *,
    title: str,
    by: str = "level",
    reference: float | None = None,
    reference_label: str = "",
    currency: str = "EUR",
) -> Figure:
    """
    Draw each group's value as a dot and its interval as a bar.

    Parameters
    ----------
    rows : DataFrame
        Published figures of one unit, in the order to be drawn from the top.
    title : str
        What is shown.
    by : str
        Column that names the rows.
    reference : float, optional
        A value to compare with, in the rows' unit.
    reference_label : str
        What the reference is.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        With the base beside each label and the value at the right. Withheld
        rows stay, and say so.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["new", "loyal"], "value": [12.0, 41.0],
    ...     "low": [4.0, 36.0], "high": [20.0, 46.0], "base": [210, 640],
    ...     "unit": "points"})
    >>> figure = draw_intervals(rows, title="Promoter score by segment")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['new (210)', 'loyal (640)']
    """
    require_rows(rows, columns=(by, *NEEDED))
    rows = name_rows(rows)
    figure, axes = new_sheet(title, height=sheet_height(len(rows)))
    _draw_dots(axes, rows, colours=[BLUE] * len(rows))
    label_rows(axes, rows, by=by)
    label_values(axes, rows, currency=currency)
    scale_axis(axes, str(rows["unit"].iloc[0]), currency=currency)
    if reference is not None:
        mark_reference(axes, reference, reference_label)
    return figure


@mpl.rc_context(THEME)
def draw_difference(
    rows: pd.DataFrame,
    *,
    title: str,
    groups: tuple[str, str] = ("lower", "higher"),
    currency: str = "EUR",
    level: float = 0.05,
) -> Figure:
    """
    Draw differences between two groups, sorted, around a line at zero.

    Parameters
    ----------
    rows : DataFrame
        Published differences of one unit, one per level.
    title : str
        What is compared.
    groups : tuple of str
        What a difference below and above zero means.
    currency : str
        Three-letter code for amounts.
    level : float
        The study's false-alarm level.

    Returns
    -------
    Figure
        A difference whose interval holds zero is grey: its side is not known. So is
        one that was tested in a family and whose q-value is not under `level`.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["price", "delivery"], "value": [-0.1, 0.2],
    ...     "low": [-0.2, 0.1], "high": [0.0, 0.3], "unit": "share_difference"})
    >>> figure = draw_difference(rows, title="Themes of promoters")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['delivery', 'price']
    """
    require_rows(rows, columns=("level", *NEEDED))
    rows = name_rows(rows).sort_values("value", ascending=False, na_position="last")
    figure, axes = new_sheet(title, height=sheet_height(len(rows)))
    side = np.sign(rows["low"]) + np.sign(rows["high"])
    if "q_value" in rows:
        side = side.where(~(rows["q_value"].astype("float64") >= level), 0)
    colours = [GREY if s not in (-2, 2) else BLUE if s > 0 else ORANGE for s in side]
    _draw_dots(axes, rows, colours=colours)
    label_rows(axes, rows)
    unit = str(rows["unit"].iloc[0])
    label_values(axes, rows, currency=currency)
    scale_axis(axes, unit, currency=currency)
    mark_reference(axes, 0)
    _name_sides(axes, groups)
    return figure


@mpl.rc_context(THEME)
def draw_agreement(
    rows: pd.DataFrame, *, title: str, threshold: float = 0.667, lowest: float = 0.5
) -> Figure:
    """
    Draw Krippendorff's alpha of each code against what counting needs.

    Parameters
    ----------
    rows : DataFrame
        Published agreement, one row per code.
    title : str
        What is shown.
    threshold : float
        Agreement under this is too low to count the code.
    lowest : float
        The interval's lower end must not be under this.

    Returns
    -------
    Figure
        Codes that can be counted in blue, the others in orange.

    Raises
    ------
    ValueError
        If there are no rows or a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["price"], "value": [0.8], "low": [0.7],
    ...     "high": [0.9], "unit": "correlation"})
    >>> draw_agreement(rows, title="Agreement").axes[0].get_xlabel()
    "Krippendorff's alpha"
    """
    require_rows(rows, columns=("level", *NEEDED))
    rows = name_rows(rows).sort_values("value", ascending=False, na_position="last")
    figure, axes = new_sheet(title, height=sheet_height(len(rows)) + 0.15)
    counted = (rows["value"] >= threshold) & (rows["low"] >= lowest)
    _draw_dots(axes, rows, colours=[BLUE if yes else ORANGE for yes in counted])
    label_rows(axes, rows)
    label_values(axes, rows)
    scale_axis(axes, str(rows["unit"].iloc[0]), name="Krippendorff's alpha")
    mark_reference(axes, threshold, f"count from {threshold:g}")
    axes.set_xlim(min(0.0, rows["low"].min()), 1.0)
    return figure


@mpl.rc_context(THEME)
def draw_shares_compared(
    before: pd.DataFrame, after: pd.DataFrame, population: pd.DataFrame, *, title: str
) -> Figure:
    """
    Draw respondents before and after weighting against the population.

    Parameters
    ----------
    before, after : DataFrame
        Published shares of respondents by level, unweighted and weighted.
    population : DataFrame
        Published shares of the population by the same levels.
    title : str
        What is compared.

    Returns
    -------
    Figure
        Per level an upright mark for the population, a hollow dot before and
        a full dot after weighting.

    Raises
    ------
    ValueError
        If there are no rows, or a level of one frame is not in the others.

    Examples
    --------
    >>> shares = pd.DataFrame({"level": ["new", "loyal"], "value": [0.3, 0.7],
    ...     "unit": "share"})
    >>> figure = draw_shares_compared(shares, shares, shares, title="Segments")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['before weighting', 'after weighting', 'population']
    """
    frames = [name_rows(rows) for rows in (before, after, population)]
    population = frames[2]
    for rows in frames:
        require_rows(rows, columns=("level", "value", "unit"))
    levels = list(population["level"])
    values = [_by_level(rows, levels) for rows in frames]
    figure, axes = new_sheet(title, height=sheet_height(len(levels)) + 0.2)
    y = np.arange(len(levels))
    axes.hlines(y, values[0], values[1], color=PALE, linewidth=3, zorder=1)
    axes.scatter(values[0], y, s=46, facecolor="white", edgecolor=ORANGE, zorder=3)
    axes.scatter(values[1], y, s=46, color=BLUE, zorder=3)
    axes.scatter(values[2], y, s=190, marker="|", color="black", zorder=2)
    label_rows(axes, population.drop(columns="base", errors="ignore"))
    scale_axis(axes, "share", name="share of customers or respondents, percent")
    _name_marks(axes)
    return figure


def _draw_dots(axes: Axes, rows: pd.DataFrame, *, colours: list[str]) -> None:
    """Bars behind, dots in front; rows without a value stay empty."""
    y = np.arange(len(rows))
    axes.hlines(y, rows["low"], rows["high"], color=colours, linewidth=3, alpha=0.45)
    axes.scatter(rows["value"], y, color=colours, s=42, zorder=3)


def _name_sides(axes: Axes, groups: tuple[str, str]) -> None:
    """Say above the chart what left and right of zero mean."""
    for text, align, shift in ((groups[0], "right", -6), (groups[1], "left", 6)):
        arrow = f"← {text}" if align == "right" else f"{text} →"
        axes.annotate(
            arrow,
            (0, 1),
            xycoords=("data", "axes fraction"),
            xytext=(shift, 3),
            textcoords="offset points",
            ha=align,
            va="bottom",
            color=SOFT,
            size=8.5,
        )


def _name_marks(axes: Axes) -> None:
    """Name the three marks in a line above the chart."""
    marks = (
        ("o", "white", ORANGE, "before weighting"),
        ("o", BLUE, BLUE, "after weighting"),
        ("|", "black", "black", "population"),
    )
    for position, (marker, face, edge, name) in enumerate(marks):
        x = 0.02 + 0.34 * position
        axes.plot(
            [x],
            [1.06],
            marker=marker,
            markersize=7 if marker == "o" else 11,
            markerfacecolor=face,
            markeredgecolor=edge,
            linestyle="none",
            transform=axes.transAxes,
            clip_on=False,
        )
        axes.text(x + 0.025, 1.06, name, transform=axes.transAxes, va="center", size=9)


def _by_level(rows: pd.DataFrame, levels: list) -> np.ndarray:
    """Values in the order of the levels; every level must be there."""
    values = rows.set_index("level")["value"]
    if set(values.index) != set(levels):
        odd = sorted(set(map(str, values.index)) ^ set(map(str, levels)))
        raise ValueError(f"all three frames need the same levels; differing: {odd}")
    return values.reindex(levels).to_numpy()
