"""Charts of products. Their names come from outside and are plain text."""

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from analysis.display.canvas import (
    label_rows,
    label_values,
    new_sheet,
    require_rows,
    scale_axis,
    sheet_height,
)
from analysis.display.formats import displayed, format_value
from analysis.display.palette import BLUE, CYCLE, GREY, INK, ORANGE, PALE, SOFT, THEME

# A product may be called "$9 or $19": the signs are no formula.
PLAIN: Any = {**THEME, "text.parse_math": False}
LINES = ((0, (4, 3)), (0, (1, 1)))


@mpl.rc_context(PLAIN)
def draw_funnel(
    rows: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    title: str,
    names: Mapping[str, str] | None = None,
    outside: Collection[str] = (),
    most: int = 8,
) -> Figure:
    """
    Draw each product's rate by its number of lines, and where ordinary ones lie.

    Parameters
    ----------
    rows : DataFrame
        Published rates, one per product; withheld ones are left out.
    limits : DataFrame
        Columns level, base, centre, low and high.
    title : str
        What is shown.
    names : mapping of str to str, optional
        Names of products by level.
    outside : collection of str
        Levels of products that stand out; they are coloured.
    most : int
        How many of them are named, those farthest from the centre first.

    Returns
    -------
    Figure
        The scale of lines is logarithmic.

    Raises
    ------
    ValueError
        If there are no rows, or a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["a", "b"], "value": [0.1, 0.4],
    ...     "base": [20, 400], "unit": "share"})
    >>> limits = pd.DataFrame({"level": 0.95, "base": [20.0, 400.0], "centre": 0.12,
    ...     "low": [0.0, 0.06], "high": [0.3, 0.2]})
    >>> figure = draw_funnel(rows, limits, title="Returns", outside=["b"])
    >>> figure.axes[0].get_xlabel()
    'order lines'
    """
    require_rows(rows, columns=("level", "value", "base", "unit"))
    require_rows(limits, columns=("level", "base", "centre", "low", "high"))
    shown = rows.dropna(subset=["value", "base"])
    unit = str(rows["unit"].iloc[0])
    figure, axes = new_sheet(title, height=3.6)
    _draw_limits(axes, limits)
    is_outside = shown["level"].isin(list(outside))
    for part, colour, size in ((~is_outside, BLUE, 22), (is_outside, ORANGE, 46)):
        axes.scatter(
            shown.loc[part, "base"],
            shown.loc[part, "value"],
            color=colour,
            s=size,
            alpha=0.8,
            linewidth=0,
            zorder=3,
        )
    _fit_funnel(axes, shown, limits)
    scale_axis(axes, unit, which="y")
    far = (shown["value"] - limits["centre"].iloc[0]).abs().sort_values(ascending=False)
    named = shown.loc[[i for i in far.index if is_outside[i]][:most]]
    _name_beside(axes, named, names or {})
    return figure


@mpl.rc_context(PLAIN)
def draw_shrinkage(
    raw: pd.DataFrame,
    shrunken: pd.DataFrame,
    *,
    title: str,
    names: Mapping[str, str] | None = None,
    most: int = 20,
) -> Figure:
    """
    Draw what chance leaves of each product's plain figure.

    Parameters
    ----------
    raw, shrunken : DataFrame
        Published figures of one unit by product: plain, and drawn towards the others.
    title : str
        What is shown.
    names : mapping of str to str, optional
        Names of products by level.
    most : int
        How many products, those with the highest drawn figures first.

    Returns
    -------
    Figure
        Per product a hollow dot for the plain figure, a full one with its interval
        for the other.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["a", "b"], "value": [0.1, 0.4],
    ...     "low": [0.0, 0.3], "high": [0.2, 0.5], "base": [20, 400], "unit": "share"})
    >>> figure = draw_shrinkage(rows, rows, title="Returns", names={"a": "Lamp"})
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['b (400)', 'Lamp (20)']
    """
    for frame in (raw, shrunken):
        require_rows(frame, columns=("level", "value", "low", "high", "base", "unit"))
    order = shrunken.sort_values("value", ascending=False, na_position="last")
    order = order.head(most).reset_index(drop=True)
    plain = raw.set_index("level")["value"].reindex(order["level"])
    figure, axes = new_sheet(title, height=sheet_height(len(order)) + 0.2)
    y = np.arange(len(order))
    axes.hlines(y, order["low"], order["high"], color=BLUE, linewidth=3, alpha=0.45)
    axes.scatter(plain, y, s=46, facecolor="white", edgecolor=ORANGE, zorder=3)
    axes.scatter(order["value"], y, s=42, color=BLUE, zorder=4)
    named = order.assign(level=[_named(one, names or {}) for one in order["level"]])
    label_rows(axes, named)
    label_values(axes, named)
    scale_axis(axes, str(order["unit"].iloc[0]))
    dots = (
        ("o", "white", ORANGE, "as counted"),
        ("o", BLUE, BLUE, "chance allowed for"),
    )
    for place, (marker, face, edge, text) in zip((0.02, 0.4), dots, strict=True):
        style = {"markerfacecolor": face, "markeredgecolor": edge, "markersize": 7}
        _name_above(axes, place, text, marker=marker, linestyle="none", **style)
    return figure


@mpl.rc_context(PLAIN)
def draw_kept(
    curves: pd.DataFrame,
    *,
    title: str,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """
    Draw the share of lines still kept, day by day.

    Parameters
    ----------
    curves : DataFrame
        Columns level, day, value, low and high; at most five levels.
    title : str
        What is shown.
    names : mapping of str to str, optional
        Names of products by level.

    Returns
    -------
    Figure
        One line of steps per level, named at its end, each with its interval as a
        band.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or there are too many levels.

    Examples
    --------
    >>> curves = pd.DataFrame({"level": "all", "day": [0, 1, 2],
    ...     "value": [1.0, 0.9, 0.9], "low": [1.0, 0.8, 0.8], "high": [1, 0.95, 0.95]})
    >>> draw_kept(curves, title="Kept").axes[0].get_xlabel()
    'days since the order'
    """
    require_rows(curves, columns=("level", "day", "value", "low", "high"))
    levels = list(dict.fromkeys(curves["level"]))
    if len(levels) > len(CYCLE):
        raise ValueError(
            f"this chart shows at most {len(CYCLE)} levels, not {len(levels)}"
        )
    figure, axes = new_sheet(title, height=3.1)
    for level, colour in zip(levels, CYCLE, strict=False):
        line = curves[curves["level"] == level]
        # A band of straight pieces takes half the bytes of one of steps.
        low, high = line["low"], line["high"]
        axes.fill_between(line["day"], low, high, color=colour, alpha=0.16, lw=0)
        axes.step(line["day"], line["value"], where="post", color=colour)
    ends = curves.drop_duplicates("level", keep="last")
    axes.set_ylim(max(0.0, curves["low"].min() - 0.02), 1.005)
    scale_axis(axes, "share", which="y", name="still kept, percent of lines")
    axes.set_xlabel("days since the order")
    texts = [_named(level, names or {}) for level in ends["level"]]
    places = list(zip(ends["day"], ends["value"], strict=True))
    _stack(axes, places, texts, colours=CYCLE)
    return figure


def _draw_limits(axes: Axes, limits: pd.DataFrame) -> None:
    """The centre, and a pair of lines for each level, named above the chart."""
    axes.axhline(limits["centre"].iloc[0], color=SOFT, linewidth=1)
    _name_above(axes, 0.0, "middle", color=SOFT, linewidth=1)
    parts = list(limits.groupby("level"))
    for i, ((level, part), style) in enumerate(zip(parts, LINES, strict=False)):
        for side in ("low", "high"):
            axes.plot(part["base"], part[side], color=GREY, linewidth=1.2, ls=style)
        share = f"{displayed(level, 'share'):g} %"
        text = share if i + 1 < len(parts) else f"{share} of ordinary products"
        _name_above(axes, 0.24 + 0.18 * i, text, color=GREY, linestyle=style)


def _fit_funnel(axes: Axes, shown: pd.DataFrame, limits: pd.DataFrame) -> None:
    """Scale the axes to the products, and not to limits that none comes near."""
    top = max(1.25 * shown["value"].max(), 2 * limits["centre"].iloc[0])
    axes.set_ylim(0, min(1.0, top) * 1.02)
    axes.set_xscale("log")
    low, high = limits["base"].min(), limits["base"].max()
    axes.set_xlim(low / 1.15, high * 1.15)
    axes.xaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5) if high < 50 * low else (1,))
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: format_value(v, "count")))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("order lines")


def _name_above(axes: Axes, place: float, text: str, **style: Any) -> None:
    """A mark and its name in a line above the chart."""
    axes.plot(
        [place, place + 0.04] if style.get("linestyle") != "none" else [place],
        [1.06] * (2 if style.get("linestyle") != "none" else 1),
        transform=axes.transAxes,
        clip_on=False,
        **style,
    )
    axes.text(
        place + 0.055, 1.06, text, transform=axes.transAxes, va="center", size=9,
        color=INK,
    )  # fmt: skip


def _name_beside(axes: Axes, rows: pd.DataFrame, names: Mapping[str, str]) -> None:
    if rows.empty:
        return
    texts = [_named(level, names) for level in rows["level"]]
    places = list(zip(rows["base"], rows["value"], strict=True))
    _stack(axes, places, texts, colours=[ORANGE] * len(texts))


def _stack(
    axes: Axes,
    places: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    colours: Sequence[str],
) -> None:
    """Names in a column at the right, each joined to its place."""
    low, high = axes.get_ylim()
    heights = np.array([(y - low) / (high - low) for _, y in places])
    written = [
        "\n".join(textwrap.wrap(text, 18, max_lines=2, placeholder=" …"))
        for text in texts
    ]
    lines = np.array([text.count("\n") + 1 for text in written])
    spots = _apart(heights, sizes=0.03 + 0.055 * lines)
    for (x, y), text, spot, colour in zip(
        places, written, spots, colours, strict=False
    ):
        axes.annotate(
            text,
            (x, y),
            xytext=(1.03, spot),
            textcoords="axes fraction",
            va="center",
            color=colour,
            size=9,
            weight="bold",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": PALE, "shrinkA": 0, "shrinkB": 3},
        )


def _apart(heights: np.ndarray, *, sizes: np.ndarray) -> np.ndarray:
    """Push heights apart, as little as needed, and keep them on the sheet."""
    order = np.argsort(heights)
    spread, sizes = heights[order].copy(), sizes[order]
    for i in range(1, len(spread)):
        gap = (sizes[i] + sizes[i - 1]) / 2
        spread[i] = max(spread[i], spread[i - 1] + gap)
    spread -= (spread - heights[order]).mean()
    spread -= max(0.0, spread[-1] - 1.0)
    placed = np.empty_like(spread)
    placed[order] = spread
    return placed


def _named(level: object, names: Mapping[str, str]) -> str:
    return names.get(str(level), str(level))
