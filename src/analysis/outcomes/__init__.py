"""Notebook 03, whether the metrics go with what customers buy, keep and send back.

In reading order:

- `pairs`: answers beside what the same customers, or buyers of a product, did
- `association`: correlations over people, products and months
- `likelihood`: curves of chances, counts and money, fitted to weighted answers
- `effects`: differences per point of a question, with their errors
- `afterwards`: returns, purchases, spend and leaving after an answer, or before it
- `dose`: returns by score, observed and expected
- `detectable`: the smallest difference that could have been seen
- `sensitivity`: how strong something unmeasured would have to be
- `worth`: what one point goes with in money
- `evidence`: grades of evidence, from what was run and passed
- `prediction`: whether the answers predict better than buying history
- `panels`: the same customers, or products, period by period
- `drivers`: which rated things go with an outcome, and how far that can be told
"""

from analysis.outcomes.afterwards import (
    churn_after,
    purchases_after,
    returns_after,
    spend_after,
)
from analysis.outcomes.association import (
    BEFORE,
    LATER,
    Reversals,
    corrected_correlation,
    corrected_correlations,
    correlation,
    correlation_of_products,
    correlations,
    correlations_of_products,
    known_pairs,
    lead_lag_verdict,
    lead_lags,
    months_side_by_side,
    partial_correlation,
    partial_correlations,
    partial_correlations_of_products,
    product_reliabilities,
    rated_by_buyers,
    reversals,
    with_choices,
    with_variances,
)
from analysis.outcomes.detectable import smallest_visible
from analysis.outcomes.dose import expected_returns, returns_by_score
from analysis.outcomes.drivers import (
    corrected_effects,
    driver_effects,
    driver_importance,
    driver_performance,
    driver_quadrants,
    explained_by_ratings,
    halo_check,
    importance_differences,
    rated,
    top_chances,
    within_effects,
    without_halo,
)
from analysis.outcomes.evidence import (
    Check,
    Evidence,
    grade,
    grade_each,
    placebo_check,
    tabulate_evidence,
)
from analysis.outcomes.pairs import (
    after_answers,
    left_afterwards,
    products_side_by_side,
)
from analysis.outcomes.panels import (
    customer_panel,
    lag_profile,
    lag_profiles,
    lag_total,
    panel_checks,
    product_panel,
    with_expectation,
)
from analysis.outcomes.prediction import (
    TARGETS,
    Forecast,
    buying_history,
    forecast,
    history_gains,
    prediction_gains,
    targets,
    tenth_found,
    tenth_gains,
)
from analysis.outcomes.sensitivity import (
    known_strength,
    robustness,
    robustness_value,
)
from analysis.outcomes.worth import worth_of_a_point

__all__ = [
    "BEFORE",
    "LATER",
    "TARGETS",
    "Check",
    "Evidence",
    "Forecast",
    "Reversals",
    "after_answers",
    "buying_history",
    "churn_after",
    "corrected_correlation",
    "corrected_correlations",
    "corrected_effects",
    "correlation",
    "correlation_of_products",
    "correlations",
    "correlations_of_products",
    "customer_panel",
    "driver_effects",
    "driver_importance",
    "driver_performance",
    "driver_quadrants",
    "expected_returns",
    "explained_by_ratings",
    "forecast",
    "grade",
    "grade_each",
    "halo_check",
    "history_gains",
    "importance_differences",
    "known_pairs",
    "known_strength",
    "lag_profile",
    "lag_profiles",
    "lag_total",
    "lead_lag_verdict",
    "lead_lags",
    "left_afterwards",
    "months_side_by_side",
    "panel_checks",
    "partial_correlation",
    "partial_correlations",
    "partial_correlations_of_products",
    "placebo_check",
    "prediction_gains",
    "product_panel",
    "product_reliabilities",
    "products_side_by_side",
    "purchases_after",
    "rated",
    "rated_by_buyers",
    "returns_after",
    "returns_by_score",
    "reversals",
    "robustness",
    "robustness_value",
    "smallest_visible",
    "spend_after",
    "tabulate_evidence",
    "targets",
    "tenth_found",
    "tenth_gains",
    "top_chances",
    "with_choices",
    "with_expectation",
    "with_variances",
    "within_effects",
    "without_halo",
    "worth_of_a_point",
]
