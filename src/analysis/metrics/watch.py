"""The monthly series that the page watches, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.estimate import Estimate
from analysis.metrics.control_chart import ControlChart
from analysis.metrics.metric import Metric, values_by
from analysis.metrics.monthly import (
    monthly_complaints,
    monthly_return_rate,
    monthly_revenue,
)
from analysis.metrics.signals import SIGNALS, conversion_months, daily, signal_months
from analysis.survey import Sample

WATCHED = ("visits", "active_users", "mentions")
Series = dict[str, dict[str, Estimate]]


def monthly_conduct(
    months: pd.DataFrame, *, complaints: pd.DataFrame | None = None
) -> Series:
    """Return what customers did, month by month.

    Parameters
    ----------
    months : DataFrame
        Made by `analysis.metrics.monthly.whole_months`.
    complaints : DataFrame, optional
        Documents with source and occurred_on.

    Returns
    -------
    dict of name to dict of month to Estimate
        Series that have a value.

    Examples
    --------
    >>> months = pd.DataFrame({"lines": [50], "revenue": [900.0]}, index=["2026-07"])
    >>> list(monthly_conduct(months))
    ['revenue by month']
    """
    found: Series = {}
    if "returned_closed_lines" in months:
        found["return rate by month"] = monthly_return_rate(months)
    if complaints is not None:
        found["complaints by month"] = monthly_complaints(months, complaints)
    found["revenue by month"] = monthly_revenue(months)
    return {name: series for name, series in found.items() if series}


def monthly_signals(signal_days: pd.DataFrame) -> Series:
    """Return conversion, visits, usage and mentions, month by month.

    Parameters
    ----------
    signal_days : DataFrame
        One row per signal and day.

    Returns
    -------
    dict of name to dict of month to Estimate
        Complete months only.

    Examples
    --------
    >>> days = pd.date_range("2026-07-01", "2026-07-31")
    >>> list(monthly_signals(
    ...     pd.DataFrame({"signal": "visits", "date": days, "value": 9.0})))
    ['visits a day']
    """
    days = daily(signal_days)
    found: Series = {}
    if days.known(["visits", "conversions"]) == ["visits", "conversions"]:
        found["conversion"] = conversion_months(days)
    for signal in days.known(WATCHED):
        found[SIGNALS[signal].lower()] = signal_months(days, signal)
    return {name: series for name, series in found.items() if series}


def monthly_scores(sample: Sample, metrics: Iterable[Metric]) -> Series:
    """Return scores month by month, of a survey that is in the field all the time.

    Parameters
    ----------
    sample : Sample
        Answers with responded_on.
    metrics : iterable of Metric
        As `analysis.metrics.metric.offered` returns them.

    Returns
    -------
    dict of label to dict of month to Estimate
        Months of the answers.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = pd.DataFrame({"recommend": [9.0, 3.0],
    ...     "responded_on": pd.to_datetime(["2026-07-03", "2026-08-04"])})
    >>> list(monthly_scores(Sample(answers), [net_promoter])["Promoter score (NPS)"])
    ['2026-07', '2026-08']
    """
    month = sample.frame["responded_on"].dt.strftime("%Y-%m")
    found = values_by(sample.with_columns(month=month), list(metrics), by="month")
    return {one.label: found[one.name] for one in metrics if one.name in found}


def told(chart: ControlChart) -> str:
    """Say in a sentence what a chart shows of the months that are judged.

    Parameters
    ----------
    chart : ControlChart
        Made by `analysis.metrics.control_chart.control_chart`.

    Returns
    -------
    str
        Months and rules, without figures.

    Examples
    --------
    >>> from analysis.estimate import count
    >>> from analysis.metrics.control_chart import control_chart
    >>> months = {f"2025-{month:02d}": count(30 + month % 2) for month in range(1, 12)}
    >>> told(control_chart(months | {"2025-12": count(40)}, since="2025-12"))
    'Out of line: 2025-12 lies above what is usual.'
    """
    if chart.reason:
        return chart.reason
    new = chart.signals[chart.signals["is_new"].astype("bool")]
    if new.empty:
        return "Nothing out of line: the months of this period vary as those before."
    said = [_signal(row) for row in new.to_dict("records")]
    return f"Out of line: {'; '.join(said)}."


def _signal(row: dict[Any, Any]) -> str:
    if row["rule"] == "outside":
        return f"{row['end']} lies {row['side']} what is usual"
    return f"{row['start']} to {row['end']} all lie {row['side']} the usual middle"
