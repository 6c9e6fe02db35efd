"""Differences per point of a question, with what each answer adds to their error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import (
    Estimate,
    critical_value,
    effective_base,
    two_sided_p,
)
from analysis.outcomes.likelihood import Curve, fitted_curve
from analysis.study import StudyError
from analysis.survey import Sample, total
from analysis.survey.design import clusters_of
from analysis.survey.sample import weights_of

FEWEST = 20


@dataclass(frozen=True, eq=False)
class Effect:
    """A figure before it is given its error, so that figures can be combined.

    Parameters
    ----------
    value : float
        The figure.
    influence : ndarray, shape (n_rows,)
        One number per answer of the sample, 0 where it took no part. Weighted with
        the answers' weights their total has the figure's variance [1]_.
    base : int
        Answers that took part.
    effective_base : float
        After Kish.

    References
    ----------
    .. [1] Deville, J.-C. (1999). Variance estimation for complex statistics and
       estimators: linearization and residual techniques. Survey Methodology 25(2),
       193-203.
    """

    value: float
    influence: np.ndarray
    base: int
    effective_base: float

    def times(self, factor: float) -> Effect:
        """Return the effect in other units."""
        return Effect(
            self.value * factor,
            self.influence * factor,
            self.base,
            self.effective_base,
        )

    def minus(self, other: Effect) -> Effect:
        """Return what is left after another effect on the same answers."""
        return Effect(
            self.value - other.value,
            self.influence - other.influence,
            min(self.base, other.base),
            min(self.effective_base, other.effective_base),
        )

    def largest_share(self, sample: Sample) -> float:
        """Return the share of the variance that the heaviest cluster makes up."""
        squares = _cluster_squares(sample, self.influence)
        return float(squares.max() / squares.sum()) if squares.any() else 0.0

    def estimate(self, sample: Sample, *, unit: str) -> Estimate:
        r"""Give the effect its error, interval and p-value.

        Notes
        -----
        The error is that of the total of the influences over the design: by
        clusters, on residuals from the margins. Student's interval; its degrees of
        freedom are those of the variance of the clusters' sums,
        :math:`2 / (\sum z^4 / (\sum z^2)^2 - 1/m)` for :math:`m` of them, so that a
        figure that hangs on few people gets a wider one.
        """
        found = total(sample.with_columns(_influence=self.influence), "_influence")
        assert isinstance(found, Estimate)  # without levels there is one
        error = found.standard_error
        degrees = _degrees(_cluster_squares(sample, self.influence))
        half = critical_value(sample.confidence, degrees) * error
        return Estimate(
            value=self.value,
            standard_error=error,
            low=self.value - half,
            high=self.value + half,
            base=self.base,
            unit=unit,
            effective_base=self.effective_base,
            confidence=sample.confidence,
            p_value=two_sided_p(self.value, error, degrees),
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """The answers that a figure rests on, as numbers.

    Parameters
    ----------
    used : ndarray of bool, shape (n_answers,)
        Rows of the sample that take part.
    matrix : ndarray, shape (n_rows, n_terms)
        Ones, the question, and what is adjusted for.
    weights : ndarray, shape (n_rows,)
        The answers' weights.
    """

    used: np.ndarray
    matrix: np.ndarray
    weights: np.ndarray

    def within(self, rows: np.ndarray) -> Rows:
        """Keep some of the rows, such as those of buyers."""
        used = self.used.copy()
        used[self.used] = rows
        return Rows(used, self.matrix[rows], self.weights[rows])

    def curve(
        self, outcome: np.ndarray, *, kind: str, trials: np.ndarray | None = None
    ) -> Curve:
        """Fit a mean that follows the question; see `fitted_curve`."""
        return fitted_curve(
            self.matrix, outcome, weights=self.weights, kind=kind, trials=trials
        )

    def effect(self, value: float, influence: np.ndarray) -> Effect:
        """Place influences of the rows among those of all answers."""
        placed = np.zeros(len(self.used))
        placed[self.used] = influence
        return Effect(value, placed, len(influence), effective_base(self.weights))

    def slope(self, curve: Curve, exposure: np.ndarray) -> Effect:
        r"""Average marginal difference of a mean per point of the question.

        Notes
        -----
        :math:`\sum w n \beta \mu'(\eta) / \sum w n` with :math:`n` the exposure; its
        influence holds that of the coefficients and that of who answered.
        """
        _, first, second = curve.at(self.matrix)
        beta = curve.coefficients[1]
        shares = self.weights * exposure / (self.weights @ exposure)
        value = float(shares @ (beta * first))
        gradient = (shares * beta * second) @ self.matrix
        gradient[1] += shares @ first
        own = shares / self.weights * (beta * first - value)
        return self.effect(value, own + curve.influence @ gradient)

    def slope_of_product(self, chance: Curve, money: Curve) -> Effect:
        """Average marginal difference of a chance times an amount; see `slope`."""
        parts = [chance.at(self.matrix), money.at(self.matrix)]
        (p, p1, p2), (m, m1, m2) = parts
        b, c = chance.coefficients[1], money.coefficients[1]
        shares = self.weights / self.weights.sum()
        each = b * p1 * m + c * p * m1
        value = float(shares @ each)
        by_chance = (shares * (b * p2 * m + c * p1 * m1)) @ self.matrix
        by_chance[1] += shares @ (p1 * m)
        by_money = (shares * (b * p1 * m1 + c * p * m2)) @ self.matrix
        by_money[1] += shares @ (p * m1)
        own = shares / self.weights * (each - value)
        added = chance.influence @ by_chance + money.influence @ by_money
        return self.effect(value, own + added)


def rows_with(
    sample: Sample,
    question: str,
    needed: Sequence[str],
    *,
    where: np.ndarray | None = None,
    adjust: Sequence[str] = (),
) -> Rows:
    """Pick the answers that have all that is needed.

    Parameters
    ----------
    sample : Sample
        Answers with what was done around them.
    question : str
        Numeric column; its unit is the point.
    needed : sequence of str
        Columns that must be known.
    where : ndarray of bool, optional
        Rows to keep to.
    adjust : sequence of str
        Columns to compare within: texts by level, numbers as they are.

    Returns
    -------
    Rows
        The rest of the answers stay in the design.

    Raises
    ------
    StudyError
        If a column is missing, fewer than 20 answers are left, or the question or
        something adjusted for does not vary among them.

    Examples
    --------
    >>> people = pd.DataFrame({"recommend": range(11), "lines_after": 1.0})
    >>> twice = Sample(pd.concat([people, people], ignore_index=True))
    >>> rows_with(twice, "recommend", ["lines_after"]).matrix.shape
    (22, 2)
    """
    frame = sample.frame
    names = [question, *needed, *adjust]
    for name in names:
        if name not in frame:
            raise StudyError(
                f"The answers have no column {name}, so nothing can be set beside it."
            )
    used = frame[names].notna().all(axis=1).to_numpy()
    used = used if where is None else used & where
    kept = frame[used]
    if len(kept) < FEWEST:
        raise StudyError(
            f"{len(kept)} answers to {question} have a closed window and what is "
            f"needed of it; a difference per point takes {FEWEST}."
        )
    columns = [np.ones(len(kept)), _numbers(kept, question)]
    for name in adjust:
        columns += _adjusted(kept, name)
    weights = weights_of(frame, sample.weights)
    return Rows(used, np.column_stack(columns), weights[used])


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(frame[name]):
        raise StudyError(
            f"{name} is no number (such as {frame[name].iloc[0]!r}), so it has no "
            "points."
        )
    values = frame[name].to_numpy(dtype=float)
    if np.ptp(values) == 0:
        raise StudyError(
            f"All {len(values)} answers that count have {name} = {values[0]:g}: where "
            "it does not vary nothing can follow it."
        )
    return values


def _adjusted(frame: pd.DataFrame, name: str) -> list[np.ndarray]:
    if pd.api.types.is_numeric_dtype(frame[name]):
        return [_numbers(frame, name)]
    levels = sorted(frame[name].astype("str").unique())
    if len(levels) < 2:
        raise StudyError(
            f"All answers that count have {name} = {levels[0]}. Comparing within it "
            "takes two of them at least: leave it out."
        )
    return [frame[name].astype("str").eq(level).to_numpy(float) for level in levels[1:]]


def _cluster_squares(sample: Sample, influence: np.ndarray) -> np.ndarray:
    """Squares of what each cluster adds, without the margins."""
    added = weights_of(sample.frame, sample.weights) * influence
    return np.asarray(np.bincount(clusters_of(sample), added) ** 2)


def _degrees(squares: np.ndarray) -> float:
    if not squares.sum() > 0:
        return math.inf
    share = (squares**2).sum() / squares.sum() ** 2
    excess = share - 1 / len(squares)
    return max(1.0, 2 / excess) if excess > 0 else math.inf
