"""Charts of what follows an answer: by score, and beside what came before it."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

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

NEEDED = ("level", "value", "low", "high", "unit")
STEP = 0.17  # between the two marks of a row


@mpl.rc_context(THEME)
def draw_dose(
    observed: pd.DataFrame,
    expected: pd.DataFrame,
    *,
    title: str,
    question: str = "score",
    outcome: str = "",
    currency: str = "EUR",
) -> Figure:
    """
    Draw what followed each score, and the curve that a model puts through it.

    Parameters
    ----------
    observed : DataFrame
        Published figures of one unit, one row per score; `level` is the score.
    expected : DataFrame
        The model's figures in the same unit, one row per score.
    title : str
        What is shown.
    question : str
        Name of the horizontal axis.
    outcome : str
        Name of the vertical axis; that of the unit if not given.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        Dots with bars for what was observed, a line with its band for the model.
        A score that is withheld has a grey mark at the foot.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, a level is no number, or the units
        differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["9", "10"], "value": [0.1, 0.08],
    ...     "low": [0.08, 0.06], "high": [0.12, 0.1], "unit": "share"})
    >>> draw_dose(rows, rows, title="Returns by score").axes[0].get_ylabel()
    'percent'
    """
    for rows in (observed, expected):
        require_rows(rows, columns=NEEDED)
    require_rows(pd.concat([observed, expected]), columns=NEEDED)
    dots, line = _by_score(observed), _by_score(expected)
    figure, axes = new_sheet(title, height=3.1)
    axes.fill_between(
        line["score"], line["low"], line["high"], color=BLUE, alpha=0.16, linewidth=0
    )
    axes.plot(line["score"], line["value"], color=BLUE)
    axes.vlines(
        dots["score"], dots["low"], dots["high"], color=ORANGE, linewidth=3, alpha=0.45
    )
    axes.scatter(dots["score"], dots["value"], color=ORANGE, s=38, zorder=3)
    _name_dose(axes)
    scores = sorted({*dots["score"], *line["score"]})
    axes.set_xticks(scores, [f"{score:g}" for score in scores])
    axes.set_xlabel(question)
    unit = str(observed["unit"].iloc[0])
    scale_axis(axes, unit, which="y", currency=currency, name=outcome)
    if line["low"].min() >= 0 and not dots["low"].min() < 0:
        axes.set_ylim(bottom=0)
    _mark_withheld(axes, dots)
    return figure


@mpl.rc_context(THEME)
def draw_before_after(
    after: pd.DataFrame,
    before: pd.DataFrame,
    *,
    title: str,
    currency: str = "EUR",
) -> Figure:
    """
    Draw what followed an answer above what the same customers had done before it.

    Parameters
    ----------
    after, before : DataFrame
        Published differences of one unit, one per level. A level without a row in
        `before` has a full dot alone.
    title : str
        What is shown.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        Per level a full dot for after and a hollow one for before, each with its
        interval, around a line at zero. The values written are those after.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["returns"], "value": [-1.4], "low": [-2.0],
    ...     "high": [-0.8], "unit": "per_hundred"})
    >>> figure = draw_before_after(rows, rows, title="Per point of the score")
    >>> [text.get_text() for text in figure.axes[0].texts[-2:]]
    ['after the answer', 'before it']
    """
    for rows in (after, before):
        require_rows(rows, columns=NEEDED)
    require_rows(pd.concat([after, before]), columns=NEEDED)
    figure, axes = new_sheet(title, height=sheet_height(len(after)) + 0.25)
    y = np.arange(len(after))
    columns = ["value", "low", "high"]
    placebo = before.set_index("level")[columns].reindex(after["level"])
    axes.hlines(
        y + STEP, placebo["low"], placebo["high"], color=GREY, linewidth=3, alpha=0.45
    )
    axes.scatter(
        placebo["value"], y + STEP, facecolor="white", edgecolor=SOFT, s=42, zorder=3
    )
    axes.hlines(
        y - STEP, after["low"], after["high"], color=BLUE, linewidth=3, alpha=0.45
    )
    axes.scatter(after["value"], y - STEP, color=BLUE, s=42, zorder=3)
    rows = name_rows(after)
    label_rows(axes, rows)
    label_values(axes, rows, currency=currency)
    scale_axis(axes, str(after["unit"].iloc[0]), currency=currency)
    mark_reference(axes, 0)
    marks = ((BLUE, BLUE, "after the answer"), ("white", SOFT, "before it"))
    _name_marks(axes, marks)
    return figure


def _by_score(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of their scores."""
    scores = pd.to_numeric(rows["level"], errors="coerce")
    if scores.isna().any():
        raise ValueError(f"levels must be scores, not {list(rows['level'])[:5]}")
    return rows.assign(score=scores).sort_values("score")


def _mark_withheld(axes: Axes, dots: pd.DataFrame) -> None:
    """Mark the scores that too few gave, and say what the mark means."""
    hidden = dots.loc[dots["value"].isna(), "score"]
    if hidden.empty:
        return
    foot = axes.get_xaxis_transform()
    axes.scatter(
        hidden,
        np.full(len(hidden), 0.03),
        transform=foot,
        marker="x",
        color=GREY,
        s=22,
        zorder=3,
    )
    axes.text(
        float(hidden.iloc[0]), 0.07, "withheld", transform=foot, color=SOFT, size=8
    )


def _name_dose(axes: Axes) -> None:
    marks = ((ORANGE, ORANGE, "observed"), (BLUE, BLUE, "the model's line and band"))
    _name_marks(axes, marks)


def _name_marks(axes: Axes, marks: tuple[tuple[str, str, str], ...]) -> None:
    """Name the marks in a line above the chart."""
    assert isinstance(axes.figure, Figure)  # `new_sheet` makes no subfigures
    lifted = ScaledTranslation(0, 8 / 72, axes.figure.dpi_scale_trans)
    for position, (face, edge, name) in enumerate(marks):
        axes.annotate(
            name,
            (0.04 + 0.36 * position, 1.0),
            xycoords="axes fraction",
            xytext=(8, 8),
            textcoords="offset points",
            va="center",
            size=9,
        )
        axes.plot(
            [0.04 + 0.36 * position],
            [1.0],
            marker="o",
            markersize=6,
            markerfacecolor=face,
            markeredgecolor=edge,
            linestyle="none",
            transform=axes.transAxes + lifted,
            clip_on=False,
        )
