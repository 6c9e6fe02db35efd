"""Charts of what customers are worth: can the model be believed, who still buys."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.display.canvas import new_sheet, require_rows, scale_axis
from analysis.display.palette import BLUE, ORANGE, THEME

NEEDED = ("level", "value", "low", "high", "unit")


@mpl.rc_context(THEME)
def draw_holdout(
    predicted: pd.DataFrame,
    happened: pd.DataFrame,
    *,
    title: str,
    currency: str = "EUR",
) -> Figure:
    """
    Draw what a model predicted of each group beside what the group then did.

    Parameters
    ----------
    predicted, happened : DataFrame
        Published figures of one unit, one row per group and in the same order.
    title : str
        What is compared.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        A hollow dot per group for the prediction, joined by a line; a full dot with
        its interval for what happened. Withheld groups leave a gap.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the groups differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["0", "1+"], "value": [0.2, 1.1],
    ...     "low": [0.1, 0.9], "high": [0.3, 1.3], "unit": "ratio"})
    >>> figure = draw_holdout(rows, rows, title="Purchases in the holdout")
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['0', '1+']
    """
    for rows in (predicted, happened):
        require_rows(rows, columns=NEEDED)
    levels = list(happened["level"])
    if list(predicted["level"]) != levels:
        raise ValueError("predicted and happened need the same groups, in order")
    figure, axes = new_sheet(title, height=3.0)
    x = np.arange(len(levels))
    _draw_pairs(axes, x, predicted, happened)
    axes.set_xticks(x, [str(level) for level in levels])
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.set_xlabel("repeat purchases before")
    unit = str(happened["unit"].iloc[0])
    name = "purchases per customer" if unit == "ratio" else ""
    scale_axis(axes, unit, which="y", currency=currency, name=name)
    axes.set_ylim(bottom=0)
    return figure


@mpl.rc_context(THEME)
def draw_alive(probabilities: pd.Series, *, title: str) -> Figure:
    """
    Draw how many customers have which probability that they would still buy.

    Parameters
    ----------
    probabilities : Series
        One per customer, from 0 to 1.
    title : str
        What is shown.

    Returns
    -------
    Figure
        A histogram of twenty equal steps.

    Raises
    ------
    ValueError
        If there is none, or one is missing or outside 0 to 1.

    Examples
    --------
    >>> figure = draw_alive(pd.Series([0.1, 0.9, 0.95]), title="Who still buys")
    >>> figure.axes[0].get_ylabel()
    'customers'
    """
    if probabilities.empty or not probabilities.between(0, 1).all():
        raise ValueError("probabilities from 0 to 1 are needed, one per customer")
    figure, axes = new_sheet(title, height=2.7)
    shown = probabilities.to_numpy(dtype=float)
    sns.histplot(
        x=shown, bins=20, binrange=(0, 1), ax=axes, color=BLUE, edgecolor="white"
    )
    scale_axis(axes, "share", name="probability of still buying, percent")
    scale_axis(axes, "count", which="y", name="customers")
    axes.grid(visible=False, axis="x")
    axes.set_xlim(0, 1)
    return figure


def _draw_pairs(
    axes: Axes, x: np.ndarray, predicted: pd.DataFrame, happened: pd.DataFrame
) -> None:
    """Prediction to the left of the tick, what happened to the right."""
    expected = predicted["value"].to_numpy(dtype=float)
    shift = 0.1
    axes.plot(x - shift, expected, color=ORANGE, linewidth=1, zorder=1)
    axes.scatter(x - shift, expected, s=46, facecolor="white", edgecolor=ORANGE)
    low, high, value = (
        happened[name].to_numpy(dtype=float) for name in ("low", "high", "value")
    )
    axes.vlines(x + shift, low, high, color=BLUE, linewidth=3, alpha=0.45)
    axes.scatter(x + shift, value, s=46, color=BLUE, zorder=3)
    marks = ((0.02, "white", ORANGE, "predicted"), (0.34, BLUE, BLUE, "happened"))
    for place, face, edge, name in marks:
        axes.plot(
            [place],
            [1.06],
            marker="o",
            markersize=7,
            markerfacecolor=face,
            markeredgecolor=edge,
            linestyle="none",
            transform=axes.transAxes,
            clip_on=False,
        )
        axes.text(
            place + 0.025, 1.06, name, transform=axes.transAxes, va="center", size=9
        )
