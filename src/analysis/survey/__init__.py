"""How respondents were drawn and weighted, and estimates that know it.

The only folder that sees svy and polars. In reading order:

- `sample`: answers with weights, clusters and margins (`Sample`), and their moments
- `estimates`: means, shares and differences with honest intervals
- `weights`: raking to the population's margins
- `respondents`: a study's answers as a sample
"""

from analysis.survey.estimates import Result, difference, mean, precision_base, share
from analysis.survey.respondents import CELL, respondents
from analysis.survey.sample import Moments, Sample, moments
from analysis.survey.weights import rake

__all__ = [
    "CELL",
    "Moments",
    "Result",
    "Sample",
    "difference",
    "mean",
    "moments",
    "precision_base",
    "rake",
    "respondents",
    "share",
]
