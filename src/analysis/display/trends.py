"""Charts over time."""

import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.display.canvas import (
    mark_reference,
    new_sheet,
    require_rows,
    scale_axis,
)
from analysis.display.formats import format_value
from analysis.display.palette import CYCLE, SOFT, THEME

NEEDED = ("level", "period", "value", "low", "high", "unit")
LIMITS = {"centre": "centre", "low_limit": "limit", "high_limit": "limit"}


@mpl.rc_context(THEME)
def draw_trend(
    rows: pd.DataFrame,
    *,
    title: str,
    breaks: Sequence[str] = (),
    limits: Mapping[str, float] | None = None,
    currency: str = "EUR",
) -> Figure:
    """
    Draw values by period, each with its interval as a band.

    Parameters
    ----------
    rows : DataFrame
        Published figures of one unit, one per period and level; periods sort
        as text ("2026Q3", "2026-09").
    title : str
        What is shown.
    breaks : sequence of str
        Periods before which the line is cut, for example because the question
        was reworded: what lies on either side is not comparable.
    limits : mapping of str to float, optional
        Process limits: "centre", "low_limit", "high_limit".
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        One line per level, named at its end. Missing periods leave a gap.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": "all", "period": ["2026Q1", "2026Q2"],
    ...     "value": [20.0, 24.0], "low": [16.0, 20.0], "high": [24.0, 28.0],
    ...     "unit": "points"})
    >>> figure = draw_trend(rows, title="Promoter score")
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['2026Q1', '2026Q2']
    """
    require_rows(rows, columns=NEEDED)
    periods = sorted(set(rows["period"]))
    breaks = [*breaks, *_published_breaks(rows)]
    figure, axes = new_sheet(title, height=3.1)
    levels = list(dict.fromkeys(rows["level"]))
    for level, colour in zip(levels, _colours(len(levels)), strict=True):
        line = rows[rows["level"] == level].set_index("period").reindex(periods)
        _draw_line(axes, line, colour=colour, breaks=breaks)
    taken = _name_ends(axes, rows, periods, currency=currency)
    _mark_time(axes, periods, breaks, room=66 - taken)
    for name, value in (limits or {}).items():
        mark_reference(axes, value, LIMITS.get(name, name), which="y")
    scale_axis(axes, str(rows["unit"].iloc[0]), which="y", currency=currency)
    return figure


def _published_breaks(rows: pd.DataFrame) -> list[str]:
    """Periods that the ledger marks as not comparable with the one before."""
    if "is_break" not in rows:
        return []
    return sorted(set(rows.loc[rows["is_break"].astype(bool), "period"]))


def _colours(n: int) -> list[str]:
    """One colour per line, in the palette's order."""
    return [CYCLE[i % len(CYCLE)] for i in range(n)]


def _draw_line(
    axes: Axes, line: pd.DataFrame, *, colour: str, breaks: Sequence[str]
) -> None:
    """Draw one level, cut before each break."""
    x = np.arange(len(line))
    cuts = [i for i, period in enumerate(line.index) if period in breaks]
    for part in np.split(x, cuts):
        piece = line.iloc[part]
        low, high = (piece[side].to_numpy(dtype=float) for side in ("low", "high"))
        axes.fill_between(part, low, high, color=colour, alpha=0.16, linewidth=0)
        axes.plot(part, piece["value"], color=colour, marker="o", markersize=5)


def _name_ends(
    axes: Axes, rows: pd.DataFrame, periods: list[str], *, currency: str
) -> int:
    """Name each line at its end, without overlap; return the longest line's length."""
    known = rows.dropna(subset="value").sort_values("period", kind="stable")
    ends = known.drop_duplicates("level", keep="last").sort_values("value")
    if ends.empty:
        return 0
    records = ends.to_dict("records")
    names = [_end_name(row, currency, alone=len(ends) == 1) for row in records]
    low, high = axes.get_ylim()
    sizes = np.array([name.count("\n") + 1 for name in names]) * (high - low) / 15
    heights = _spread(ends["value"].to_numpy(dtype=float), sizes)
    order = list(dict.fromkeys(rows["level"]))
    for row, name, height in zip(records, names, heights, strict=True):
        axes.annotate(
            name,
            (periods.index(row["period"]), height),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            color=_colours(len(order))[order.index(row["level"])],
            weight="bold",
            annotation_clip=False,
        )
    return max(len(line) for name in names for line in name.splitlines())


def _end_name(row: Mapping[Hashable, Any], currency: str, *, alone: bool) -> str:
    """Last value and name of a line, the value alone where there is one line."""
    value = format_value(row["value"], row["unit"], currency)
    return value if alone else textwrap.fill(f"{value} {row['level']}", 18)


def _spread(heights: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Push sorted heights apart until names of these sizes do not touch."""
    spread = heights.copy()
    for i in range(1, len(spread)):
        gap = (sizes[i] + sizes[i - 1]) / 2
        spread[i] = max(spread[i], spread[i - 1] + gap)
    return spread - (spread - heights).mean()


def _mark_time(
    axes: Axes, periods: list[str], breaks: Sequence[str], *, room: int
) -> None:
    """Name the periods, as many as fit into so many letters, and mark the breaks."""
    letters = sum(len(str(period)) + 2 for period in periods)
    step = -(-letters // room)
    shown = range((len(periods) - 1) % step, len(periods), step)
    axes.set_xticks(list(shown), [str(periods[i]) for i in shown])
    axes.set_xlim(-0.4, len(periods) - 0.6)
    for i, period in enumerate(periods):
        if period in breaks:
            axes.axvline(i - 0.5, color=SOFT, linewidth=1, linestyle=":")
            axes.annotate(
                "break",
                (i - 0.5, 1),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                color=SOFT,
                size=8.5,
            )
