"""Regularised models of chances and counts, their penalty chosen by folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, xlog1py, xlogy

GRID = (0.01, 0.1, 1.0)
ADDED_GRID = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0)
FOLDS = 4
STEPS, HALVINGS = 50, 30
DONE = 1e-9
FAR = 500.0


@dataclass(frozen=True, eq=False)
class Rows:
    """Answers as numbers.

    Parameters
    ----------
    happened, chances : ndarray, shape (n_rows,)
        What happened, and out of how many chances; for counts the chances are one.
    weights : ndarray, shape (n_rows,)
        Above 0.
    people : ndarray of int, shape (n_rows,)
        Who answered, so that folds keep people whole.
    """

    happened: np.ndarray
    chances: np.ndarray
    weights: np.ndarray
    people: np.ndarray

    def where(self, chosen: np.ndarray) -> Rows:
        """Return some of the rows."""
        return Rows(*(one[chosen] for one in vars(self).values()))


class Columns:
    """Predictors on one scale, as the training rows have them.

    All are centred and divided by their standard deviation; a text stands for its
    levels. Counts and amounts, which a few have very much of, are taken by their
    logarithm (plus one): `has_tails`.
    """

    def __init__(
        self, train: pd.DataFrame, names: list[str], *, has_tails: bool = False
    ) -> None:
        self.names, self.has_tails = names, has_tails
        self.levels = {
            name: sorted(train[name].astype("str").unique())[1:]
            for name in names
            if not pd.api.types.is_numeric_dtype(train[name])
        }
        raw = self._raw(train)
        self.mean, self.spread = raw.mean(axis=0), raw.std(axis=0)
        self.varies = self.spread > 0

    def __call__(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the columns of a frame, those left out that did not vary."""
        raw = (self._raw(frame) - self.mean)[:, self.varies]
        return np.asarray(raw / self.spread[self.varies])

    def _raw(self, frame: pd.DataFrame) -> np.ndarray:
        made = []
        for name in self.names:
            if name in self.levels:
                text = frame[name].astype("str")
                made += [text.eq(one).to_numpy(float) for one in self.levels[name]]
            else:
                values = frame[name].to_numpy(dtype=float)
                made.append(np.log1p(values.clip(0)) if self.has_tails else values)
        return np.column_stack(made)


def linear_predictors(
    kind: str,
    rows: Rows,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    r"""Linear predictors of new answers without and with the added columns.

    Parameters
    ----------
    kind : str
        ``chance`` or ``count``.
    rows : Rows
        To train on.
    train, test : tuple of ndarray
        History and added columns of the rows to train on, and of new ones.

    Returns
    -------
    tuple of ndarray
        One linear predictor per new answer, from history alone and from both.

    Notes
    -----
    First history's penalty is chosen by folds of people, then, with that one kept,
    the added columns' own. So the second model is the first and something more, and
    no gain comes from a luckier penalty.
    """
    ones, new = np.ones((len(train[0]), 1)), np.ones((len(test[0]), 1))
    plain = np.hstack([ones, train[0]])
    full = np.hstack([plain, train[1]])
    widths = [one.shape[1] for one in train]
    first = _chosen(kind, rows, plain, [_penalties(widths[:1], [k]) for k in GRID])
    known = first[1] if len(first) > 1 else GRID[0]
    options = [_penalties(widths, [known, k]) for k in ADDED_GRID]
    second = _chosen(kind, rows, full, options)
    return (
        np.hstack([new, test[0]]) @ ridge(kind, rows, plain, first),
        np.hstack([new, *test]) @ ridge(kind, rows, full, second),
    )


def ridge(
    kind: str, rows: Rows, matrix: np.ndarray, penalties: np.ndarray
) -> np.ndarray:
    r"""Coefficients of a penalised logistic or Poisson regression.

    Parameters
    ----------
    kind : str
        ``chance`` or ``count``.
    rows : Rows
        What happened.
    matrix : ndarray, shape (n_rows, n_terms)
        Ones and predictors, each with a standard deviation near one.
    penalties : ndarray, shape (n_terms,)
        One per term, 0 for the intercept.

    Returns
    -------
    ndarray, shape (n_terms,)
        Of the linear predictor.

    Notes
    -----
    Minimises the mean negative log-likelihood plus
    :math:`\tfrac{v}{2} \sum \lambda_j \beta_j^2` [1]_ with :math:`v` the variance
    of one chance at the overall rate (of a count: its mean), so that a penalty of 1
    halves a small effect whatever the rate. Newton's method, halving steps that
    overshoot.

    References
    ----------
    .. [1] le Cessie, S. and van Houwelingen, J. C. (1992). Ridge estimators in
       logistic regression. Applied Statistics 41(1), 191-201.

    Examples
    --------
    >>> two = np.array([1.0, 0.0, 1.0, 1.0])
    >>> rows = Rows(two, np.ones(4), np.ones(4), np.arange(4))
    >>> round(float(ridge("chance", rows, np.ones((4, 1)), np.zeros(1))[0]), 6)
    1.098612
    """
    shares = rows.weights / (rows.weights @ rows.chances)
    rate = float(shares @ rows.happened)
    weight = penalties * (rate * (1 - rate) if kind == "chance" else rate)
    found = np.zeros(matrix.shape[1])
    found[0] = np.log(rate / (1 - rate)) if kind == "chance" else np.log(rate)
    best = _objective(kind, rows, shares, matrix @ found)
    for _ in range(STEPS):
        mean = mean_of(kind, matrix @ found)
        curve = (
            shares * rows.chances * (mean * (1 - mean) if kind == "chance" else mean)
        )
        slope = matrix.T @ (shares * (rows.chances * mean - rows.happened))
        hessian = (matrix.T * curve) @ matrix + np.diag(weight)
        step = np.linalg.solve(hessian, slope + weight * found)
        for _ in range(HALVINGS):
            tried = found - step
            value = _objective(kind, rows, shares, matrix @ tried)
            value += float(weight @ tried**2) / 2
            if value <= best + DONE:
                break
            step = step / 2
        found, best = tried, value
        if np.abs(step).max() < DONE:
            break
    return found


def _objective(kind: str, rows: Rows, shares: np.ndarray, eta: np.ndarray) -> float:
    """Mean negative log-likelihood, but for what does not depend on the predictor."""
    grown = np.logaddexp(0, eta) if kind == "chance" else np.exp(np.minimum(eta, FAR))
    return float(shares @ (rows.chances * grown - rows.happened * eta))


def _penalties(widths: list[int], strengths: list[float]) -> np.ndarray:
    return np.concatenate([[0.0], np.repeat(strengths, widths)])


def _chosen(
    kind: str, rows: Rows, matrix: np.ndarray, options: list[np.ndarray]
) -> np.ndarray:
    """Pick the penalties whose left-out folds are predicted best."""
    losses, fold = [0.0] * len(options), rows.people % FOLDS
    for number in range(FOLDS):
        out = fold == number
        part, left = rows.where(~out), rows.where(out)
        for place, penalties in enumerate(options):
            found = ridge(kind, part, matrix[~out], penalties)
            eta = matrix[out] @ found
            losses[place] += float(left.weights @ deviance(kind, left, eta))
    return options[int(np.argmin(losses))]


def mean_of(kind: str, eta: np.ndarray) -> np.ndarray:
    """Mean per chance, or count, that a linear predictor stands for."""
    return np.asarray(expit(eta) if kind == "chance" else np.exp(eta))


def deviance(kind: str, rows: Rows, eta: np.ndarray) -> np.ndarray:
    """Deviance of each row: binomial for chances, Poisson for counts.

    Examples
    --------
    >>> one = np.ones(1)
    >>> rows = Rows(happened=one, chances=2 * one, weights=one, people=one)
    >>> deviance("chance", rows, np.zeros(1)).tolist()
    [0.0]
    """
    y, n = rows.happened, rows.chances
    mean = mean_of(kind, eta)
    if kind == "chance":
        apart = xlogy(y, y / n) + xlogy(n - y, 1 - y / n)
        return np.asarray(2 * (apart - xlogy(y, mean) - xlog1py(n - y, -mean)))
    return np.asarray(2 * (xlogy(y, y) - y * eta - (y - mean)))
