r"""How far the chance to answer differs between customers: R-indicators.

An R-indicator is one minus twice the standard deviation of the chances to answer:
1 if all are equally likely to answer, lower the more they differ in what is known
of them. Partial indicators say which attribute, and which of its levels, differ.

All are lengths of a vector of estimated chances. Chance alone makes such a length
grow, by the error of the chances; `_squared_length` takes that off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, statistic, two_sided_p
from analysis.sampling.propensity import Propensities


@statistic
def r_indicator(model: Propensities, *, confidence: float = 0.95) -> Estimate:
    r"""Representativeness of the response, from 0 to 1.

    Parameters
    ----------
    model : Propensities
        Chances to answer; see `response_propensities`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `ratio`. The base counts invitations.

    Notes
    -----
    :math:`R = 1 - 2 S(\rho)`, the standard deviation of the chances to answer over
    all customers [1]_. Estimated chances vary more than true ones, so
    :math:`S^2` is corrected for their error [2]_; at a small base chance may still
    leave it at 0, and R at 1. The interval is the one of :math:`S^2`, carried over.
    R depends on the attributes of the model: only values of one model can be
    compared, and 1 does not mean that those who answer think like those who do not.

    References
    ----------
    .. [1] Schouten, B., Cobben, F. and Bethlehem, J. (2009). Indicators for the
       representativeness of survey response. Survey Methodology 35(1), 101-113.
    .. [2] Shlomo, N., Skinner, C. and Schouten, B. (2012). Estimation of an
       indicator of the representativeness of survey response. Journal of
       Statistical Planning and Inference 142(1), 201-211.

    Examples
    --------
    >>> from analysis.sampling.propensity import response_propensities
    >>> asked = pd.DataFrame({"segment": ["new"] * 200 + ["old"] * 200,
    ...     "answered": [True] * 20 + [False] * 180 + [True] * 60 + [False] * 140})
    >>> found = r_indicator(response_propensities(asked, ["segment"]))
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (0.8, 0.71, 0.87)
    """
    w = model.weights / model.weights.sum()
    square = _squared_length(
        model, model.chance - w @ model.chance, model.slopes - w @ model.slopes
    )
    # The variance within a sample is a little smaller than among all customers.
    n, total = len(w), model.weights.sum()
    spread = _root(square, confidence, stretch=1 + 1 / n - 1 / max(total, n))
    return Estimate(
        value=1 - 2 * spread.value,
        standard_error=2 * spread.standard_error,
        low=1 - 2 * spread.high,
        high=1 - 2 * spread.low,
        base=n,
        unit="ratio",
        confidence=confidence,
    )


@statistic
def partial_indicators(
    model: Propensities, *, conditional: bool = False, confidence: float = 0.95
) -> dict[str, Estimate]:
    r"""How much each attribute has to do with who answers.

    Parameters
    ----------
    model : Propensities
        Chances to answer.
    conditional : bool
        Only what an attribute adds to all others.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of attribute to Estimate
        Unit `share_difference`, 0 or more: a standard deviation of chances.

    Notes
    -----
    Unconditional: the spread between levels,
    :math:`P_u^2 = \sum_k N_k (\bar\rho_k - \bar\rho)^2 / N`. Conditional: the
    spread left within cells :math:`l` of all other attributes,
    :math:`P_c^2 = \sum_l \sum_{i \in l} (\rho_i - \bar\rho_l)^2 / N` [1]_. Both are
    corrected like `r_indicator`. An attribute that stands out in the first and not
    in the second only repeats another one.

    References
    ----------
    .. [1] Schouten, B., Shlomo, N. and Skinner, C. (2011). Indicators for
       monitoring and improving representativeness of response. Journal of Official
       Statistics 27(2), 231-253.

    Examples
    --------
    >>> from analysis.sampling.propensity import response_propensities
    >>> asked = pd.DataFrame({"segment": ["new"] * 200 + ["old"] * 200,
    ...     "answered": [True] * 20 + [False] * 180 + [True] * 60 + [False] * 140})
    >>> found = partial_indicators(response_propensities(asked, ["segment"]))
    >>> round(found["segment"].value, 3)
    0.098
    """
    found = {}
    for name in model.levels:
        deviations, slopes = _part(model, str(name), conditional)
        square = _squared_length(model, deviations, slopes)
        found[str(name)] = _spread(square, confidence, len(model.chance))
    return found


@statistic
def partial_levels(
    model: Propensities,
    attribute: str,
    *,
    conditional: bool = False,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    r"""Which levels of an attribute answer more or less than others.

    Parameters
    ----------
    model : Propensities
        Chances to answer.
    attribute : str
        One of the model's.
    conditional : bool
        Only what the level adds to all other attributes; then without a sign.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of level to Estimate
        Unit `share_difference`. The base counts the level's invitations.
        Unconditional ones have a `p_value`.

    Notes
    -----
    Unconditional: :math:`\sqrt{N_k/N} (\bar\rho_k - \bar\rho)`; negative levels are
    heard too little. Conditional: the part of :math:`P_c^2` that comes from the
    level. The squares of all levels sum to the square of the attribute, before
    correction. See `partial_indicators` for the reference.

    Examples
    --------
    >>> from analysis.sampling.propensity import response_propensities
    >>> asked = pd.DataFrame({"segment": ["new"] * 200 + ["old"] * 200,
    ...     "answered": [True] * 20 + [False] * 180 + [True] * 60 + [False] * 140})
    >>> found = partial_levels(response_propensities(asked, ["segment"]), "segment")
    >>> round(found["new"].value, 3), round(found["old"].value, 3)
    (-0.071, 0.071)
    """
    levels = model.levels[attribute]
    deviations, slopes = _part(model, attribute, conditional)
    found = {}
    for level in sorted(set(levels)):
        inside = (levels == level).to_numpy()
        base = int(inside.sum())
        if conditional:
            square = _squared_length(
                model, deviations * inside, slopes * inside[:, None]
            )
            found[level] = _spread(square, confidence, base)
        else:
            found[level] = _signed(model, inside, confidence)
    return found


def _part(
    model: Propensities, attribute: str, conditional: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Chances between levels, or within cells of all other attributes."""
    w = model.weights / model.weights.sum()
    if not conditional:
        cells = model.levels[attribute]
        chance = _cell_means(model.chance, cells, w)
        slopes = _cell_means(model.slopes, cells, w)
        return chance - w @ model.chance, slopes - w @ model.slopes
    others = [name for name in model.levels if name != attribute]
    if not others:
        return model.chance - w @ model.chance, model.slopes - w @ model.slopes
    cells = model.levels.groupby(others).ngroup()
    return (
        model.chance - _cell_means(model.chance, cells, w),
        model.slopes - _cell_means(model.slopes, cells, w),
    )


def _cell_means(values: np.ndarray, cells: pd.Series, w: np.ndarray) -> np.ndarray:
    codes = pd.factorize(cells)[0]
    sums = np.bincount(codes, weights=w)[codes]
    if values.ndim == 1:
        return np.bincount(codes, weights=w * values)[codes] / sums
    columns = [_cell_means(column, cells, w) for column in values.T]
    return np.column_stack(columns)


@dataclass(frozen=True)
class _Square:
    """A mean square, how its variance grows with it, and what else varies."""

    value: float
    slope: float
    rest: float


def _squared_length(
    model: Propensities, deviations: np.ndarray, slopes: np.ndarray
) -> _Square:
    r"""Mean square of deviations without what chance adds, and its variance.

    With deviations :math:`v` whose covariance is :math:`V`, the square
    :math:`v'v` is too large by :math:`\mathrm{tr}\,V` and varies by
    :math:`4 v'Vv + 2\,\mathrm{tr}\,V^2`. What the drawing of the invited adds is
    the variance of a mean.
    """
    w = model.weights / model.weights.sum()
    values, vectors = np.linalg.eigh(model.covariance)
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    v, noise = np.sqrt(w) * deviations, np.sqrt(w)[:, None] * (slopes @ half)
    square = float(v @ v)
    drawn = float((w**2 * (deviations**2 - square) ** 2).sum())
    kept = max(0.0, 1 - len(w) / max(model.weights.sum(), len(w)))
    along = float(((noise.T @ v) ** 2).sum())
    return _Square(
        value=square - float((noise**2).sum()),
        slope=4 * along / square if square > 0 else 0.0,
        rest=2 * float(((noise.T @ noise) ** 2).sum()) + kept * drawn,
    )


def _root(square: _Square, confidence: float, *, stretch: float = 1.0) -> Estimate:
    """Length with its interval: all lengths that would not be surprised by it.

    The variance is that of the length in question, as in Wilson's interval, since
    the estimated one is too small whenever the estimated length is.
    """
    z = critical_value(confidence)
    centre = square.value + z**2 * square.slope / 2
    reach = math.sqrt(max(0.0, centre**2 - square.value**2 + z**2 * square.rest))
    low, high = (
        math.sqrt(max(0.0, stretch * (centre + sign * reach))) for sign in (-1, 1)
    )
    value = math.sqrt(max(0.0, stretch * square.value))
    return Estimate(
        value=value,
        standard_error=(high - low) / (2 * z),
        low=min(low, value),
        high=max(high, value),
        base=0,
        unit="share_difference",
    )


def _spread(square: _Square, confidence: float, base: int) -> Estimate:
    one = _root(square, confidence)
    return Estimate(
        value=one.value,
        standard_error=one.standard_error,
        low=one.low,
        high=one.high,
        base=base,
        unit="share_difference",
        confidence=confidence,
    )


def _signed(model: Propensities, inside: np.ndarray, confidence: float) -> Estimate:
    w = model.weights / model.weights.sum()
    part = float(w @ inside)
    contrast = math.sqrt(part) * w * (inside / part - 1)
    own = w * inside / part
    value = float(contrast @ model.chance)
    slope = contrast @ model.slopes
    left = np.where(inside, model.chance - own @ model.chance, 0.0) / part
    left = math.sqrt(part) * (left - (model.chance - w @ model.chance))
    error = math.sqrt(float(slope @ model.covariance @ slope + (w * left) @ (w * left)))
    half = critical_value(confidence) * error
    return Estimate(
        value=value,
        standard_error=error,
        low=value - half,
        high=value + half,
        base=int(inside.sum()),
        unit="share_difference",
        confidence=confidence,
        p_value=two_sided_p(value, error, math.inf),
    )
