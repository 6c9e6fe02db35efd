"""Every coefficient of agreement is one minus disagreement seen over expected.

Both are functions of how often each pattern of ratings occurs among the documents.
From that follow the error by linearisation and the bootstrap interval, the same way
for all coefficients, without a loop over documents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse, special

from analysis.estimate import Estimate, critical_value, wilson_interval

Means = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
# Samples of more cells than this are held in single precision.
LARGE = 2_000_000


@dataclass(frozen=True, eq=False)
class Disagreement:
    """Disagreement of coders, by patterns of documents that look alike.

    Attributes
    ----------
    documents : ndarray of int, shape (n_patterns,)
        How many documents have each pattern.
    seen, expected : ndarray of float, shape (n_patterns,)
        What a document of the pattern adds to each: the linearised contributions,
        whose means over documents are the two figures themselves.
    means : function
        From times, shape (n_samples, n_patterns), to the two figures of each sample.
    widest : float
        The largest disagreement that two readers of a document can have.
    """

    documents: np.ndarray
    seen: np.ndarray
    expected: np.ndarray
    means: Means
    widest: float = 1.0

    @property
    def n_documents(self) -> int:
        """Documents in all patterns."""
        return int(self.documents.sum())

    @cached_property
    def chance(self) -> float:
        """Expected disagreement."""
        return float(self.means(self.documents[None, :].astype(float))[1][0])

    @cached_property
    def value(self) -> float:
        """One minus seen over expected; missing if nothing was expected."""
        return float(self.values(self.documents[None, :].astype(float))[0])

    def values(self, times: np.ndarray) -> np.ndarray:
        """Coefficient of several samples, given how often each has every pattern."""
        seen, expected = self.means(times)
        ratio = np.full(len(times), np.nan)
        # What is left of nothing after rounding is nothing.
        np.divide(seen, expected, out=ratio, where=expected > 1e-12)
        return 1 - np.where(np.abs(ratio) < 1e-12, 0.0, ratio)

    @cached_property
    def pulls(self) -> np.ndarray:
        """How far a document of each pattern pulls the coefficient, about zero."""
        raw = -(self.seen - (1 - self.value) * self.expected) / self.chance
        return raw - np.average(raw, weights=self.documents)

    def standard_error(self) -> float:
        """Error by linearisation over documents."""
        n = self.n_documents
        if n < 2 or math.isnan(self.value):
            return math.nan
        spread = float(self.documents @ self.pulls**2)
        return math.sqrt(spread / (n * (n - 1))) if spread > 1e-20 else 0.0


def estimated(
    parts: Disagreement,
    *,
    unit: str = "correlation",
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Turn the disagreement of coders into a coefficient with its interval.

    Parameters
    ----------
    parts : Disagreement
        Seen and expected, by patterns.
    unit : {"correlation", "share"}
        A share lies between 0 and 1.
    rng : Generator, optional
        Source of randomness of the bootstrap; without one the interval is in
        closed form.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        The standard error is that of linearisation in both cases. Without
        variation there is no value.

    Notes
    -----
    With documents :math:`u` the error is
    :math:`\sqrt{\sum_u (\kappa_u-\bar\kappa)^2 / (n(n-1))}` over linearised
    contributions [1]_. In closed form the interval is Student's t, for shares
    Wilson's on the base :math:`p(1-p)/\mathrm{SE}^2`; from the bootstrap see
    `bootstrap_interval`. Where coders never disagree the error is 0 and every
    replicate is 1: the lower bound then supposes that the share of documents on
    which they disagree is Wilson's upper bound for none in so many.

    References
    ----------
    .. [1] Gwet, K. L. (2008). Computing inter-rater reliability and its variance
       in the presence of high agreement. British Journal of Mathematical and
       Statistical Psychology 61(1), 29-48.

    Examples
    --------
    >>> parts = Disagreement(np.array([8, 2]), np.array([0.0, 1.0]), np.ones(2),
    ...     lambda times: (times @ [0.0, 1.0] / times.sum(axis=1), np.ones(len(times))))
    >>> one = estimated(parts, unit="share")
    >>> one.value, round(one.low, 2), round(one.high, 2)
    (0.8, 0.47, 0.95)
    """
    value, error, n = parts.value, parts.standard_error(), parts.n_documents
    base = _effective(value, error, n) if unit == "share" else float(n)
    if value == 1 or (unit == "share" and not (rng and error > 0)):
        low, high = _plausible(parts, base, unit, confidence)
    elif rng is not None:
        low, high = bootstrap_interval(
            parts, rng=rng, replicates=replicates, confidence=confidence
        )
    else:
        half = critical_value(confidence, n - 1) * error
        low, high = max(-1.0, value - half), min(1.0, value + half)
    return Estimate(
        value=value,
        standard_error=error,
        low=float(np.minimum(low, value)),
        high=float(np.maximum(high, value)),
        base=n,
        unit=unit,
        effective_base=base,
        confidence=confidence,
    )


def bootstrap_interval(
    parts: Disagreement,
    *,
    rng: np.random.Generator,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    r"""Bootstrap interval over documents, corrected for bias and skewness.

    Parameters
    ----------
    parts : Disagreement
        Seen and expected, by patterns.
    rng : Generator
        Source of randomness.
    replicates : int
        Samples of documents, drawn with replacement.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper bound; missing where half of the samples do not vary.

    Notes
    -----
    BCa of [1]_: the percentiles are moved by the bias :math:`z_0` of the
    replicates and the acceleration :math:`\sum L^3 / 6(\sum L^2)^{3/2}` of the
    documents' pulls :math:`L`. Drawing documents is drawing how often each pattern
    occurs, so the work grows with the patterns and not with the documents.

    References
    ----------
    .. [1] Efron, B. (1987). Better bootstrap confidence intervals. JASA 82(397),
       171-185.

    Examples
    --------
    >>> parts = Disagreement(np.array([8, 2]), np.array([0.0, 1.0]), np.ones(2),
    ...     lambda times: (times @ [0.0, 1.0] / times.sum(axis=1), np.ones(len(times))))
    >>> bounds = bootstrap_interval(parts, rng=np.random.default_rng(1))
    >>> tuple(round(one, 1) for one in bounds)
    (0.5, 1.0)
    """
    n = parts.n_documents
    times = rng.multinomial(n, parts.documents / n, size=replicates)
    drawn = parts.values(times.astype(np.float32 if times.size > LARGE else float))
    kept = drawn[~np.isnan(drawn)]
    if len(kept) < max(replicates / 2, 2):
        return math.nan, math.nan
    value = parts.value
    same = np.isclose(kept, value, rtol=0, atol=1e-6)
    below = ((kept < value) & ~same).mean() + same.mean() / 2
    bias = special.ndtri(np.clip(below, 1 / len(kept), 1 - 1 / len(kept)))
    shift = bias + special.ndtri(np.array([1 - confidence, 1 + confidence]) / 2)
    places = special.ndtr(bias + shift / (1 - _acceleration(parts) * shift))
    low, high = np.quantile(kept, np.sort(places))
    return float(low), float(high)


def pooled(parts: Sequence[Disagreement], places: Sequence[np.ndarray]) -> Disagreement:
    r"""Put the disagreement on several codes together.

    Parameters
    ----------
    parts : sequence of Disagreement
        One per code.
    places : sequence of ndarray of int, shape (n_documents,)
        For each code the pattern of every document; documents in one order.

    Returns
    -------
    Disagreement
        Sums over codes, by document: what a document shows on one code is not
        independent of what it shows on another.

    Notes
    -----
    The coefficient is :math:`1 - \sum_c D_c / \sum_c E_c`: each code keeps its own
    expectation, so codes of different frequency do not make agreement look higher
    [1]_. It is the mean of the codes' coefficients, weighted by :math:`E_c`.

    References
    ----------
    .. [1] De Vries, H. et al. (2008). Using pooled kappa to summarize interrater
       agreement across many items. Field Methods 20(3), 272-282.

    Examples
    --------
    >>> one = Disagreement(np.array([8, 2]), np.array([0.0, 1.0]), np.ones(2),
    ...     lambda times: (times @ [0.0, 1.0] / times.sum(axis=1), np.ones(len(times))))
    >>> pooled([one, one], [np.repeat([0, 1], [8, 2])] * 2).value
    0.8
    """
    n = len(places[0])
    marks = [
        sparse.csr_array(
            (np.ones(n, np.float32), (place, np.arange(n))),
            shape=(len(part.documents), n),
        )
        for part, place in zip(parts, places, strict=True)
    ]

    def means(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = [
            part.means((mark @ times.T).T)
            for part, mark in zip(parts, marks, strict=True)
        ]
        seen, expected = (np.array(one) for one in zip(*found, strict=True))
        # A code that nobody gave in a sample neither adds nor takes.
        return np.nansum(seen, axis=0), np.nansum(expected, axis=0)

    pairs = list(zip(parts, places, strict=True))
    return Disagreement(
        np.ones(n, dtype=int),
        np.sum([part.seen[place] for part, place in pairs], axis=0),
        np.sum([part.expected[place] for part, place in pairs], axis=0),
        means,
        widest=sum(part.widest for part in parts) / len(parts),
    )


def _acceleration(parts: Disagreement) -> float:
    pulls, times = parts.pulls, parts.documents
    spread = float(times @ pulls**2)
    return float(times @ pulls**3 / (6 * spread**1.5)) if spread > 0 else 0.0


def _effective(value: float, error: float, n: int) -> float:
    return value * (1 - value) / error**2 if error > 0 else float(n)


def _plausible(
    parts: Disagreement, base: float, unit: str, confidence: float
) -> tuple[float, float]:
    """Wilson's bounds of a share, or how low perfect agreement may be in truth."""
    if unit == "share":
        low, high = wilson_interval(parts.value, base, confidence=confidence)
        return (0.0, 1.0) if math.isnan(parts.value) else (low, high)
    _, most = wilson_interval(0.0, parts.n_documents, confidence=confidence)
    return max(-1.0, 1 - most * parts.widest / parts.chance), 1.0
