"""Notebook 02, how satisfied customers are and what changed.

In reading order:

- `metric`: what a metric is (`Metric`): a function that scores, and what follows
- `scores`: NPS, CSAT, CES and the groups of the NPS
- `rates`: the interval of a rate of rare events
- `trade`: the table of customers and what they did, period by period
- `windows`: which periods can be judged
- `behaviour`: what customers send back and complain about
- `loyalty`: whether customers buy again, stay, and what they spend
- `catalogue`: the metrics of the house; a new one takes a line there
- `weighings`: a metric per person, per account and by what customers are worth
- `change`: a metric of one period against another
"""

from analysis.metrics.behaviour import (
    complaint_rate,
    return_rate,
    return_rate_orders,
    return_rate_units,
    return_rate_value,
)
from analysis.metrics.catalogue import ANSWERS, CONDUCT, HEADLINE
from analysis.metrics.change import (
    breaks,
    change,
    changes,
    changes_within,
    detectable_change,
    detectable_changes,
    reworded,
)
from analysis.metrics.loyalty import (
    churn_rate,
    repeat_rate,
    retention,
    revenue_per_customer,
)
from analysis.metrics.metric import Metric, metric, offered, values
from analysis.metrics.scores import (
    GROUPS,
    effort,
    mean_rating,
    net_promoter,
    promoter_points,
    rated,
    reading,
    score_group,
    top_box,
    turned,
)
from analysis.metrics.trade import trade
from analysis.metrics.weighings import WORTH, weighings, with_worth
from analysis.metrics.windows import closed_periods, is_whole

__all__ = [
    "ANSWERS",
    "CONDUCT",
    "GROUPS",
    "HEADLINE",
    "WORTH",
    "Metric",
    "breaks",
    "change",
    "changes",
    "changes_within",
    "churn_rate",
    "closed_periods",
    "complaint_rate",
    "detectable_change",
    "detectable_changes",
    "effort",
    "is_whole",
    "mean_rating",
    "metric",
    "net_promoter",
    "offered",
    "promoter_points",
    "rated",
    "reading",
    "repeat_rate",
    "retention",
    "return_rate",
    "return_rate_orders",
    "return_rate_units",
    "return_rate_value",
    "revenue_per_customer",
    "reworded",
    "score_group",
    "top_box",
    "trade",
    "turned",
    "values",
    "weighings",
    "with_worth",
]
