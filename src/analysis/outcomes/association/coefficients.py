"""Weighted Pearson, Spearman and Kendall coefficients, of many weightings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

METHODS = ("spearman", "kendall", "pearson")
CELLS_AT_ONCE = 500_000


class Crossed:
    """Two columns as the cells of a table: sorted once, weighted often.

    Parameters
    ----------
    x, y : ndarray of float, shape (n_rows,)
        Without missing values.
    weights : ndarray, shape (n_rows, n_weightings)
        None negative; zero where a row is not in a weighting.

    Notes
    -----
    Rows that agree in both columns make one cell, so ratings against counts shrink
    to a few cells however many people there are.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> None:
        order = np.lexsort((x, y))
        x, y = x[order], y[order]
        is_new = np.r_[True, (np.diff(x) != 0) | (np.diff(y) != 0)]
        starts = np.flatnonzero(is_new)
        self.x, self.y = x[starts], y[starts]
        self.mass = np.add.reduceat(weights[order], starts, axis=0)


def coefficients(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    *,
    methods: Sequence[str] = METHODS,
) -> dict[str, np.ndarray]:
    r"""Return correlation coefficients of two columns under each of many weightings.

    Parameters
    ----------
    x, y : ndarray of float, shape (n_rows,)
        Without missing values.
    weights : ndarray, shape (n_rows, n_weightings)
        None negative.
    methods : sequence of str
        Of ``spearman``, ``kendall`` and ``pearson``.

    Returns
    -------
    dict of str to ndarray, shape (n_weightings,)
        From -1 to 1; missing where a column does not vary in the weighting.

    Notes
    -----
    A weight of two is the same row twice. Spearman: Pearson's coefficient of weighted
    mid-ranks, the mass below a value plus half of the mass at it. Kendall's tau-b
    [1]_: with :math:`w_i w_j` as the mass of a pair,
    :math:`(C - D) / \sqrt{(P - T_x)(P - T_y)}`, where :math:`C` and :math:`D` are the
    masses of pairs in the same and in the opposite order, :math:`P` of all pairs and
    :math:`T` of those that tie. Pairs are counted by halving one column and passing
    through the other in order [2]_, which takes :math:`n \log k` steps for :math:`k`
    distinct values of the shorter column.

    References
    ----------
    .. [1] Kendall, M. G. (1945). The treatment of ties in ranking problems.
       Biometrika 33(3), 239-251.
    .. [2] Knight, W. R. (1966). A computer method for calculating Kendall's tau with
       ungrouped data. JASA 61(314), 436-439.

    Examples
    --------
    >>> x, y = np.array([1.0, 2.0, 3.0, 3.0]), np.array([1.0, 3.0, 2.0, 4.0])
    >>> found = coefficients(x, y, np.ones((4, 1)))
    >>> {name: round(float(value[0]), 3) for name, value in found.items()}
    {'spearman': 0.632, 'kendall': 0.548, 'pearson': 0.674}
    """
    parts = [
        {name: _BY_NAME[name](crossed) for name in methods}
        for crossed in (Crossed(x, y, part) for part in in_parts(weights))
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in methods}


def in_parts(weights: np.ndarray) -> Iterator[np.ndarray]:
    """Go through the weightings in parts that fit into memory.

    Examples
    --------
    >>> [part.shape for part in in_parts(np.ones((3, 2)))]
    [(3, 2)]
    """
    width = max(1, CELLS_AT_ONCE // len(weights))
    for start in range(0, weights.shape[1], width):
        yield weights[:, start : start + width]


def mid_ranks(values: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Rank values by the mass below them, plus half of that at them.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)
        What is ranked.
    mass : ndarray, shape (n_rows, n_weightings)
        How much each row counts.

    Returns
    -------
    ndarray, shape (n_rows, n_weightings)
        As a share of the whole mass, so from 0 to 1.

    Examples
    --------
    >>> mid_ranks(np.array([5.0, 7.0, 7.0]), np.ones((3, 1))).ravel().round(3)
    array([0.167, 0.667, 0.667])
    """
    _, codes = np.unique(values, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    levels = np.add.reduceat(mass[order], starts, axis=0)
    ranks = np.cumsum(levels, axis=0) - levels / 2
    return np.asarray((ranks / levels.sum(axis=0))[codes])


def product_moment(u: np.ndarray, v: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return Pearson's coefficient of two columns under each weighting.

    Parameters
    ----------
    u, v : ndarray, shape (n_rows, n_weightings) or (n_rows, 1)
        Values, which may differ by weighting as ranks do.
    mass : ndarray, shape (n_rows, n_weightings)
        How much each row counts.

    Returns
    -------
    ndarray, shape (n_weightings,)
        Missing where one does not vary.

    Examples
    --------
    >>> u = np.array([[1.0], [2.0], [4.0]])
    >>> product_moment(u, -u, np.ones((3, 1)))
    array([-1.])
    """
    total = mass.sum(axis=0)
    u, v = (one - _sum(mass, one) / total for one in (u, v))
    return quotient(_sum(mass, u, v), _sum(mass, u, u) * _sum(mass, v, v))


def quotient(together: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Divide by the root of a product of squares; missing where that is nought.

    Examples
    --------
    >>> quotient(np.array([1.0, 1.0]), np.array([4.0, 0.0]))
    array([0.5, nan])
    """
    squares = np.where(squares > 1e-18, squares, np.nan)
    return np.clip(together / np.sqrt(squares), -1.0, 1.0)


def _sum(*factors: np.ndarray) -> np.ndarray:
    """Sum a product over the rows, without holding the product."""
    spread = [np.broadcast_to(one, factors[0].shape) for one in factors]
    return np.asarray(np.einsum(",".join(["ir"] * len(factors)) + "->r", *spread))


def _pearson(crossed: Crossed) -> np.ndarray:
    u, v = (_scaled(values)[:, None] for values in (crossed.x, crossed.y))
    mass = crossed.mass / crossed.mass.sum(axis=0)
    return product_moment(u, v, mass)


def _spearman(crossed: Crossed) -> np.ndarray:
    mass = crossed.mass / crossed.mass.sum(axis=0)
    # The mass-weighted mean of mid-ranks is one half, whatever the ties.
    u, v = (mid_ranks(values, mass) - 0.5 for values in (crossed.x, crossed.y))
    return quotient(_sum(mass, u, v), _sum(mass, u, u) * _sum(mass, v, v))


def _kendall(crossed: Crossed) -> np.ndarray:
    mass = crossed.mass / crossed.mass.sum(axis=0)
    short, long = _codes(crossed.x), _codes(crossed.y)
    if short.max() > long.max():
        short, long = long, short
    order = np.argsort(long, kind="stable")
    balance = _balance(short[order], long[order], mass[order])
    untied = [1 - _ties(codes, mass) for codes in (short, long)]
    return quotient(2 * balance, untied[0] * untied[1])


def _balance(short: np.ndarray, long: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Mass of pairs in the same order less that in the opposite; sorted by `long`."""
    low, high = short.min(), short.max()
    if low == high:
        return np.zeros(mass.shape[1])
    is_upper = short > _middle(short, low)
    halves = [(short[rows], long[rows], mass[rows]) for rows in (~is_upper, is_upper)]
    (_, below, weight), (_, above, other) = halves
    sums = np.vstack([np.zeros(mass.shape[1]), np.cumsum(weight, axis=0)])
    before, upto = (np.searchsorted(below, above, side) for side in ("left", "right"))
    crossing = (other * (sums[before] + sums[upto] - sums[-1])).sum(axis=0)
    return np.asarray(crossing + _balance(*halves[0]) + _balance(*halves[1]))


def _middle(codes: np.ndarray, low: int) -> int:
    """Where to halve: the lower part must neither be empty nor hold all."""
    counts = np.cumsum(np.bincount(codes - low))[:-1]
    return int(low + np.argmin(np.abs(counts - len(codes) / 2)))


def _ties(codes: np.ndarray, mass: np.ndarray) -> np.ndarray:
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    return np.asarray((np.add.reduceat(mass[order], starts, axis=0) ** 2).sum(axis=0))


def _codes(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1]


def _scaled(values: np.ndarray) -> np.ndarray:
    """Values around their middle in units of their range: no sum loses digits."""
    middle, reach = values.mean(), np.ptp(values)
    return np.asarray((values - middle) / (reach or 1.0))


_BY_NAME: dict[str, Callable[[Crossed], np.ndarray]] = {
    "spearman": _spearman,
    "kendall": _kendall,
    "pearson": _pearson,
}
