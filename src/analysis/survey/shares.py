"""Shares, whose intervals stay between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, critical_value, statistic, wilson_interval
from analysis.study import StudyError
from analysis.survey.estimates import Result, is_fixed, per_level, precision_base
from analysis.survey.moments import moments
from analysis.survey.sample import Sample


@statistic
def share(
    sample: Sample,
    column: str,
    *,
    over: str | None = None,
    by: str | None = None,
    interval: str = "wilson",
) -> Result:
    r"""Design-based share, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers with weights and clusters.
    column : str
        Boolean column, or a count of hits if `over` is given.
    over : str, optional
        Column with the number of chances in each row, for a share of lines or
        orders among customers.
    by : str, optional
        Column of levels.
    interval : str
        ``wilson``, ``logit`` or ``beta``.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`. The base counts rows.

    Raises
    ------
    StudyError
        If nobody has a value, or the interval is none of the three.

    Notes
    -----
    The error comes from Taylor linearisation and gives an effective base,
    :math:`n^* = p(1-p)/\mathrm{SE}^2`.

    - ``wilson``: Wilson's score interval on :math:`n^*`. It keeps its promise best at
      the usual bases and is the default.
    - ``logit``: Student's interval of :math:`\log(p/(1-p))`, turned back.
    - ``beta``: the exact binomial interval on :math:`n^*`, corrected for the degrees
      of freedom of the error [1]_. Wider; for few clusters and rare events.

    A share that the weights were made to reproduce has no error and no interval.
    With no hit or nothing but hits the error is zero: Kish's base serves as
    :math:`n^*`, and ``logit``, which does not exist there, gives way to ``beta``.

    References
    ----------
    .. [1] Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for
       proportions with small expected number of positive counts. Survey
       Methodology 24(2), 193-201.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"happy": [True] * 10 + [False] * 190}))
    >>> happy = share(answers, "happy")
    >>> round(happy.value, 3), round(happy.low, 3), round(happy.high, 3)
    (0.05, 0.027, 0.09)
    """
    if interval not in _INTERVALS:
        known = ", ".join(_INTERVALS)
        raise StudyError(f"There is no interval {interval!r} of a share: use {known}.")
    found = moments(sample, column, over=over, by=by)

    def make(level: str, row: pd.Series) -> Estimate:
        value = min(1.0, max(0.0, row["value"]))
        base = precision_base(value * (1 - value), row)
        low, high = value, value
        if not is_fixed(value * (1 - value), row):
            low, high = _INTERVALS[interval](value, base, row, sample.confidence)
        return Estimate(
            value=value,
            standard_error=row["standard_error"],
            low=min(low, value),
            high=max(high, value),
            base=int(row["base"]),
            unit="share",
            effective_base=base,
            confidence=sample.confidence,
        )

    return per_level(found.table, by, make)


def _wilson(
    value: float, base: float, row: pd.Series, confidence: float
) -> tuple[float, float]:
    return wilson_interval(value, base, confidence=confidence)


def _logit(
    value: float, base: float, row: pd.Series, confidence: float
) -> tuple[float, float]:
    if not 0 < value < 1:
        return _beta(value, base, row, confidence)
    half = critical_value(confidence, row["degrees"]) * row["standard_error"]
    half /= value * (1 - value)
    centre = math.log(value / (1 - value))
    return float(stats.logistic.cdf(centre - half)), float(
        stats.logistic.cdf(centre + half)
    )


def _beta(
    value: float, base: float, row: pd.Series, confidence: float
) -> tuple[float, float]:
    n, tail = row["base"], (1 - confidence) / 2
    if n > 1:
        plain = critical_value(confidence, n - 1)
        base *= (plain / critical_value(confidence, row["degrees"])) ** 2
    hits, misses = base * value, base * (1 - value)
    low = stats.beta.ppf(tail, hits, misses + 1) if value > 0 else 0.0
    high = stats.beta.ppf(1 - tail, hits + 1, misses) if value < 1 else 1.0
    return float(low), float(high)


_INTERVALS: dict[
    str, Callable[[float, float, pd.Series, float], tuple[float, float]]
] = {"wilson": _wilson, "logit": _logit, "beta": _beta}
