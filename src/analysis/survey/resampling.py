"""Replicate weights: the samples that might have been."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.study import StudyError
from analysis.survey.design import clusters_of, strata_of
from analysis.survey.readjust import readjust
from analysis.survey.sample import Sample, weights_of

KINDS = ("bootstrap", "jackknife")
LARGEST = 10**8


@dataclass(frozen=True, eq=False)
class Replicates:
    """Weights of the samples that might have been.

    Parameters
    ----------
    weights : ndarray, shape (n_rows, n_replicates)
        Rows in the order of the sample's frame.
    coefficients : ndarray, shape (n_replicates,)
        What each squared deviation counts in the variance.
    degrees : float
        Clusters minus strata.
    kind : str
        ``bootstrap`` or ``jackknife``.
    """

    weights: np.ndarray
    coefficients: np.ndarray
    degrees: float
    kind: str


def replicates(
    sample: Sample,
    *,
    kind: str = "bootstrap",
    rng: np.random.Generator | None = None,
    number: int = 400,
) -> Replicates:
    r"""Draw replicate weights, adjusted to the population each time.

    Parameters
    ----------
    sample : Sample
        The answers, with clusters, strata and the record of their weighting. Without
        clusters each row is one.
    kind : str
        ``bootstrap`` or ``jackknife``.
    rng : Generator, optional
        Source of the bootstrap's draws; the jackknife needs none.
    number : int
        How many bootstrap replicates, 2 or more. The jackknife makes one per cluster.

    Returns
    -------
    Replicates
        Each reproduces the margins and totals of the sample, as far as its clusters
        allow.

    Raises
    ------
    StudyError
        If a stratum has a single cluster, the source of draws is missing, or the
        weights would not fit into memory.

    Notes
    -----
    Jackknife (JK1, with strata JKn): cluster :math:`c` of stratum :math:`h` is left
    out and the rest of the stratum weighted by :math:`n_h/(n_h-1)`; each squared
    deviation counts :math:`(n_h-1)/n_h`. Bootstrap (Rao and Wu [1]_):
    :math:`n_h - 1` clusters of each stratum are drawn with replacement and weighted
    by :math:`n_h/(n_h-1)` for each time drawn. A finite population
    multiplies the jackknife's squares by :math:`1-n_h/N_h` and draws the bootstrap's
    factors towards 1 by its root. Base weights are multiplied, then raked
    (and trimmed) or calibrated again: so the error holds what weighting gains, and
    what trimming costs. The jackknife is not for medians.

    References
    ----------
    .. [1] Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex
       survey data. JASA 83(401), 231-241.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"score": [1, 2, 3]}))
    >>> replicates(answers, kind="jackknife").weights
    array([[0. , 1.5, 1.5],
           [1.5, 0. , 1.5],
           [1.5, 1.5, 0. ]])
    """
    units = _units(sample)
    if kind == "jackknife":
        _check_size(len(sample.frame), len(units))
        factors, coefficients = _jackknife(units["stratum"].to_numpy())
        coefficients = coefficients * units["left"].to_numpy()
    elif kind == "bootstrap" and rng is not None and number > 1:
        _check_size(len(sample.frame), number)
        factors = _bootstrap(units["stratum"].to_numpy(), rng, number)
        factors = 1 + np.sqrt(units[["left"]].to_numpy()) * (factors - 1)
        coefficients = np.full(number, 1 / (number - 1))
    else:
        raise StudyError(
            f"Replicates are made by {' or '.join(KINDS)}, not {kind!r}; a bootstrap "
            "takes a generator (rng) and a number of replicates above 1."
        )
    column = sample.base_weights if sample.is_adjusted else sample.weights
    weights = weights_of(sample.frame, column)[:, None] * factors[_row_units(sample)]
    degrees = float(len(units) - units["stratum"].nunique())
    return Replicates(readjust(sample, weights), coefficients, degrees, kind)


def _units(sample: Sample) -> pd.DataFrame:
    """One row per cluster within its stratum, in the order of `_row_units`."""
    frame = sample.frame
    rows = pd.DataFrame({"stratum": strata_of(sample), "cluster": clusters_of(sample)})
    rows["there"] = frame[sample.population].to_numpy() if sample.population else np.inf
    units = rows.groupby(["stratum", "cluster"], as_index=False).first()
    drawn = units.groupby("stratum")["cluster"].transform("size")
    if (drawn < 2).any():
        raise StudyError(
            "A stratum has a single cluster, so its variance cannot be told. Put it "
            "together with another stratum."
        )
    return units.assign(left=(1 - drawn / units["there"]).clip(lower=0))


def _row_units(sample: Sample) -> np.ndarray:
    keys = pd.DataFrame({"stratum": strata_of(sample), "cluster": clusters_of(sample)})
    return keys.groupby(["stratum", "cluster"]).ngroup().to_numpy()


def _jackknife(strata: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.bincount(strata)[strata]
    mates = strata[:, None] == strata
    factors = np.where(mates, sizes / (sizes - 1), 1.0)
    np.fill_diagonal(factors, 0.0)
    return factors, (sizes - 1) / sizes


def _bootstrap(strata: np.ndarray, rng: np.random.Generator, number: int) -> np.ndarray:
    factors = np.empty((len(strata), number))
    for stratum in np.unique(strata):
        members = strata == stratum
        n = int(members.sum())
        times = rng.multinomial(n - 1, np.full(n, 1 / n), size=number)
        factors[members] = times.T * n / (n - 1)
    return factors


def _check_size(rows: int, number: int) -> None:
    if rows * number > LARGEST:
        raise StudyError(
            f"{number:,} replicates of {rows:,} rows do not fit into memory. Use a "
            f"bootstrap of at most {LARGEST // rows:,} replicates."
        )
