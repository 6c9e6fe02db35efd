"""Whether a series does anything that it did not do before: the XmR chart."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import isnan

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, statistic
from analysis.metrics.metric import DIFFERENCES
from analysis.study import Period, StudyError

LEAST = 10
RUN = 8
NATURAL, UPPER_RANGE, SIGMA = 2.66, 3.268, 1.128
BOUNDS = {
    "share": (0.0, 1.0),
    "points": (-100.0, 100.0),
    "count": (0.0, math.inf),
    "per_hundred": (0.0, math.inf),
    "per_thousand": (0.0, math.inf),
}
SIGNALS = ["rule", "start", "end", "side", "is_new"]


@dataclass(frozen=True)
class ControlChart:
    """A series with its process limits and what stands out.

    Parameters
    ----------
    limits : dict of str to Estimate
        As `control_limits` makes them; empty where there are too few months.
    points : DataFrame
        One row per month since the last break: period, value, moving_range (missing
        after a gap) and is_new, for the months that are judged.
    signals : DataFrame
        One row per signal: rule (``outside`` or ``run``), start, end (periods), side
        (``above`` or ``below``) and is_new, for signals that end in a judged month.
    gaps : list of str
        Months between the first and the last that have no value.
    reason : str
        Why there are no limits; empty where there are.
    """

    limits: dict[str, Estimate]
    points: pd.DataFrame
    signals: pd.DataFrame
    gaps: list[str] = field(default_factory=list)
    reason: str = ""


@statistic
def control_limits(
    series: Mapping[str, Estimate], *, since: str, breaks: Collection[str] = ()
) -> dict[str, Estimate]:
    r"""Centre and natural process limits of a series, from its earlier months.

    Parameters
    ----------
    series : mapping of str to Estimate
        Value of each month (or quarter), complete ones only.
    since : str
        The first month to be judged, or a longer period that starts with it. It and
        later ones make no limits.
    breaks : collection of str
        Periods from which on the series measures something else; what lies before the
        last one is left out. They may be longer than the months of the series.

    Returns
    -------
    dict of str to Estimate
        ``centre``, ``low_limit``, ``high_limit`` and ``moving_range_limit``. The
        effective base is the number of months; the base counts all their answers.

    Raises
    ------
    StudyError
        If there are fewer than ten months to make limits from.

    Notes
    -----
    With the mean :math:`\bar x` of :math:`m` months and the mean moving range
    :math:`\overline{mR}` of neighbouring months, the limits are
    :math:`\bar x \pm 2.66\,\overline{mR}`, and :math:`3.268\,\overline{mR}` for a
    moving range [1]_; within what the unit allows. A moving range over a gap does not
    count.

    The limits are themselves uncertain. With :math:`\hat\sigma =
    \overline{mR}/1.128`, their standard error is :math:`\hat\sigma \sqrt{1/m + 9v}`
    with :math:`v = (0.8264m - 1.082)/(m-1)^2` [2]_, the interval Student's with
    :math:`1/(2v)` degrees of freedom. That holds for months that do not depend on one
    another.

    References
    ----------
    .. [1] Wheeler, D. J. (1993). Understanding Variation: The Key to Managing Chaos.
       SPC Press.
    .. [2] Cryer, J. D. and Ryan, T. P. (1990). The estimation of sigma for an X
       chart. Journal of Quality Technology 22(3), 187-192.

    Examples
    --------
    >>> from analysis.estimate import count
    >>> months = {f"2025-{month:02d}": count(30 + month % 2) for month in range(1, 13)}
    >>> limits = control_limits(months, since="2025-12")
    >>> round(limits["centre"].value, 2), round(limits["high_limit"].value, 2)
    (30.55, 33.21)
    """
    points = _points(series, since=since, breaks=breaks)
    used = points[~points["is_new"]]
    if len(used) < LEAST:
        raise StudyError(
            f"Limits need {LEAST} months before {since}, and there are {len(used)}: "
            "too few to tell what is usual."
        )
    ranges = used["moving_range"].dropna()
    if ranges.empty:
        raise StudyError("No two neighbouring months have a value: there is no range.")
    months, sigma = len(used), float(ranges.mean()) / SIGMA
    centre, step = float(used["value"].mean()), sigma * SIGMA
    spread = (0.8264 * months - 1.082) / (months - 1) ** 2
    wide = sigma * math.sqrt(1 / months + 9 * spread)
    made = {
        "centre": (centre, sigma / math.sqrt(months)),
        "low_limit": (centre - NATURAL * step, wide),
        "high_limit": (centre + NATURAL * step, wide),
        "moving_range_limit": (UPPER_RANGE * step, UPPER_RANGE * step * spread**0.5),
    }
    known = [series[period] for period in used["period"]]
    return {
        name: _limit(known, value, error, is_range=name == "moving_range_limit")
        for name, (value, error) in made.items()
    }


def control_chart(
    series: Mapping[str, Estimate],
    *,
    since: str,
    until: str | None = None,
    breaks: Collection[str] = (),
) -> ControlChart:
    """Hold a series against its own limits.

    Parameters
    ----------
    series : mapping of str to Estimate
        Value of each month (or quarter); months without one may be missing.
    since : str
        The first month to be judged, or a longer period that starts with it.
    until : str, optional
        The last month that is over, or a longer period that ends with it; later ones
        are left out.
    breaks : collection of str
        Periods from which on the series measures something else.

    Returns
    -------
    ControlChart
        Without limits and signals, but with the reason, where there are fewer than
        ten months before `since`.

    Notes
    -----
    See `control_limits`. Two rules: a month outside the limits, and eight months in a
    row on one side of the centre; a month on the centre ends a run, a month without a
    value does not. Three of four months near a limit, and moving ranges above theirs,
    are no signals here: with 24 stable months they would raise the chance of a false
    alarm from 10 % to 13 and 21 %.

    A run is reported once, from its first month to its last. Months that made the
    limits are judged as well; only signals that end in a judged month are new.

    Not for series that follow the seasons or depend strongly on the month before:
    their false alarms are many more. Not for months with very unequal bases.

    Examples
    --------
    >>> from analysis.estimate import count
    >>> months = {f"2025-{month:02d}": count(30 + month % 2) for month in range(1, 12)}
    >>> chart = control_chart(months | {"2025-12": count(40)}, since="2025-12")
    >>> chart.signals.to_dict("records")
    [{'rule': 'outside', 'start': '2025-12', 'end': '2025-12', 'side': 'above', \
'is_new': True}]
    """
    over = dict(series)
    if until is not None:
        end = _span(until).end
        over = {p: one for p, one in series.items() if _span(p).end <= end}
    points = _points(over, since=since, breaks=breaks)
    gaps = _gaps(list(points["period"]))
    nothing = pd.DataFrame(columns=SIGNALS)
    try:
        limits = control_limits(over, since=since, breaks=breaks)
    except StudyError as error:
        return ControlChart({}, points, nothing, gaps, reason=str(error))
    found = [*_outside(points, limits), *_runs(points, limits["centre"].value)]
    new = set(points.loc[points["is_new"], "period"])
    signals = pd.DataFrame([(*one, one[2] in new) for one in found], columns=SIGNALS)
    signals = signals.sort_values(["end", "rule"], ignore_index=True)
    return ControlChart(limits, points, signals, gaps)


def _points(
    series: Mapping[str, Estimate], *, since: str, breaks: Collection[str]
) -> pd.DataFrame:
    """Months since the last break, in order, with the step from the one before."""
    first = _span(since).start
    start = max((_span(one).start for one in breaks), default=pd.Timestamp.min)
    known = {name: one.value for name, one in series.items() if not isnan(one.value)}
    known = {name: known[name] for name in known if _span(name).start >= start}
    periods = sorted(known, key=_place)
    places = pd.Series([_place(period) for period in periods], dtype="float64")
    values = pd.Series([known[period] for period in periods], dtype="float64")
    steps = values.diff().abs().where(places.diff() == 1)
    is_new = [_span(period).start >= first for period in periods]
    return pd.DataFrame(
        {
            "period": pd.Series(periods, dtype="str"),
            "value": values,
            "moving_range": steps,
            "is_new": pd.Series(is_new, dtype="bool"),
        }
    )


@functools.cache
def _span(period: str) -> Period:
    return Period.parse(period)


def _place(period: str) -> int:
    return int(_span(period).calendar.ordinal)


def _gaps(periods: list[str]) -> list[str]:
    if not periods:
        return []
    first, last = (_span(one).calendar for one in (periods[0], periods[-1]))
    every = [str(one) for one in pd.period_range(first, last)]
    return [one for one in every if one not in set(periods)]


def _limit(
    known: list[Estimate], value: float, error: float, *, is_range: bool
) -> Estimate:
    months, unit = len(known), known[0].unit
    degrees = (months - 1) ** 2 / (2 * (0.8264 * months - 1.082))
    half = critical_value(known[0].confidence, degrees) * error
    least, most = BOUNDS.get(unit, (-math.inf, math.inf))
    if is_range:
        unit, least, most = DIFFERENCES.get(unit, unit), 0.0, math.inf
    value, low, high = np.clip([value, value - half, value + half], least, most)
    return Estimate(
        value=value,
        standard_error=error,
        low=low,
        high=high,
        base=sum(one.base for one in known),
        unit=unit,
        effective_base=months,
        confidence=known[0].confidence,
    )


def _outside(
    points: pd.DataFrame, limits: Mapping[str, Estimate]
) -> list[tuple[str, str, str, str]]:
    low, high = limits["low_limit"].value, limits["high_limit"].value
    out = points[(points["value"] < low) | (points["value"] > high)]
    return [
        ("outside", period, period, "above" if value > high else "below")
        for period, value in zip(out["period"], out["value"], strict=True)
    ]


def _runs(points: pd.DataFrame, centre: float) -> list[tuple[str, str, str, str]]:
    side = np.sign(points["value"] - centre)
    stretches = (side != side.shift()).cumsum()
    return [
        (
            "run",
            one["period"].iloc[0],
            one["period"].iloc[-1],
            _SIDES[side[one.index[0]]],
        )
        for _, one in points.groupby(stretches)
        if len(one) >= RUN and side[one.index[0]] != 0
    ]


_SIDES = {1.0: "above", -1.0: "below"}
