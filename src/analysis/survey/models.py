"""Regression that knows the design."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import svy

from analysis.estimate import Estimate, critical_value, statistic, two_sided_p
from analysis.study import StudyError
from analysis.survey.design import design, nullable, plain_errors
from analysis.survey.sample import Sample, level_codes, require

FAMILIES: dict[str, Any] = {"gaussian": "gaussian", "logit": "binomial"}
INTERCEPT = "intercept"
_PRESENT = pl.col("_present")


@statistic
def regression(
    sample: Sample,
    outcome: str,
    predictors: Sequence[str],
    *,
    family: str = "gaussian",
    unit: str = "score_difference",
) -> dict[str, Estimate]:
    r"""Linear or logistic regression over the design.

    Parameters
    ----------
    sample : Sample
        The answers. Rows that miss the outcome or a predictor stay in the design and
        out of the fit.
    outcome : str
        Numeric column; of 0 and 1, or boolean, for ``logit``.
    predictors : sequence of str
        Numeric, boolean or text columns. A text stands for its levels, each compared
        with the first in sorted order.
    family : str
        ``gaussian`` or ``logit``.
    unit : str
        Unit of the outcome, for ``gaussian``.

    Returns
    -------
    dict of str to Estimate
        ``intercept``, then one per predictor, or per level such as ``segment = new``.
        For ``gaussian`` the change of the outcome with one unit more; for ``logit``
        odds ratios (the intercept: odds), unit `ratio`. `p_value` is that of no
        effect.

    Raises
    ------
    StudyError
        If nobody can be used, predictors repeat one another or foretell the outcome
        without fail, a text has one level, or the family is none of the two.

    Notes
    -----
    Weighted likelihood with a sandwich of linearised scores [1]_, by clusters and
    strata, on residuals from the margins where weights were adjusted. Student's
    interval with clusters minus strata minus predictors degrees of freedom. Odds
    ratios have the interval of their logarithm and the error of the delta method. It
    describes what goes together and proves no effect.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators
       from complex surveys. International Statistical Review 51(3), 279-292.

    Examples
    --------
    >>> answers = pd.DataFrame({"score": [1, 2, 4, 4, 7.0], "days": [4, 3, 2, 1, 0]})
    >>> slope = regression(Sample(answers), "score", ["days"])["days"]
    >>> round(slope.value, 6), round(slope.p_value, 3)
    (-1.4, 0.005)
    """
    if family not in FAMILIES:
        raise StudyError(f"A regression is {' or '.join(FAMILIES)}, not {family!r}.")
    frame = sample.frame
    require(frame, [outcome, *predictors])
    names = [outcome, *predictors]
    present = frame[names].notna().all(axis=1).to_numpy()
    if not present.any():
        raise StudyError(f"No answer has a value in all of {', '.join(names)}.")
    data: dict[str, Any] = {"_present": present}
    data["_y"] = np.where(present, frame[outcome].to_numpy(float, na_value=0), 0)
    terms, labels = _terms(frame, predictors, data)
    task = f"The regression of {outcome} on {', '.join(predictors)} cannot be made"
    columns = {f"_x{number}": name for number, name in enumerate(predictors)}
    with plain_errors(task, _y=outcome, _intercept_=INTERCEPT, **columns):
        glm: Any = design(sample, data).glm
        fitted = glm.fit("_y", x=terms, family=FAMILIES[family], where=_PRESENT)
    base = int(present.sum())
    made = {}
    for one in fitted.fitted.coefs:
        made[labels[one.term]] = _coefficient(one, sample, base, unit)
    return {k: _odds(v) for k, v in made.items()} if family == "logit" else made


def _terms(
    frame: pd.DataFrame, predictors: Sequence[str], data: dict[str, Any]
) -> tuple[list[Any], dict[str, str]]:
    terms: list[Any] = []
    labels = {"_intercept_": INTERCEPT}
    for number, name in enumerate(predictors):
        column = f"_x{number}"
        if pd.api.types.is_numeric_dtype(frame[name]):
            data[column] = frame[name].to_numpy(float, na_value=0)
            labels[column] = name
            terms.append(column)
            continue
        codes, levels = level_codes(frame[name])
        data[column] = nullable(codes)
        terms.append(svy.Cat(column))
        labels |= {f"{column}_{n}": f"{name} = {one}" for n, one in enumerate(levels)}
    return terms, labels


def _coefficient(found: Any, sample: Sample, base: int, unit: str) -> Estimate:
    degrees = float(found.wald.df)
    half = critical_value(sample.confidence, degrees) * found.se
    return Estimate(
        value=found.est,
        standard_error=found.se,
        low=found.est - half,
        high=found.est + half,
        base=base,
        unit=unit,
        confidence=sample.confidence,
        p_value=two_sided_p(found.est, found.se, degrees),
    )


def _odds(logarithm: Estimate) -> Estimate:
    value = math.exp(logarithm.value)
    return Estimate(
        value=value,
        standard_error=value * logarithm.standard_error,
        low=math.exp(logarithm.low),
        high=math.exp(logarithm.high),
        base=logarithm.base,
        unit="ratio",
        confidence=logarithm.confidence,
        p_value=logarithm.p_value,
    )
