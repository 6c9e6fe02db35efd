"""Weighted covariances of a few columns, for many sets of weights at once."""

from __future__ import annotations

import numpy as np

from analysis.study import StudyError

MISSING = ("listwise", "available")
SINGULAR = 1e-9


def covariances(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    r"""Weighted covariances of complete rows.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_columns)
        Without missing values.
    weights : ndarray, shape (n_rows, n_sets)
        One column per set of weights.

    Returns
    -------
    ndarray, shape (n_sets, n_columns, n_columns)
        :math:`\sum w (x-\bar x)(y-\bar y) / \sum w`, with weighted means.

    Examples
    --------
    >>> covariances(np.array([[1.0], [3.0]]), np.array([[1.0, 3.0], [1.0, 1.0]]))
    array([[[1.  ]],
    <BLANKLINE>
           [[0.75]]])
    """
    columns = values.shape[1]
    centred = values - values.mean(axis=0)
    first, second = np.triu_indices(columns)
    total = weights.sum(axis=0)[:, None]
    means = weights.T @ centred / total
    products = weights.T @ (centred[:, first] * centred[:, second]) / total
    return _square(products - means[:, first] * means[:, second], columns)


def available_covariances(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted covariances, each of the rows that have both values.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_columns)
        NaN where missing.
    weights : ndarray, shape (n_rows, n_sets)
        One column per set of weights.

    Returns
    -------
    ndarray, shape (n_sets, n_columns, n_columns)
        The correlation of each pair's own rows, scaled by the standard deviations of
        all rows that have the column.

    Raises
    ------
    StudyError
        If a pair of columns has no row, or the covariances contradict one another.

    Examples
    --------
    >>> rows = np.array([[1, 2.0], [3, 6.0], [5, 4.0], [7, np.nan]])
    >>> available_covariances(rows, np.ones((4, 1)))[0].round(3).tolist()
    [[5.0, 1.826], [1.826, 2.667]]
    """
    there = ~np.isnan(values)
    centred = np.where(there, values - np.nanmean(values, axis=0), 0.0)
    columns = values.shape[1]
    first, second = np.triu_indices(columns)
    both = (there[:, first] & there[:, second]).astype(float)
    x, y = centred[:, first] * both, centred[:, second] * both
    with np.errstate(invalid="ignore", divide="ignore"):
        total = weights.T @ both
        mean_x, mean_y = weights.T @ x / total, weights.T @ y / total
        shared = weights.T @ (x * y) / total - mean_x * mean_y
        spread_x = weights.T @ (x * x) / total - mean_x**2
        spread_y = weights.T @ (y * y) / total - mean_y**2
        pairs = _square(shared / np.sqrt(spread_x * spread_y), columns)
    own = np.sqrt(spread_x[:, first == second])
    found = pairs * own[:, :, None] * own[:, None, :]
    if not np.isfinite(found).all() or np.linalg.eigvalsh(pairs).min() < SINGULAR:
        raise StudyError(
            "The answers that are there contradict one another once they are put "
            "together pair by pair. Use complete answers (missing='listwise')."
        )
    return found


def leaving(covariance: np.ndarray, controls: int) -> np.ndarray:
    """Take out what the first columns explain of the others.

    Parameters
    ----------
    covariance : ndarray, shape (n_sets, n_columns, n_columns)
        The columns to hold fixed first.
    controls : int
        How many these are.

    Returns
    -------
    ndarray, shape (n_sets, n_columns - controls, n_columns - controls)
        Covariance of the residuals.

    Examples
    --------
    >>> leaving(np.array([[[4.0, 2.0], [2.0, 3.0]]]), 1)
    array([[[2.]]])
    """
    for _ in range(controls):
        pivot, row = covariance[:, :1, :1], covariance[:, 0, 1:]
        # A level that a replicate has nobody of holds nothing fixed.
        inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=pivot > 1e-12)
        covariance = covariance[:, 1:, 1:] - row[:, :, None] * row[:, None] * inverse
    return covariance


def correlations(covariance: np.ndarray) -> np.ndarray:
    """Scale covariances to a diagonal of one.

    Parameters
    ----------
    covariance : ndarray, shape (n_sets, n_columns, n_columns)
        With positive variances.

    Returns
    -------
    ndarray
        Of the same shape.

    Examples
    --------
    >>> correlations(np.array([[[4.0, 2.0], [2.0, 4.0]]]))[0].tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    spread = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    return covariance / (spread[:, :, None] * spread[:, None])


def _square(upper: np.ndarray, columns: int) -> np.ndarray:
    full = np.empty((len(upper), columns, columns))
    first, second = np.triu_indices(columns)
    full[:, first, second] = upper
    full[:, second, first] = upper
    return full
