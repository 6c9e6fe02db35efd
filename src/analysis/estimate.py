"""What an estimate is: a number that carries its uncertainty, base and maker."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from scipy import stats

UNITS = {
    "points": "points from -100 to 100",
    "share": "a part of the whole, from 0 to 1",
    "share_difference": "one share minus another, from -1 to 1",
    "score": "a mean on the question's own scale",
    "count": "a number of things",
    "score_difference": "one mean minus another",
    "correlation": "from -1 to 1",
    "amount": "money, in the study's currency",
    "amount_difference": "one amount minus another",
    "per_hundred": "events in a hundred",
    "per_thousand": "events in a thousand",
    "per_thousand_difference": "one rate in a thousand minus another",
    "per_day": "things in a day, on average",
    "ratio": "one number over another",
    "days": "days",
}

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number with what is needed to judge it.

    Parameters
    ----------
    value, standard_error, low, high : float
        Unrounded, in `unit`. `low` and `high` bound the confidence interval.
    base : int
        Units that the number rests on, unweighted.
    unit : str
        A key of `UNITS`.
    effective_base : float, optional
        Size of a simple random sample that would be as precise; `base` if not given.
    confidence : float
        Level of the interval, between 0 and 1.
    p_value : float, optional
        Probability of a result at least so extreme if nothing was there.
    source : str
        Dotted name of the function that made it; see `statistic`.

    Raises
    ------
    ValueError
        If the unit is unknown, the base negative, or the interval upside down.
    """

    value: float
    standard_error: float
    low: float
    high: float
    base: int
    unit: str
    effective_base: float = math.nan
    confidence: float = 0.95
    p_value: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r} is not one of {', '.join(UNITS)}")
        if self.base < 0:
            raise ValueError(f"a base counts things, so {self.base} cannot be one")
        if self.low > self.high:
            raise ValueError(f"the interval {self.low} to {self.high} is upside down")
        if math.isnan(self.effective_base):
            object.__setattr__(self, "effective_base", self.base)
        for name in ("value", "standard_error", "low", "high", "effective_base"):
            object.__setattr__(self, name, float(getattr(self, name)))

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies wholly on one side of zero."""
        return self.low > 0 or self.high < 0


def statistic(
    function: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Stamp what a function returns with the function's dotted name.

    Works on an `Estimate` and on a mapping of level to `Estimate`. The innermost
    statistic keeps its stamp only if the outer one is not a statistic itself: the
    function that the notebook called is the maker.

    Examples
    --------
    >>> @statistic
    ... def answer_count(n: int) -> Estimate:
    ...     return count(n)
    >>> answer_count(3).source.endswith("answer_count")
    True
    """

    @functools.wraps(function)
    def stamped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        name = f"{function.__module__}.{function.__qualname__}"
        return cast(Result, stamp(function(*args, **kwargs), name))

    return stamped


def stamp(result: Any, name: str) -> Any:
    """Give an estimate, or a mapping of them, the dotted name of its maker.

    Examples
    --------
    >>> stamp(count(3), "analysis.estimate.answers").source
    'analysis.estimate.answers'
    """
    if isinstance(result, Estimate):
        return dataclasses.replace(result, source=name)
    if isinstance(result, Mapping):
        return {level: stamp(one, name) for level, one in result.items()}
    raise TypeError(f"{name} is a statistic, yet it returned {type(result).__name__}")


@statistic
def count(n: int) -> Estimate:
    """Count things: a number without sampling error.

    Parameters
    ----------
    n : int
        How many there are, 0 or more.

    Returns
    -------
    Estimate
        Unit `count`; its base is the count itself.

    Notes
    -----
    Use it for what was counted completely, such as rows of a file, and never for
    a count that stands for a larger population.

    Examples
    --------
    >>> count(39).value
    39.0
    """
    n = int(n)
    exact = float(n)
    return Estimate(
        value=exact, standard_error=0.0, low=exact, high=exact, base=n, unit="count"
    )


def untold(estimate: Estimate) -> Estimate:
    """Return an estimate without its numbers; the base stays.

    Examples
    --------
    >>> untold(count(7)).value, untold(count(7)).base
    (nan, 7)
    """
    no = math.nan
    return dataclasses.replace(
        estimate, value=no, standard_error=no, low=no, high=no, p_value=None
    )


def critical_value(confidence: float, degrees: float = math.inf) -> float:
    """Two-sided critical value of Student's t; the normal's without `degrees`.

    Examples
    --------
    >>> round(critical_value(0.95), 3), round(critical_value(0.95, 10), 3)
    (1.96, 2.228)
    """
    if degrees < 1:
        return math.nan
    return float(stats.t.ppf(0.5 + confidence / 2, degrees))


def wilson_interval(
    share: float, base: float, *, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Wilson's score interval for a share.

    Parameters
    ----------
    share : float
        Observed share, from 0 to 1.
    base : float
        Size of the sample; the effective base if the sample is weighted.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper bound, within 0 and 1.

    Notes
    -----
    The bounds solve :math:`|\hat p - p| = z \sqrt{p(1-p)/n}` for :math:`p` [1]_.
    With an effective base the interval is approximate.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> low, high = wilson_interval(10 / 200, 200)
    >>> round(low, 5), round(high, 5)
    (0.02738, 0.08958)
    """
    return wilson_bounds(share, base, critical_value(confidence))


def wilson_bounds(share: float, base: float, z: float) -> tuple[float, float]:
    """Wilson's bounds for a share, so many standard errors away.

    Parameters
    ----------
    share : float
        Observed share, from 0 to 1.
    base : float
        Size of the sample; nothing is known without one.
    z : float
        Distance in standard errors, 0 or more.

    Returns
    -------
    tuple of float
        Lower and upper bound, within 0 and 1; see `wilson_interval`.

    Examples
    --------
    >>> wilson_bounds(0.3, 10, 0.0), wilson_bounds(0.3, 0, 1.96)
    ((0.3, 0.3), (0.0, 1.0))
    """
    if not base > 0:
        return 0.0, 1.0
    centre = (share + z**2 / (2 * base)) / (1 + z**2 / base)
    spread = share * (1 - share) / base + z**2 / (4 * base**2)
    half = z * math.sqrt(spread) / (1 + z**2 / base)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def adjusted_wald_interval(
    promoters: float, detractors: float, base: float, *, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Adjusted Wald interval for a net promoter score, in points.

    Parameters
    ----------
    promoters, detractors : float
        Shares, from 0 to 1.
    base : float
        Answers; the effective base if they are weighted.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper bound, within -100 and 100.

    Notes
    -----
    Three imaginary answers are added, 3/4 promoters and 3/4 detractors, and the
    plain interval is computed on the sum [1]_. With few answers the interval
    covers much better than the plain one; with many they agree. It is centred on
    the adjusted score, so at very small bases it may leave the score out.

    References
    ----------
    .. [1] Rocks, B. (2016). Interval estimation for the "Net Promoter Score".
       The American Statistician 70(4), 365-372.

    Examples
    --------
    >>> low, high = adjusted_wald_interval(0.85, 0.05, 10)
    >>> round(low, 1), round(high, 1)
    (25.9, 97.1)
    """
    total = base + 3
    positive = (promoters * base + 0.75) / total
    negative = (detractors * base + 0.75) / total
    balance = positive - negative
    error = math.sqrt((positive + negative - balance**2) / total)
    half = critical_value(confidence) * error
    return 100 * max(-1.0, balance - half), 100 * min(1.0, balance + half)


def two_sided_p(value: float, standard_error: float, degrees: float) -> float:
    """Two-sided p-value of `value` against zero.

    Examples
    --------
    >>> round(two_sided_p(1.96, 1.0, math.inf), 3)
    0.05
    """
    if not standard_error > 0:
        return math.nan if value == 0 or math.isnan(value) else 0.0
    return float(2 * stats.t.sf(abs(value) / standard_error, max(degrees, 1)))


def effective_base(weights: np.ndarray) -> float:
    r"""Kish's effective base of a weighted sample.

    Notes
    -----
    :math:`(\sum w)^2 / \sum w^2` [1]_. It knows nothing of clusters or of what
    raking gains: use the design-based errors of `analysis.survey` for intervals.

    References
    ----------
    .. [1] Kish, L. (1992). Weighting for unequal Pi. Journal of Official
       Statistics 8(2), 183-200.

    Examples
    --------
    >>> effective_base(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    total = weights.sum()
    return float(total**2 / (weights**2).sum()) if total else 0.0
