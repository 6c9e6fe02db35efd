"""What customers say in figures: NPS, CSAT and CES."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, adjusted_wald_interval, statistic
from analysis.study import Scale
from analysis.survey import Result, Sample, mean, moments, precision_base, share

PROMOTER_FROM = 9
DETRACTOR_UPTO = 6
GROUPS = ("detractors", "passives", "promoters")


def promoter_points(ratings: pd.Series) -> pd.Series:
    """Count a promoter as 100, a passive as 0 and a detractor as -100.

    Parameters
    ----------
    ratings : Series of float
        Likelihood to recommend, 0 to 10; missing stays missing.

    Returns
    -------
    Series of float
        Points whose mean is the net promoter score.

    Examples
    --------
    >>> promoter_points(pd.Series([10, 8, 6, None])).tolist()
    [100.0, 0.0, -100.0, nan]
    """
    points = np.select([ratings >= PROMOTER_FROM, ratings > DETRACTOR_UPTO], [100, 0])
    points = np.where(ratings <= DETRACTOR_UPTO, -100.0, points)
    return pd.Series(points, index=ratings.index).where(ratings.notna())


@statistic
def net_promoter(
    sample: Sample, *, column: str = "recommend", by: str | None = None
) -> Result:
    r"""Promoters minus detractors, in points.

    Parameters
    ----------
    sample : Sample
        The respondents; those without an answer stay out of the figure.
    column : str
        Likelihood to recommend, from 0 (not at all) to 10 (extremely).
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `points`, from -100 to 100. The base counts answers.

    Raises
    ------
    StudyError
        If nobody answered the question.

    Notes
    -----
    With weighted shares :math:`p` of promoters (9-10) and :math:`d` of detractors
    (0-6) the score is :math:`100(p-d)`. Its error comes from the design: weights,
    raking and people who answered more than once. The interval is the adjusted Wald
    interval [1]_ on the effective base, the number of simple random answers that
    would have the same error. Not for other scales than 0 to 10.

    References
    ----------
    .. [1] Rocks, B. (2016). Interval estimation for the "Net Promoter Score".
       The American Statistician 70(4), 365-372.

    Examples
    --------
    Four promoters, two passives and two detractors:

    >>> answers = pd.DataFrame({"recommend": [10, 10, 9, 9, 8, 7, 6, 3]})
    >>> score = net_promoter(Sample(answers))
    >>> score.value, round(score.standard_error, 1), score.base
    (25.0, 31.3, 8)
    """
    ratings = sample.frame[column].astype("float64")
    scored = sample.with_columns(
        points=promoter_points(ratings),
        promotes=(ratings >= PROMOTER_FROM).where(ratings.notna()),
    )
    found = moments(scored, "points", by=by).table
    found["promoters"] = moments(scored, "promotes", by=by).table["value"]
    made = {
        str(level): _score(row, sample.confidence) for level, row in found.iterrows()
    }
    return made if by else made["all"]


def _score(row: pd.Series, confidence: float) -> Estimate:
    balance, promoters = row["value"] / 100, row["promoters"]
    detractors = promoters - balance
    variance = 100**2 * (promoters + detractors - balance**2)
    base = precision_base(variance, row)
    low, high = adjusted_wald_interval(
        max(promoters, 0.0), max(detractors, 0.0), base, confidence=confidence
    )
    return Estimate(
        value=row["value"],
        standard_error=row["standard_error"],
        low=low,
        high=high,
        base=int(row["base"]),
        unit="points",
        effective_base=base,
        confidence=confidence,
    )


@statistic
def score_group(
    sample: Sample, group: str, *, column: str = "recommend", by: str | None = None
) -> Result:
    """Share of promoters, passives or detractors.

    Parameters
    ----------
    sample : Sample
        The respondents.
    group : str
        ``promoters`` (9-10), ``passives`` (7-8) or ``detractors`` (0-6).
    column : str
        Likelihood to recommend, 0 to 10.
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`.

    Notes
    -----
    See `analysis.survey.share` for the interval.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"recommend": [10, 8, 6, 5]}))
    >>> score_group(answers, "detractors").value
    0.5
    """
    ratings = sample.frame[column].astype("float64")
    bounds = {"detractors": (-math.inf, 6), "passives": (7, 8), "promoters": (9, 10)}
    low, high = bounds[group]
    hits = ratings.between(low, high).where(ratings.notna())
    return share(sample.with_columns(is_in_group=hits), "is_in_group", by=by)


@statistic
def top_box(
    sample: Sample,
    *,
    scale: Scale,
    column: str = "satisfaction",
    boxes: int = 2,
    by: str | None = None,
) -> Result:
    """Share of answers at the good end of a scale (CSAT).

    Parameters
    ----------
    sample : Sample
        The respondents.
    scale : Scale
        The question's range and which end is good.
    column : str
        The question.
    boxes : int
        How many points from the good end count, 1 or more.
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`.

    Notes
    -----
    With two boxes on a scale from 1 to 5: the share of 4 and 5. Shares of different
    scales cannot be compared. See `analysis.survey.share` for the interval.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"satisfaction": [5, 4, 3, 1]}))
    >>> top_box(answers, scale=Scale(low=1, high=5)).value
    0.5
    """
    values = sample.frame[column].astype("float64")
    if scale.good == "high":
        hits = values > scale.high - boxes
    else:
        hits = values < scale.low + boxes
    marked = sample.with_columns(is_top=hits.where(values.notna()))
    return share(marked, "is_top", by=by)


@statistic
def effort(
    sample: Sample, *, scale: Scale, column: str = "effort", by: str | None = None
) -> Result:
    """Mean ease on the scale of the effort question (CES); high is always good.

    Parameters
    ----------
    sample : Sample
        The respondents.
    scale : Scale
        The question's range and which end is good: CES 1 asks for effort (low is
        good), CES 2 for ease (high is good).
    column : str
        The question.
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `score`, on the question's range. Where low is good the answers are
        turned round (low + high - answer), so that more is always easier.

    Notes
    -----
    The interval is Student's; see `analysis.survey.mean`.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"effort": [1, 1, 4]}))
    >>> effort(answers, scale=Scale(low=1, high=7, good="low")).value
    6.0
    """
    values = sample.frame[column].astype("float64")
    ease = values if scale.good == "high" else scale.low + scale.high - values
    return mean(sample.with_columns(ease=ease), "ease", by=by)
