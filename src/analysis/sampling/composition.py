"""The population against its respondents, before and after weighting."""

from __future__ import annotations

import dataclasses

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.survey import Sample, share

Profile = dict[str, dict[str, Estimate]]


@statistic
def population_shares(population: pd.DataFrame, margins: list[str]) -> Profile:
    """Shares of the levels of each margin among all customers.

    Parameters
    ----------
    population : DataFrame
        One row per customer.
    margins : list of str
        Columns of `population`.

    Returns
    -------
    dict of column to dict of level to Estimate
        Unit `share`; counted, so without error.

    Notes
    -----
    A customer without a value counts in the base and in no level.

    Examples
    --------
    >>> customers = pd.DataFrame({"segment": ["new", "old", "old", "old"]})
    >>> population_shares(customers, ["segment"])["segment"]["old"].value
    0.75
    """
    found: Profile = {}
    for margin in margins:
        parts = population[margin].astype("str").value_counts().sort_index()
        found[margin] = {
            str(level): _counted(int(count), len(population))
            for level, count in parts.items()
        }
    return found


def _counted(count: int, total: int) -> Estimate:
    value = count / total
    return Estimate(
        value=value,
        standard_error=0.0,
        low=value,
        high=value,
        base=count,
        effective_base=total,
        unit="share",
    )


@statistic
def composition(
    sample: Sample, margins: list[str], *, among: Profile | None = None
) -> Profile:
    """Shares of the levels of each margin among respondents.

    Parameters
    ----------
    sample : Sample
        Respondents of one wave; weighted or not, as the sample says.
    margins : list of str
        Columns of the sample's frame.
    among : dict of column to dict of level, optional
        The population's levels: these are returned, also where nobody answered, and
        no others.

    Returns
    -------
    dict of column to dict of level to Estimate
        Unit `share`; the base counts the level's respondents.

    Notes
    -----
    The difference to the population's share is what weighting has to mend. After
    raking the shares of the margins are equal to the population's.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"segment": ["new", "old", "old", "old"]}))
    >>> composition(answers, ["segment"])["segment"]["new"].value
    0.25
    """
    return {
        margin: _levels(sample, margin, list(among[margin]) if among else None)
        for margin in margins
    }


def _levels(
    sample: Sample, margin: str, levels: list[str] | None
) -> dict[str, Estimate]:
    values = sample.frame[margin].astype("str")
    counts = values.value_counts().sort_index()
    found = {}
    for level in levels if levels is not None else counts.index:
        one = share(sample.with_columns(is_level=(values == level)), "is_level")
        assert isinstance(one, Estimate)  # without `by` there is one
        found[str(level)] = dataclasses.replace(one, base=int(counts.get(level, 0)))
    return found
