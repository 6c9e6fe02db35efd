"""What a fitted model says of customers, with what is not known of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, wilson_interval
from analysis.survey import Result

STEP = 1e-4  # of a logarithm, for differences


@dataclass(frozen=True, eq=False)
class Prediction:
    """A figure predicted for each of n customers from k parameters.

    Parameters
    ----------
    figures : array of float, shape (n,)
        The predictions.
    slopes : array of float, shape (n, k)
        How a prediction changes with the logarithm of a parameter.
    influence : array of float, shape (n, k)
        How far a customer moved the logarithms; see `Fit`.
    """

    figures: np.ndarray
    slopes: np.ndarray
    influence: np.ndarray

    def times(self, factor: np.ndarray | float) -> Prediction:
        """Return the predictions multiplied by what is known for certain."""
        factor = np.broadcast_to(np.asarray(factor, dtype=float), self.figures.shape)
        return Prediction(
            self.figures * factor, self.slopes * factor[:, None], self.influence
        )


def predict(
    figure: Callable[[np.ndarray], np.ndarray],
    *,
    parameters: np.ndarray,
    influence: np.ndarray,
) -> Prediction:
    """Compute a figure and its slopes.

    Parameters
    ----------
    figure : callable
        Takes parameters, shape (k,); returns a number per customer, shape (n,).
    parameters : array of float, shape (k,)
        Where the models were fitted.
    influence : array of float, shape (n, k)
        Of the fits, in the same order.

    Returns
    -------
    Prediction
        Slopes are central differences.

    Examples
    --------
    >>> twice = predict(lambda p: 2 * p[0] * np.ones(3), parameters=np.array([5.0]),
    ...     influence=np.zeros((3, 1)))
    >>> twice.figures.tolist(), twice.slopes.round(6).ravel().tolist()
    ([10.0, 10.0, 10.0], [10.0, 10.0, 10.0])
    """
    slopes = np.empty((len(influence), len(parameters)))
    for place in range(len(parameters)):
        up, down = parameters.copy(), parameters.copy()
        up[place] *= np.exp(STEP)
        down[place] *= np.exp(-STEP)
        slopes[:, place] = (figure(up) - figure(down)) / (2 * STEP)
    return Prediction(figure(parameters), slopes, influence)


def predicted_mean(
    prediction: Prediction,
    *,
    unit: str,
    by: pd.Series | None = None,
    confidence: float = 0.95,
    is_total: bool = False,
) -> Result:
    r"""Mean or total of a prediction, overall or per level.

    Parameters
    ----------
    prediction : Prediction
        As `predict` makes it.
    unit : str
        Of the result; for ``share`` the predictions are probabilities.
    by : Series, optional
        Level of each customer; customers without one are left out.
    confidence : float
        Level of the interval.
    is_total : bool
        Whether to add up instead.

    Returns
    -------
    Estimate or dict of str to Estimate
        The base counts customers.

    Notes
    -----
    With predictions :math:`g_i`, their mean :math:`\bar g`, mean slope
    :math:`\bar g'` and influences :math:`\psi_i`, the variance is
    :math:`\frac{n}{n-1} \sum_i \{(g_i - \bar g)/m + \bar g' \psi_i\}^2` over all n
    customers, the first part for the m of the level only [1]_. It holds the error of
    the parameters, the chance of which customers these are, and what the two share,
    and does not lean on the model being true. The interval is Student's in logarithms
    (Wilson's for a share).

    References
    ----------
    .. [1] Stefanski, L. A. and Boos, D. D. (2002). The calculus of M-estimation.
       The American Statistician 56(1), 29-38.

    Examples
    --------
    >>> known = Prediction(np.array([1.0, 3.0]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> predicted_mean(known, unit="ratio").value
    2.0
    """

    def estimate(is_in: np.ndarray) -> Estimate:
        return _mean(
            prediction, is_in, unit=unit, confidence=confidence, is_total=is_total
        )

    if by is None:
        return estimate(np.ones(len(prediction.figures), dtype=bool))
    levels = by.astype("str").where(by.notna())
    return {
        level: estimate((levels == level).to_numpy(dtype=bool, na_value=False))
        for level in sorted(levels.dropna().unique())
    }


def observed_over_predicted(
    prediction: Prediction, observed: np.ndarray, *, confidence: float = 0.95
) -> Estimate:
    r"""Ratio of what happened to what was predicted.

    Parameters
    ----------
    prediction : Prediction
        Made without what happened.
    observed : array of float, shape (n,)
        What happened, of the same customers.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate
        Unit `ratio`; 1 where the model was right on the whole.

    Notes
    -----
    :math:`R = \sum y_i / \sum g_i` with the variance of
    :math:`\sum_i \{y_i - R g_i - R \, (\sum_j g'_j) \psi_i\} / \sum g_j`: the chance
    in what customers did, which customers these are, and the error of the
    parameters. The interval is Student's in logarithms.

    Examples
    --------
    >>> known = Prediction(np.array([1.0, 3.0]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> observed_over_predicted(known, np.array([2.0, 4.0])).value
    1.5
    """
    predicted, n = prediction.figures, len(observed)
    ratio = observed.sum() / predicted.sum()
    moved = prediction.influence @ prediction.slopes.sum(axis=0)
    parts = (observed - ratio * (predicted + moved)) / predicted.sum()
    error = _error(parts)
    low, high = _in_logarithms(ratio, error, critical_value(confidence, n - 1))
    return Estimate(
        value=ratio,
        standard_error=error,
        low=low,
        high=high,
        base=n,
        unit="ratio",
        confidence=confidence,
    )


def _mean(
    prediction: Prediction,
    is_in: np.ndarray,
    *,
    unit: str,
    confidence: float,
    is_total: bool,
) -> Estimate:
    own, m = prediction.figures[is_in], int(is_in.sum())
    mean, slope = own.mean(), prediction.slopes[is_in].mean(axis=0)
    parts = np.where(is_in, prediction.figures - mean, 0.0) / m
    error = _error(parts + prediction.influence @ slope)
    z = critical_value(confidence, m - 1)
    spread = mean * (1 - mean) if unit == "share" else own.var()
    base = spread / error**2 if error > 0 else float(m)
    low, high = _in_logarithms(mean, error, z)
    if unit == "share":
        low, high = wilson_interval(mean, base, confidence=confidence)
    factor = m if is_total else 1
    return Estimate(
        value=mean * factor,
        standard_error=error * factor,
        low=low * factor,
        high=high * factor,
        base=m,
        unit=unit,
        effective_base=base,
        confidence=confidence,
    )


def _error(parts: np.ndarray) -> float:
    n = len(parts)
    return float(np.sqrt(n / (n - 1) * (parts**2).sum())) if n > 1 else np.nan


def _in_logarithms(value: float, error: float, z: float) -> tuple[float, float]:
    """Bounds that stay above zero; a value of zero tells nothing of its error."""
    if not value > 0:
        return math.nan, math.nan
    half = z * error / value
    return value * np.exp(-half), value * np.exp(half)
