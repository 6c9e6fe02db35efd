"""What all products together tell of one: the middle and the spread of their truths."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

_CELLS = 24
_ZOOMS = 8
_DROP = 10.0
_Likelihood = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Pooled:
    """A grid of middles and spreads, weighed by their likelihood.

    Parameters
    ----------
    first, second : ndarray, shape (cells, cells)
        Shapes of the products' beta distribution; of a normal one, its mean and
        variance.
    weights : ndarray, shape (cells, cells)
        They add up to one.
    best : float
        Largest log-likelihood on the grid.
    """

    first: np.ndarray
    second: np.ndarray
    weights: np.ndarray
    best: float

    def average(
        self, means: np.ndarray, variances: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance over the grid, one product per sheet."""
        mean = (self.weights * means).sum((1, 2))
        gaps = means - mean[:, None, None]
        return mean, (self.weights * (variances + gaps**2)).sum((1, 2))

    def quantile(self, values: np.ndarray, share: float) -> float:
        """Weighted quantile of something that is known at each point of the grid."""
        order = np.argsort(values, axis=None)
        reached = np.cumsum(self.weights.ravel()[order])
        place = min(int(np.searchsorted(reached, share)), len(order) - 1)
        return float(values.ravel()[order][place])


def pool_rates(x: np.ndarray, n: np.ndarray) -> Pooled:
    """Pool counts; see `analysis.metrics.shrinkage.shrunken_rates`.

    Parameters
    ----------
    x, n : ndarray, shape (n_products, 1, 1)
        Marked and all.

    Returns
    -------
    Pooled
        Of beta distributions.

    Examples
    --------
    >>> x, n = np.full((2, 6, 1, 1), [[[[30.0]]], [[[300.0]]]])
    >>> pooled = pool_rates(x, n)
    >>> rates = pooled.first / (pooled.first + pooled.second)
    >>> round(float((pooled.weights * rates).sum()), 2)
    0.1
    """
    typical = float(np.median(n))

    def likelihood(middle: np.ndarray, shrink: np.ndarray) -> np.ndarray:
        a, b = _shapes(middle, shrink, typical)
        each = special.betaln(x + a, n - x + b) - special.betaln(a, b)
        return np.asarray(each.sum(0))

    middle, shrink, logs = _zoom(likelihood, (0.0, math.pi / 2))
    return _weighed(*_shapes(middle, shrink, typical), logs)


def one_rate(x: np.ndarray, n: np.ndarray) -> float:
    """Log-likelihood of one rate for all, in the terms of `pool_rates`.

    Examples
    --------
    >>> round(one_rate(np.array([5.0]), np.array([10.0])), 2)
    -6.93
    """
    hits, misses = float(x.sum()), float((n - x).sum())
    total = hits + misses
    first = special.xlogy(hits, hits / total)
    return float(first + special.xlogy(misses, misses / total))


def pool_means(y: np.ndarray, s2: np.ndarray) -> Pooled:
    """Pool means; see `analysis.metrics.shrinkage.shrunken_means`.

    Parameters
    ----------
    y, s2 : ndarray, shape (n_products, 1, 1)
        Means and the variances of their errors.

    Returns
    -------
    Pooled
        Of normal distributions.

    Examples
    --------
    >>> y = np.array([3.0, 4.0, 5.0])[:, None, None]
    >>> pooled = pool_means(y, np.full_like(y, 0.01))
    >>> round(float((pooled.weights * pooled.first).sum()), 3)
    4.0
    """

    def between(shrink: np.ndarray) -> np.ndarray:
        return np.asarray(np.median(s2) * (1 - shrink) / shrink)

    def likelihood(middle: np.ndarray, shrink: np.ndarray) -> np.ndarray:
        variance = s2 + between(shrink)
        each = np.log(variance) + (y - middle) ** 2 / variance
        return np.asarray(-each.sum(0) / 2)

    half = float(y.max() - y.min()) / 2 + 3 * math.sqrt(float(s2.max()))
    centre = float(y.max() + y.min()) / 2
    middle, shrink, logs = _zoom(likelihood, (centre - half, centre + half))
    return _weighed(middle + 0 * shrink, between(shrink) + 0 * middle, logs)


def _shapes(
    middle: np.ndarray, shrink: np.ndarray, typical: float
) -> tuple[np.ndarray, np.ndarray]:
    mean = np.sin(middle) ** 2
    size = 0.5 / np.minimum(mean, 1 - mean) + typical * shrink / (1 - shrink)
    return mean * size, (1 - mean) * size


def _zoom(
    likelihood: _Likelihood, middles: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Narrow a grid to where there is any likelihood."""
    low, high = np.array([middles[0], 0.0]), np.array([middles[1], 1.0])
    steps = (np.arange(_CELLS) + 0.5)[:, None] / _CELLS
    for _ in range(_ZOOMS):
        middle, shrink = (low + (high - low) * steps).T
        middle, shrink = middle[:, None], shrink[None, :]
        logs = likelihood(middle, shrink)
        inner = _seen(logs, low, high)
        if (inner[1] - inner[0] > 0.7 * (high - low)).all():
            break
        low, high = inner
    return middle, shrink, logs


def _seen(
    logs: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the part with likelihood, and one cell around it."""
    seen = logs > logs.max() - _DROP
    ends = [np.flatnonzero(seen.any(1 - axis))[[0, -1]] for axis in (0, 1)]
    first, last = np.array(ends).T
    cell = (high - low) / _CELLS
    return (
        low + cell * np.maximum(first - 1, 0),
        low + cell * np.minimum(last + 2, _CELLS),
    )


def _weighed(first: np.ndarray, second: np.ndarray, logs: np.ndarray) -> Pooled:
    weights = np.exp(logs - logs.max())
    return Pooled(first, second, weights / weights.sum(), float(logs.max()))
