"""Notebook 01, who answered and do they speak for all customers.

In reading order:

- `population`: the customers that a wave speaks for
- `response`: who answered of those who were asked
- `weighting`: weights per wave, and what they cost
- `composition`: the population against its respondents
"""

from analysis.sampling.composition import composition, population_shares
from analysis.sampling.population import population_at
from analysis.sampling.response import response_rate
from analysis.sampling.weighting import (
    Weighting,
    describe_weights,
    design_effect,
    effective_respondents,
    largest_weight,
    weigh,
)

__all__ = [
    "Weighting",
    "composition",
    "describe_weights",
    "design_effect",
    "effective_respondents",
    "largest_weight",
    "population_at",
    "population_shares",
    "response_rate",
    "weigh",
]
