"""Charts of series within their own limits."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.display.canvas import new_sheet, require_rows, scale_axis
from analysis.display.formats import format_value
from analysis.display.palette import BLUE, ORANGE, PALE, SOFT, THEME

NEEDED = ("period", "value", "unit")
PANEL = 1.75
NO_SIGNALS = pd.DataFrame(columns=["rule", "start", "end"])


@mpl.rc_context(THEME)
def draw_control_chart(
    rows: pd.DataFrame,
    *,
    limits: pd.DataFrame,
    signals: pd.DataFrame,
    title: str,
    since: str = "",
    currency: str = "EUR",
) -> Figure:
    """
    Draw a series within its process limits, and mark what stands out.

    Parameters
    ----------
    rows : DataFrame
        Published figures of one level, one per month; months sort as text.
    limits : DataFrame
        Published ``centre``, ``low_limit`` and ``high_limit``; may be empty.
    signals : DataFrame
        rule (``outside`` or ``run``), start, end, as the metrics wing finds them.
    title : str
        What is shown.
    since : str
        The first month that is judged, or a longer period that starts with it.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        A month outside the limits has an orange diamond, a run an orange line below
        its months. A month without a figure leaves a gap.

    Raises
    ------
    ValueError
        If there are no rows, a column is missing, or the units differ.

    Examples
    --------
    >>> rows = pd.DataFrame({"period": ["2026-07", "2026-08", "2026-10"],
    ...     "value": [30.0, 31.0, 44.0], "unit": "points"})
    >>> limits = pd.DataFrame({"level": ["centre", "low_limit", "high_limit"],
    ...     "value": [30.5, 27.8, 33.2]})
    >>> signals = pd.DataFrame({"rule": ["outside"], "start": ["2026-10"],
    ...     "end": ["2026-10"]})
    >>> figure = draw_control_chart(rows, limits=limits, signals=signals,
    ...     title="Score by month", since="2026-10")
    >>> len(figure.axes[0].lines[0].get_xdata())
    4
    """
    require_rows(rows, columns=NEEDED)
    figure, axes = new_sheet(title, height=3.1)
    _draw_series(axes, rows, limits, signals, since=since, currency=currency)
    return figure


@mpl.rc_context(THEME)
def draw_control_charts(
    rows: pd.DataFrame,
    *,
    limits: pd.DataFrame,
    signals: Mapping[str, pd.DataFrame],
    title: str,
    since: str = "",
    currency: str = "EUR",
) -> Figure:
    """
    Draw several series below one another, each within its own limits.

    Parameters
    ----------
    rows : DataFrame
        Published figures of several series: `by` names the series, `level` the month.
    limits : DataFrame
        Published limits, with the same `by`; a series may have none.
    signals : mapping of str to DataFrame
        Per series, as `draw_control_chart` takes them.
    title : str
        What is shown.
    since : str
        The first month that is judged.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        One panel per series, in the order of the rows.

    Raises
    ------
    ValueError
        If there are no rows or a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"by": ["visits"] * 2, "level": ["2026-07", "2026-08"],
    ...     "value": [30.0, 31.0], "unit": "ratio"})
    >>> none = pd.DataFrame({"by": [], "level": [], "value": []})
    >>> figure = draw_control_charts(rows, limits=none, signals={}, title="By month")
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['Visits']
    """
    require_rows(rows.drop(columns="unit"), columns=("by", "level", "value"))
    names = list(dict.fromkeys(rows["by"]))
    figure, first = new_sheet(title, height=PANEL * len(names))
    first.remove()
    panels = figure.subplots(len(names), squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        series = rows[rows["by"] == name].assign(period=lambda one: one["level"])
        found = signals.get(name, NO_SIGNALS)
        bounds = limits[limits["by"] == name]
        _draw_series(axes, series, bounds, found, since=since, currency=currency)
        axes.set_title(f"{name[:1].upper()}{name[1:]}", loc="left", size=9.5)
    return figure


def _draw_series(
    axes: Axes,
    rows: pd.DataFrame,
    limits: pd.DataFrame,
    signals: pd.DataFrame,
    *,
    since: str,
    currency: str,
) -> None:
    unit = str(rows["unit"].iloc[0])
    months = _every(rows["period"])
    line = rows.set_index("period")["value"].reindex(months)
    x = np.arange(len(months))
    axes.plot(x, line, color=BLUE, marker="o", markersize=3.5, linewidth=1.3, zorder=3)
    _draw_limits(axes, limits, unit, currency=currency)
    _mark_signals(axes, signals, line)
    _name_months(axes, months, since)
    scale_axis(axes, unit, which="y", currency=currency)


def _every(periods: pd.Series) -> list[str]:
    """All months from the first to the last."""
    spans = sorted(pd.PeriodIndex(periods.astype("str"), freq=_frequency(periods)))
    return [str(one) for one in pd.period_range(spans[0], spans[-1])]


def _first(since: str, like: str) -> str:
    """First month of a period, as the other months are named."""
    day = pd.Period(since, freq=_frequency(pd.Series([since]))).start_time
    return str(day.to_period(_frequency(pd.Series([like]))))


def _frequency(periods: pd.Series) -> str:
    first = str(periods.iloc[0])
    return "Q" if "Q" in first else "M" if "-" in first else "Y"


def _draw_limits(axes: Axes, limits: pd.DataFrame, unit: str, *, currency: str) -> None:
    """Band between the limits, with their names and values at the right."""
    if limits.empty or limits["value"].isna().any():
        return
    value = limits.set_index("level")["value"].to_dict()
    axes.axhspan(value["low_limit"], value["high_limit"], color=PALE, alpha=0.35, lw=0)
    for name, word in (
        ("high_limit", "limit"),
        ("centre", "mean"),
        ("low_limit", "limit"),
    ):
        style = "-" if name == "centre" else (0, (4, 3))
        axes.axhline(value[name], color=SOFT, linewidth=1, linestyle=style, zorder=1)
        text = f"{word} {format_value(value[name], unit, currency)}"
        axes.annotate(
            text,
            (1.01, value[name]),
            xycoords=("axes fraction", "data"),
            va="center",
            color=SOFT,
            size=8.5,
        )


def _mark_signals(axes: Axes, signals: pd.DataFrame, line: pd.Series) -> None:
    """Diamonds for months outside, lines below the months of a run."""
    low, high = axes.get_ylim()
    months = list(line.index)
    for row in signals.to_dict("records"):
        first, last = months.index(row["start"]), months.index(row["end"])
        if row["rule"] == "outside":
            axes.plot(last, line.iloc[last], "D", color=ORANGE, markersize=8, zorder=4)
            axes.annotate(
                "outside",
                (last, line.iloc[last]),
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
                xytext=(-8, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                color=ORANGE,
                size=8.5,
                weight="bold",
            )
            continue
        y = low - 0.06 * (high - low)
        axes.plot([first, last], [y, y], color=ORANGE, linewidth=3, zorder=2)
        axes.annotate(
            f"{last - first + 1} in a row",
            ((first + last) / 2, y),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=ORANGE,
            size=8.5,
            weight="bold",
        )


def _name_months(axes: Axes, months: Sequence[str], since: str) -> None:
    step = -(-sum(len(one) + 2 for one in months) // 60)
    shown = range((len(months) - 1) % step, len(months), step)
    axes.set_xticks(list(shown), [months[place] for place in shown])
    axes.set_xlim(-0.6, len(months) - 0.4)
    start = _first(since, months[0]) if since else months[0]
    if start in months[1:]:
        place = months.index(start) - 0.5
        axes.axvline(place, color=SOFT, linewidth=1, linestyle=":")
        axes.annotate(
            "judged →",
            (place, 1),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            color=SOFT,
            size=8.5,
        )
