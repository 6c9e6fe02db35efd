"""One level against another, people in both respected."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, statistic, two_sided_p
from analysis.study import StudyError
from analysis.survey.moments import moments
from analysis.survey.sample import Sample


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
    Waves of separate people are strata of their own; waves of the same people are
    not, and `clusters` must name the people (or what they were drawn in).

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


def _place(table: pd.DataFrame, level: str, by: str) -> int:
    if level not in table.index:
        raise StudyError(f"No answers have {by} = {level!r}.")
    return list(table.index).index(level)
