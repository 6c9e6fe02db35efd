"""Where a series of uncertain values may be some time from now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

GRID = 81
REACH = 4.0


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is known of a random walk's value now, for each size of its steps.

    Parameters
    ----------
    steps : ndarray, shape (n_grid,)
        Standard deviations of a step that were tried.
    probability : ndarray, shape (n_grid,)
        How probable each is; sums to one.
    mean, variance : ndarray, shape (n_grid,)
        Of the true value now, given each.
    """

    steps: np.ndarray
    probability: np.ndarray
    mean: np.ndarray
    variance: np.ndarray

    def chance_above(self, bound: float, *, ahead: float) -> np.ndarray:
        """Chance to lie above a bound so many steps ahead, for each size of step."""
        spread = np.sqrt(self.variance + ahead * self.steps**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = (self.mean - bound) / spread
        at = np.where(self.mean >= bound, 1.0, 0.0)
        return np.where(spread > 0, stats.norm.cdf(np.nan_to_num(distance)), at)


def outlook(times: np.ndarray, values: np.ndarray, errors: np.ndarray) -> Outlook:
    r"""Learn the present value and the size of the steps of a random walk.

    Parameters
    ----------
    times : ndarray of float, shape (n,)
        When each value was measured, rising; one step is one unit of time.
    values : ndarray of float, shape (n,)
        What was measured.
    errors : ndarray of float, shape (n,)
        Standard errors of the values, above 0.

    Returns
    -------
    Outlook
        Over a grid of step sizes.

    Notes
    -----
    The true value walks without drift, :math:`\theta_t = \theta_{t-1} + \eta_t`,
    :math:`\eta \sim N(0, \tau^2)`, and is measured as :math:`y_t \sim N(\theta_t,
    s_t^2)` with known :math:`s_t`: the local level model [1]_. For each :math:`\tau`
    on a grid from 0 the Kalman filter gives the present value and the likelihood of
    all differences. All :math:`\tau` are taken as equally probable beforehand. So the
    sampling error of the values is not mistaken for steps, and where few values leave
    :math:`\tau` open it stays open.

    References
    ----------
    .. [1] Durbin, J. and Koopman, S. J. (2012). Time Series Analysis by State Space
       Methods, 2nd edition, chapter 2. Oxford.

    Examples
    --------
    >>> still = outlook(np.arange(5.0), np.full(5, 30.0), np.full(5, 2.0))
    >>> bool(still.chance_above(30.0, ahead=2).mean().round(6) == 0.5)
    True
    """
    moves = np.diff(values)
    largest = REACH * np.sqrt(np.mean(moves**2) + np.mean(errors**2))
    steps = np.linspace(0.0, largest, GRID)
    mean, variance = np.full(GRID, values[0]), np.full(GRID, errors[0] ** 2)
    logs = np.zeros(GRID)
    for gap, value, error in zip(np.diff(times), values[1:], errors[1:], strict=True):
        before = variance + gap * steps**2
        spread, miss = before + error**2, value - mean
        logs -= 0.5 * (np.log(spread) + miss**2 / spread)
        mean, variance = mean + before / spread * miss, before * error**2 / spread
    weights = np.exp(logs - logs.max())
    return Outlook(steps, weights / weights.sum(), mean, variance)
