"""Curves of chances, counts and money, fitted to weighted answers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analysis.study import StudyError

STEPS = 50
HALVINGS = 20
DONE = 1e-9
ROUNDING = 1e-10
FLATTEST = 1e-10


@dataclass(frozen=True, eq=False)
class Curve:
    r"""A mean that follows predictors, with what each row adds to its error.

    Parameters
    ----------
    kind : str
        ``chance`` (logistic), ``count`` (Poisson) or ``money`` (gamma), the last two
        with logarithmic link.
    coefficients : ndarray, shape (n_terms,)
        Of the intercept, the question and what is adjusted for.
    influence : ndarray, shape (n_rows, n_terms)
        The coefficients' linearised variables: weighted with the answers' weights
        their total has the variance of the coefficients.
    """

    kind: str
    coefficients: np.ndarray
    influence: np.ndarray

    def at(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean at each row, with its first and second derivative by the predictor.

        Examples
        --------
        >>> flat = Curve("chance", np.array([0.0, 0.0]), np.zeros((1, 2)))
        >>> [one.tolist() for one in flat.at(np.array([[1.0, 3.0]]))]
        [[0.5], [0.25], [0.0]]
        """
        mean = _mean(self.kind, matrix @ self.coefficients)
        if self.kind == "chance":
            slope = mean * (1 - mean)
            return mean, slope, slope * (1 - 2 * mean)
        return mean, mean, mean

    def spread(self, rows: np.ndarray) -> Curve:
        """Return the curve of some rows among all rows; the others add nothing."""
        influence = np.zeros((len(rows), len(self.coefficients)))
        influence[rows] = self.influence
        return Curve(self.kind, self.coefficients, influence)


def fitted_curve(
    matrix: np.ndarray,
    outcome: np.ndarray,
    *,
    weights: np.ndarray,
    kind: str,
    trials: np.ndarray | None = None,
) -> Curve:
    r"""Fit a curve by weighted quasi-likelihood.

    Parameters
    ----------
    matrix : ndarray, shape (n_rows, n_terms)
        Ones, the question, and what is adjusted for.
    outcome : ndarray, shape (n_rows,)
        Hits, counts or money.
    weights : ndarray, shape (n_rows,)
        Above 0.
    kind : str
        ``chance``, ``count`` or ``money``.
    trials : ndarray, shape (n_rows,), optional
        For ``chance``, how often each row could hit; once if not given.

    Returns
    -------
    Curve
        With one row of influence per row of the matrix.

    Raises
    ------
    StudyError
        If predictors repeat one another, or foretell the outcome without fail.

    Notes
    -----
    Solves :math:`\sum_i w_i x_i (y_i - n_i \mu_i) / v(\mu_i) = 0` with
    :math:`v = 1` for chances and counts, whose links are canonical, and
    :math:`v = \mu` for money [1]_. Only the mean need be right; the errors come from
    the spread of what customers did. The influence is
    :math:`H^{-1} x_i (y_i - n_i \mu_i)/v` with the observed Hessian :math:`H`.

    References
    ----------
    .. [1] Wedderburn, R. W. M. (1974). Quasi-likelihood functions, generalized linear
       models, and the Gauss-Newton method. Biometrika 61(3), 439-447.

    Examples
    --------
    >>> ones = np.ones((4, 1))
    >>> hit = np.array([1.0, 0.0, 0.0, 0.0])
    >>> curve = fitted_curve(ones, hit, weights=np.ones(4), kind="chance")
    >>> round(float(curve.at(ones)[0][0]), 6)
    0.25
    """
    size = np.ones(len(outcome)) if trials is None else trials
    span = np.abs(matrix).max(axis=0)
    if not (span > 0).all():
        raise StudyError("Something adjusted for is the same in all rows that count.")
    fit = _Fit(kind, matrix / span, outcome, size, weights)
    found = fit.minimum()
    return Curve(kind, found / span, fit.influence(found) / span)


@dataclass(frozen=True, eq=False)
class _Fit:
    """What a curve is fitted to; the loss is convex, so Newton's steps find its end."""

    kind: str
    matrix: np.ndarray
    outcome: np.ndarray
    size: np.ndarray
    weights: np.ndarray

    def minimum(self) -> np.ndarray:
        found = self._start()
        for _ in range(STEPS):
            score, curvature = _terms(self.kind, self._eta(found), *self._data)
            inverse = _solved(self.matrix, self.weights * curvature)
            step = inverse @ (self.matrix.T @ (self.weights * score))
            if np.abs(step).max() < DONE:
                return found
            found = found + self._shortened(found, step)
        raise StudyError(
            "The answers foretell without fail who does it and who does not, or do "
            "so for one group adjusted for. Then no difference per point can be told: "
            "put groups together, adjust for less, or wait for more answers."
        )

    def influence(self, found: np.ndarray) -> np.ndarray:
        score, curvature = _terms(self.kind, self._eta(found), *self._data)
        inverse = _solved(self.matrix, self.weights * curvature)
        return np.asarray((self.matrix * score[:, None]) @ inverse)

    @property
    def _data(self) -> tuple[np.ndarray, np.ndarray]:
        return self.outcome, self.size

    def _eta(self, coefficients: np.ndarray) -> np.ndarray:
        return np.asarray(self.matrix @ coefficients)

    def _start(self) -> np.ndarray:
        """The curve that does not follow anything."""
        mean = np.average(self.outcome / self.size, weights=self.weights * self.size)
        if not 0 < mean < (1 if self.kind == "chance" else np.inf):
            raise StudyError(
                f"The mean is {mean:g}: nobody did it, all did, or they paid less than "
                "nought. No curve goes through that."
            )
        found = np.zeros(self.matrix.shape[1])
        found[0] = np.log(mean / (1 - mean)) if self.kind == "chance" else np.log(mean)
        return found

    def _shortened(self, found: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Halve a step until it does not overshoot."""
        before = self._loss(found)
        most = before + ROUNDING * (abs(before) + self.weights.sum())
        for _ in range(HALVINGS):
            if self._loss(found + step) <= most:
                break
            step = step / 2
        return step

    def _loss(self, coefficients: np.ndarray) -> float:
        each = _loss(self.kind, self._eta(coefficients), *self._data)
        return float(self.weights @ each)


def _mean(kind: str, eta: np.ndarray) -> np.ndarray:
    if kind == "chance":
        return np.asarray(expit(eta))
    return np.exp(np.clip(eta, -300, 300))


def _loss(
    kind: str, eta: np.ndarray, outcome: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Each row's part of what the fit makes small; convex in the coefficients."""
    if kind == "chance":
        return np.asarray(size * np.logaddexp(0, eta) - outcome * eta)
    if kind == "count":
        return np.asarray(_mean(kind, eta) - outcome * eta)
    return np.asarray(outcome * _mean(kind, -eta) + eta)


def _terms(
    kind: str, eta: np.ndarray, outcome: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Score and curvature of each row."""
    mean = _mean(kind, eta)
    if kind == "money":
        return outcome / mean - 1, outcome / mean
    curvature = size * (mean * (1 - mean) if kind == "chance" else mean)
    return outcome - size * mean, curvature


def _solved(matrix: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Inverse of the information, or an error where there is none."""
    information = (matrix.T * curvature) @ matrix
    root = np.sqrt(np.abs(np.diag(information)))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        scaled = information / np.outer(root, root)
        is_sound = np.isfinite(scaled).all()
        is_sound = is_sound and np.linalg.eigvalsh(scaled)[0] > FLATTEST
    if not is_sound:
        raise StudyError(
            "What is adjusted for repeats the question or itself, or the answers "
            "foretell without fail who does it. Adjust for less."
        )
    return np.asarray(np.linalg.inv(scaled) / np.outer(root, root))
