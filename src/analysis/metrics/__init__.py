"""Notebook 02, how satisfied customers are and what changed.

In reading order:

- `scores`: NPS, CSAT, CES and the groups of the NPS
- `behaviour`: what customers send back
- `change`: a metric of one period against another
"""

from analysis.metrics.behaviour import closed_periods, is_whole, return_rate, trade
from analysis.metrics.change import (
    breaks,
    change,
    changes,
    detectable_change,
    detectable_changes,
    reworded,
)
from analysis.metrics.scores import (
    GROUPS,
    effort,
    net_promoter,
    promoter_points,
    score_group,
    top_box,
)

__all__ = [
    "GROUPS",
    "breaks",
    "change",
    "changes",
    "closed_periods",
    "detectable_change",
    "detectable_changes",
    "effort",
    "is_whole",
    "net_promoter",
    "promoter_points",
    "return_rate",
    "reworded",
    "score_group",
    "top_box",
    "trade",
]
