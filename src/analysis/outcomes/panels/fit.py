"""Least squares and Poisson regression with unit and period effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, two_sided_p
from analysis.outcomes.panels.design import (
    TOLERANCE,
    Design,
    design_of,
    refuse_flat,
    worth_fitting,
)
from analysis.outcomes.panels.errors import jackknife, sandwich, small_sample_factor
from analysis.study import StudyError

FEW = 400
"""Up to so many units the error is the jackknife's, above it the sandwich's."""
STEPS = 100
APART = 1e-7
"""A fitted mean so far under the usual is on its way to nought without end."""


@dataclass(frozen=True)
class Fit:
    """Coefficients of a regression with unit and period effects.

    Parameters
    ----------
    slopes : ndarray, shape (n_regressors,)
        The coefficients.
    covariance : ndarray, shape (n_regressors, n_regressors)
        Clustered by unit.
    rows, units : int
        Rows and units that the fit rests on; rows alone in their unit or period
        say nothing and are left out.
    """

    slopes: np.ndarray
    covariance: np.ndarray
    rows: int
    units: int

    def estimate(
        self,
        contrast: Sequence[float] = (1.0,),
        *,
        scale: float = 1.0,
        unit: str = "per_hundred",
        confidence: float = 0.95,
    ) -> Estimate:
        """Combine coefficients into one figure with Student's t on units less one.

        Examples
        --------
        >>> fit = Fit(np.array([2.0]), np.array([[1.0]]), rows=99, units=11)
        >>> found = fit.estimate(scale=100.0)
        >>> round(found.low, 2), round(found.p_value, 4)
        (-22.81, 0.0734)
        """
        weights = np.zeros(len(self.slopes))
        weights[: len(contrast)] = contrast
        value = scale * float(weights @ self.slopes)
        variance = float(weights @ self.covariance @ weights)
        error = abs(scale) * math.sqrt(max(variance, 0.0))
        half = critical_value(confidence, self.units - 1) * error
        return Estimate(
            value=value,
            standard_error=error,
            low=value - half,
            high=value + half,
            base=self.rows,
            unit=unit,
            effective_base=self.units,
            confidence=confidence,
            p_value=two_sided_p(value, error, self.units - 1),
        )


def least_squares(
    frame: pd.DataFrame,
    outcome: str,
    *,
    on: Sequence[str],
    weights: str | None = None,
    error: str = "",
    unit_effects: bool = True,
) -> Fit:
    r"""Fit an outcome by least squares within units and periods.

    Parameters
    ----------
    frame : DataFrame
        One row per unit and period, in the columns ``unit`` and ``period``. Rows
        without outcome or a regressor are left out, as are those without weight.
    outcome : str
        Numeric column.
    on : sequence of str
        Regressors.
    weights : str, optional
        Column of weights, 0 or more, such as the lines that a share is of.
    error : str
        ``jackknife`` (CRV3), ``sandwich`` (CRV1) or ``plain`` (CRV0); by default the
        jackknife up to 400 units and the sandwich above.
    unit_effects : bool
        False leaves them out, as for changes from one period to the next; errors are
        clustered by unit all the same.

    Returns
    -------
    Fit
        Coefficients in the order of `on`.

    Raises
    ------
    StudyError
        If there are fewer than eight units, one period, or nothing varies within
        units.

    Notes
    -----
    :math:`y_{it} = \alpha_i + \gamma_t + x_{it}'\beta + e_{it}`. Errors are clustered
    by unit. CRV1 is :math:`\frac{G}{G-1}\frac{N-1}{N-K}` times the sandwich, K the
    regressors and periods: unit effects are nested in the clusters and not counted.
    CRV3 leaves out each unit in turn, period effects fitted anew:
    :math:`\frac{G-1}{G}\sum_g(\hat\beta_{(g)} - \hat\beta)^2` [1]_.

    References
    ----------
    .. [1] MacKinnon, J. G., Nielsen, M. Ø. and Webb, M. D. (2023). Fast and reliable
       jackknife and bootstrap methods for cluster-robust inference. Journal of
       Applied Econometrics 38(5), 671-694.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> panel = pd.DataFrame({"unit": np.repeat(range(20), 6),
    ...     "period": np.tile(range(6), 20), "x": rng.normal(size=120)})
    >>> panel["y"] = 2 * panel["x"] + panel["unit"] + panel["period"]
    >>> float(least_squares(panel, "y", on=["x"]).slopes[0].round(9))
    2.0
    """
    used = worth_fitting(frame, [outcome, *on], weights, unit_effects=unit_effects)
    design = design_of(used, outcome, on=on, weights=weights, has_units=unit_effects)
    return _fit(design, (design.outcome, design.weights), on, error)


def poisson(
    frame: pd.DataFrame, outcome: str, *, on: Sequence[str], error: str = ""
) -> Fit:
    r"""Fit a count by Poisson regression within units and periods.

    Parameters
    ----------
    frame : DataFrame
        As in `least_squares`.
    outcome : str
        Column of 0 and more, such as units sold; whole numbers are not needed.
    on : sequence of str
        Regressors.
    error : str
        As in `least_squares`.

    Returns
    -------
    Fit
        Coefficients on the log scale.

    Raises
    ------
    StudyError
        If a value is below zero, nothing is left to fit, or a regressor tells noughts
        and others apart without fail.

    Notes
    -----
    :math:`E(y_{it}) = \exp(\alpha_i + \gamma_t + x_{it}'\beta)`: consistent if that
    mean is right, whatever the spread [1]_. Units and periods with noughts alone fit
    any effect and are left out. The jackknife takes one step of the fit's own
    weights.

    References
    ----------
    .. [1] Correia, S., Guimarães, P. and Zylkin, T. (2020). Fast Poisson estimation
       with high-dimensional fixed effects. The Stata Journal 20(1), 95-115.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> panel = pd.DataFrame({"unit": np.repeat(range(20), 6),
    ...     "period": np.tile(range(6), 20), "x": rng.normal(size=120)})
    >>> panel["n"] = np.exp(0.3 * panel["x"] + panel["unit"] / 9)
    >>> float(poisson(panel, "n", on=["x"]).slopes[0].round(6))
    0.3
    """
    known = frame.dropna(subset=[outcome, *on])
    design = design_of(worth_fitting(known, [], counts=outcome), outcome, on=on)
    return _fit(design, _reweighted(design, on), on, error)


def _reweighted(design: Design, on: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Working outcome and weights of the fit (iteratively reweighted squares)."""
    counts, deviance = design.outcome, math.inf
    mean = (counts + counts.mean()) / 2
    for _ in range(STEPS):
        working = np.log(mean) + counts / mean - 1
        both = np.column_stack([working, design.regressors])
        left = design.within(both, mean)
        if math.isinf(deviance):
            refuse_flat(design, left[:, 1:], on)
        values = _solve(left[:, 1:], left[:, 0], mean)
        linear = working - (left[:, 0] - left[:, 1:] @ values)
        if not np.abs(linear).max() < 500:
            break
        mean = np.exp(linear)
        before, deviance = deviance, _deviance(counts, mean)
        if abs(before - deviance) < TOLERANCE * (1 + abs(deviance)):
            if mean.min() < APART * mean.mean():
                break
            return linear + counts / mean - 1, mean
    raise StudyError(
        "The Poisson model has no finite fit: something tells months without sales "
        "from the others without fail. Leave it out, or use the change model."
    )


def _deviance(counts: np.ndarray, mean: np.ndarray) -> float:
    logs = np.log(np.where(counts > 0, counts, 1.0) / mean)
    return float(2 * (counts * logs - (counts - mean)).sum())


def _fit(
    design: Design,
    weighted: tuple[np.ndarray, np.ndarray],
    on: Sequence[str],
    error: str,
) -> Fit:
    """Fit outcomes with their weights by least squares."""
    outcome, weights = weighted
    left = design.within(np.column_stack([outcome, design.regressors]), weights)
    refuse_flat(design, left[:, 1:], on)
    values = _solve(left[:, 1:], left[:, 0], weights)
    error = error or ("jackknife" if design.units <= FEW else "sandwich")
    if error == "jackknife":
        covariance = jackknife(design, outcome, weights)
    else:
        covariance = sandwich(left, values, weights, design)
        covariance *= small_sample_factor(design) if error == "sandwich" else 1.0
    return Fit(values, covariance, rows=len(outcome), units=design.units)


def _solve(
    regressors: np.ndarray, outcome: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    weighted = regressors * weights[:, None]
    return np.asarray(np.linalg.solve(weighted.T @ regressors, weighted.T @ outcome))
