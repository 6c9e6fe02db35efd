"""Respondents against all customers, attribute by attribute, on one scale."""

from __future__ import annotations

import math
from typing import cast

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.sampling.cells import labels
from analysis.survey import Sample, mean

Balance = dict[str, dict[str, Estimate]]


@statistic
def standardised_differences(
    sample: Sample, population: pd.DataFrame, attributes: list[str]
) -> Balance:
    r"""How far respondents differ from all customers, in standard deviations.

    Parameters
    ----------
    sample : Sample
        Respondents of one wave; weighted or not, as the sample says.
    population : DataFrame
        All customers of the period.
    attributes : list of str
        Columns of both. Numbers and dates are compared by their mean, all others
        level by level.

    Returns
    -------
    dict of attribute to dict of level to Estimate
        Unit `score_difference`. The level of a number or date is ``mean``.

    Notes
    -----
    :math:`(\bar x_{resp} - \bar X) / S_X` with the mean and standard deviation of
    all customers; for a level, of its indicator. Under 0.1 counts as balanced [1]_.
    Unlike a test it does not grow with the number of answers.

    References
    ----------
    .. [1] Austin, P. C. (2009). Balance diagnostics for comparing the distribution
       of baseline covariates. Statistics in Medicine 28(25), 3083-3107.

    Examples
    --------
    >>> everyone = pd.DataFrame({"segment": ["new", "old"] * 50})
    >>> answers = Sample(pd.DataFrame({"segment": ["new", "old", "old", "old"]}))
    >>> found = standardised_differences(answers, everyone, ["segment"])
    >>> found["segment"]["old"].value
    0.5
    """
    return {
        name: {
            level: _difference(sample, sample_values, everyone)
            for level, sample_values, everyone in _columns(sample, population, name)
        }
        for name in attributes
    }


def _columns(
    sample: Sample, population: pd.DataFrame, name: str
) -> list[tuple[str, pd.Series, pd.Series]]:
    """The numbers of an attribute, or one indicator per level."""
    own, everyone = sample.frame[name], population[name]
    if pd.api.types.is_datetime64_any_dtype(everyone):
        start = everyone.min()
        days = pd.Timedelta(days=1)
        return [("mean", (own - start) / days, (everyone - start) / days)]
    is_number = pd.api.types.is_numeric_dtype(everyone)
    if is_number and not pd.api.types.is_bool_dtype(everyone):
        return [("mean", own.astype(float), everyone.astype(float))]
    # Who is not in the customer table has no level, not even an unknown one.
    own, everyone = own.astype("str"), labels(everyone)
    return [
        (level, (own == level).astype(float).where(own.notna()), everyone == level)
        for level in sorted(set(everyone))
    ]


def _difference(sample: Sample, values: pd.Series, everyone: pd.Series) -> Estimate:
    centre, spread = float(everyone.mean()), float(everyone.astype(float).std(ddof=0))
    found = cast(Estimate, mean(sample.with_columns(_value=values), "_value"))

    def standardised(value: float) -> float:
        return (value - centre) / spread if spread > 0 else math.nan

    return Estimate(
        value=standardised(found.value),
        standard_error=found.standard_error / spread if spread > 0 else math.nan,
        low=standardised(found.low),
        high=standardised(found.high),
        base=found.base,
        effective_base=found.effective_base,
        unit="score_difference",
        confidence=found.confidence,
    )
