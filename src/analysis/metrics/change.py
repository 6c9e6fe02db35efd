"""A metric of one period against another."""

from __future__ import annotations

import dataclasses

from scipy import stats

from analysis.estimate import Estimate, critical_value, statistic
from analysis.metrics.scores import promoter_points
from analysis.study import Scale
from analysis.survey import Sample, difference

METRICS = ("nps", "csat", "ces", "return_rate")


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
        In the metric's unit, with `p_value` of no change.

    Raises
    ------
    StudyError
        If a period has no answers.

    Notes
    -----
    People who answered in both periods are one cluster: their answers agree, which
    makes a change more certain than two separate samples would. See
    `analysis.survey.difference`.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"recommend": [10, 9, 3, 10, 9, 10],
    ...     "period": ["a"] * 3 + ["b"] * 3})
    >>> round(change(Sample(answers), "nps", periods=("b", "a")).value, 1)
    66.7
    """
    if metric == "return_rate":
        closed = sample.frame["closed_lines"]
        lines = sample.with_columns(closed_lines=closed.where(closed > 0))
        return _as_share(
            difference(
                lines,
                "returned_closed_lines",
                over="closed_lines",
                by="period",
                levels=periods,
                unit="share",
            )
        )
    scored, unit = _scored(sample, metric, scale)
    return difference(scored, "scored", by="period", levels=periods, unit=unit)


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


def _scored(sample: Sample, metric: str, scale: Scale | None) -> tuple[Sample, str]:
    if metric == "nps":
        points = promoter_points(sample.frame["recommend"].astype("float64"))
        return sample.with_columns(scored=points), "points"
    if metric not in METRICS or scale is None:
        raise ValueError(f"{metric!r} is none of {', '.join(METRICS)}, or has no scale")
    column = {"csat": "satisfaction", "ces": "effort"}[metric]
    values = sample.frame[column].astype("float64")
    good = values if scale.good == "high" else scale.low + scale.high - values
    if metric == "ces":
        return sample.with_columns(scored=good), "score"
    return sample.with_columns(scored=(good > scale.high - 2).where(good.notna())), (
        "share"
    )


def _as_share(estimate: Estimate) -> Estimate:
    # A difference of shares lies between -1 and 1.
    low, high = max(-1.0, estimate.low), min(1.0, estimate.high)
    return dataclasses.replace(estimate, low=low, high=high)
