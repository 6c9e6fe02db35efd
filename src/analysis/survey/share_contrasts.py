"""The share of one level against that of another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.estimate import Estimate, critical_value, statistic, wilson_bounds
from analysis.survey.estimates import precision_base
from analysis.survey.moments import Moments, moments
from analysis.survey.sample import Sample

MINIMUM_MARKS = 5.0
# So many standard errors away the probability is nought to the last digit.
FARTHEST = 38.0


@statistic
def share_difference(
    sample: Sample,
    column: str,
    *,
    by: str,
    levels: tuple[str, str],
    over: str | None = None,
) -> Estimate:
    r"""Share of one level minus the share of another.

    Parameters
    ----------
    sample : Sample
        Answers of both levels; people in both are one cluster.
    column : str
        Boolean, or from 0 to 1 where a mark may count in part; a count of hits if
        `over` is given.
    by : str
        Column of levels, such as the period.
    levels : tuple of str
        The level to look at, then the one to compare with.
    over : str, optional
        Column with the number of chances in each row, for a share of lines or
        orders among customers.

    Returns
    -------
    Estimate
        Unit `share_difference`; the bases are those of the smaller level, which
        decides how much a difference can carry. `p_value` of no difference is
        missing where both levels together hold fewer than `MINIMUM_MARKS` effective
        marks, or fewer that are unmarked.

    Raises
    ------
    StudyError
        If a level has no answers.

    Notes
    -----
    With Wilson's bounds :math:`l, u` of each share :math:`p` and the correlation
    :math:`r` of the two, which comes from clusters in both levels, the interval runs
    from

    .. math::
        p_1-p_2-\sqrt{(p_1-l_1)^2 - 2r(p_1-l_1)(u_2-p_2) + (u_2-p_2)^2}

    to the same with plus and the other bounds: Newcombe's hybrid score interval
    [1]_ extended to shares that depend on one another [2]_. The p-value is that of
    the widest interval that leaves out zero, so the two never contradict.

    The bounds stand on effective bases, :math:`s^2/\mathrm{SE}^2` with the weighted
    variance :math:`s^2` of the values, or :math:`p(1-p)/\mathrm{SE}^2` with `over`.
    A few marks tell the error only roughly, so neither base exceeds Kish's, and
    where there are few clusters it shrinks as their degrees of freedom ask [3]_. The
    standard error is that of linearisation; with few marks it is too small, and
    the interval does not rest on it alone.

    References
    ----------
    .. [1] Newcombe, R. G. (1998). Interval estimation for the difference between
       independent proportions. Statistics in Medicine 17(8), 873-890. Method 10.
    .. [2] Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about
       effect measures: a general approach. Statistics in Medicine 27(10), 1693-1702.
    .. [3] Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for
       proportions with small expected number of positive counts. Survey
       Methodology 24(2), 193-201.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({
    ...     "late": [True] * 1 + [False] * 45 + [True] * 11 + [False] * 153,
    ...     "group": ["detractor"] * 46 + ["promoter"] * 164}))
    >>> gap = share_difference(
    ...     answers, "late", by="group", levels=("detractor", "promoter"))
    >>> round(gap.low, 3), round(gap.high, 3), round(gap.p_value, 2), gap.base
    (-0.098, 0.051, 0.25, 46)
    """
    found = moments(sample, column, over=over, by=by).only(levels, by=by)
    return contrast_shares(
        found, confidence=sample.confidence, is_ratio=over is not None
    )


@statistic
def contrast_shares(
    found: Moments, *, confidence: float = 0.95, is_ratio: bool = False
) -> Estimate:
    """First share minus the second, from their moments; see `share_difference`.

    Parameters
    ----------
    found : Moments
        Of two levels.
    confidence : float
        Between 0 and 1.
    is_ratio : bool
        Whether hits were counted over chances.

    Returns
    -------
    Estimate
        Unit `share_difference`.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"late": [1.0, 0.0, 0.5, 0.0],
    ...     "group": ["a", "a", "b", "b"]}))
    >>> contrast_shares(moments(answers, "late", by="group")).value
    0.25
    """
    rows = found.table
    shares = rows["value"].clip(0.0, 1.0).to_numpy()
    bases = [_base(row, confidence, is_ratio) for _, row in rows.iterrows()]
    gap = shares[0] - shares[1]
    correlation = _correlation(found.covariance)
    z = critical_value(confidence)
    reach = _reach(shares, bases, correlation, z)
    opposite = _reach(shares[::-1], bases[::-1], correlation, z)
    marks = float(min(shares @ bases, (1 - shares) @ bases))
    return Estimate(
        value=gap,
        standard_error=math.sqrt(
            max(found.covariance.trace() - 2 * found.covariance[0, 1], 0.0)
        ),
        low=gap - reach,
        high=gap + opposite,
        base=int(rows["base"].min()),
        unit="share_difference",
        effective_base=min(bases),
        confidence=confidence,
        p_value=_p_value(shares, bases, correlation)
        if marks >= MINIMUM_MARKS
        else None,
    )


def _base(row: pd.Series, confidence: float, is_ratio: bool) -> float:
    """Effective base of a share; nought where one cluster is all there is."""
    if not row["degrees"] >= 1:
        return 0.0
    value = min(1.0, max(0.0, row["value"]))
    base = precision_base(value * (1 - value) if is_ratio else row["spread"], row)
    plain = critical_value(confidence, row["base"] - 1)
    narrowing = plain / critical_value(confidence, row["degrees"])
    return min(base, float(row["chances"])) * min(1.0, narrowing) ** 2


def _correlation(covariance: np.ndarray) -> float:
    variance = covariance[0, 0] * covariance[1, 1]
    if not variance > 0:
        return 0.0
    return float(np.clip(covariance[0, 1] / math.sqrt(variance), -1.0, 1.0))


def _reach(
    shares: np.ndarray, bases: Sequence[float], correlation: float, z: float
) -> float:
    """How far the first share less the second may lie below what was seen."""
    down = shares[0] - wilson_bounds(shares[0], bases[0], z)[0]
    up = wilson_bounds(shares[1], bases[1], z)[1] - shares[1]
    return math.sqrt(max(down**2 - 2 * correlation * down * up + up**2, 0.0))


def _p_value(shares: np.ndarray, bases: Sequence[float], correlation: float) -> float:
    if shares[0] < shares[1]:
        shares, bases = shares[::-1], bases[::-1]
    gap = shares[0] - shares[1]

    def left(z: float) -> float:
        return _reach(shares, bases, correlation, z) - gap

    if left(0.0) >= 0:
        return 1.0
    z = optimize.brentq(left, 0.0, FARTHEST) if left(FARTHEST) > 0 else FARTHEST
    return float(2 * stats.norm.sf(z))
