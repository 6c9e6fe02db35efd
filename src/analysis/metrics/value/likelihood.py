"""Maximum likelihood for models whose parameters are all above zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from analysis.estimate import Estimate, critical_value, statistic
from analysis.study import StudyError

STEP = 1e-4  # of a logarithm, for differences of gradients
EDGE = 12.0  # a logarithm beyond this is on its way to infinity or to zero
FLAT = 1e-6  # mean gradient at which the top is reached
VAGUE = 3.0  # standard error of a logarithm at which nothing is known

# Log-likelihood and gradient by the logarithms of the parameters, per row.
Contributions = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Fit:
    """A model fitted by maximum likelihood.

    Parameters
    ----------
    names : tuple of str
        Names of the k parameters.
    parameters : array of float, shape (k,)
        Above zero.
    covariance : array of float, shape (k, k)
        Of the logarithms of the parameters: the inverse of the observed
        information.
    influence : array of float, shape (n, k)
        How far each customer moves the logarithms; a column adds up to zero.
    log_likelihood : float
        At the maximum.
    left_out : int
        Customers that the model could not use.
    fixed : tuple of str
        Parameters that were held, since the data do not settle them.
    """

    names: tuple[str, ...]
    parameters: np.ndarray
    covariance: np.ndarray
    influence: np.ndarray
    log_likelihood: float
    left_out: int = 0
    fixed: tuple[str, ...] = ()

    @property
    def base(self) -> int:
        """Customers that were used."""
        return int((self.influence != 0).any(axis=1).sum())


@statistic
def model_parameters(fit: Fit, *, confidence: float = 0.95) -> dict[str, Estimate]:
    """Parameters that a model found, each with its interval.

    Parameters
    ----------
    fit : Fit
        From `fit_purchases` or `fit_spending`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to Estimate
        Unit `ratio`, though alpha is in weeks and v in money. Parameters that were
        held are left out: they are no finding.

    Notes
    -----
    The error of a logarithm is the root of the inverse observed information; the
    interval is the normal's in logarithms.

    Examples
    --------
    >>> fit = Fit(("q",), np.array([4.0]), np.array([[0.01]]), np.ones((9, 1)), -1.0)
    >>> q = model_parameters(fit)["q"]
    >>> round(q.standard_error, 2), round(q.low, 2), round(q.high, 2)
    (0.4, 3.29, 4.87)
    """
    errors = np.sqrt(np.diag(fit.covariance))
    z = critical_value(confidence)
    return {
        name: Estimate(
            value=value,
            standard_error=value * error,
            low=value * np.exp(-z * error),
            high=value * np.exp(z * error),
            base=fit.base,
            unit="ratio",
            confidence=confidence,
        )
        for name, value, error in zip(fit.names, fit.parameters, errors, strict=True)
        if name not in fit.fixed
    }


def maximise(
    contributions: Contributions,
    *,
    start: np.ndarray,
    counts: np.ndarray,
    rows: np.ndarray,
    names: tuple[str, ...],
    advice: str,
) -> Fit:
    """Find the parameters that make the data most likely.

    Parameters
    ----------
    contributions : callable
        Takes the logarithms of the parameters, shape (k,); returns each row's
        log-likelihood, shape (m,), and its gradient, shape (m, k).
    start : array of float, shape (k,)
        Parameters to begin with.
    counts : array of float, shape (m,)
        Customers that each row stands for.
    rows : array of int, shape (n,)
        The row of each customer.
    names : tuple of str
        Names of the parameters.
    advice : str
        What the analyst can do if there is no maximum.

    Returns
    -------
    Fit
        With the standard errors of the observed information.

    Raises
    ------
    StudyError
        If the likelihood has no maximum inside, or it was not reached.

    Notes
    -----
    BFGS on the mean log-likelihood, then Newton's steps. The information is the
    difference of analytic gradients. The influence of a customer is the inverse
    information times the customer's score [1]_.

    References
    ----------
    .. [1] Stefanski, L. A. and Boos, D. D. (2002). The calculus of M-estimation.
       The American Statistician 56(1), 29-38.

    Examples
    --------
    >>> waits = np.array([1.0, 2.0, 6.0])
    >>> def exponential(logs):
    ...     rate = np.exp(logs[0])
    ...     return logs[0] - rate * waits, (1 - rate * waits)[:, None]
    >>> fit = maximise(exponential, start=np.ones(1), counts=np.ones(3),
    ...     rows=np.arange(3), names=("rate",), advice="")
    >>> fit.parameters.round(6).tolist(), float(fit.covariance[0, 0].round(6))
    ([0.333333], 0.333333)
    """
    total = counts.sum()

    def cost(logs: np.ndarray) -> tuple[float, np.ndarray]:
        each, scores = contributions(np.clip(logs, -EDGE, EDGE))
        return -(counts @ each) / total, -(counts @ scores) / total

    found = optimize.minimize(
        cost, np.log(start), jac=True, method="BFGS", options={"gtol": 1e-6}
    )
    logs = _polished(cost, np.clip(found.x, -EDGE, EDGE))
    information = total * _information(cost, logs)
    _check(cost(logs)[1], logs, information, names=names, advice=advice)
    covariance = np.linalg.inv(information)
    each, scores = contributions(logs)
    return Fit(
        names=names,
        parameters=np.exp(logs),
        covariance=covariance,
        influence=(scores @ covariance)[rows],
        log_likelihood=float(counts @ each),
    )


Cost = Callable[[np.ndarray], tuple[float, np.ndarray]]


def _polished(cost: Cost, logs: np.ndarray) -> np.ndarray:
    """Take Newton's steps while they make the gradient smaller."""
    slope = cost(logs)[1]
    for _ in range(3):
        information = _information(cost, logs)
        if np.linalg.eigvalsh(information)[0] <= 0:
            break
        step = logs - np.linalg.solve(information, slope)
        if np.abs(step - logs).max() > 1:
            break
        after = cost(step)[1]
        if np.abs(after).max() >= np.abs(slope).max():
            break
        logs, slope = step, after
        if np.abs(slope).max() < FLAT / 1000:
            break
    return logs


def _information(cost: Cost, logs: np.ndarray) -> np.ndarray:
    """Second derivatives of the cost, from differences of its gradient."""
    steps = STEP * np.eye(len(logs))
    rows = [(cost(logs + s)[1] - cost(logs - s)[1]) / (2 * STEP) for s in steps]
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _check(
    slope: np.ndarray,
    logs: np.ndarray,
    information: np.ndarray,
    *,
    names: tuple[str, ...],
    advice: str,
) -> None:
    least = np.linalg.eigvalsh(information)[0]
    at_edge = np.abs(logs).max() > EDGE - 0.01
    if at_edge or np.abs(slope).max() > FLAT or least < 1 / VAGUE**2:
        raise StudyError(
            f"The data do not settle {', '.join(names)}: the likelihood has no clear "
            f"maximum. {advice}"
        )
