"""Pairs of values within documents: what Krippendorff's alpha is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from analysis.study import StudyError

Level = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True, eq=False)
class Coincidences:
    """Values per document, with equal documents merged.

    Attributes
    ----------
    seen : ndarray, shape (n_values,)
        The values that occur, in order.
    counts : ndarray, shape (n_patterns, n_values)
        How often each value occurs in a document of the pattern.
    documents : ndarray of int, shape (n_patterns,)
        How many documents have the pattern.
    """

    seen: np.ndarray
    counts: np.ndarray
    documents: np.ndarray

    @property
    def n_documents(self) -> int:
        """Documents with at least two values."""
        return int(self.documents.sum())

    def disagreements(self, apart: np.ndarray) -> np.ndarray:
        """Distance summed over the pairs of one document of each pattern."""
        pairs = np.einsum("pi,ij,pj->p", self.counts, apart, self.counts)
        return pairs / (self.counts.sum(axis=1) - 1)

    def expected(self, apart: np.ndarray) -> float:
        """Mean distance of two values drawn from all documents."""
        totals = self.documents @ self.counts
        n = totals.sum()
        return float(totals @ apart @ totals / (n * (n - 1)))

    def alpha(self, apart: np.ndarray) -> float:
        """One minus observed over expected distance; none without variation."""
        return float(self.alphas(apart, self.documents[None, :])[0])

    def alphas(self, apart: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Alpha of several samples, given how often each has every pattern."""
        totals = (times @ self.counts).astype(float)
        size = totals.sum(axis=1)
        observed = times @ self.disagreements(apart) / size
        expected = ((totals @ apart) * totals).sum(axis=1) / (size * (size - 1))
        ratio = np.full(len(times), np.nan)
        np.divide(observed, expected, out=ratio, where=expected > 0)
        return 1 - ratio


def coincide(ratings: pd.DataFrame) -> Coincidences:
    """Count the values of each document and merge documents that look alike.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.

    Returns
    -------
    Coincidences
        Of the documents with at least two values.

    Raises
    ------
    StudyError
        If there is none.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [1, 0, 1], "bob": [1, 1, None]})
    >>> coincide(ratings).counts.tolist()
    [[0, 2], [1, 1]]
    """
    table = ratings.to_numpy(dtype=float)
    shared = table[(~np.isnan(table)).sum(axis=1) >= 2]
    if not len(shared):
        raise StudyError(
            "No document was read by two coders, so agreement cannot be told. Let "
            "two people code the same documents, about 200 of them."
        )
    values = np.unique(shared[~np.isnan(shared)])
    counts = (shared[:, :, None] == values).sum(axis=1)
    patterns, documents = np.unique(counts, axis=0, return_counts=True)
    return Coincidences(values, patterns, documents)


def distances(counted: Coincidences, level: Level) -> np.ndarray:
    r"""Squared distance between every two values.

    Parameters
    ----------
    counted : Coincidences
        Gives the values and, for ordinal ones, how often each occurs.
    level : {"nominal", "ordinal", "interval"}
        Kind of scale.

    Returns
    -------
    ndarray of float, shape (n_values, n_values)
        Zero on the diagonal.

    Raises
    ------
    ValueError
        If the level is unknown.

    Notes
    -----
    Ordinal: :math:`\left(\sum_{g=c}^{k} n_g - (n_c + n_k)/2\right)^2`.

    Examples
    --------
    >>> counted = coincide(pd.DataFrame({"ann": [1, 2], "bob": [1, 4]}))
    >>> distances(counted, "interval").tolist()
    [[0.0, 1.0, 9.0], [1.0, 0.0, 4.0], [9.0, 4.0, 0.0]]
    """
    if level == "nominal":
        return 1.0 - np.eye(len(counted.seen))
    if level == "interval":
        places = counted.seen
    elif level == "ordinal":
        totals = (counted.documents @ counted.counts).astype(float)
        # The middle rank of each value: its distance to another is the formula's.
        places = np.cumsum(totals) - totals / 2
    else:
        raise ValueError(f"level {level!r} is none of nominal, ordinal, interval")
    return np.subtract.outer(places, places) ** 2


def resampled_alphas(
    counted: Coincidences,
    apart: np.ndarray,
    *,
    rng: np.random.Generator,
    replicates: int,
) -> np.ndarray:
    """Alpha of samples of documents drawn with replacement.

    Parameters
    ----------
    counted : Coincidences
        The documents.
    apart : ndarray, shape (n_values, n_values)
        Squared distances.
    rng : Generator
        Source of randomness.
    replicates : int
        How many samples.

    Returns
    -------
    ndarray of float, shape (replicates,)
        Missing where the values of a sample do not vary.

    Notes
    -----
    Drawing documents is drawing how often each pattern occurs, so the work does
    not grow with the number of documents.

    Examples
    --------
    >>> counted = coincide(pd.DataFrame({"ann": [1, 0] * 50, "bob": [1, 0] * 50}))
    >>> drawn = resampled_alphas(counted, distances(counted, "nominal"),
    ...     rng=np.random.default_rng(1), replicates=3)
    >>> drawn.tolist()
    [1.0, 1.0, 1.0]
    """
    n = counted.n_documents
    times = rng.multinomial(n, counted.documents / n, size=replicates)
    return counted.alphas(apart, times)


def corrected_interval(
    counted: Coincidences, apart: np.ndarray, *, drawn: np.ndarray, confidence: float
) -> tuple[float, float]:
    r"""Bootstrap interval, corrected for bias and for errors that grow with alpha.

    Parameters
    ----------
    counted : Coincidences
        The documents.
    apart : ndarray, shape (n_values, n_values)
        Squared distances.
    drawn : ndarray of float, shape (replicates,)
        See `resampled_alphas`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper bound; missing where half of the samples do not vary.

    Notes
    -----
    BCa of [1]_: the percentiles are moved by the bias :math:`z_0` of the
    replicates and the acceleration :math:`a`, from leaving out one document at a
    time.

    References
    ----------
    .. [1] Efron, B. (1987). Better bootstrap confidence intervals. JASA 82(397),
       171-185.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [1, 0] * 50, "bob": [1, 0] * 49 + [0, 1]})
    >>> counted = coincide(ratings)
    >>> apart = distances(counted, "nominal")
    >>> drawn = resampled_alphas(counted, apart, rng=np.random.default_rng(1),
    ...     replicates=999)
    >>> low, high = corrected_interval(counted, apart, drawn=drawn, confidence=0.95)
    >>> round(low, 2), round(high, 2)
    (0.9, 1.0)
    """
    kept = drawn[~np.isnan(drawn)]
    if len(kept) < max(len(drawn) / 2, 2):
        return math.nan, math.nan
    value = counted.alpha(apart)
    below = (kept < value).mean() + (kept == value).mean() / 2
    bias = stats.norm.ppf(np.clip(below, 1 / len(kept), 1 - 1 / len(kept)))
    shift = bias + stats.norm.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
    places = stats.norm.cdf(bias + shift / (1 - _acceleration(counted, apart) * shift))
    low, high = np.quantile(kept, np.sort(places))
    return float(low), float(high)


def _acceleration(counted: Coincidences, apart: np.ndarray) -> float:
    without = counted.documents - np.eye(len(counted.documents), dtype=int)
    values = counted.alphas(apart, without)
    times = np.where(np.isnan(values), 0, counted.documents)
    gaps = np.average(np.nan_to_num(values), weights=times) - np.nan_to_num(values)
    spread = float(times @ gaps**2)
    return float(times @ gaps**3 / (6 * spread**1.5)) if spread > 0 else 0.0
