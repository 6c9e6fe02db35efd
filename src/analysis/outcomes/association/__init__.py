"""Whether metrics and behaviour go together: people, products and months.

In reading order:

- `coefficients`: weighted Pearson, Spearman and Kendall, of many weightings at once
- `fisher`: intervals of correlations
- `pairing`: which answers can be set beside which behaviour
- `people`: answers and what the same customers did later
- `partial`: the same among customers who are alike in what is stated
- `reversal`: the same within groups, and what became of it
- `products`: products' ratings beside their sales and returns
"""

from analysis.outcomes.association.partial import (
    partial_correlation,
    partial_correlations,
)
from analysis.outcomes.association.people import (
    correlation,
    correlations,
    rank_correlation,
    rank_correlations,
    with_choices,
)
from analysis.outcomes.association.products import (
    correlation_of_products,
    correlations_of_products,
    product_correlations,
    rank_correlation_of_products,
)
from analysis.outcomes.association.reversal import Reversals, reversals

__all__ = [
    "Reversals",
    "correlation",
    "correlation_of_products",
    "correlations",
    "correlations_of_products",
    "partial_correlation",
    "partial_correlations",
    "product_correlations",
    "rank_correlation",
    "rank_correlation_of_products",
    "rank_correlations",
    "reversals",
    "with_choices",
]
