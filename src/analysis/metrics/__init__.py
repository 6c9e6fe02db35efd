"""Notebook 02, how satisfied customers are and what changed.

In reading order:

- `metric`: what a metric is (`Metric`): a function that scores, and what follows
- `scores`: NPS, CSAT, CES and the groups of the NPS
- `behaviour`: what customers send back
- `catalogue`: the metrics of the house; a new one takes a line there
- `weighings`: a metric per person, per account and by what customers are worth
- `change`: a metric of one period against another
"""

from analysis.metrics.behaviour import closed_periods, is_whole, return_rate, trade
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
from analysis.metrics.weighings import WORTH, weighings, with_worth

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
    "closed_periods",
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
    "return_rate",
    "reworded",
    "score_group",
    "top_box",
    "trade",
    "turned",
    "values",
    "weighings",
    "with_worth",
]
