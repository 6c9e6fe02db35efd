"""Behaviour by month, for charts that watch a process."""

from __future__ import annotations

import math

import pandas as pd

from analysis.estimate import Estimate, count, statistic, wilson_interval
from analysis.metrics.rates import gamma_interval
from analysis.metrics.windows import SLACK_DAYS
from analysis.study import Period


def whole_months(
    product_periods: pd.DataFrame,
    *,
    histories: pd.DataFrame | None = None,
    slack: int = SLACK_DAYS,
) -> pd.DataFrame:
    """Return the sums of all products by month, months that are not whole left out.

    Parameters
    ----------
    product_periods : DataFrame
        Sums per product and month.
    histories : DataFrame, optional
        One row per customer, with first_on and last_on; without it the first and the
        last month are taken as whole.
    slack : int
        See `analysis.metrics.windows.is_whole`.

    Returns
    -------
    DataFrame, indexed by month
        Sums. An order of two products counts for both, so orders cannot be told.

    Examples
    --------
    >>> sums = pd.DataFrame({"product_id": ["P", "Q"], "period": "2026-09",
    ...     "lines": [3, 4]})
    >>> whole_months(sums)["lines"].to_dict()
    {'2026-09': 7}
    """
    numbers = product_periods.drop(columns="product_id").set_index("period")
    months = numbers.select_dtypes("number").groupby(level=0).sum().sort_index()
    months.index = months.index.astype("str")
    if histories is None or histories.empty:
        return months
    gap = pd.Timedelta(days=slack)
    first, last = histories["first_on"].min() - gap, histories["last_on"].max() + gap
    spans = [Period.parse(month) for month in months.index]
    return months[[one.start >= first and one.end <= last for one in spans]]


@statistic
def monthly_return_rate(
    months: pd.DataFrame, *, design_effect: float = 1.0, confidence: float = 0.95
) -> dict[str, Estimate]:
    r"""Share of a month's order lines that came back within the return window.

    Parameters
    ----------
    months : DataFrame
        Made by `whole_months`, with lines, closed_lines and returned_closed_lines.
    design_effect : float
        By how much lines of the same customer make the variance larger: closed lines
        over the effective base of `analysis.metrics.behaviour.return_rate`. Above 0.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of month of the order to Estimate
        Months whose lines are all closed. Unit `share`; the base counts lines.

    Notes
    -----
    Sums by product do not know customers. The interval is Wilson's on the lines over
    the design effect; with a design effect of 1 it takes lines as independent and is
    too short. It says how exactly a month's rate is known. Whether a month stands
    out, the chart judges from how months differ, and needs no interval.

    Examples
    --------
    >>> months = pd.DataFrame({"lines": [50], "closed_lines": [50],
    ...     "returned_closed_lines": [5]}, index=["2026-07"])
    >>> monthly_return_rate(months)["2026-07"].value
    0.1
    """
    closed = months[(months["closed_lines"] == months["lines"]) & (months["lines"] > 0)]
    found = {}
    for month, row in closed.iterrows():
        lines = float(row["closed_lines"])
        rate, base = row["returned_closed_lines"] / lines, lines / design_effect
        low, high = wilson_interval(rate, base, confidence=confidence)
        found[str(month)] = Estimate(
            value=rate,
            standard_error=math.sqrt(rate * (1 - rate) / base),
            low=low,
            high=high,
            base=int(lines),
            unit="share",
            effective_base=base,
            confidence=confidence,
        )
    return found


@statistic
def monthly_lines(months: pd.DataFrame) -> dict[str, Estimate]:
    """Order lines of each month.

    Parameters
    ----------
    months : DataFrame
        Made by `whole_months`.

    Returns
    -------
    dict of month to Estimate
        Unit `count`, counted completely.

    Examples
    --------
    >>> monthly_lines(pd.DataFrame({"lines": [50]}, index=["2026-07"]))["2026-07"].value
    50.0
    """
    return {str(month): count(lines) for month, lines in months["lines"].items()}


@statistic
def monthly_revenue(months: pd.DataFrame) -> dict[str, Estimate]:
    """Net revenue of each month, before refunds.

    Parameters
    ----------
    months : DataFrame
        Made by `whole_months`.

    Returns
    -------
    dict of month to Estimate
        Unit `amount`; the base counts lines.

    Notes
    -----
    The books know it exactly, so it has no interval; how far months vary by
    themselves, the chart says.

    Examples
    --------
    >>> months = pd.DataFrame({"lines": [5], "revenue": [90.0]}, index=["2026-07"])
    >>> monthly_revenue(months)["2026-07"].value
    90.0
    """
    return {
        str(month): Estimate(
            value=row["revenue"],
            standard_error=0.0,
            low=row["revenue"],
            high=row["revenue"],
            base=int(row["lines"]),
            unit="amount",
        )
        for month, row in months.iterrows()
    }


@statistic
def monthly_complaints(
    months: pd.DataFrame, complaints: pd.DataFrame, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Complaints made in a month, per 1,000 order lines placed in it.

    Parameters
    ----------
    months : DataFrame
        Made by `whole_months`.
    complaints : DataFrame
        Documents with occurred_on; only those with source ``complaint`` count, if
        there is such a column.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of month to Estimate
        From the month of the first complaint on. Unit `per_thousand`; the base
        counts lines.

    Notes
    -----
    Lines and not orders, which sums by product do not know, and complaints of guests
    too: not the figure of `analysis.metrics.behaviour.complaint_rate`. The interval
    is that of a Poisson count (`analysis.metrics.rates.gamma_interval`), which takes
    complaints as independent; those of one faulty batch are not.

    Examples
    --------
    >>> months = pd.DataFrame({"lines": [400]}, index=["2026-07"])
    >>> spoken = pd.DataFrame({"occurred_on": pd.to_datetime(["2026-07-03"] * 2)})
    >>> monthly_complaints(months, spoken)["2026-07"].value
    5.0
    """
    if "source" in complaints:
        complaints = complaints[complaints["source"] == "complaint"]
    spoken = complaints["occurred_on"].dropna().dt.to_period("M").astype("str")
    counts = spoken.value_counts()
    placed = months["lines"][months["lines"] > 0]
    return {
        str(month): _per_thousand(int(counts.get(month, 0)), lines, confidence)
        for month, lines in placed.items()
        if len(counts) and month >= counts.index.min()
    }


def _per_thousand(events: int, lines: float, confidence: float) -> Estimate:
    step = 1000 / lines
    rate, error = events * step, math.sqrt(events) * step
    low, high = gamma_interval(rate, error, step=step, confidence=confidence)
    return Estimate(
        value=rate,
        standard_error=error,
        low=low,
        high=high,
        base=int(lines),
        unit="per_thousand",
        confidence=confidence,
    )
