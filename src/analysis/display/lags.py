"""Charts of what goes with an answer, period by period around it."""

import re

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
from analysis.display.palette import BLUE, GREY, GRID, SOFT, THEME

NEEDED = ("level", "value", "low", "high", "unit")
LAG = re.compile(r"(\d+) (before|after)|same period")


@mpl.rc_context(THEME)
def draw_lags(
    rows: pd.DataFrame, *, title: str, name: str = "", period: str = "period"
) -> Figure:
    """
    Draw what goes with one point more, by periods before and after the answer.

    Parameters
    ----------
    rows : DataFrame
        Published figures of one unit, with the levels of a lag profile: ``2 before``,
        ``1 before``, ``same period``, ``1 after`` and so on.
    title : str
        What is shown.
    name : str
        Written on the upright axis instead of the unit's name.
    period : str
        What a lag is, such as ``quarter`` or ``month``.

    Returns
    -------
    Figure
        Periods before the answer are grey squares on a shaded ground, apart from the
        others: nothing should be there. Withheld figures leave a gap.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, the units differ, or a level is no
        lag.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["1 before", "same period", "1 after"],
    ...     "value": [0.1, -1.0, -1.1], "low": [-0.6, -1.8, -1.9],
    ...     "high": [0.8, -0.2, -0.3], "unit": "per_hundred"})
    >>> axes = draw_lags(rows, title="Returns", period="quarter").axes[0]
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['1 before', 'same', '1 after']
    """
    require_rows(rows, columns=NEEDED)
    rows = rows.assign(lag=[_lag(level) for level in rows["level"]])
    rows = rows.sort_values("lag").reset_index(drop=True)
    figure, axes = new_sheet(title, height=3.0)
    _shade_before(axes, rows["lag"])
    for is_before, colour, marker in ((True, GREY, "s"), (False, BLUE, "o")):
        _draw_side(axes, rows[(rows["lag"] < 0) == is_before], colour, marker)
    labels = [_short(lag) for lag in rows["lag"]]
    axes.set_xticks(rows["lag"].to_numpy(), labels)
    axes.set_xlim(rows["lag"].min() - 0.6, rows["lag"].max() + 0.6)
    axes.set_xlabel(f"{period}s from the answer")
    scale_axis(axes, str(rows["unit"].iloc[0]), which="y", name=name)
    mark_reference(axes, 0, which="y")
    return figure


def _lag(level: object) -> int:
    match = LAG.fullmatch(str(level))
    if match is None:
        raise ValueError(f"{level!r} is no lag such as '1 before' or 'same period'")
    if match[1] is None:
        return 0
    return int(match[1]) * (1 if match[2] == "after" else -1)


def _short(lag: int) -> str:
    if lag == 0:
        return "same"
    return f"{abs(lag)} {'after' if lag > 0 else 'before'}"


def _draw_side(axes: Axes, rows: pd.DataFrame, colour: str, marker: str) -> None:
    known = rows.dropna(subset=["value", "low", "high"])
    value = known["value"].to_numpy(dtype=float)
    ends = np.abs(known[["low", "high"]].to_numpy(dtype=float).T - value)
    axes.errorbar(
        known["lag"],
        value,
        yerr=ends,
        fmt=marker,
        color=colour,
        markersize=6,
        elinewidth=1.8,
        capsize=0,
    )


def _shade_before(axes: Axes, lags: pd.Series) -> None:
    """Set the placebos apart, and say what they are."""
    if not (lags < 0).any():
        return
    axes.axvspan(lags.min() - 0.6, -0.5, color=GRID, alpha=0.5, linewidth=0, zorder=0)
    axes.annotate(
        "placebo: before the answer",
        (0.0, 1.0),
        xycoords="axes fraction",
        xytext=(2, 4),
        textcoords="offset points",
        color=SOFT,
        size=8.5,
    )
