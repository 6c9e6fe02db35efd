"""Charts of where a metric stands: against its goals, and against outside figures."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.display.canvas import label_rows, new_sheet, require_rows, scale_axis
from analysis.display.change import write_beside
from analysis.display.formats import (
    WITHHELD,
    format_interval,
    format_value,
    is_missing,
    is_withheld,
)
from analysis.display.names import name_level
from analysis.display.palette import BLUE, GREY, INK, ORANGE, PALE, SOFT, THEME


@mpl.rc_context(THEME)
def draw_goals(goals: pd.DataFrame, *, title: str, currency: str = "EUR") -> Figure:
    """
    Draw each goal beside where its metric stands, one panel a metric.

    Parameters
    ----------
    goals : DataFrame
        metric, goal, value, low, high, unit, target, baseline and status, as the
        metrics wing judges them; without goals whose figure is withheld.
    title : str
        What is shown.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        A dot with its interval for the metric, a diamond for the goal, a small mark
        for the baseline, the status in words at the right.

    Raises
    ------
    ValueError
        If there are no rows or a column is missing.

    Examples
    --------
    >>> goals = pd.DataFrame({"metric": "nps", "goal": ["nps"], "value": [24.0],
    ...     "low": [17.0], "high": [31.0], "unit": "points", "target": [36.0],
    ...     "baseline": [33.0], "status": ["off track"]})
    >>> figure = draw_goals(goals, title="Where the goals stand")
    >>> figure.axes[0].texts[0].get_text()
    'off track'
    """
    require_rows(goals.drop(columns="unit"), columns=("metric", "goal", "target"))
    figure, panels = _panels(goals, title)
    handles: dict[str, Any] = {}
    for axes, (_, group) in zip(
        panels, goals.groupby("metric", sort=False), strict=True
    ):
        y = np.arange(len(group))
        handles["now, with interval"] = _draw_ours(axes, group)
        handles["goal"] = axes.scatter(
            group["target"], y, marker="D", s=44, color=ORANGE, zorder=4
        )
        handles["start"] = axes.scatter(
            group["baseline"], y, marker="|", s=90, color=SOFT, zorder=2
        )
        _finish(axes, group, "goal", group["status"], currency=currency)
    _legend(figure, handles)
    return figure


@mpl.rc_context(THEME)
def draw_benchmarks(
    compared: pd.DataFrame, *, title: str, currency: str = "EUR"
) -> Figure:
    """
    Draw our figures beside outside ones, one panel a metric.

    Parameters
    ----------
    compared : DataFrame
        metric, benchmark, value, low, high, unit, outside, outside_low, outside_high
        and verdict, as the metrics wing compares them.
    title : str
        What is shown.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        A dot with its interval for ours, an open square on a pale band for theirs with
        its range, the verdict in words at the right.

    Raises
    ------
    ValueError
        If there are no rows or a column is missing.

    Examples
    --------
    >>> compared = pd.DataFrame({"metric": "nps", "benchmark": ["nps, Retail"],
    ...     "value": [24.0], "low": [17.0], "high": [31.0], "unit": "points",
    ...     "outside": [32.0], "outside_low": [24.0], "outside_high": [41.0],
    ...     "verdict": ["overlaps its edge"]})
    >>> figure = draw_benchmarks(compared, title="Against others")
    >>> figure.axes[0].texts[0].get_text()
    'overlaps its edge'
    """
    columns = ("metric", "benchmark", "outside", "verdict")
    require_rows(compared.drop(columns="unit"), columns=columns)
    figure, panels = _panels(compared, title)
    handles: dict[str, Any] = {}
    groups = compared.groupby("metric", sort=False)
    for axes, (_, group) in zip(panels, groups, strict=True):
        y = np.arange(len(group))
        low, high = group["outside_low"], group["outside_high"]
        axes.hlines(y, low, high, color=PALE, linewidth=13, zorder=1)
        handles["ours, with interval"] = _draw_ours(axes, group)
        handles["outside, with range"] = axes.scatter(
            *(group["outside"], y),
            marker="s",
            s=40,
            facecolor="white",
            edgecolor=INK,
            zorder=3,
        )
        _finish(axes, group, "benchmark", group["verdict"], currency=currency)
    _legend(figure, handles)
    return figure


def describe_goals(goals: pd.DataFrame, *, currency: str = "EUR") -> str:
    """
    Say in words what a chart of goals shows.

    Parameters
    ----------
    goals : DataFrame
        As `draw_goals` takes them.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    str
        One clause per goal: where it stands, where it should be, and how it is.

    Examples
    --------
    >>> goals = pd.DataFrame({"goal": ["nps"], "value": [24.0], "low": [17.0],
    ...     "high": [31.0], "unit": "points", "target": [36.0],
    ...     "status": ["off track"]})
    >>> describe_goals(goals)
    'Promoter score (NPS): +24.0 (+17.0 to +31.0), goal +36.0, off track.'
    """
    clauses = [
        f"{_stands(row, 'goal', currency)}, "
        f"goal {format_value(row['target'], row['unit'], currency)}, {row['status']}"
        for row in goals.to_dict("records")
    ]
    return "; ".join(clauses) + "."


def describe_benchmarks(compared: pd.DataFrame, *, currency: str = "EUR") -> str:
    """
    Say in words what a chart of outside figures shows.

    Parameters
    ----------
    compared : DataFrame
        As `draw_benchmarks` takes them.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    str
        One clause per outside figure: ours, theirs with its range, and the verdict.

    Examples
    --------
    >>> compared = pd.DataFrame({"benchmark": ["nps, Retail"], "value": [24.0],
    ...     "low": [17.0], "high": [31.0], "unit": "points", "outside": [32.0],
    ...     "outside_low": [24.0], "outside_high": [41.0],
    ...     "verdict": ["overlaps its edge"]})
    >>> describe_benchmarks(compared)
    'Promoter score (NPS), Retail: +24.0 (+17.0 to +31.0), outside +32.0 (+24.0 to \
+41.0), overlaps its edge.'
    """
    clauses = []
    for row in compared.to_dict("records"):
        unit = row["unit"]
        theirs = format_value(row["outside"], unit, currency)
        if not is_missing(row["outside_low"]) and not is_missing(row["outside_high"]):
            ends = (row["outside_low"], row["outside_high"])
            theirs += f" ({format_interval(*ends, unit, currency)})"
        ours = _stands(row, "benchmark", currency)
        clauses.append(f"{ours}, outside {theirs}, {row['verdict']}")
    return "; ".join(clauses) + "."


def _stands(row: Mapping[Any, Any], by: str, currency: str) -> str:
    """Name, value and interval."""
    interval = format_interval(row["low"], row["high"], row["unit"], currency)
    value = format_value(row["value"], row["unit"], currency)
    return f"{_title_of(str(row[by]))}: {value} ({interval})"


def _panels(rows: pd.DataFrame, title: str) -> tuple[Figure, list[Axes]]:
    """One set of axes per metric, as high as its rows need."""
    sizes = rows.groupby("metric", sort=False).size()
    height = 0.55 + 0.62 * len(sizes) + 0.36 * len(rows)
    figure, axes = new_sheet(title, height=height)
    axes.remove()
    ratios = [0.6 + 0.36 * size for size in sizes]
    grid = figure.subplots(len(sizes), 1, height_ratios=ratios, squeeze=False)
    return figure, list(grid[:, 0])


def _draw_ours(axes: Axes, rows: pd.DataFrame) -> Any:
    y = np.arange(len(rows))
    axes.hlines(y, rows["low"], rows["high"], color=BLUE, linewidth=3.5, alpha=0.5)
    return axes.scatter(rows["value"], y, color=BLUE, s=46, zorder=5)


def _finish(
    axes: Axes, rows: pd.DataFrame, by: str, words: pd.Series, *, currency: str
) -> None:
    """Names at the left, words at the right, the unit below."""
    names = [_title_of(str(one)) for one in rows[by]]
    label_rows(axes, pd.DataFrame({"level": names}))
    for y, (word, row) in enumerate(zip(words, rows.to_dict("records"), strict=True)):
        hidden = is_withheld(row) or is_missing(row["value"])
        write_beside(
            axes, y, WITHHELD if hidden else word, colour=GREY if hidden else INK
        )
    scale_axis(axes, str(rows["unit"].iloc[0]), currency=currency)
    # "(NPS)" at the end of a name is no base.
    axes.set_xlabel(axes.get_xlabel().removesuffix(" (base in brackets)"))
    axes.margins(x=0.06)


def _title_of(name: str) -> str:
    """Name as readers know it: "nps, segment: new" starts with the trade's name."""
    metric, comma, rest = name.partition(",")
    return name_level(metric) + comma + rest


def _legend(figure: Figure, handles: Mapping[str, Any]) -> None:
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside lower left",
        ncols=len(handles),
        fontsize=9,
        frameon=False,
    )
