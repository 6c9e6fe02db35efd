"""What customers say in figures: NPS, CSAT, CES and other ratings."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.estimate import statistic
from analysis.metrics.metric import Metric, metric
from analysis.settings import Scale
from analysis.study import Study
from analysis.survey import Result, Sample, share

PROMOTER_FROM = 9
DETRACTOR_UPTO = 6
GROUPS = ("detractors", "passives", "promoters")
BOXES = 2


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


def turned(ratings: pd.Series, scale: Scale) -> pd.Series:
    """Turn answers so that high is good, on the same range.

    Parameters
    ----------
    ratings : Series of float
        Answers; missing stays missing.
    scale : Scale
        The range, and which end is good.

    Returns
    -------
    Series of float
        ``low + high - answer`` where low is good, else the answer.

    Examples
    --------
    >>> turned(pd.Series([1, 7]), Scale(low=1, high=7, good="low")).tolist()
    [7, 1]
    """
    return ratings if scale.good == "high" else scale.low + scale.high - ratings


def reading(scale: Scale) -> str:
    """Say in words which way the answers of a question run.

    Examples
    --------
    >>> reading(Scale(low=1, high=7, good="low"))
    'asked from 1 to 7 where low is good, and turned round here'
    >>> reading(Scale(low=1, high=7))
    'asked from 1 to 7 where high is good'
    """
    told = f"asked from {scale.low} to {scale.high} where {scale.good} is good"
    return told if scale.good == "high" else f"{told}, and turned round here"


@metric(
    "nps",
    unit="points",
    asks="recommend",
    label="Promoter score (NPS)",
    scale=Scale(low=0, high=10),
)
def net_promoter(ratings: pd.Series, scale: Scale) -> pd.Series:
    r"""Promoters minus detractors, in points.

    Parameters
    ----------
    ratings : Series of float
        Likelihood to recommend, from 0 (not at all) to 10 (extremely).
    scale : Scale
        Only 0 to 10 has promoters and detractors.

    Returns
    -------
    Series of float
        What each answer counts: 100, 0 or -100.

    Raises
    ------
    ValueError
        If the question has another scale.

    Notes
    -----
    With weighted shares :math:`p` of promoters (9-10) and :math:`d` of detractors
    (0-6) the score is :math:`100(p-d)`. Its error comes from the design: weights,
    raking and people who answered more than once. The interval is the adjusted Wald
    interval [1]_ on the effective base, the number of simple random answers that
    would have the same error. Answers without a rating stay out.

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
    if (scale.low, scale.high, scale.good) != (0, 10, "high"):
        raise ValueError(
            f"The promoter score needs a scale from 0 to 10, not {scale.low} to "
            f"{scale.high}. Ask it as a rating instead."
        )
    return promoter_points(ratings)


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


@metric("csat", unit="share", asks="satisfaction", label="Satisfied customers (CSAT)")
def top_box(ratings: pd.Series, scale: Scale) -> pd.Series:
    """Share of answers in the two best boxes of a scale (CSAT).

    Parameters
    ----------
    ratings : Series of float
        The answers.
    scale : Scale
        The question's range and which end is good.

    Returns
    -------
    Series of bool
        Whether the answer is one of the two best; missing stays missing.

    Notes
    -----
    On a scale from 1 to 5: the share of 4 and 5. Shares of different scales cannot be
    compared. See `analysis.survey.share` for the interval.

    Examples
    --------
    >>> from dataclasses import replace
    >>> csat = replace(top_box, scale=Scale(low=1, high=5))
    >>> csat(Sample(pd.DataFrame({"satisfaction": [5, 4, 3, 1]}))).value
    0.5
    """
    return (turned(ratings, scale) > scale.high - BOXES).where(ratings.notna())


def rated(study: Study, sample: Sample) -> dict[str, Metric]:
    """Return, by label, the share of satisfied answers to each rating question.

    Parameters
    ----------
    study : Study
        Its `drivers`: rating columns with their labels.
    sample : Sample
        The respondents.

    Returns
    -------
    dict of str to Metric
        Questions that have answers.

    Examples
    --------
    >>> acme = Study.model_validate({"id": "a", "name": "A", "seed": 1,
    ...     "tables": {"responses": {"files": ["a.csv"]}},
    ...     "drivers": {"rating_price": "Price"}})
    >>> list(rated(acme, Sample(pd.DataFrame({"rating_price": [5.0, 2.0]}))))
    ['Price']
    """
    labels = {column: study.drivers[column] for column in sample.known(study.drivers)}
    return {
        label: top_box.asking(column, name=column, label=label).on(study)
        for column, label in labels.items()
    }


@metric("csat_mean", unit="score", asks="satisfaction", label="Mean satisfaction")
def mean_rating(ratings: pd.Series, scale: Scale) -> pd.Series:
    """Mean of the answers on the question's own scale; high is always good.

    Parameters
    ----------
    ratings : Series of float
        The answers.
    scale : Scale
        The question's range and which end is good.

    Returns
    -------
    Series of float
        The answers, turned round where low is good.

    Notes
    -----
    It moves with every answer where the top box sees only those that cross its edge,
    but treats steps of the scale as equally wide. Student's interval; see
    `analysis.survey.mean`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> csat = replace(mean_rating, scale=Scale(low=1, high=5))
    >>> csat(Sample(pd.DataFrame({"satisfaction": [5, 4, 3]}))).value
    4.0
    """
    return turned(ratings, scale)


@metric("ces", unit="score", asks="effort", label="Ease (CES)")
def effort(ratings: pd.Series, scale: Scale) -> pd.Series:
    """Mean ease on the scale of the effort question (CES); high is always good.

    Parameters
    ----------
    ratings : Series of float
        The answers.
    scale : Scale
        The question's range and which end is good: CES 1 asks for effort (low is
        good), CES 2 for ease (high is good).

    Returns
    -------
    Series of float
        On the question's range. Where low is good the answers are turned round
        (low + high - answer), so that more is always easier.

    Notes
    -----
    The interval is Student's; see `analysis.survey.mean`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> ces = replace(effort, scale=Scale(low=1, high=7, good="low"))
    >>> ces(Sample(pd.DataFrame({"effort": [1, 1, 4]}))).value
    6.0
    """
    return turned(ratings, scale)
