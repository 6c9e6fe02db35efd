"""Charts of what changed: what a change is made of, and a series in its limits."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.display.canvas import (
    label_rows,
    new_sheet,
    require_rows,
    scale_axis,
    sheet_height,
)
from analysis.display.formats import format_value, name_level
from analysis.display.palette import BLUE, GREY, INK, ORANGE, PALE, SOFT, THEME

NEEDED = ("level", "value", "low", "high", "unit")
ENDS = ("period", "value", "low", "high", "unit")
TOTAL, JOINT, SPLIT = "total", "customer mix", ("mix", "weighting")
NAMES = {
    "mix": "other respondents",
    "weighting": "weighting",
    JOINT: "other mix of customers",
    "within": "other answers within groups",
}


@mpl.rc_context(THEME)
def draw_bridge(
    rows: pd.DataFrame, *, ends: pd.DataFrame, title: str, currency: str = "EUR"
) -> Figure:
    """
    Draw what leads from a figure of one period to that of the next.

    Parameters
    ----------
    rows : DataFrame
        Published parts of the change, from the top. ``total`` is not drawn, nor are
        ``mix`` and ``weighting`` where ``customer mix`` holds both.
    ends : DataFrame
        Published figures of both periods, with `period`, the earlier one first.
    title : str
        What is shown.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    Figure
        Dots for the two periods; between them a bar for each part, from where the one
        before ended, with its interval as a thin line. A part is grey where its
        interval holds zero: its side is not known.

    Raises
    ------
    ValueError
        If there are no rows, a column or a value is missing, or the parts do not lead
        from one end to the other.

    Examples
    --------
    >>> ends = pd.DataFrame({"period": ["2026Q2", "2026Q3"], "value": [36.0, 24.0],
    ...     "low": [30.0, 17.0], "high": [42.0, 31.0], "unit": "points"})
    >>> rows = pd.DataFrame({"level": ["customer mix", "within"],
    ...     "value": [-3.0, -9.0], "low": [-4.0, -18.0], "high": [-2.0, 0.5],
    ...     "unit": "points"})
    >>> figure = draw_bridge(rows, ends=ends, title="Why the score fell")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()][1]
    'other mix of customers'
    """
    require_rows(rows, columns=NEEDED)
    require_rows(ends, columns=ENDS)
    rows = _parts(rows)
    starts = _starts(rows, ends)
    figure, axes = new_sheet(title, height=sheet_height(len(rows) + 2))
    _draw_ends(axes, ends, len(rows) + 1)
    _draw_parts(axes, rows, starts)
    _label_bridge(axes, rows, ends, currency=currency)
    scale_axis(axes, str(ends["unit"].iloc[0]), currency=currency)
    return figure


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
    require_rows(rows, columns=("period", "value", "unit"))
    unit = str(rows["unit"].iloc[0])
    months = _every(rows["period"])
    line = rows.set_index("period")["value"].reindex(months)
    figure, axes = new_sheet(title, height=3.1)
    x = np.arange(len(months))
    axes.plot(x, line, color=BLUE, marker="o", markersize=4, linewidth=1.4, zorder=3)
    _draw_limits(axes, limits, unit, currency=currency)
    _mark_signals(axes, signals, line)
    _name_months(axes, months, since)
    scale_axis(axes, unit, which="y", currency=currency)
    return figure


def _parts(rows: pd.DataFrame) -> pd.DataFrame:
    """Parts that lead from one end to the other, without those held in others."""
    levels = set(rows["level"])
    left_out = {TOTAL, *(SPLIT if JOINT in levels else ())}
    kept = rows[~rows["level"].isin(left_out)]
    if kept.empty or kept["value"].isna().any():
        raise ValueError("a bridge needs all its parts, and some are withheld")
    return kept


def _starts(rows: pd.DataFrame, ends: pd.DataFrame) -> np.ndarray:
    """Where each part starts; the last one must reach the later period."""
    if len(ends) != 2 or ends["value"].isna().any():
        raise ValueError("a bridge leads from one period's figure to another's")
    first, last = ends["value"]
    reached = first + rows["value"].cumsum().to_numpy(dtype=float)
    if abs(reached[-1] - last) > 1e-6 * max(1.0, abs(first), abs(last)):
        raise ValueError(f"the parts lead from {first} to {reached[-1]}, not to {last}")
    return np.append(first, reached[:-1])


def _draw_ends(axes: Axes, ends: pd.DataFrame, last: int) -> None:
    for y, row in zip((0, last), ends.to_dict("records"), strict=True):
        axes.hlines(y, row["low"], row["high"], color=INK, linewidth=3, alpha=0.35)
        axes.scatter(row["value"], y, color=INK, s=52, zorder=3)


def _draw_parts(axes: Axes, rows: pd.DataFrame, starts: np.ndarray) -> None:
    """Bars from where the part before ended, with thin lines from row to row."""
    for place, (start, row) in enumerate(
        zip(starts, rows.to_dict("records"), strict=True), start=1
    ):
        end = start + row["value"]
        colour = _side(row["low"], row["high"])
        axes.barh(place, row["value"], left=start, height=0.5, color=colour, zorder=2)
        low, high = start + row["low"], start + row["high"]
        axes.hlines(place, low, high, color=INK, linewidth=1.2, zorder=3)
        for x, top, foot in ((start, place - 1, place), (end, place, place + 1)):
            axes.vlines(x, top, foot, color=SOFT, linewidth=0.8, zorder=1)


def _side(low: float, high: float) -> str:
    """Colour of a part: its direction, grey where it is not known."""
    if low > 0:
        return BLUE
    return ORANGE if high < 0 else GREY


def _label_bridge(
    axes: Axes, rows: pd.DataFrame, ends: pd.DataFrame, *, currency: str
) -> None:
    names = [NAMES.get(level, name_level(str(level))) for level in rows["level"]]
    every = [*ends.iloc[:1].to_dict("records"), *rows.to_dict("records")]
    every += ends.iloc[1:].to_dict("records")
    labels = [str(ends["period"].iloc[0]), *names, str(ends["period"].iloc[1])]
    label_rows(axes, pd.DataFrame({"level": labels}))
    for y, row in enumerate(every):
        write_beside(axes, y, format_value(row["value"], row["unit"], currency))


def write_beside(axes: Axes, y: float, text: str, *, colour: str = INK) -> None:
    """
    Write at the right of a row.

    Parameters
    ----------
    axes : Axes
        To write beside.
    y : float
        The row.
    text : str
        What to write.
    colour : str
        Of the letters.
    """
    axes.annotate(
        text,
        (1.02, y),
        xycoords=("axes fraction", "data"),
        va="center",
        color=colour,
        size=9,
    )


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
