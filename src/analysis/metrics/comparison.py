"""Our figures beside those that others have published."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.metrics.attainment import goal_gap
from analysis.metrics.control_chart import BOUNDS
from analysis.metrics.goals import ELSEWHERE
from analysis.study import Period

OLD = 24
COLUMNS = ["metric", "industry", "value", "low", "high", "source", "published_on"]
FIGURE = ["value", "low", "high", "unit", "base"]
OUTSIDE = ["outside", "outside_low", "outside_high"]
COMPARED = [
    *["benchmark", "metric", "industry", "source", "published_on"],
    *FIGURE,
    *OUTSIDE,
    *["months", "verdict", "warning"],
]
ASIDE = [*COLUMNS, "reason"]


@dataclass(frozen=True)
class Comparison:
    """Outside figures held against ours.

    Parameters
    ----------
    compared : DataFrame
        One row per outside figure: benchmark (its name), metric, industry, source,
        published_on, value, low, high, unit, base (of ours), outside, outside_low,
        outside_high (missing without a range), months (its age), verdict and warning.
    set_aside : DataFrame
        One row per outside figure that cannot be compared, with the reason.
    gaps : dict of str to Estimate
        By benchmark, what `benchmark_gap` makes.
    """

    compared: pd.DataFrame
    set_aside: pd.DataFrame
    gaps: dict[str, Estimate]


@statistic
def benchmark_gap(figure: Estimate, *, outside: float) -> Estimate:
    """Our figure minus an outside one.

    Parameters
    ----------
    figure : Estimate
        Ours.
    outside : float
        Theirs, in the same unit.

    Returns
    -------
    Estimate
        In the unit of a difference.

    Notes
    -----
    The error is ours alone: that of the other figure is not known, so the interval is
    too narrow.

    Examples
    --------
    >>> nps = Estimate(value=30, standard_error=2, low=26, high=34, base=800,
    ...     unit="points")
    >>> benchmark_gap(nps, outside=32).value
    -2.0
    """
    return goal_gap(figure, target=outside)


def compare_outside(
    benchmarks: pd.DataFrame,
    figures: Mapping[str, Estimate],
    *,
    period: Period,
    minimum_base: int = 10,
) -> Comparison:
    """Hold our figures against those that others have published.

    Parameters
    ----------
    benchmarks : DataFrame
        metric, industry, value, low, high, source, published_on.
    figures : mapping of metric to Estimate
        Ours of the period.
    period : Period
        Of the run; what was published after it is set aside.
    minimum_base : int
        Our figures on a smaller base are not published, so not compared.

    Returns
    -------
    Comparison
        The verdict holds our interval against their range: ``above its range``,
        ``below its range``, ``within its range`` or ``overlaps its edge``. Without a
        range it is ``above it``, ``below it`` or ``cannot tell``. A figure of more
        than 24 months carries a warning.

    Notes
    -----
    Not a test: others ask other customers, in other words, by other channels, and
    their error is not known. A range is that of the panel of companies, not an
    interval.

    Examples
    --------
    >>> nps = Estimate(value=30, standard_error=2, low=26, high=34, base=800,
    ...     unit="points")
    >>> outside = pd.DataFrame({"metric": ["nps"], "value": [32.0], "low": [24.0],
    ...     "high": [41.0], "published_on": pd.Timestamp("2026-03-31")})
    >>> found = compare_outside(outside, {"nps": nps}, period=Period.parse("2026Q3"))
    >>> found.compared[["verdict", "months"]].to_numpy().tolist()
    [['within its range', 6]]
    """
    known = {
        name: one
        for name, one in figures.items()
        if one.base >= minimum_base and not math.isnan(one.value)
    }
    rows: list[dict[Any, Any]] = []
    aside: list[dict[Any, Any]] = []
    gaps: dict[str, Estimate] = {}
    for row in benchmarks.reindex(columns=COLUMNS).to_dict("records"):
        reason = _fault(row, known, period)
        if reason:
            aside.append({**row, "reason": reason})
            continue
        figure = known[str(row["metric"])]
        name = _name(row, list(gaps))
        rows.append({"benchmark": name, **_compared(row, figure, period)})
        gaps[name] = benchmark_gap(figure, outside=row["value"])
    return Comparison(
        pd.DataFrame(rows, columns=COMPARED), pd.DataFrame(aside, columns=ASIDE), gaps
    )


def _fault(
    row: Mapping[Any, Any], figures: Mapping[str, Estimate], period: Period
) -> str:
    """Why an outside figure cannot be compared; empty where it can."""
    metric = str(row["metric"])
    if metric in ELSEWHERE:
        return ELSEWHERE[metric]
    if metric not in figures:
        known = ", ".join(figures) or "none"
        return f"We have no figure of {metric!r} on enough answers; known: {known}."
    if row["published_on"] > period.end:
        return "It was published after the period."
    return _fault_of_value(row, figures[metric].unit)


def _fault_of_value(row: Mapping[Any, Any], unit: str) -> str:
    value = row["value"]
    if pd.isna(value):
        return "There is no value to compare with."
    least, most = BOUNDS.get(unit, (value, value))
    if not least <= value <= most:
        return f"The value {value:g} lies outside {least:g} to {most:g}."
    if _has_range(row) and not row["low"] <= value <= row["high"]:
        return f"The range {row['low']:g} to {row['high']:g} leaves out {value:g}."
    return ""


def _compared(
    row: Mapping[Any, Any], figure: Estimate, period: Period
) -> dict[Any, Any]:
    months = _months(row["published_on"], period.end)
    return {
        **row,
        **{name: getattr(figure, name) for name in FIGURE},
        **dict(zip(OUTSIDE, (row[name] for name in FIGURE[:3]), strict=True)),
        "months": months,
        "verdict": _verdict(row, figure),
        "warning": _warning(row, months),
    }


def _verdict(row: Mapping[Any, Any], figure: Estimate) -> str:
    if not _has_range(row):
        if figure.low <= row["value"] <= figure.high:
            return "cannot tell"
        return "above it" if figure.value > row["value"] else "below it"
    if figure.low > row["high"]:
        return "above its range"
    if figure.high < row["low"]:
        return "below its range"
    is_within = row["low"] <= figure.low and figure.high <= row["high"]
    return "within its range" if is_within else "overlaps its edge"


def _warning(row: Mapping[Any, Any], months: int | None) -> str:
    said = []
    if months is None:
        said.append("When it was published is not known.")
    elif months > OLD:
        said.append(f"It is {months} months old.")
    if not _has_range(row):
        said.append("It has no range.")
    if pd.isna(row["source"]):
        said.append("It has no source.")
    return " ".join(said)


def _has_range(row: Mapping[Any, Any]) -> bool:
    return bool(pd.notna(row["low"]) and pd.notna(row["high"]))


def _months(published: pd.Timestamp, end: pd.Timestamp) -> int | None:
    if pd.isna(published):
        return None
    whole = 12 * (end.year - published.year) + end.month - published.month
    # The last day of a month is a whole month after the last day of the one before.
    return whole - int(end.day < published.day and not end.is_month_end)


def _name(row: Mapping[Any, Any], taken: list[str]) -> str:
    name = str(row["metric"])
    if pd.notna(row["industry"]):
        name = f"{name}, {row['industry']}"
    again = sum(one == name or one.startswith(f"{name} (") for one in taken)
    return f"{name} ({again + 1})" if again else name
