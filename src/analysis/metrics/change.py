"""A metric of one period against another."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, critical_value, statistic
from analysis.metrics.scores import promoter_points
from analysis.study import Scale, Study
from analysis.survey import Sample, difference, share_difference

QUESTIONS = {"nps": "recommend", "csat": "satisfaction", "ces": "effort"}


def breaks(rewordings: pd.DataFrame) -> dict[str, list[str]]:
    """Return, per question, the periods from which on it was worded otherwise.

    Parameters
    ----------
    rewordings : DataFrame
        As intake makes it, with table, column and period.

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
    return {str(q): sorted(p) for q, p in asked.groupby("column")["period"]}


def reworded(found: Mapping[str, Collection[str]], period: str) -> list[str]:
    """Return the questions that a period words otherwise than the one before.

    Examples
    --------
    >>> reworded({"recommend": ["2026Q1"]}, "2026Q1")
    ['recommend']
    """
    return [question for question, periods in found.items() if period in periods]


@statistic
def change(
    sample: Sample,
    metric: str,
    *,
    periods: tuple[str, str],
    scale: Scale | None = None,
) -> Estimate:
    r"""Value of a metric in one period minus its value in another.

    Parameters
    ----------
    sample : Sample
        Respondents, or customers for the return rate, of both periods.
    metric : str
        ``nps``, ``csat`` (two best boxes), ``ces`` or ``return_rate``.
    periods : tuple of str
        The period to look at, then the one to compare with.
    scale : Scale, optional
        Of the question, for csat and ces.

    Returns
    -------
    Estimate
        A difference in the metric's unit, with `p_value` of no change. The base is
        that of the smaller period.

    Raises
    ------
    StudyError
        If a period has no answers.

    Notes
    -----
    People who answered in both periods are one cluster: their answers agree, which
    makes a change more certain than two separate samples would. See
    `analysis.survey.difference`, and `analysis.survey.share_difference` for csat and
    the return rate.

    Examples
    --------
    >>> answers = pd.DataFrame({"recommend": [10, 9, 3, 10, 9, 10],
    ...     "period": ["a"] * 3 + ["b"] * 3})
    >>> round(change(Sample(answers), "nps", periods=("b", "a")).value, 1)
    66.7
    """
    if metric == "return_rate":
        closed = sample.frame["closed_lines"]
        lines = sample.with_columns(closed_lines=closed.where(closed > 0))
        returned, over = "returned_closed_lines", "closed_lines"
        return share_difference(lines, returned, by="period", levels=periods, over=over)
    scored, unit = _scored(sample, metric, scale)
    if unit == "share_difference":
        return share_difference(scored, "scored", by="period", levels=periods)
    return difference(scored, "scored", by="period", levels=periods, unit=unit)


@statistic
def changes(
    respondents: Sample,
    buyers: Sample | None = None,
    *,
    study: Study,
    periods: tuple[str, str],
    reworded: Collection[str] = (),
) -> dict[str, Estimate]:
    """Every metric's change that the tables allow.

    Parameters
    ----------
    respondents : Sample
        Answers of several periods.
    buyers : Sample, optional
        As `trade` makes it, for the return rate.
    study : Study
        Its scales.
    periods : tuple of str
        The period to look at, then the one to compare with.
    reworded : collection of str
        Questions worded otherwise in the later period: they measure something else,
        so they have no change.

    Returns
    -------
    dict of str to Estimate
        Empty where there is no earlier period.

    Notes
    -----
    See `change`. A question that only one of the periods asked is left out.

    Examples
    --------
    >>> answers = pd.DataFrame({"recommend": [10, 9, 3, 10, 9, 10],
    ...     "period": ["a"] * 3 + ["b"] * 3})
    >>> acme = Study.model_validate({"id": "a", "name": "A", "seed": 1,
    ...     "tables": {"responses": {"files": ["a.csv"]}}})
    >>> list(changes(Sample(answers), study=acme, periods=("b", "a")))
    ['nps']
    """
    found = {}
    for metric, column in QUESTIONS.items():
        if column not in reworded and _asked_in(respondents, column, periods):
            scale = study.scale(column)
            found[metric] = change(respondents, metric, periods=periods, scale=scale)
    if buyers is not None and _asked_in(buyers, "closed_lines", periods):
        found["return_rate"] = change(buyers, "return_rate", periods=periods)
    return found


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


def _asked_in(sample: Sample, column: str, periods: tuple[str, str]) -> bool:
    frame = sample.frame
    if column not in frame:
        return False
    asked = frame.loc[frame[column].notna() & (frame[column] != 0), "period"]
    return set(periods) <= set(asked)


def _scored(sample: Sample, metric: str, scale: Scale | None) -> tuple[Sample, str]:
    if metric == "nps":
        points = promoter_points(sample.frame["recommend"].astype("float64"))
        return sample.with_columns(scored=points), "points"
    if metric not in QUESTIONS or scale is None:
        known = ", ".join([*QUESTIONS, "return_rate"])
        raise ValueError(f"{metric!r} is none of {known}, or has no scale")
    values = sample.frame[QUESTIONS[metric]].astype("float64")
    good = values if scale.good == "high" else scale.low + scale.high - values
    if metric == "ces":
        return sample.with_columns(scored=good), "score_difference"
    top = (good > scale.high - 2).where(good.notna())
    return sample.with_columns(scored=top), "share_difference"
