"""The interval of a rate of rare events."""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, statistic, untold
from analysis.survey import Result, Sample, moments, precision_base

BURST, LEAST_BURST = 1.5, 45


def gamma_interval(
    rate: float, error: float, *, step: float, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Interval of a rate of rare events that never falls below zero.

    Parameters
    ----------
    rate : float
        Events over chances, 0 or more, in any unit.
    error : float
        Its standard error.
    step : float
        By how much one more event would raise the rate.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper bound; missing where the error is.

    Notes
    -----
    With :math:`v = \mathrm{SE}^2` and the step :math:`w` the bounds are quantiles of
    :math:`\chi^2` [1]_:

    .. math::
        \frac{v}{2r}\,\chi^2_{2r^2/v}(\alpha/2), \quad
        \frac{v+w^2}{2(r+w)}\,\chi^2_{2(r+w)^2/(v+w^2)}(1-\alpha/2)

    For a Poisson count it is Garwood's exact interval. Events that come in clusters
    raise the error and widen it. Not for rates near one event for each chance.

    References
    ----------
    .. [1] Fay, M. P. and Feuer, E. J. (1997). Confidence intervals for directly
       standardized rates: a method based on the gamma distribution. Statistics in
       Medicine 16(7), 791-801.

    Examples
    --------
    Ten events, whose exact interval is 4.80 to 18.39, and none (0 to 3.69):

    >>> low, high = gamma_interval(10, 10**0.5, step=1)
    >>> round(low, 2), round(high, 2)
    (4.8, 18.39)
    >>> round(gamma_interval(0, 0, step=1)[1], 2)
    3.69
    """
    if math.isnan(error) or math.isnan(rate):
        return math.nan, math.nan
    tail = (1 - confidence) / 2
    low = _quantile(tail, rate, error**2) if error > 0 else 0.0
    high = _quantile(1 - tail, rate + step, error**2 + step**2)
    return min(low, rate), max(high, rate)


@statistic
def event_rate(
    sample: Sample, column: str, *, over: str, by: str | None = None
) -> Result:
    """Events in a thousand chances, overall or per level.

    Parameters
    ----------
    sample : Sample
        Customers or lines.
    column : str
        A thousand times the events of each row.
    over : str
        Column of chances, 0 or more; events without a chance count above.
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `per_thousand`; missing for a level without a single chance, and for one
        where few rows bring many events each.

    Notes
    -----
    The ratio of both sums (`analysis.survey.ratio`), with `gamma_interval`. Where rows
    with events have more than `BURST` of them on average, fewer than `LEAST_BURST` such
    rows do not tell how far the next ones differ, and no value is given.

    Examples
    --------
    >>> bought = pd.DataFrame({"angry": [1000, 0, 0, 0], "orders": [200, 300, 0, 500]})
    >>> event_rate(Sample(bought), "angry", over="orders").value
    1.0
    """
    table = moments(sample, column, over=over, by=by).table
    bursting = _bursting(sample.frame, column, by)
    made = {
        str(level): _rate_of(row, sample.confidence) for level, row in table.iterrows()
    }
    kept = {level: untold(r) if level in bursting else r for level, r in made.items()}
    return kept if by else kept["all"]


def _bursting(frame: pd.DataFrame, column: str, by: str | None) -> set[str]:
    """Levels in which few rows have many events each."""
    events = frame[column].where(frame[column] > 0)
    levels = frame[by].astype("str") if by else pd.Series("all", index=frame.index)
    found = events.groupby(levels).agg(["count", "mean"])
    is_few = (found["count"] < LEAST_BURST) & (found["mean"] > 1000 * BURST)
    return {str(level) for level in found.index[is_few]}


def _rate_of(row: pd.Series, confidence: float) -> Estimate:
    step = 1000 / row["chances"] if row["chances"] > 0 else math.nan
    low, high = gamma_interval(
        row["value"], row["standard_error"], step=step, confidence=confidence
    )
    return Estimate(
        value=row["value"],
        standard_error=row["standard_error"],
        low=low,
        high=high,
        base=int(row["base"]),
        unit="per_thousand",
        effective_base=precision_base(row["spread"], row),
        confidence=confidence,
    )


def _quantile(tail: float, mean: float, variance: float) -> float:
    scale = variance / mean
    return float(stats.gamma.ppf(tail, mean / scale, scale=scale))
