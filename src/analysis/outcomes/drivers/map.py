"""Importance against performance: where to look first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.outcomes.drivers.draws import from_draws
from analysis.outcomes.drivers.importance import parts_of
from analysis.outcomes.drivers.rated import Rated
from analysis.study import StudyError
from analysis.survey.sample import require

SURE = 0.8
UNSURE = "on a line"
QUADRANTS = {
    (True, False): "look here first",
    (True, True): "keep up",
    (False, False): "low on both",
    (False, True): "good, goes with little",
}


@statistic
def driver_performance(
    found: Rated, *, period: str | None = None
) -> dict[str, Estimate]:
    """Mean of each rating on its own scale.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.
    period : str, optional
        One wave; all if not given.

    Returns
    -------
    dict of str to Estimate
        One per driver by label, unit `score`.

    Raises
    ------
    StudyError
        If the wave has no answers.

    Notes
    -----
    Weighted, over the same answers as the importance, with the error of the same
    replicates. Drivers compare only if they were asked on one scale.

    Examples
    --------
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.integers(1, 6, (60, 3)), columns=["y", "a", "b"])
    >>> made = driver_performance(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng))
    >>> made["A"].value == float(rows["a"].mean())
    True
    """
    rows = _of_period(found, period)
    return from_draws(
        found, found.drivers, _means(found, rows), unit="score", rows=rows
    )


def driver_quadrants(
    found: Rated,
    *,
    method: str = "lmg",
    period: str | None = None,
    lines: str | float = "means",
) -> pd.DataFrame:
    """Sort drivers by importance and performance.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.
    method : str
        As in `driver_importance`.
    period : str, optional
        The wave whose performance counts; all if not given.
    lines : str or float
        ``means``: an equal share of importance, and the mean of all drivers;
        ``medians`` of both; or a point of the scale, with an equal share.

    Returns
    -------
    DataFrame
        One row per driver: level, importance and performance as `above` or `below`
        its line, and quadrant. It reads ``on a line`` where fewer than four in five
        replicates agree.

    Raises
    ------
    StudyError
        If the lines are none of these.

    Notes
    -----
    Martilla and James [1]_. The lines are drawn anew in each replicate. A quadrant
    says what goes with the outcome and how it is rated, not what a change would bring;
    read it beside `halo_check`.

    References
    ----------
    .. [1] Martilla, J. A. and James, J. C. (1977). Importance-performance analysis.
       Journal of Marketing 41(1), 77-79.

    Examples
    --------
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(300, 3)), columns=["y", "a", "b"])
    >>> rows["y"] += rows["a"]
    >>> rows["b"] += 3
    >>> made = driver_quadrants(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng))
    >>> made["quadrant"].tolist()
    ['look here first', 'good, goes with little']
    """
    parts = parts_of(found.correlations(), method)
    parts = parts / parts.sum(axis=1, keepdims=True)
    means = _means(found, _of_period(found, period))
    if lines not in ("means", "medians") and not isinstance(lines, int | float):
        raise StudyError(f"Lines are means, medians or a number, not {lines!r}.")
    centre = np.median if lines == "medians" else np.mean
    high = parts > centre(parts, axis=1, keepdims=True)
    middle = (
        lines if isinstance(lines, int | float) else centre(means, 1, keepdims=True)
    )
    good = means > middle
    rows = [
        _place(name, high[:, place], good[:, place])
        for place, name in enumerate(found.drivers)
    ]
    columns = ["level", "importance", "performance", "quadrant"]
    return pd.DataFrame(rows, columns=columns)


def _place(name: str, high: np.ndarray, good: np.ndarray) -> tuple[str, str, str, str]:
    agree = (high[1:] == high[0]) & (good[1:] == good[0])
    quadrant = QUADRANTS[bool(high[0]), bool(good[0])]
    sides = ["above" if one[0] else "below" for one in (high, good)]
    return name, sides[0], sides[1], quadrant if agree.mean() >= SURE else UNSURE


def _of_period(found: Rated, period: str | None) -> np.ndarray:
    frame = found.sample.frame
    if period is None:
        return np.ones(len(frame), dtype=bool)
    require(frame, ["period"])
    rows = frame["period"].eq(period).to_numpy(dtype=bool)
    if not (rows & found.is_used).any():
        raise StudyError(f"No answer of {period} has all ratings.")
    return rows


def _means(found: Rated, rows: np.ndarray) -> np.ndarray:
    used = found.is_used & rows
    values = found.sample.frame.loc[used, list(found.labels)]
    ratings = values.to_numpy(float, na_value=np.nan)
    there = (~np.isnan(ratings)).astype(float)
    weights = found.weights[used].T
    with np.errstate(invalid="ignore"):
        return weights @ np.nan_to_num(ratings) / (weights @ there)
