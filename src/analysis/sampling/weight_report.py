"""What weights cost, and whether they do what they should."""

from __future__ import annotations

import math

import pandas as pd

from analysis.estimate import Estimate, effective_base, statistic
from analysis.sampling.weighting import Weighting

LOWEST_EFFICIENCY = 0.4


@statistic
def design_effect(weights: pd.Series) -> Estimate:
    r"""Loss of precision by unequal weights.

    Parameters
    ----------
    weights : Series of float
        Positive weights of one wave.

    Returns
    -------
    Estimate
        Unit `ratio`, 1 or more; a property of the weights, without error.

    Notes
    -----
    Kish's :math:`n \sum w^2 / (\sum w)^2` [1]_: variances are so many times those
    of equal weights, if the answers have nothing to do with the weights. It ignores
    what raking gains, which the intervals in this report do count.

    References
    ----------
    .. [1] Kish, L. (1992). Weighting for unequal Pi. Journal of Official
       Statistics 8(2), 183-200.

    Examples
    --------
    >>> design_effect(pd.Series([1.0, 1.0, 2.0])).value
    1.125
    """
    value = len(weights) / effective_base(weights.to_numpy())
    return _exact(value, len(weights), "ratio")


@statistic
def effective_respondents(weights: pd.Series) -> Estimate:
    """Size of an equally weighted sample that would be as precise.

    Parameters
    ----------
    weights : Series of float
        Positive weights of one wave.

    Returns
    -------
    Estimate
        Unit `count`.

    Notes
    -----
    Kish's effective base; see `design_effect`.

    References
    ----------
    .. [1] Kish, L. (1992). Weighting for unequal Pi. Journal of Official
       Statistics 8(2), 183-200.

    Examples
    --------
    >>> round(effective_respondents(pd.Series([1.0, 1.0, 2.0])).value, 2)
    2.67
    """
    return _exact(effective_base(weights.to_numpy()), len(weights), "count")


@statistic
def largest_weight(weights: pd.Series) -> Estimate:
    """Largest weight, as a multiple of the mean.

    Notes
    -----
    The trimming limit of the study bounds it. One answer with a weight of five
    speaks for five average ones.

    Examples
    --------
    >>> largest_weight(pd.Series([1.0, 1.0, 4.0])).value
    2.0
    """
    return _exact(float(weights.max() / weights.mean()), len(weights), "ratio")


@statistic
def weighting_efficiency(weights: pd.Series) -> Estimate:
    """Effective answers over answers.

    Parameters
    ----------
    weights : Series of float
        Positive weights of one wave.

    Returns
    -------
    Estimate
        Unit `share`: one over the design effect.

    Notes
    -----
    See `design_effect`. Under 40 % the weights ask too much of too few answers;
    `weighting_warning` says so.

    Examples
    --------
    >>> round(weighting_efficiency(pd.Series([1.0, 1.0, 2.0])).value, 3)
    0.889
    """
    return _exact(_efficiency(weights), len(weights), "share")


def weighting_warning(weights: pd.Series) -> str:
    """Say when weights waste most of the answers; empty if they do not.

    Examples
    --------
    >>> weighting_warning(pd.Series([1.0, 1.0, 2.0]))
    ''
    >>> weighting_warning(pd.Series([1.0] * 9 + [30.0]))[:31]
    'The weights leave too little of'
    """
    if _efficiency(weights) >= LOWEST_EFFICIENCY:
        return ""
    return (
        "The weights leave too little of the answers: their efficiency is under "
        f"{LOWEST_EFFICIENCY:.0%}. Take fewer margins, put levels together, or lower "
        "the trimming limit of the study file, and read every figure with care."
    )


def heaviest(weights: pd.Series, count: int = 5) -> pd.DataFrame:
    """List the largest weights and the part of the whole that each carries.

    Parameters
    ----------
    weights : Series of float
        Positive weights of one wave.
    count : int
        How many different weights to list.

    Returns
    -------
    DataFrame
        weight (over the mean), answers with that weight, share of the whole.

    Examples
    --------
    >>> heaviest(pd.Series([1.0, 1.0, 2.0]), count=1).iloc[0].tolist()
    [1.5, 1.0, 0.5]
    """
    relative = (weights / weights.mean()).rename("weight")
    kept = relative.round(9).value_counts().sort_index(ascending=False).head(count)
    found = kept.rename("answers").reset_index()
    return found.assign(share=found["weight"] * found["answers"] / len(weights))


def margins_missed(weighting: Weighting, period: str) -> str:
    """Say how far trimmed weights stay from the margins, in words.

    Examples
    --------
    >>> frame = pd.DataFrame({"period": ["2026Q3"], "margin": ["region"],
    ...     "level": ["island"], "wanted": [0.10], "reached": [0.06]})
    >>> print(margins_missed(Weighting(frame, frame, frame), "2026Q3"))
    The limit on weights keeps island (region) at 6.0 % of the weighted answers, where
    10.0 % of the customers are.
    """
    rows = weighting.missed[weighting.missed["period"] == period]
    if rows.empty:
        return "Every margin is reached."
    gap = rows["wanted"] - rows["reached"]
    worst = rows.iloc[int(gap.to_numpy().argmax())]
    more = f" {len(rows)} levels miss their share." if len(rows) > 1 else ""
    return (
        f"The limit on weights keeps {worst['level']} ({worst['margin']}) at "
        f"{worst['reached']:.1%} of the weighted answers, where "
        f"{worst['wanted']:.1%} of the customers are."
    ).replace("%", " %") + more


def _efficiency(weights: pd.Series) -> float:
    return effective_base(weights.to_numpy()) / len(weights)


def _exact(value: float, base: int, unit: str) -> Estimate:
    value = value if math.isfinite(value) else math.nan
    return Estimate(
        value=value, standard_error=0.0, low=value, high=value, base=base, unit=unit
    )


def describe_weights(weights: pd.Series) -> str:
    """Say in words how weights are spread, for those who cannot see the chart.

    Examples
    --------
    >>> describe_weights(pd.Series([0.5, 1.0, 1.5]))
    'Weights of 3 answers run from 0.50 to 1.50; half lie between 0.75 and 1.25.'
    """
    low, lower, upper, high = weights.quantile([0, 0.25, 0.75, 1])
    return (
        f"Weights of {len(weights):,} answers run from {low:.2f} to {high:.2f}; "
        f"half lie between {lower:.2f} and {upper:.2f}."
    )
