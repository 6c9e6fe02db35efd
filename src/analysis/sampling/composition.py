"""The population against its respondents, before and after weighting."""

from __future__ import annotations

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.survey import Sample, share


@statistic
def population_shares(
    population: pd.DataFrame, margins: list[str]
) -> dict[str, Estimate]:
    """Shares of the levels of each margin among all customers.

    Parameters
    ----------
    population : DataFrame
        One row per customer.
    margins : list of str
        Columns of `population`.

    Returns
    -------
    dict of str to Estimate
        Keys such as ``segment: new``; counted, so without error.

    Notes
    -----
    A customer without a value counts in the base and in no level.

    Examples
    --------
    >>> customers = pd.DataFrame({"segment": ["new", "old", "old", "old"]})
    >>> population_shares(customers, ["segment"])["segment: old"].value
    0.75
    """
    found = {}
    for margin in margins:
        parts = population[margin].astype("str").value_counts().sort_index()
        for level, count in parts.items():
            value = count / len(population)
            found[f"{margin}: {level}"] = Estimate(
                value=value,
                standard_error=0.0,
                low=value,
                high=value,
                base=len(population),
                unit="share",
            )
    return found


@statistic
def composition(sample: Sample, margins: list[str]) -> dict[str, Estimate]:
    """Shares of the levels of each margin among respondents.

    Parameters
    ----------
    sample : Sample
        Respondents of one wave; weighted or not, as the sample says.
    margins : list of str
        Columns of the sample's frame.

    Returns
    -------
    dict of str to Estimate
        Keys such as ``segment: new``, as `population_shares` gives them.

    Notes
    -----
    The difference to the population's share is what weighting has to mend. After
    raking the shares of the margins are equal to the population's.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"segment": ["new", "old", "old", "old"]}))
    >>> composition(answers, ["segment"])["segment: new"].value
    0.25
    """
    found: dict[str, Estimate] = {}
    for margin in margins:
        values = sample.frame[margin].astype("str")
        for level in sorted(values.dropna().unique()):
            marked = sample.with_columns(is_level=(values == level))
            one = share(marked, "is_level")
            assert isinstance(one, Estimate)
            found[f"{margin}: {level}"] = one
    return found
