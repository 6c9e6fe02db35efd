"""The error of any statistic, from replicate weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from analysis.estimate import (
    Estimate,
    critical_value,
    effective_base,
    statistic,
    two_sided_p,
)
from analysis.study import StudyError
from analysis.survey.estimates import Result
from analysis.survey.resampling import Replicates
from analysis.survey.sample import Sample, weights_of

Statistic = Callable[[pd.DataFrame, np.ndarray], "float | Mapping[str, float]"]


@statistic
def replicate_estimate(
    sample: Sample,
    function: Statistic,
    *,
    replicates: Replicates,
    unit: str = "score",
    scale: str = "plain",
    against: float | None = None,
) -> Result:
    r"""Any statistic of weighted answers, with the error that the design gives it.

    Parameters
    ----------
    sample : Sample
        The answers.
    function : callable of (frame, weights)
        Returns a number, or a mapping of names to numbers. The weights are an array
        in the order of the frame; some are zero.
    replicates : Replicates
        Of the same sample.
    unit : str
        Unit of the statistic.
    scale : str
        Where the interval is symmetric: ``plain``, ``log`` (for what is above 0) or
        ``fisher`` (for correlations).
    against : float, optional
        The value that `p_value` tests; no test if not given.

    Returns
    -------
    Estimate or dict of str to Estimate
        As the function returns. The base counts all rows: where the function leaves
        some out, set the base yourself.

    Raises
    ------
    StudyError
        If the replicates belong to other rows, or the statistic is missing in one.

    Notes
    -----
    :math:`\sum_r c_r (\hat\theta_r - \bar\theta)^2`, around the mean of the
    replicates [1]_. Student's interval with clusters minus strata degrees of freedom.
    For means, shares, ratios and totals use the functions of their own, which need no
    draws.

    References
    ----------
    .. [1] Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd edition.
       Springer.

    Examples
    --------
    >>> from analysis.survey.resampling import replicates
    >>> answers = Sample(pd.DataFrame({"score": [1.0, 3.0, 4.0, 4.0, 5.0]}))
    >>> left_out = replicates(answers, kind="jackknife")
    >>> found = replicate_estimate(answers, lambda frame, weights:
    ...     np.average(frame["score"], weights=weights), replicates=left_out)
    >>> round(found.value, 3), round(found.standard_error, 3)
    (3.4, 0.678)
    """
    frame = sample.frame
    if len(replicates.weights) != len(frame):
        raise StudyError(
            f"The replicates have {len(replicates.weights)} rows and the sample "
            f"{len(frame)}: draw them from this sample."
        )
    weights = weights_of(frame, sample.weights)
    whole = _named(function(frame, weights))
    draws = [_named(function(frame, one)) for one in replicates.weights.T]
    base, kish = len(frame), effective_base(weights)
    made = {
        name: _estimate(
            value,
            np.array([draw.get(name, math.nan) for draw in draws]),
            replicates=replicates,
            scale=scale,
            against=against,
            settings=(unit, sample.confidence, base, kish),
        )
        for name, value in whole.items()
    }
    return made[_ONLY] if list(made) == [_ONLY] else made


_ONLY = ""
_SCALES: dict[str, tuple[Callable, Callable]] = {
    "plain": (np.asarray, float),
    "log": (np.log, math.exp),
    "fisher": (lambda r: np.arctanh(np.clip(r, -1 + 1e-9, 1 - 1e-9)), math.tanh),
}


def _estimate(
    value: float,
    draws: np.ndarray,
    *,
    replicates: Replicates,
    scale: str,
    against: float | None,
    settings: tuple[str, float, int, float],
) -> Estimate:
    if scale not in _SCALES:
        raise StudyError(f"A scale is {', '.join(_SCALES)}, not {scale!r}.")
    if missing := int((~np.isfinite([value, *draws])).sum()):
        raise StudyError(
            f"The statistic is missing in {missing} of {len(draws)} replicates and "
            "the sample: a part of it rests on too few clusters."
        )
    unit, confidence, base, kish = settings
    forth, back = _SCALES[scale]
    with np.errstate(invalid="ignore", divide="ignore"):
        centre, error = float(forth(value)), _error(forth(draws), replicates)
    if not math.isfinite(centre + error):
        raise StudyError("The log scale is for statistics above 0.")
    half = critical_value(confidence, replicates.degrees) * error
    p_value = None
    if against is not None:
        distance = centre - float(forth(against))
        p_value = two_sided_p(distance, error, replicates.degrees)
    return Estimate(
        value=value,
        standard_error=_error(draws, replicates),
        low=min(value, back(centre - half)),
        high=max(value, back(centre + half)),
        base=base,
        unit=unit,
        effective_base=kish,
        confidence=confidence,
        p_value=p_value,
    )


def _error(draws: np.ndarray, replicates: Replicates) -> float:
    return math.sqrt(replicates.coefficients @ (draws - draws.mean()) ** 2)


def _named(result: float | Mapping[str, float]) -> dict[str, float]:
    if isinstance(result, Mapping | pd.Series):
        return {str(name): float(value) for name, value in result.items()}
    return {_ONLY: float(result)}
