"""Whether metrics and behaviour go together: people, products and months.

In reading order:

- `coefficients`: weighted Pearson, Spearman and Kendall, of many weightings at once
- `fisher`: intervals of correlations
- `pairing`: which answers can be set beside which behaviour
- `people`: answers and what the same customers did later
- `partial`: the same among customers who are alike in what is stated
- `reversal`: the same within groups, and what became of it
- `products`: products' ratings beside their sales and returns
- `reliability`: the same, corrected for what chance does to small bases
- `months`: scores of months beside outcomes of months before and after
"""

from analysis.outcomes.association.months import (
    lead_lag_verdict,
    lead_lags,
    months_side_by_side,
)
from analysis.outcomes.association.pairing import BEFORE, LATER, known_pairs
from analysis.outcomes.association.partial import (
    partial_correlation,
    partial_correlations,
)
from analysis.outcomes.association.people import (
    correlation,
    correlations,
    with_choices,
)
from analysis.outcomes.association.products import (
    correlation_of_products,
    correlations_of_products,
    partial_correlations_of_products,
)
from analysis.outcomes.association.reliability import (
    corrected_correlation,
    corrected_correlations,
    product_reliabilities,
    rated_by_buyers,
    with_variances,
)
from analysis.outcomes.association.reversal import Reversals, reversals

__all__ = [
    "BEFORE",
    "LATER",
    "Reversals",
    "corrected_correlation",
    "corrected_correlations",
    "correlation",
    "correlation_of_products",
    "correlations",
    "correlations_of_products",
    "known_pairs",
    "lead_lag_verdict",
    "lead_lags",
    "months_side_by_side",
    "partial_correlation",
    "partial_correlations",
    "partial_correlations_of_products",
    "product_reliabilities",
    "rated_by_buyers",
    "reversals",
    "with_choices",
    "with_variances",
]
