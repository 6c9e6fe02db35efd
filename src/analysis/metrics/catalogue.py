"""The metrics of the house, in the order of display. A new one takes a line here."""

from __future__ import annotations

from collections.abc import Iterable

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
HEADLINE = ("nps", "csat", "return_rate", "churn_rate", "ces", "retention")
CARDS = 4


def headline(names: Iterable[str]) -> list[str]:
    """Return the metrics that stand large on the first screen, four at most.

    Parameters
    ----------
    names : iterable of str
        Metrics that the study has.

    Returns
    -------
    list of str
        Two of what customers say and two of what they do, where there are any.

    Examples
    --------
    >>> headline(["nps", "csat", "ces", "return_rate", "churn_rate"])
    ['nps', 'csat', 'return_rate', 'churn_rate']
    >>> headline(["nps", "csat", "csat_mean", "ces"])
    ['nps', 'csat', 'ces']
    """
    there = set(names)
    return [name for name in HEADLINE if name in there][:CARDS]
