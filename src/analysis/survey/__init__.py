"""How respondents were drawn and weighted, and estimates that know it.

The only folder that sees svy and polars. In reading order:

- `sample`: answers with weights, clusters and margins (`Sample`), and their moments
- `estimates`: means, shares and differences with honest intervals
- `weights`: raking to the population's margins
"""

from analysis.survey.estimates import Result, difference, mean, precision_base, share
from analysis.survey.sample import Moments, Sample, moments
from analysis.survey.weights import rake

__all__ = [
    "Moments",
    "Result",
    "Sample",
    "difference",
    "mean",
    "moments",
    "precision_base",
    "rake",
    "share",
]
