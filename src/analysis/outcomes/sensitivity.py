"""How strong something unmeasured would have to be to explain a difference."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from analysis.estimate import Estimate, statistic
from analysis.outcomes.afterwards import lines_returned
from analysis.outcomes.effects import Rows, rows_with
from analysis.study import StudyError
from analysis.survey import Sample

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
    values are usual; compare with what a known column explains.

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
