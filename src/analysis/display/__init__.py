"""
How figures look.

Reading order: `formats` (numbers as words, the only rounding), `palette`
(colours and theme), `show` (a figure in a notebook), `tables`, `headline`, then
the charts: `canvas` (what they share), `intervals`, `trends`, `distributions`,
`nonresponse`, `value`, `products`, `scorecards`, `change`, `standing`, `coding`,
`journey`, `effects`, `lags`,
`drivers`, `lead_lag`.
"""

from analysis.display.change import draw_bridge
from analysis.display.coding import draw_lifts, draw_saturation
from analysis.display.control import draw_control_chart, draw_control_charts
from analysis.display.distributions import (
    draw_scale_distribution,
    draw_score_groups,
    draw_weights,
)
from analysis.display.drivers import draw_drivers, draw_importance_performance
from analysis.display.effects import draw_before_after, draw_dose
from analysis.display.formats import (
    anchor,
    format_interval,
    format_p,
    format_value,
)
from analysis.display.headline import headline
from analysis.display.intervals import (
    draw_agreement,
    draw_difference,
    draw_intervals,
    draw_shares_compared,
)
from analysis.display.journey import draw_journey
from analysis.display.lags import draw_lags
from analysis.display.lead_lag import add_words, draw_lead_lag
from analysis.display.names import name_level
from analysis.display.nonresponse import draw_balance, draw_tipping
from analysis.display.palette import setup
from analysis.display.products import draw_funnel, draw_kept, draw_shrinkage
from analysis.display.scorecards import tabulate_scorecard
from analysis.display.show import describe, excused, note, say, show
from analysis.display.standing import (
    describe_benchmarks,
    describe_goals,
    draw_benchmarks,
    draw_goals,
)
from analysis.display.tables import (
    Table,
    name_groups,
    tabulate,
    tabulate_beside,
    tabulate_figures,
)
from analysis.display.trends import draw_trend
from analysis.display.value import draw_alive, draw_holdout

__all__ = [
    "Table",
    "add_words",
    "anchor",
    "describe",
    "describe_benchmarks",
    "describe_goals",
    "draw_agreement",
    "draw_alive",
    "draw_balance",
    "draw_before_after",
    "draw_benchmarks",
    "draw_bridge",
    "draw_control_chart",
    "draw_control_charts",
    "draw_difference",
    "draw_dose",
    "draw_drivers",
    "draw_funnel",
    "draw_goals",
    "draw_holdout",
    "draw_importance_performance",
    "draw_intervals",
    "draw_journey",
    "draw_kept",
    "draw_lags",
    "draw_lead_lag",
    "draw_lifts",
    "draw_saturation",
    "draw_scale_distribution",
    "draw_score_groups",
    "draw_shares_compared",
    "draw_shrinkage",
    "draw_tipping",
    "draw_trend",
    "draw_weights",
    "excused",
    "format_interval",
    "format_p",
    "format_value",
    "headline",
    "name_groups",
    "name_level",
    "note",
    "say",
    "setup",
    "show",
    "tabulate",
    "tabulate_beside",
    "tabulate_figures",
    "tabulate_scorecard",
]
