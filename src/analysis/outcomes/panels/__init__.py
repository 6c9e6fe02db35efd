"""Panels: the same customers, or products, period by period.

In reading order:

- `frames`: who bought, sold and came back when, gaps handled, answers beside it
- `design`: the rows of a regression, and what to refuse
- `errors`: what is known of a coefficient when rows of a unit hang together
- `fit`: regressions with unit and period effects
- `lags`: what goes with an answer before, with and after it
- `controls`: what an answer cannot have touched
- `expectation`: ratings against the product's own mean so far
"""

from analysis.outcomes.panels.controls import panel_checks
from analysis.outcomes.panels.expectation import with_expectation
from analysis.outcomes.panels.frames import Panel, customer_panel, product_panel
from analysis.outcomes.panels.lags import lag_profile, lag_profiles, lag_total

__all__ = [
    "Panel",
    "customer_panel",
    "lag_profile",
    "lag_profiles",
    "lag_total",
    "panel_checks",
    "product_panel",
    "with_expectation",
]
