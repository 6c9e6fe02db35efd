"""Errors of coefficients that know that rows of one unit are not independent."""

from __future__ import annotations

import numpy as np

from analysis.outcomes.panels.design import Design


def sandwich(
    left: np.ndarray, values: np.ndarray, weights: np.ndarray, design: Design
) -> np.ndarray:
    r"""Sandwich covariance, clustered by unit, without a small-sample factor (CRV0).

    Parameters
    ----------
    left : ndarray, shape (n_rows, 1 + n_regressors)
        Outcome and regressors, effects taken out.
    values : ndarray, shape (n_regressors,)
        The coefficients.
    weights : ndarray, shape (n_rows,)
        Of the rows.
    design : Design
        Which row is of which unit.

    Returns
    -------
    ndarray, shape (n_regressors, n_regressors)
        :math:`(X'WX)^{-1} \sum_g X_g'W_g e_g e_g'W_g X_g (X'WX)^{-1}` [1]_.

    References
    ----------
    .. [1] Arellano, M. (1987). Computing robust standard errors for within-groups
       estimators. Oxford Bulletin of Economics and Statistics 49(4), 431-434.
    """
    regressors = left[:, 1:]
    residuals = left[:, 0] - regressors @ values
    scores = regressors * (weights * residuals)[:, None]
    unit = design.effects[:, 0].astype(np.intp)
    sums = np.column_stack([np.bincount(unit, weights=one) for one in scores.T])
    bread = np.linalg.inv((regressors * weights[:, None]).T @ regressors)
    return np.asarray(bread @ (sums.T @ sums) @ bread)


def small_sample_factor(design: Design) -> float:
    r"""Factor that turns CRV0 into CRV1.

    Parameters
    ----------
    design : Design
        Rows, regressors, units and periods.

    Returns
    -------
    float
        :math:`\frac{G}{G-1}\frac{N-1}{N-K}`, K the regressors and periods: unit
        effects are nested in the clusters and not counted.
    """
    rows, units = len(design.outcome), design.units
    counted = design.regressors.shape[1] + design.periods
    return units / (units - 1) * (rows - 1) / (rows - counted)


def jackknife(design: Design, outcome: np.ndarray, weights: np.ndarray) -> np.ndarray:
    r"""Jackknife covariance: units left out in turn, period effects fitted anew (CRV3).

    Parameters
    ----------
    design : Design
        Rows, regressors, units and periods.
    outcome, weights : ndarray, shape (n_rows,)
        Of least squares, or of the last step of a Poisson fit.

    Returns
    -------
    ndarray, shape (n_regressors, n_regressors)
        :math:`\frac{G-1}{G}\sum_g(\hat\beta_{(g)} - \hat\beta)
        (\hat\beta_{(g)} - \hat\beta)'`.

    Notes
    -----
    Needs room for rows times the square of regressors and periods.
    """
    order = np.argsort(design.effects[:, 0], kind="stable")
    unit = design.effects[order, 0].astype(np.intp)
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
    dummies = np.eye(design.periods)[design.effects[:, 1].astype(np.intp)]
    table = np.column_stack([outcome, design.regressors, dummies])[order]
    weight = weights[order, None]
    means = np.add.reduceat(weight * table, starts) / np.add.reduceat(weight, starts)
    table = table - means[unit] if design.has_units else table
    products = (weight * table)[:, :, None] * table[:, None, :]
    parts = np.add.reduceat(products, starts)
    whole = parts.sum(axis=0)
    count = design.regressors.shape[1]
    gaps = _coefficients(whole - parts)[:, :count] - _coefficients(whole)[:count]
    return np.asarray((len(starts) - 1) / len(starts) * gaps.T @ gaps)


def _coefficients(products: np.ndarray) -> np.ndarray:
    """Regress the first column on the rest, from sums of squares and products."""
    inverse = np.linalg.pinv(products[..., 1:, 1:], hermitian=True, rcond=1e-11)
    return np.asarray((inverse @ products[..., 1:, :1])[..., 0])
