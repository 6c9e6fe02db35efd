"""Notebook 02, how satisfied customers are and what changed.

In reading order:

- `metric`: what a metric is (`Metric`): a function that scores, and what follows
- `scores`: NPS, CSAT, CES and the groups of the NPS
- `rates`: the interval of a rate of rare events
- `trade`: the table of customers and what they did, period by period
- `windows`: which periods can be judged
- `behaviour`: what customers send back and complain about
- `loyalty`: whether customers buy again, stay, and what they spend
- `reasons`: why customers send things back
- `monthly`: behaviour by month, for charts that watch a process
- `signals`: visits, conversion, mentions and other daily series
- `catalogue`: the metrics of the house; a new one takes a line there
- `weighings`: a metric per person, per account and by what customers are worth
- `change`: a metric of one period against another
- `decomposition`, `waves`, `bridge`: what a change is made of
- `control_chart`: a series against its own limits
- `watch`: the monthly series that the page watches, and what is said of each
- `random_walk`, `attainment`, `goals`: where each metric stands against its goal
- `comparison`: our figures beside those that others have published
- `pooling`, `shrinkage`: products' figures, drawn towards one another
- `funnel`: products that stand out from how products ordinarily differ
- `scorecard`: one line per product
- `durability`: how long customers keep what they bought
"""

from analysis.metrics.attainment import goal_chance, goal_gap
from analysis.metrics.behaviour import (
    complaint_rate,
    return_rate,
    return_rate_orders,
    return_rate_units,
    return_rate_value,
)
from analysis.metrics.bridge import bridge, mix_contributions, within_contributions
from analysis.metrics.catalogue import ANSWERS, CONDUCT, headline
from analysis.metrics.change import (
    breaks,
    change,
    changes,
    changes_within,
    detectable_change,
    detectable_changes,
    reworded,
)
from analysis.metrics.comparison import Comparison, benchmark_gap, compare_outside
from analysis.metrics.control_chart import ControlChart, control_chart, control_limits
from analysis.metrics.durability import (
    kept,
    kept_by_day,
    kept_curves,
    kept_difference,
)
from analysis.metrics.funnel import (
    funnel_limits,
    ordinary_products,
    standing_out,
)
from analysis.metrics.goals import Goals, goal_histories, judge_goals
from analysis.metrics.loyalty import (
    churn_rate,
    repeat_rate,
    retention,
    revenue_per_customer,
)
from analysis.metrics.metric import Metric, metric, offered, values, values_by
from analysis.metrics.monthly import (
    monthly_complaints,
    monthly_lines,
    monthly_return_rate,
    monthly_revenue,
    whole_months,
)
from analysis.metrics.reasons import (
    reason_changes,
    reason_shares,
    reason_shares_within,
    returned,
)
from analysis.metrics.scorecard import (
    product_flags,
    product_rates,
    product_totals,
)
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
from analysis.metrics.shrinkage import (
    shrunken_means,
    shrunken_rates,
    spread_of_rates,
)
from analysis.metrics.signals import (
    SIGNALS,
    complete_months,
    conversion_months,
    daily,
    signal_months,
)
from analysis.metrics.trade import trade
from analysis.metrics.watch import (
    monthly_conduct,
    monthly_scores,
    monthly_signals,
    told,
)
from analysis.metrics.waves import segments_of
from analysis.metrics.weighings import WORTH, weighings, with_worth
from analysis.metrics.windows import closed_periods, is_whole

__all__ = [
    "ANSWERS",
    "CONDUCT",
    "GROUPS",
    "SIGNALS",
    "WORTH",
    "Comparison",
    "ControlChart",
    "Goals",
    "Metric",
    "benchmark_gap",
    "breaks",
    "bridge",
    "change",
    "changes",
    "changes_within",
    "churn_rate",
    "closed_periods",
    "compare_outside",
    "complaint_rate",
    "complete_months",
    "control_chart",
    "control_limits",
    "conversion_months",
    "daily",
    "detectable_change",
    "detectable_changes",
    "effort",
    "funnel_limits",
    "goal_chance",
    "goal_gap",
    "goal_histories",
    "headline",
    "is_whole",
    "judge_goals",
    "kept",
    "kept_by_day",
    "kept_curves",
    "kept_difference",
    "mean_rating",
    "metric",
    "mix_contributions",
    "monthly_complaints",
    "monthly_conduct",
    "monthly_lines",
    "monthly_return_rate",
    "monthly_revenue",
    "monthly_scores",
    "monthly_signals",
    "net_promoter",
    "offered",
    "ordinary_products",
    "product_flags",
    "product_rates",
    "product_totals",
    "promoter_points",
    "rated",
    "reading",
    "reason_changes",
    "reason_shares",
    "reason_shares_within",
    "repeat_rate",
    "retention",
    "return_rate",
    "return_rate_orders",
    "return_rate_units",
    "return_rate_value",
    "returned",
    "revenue_per_customer",
    "reworded",
    "score_group",
    "segments_of",
    "shrunken_means",
    "shrunken_rates",
    "signal_months",
    "spread_of_rates",
    "standing_out",
    "told",
    "top_box",
    "trade",
    "turned",
    "values",
    "values_by",
    "weighings",
    "whole_months",
    "with_worth",
    "within_contributions",
]
