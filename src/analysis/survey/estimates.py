"""Means, shares and differences with honest intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate import (
    Estimate,
    critical_value,
    statistic,
    two_sided_p,
    wilson_interval,
)
from analysis.study import StudyError
from analysis.survey.sample import Moments, Sample, moments

Result = Estimate | dict[str, Estimate]


@statistic
def mean(
    sample: Sample,
    column: str,
    *,
    by: str | None = None,
    unit: str = "score",
) -> Result:
    r"""Design-based mean, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers with weights and clusters.
    column : str
        Numeric column; missing values are left out of the figure.
    by : str, optional
        Column of levels.
    unit : str
        Unit of the column.

    Returns
    -------
    Estimate or dict of str to Estimate
        One per level if `by` is given.

    Notes
    -----
    :math:`\sum w y / \sum w`, its variance by Taylor linearisation over clusters;
    after raking the residuals from the margins take the place of the values [1]_.
    The interval is Student's with clusters minus strata degrees of freedom. Not for
    strongly skewed amounts at small bases.

    References
    ----------
    .. [1] Deville, J.-C. and Sarndal, C.-E. (1992). Calibration estimators in
       survey sampling. JASA 87(418), 376-382.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"satisfaction": [1, 3, 4, 4, 5]}))
    >>> score = mean(answers, "satisfaction")
    >>> score.value, round(score.standard_error, 3), score.base
    (3.4, 0.678, 5)
    """
    found = moments(sample, column, by=by)
    variance = _variances(sample, column, by)

    def make(level: str, row: pd.Series) -> Estimate:
        half = critical_value(sample.confidence, row["degrees"]) * row["standard_error"]
        return Estimate(
            value=row["value"],
            standard_error=row["standard_error"],
            low=row["value"] - half,
            high=row["value"] + half,
            base=int(row["base"]),
            unit=unit,
            effective_base=precision_base(variance[level], row),
            confidence=sample.confidence,
        )

    return _per_level(found, by, make)


@statistic
def share(
    sample: Sample,
    column: str,
    *,
    over: str | None = None,
    by: str | None = None,
) -> Result:
    r"""Design-based share, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers with weights and clusters.
    column : str
        Boolean column, or a count of hits if `over` is given.
    over : str, optional
        Column with the number of chances in each row, for a share of lines or
        orders among customers.
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`. The base counts rows.

    Notes
    -----
    Wilson's interval on the effective base :math:`p(1-p)/\mathrm{SE}^2`, where the
    error comes from Taylor linearisation [1]_. With no hit or nothing but hits the
    error is zero and Kish's base serves instead.

    References
    ----------
    .. [1] Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for
       proportions with small expected number of positive counts. Survey
       Methodology 24(2), 193-201.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"happy": [True] * 10 + [False] * 190}))
    >>> happy = share(answers, "happy")
    >>> round(happy.value, 3), round(happy.low, 3), round(happy.high, 3)
    (0.05, 0.027, 0.09)
    """
    found = moments(sample, column, over=over, by=by)

    def make(level: str, row: pd.Series) -> Estimate:
        value = min(1.0, max(0.0, row["value"]))
        base = precision_base(value * (1 - value), row)
        low, high = wilson_interval(value, base, confidence=sample.confidence)
        return Estimate(
            value=value,
            standard_error=row["standard_error"],
            low=low,
            high=high,
            base=int(row["base"]),
            unit="share",
            effective_base=base,
            confidence=sample.confidence,
        )

    return _per_level(found, by, make)


@statistic
def difference(
    sample: Sample,
    column: str,
    *,
    by: str,
    levels: tuple[str, str],
    over: str | None = None,
    unit: str = "score",
) -> Estimate:
    r"""Mean of one level minus the mean of another.

    Parameters
    ----------
    sample : Sample
        Answers of both levels; people in both are one cluster.
    column : str
        Numeric or boolean.
    by : str
        Column of levels, such as the period.
    levels : tuple of str
        The level to look at, then the one to compare with.
    over : str, optional
        Denominator column, for a ratio instead of a mean.
    unit : str
        Unit of the difference.

    Returns
    -------
    Estimate
        With `p_value` of no difference. The base counts both levels.

    Raises
    ------
    StudyError
        If a level has no answers.

    Notes
    -----
    :math:`\mathrm{Var}(a-b) = \mathrm{Var}(a) + \mathrm{Var}(b) -
    2\,\mathrm{Cov}(a,b)`; the covariance comes from clusters in both levels [1]_.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling, section 12.4. Wiley.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({
    ...     "score": [1, 2, 3, 4, 5, 6], "wave": ["a", "a", "a", "b", "b", "b"]}))
    >>> change = difference(answers, "score", by="wave", levels=("b", "a"))
    >>> change.value, round(change.p_value, 3)
    (3.0, 0.015)
    """
    found = moments(sample, column, over=over, by=by)
    places = [_place(found.table, level, by) for level in levels]
    rows = found.table.iloc[places]
    first, second = rows["value"]
    contrast = np.zeros(len(found.table))
    contrast[places] = 1, -1
    variance = contrast @ found.covariance @ contrast
    error, degrees = math.sqrt(max(variance, 0.0)), float(rows["degrees"].sum())
    half = critical_value(sample.confidence, degrees) * error
    return Estimate(
        value=first - second,
        standard_error=error,
        low=first - second - half,
        high=first - second + half,
        base=int(rows["base"].sum()),
        unit=unit,
        effective_base=float(rows["kish"].sum()),
        confidence=sample.confidence,
        p_value=two_sided_p(first - second, error, degrees),
    )


def precision_base(variance: float, row: pd.Series) -> float:
    """Size of the simple random sample that would have the row's error.

    Examples
    --------
    >>> row = pd.Series({"standard_error": 0.05, "kish": 80.0})
    >>> round(precision_base(0.25, row), 6)
    100.0
    """
    error = row["standard_error"]
    if not error > 0 or not variance > 0:
        return float(row["kish"])
    return float(variance / error**2)


def _variances(sample: Sample, column: str, by: str | None) -> dict[str, float]:
    frame = sample.frame.dropna(subset=[column, *([by] if by else [])])
    values = frame[column].astype("float64")
    weights = frame[sample.weights] if sample.weights else pd.Series(1.0, frame.index)
    levels = frame[by].astype("str") if by else pd.Series("all", frame.index)
    sums = weights.groupby(levels).sum()
    centre = (weights * values).groupby(levels).sum() / sums
    spread = weights * (values - levels.map(centre)) ** 2
    return {str(k): v for k, v in (spread.groupby(levels).sum() / sums).items()}


def _per_level(found: Moments, by: str | None, make: Any) -> Result:
    made = {str(level): make(level, row) for level, row in found.table.iterrows()}
    return made if by else made["all"]


def _place(table: pd.DataFrame, level: str, by: str) -> int:
    if level not in table.index:
        raise StudyError(f"No answers have {by} = {level!r}.")
    return list(table.index).index(level)
