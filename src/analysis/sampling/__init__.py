"""Notebook 01, who answered and do they speak for all customers.

In reading order:

- `population`: the customers that a wave speaks for
- `response`: who answered of those who were asked, and where others were lost
- `cells`: levels too small to stand alone
- `propensity`: the chance to answer, modelled on what is known of everyone
- `representativeness`: how far that chance differs (R-indicators)
- `weighting`: weights per wave
- `weight_report`: what they cost and whether they do what they should
- `composition`: the population against its respondents, in shares
- `balance`: the same in standard deviations
- `resistance`: early against late answers
- `sources`: which customers each source of feedback hears
- `silent`: what those who did not answer do in the shop
- `tipping`: how different the silent must be to overturn the headline
- `planning`: how many to ask next, and of whom
- `drawing`: the next sample
"""

from analysis.sampling.balance import standardised_differences
from analysis.sampling.composition import composition, population_shares
from analysis.sampling.drawing import Draw, draw_sample, resting
from analysis.sampling.planning import (
    allocation,
    answers_for_change,
    answers_for_margin,
    change_seen_with,
    invitations_for,
    nps_deviation,
    share_deviation,
)
from analysis.sampling.population import population_at
from analysis.sampling.propensity import Propensities, response_propensities
from analysis.sampling.representativeness import (
    partial_indicators,
    partial_levels,
    r_indicator,
)
from analysis.sampling.resistance import late_minus_early, with_speed
from analysis.sampling.response import approached, response_funnel, response_rate
from analysis.sampling.silent import (
    shop_behaviour,
    shop_gaps,
    shop_record,
    shop_remainders,
    with_shop,
)
from analysis.sampling.sources import known_authors, source_reach
from analysis.sampling.tipping import (
    is_possible,
    target_of,
    tipping_curve,
    tipping_gaps,
)
from analysis.sampling.weight_report import (
    describe_weights,
    design_effect,
    effective_respondents,
    heaviest,
    largest_weight,
    margins_missed,
    weighting_efficiency,
    weighting_warning,
)
from analysis.sampling.weighting import Weighting, weigh

__all__ = [
    "Draw",
    "Propensities",
    "Weighting",
    "allocation",
    "answers_for_change",
    "answers_for_margin",
    "approached",
    "change_seen_with",
    "composition",
    "describe_weights",
    "design_effect",
    "draw_sample",
    "effective_respondents",
    "heaviest",
    "invitations_for",
    "is_possible",
    "known_authors",
    "largest_weight",
    "late_minus_early",
    "margins_missed",
    "nps_deviation",
    "partial_indicators",
    "partial_levels",
    "population_at",
    "population_shares",
    "r_indicator",
    "response_funnel",
    "response_propensities",
    "response_rate",
    "resting",
    "share_deviation",
    "shop_behaviour",
    "shop_gaps",
    "shop_record",
    "shop_remainders",
    "source_reach",
    "standardised_differences",
    "target_of",
    "tipping_curve",
    "tipping_gaps",
    "weigh",
    "weighting_efficiency",
    "weighting_warning",
    "with_shop",
    "with_speed",
]
