"""How respondents were drawn and weighted, and estimates that know it.

The only folder that sees svy and polars. In reading order:

- `sample`: answers with weights, clusters and margins (`Sample`)
- `respondents`: a study's answers as a sample
- `design`: a sample in the terms of svy
- `moments`: values per level with their covariance
- `estimates`: means, ratios, totals and design effects
- `shares`: shares, whose intervals stay between 0 and 1
- `quantiles`: medians and other quantiles
- `contrasts`: one level or wave against another
- `share_contrasts`: the same for shares
- `models`: linear and logistic regression
- `margins`: what weights are adjusted to, checked
- `raking`: raking and post-stratification
- `calibration`: weights that reproduce totals as well
- `adjustment`: a sample adjusted to the population, with the record of how
- `readjust`: the weighting repeated in replicates
- `resampling`: jackknife and bootstrap replicates
- `replication`: the error of any statistic from replicates
"""

from analysis.kinds import main_kind, of_kind
from analysis.survey.adjustment import adjust
from analysis.survey.calibration import calibrate
from analysis.survey.contrasts import difference
from analysis.survey.estimates import (
    Result,
    design_effect,
    mean,
    precision_base,
    ratio,
    total,
)
from analysis.survey.models import regression
from analysis.survey.moments import Moments, moments
from analysis.survey.quantiles import quantile
from analysis.survey.raking import poststratify, rake
from analysis.survey.replication import replicate_estimate
from analysis.survey.resampling import Replicates, replicates
from analysis.survey.respondents import CELL, respondents
from analysis.survey.sample import Sample
from analysis.survey.share_contrasts import share_difference
from analysis.survey.shares import share

__all__ = [
    "CELL",
    "Moments",
    "Replicates",
    "Result",
    "Sample",
    "adjust",
    "calibrate",
    "design_effect",
    "difference",
    "main_kind",
    "mean",
    "moments",
    "of_kind",
    "poststratify",
    "precision_base",
    "quantile",
    "rake",
    "ratio",
    "regression",
    "replicate_estimate",
    "replicates",
    "respondents",
    "share",
    "share_difference",
    "total",
]
