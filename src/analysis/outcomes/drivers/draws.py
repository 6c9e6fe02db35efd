"""Estimates from a value and its draws in the replicates."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from analysis.estimate import (
    Estimate,
    critical_value,
    effective_base,
    two_sided_p,
)
from analysis.outcomes.drivers.rated import Rated
from analysis.study import StudyError

SHARE = (0.0, 1.0)
LEAST = 1e-9


def from_draws(
    found: Rated,
    names: Sequence[str],
    values: np.ndarray,
    *,
    unit: str,
    within: tuple[float, float] = (-math.inf, math.inf),
    rows: np.ndarray | None = None,
    tested: bool = False,
) -> dict[str, Estimate]:
    """Make one estimate per column of draws.

    Parameters
    ----------
    found : Rated
        Whose replicates the draws belong to.
    names : sequence of str
        One per column.
    values : ndarray, shape (1 + n_replicates, n_columns)
        First those of the sample itself.
    unit : str
        Unit of the values.
    within : tuple of float
        The interval is cut here.
    rows : ndarray of bool, optional
        The part of the answers that the values rest on.
    tested : bool
        Whether to give the p-value of zero.

    Returns
    -------
    dict of str to Estimate
        With Student's interval, customers less strata degrees of freedom. Where values
        are cut at 0 and 1, its ends are the wider of the plain interval and of that on
        the logit scale.

    Raises
    ------
    StudyError
        If a value is missing.

    Notes
    -----
    Shares of few answers are skewed: the plain interval holds small ones too seldom,
    the logit's never holds none at all. The wider of both does.
    """
    if not np.isfinite(values).all():
        raise StudyError("A figure is missing in a replicate: too few people.")
    used = found.is_used if rows is None else found.is_used & rows
    base, kish = int(used.sum()), effective_base(found.weights[used, 0])
    made, degrees = {}, found.replicates.degrees
    for name, column in zip(names, values.T, strict=True):
        value, deviation = float(column[0]), column[1:] - column[1:].mean()
        error = math.sqrt(found.replicates.coefficients @ deviation**2)
        critical = critical_value(found.sample.confidence, degrees)
        low, high = value - critical * error, value + critical * error
        if within == SHARE:
            low, high = _wider(found, column, critical, (low, high))
        made[name] = Estimate(
            value=value,
            standard_error=error,
            low=min(value, max(within[0], low)),
            high=max(value, min(within[1], high)),
            base=base,
            unit=unit,
            effective_base=kish,
            confidence=found.sample.confidence,
            p_value=two_sided_p(value, error, degrees) if tested else None,
        )
    return made


def _wider(
    found: Rated, column: np.ndarray, critical: float, plain: tuple[float, float]
) -> tuple[float, float]:
    """The interval, widened to that on the logit scale."""
    scaled = special.logit(np.clip(column, LEAST, 1 - LEAST))
    deviation = scaled[1:] - scaled[1:].mean()
    error = math.sqrt(found.replicates.coefficients @ deviation**2)
    low, high = special.expit(scaled[0] + critical * np.array([-error, error]))
    return min(plain[0], low), max(plain[1], high)
