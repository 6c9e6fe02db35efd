"""Notebook 02, how satisfied customers are and what changed.

In reading order:

- `scores`: NPS, CSAT, CES and the groups of the NPS
- `behaviour`: what customers send back
- `change`: a metric of one period against another
"""

from analysis.metrics.behaviour import return_rate, trade
from analysis.metrics.change import (
    change,
    changes,
    detectable_change,
    detectable_changes,
)
from analysis.metrics.scores import (
    GROUPS,
    effort,
    net_promoter,
    score_group,
    top_box,
)

__all__ = [
    "GROUPS",
    "change",
    "changes",
    "detectable_change",
    "detectable_changes",
    "effort",
    "net_promoter",
    "return_rate",
    "score_group",
    "top_box",
    "trade",
]
