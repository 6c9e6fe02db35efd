"""How strong something unmeasured would have to be to explain a difference."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, statistic
from analysis.outcomes.afterwards import lines_returned
from analysis.outcomes.effects import Rows, rows_with
from analysis.study import StudyError
from analysis.survey import Replicates, Sample, replicate_estimate

OUTCOMES = ("returns", "lines", "revenue", "net", "left")


def robustness_value(
    t: float, degrees: float, *, share: float = 1.0, level: float | None = None
) -> float:
    r"""Robustness value of a coefficient of a linear regression.

    Parameters
    ----------
    t : float
        The coefficient over its classical error.
    degrees : float
        Residual degrees of freedom, above 1.
    share : float
        Part of the coefficient that is to be explained away, above 0; 1 is all.
    level : float, optional
        With a level, what it takes to make the rest no longer significant at it.

    Returns
    -------
    float
        From 0 to 1. Something unmeasured that explains so much of what is left of
        the question, and of the outcome, would do it; something that explains less
        of both would not.

    Raises
    ------
    StudyError
        If the degrees, the share or the level lie outside their ranges.

    Notes
    -----
    :math:`\tfrac12(\sqrt{f^4 + 4f^2} - f^2)` with :math:`f = q|t|/\sqrt{\mathrm{df}}`,
    less :math:`t^*_{\alpha,\mathrm{df}-1}/\sqrt{\mathrm{df}-1}` with a level, and 0
    where that is below 0 [1]_. Where even the extreme case of a confounder that
    explains all of the outcome needs more, :math:`(f^2 - f^{*2})/(1 + f^2)` holds.

    References
    ----------
    .. [1] Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending
       omitted variable bias. Journal of the Royal Statistical Society B 82(1), 39-67.

    Examples
    --------
    >>> round(robustness_value(4.18, 783), 3)
    0.139
    >>> round(robustness_value(4.18, 783, level=0.05), 3)
    0.076
    """
    if not degrees > 1 or not share > 0:
        raise StudyError(
            f"A robustness value takes more than one degree of freedom and a share "
            f"above 0, not {degrees:g} and {share:g}."
        )
    limit = 0.0
    if level is not None:
        if not 0 < level < 1:
            raise StudyError(f"A level lies between 0 and 1, and {level:g} does not.")
        limit = float(stats.t.isf(level / 2, degrees - 1)) / math.sqrt(degrees - 1)
    return _robustness(share * abs(t) / math.sqrt(degrees), limit)


@statistic
def robustness(
    sample: Sample,
    question: str,
    *,
    outcome: str = "returns",
    adjust: Sequence[str] = (),
) -> Estimate:
    r"""How much something unmeasured would have to explain, to explain a difference.

    Parameters
    ----------
    sample : Sample
        Answers with what was done around them; see `after_answers`.
    question : str
        Numeric column.
    outcome : str
        ``returns`` (share of lines that came back), ``lines``, ``revenue``, ``net`` or
        ``left``, each after the answer.
    adjust : sequence of str
        Columns that the difference is already compared within.

    Returns
    -------
    Estimate
        Unit `share`: the robustness value of the linear analogue. `low` is the value
        that would leave the difference no longer significant at the sample's
        confidence, 0 where it is not significant now. `p_value` is the difference's.

    Raises
    ------
    StudyError
        If the difference cannot be told, as for `returns_after`, or all is explained.

    Notes
    -----
    The model's logistic or log curve has no robustness value, so the weighted linear
    regression on the same answers stands in for it. With :math:`f^2 = R^2/(1-R^2)`
    of the question given what is adjusted for, the value is :math:`\tfrac12(\sqrt{f^4
    + 4f^2} - f^2)` [1]_. `low` and `high` are the same of :math:`f \mp t^* f |SE/b|`
    with the error that the design gives, in the place of the classical one. The unit
    is the answer: returns of people are noisier than those of products, so small
    values are usual; compare with `known_strength`.

    References
    ----------
    .. [1] Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending
       omitted variable bias. Journal of the Royal Statistical Society B 82(1), 39-67.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"recommend": [4, 8] * 20, "lines_after": [1, 2, 2, 2] *
    ...     10})
    >>> round(robustness(Sample(people), "recommend", outcome="lines").value, 3)
    0.5
    """
    rows, values, weights = _linear(sample, question, outcome, adjust)
    root = np.sqrt(weights)[:, None]
    matrix = rows.matrix * root
    inverse = np.linalg.pinv(matrix.T @ matrix)
    slopes = inverse @ (matrix.T @ (values * root[:, 0]))
    left = values - rows.matrix @ slopes
    degrees = len(values) - rows.matrix.shape[1]
    classical = math.sqrt((weights @ left**2) / degrees * inverse[1, 1])
    if not classical > 1e-9 * abs(slopes[1]):
        raise StudyError("The question explains all: nothing is left to be hidden.")
    influence = (rows.matrix * left[:, None]) @ inverse[1] * weights / rows.weights
    found = rows.effect(slopes[1], influence).estimate(sample, unit="score_difference")
    f = abs(slopes[1]) / classical / math.sqrt(degrees)
    error = found.standard_error / classical / math.sqrt(degrees)
    far = (found.high - found.value) / found.standard_error * error
    return Estimate(
        value=_robustness(f),
        standard_error=error * ((f**2 + 2) / math.sqrt(f**2 + 4) - f),
        low=_robustness(f, far),
        high=_robustness(f + far),
        base=found.base,
        unit="share",
        effective_base=found.effective_base,
        confidence=sample.confidence,
        p_value=found.p_value,
    )


@statistic
def known_strength(
    sample: Sample,
    question: str,
    column: str,
    *,
    replicates: Replicates,
    outcome: str = "returns",
) -> dict[str, Estimate]:
    r"""How much a known column explains of the score and of the outcome.

    Parameters
    ----------
    sample : Sample
        Answers with what was done around them; see `after_answers`.
    question : str
        Numeric column.
    column : str
        Text or numeric column, such as segment.
    replicates : Replicates
        Of the same sample; see `analysis.survey.replicates`.
    outcome : str
        As for `robustness`.

    Returns
    -------
    dict of str to Estimate
        ``score`` and ``outcome`` (what is left of it given the score), unit `share`.
        Where both lie under the robustness value, something hidden as strong as this
        column would not explain the difference away.

    Raises
    ------
    StudyError
        As for `robustness`, or if the column has one level.

    Notes
    -----
    Partial :math:`R^2` of weighted linear regressions, the benchmarks of [1]_. The
    error comes from replicate weights; shares near 0 come out too large, by about
    the number of levels over that of answers.

    References
    ----------
    .. [1] Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending
       omitted variable bias. Journal of the Royal Statistical Society B 82(1), 39-67.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey import replicates
    >>> people = Sample(pd.DataFrame({"recommend": [4, 5, 8, 9] * 10, "segment": ["a",
    ...     "a", "b", "b"] * 10, "lines_after": [1, 2, 1, 3] * 10}))
    >>> left_out = replicates(people, kind="jackknife")
    >>> found = known_strength(people, "recommend", "segment", replicates=left_out,
    ...     outcome="lines")
    >>> round(found["score"].value, 3)
    0.941
    """
    rows, values, weights = _linear(sample, question, outcome, [column])
    own = weights / rows.weights
    alone, score, both = rows.matrix[:, :1], rows.matrix[:, :2], rows.matrix
    others = np.delete(rows.matrix, 1, axis=1)

    def strengths(_frame: pd.DataFrame, drawn: np.ndarray) -> dict[str, float]:
        mass = drawn[rows.used] * own
        return {
            "score": _gained(rows.matrix[:, 1], alone, others, mass),
            "outcome": _gained(values, score, both, mass),
        }

    found = replicate_estimate(sample, strengths, replicates=replicates, unit="share")
    assert isinstance(found, dict)  # the function gives two numbers
    return {name: _within_bounds(one, len(values)) for name, one in found.items()}


def _gained(
    values: np.ndarray, few: np.ndarray, many: np.ndarray, weights: np.ndarray
) -> float:
    """Share of what some columns leave that more of them explain."""
    root = np.sqrt(weights)
    left = []
    for matrix in (few, many):
        slopes = np.linalg.lstsq(matrix * root[:, None], values * root, rcond=None)[0]
        left.append(float(weights @ (values - matrix @ slopes) ** 2))
    return 1 - left[1] / left[0] if left[0] > 0 else math.nan


def _within_bounds(estimate: Estimate, base: int) -> Estimate:
    low, high = max(0.0, estimate.low), min(1.0, estimate.high)
    kish = min(base, estimate.effective_base or base)
    return dataclasses.replace(
        estimate, low=low, high=high, base=base, effective_base=float(kish)
    )


def _robustness(f: float, limit: float = 0.0) -> float:
    left = f - limit
    if left <= 0:
        return 0.0
    if limit and f > 1 / limit:
        return (f**2 - limit**2) / (1 + f**2)
    return 0.5 * (math.sqrt(left**4 + 4 * left**2) - left**2)


def _linear(
    sample: Sample, question: str, outcome: str, adjust: Sequence[str]
) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Rows, outcome and weights of the linear regression that stands in."""
    if outcome not in OUTCOMES:
        raise StudyError(f"An outcome is {', '.join(OUTCOMES)}, not {outcome!r}.")
    if outcome == "returns":
        rows, returned, lines = lines_returned(sample, question, adjust=adjust)
        return rows, returned / lines, rows.weights * lines
    name = f"{outcome}_after"
    rows = rows_with(sample, question, [name], adjust=adjust)
    values = sample.frame.loc[rows.used, name].to_numpy(dtype=float)
    if np.ptp(values) == 0:
        raise StudyError(
            f"All {len(values)} answers have {name} = {values[0]:g}: where it does not "
            "vary nothing can explain it."
        )
    return rows, values, rows.weights
