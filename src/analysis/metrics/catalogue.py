"""The metrics of the house, in the order of display. A new one takes a line here."""

from __future__ import annotations

from analysis.metrics.behaviour import (
    complaint_rate,
    return_rate,
    return_rate_orders,
    return_rate_units,
    return_rate_value,
)
from analysis.metrics.loyalty import (
    churn_rate,
    repeat_rate,
    retention,
    revenue_per_customer,
)
from analysis.metrics.scores import effort, mean_rating, net_promoter, top_box

ANSWERS = (net_promoter, top_box, mean_rating, effort)
CONDUCT = (
    return_rate,
    return_rate_orders,
    return_rate_units,
    return_rate_value,
    complaint_rate,
    repeat_rate,
    retention,
    churn_rate,
    revenue_per_customer,
)
HEADLINE = ("nps", "csat", "ces", "return_rate")
