"""Intervals of correlations, on the scale on which their error hardly changes."""

from __future__ import annotations

import math

import numpy as np

from analysis.estimate import Estimate, critical_value, two_sided_p
from analysis.study import StudyError
from analysis.survey import Replicates

NEAREST = 1 - 1e-12
MOST_MISSING = 0.01


def from_error(
    value: float,
    error: float,
    *,
    base: int,
    degrees: float,
    confidence: float,
    effective_base: float = math.nan,
) -> Estimate:
    r"""Return a correlation with its interval from an error on Fisher's scale.

    Parameters
    ----------
    value : float
        The coefficient, from -1 to 1.
    error : float
        Standard error of :math:`\operatorname{artanh} r`.
    base : int
        Rows, products or months.
    degrees : float
        Of freedom, for Student's t.
    confidence : float
        Between 0 and 1.
    effective_base : float
        `base` if not given.

    Returns
    -------
    Estimate
        With the `p_value` of none; its standard error is :math:`(1 - r^2)` times the
        one on Fisher's scale.

    Notes
    -----
    Fisher [1]_ showed that the error hardly depends on the coefficient there.

    References
    ----------
    .. [1] Fisher, R. A. (1921). On the probable error of a coefficient of
       correlation deduced from a small sample. Metron 1, 3-32.

    Examples
    --------
    >>> found = from_error(0.5, 0.2, base=28, degrees=26, confidence=0.95)
    >>> round(found.low, 3), round(found.high, 3)
    (0.137, 0.744)
    """
    value = min(1.0, max(-1.0, round(value, 12)))
    centre = math.atanh(min(NEAREST, max(-NEAREST, value)))
    half = critical_value(confidence, degrees) * error
    return Estimate(
        value=value,
        standard_error=error * (1 - value**2),
        low=min(value, math.tanh(centre - half)),
        high=max(value, math.tanh(centre + half)),
        base=base,
        unit="correlation",
        effective_base=effective_base,
        confidence=confidence,
        p_value=two_sided_p(centre, error, degrees),
    )


def from_draws(
    draws: np.ndarray,
    *,
    replicates: Replicates,
    base: int,
    effective_base: float,
    confidence: float,
    spent: int = 0,
) -> Estimate:
    r"""Return a correlation with its interval from replicates.

    Parameters
    ----------
    draws : ndarray, shape (1 + n_replicates,)
        The coefficient under the sample's own weights, then under each replicate.
    replicates : Replicates
        That gave the draws.
    base : int
        Rows used.
    effective_base : float
        Kish's.
    confidence : float
        Between 0 and 1.
    spent : int
        Degrees of freedom that a model used.

    Returns
    -------
    Estimate
        See `from_error`; the error is that of the replicates on Fisher's scale.

    Raises
    ------
    StudyError
        If the coefficient is missing, or so in more than one replicate of a hundred.

    Notes
    -----
    A replicate in which by chance nobody differs has no coefficient; the others then
    stand for it.

    Examples
    --------
    >>> drawn = Replicates(np.ones((9, 2)), np.ones(2) / 1, 8.0, "bootstrap")
    >>> found = from_draws(np.array([0.5, 0.4, 0.6]), replicates=drawn, base=9,
    ...     effective_base=9.0, confidence=0.95)
    >>> round(found.standard_error, 3)
    0.143
    """
    is_told = np.isfinite(draws)
    missing = int((~is_told).sum())
    if not is_told[0] or missing > MOST_MISSING * len(draws):
        raise StudyError(
            f"The correlation is missing in {missing} of {len(draws)} draws of the "
            "sample: too few people differ for a correlation."
        )
    scaled = np.arctanh(np.clip(draws[1:][is_told[1:]], -NEAREST, NEAREST))
    counts = replicates.coefficients[is_told[1:]]
    counts = counts * (replicates.coefficients.sum() / counts.sum())
    squares = (scaled - scaled.mean()) ** 2
    return from_error(
        float(draws[0]),
        math.sqrt(float(counts @ squares)),
        base=base,
        degrees=replicates.degrees - spent,
        confidence=confidence,
        effective_base=effective_base,
    )
