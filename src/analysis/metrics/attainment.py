"""How far a metric is from its goal, and how likely it is to get there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, critical_value, statistic
from analysis.metrics.metric import DIFFERENCES
from analysis.metrics.random_walk import outlook
from analysis.study import Period, StudyError

EARLIER = 4
DAYS = {"Q": 365.25 / 4, "M": 365.25 / 12, "Y": 365.25}


@statistic
def goal_gap(figure: Estimate, *, target: float) -> Estimate:
    """How far a figure lies above its goal; below it where negative.

    Parameters
    ----------
    figure : Estimate
        The metric.
    target : float
        In the metric's unit.

    Returns
    -------
    Estimate
        In the unit of a difference, with the figure's error: a goal has none.

    Notes
    -----
    The figure minus the goal; both bounds move by the goal.

    Examples
    --------
    >>> nps = Estimate(value=30, standard_error=2, low=26, high=34, base=800,
    ...     unit="points")
    >>> gap = goal_gap(nps, target=36)
    >>> gap.value, gap.low, gap.high
    (-6.0, -10.0, -2.0)
    """
    return Estimate(
        value=figure.value - target,
        standard_error=figure.standard_error,
        low=figure.low - target,
        high=figure.high - target,
        base=figure.base,
        unit=DIFFERENCES.get(figure.unit, figure.unit),
        effective_base=figure.effective_base,
        confidence=figure.confidence,
    )


@statistic
def goal_chance(
    history: Mapping[str, Estimate],
    *,
    target: float,
    due_on: pd.Timestamp,
    period: Period,
    good: str = "high",
) -> Estimate:
    r"""Probability that a metric's true value has reached its goal by its date.

    Parameters
    ----------
    history : mapping of period to Estimate
        The metric up to the period of the run, since the question was last reworded.
    target : float
        In the metric's unit.
    due_on : Timestamp
        By when. For a goal that is due, the figure of the period of that day counts.
    period : Period
        The period of the run.
    good : str
        ``high`` or ``low``: which side of the goal is good.

    Returns
    -------
    Estimate
        Unit `share`. The interval says how much hangs on the size of the steps, which
        is not known; for a goal that is due there are no steps and no interval. The
        effective base is the number of periods used.

    Raises
    ------
    StudyError
        If the period has no figure, or a goal that is not due has fewer than four
        earlier periods: how far the metric moves from one to the next is not known.

    Notes
    -----
    A goal that is due: :math:`\Phi((y - g)/s)` for the figure :math:`y`, its error
    :math:`s` and the goal :math:`g`. Else the true value walks on from where it is,
    by steps of unknown size and without drift; see
    `analysis.metrics.random_walk.outlook`. With :math:`h` periods to go (days over the
    mean length of a period) and today's value :math:`N(m_\tau, v_\tau)`,

    .. math::
        P = \sum_\tau p(\tau)\,\Phi\left(
        \frac{m_\tau - g}{\sqrt{v_\tau + h\tau^2}}\right).

    Not for a metric that follows the seasons or is pushed in one direction: no drift
    means that what was done for the goal counts only once it shows.

    Examples
    --------
    >>> def nps(value):
    ...     return Estimate(value=value, standard_error=2, low=value - 4,
    ...         high=value + 4, base=800, unit="points")
    >>> waves = {f"2025Q{n}": nps(30) for n in range(1, 5)} | {"2026Q1": nps(30)}
    >>> chance = goal_chance(waves, target=36, due_on=pd.Timestamp("2026-06-30"),
    ...     period=Period.parse("2026Q1"))
    >>> round(chance.value, 2)
    0.01
    """
    held = period_held(due_on, period)
    if held.label not in history:
        raise StudyError(f"There is no figure of {held.label}.")
    sign = 1.0 if good == "high" else -1.0
    if due_on <= period.end:
        figure = history[held.label]
        distance = sign * (figure.value - target) / _error(figure)
        return _chance(stats.norm.cdf([distance]), np.ones(1), figure, used=1)
    past = {one: history[one] for one in sorted(history) if one <= period.label}
    if len(past) <= EARLIER:
        raise StudyError(
            f"There are {len(past) - 1} earlier periods, and {EARLIER} are needed to "
            "learn how far the metric moves from one to the next."
        )
    times = np.array([float(Period.parse(one).calendar.ordinal) for one in past])
    values = np.array([sign * one.value for one in past.values()])
    seen = outlook(times, values, np.array([_error(one) for one in past.values()]))
    ahead = (due_on - period.end).days / DAYS[period.frequency]
    chances = seen.chance_above(sign * target, ahead=ahead)
    return _chance(chances, seen.probability, history[held.label], used=len(past))


def period_held(due_on: pd.Timestamp, period: Period) -> Period:
    """Return the period whose figure a goal is held against.

    The period of the day it is due, or the one of the run if that comes first.

    Examples
    --------
    >>> run = Period.parse("2026Q3")
    >>> period_held(pd.Timestamp("2026-05-31"), run).label
    '2026Q2'
    >>> period_held(pd.Timestamp("2026-12-31"), run).label
    '2026Q3'
    """
    due = Period(due_on.to_period(period.frequency))
    return due if due_on <= period.end else period


def _error(figure: Estimate) -> float:
    """Standard error; where it is nought or unknown, what the interval implies."""
    if figure.standard_error > 0:
        return figure.standard_error
    half = (figure.high - figure.low) / 2
    error = half / critical_value(figure.confidence)
    # A metric that was counted has no error: a hair keeps the arithmetic whole.
    return max(error, 1e-9 * max(1.0, abs(figure.value)))


def _chance(
    chances: np.ndarray, weights: np.ndarray, figure: Estimate, *, used: int
) -> Estimate:
    """Mean over the sizes of a step, with the middle part of their chances."""
    value = float(weights @ chances)
    order = np.argsort(chances)
    tail = (1 - figure.confidence) / 2
    places = np.searchsorted(np.cumsum(weights[order]), [tail, 1 - tail])
    low, high = chances[order][np.minimum(places, len(order) - 1)]
    return Estimate(
        value=value,
        standard_error=float(weights @ (chances - value) ** 2) ** 0.5,
        low=min(float(low), value),
        high=max(float(high), value),
        base=figure.base,
        unit="share",
        effective_base=used,
        confidence=figure.confidence,
    )
