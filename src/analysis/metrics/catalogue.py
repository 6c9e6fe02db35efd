"""The metrics of the house, in the order of display. A new one takes a line here."""

from __future__ import annotations

from analysis.metrics.behaviour import return_rate
from analysis.metrics.scores import effort, mean_rating, net_promoter, top_box

ANSWERS = (net_promoter, top_box, mean_rating, effort)
CONDUCT = (return_rate,)
HEADLINE = ("nps", "csat", "ces", "return_rate")
