"""What all charts share: the sheet they are drawn on, and their labels."""

import textwrap
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis.display.formats import (
    WITHHELD,
    displayed,
    format_value,
    is_missing,
    is_withheld,
    style_decimals,
)
from analysis.display.palette import GREY, GRID, INK, SOFT

WIDTH = 6.4
UNIT_NAMES = {
    "points": "points",
    "share": "percent",
    "share_difference": "percentage points",
    "score_difference": "difference of mean scores",
    "score": "mean score",
    "count": "number",
    "correlation": "rank correlation",
    "per_day": "a day",
    "ratio": "ratio",
    "days": "days",
    "per_hundred": "per 100",
    "per_thousand": "per 1,000",
    "per_thousand_difference": "difference per 1,000",
}


def new_sheet(title: str, *, height: float) -> tuple[Figure, Axes]:
    """
    Start a figure with one set of axes and its title at the left.

    Parameters
    ----------
    title : str
        What is shown, as a sentence or a noun phrase.
    height : float
        In inches; all figures are equally wide.

    Returns
    -------
    tuple of Figure and Axes
        Outside pyplot, so that a notebook does not show it by itself.

    Examples
    --------
    >>> figure, axes = new_sheet("Score by segment", height=2)
    >>> figure.get_size_inches().tolist()
    [6.4, 2.18]
    """
    lines = textwrap.wrap(title, 62)
    figure = Figure(figsize=(WIDTH, height + 0.18 * len(lines)), layout="constrained")
    figure.suptitle(
        "\n".join(lines), x=0.01, ha="left", size=11, weight="bold", color=INK
    )
    return figure, figure.subplots()


def sheet_height(n_rows: int) -> float:
    """
    Height in inches that gives each row of a chart room.

    Parameters
    ----------
    n_rows : int
        Rows on the vertical axis.

    Returns
    -------
    float
        Inches.

    Examples
    --------
    >>> sheet_height(5) > sheet_height(2)
    True
    """
    return 0.9 + 0.34 * max(n_rows, 2)


def label_rows(axes: Axes, rows: pd.DataFrame, *, by: str = "level") -> None:
    """
    Name each row on the vertical axis, with its base beside it.

    Parameters
    ----------
    axes : Axes
        Row 0 of the frame goes to the top.
    rows : DataFrame
        Published figures.
    by : str
        Column with the names.
    """
    axes.set_yticks(range(len(rows)), [_row_label(r, by) for r in _records(rows)])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def label_values(
    axes: Axes,
    rows: pd.DataFrame,
    *,
    currency: str = "EUR",
) -> None:
    """
    Write each row's value in a column at the right.

    Parameters
    ----------
    axes : Axes
        Labelled by `label_rows`.
    rows : DataFrame
        Published figures.
    currency : str
        Three-letter code for amounts.
    """
    unit = str(rows["unit"].iloc[0])
    decimals = style_decimals(list(rows["value"]), unit)
    for y, row in enumerate(_records(rows)):
        hidden = is_withheld(row) or is_missing(row["value"])
        text = format_value(row["value"], unit, currency, decimals=decimals)
        text = text.removesuffix(" %-points")
        axes.annotate(
            WITHHELD if hidden else text,
            (1.02, y),
            xycoords=("axes fraction", "data"),
            va="center",
            color=GREY if hidden else INK,
            size=8 if hidden else 9.5,
        )


def scale_axis(
    axes: Axes,
    unit: str,
    *,
    which: Literal["x", "y"] = "x",
    currency: str = "EUR",
    name: str = "",
) -> None:
    """
    Write the unit on an axis and its ticks as readers expect them.

    Parameters
    ----------
    axes : Axes
        To be labelled.
    unit : str
        Unit of the values.
    which : str
        "x" or "y".
    currency : str
        Three-letter code for amounts.
    name : str
        Written on the axis instead of the unit's name.
    """
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda v, _: _tick(v, unit, axis)))
    note = " (base in brackets)" if _shows_bases(axes) and which == "x" else ""
    axis.set_label_text((name or UNIT_NAMES.get(unit, currency)) + note)
    axis.get_label().set_color(SOFT)
    axes.grid(visible=True, axis=which, color=GRID, linewidth=0.8)
    axes.locator_params(axis=which, nbins=6)


def mark_reference(
    axes: Axes, value: float, label: str = "", *, which: Literal["x", "y"] = "x"
) -> None:
    """
    Draw a line to compare with, and say at its end what it is.

    Parameters
    ----------
    axes : Axes
        To draw on.
    value : float
        Where, in data units.
    label : str
        What the line is.
    which : str
        "x" for an upright line, "y" for a level one.
    """
    draw = axes.axvline if which == "x" else axes.axhline
    draw(value, color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    if not label:
        return
    place = (value, 1.0) if which == "x" else (1.01, value)
    systems = ("data", "axes fraction")
    axes.annotate(
        label,
        place,
        xycoords=systems if which == "x" else systems[::-1],
        xytext=(0, 3) if which == "x" else (0, 0),
        textcoords="offset points",
        ha="center" if which == "x" else "left",
        va="bottom" if which == "x" else "center",
        color=SOFT,
        size=8.5,
    )


def require_rows(rows: pd.DataFrame, *, columns: Sequence[str]) -> None:
    """
    Refuse rows that cannot be drawn.

    Parameters
    ----------
    rows : DataFrame
        To be drawn.
    columns : sequence of str
        What the chart needs.

    Raises
    ------
    ValueError
        If there is no row, a column is missing, or the units differ.

    Examples
    --------
    >>> require_rows(pd.DataFrame({"value": []}), columns=["value"])
    Traceback (most recent call last):
    ValueError: a chart needs at least one row; the frame is empty
    """
    if rows.empty:
        raise ValueError("a chart needs at least one row; the frame is empty")
    missing = [name for name in columns if name not in rows.columns]
    if missing:
        raise ValueError(
            f"a chart needs the columns {', '.join(columns)}; "
            f"this frame lacks {', '.join(missing)}"
        )
    units = list(dict.fromkeys(rows["unit"])) if "unit" in rows.columns else []
    if len(units) > 1:
        raise ValueError(f"a chart shows one unit, these rows have {units}")


def _records(rows: pd.DataFrame) -> list[dict]:
    """Rows as dictionaries."""
    return rows.to_dict("records")


def _shows_bases(axes: Axes) -> bool:
    """Whether a row's name ends with its base."""
    return any(label.get_text().endswith(")") for label in axes.get_yticklabels())


def _row_label(row: dict, by: str) -> str:
    """Name, and the base where it is known."""
    name = "\n".join(textwrap.wrap(str(row[by]), 30)) or str(row[by])
    base = row.get("base")
    return name if is_missing(base) else f"{name} ({format_value(base, 'count')})"


def _tick(value: float, unit: str, axis: Any) -> str:
    """Write a tick with as many digits as the steps between ticks need."""
    steps = displayed(axis.get_majorticklocs(), unit)
    step = abs(steps[1] - steps[0]) if len(steps) > 1 else 1.0
    decimals = next((d for d in range(4) if _is_round(step, d)), 4)
    is_signed = unit == "points" or unit.endswith("_difference")
    plain = "points" if is_signed else "ratio"
    return format_value(displayed(value, unit), plain, decimals=decimals)


def _is_round(step: float, decimals: int) -> bool:
    """Whether a step between ticks has no more than so many decimals."""
    return abs(step - round(step, decimals)) < 1e-9
