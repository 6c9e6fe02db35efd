"""Notebook 03, whether the metrics go with what customers buy, keep and send back.

In reading order:

- `pairs`: answers beside what the same customers, or buyers of a product, did
- `association`: rank correlations with intervals
- `evidence`: grades of evidence, from what was run and passed
"""

from analysis.outcomes.association import (
    product_correlations,
    rank_correlation,
    rank_correlation_of_products,
    rank_correlations,
)
from analysis.outcomes.evidence import Check, Evidence, grade, placebo_check
from analysis.outcomes.pairs import after_answers, products_side_by_side

__all__ = [
    "Check",
    "Evidence",
    "after_answers",
    "grade",
    "placebo_check",
    "product_correlations",
    "products_side_by_side",
    "rank_correlation",
    "rank_correlation_of_products",
    "rank_correlations",
]
