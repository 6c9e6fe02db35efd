"""How much of what an outcome's answers share with the ratings is each rating's."""

from __future__ import annotations

import math

import numpy as np

from analysis.estimate import Estimate, statistic
from analysis.outcomes.drivers.draws import from_draws
from analysis.outcomes.drivers.rated import Rated
from analysis.study import StudyError

METHODS = ("lmg", "johnson")
MOST = 15
CHUNK = 8


def lmg(correlation: np.ndarray) -> np.ndarray:
    r"""Each driver's part of R², averaged over all orders of entry.

    Parameters
    ----------
    correlation : ndarray, shape (..., n_drivers + 1, n_drivers + 1)
        Correlations of the drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., n_drivers)
        Parts that sum to R².

    Raises
    ------
    StudyError
        With more than 15 drivers.

    Notes
    -----
    :math:`\sum_{S \not\ni j} \frac{|S|!\,(p-1-|S|)!}{p!} (R^2_{S\cup j} - R^2_S)`
    [1]_ over all :math:`2^p` subsets :math:`S`. A tree of sweeps visits each subset
    once: leaving a driver out drops its row, taking it in subtracts its rank-one part,
    for all matrices at once. A driver that those before it foretell adds nothing.

    References
    ----------
    .. [1] Lindeman, R. H., Merenda, P. F. and Gold, R. Z. (1980). Introduction to
       Bivariate and Multivariate Analysis, p. 119 ff. Scott, Foresman; see Grömping,
       U. (2006). Relative importance for linear regression in R: the package
       relaimpo. Journal of Statistical Software 17(1).

    Examples
    --------
    >>> lmg(np.array([[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1]])).round(2).tolist()
    [0.36, 0.09]
    """
    *stack, columns, _ = correlation.shape
    drivers = columns - 1
    if drivers > MOST:
        raise StudyError(
            f"LMG is exact for up to {MOST} drivers; there are {drivers}. Use "
            "method='johnson', which comes close, or name fewer drivers."
        )
    flat = correlation.reshape(-1, columns, columns)
    share = _order_weights(drivers)
    parts = [
        -_residuals(flat[start : start + CHUNK]).T @ share
        for start in range(0, len(flat), CHUNK)
    ]
    return np.concatenate(parts).reshape(*stack, drivers)


def johnson(correlation: np.ndarray) -> np.ndarray:
    r"""Johnson's relative weights.

    Parameters
    ----------
    correlation : ndarray, shape (..., n_drivers + 1, n_drivers + 1)
        Correlations of the drivers and, last, the outcome.

    Returns
    -------
    ndarray, shape (..., n_drivers)
        Parts that sum to R².

    Notes
    -----
    With the symmetric root :math:`\Lambda = R_{xx}^{1/2}`, the drivers are seen as
    mixtures of the uncorrelated columns nearest to them: :math:`\Lambda^{\circ 2}
    (\Lambda^{-1} r_{xy})^{\circ 2}` [1]_. Close to LMG and quick for any number of
    drivers, but without its derivation.

    References
    ----------
    .. [1] Johnson, J. W. (2000). A heuristic method for estimating the relative
       weight of predictor variables in multiple regression. Multivariate Behavioral
       Research 35(1), 1-19.

    Examples
    --------
    >>> johnson(np.array([[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1]])).round(2).tolist()
    [0.36, 0.09]
    """
    among, outcome = correlation[..., :-1, :-1], correlation[..., :-1, -1]
    values, vectors = np.linalg.eigh(among)
    root = np.sqrt(np.maximum(values, 0.0))[..., None, :]
    turned = np.swapaxes(vectors, -1, -2)
    mixture = (vectors * root) @ turned
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > 1e-7)
    weights = (vectors * inverse) @ turned @ outcome[..., None]
    return (mixture**2 @ weights**2)[..., 0]


def parts_of(correlation: np.ndarray, method: str) -> np.ndarray:
    """Importance by the method of that name; see `lmg` and `johnson`.

    Raises
    ------
    StudyError
        If the method is none of the two.

    Examples
    --------
    >>> parts_of(np.array([[1, 0.5], [0.5, 1]]), "lmg").tolist()
    [0.25]
    """
    if method not in METHODS:
        raise StudyError(f"Importance is {' or '.join(METHODS)}, not {method!r}.")
    return lmg(correlation) if method == "lmg" else johnson(correlation)


@statistic
def driver_importance(
    found: Rated, *, method: str = "lmg", of: str = "explained"
) -> dict[str, Estimate]:
    r"""Each driver's part of what the ratings together explain of the outcome.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.
    method : str
        ``lmg`` (up to 15 drivers) or ``johnson``.
    of : str
        ``explained``: shares of R², which sum to one; ``all``: parts of the outcome's
        variance, which sum to R².

    Returns
    -------
    dict of str to Estimate
        One per driver by label, unit `share`, in the order of the study file.

    Raises
    ------
    StudyError
        If the method is unknown or LMG has more than 15 drivers.

    Notes
    -----
    See `lmg` and `johnson`, on weighted correlations. The error comes from
    replicates: customers are drawn and weighted anew. The interval is the wider of
    Student's and of that on the logit scale, within 0 and 1. Importance is never
    negative, so it has no test: whether a driver has anything to say is tested by
    `driver_effects`. It counts what goes together, halo included; see `halo_check`.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(400, 3)), columns=["y", "a", "b"])
    >>> rows["y"] += 2 * rows["a"] + rows["b"]
    >>> made = driver_importance(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng))
    >>> {name: round(one.value, 1) for name, one in made.items()}
    {'A': 0.8, 'B': 0.2}
    """
    parts = parts_of(found.correlations(), method)
    if of == "explained":
        parts = parts / parts.sum(axis=1, keepdims=True)
    return from_draws(found, found.drivers, parts, unit="share", within=(0.0, 1.0))


@statistic
def explained_by_ratings(found: Rated) -> Estimate:
    """Share of the outcome's variance that the ratings together explain (R²).

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.

    Returns
    -------
    Estimate
        Unit `share`.

    Notes
    -----
    Weighted. Not adjusted for the number of drivers: with few answers it is too
    large, by about drivers / answers.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(400, 3)), columns=["y", "a", "b"])
    >>> rows["y"] += rows["a"]
    >>> round(explained_by_ratings(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng)).value, 1)
    0.5
    """
    whole = johnson(found.correlations()).sum(axis=1, keepdims=True)
    return from_draws(found, ["all"], whole, unit="share", within=(0.0, 1.0))["all"]


def _residuals(correlation: np.ndarray) -> np.ndarray:
    """Unexplained share by subset (bit k: driver k is in) and matrix."""
    state = np.ascontiguousarray(correlation.transpose(1, 2, 0))[None]
    for _ in range(len(correlation[0]) - 1):
        pivot, row, without = state[:, :1, 0], state[:, 0, 1:], state[:, 1:, 1:]
        inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=pivot > 1e-10)
        taken = np.concatenate([without, without])
        taken[len(without) :] -= row[:, :, None] * (row * inverse)[:, None]
        state = taken
    return state[:, 0, 0]


def _order_weights(drivers: int) -> np.ndarray:
    """What R² of each subset counts in each driver's mean over orders."""
    subsets = np.arange(2**drivers)
    has = (subsets[:, None] >> np.arange(drivers)) & 1
    before = has.sum(axis=1, keepdims=True) - has
    chances = np.array(
        [1 / (drivers * math.comb(drivers - 1, s)) for s in range(drivers)]
    )
    return np.where(has == 1, 1.0, -1.0) * chances[np.minimum(before, drivers - 1)]
