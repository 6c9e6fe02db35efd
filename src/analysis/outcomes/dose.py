"""Returns after each score: as they were, and as the model has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from analysis.estimate import Estimate, statistic
from analysis.outcomes.afterwards import lines_returned
from analysis.study import StudyError
from analysis.survey import Sample, share

MOST = 15


@statistic
def returns_by_score(
    sample: Sample, question: str, *, when: str = "after"
) -> dict[str, Estimate]:
    r"""Share of order lines that came back, by score.

    Parameters
    ----------
    sample : Sample
        Answers with what was done around them; see `after_answers`.
    question : str
        Numeric column with at most 15 values.
    when : str
        ``after`` the answer or ``before`` it.

    Returns
    -------
    dict of str to Estimate
        Unit `share`, in the order of the scores. The base counts answers that lines
        were ordered around.

    Raises
    ------
    StudyError
        As for `returns_after`, or if the question has more values.

    Notes
    -----
    Weighted returned lines over weighted lines, with Wilson's interval on the
    effective base [1]_, customers as clusters.

    References
    ----------
    .. [1] Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for
       proportions with small expected number of positive counts. Survey
       Methodology 24(2), 193-201.

    Examples
    --------
    >>> people = pd.DataFrame({"recommend": [4, 8] * 20, "lines_after": 5,
    ...     "returned_lines_after": [2, 1] * 20})
    >>> found = returns_by_score(Sample(people), "recommend")
    >>> {score: one.value for score, one in found.items()}
    {'4': 0.4, '8': 0.2}
    """
    rows, _, _ = lines_returned(sample, question, when=when)
    score = pd.Series(np.nan, index=sample.frame.index)
    score[rows.used] = rows.matrix[:, 1]
    scores = _scores(rows.matrix[:, 1])
    asked = sample.with_columns(_score=score.map(_names(scores)))
    returned, lines = f"returned_lines_{when}", f"lines_{when}"
    found = share(asked, returned, over=lines, by="_score")
    assert isinstance(found, dict)  # `by` gives levels
    return {name: found[name] for name in _names(scores).values()}


@statistic
def expected_returns(
    sample: Sample, question: str, *, when: str = "after"
) -> dict[str, Estimate]:
    r"""Share of order lines that the model of `returns_after` expects, by score.

    Parameters
    ----------
    sample, question, when
        As for `returns_by_score`.

    Returns
    -------
    dict of str to Estimate
        Unit `share`, in the order of the scores, on the base of all of them.

    Raises
    ------
    StudyError
        As for `returns_by_score`.

    Notes
    -----
    :math:`1/(1+e^{-\alpha-\beta x})` at each score :math:`x`. Student's interval of
    the log-odds, turned back, with the linearised error of :math:`\alpha + \beta x`
    [1]_. The band holds for each score alone, and as far as the curve has the right
    shape: compare with what was observed.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators
       from complex surveys. International Statistical Review 51(3), 279-292.

    Examples
    --------
    >>> people = pd.DataFrame({"recommend": [4, 8] * 20, "lines_after": 5,
    ...     "returned_lines_after": [2, 1] * 20})
    >>> people.loc[:7, "returned_lines_after"] = [3, 0, 1, 2] * 2
    >>> found = expected_returns(Sample(people), "recommend")
    >>> {score: round(one.value, 3) for score, one in found.items()}
    {'4': 0.4, '8': 0.2}
    """
    rows, returned, lines = lines_returned(sample, question, when=when)
    curve = rows.curve(returned, kind="chance", trials=lines)
    found = {}
    for score, name in _names(_scores(rows.matrix[:, 1])).items():
        point = np.array([1.0, score])
        odds = rows.effect(
            float(point @ curve.coefficients), curve.influence @ point
        ).estimate(sample, unit="score")
        found[name] = _share(odds)
    return found


def _share(odds: Estimate) -> Estimate:
    value = float(expit(odds.value))
    return Estimate(
        value=value,
        standard_error=odds.standard_error * value * (1 - value),
        low=float(expit(odds.low)),
        high=float(expit(odds.high)),
        base=odds.base,
        unit="share",
        effective_base=odds.effective_base,
        confidence=odds.confidence,
    )


def _scores(values: np.ndarray) -> list[float]:
    scores = sorted(set(values.tolist()))
    if len(scores) > MOST:
        raise StudyError(
            f"The question has {len(scores)} values. Figures by score take at most "
            f"{MOST}: group them first."
        )
    return scores


def _names(scores: list[float]) -> dict[float, str]:
    return {score: f"{score:g}" for score in scores}
