"""One level against another, people in both respected."""

from __future__ import annotations

import math

import numpy as np

from analysis.estimate import Estimate, critical_value, statistic, two_sided_p
from analysis.survey.estimates import precision_base
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
        With `p_value` of no difference. The bases are those of the smaller level,
        which decides how much a difference can carry.

    Raises
    ------
    StudyError
        If a level has no answers.

    Notes
    -----
    :math:`\mathrm{Var}(a-b) = \mathrm{Var}(a) + \mathrm{Var}(b) -
    2\,\mathrm{Cov}(a,b)`; the covariance comes from clusters in both levels [1]_.
    Waves of separate people are strata of their own; waves of the same people are
    not, and `clusters` must name the people (or what they were drawn in). Not for
    shares: see `analysis.survey.share_difference`.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling, section 12.4. Wiley.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = Sample(pd.DataFrame({
    ...     "score": [1, 2, 3, 4, 5, 6], "wave": ["a", "a", "a", "b", "b", "b"]}))
    >>> change = difference(answers, "score", by="wave", levels=("b", "a"))
    >>> change.value, round(change.p_value, 3)
    (3.0, 0.015)
    """
    found = moments(sample, column, over=over, by=by).only(levels, by=by)
    rows, contrast = found.table, np.array([1, -1])
    value = float(contrast @ rows["value"])
    variance = contrast @ found.covariance @ contrast
    error, degrees = math.sqrt(max(variance, 0.0)), float(rows["degrees"].sum())
    half = critical_value(sample.confidence, degrees) * error
    bases = [precision_base(row["spread"], row) for _, row in rows.iterrows()]
    return Estimate(
        value=value,
        standard_error=error,
        low=value - half,
        high=value + half,
        base=int(rows["base"].min()),
        unit=unit,
        effective_base=min(bases),
        confidence=sample.confidence,
        p_value=two_sided_p(value, error, degrees),
    )
