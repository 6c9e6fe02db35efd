"""A metric of one period against another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, critical_value, statistic, untold
from analysis.metrics.metric import DIFFERENCES, OVER, SCORED, Metric
from analysis.survey import Sample, difference, share_difference

# Joins a level and a period to one name; no level holds it.
CELL = "\x1f"


def breaks(
    rewordings: pd.DataFrame, *, kind: str = "relationship"
) -> dict[str, list[str]]:
    """Return, per question, the periods from which on it was worded otherwise.

    Parameters
    ----------
    rewordings : DataFrame
        As intake makes it, with table, column, period and kind.
    kind : str
        The kind of survey whose trend is shown; another survey's wording does not
        cut it.

    Returns
    -------
    dict of str to list of str
        Only questions of the survey that were reworded.

    Examples
    --------
    >>> found = pd.DataFrame({"table": ["responses"], "column": ["recommend"],
    ...     "period": ["2026Q1"]})
    >>> breaks(found)
    {'recommend': ['2026Q1']}
    """
    asked = rewordings[rewordings["table"] == "responses"].dropna(subset="period")
    if "kind" in asked:
        asked = asked[asked["kind"].fillna("relationship") == kind]
    return {str(q): sorted(p) for q, p in asked.groupby("column")["period"]}


def reworded(
    found: Mapping[str, Collection[str]], period: str, *, since: str
) -> list[str]:
    """Return the questions that a period words otherwise than an earlier one.

    Parameters
    ----------
    found : mapping of str to collection of str
        As `breaks` returns it.
    period, since : str
        The later period and the earlier one, of the same length.

    Returns
    -------
    list of str
        Questions reworded after `since`, up to `period`.

    Examples
    --------
    >>> reworded({"recommend": ["2026Q1"]}, "2026Q3", since="2025Q3")
    ['recommend']
    >>> reworded({"recommend": ["2026Q1"]}, "2026Q3", since="2026Q2")
    []
    """
    return [
        question
        for question, periods in found.items()
        if any(since < one <= period for one in periods)
    ]


@statistic
def change(
    sample: Sample,
    metric: Metric,
    *,
    periods: tuple[str, str],
    by: str = "period",
) -> Estimate:
    r"""Value of a metric in one period minus its value in another.

    Parameters
    ----------
    sample : Sample
        Respondents, or customers for what they do, of both periods.
    metric : Metric
        What to compare.
    periods : tuple of str
        The period to look at, then the one to compare with.
    by : str
        The column that holds the periods.

    Returns
    -------
    Estimate
        A difference in the metric's unit, with `p_value` of no change. The base is
        that of the smaller period. Without numbers where a period has too little to
        tell (`Metric.least`).

    Raises
    ------
    StudyError
        If a period has no answers.

    Notes
    -----
    People who answered in both periods are one cluster: their answers agree, which
    makes a change more certain than two separate samples would. See
    `analysis.survey.difference`, and `analysis.survey.share_difference` for shares.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = pd.DataFrame({"recommend": [10, 9, 3, 10, 9, 10],
    ...     "period": ["a"] * 3 + ["b"] * 3})
    >>> round(change(Sample(answers), net_promoter, periods=("b", "a")).value, 1)
    66.7
    """
    scored = metric.scored(sample)
    over, unit = OVER if metric.over else None, DIFFERENCES[metric.unit]
    if metric.unit == "share":
        found = share_difference(scored, SCORED, by=by, levels=periods, over=over)
    else:
        found = difference(scored, SCORED, by=by, levels=periods, over=over, unit=unit)
    return untold(found) if metric.untold(scored, by=by) & {*periods} else found


@statistic
def changes(
    sample: Sample,
    metrics: Iterable[Metric],
    *,
    periods: tuple[str, str],
    reworded: Collection[str] = (),
) -> dict[str, Estimate]:
    """Change of every metric that both periods hold.

    Parameters
    ----------
    sample : Sample
        Answers, or customers, of several periods.
    metrics : iterable of Metric
        What to compare.
    periods : tuple of str
        The period to look at, then the one to compare with.
    reworded : collection of str
        Questions worded otherwise in the later period: they measure something else,
        so they have no change.

    Returns
    -------
    dict of str to Estimate
        By the metric's name; empty where there is no earlier period.

    Notes
    -----
    See `change`. A question that only one of the periods asked is left out.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = pd.DataFrame({"recommend": [10, 9, 3, 10, 9, 10],
    ...     "period": ["a"] * 3 + ["b"] * 3})
    >>> list(changes(Sample(answers), [net_promoter], periods=("b", "a")))
    ['nps']
    """
    return {
        one.name: change(sample, one, periods=periods)
        for one in metrics
        if one.asks not in reworded and _in_both(one.scored(sample), one, periods)
    }


@statistic
def changes_within(
    sample: Sample, metric: Metric, *, by: str, periods: tuple[str, str]
) -> dict[str, Estimate]:
    """Change of a metric within each level of a column.

    Parameters
    ----------
    sample : Sample
        Answers, or customers, of both periods.
    metric : Metric
        What to compare.
    by : str
        Column of levels, such as ``segment``.
    periods : tuple of str
        The period to look at, then the one to compare with.

    Returns
    -------
    dict of str to Estimate
        Levels that have values in both periods.

    Notes
    -----
    Each level in each period is a domain of the whole sample; see `change`. Many
    levels are many tests: publish them in one family.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = pd.DataFrame({"recommend": [10, 9, 3, 10, 9, 10],
    ...     "period": ["a"] * 3 + ["b"] * 3, "region": ["S"] * 6})
    >>> list(changes_within(
    ...     Sample(answers), net_promoter, by="region", periods=("b", "a")))
    ['S']
    """
    named = sample.frame[by].astype("str").where(sample.frame[by].notna())
    cells = sample.with_columns(cell_=named + CELL + sample.frame["period"])
    scored = metric.scored(cells)
    known = scored.frame[_counted(metric)].notna()
    there = {*cells.frame.loc[known, "cell_"].dropna()}
    there -= metric.untold(scored, by="cell_")
    pairs = {
        level: (f"{level}{CELL}{periods[0]}", f"{level}{CELL}{periods[1]}")
        for level in sample.levels(by)
    }
    return {
        level: change(cells, metric, periods=pair, by="cell_")
        for level, pair in pairs.items()
        if set(pair) <= there
    }


@statistic
def detectable_changes(estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Smallest change of each metric that would usually have been found.

    Notes
    -----
    See `detectable_change`; four times in five is meant by "usually".

    Examples
    --------
    >>> seen = Estimate(value=3, standard_error=2, low=-1, high=7, base=900,
    ...     unit="points")
    >>> round(detectable_changes({"nps": seen})["nps"].value, 1)
    5.6
    """
    return {name: detectable_change(one) for name, one in estimates.items()}


@statistic
def detectable_change(estimate: Estimate, *, power: float = 0.8) -> Estimate:
    r"""Smallest true change that would have been found, with the given power.

    Parameters
    ----------
    estimate : Estimate
        A change with its standard error.
    power : float
        Chance of finding it, between 0.5 and 1.

    Returns
    -------
    Estimate
        In the unit of the change; 0 or more, without error.

    Notes
    -----
    :math:`(z_{1-\alpha/2} + z_{\mathrm{power}})\,\mathrm{SE}` for a single test. A
    change of this size is found in that share of quarters, a smaller one less often.

    Examples
    --------
    >>> seen = Estimate(value=3, standard_error=2, low=-1, high=7, base=900,
    ...     unit="points")
    >>> round(detectable_change(seen).value, 1)
    5.6
    """
    reach = critical_value(estimate.confidence) + float(stats.norm.ppf(power))
    size = reach * estimate.standard_error
    return Estimate(
        value=size,
        standard_error=0.0,
        low=size,
        high=size,
        base=estimate.base,
        unit=estimate.unit,
        confidence=estimate.confidence,
    )


def _in_both(scored: Sample, metric: Metric, periods: tuple[str, str]) -> bool:
    counted = scored.frame[_counted(metric)].notna()
    there = set(scored.frame.loc[counted, "period"])
    return set(periods) <= there - metric.untold(scored, by="period")


def _counted(metric: Metric) -> str:
    return OVER if metric.over else SCORED
