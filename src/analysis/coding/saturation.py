"""Whether further documents would bring codes that nobody has seen yet.

A code is seen in a document if at least half of its readers gave it. The figures
hang on the codes seen in one document only and in two: where many codes are seen
once, many more are still unseen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.coding.decisions import Decisions
from analysis.estimate import Estimate, critical_value, statistic
from analysis.study import StudyError


@dataclass(frozen=True)
class _Incidence:
    """In how many documents each code was seen."""

    times: np.ndarray
    documents: int

    @property
    def once(self) -> int:
        return int((self.times == 1).sum())

    @property
    def twice(self) -> int:
        return int((self.times == 2).sum())

    @property
    def share(self) -> float:
        """One document fewer than there are, over all."""
        return (self.documents - 1) / self.documents

    @property
    def unseen(self) -> float:
        """Codes not seen yet, at least."""
        q1, q2 = self.once, self.twice
        pairs = q1**2 / (2 * q2) if q2 else q1 * (q1 - 1) / 2
        return self.share * pairs

    @property
    def coverage(self) -> float:
        q1, q2, m = self.once, self.twice, self.documents
        total = int(self.times.sum())
        if not total:
            return 0.0
        # Without codes seen twice, the paper puts one in the place of none.
        rare, often = ((m - 1) * q1, 2 * q2) if q2 else ((m - 1) * (q1 - 1), 2)
        return 1 - q1 / total * (rare / (rare + often) if q1 else 0.0)

    def coming(self, documents: int) -> float:
        """Codes that so many further documents would bring."""
        left = self.unseen
        if not left > 0:
            return 0.0
        rate = self.once / (self.documents * left + self.once)
        return left * (1 - (1 - rate) ** documents)

    def redrawn(self, rng: np.random.Generator, replicates: int) -> list[_Incidence]:
        """Draw samples of as many documents, with the unseen codes put in."""
        m, part = self.documents, self.times / self.documents
        missed = self.times.sum() / m * (1 - self.coverage)
        faint = part * (1 - part) ** m
        shrink = missed / faint.sum() if faint.sum() > 0 else 0.0
        chances = part * (1 - min(shrink, 1.0) * (1 - part) ** m)
        n_unseen = math.ceil(self.unseen)
        hidden = np.full(n_unseen, min(missed / n_unseen, 1.0) if n_unseen else 0.0)
        every = np.concatenate([chances, hidden])
        drawn = rng.binomial(m, every, size=(replicates, len(every)))
        return [_Incidence(row, m) for row in drawn]


def seen_codes(decisions: Decisions, codings: pd.DataFrame) -> pd.DataFrame:
    """Which codes each document brought, in the order in which they were coded.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.final`.
    codings : DataFrame
        Column document_id, in the order of coding.

    Returns
    -------
    DataFrame of bool, shape (n_documents, n_codes)
        Whether at least half of the document's readers gave the code.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> codings = pd.DataFrame({"document_id": ["d2", "d1"], "coder": "ann",
    ...     "code": ["late", "none"]})
    >>> seen_codes(final(codings, codes=["late"]), codings)["late"].to_dict()
    {'d2': True, 'd1': False}
    """
    given = pd.DataFrame(
        np.nanmean(decisions.applied, axis=1) >= 0.5,
        index=decisions.documents,
        columns=list(decisions.codes),
    )
    order = codings["document_id"].drop_duplicates()
    return given.loc[order[order.isin(decisions.documents)]]


@statistic
def code_coverage(seen: pd.DataFrame, *, confidence: float = 0.95) -> Estimate:
    r"""Share of what customers say that the codes seen so far already name.

    Parameters
    ----------
    seen : DataFrame of bool, shape (n_documents, n_codes)
        See `seen_codes`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `share`: the chance that the next mention of any code is of one that
        was seen already. The base counts documents.

    Raises
    ------
    StudyError
        If there are fewer than two documents, or no code was seen.

    Notes
    -----
    Sample coverage of [1]_ for incidences,

    .. math:: 1 - \frac{Q_1}{U} \cdot \frac{(m-1)Q_1}{(m-1)Q_1 + 2Q_2}

    with :math:`Q_1` and :math:`Q_2` codes seen in one and in two of :math:`m`
    documents, and :math:`U` mentions in all. The variance is Esty's,
    :math:`\{Q_1(1-Q_1/U) + 2Q_2\}/U^2` [2]_, with one code more seen once, so that
    an end of new codes is no certainty; the interval is cut at 1. It knows that the
    coverage itself hangs on which documents were drawn. In simulations with three
    kinds of codebooks and 12 to 200 documents it held the truth in 94 to 97 % of
    samples, and in nearly all where nothing was left to see.

    References
    ----------
    .. [1] Chao, A. and Jost, L. (2012). Coverage-based rarefaction and
       extrapolation. Ecology 93(12), 2533-2547.
    .. [2] Esty, W. W. (1983). A normal limit law for a nonparametric estimator of
       the coverage of a random sample. Annals of Statistics 11(3), 905-912.

    Examples
    --------
    >>> seen = pd.DataFrame(np.eye(10, 3, dtype=bool)).assign(often=True)
    >>> one = code_coverage(seen)
    >>> round(one.value, 2), round(one.low, 2), round(one.high, 2)
    (0.79, 0.53, 1.0)
    """
    found = _incidence(seen)
    total = int(found.times.sum())
    spread = (found.once + 1) * (1 - found.once / (total + 1)) + 2 * found.twice
    value, error = found.coverage, math.sqrt(spread) / total
    half = critical_value(confidence) * error
    bounds = (max(0.0, value - half), min(1.0, value + half))
    return _figure(
        value, error, bounds, found=found, unit="share", confidence=confidence
    )


@statistic
def codes_in_all(seen: pd.DataFrame, *, confidence: float = 0.95) -> Estimate:
    r"""Codes that customers would name if all of them were read, at least.

    Parameters
    ----------
    seen : DataFrame of bool, shape (n_documents, n_codes)
        See `seen_codes`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `count`. The base counts documents.

    Raises
    ------
    StudyError
        If there are fewer than two documents, or no code was seen.

    Notes
    -----
    Chao2, :math:`S + \frac{m-1}{m} Q_1^2/(2Q_2)` [1]_, a lower bound: codes
    far rarer than those seen once leave no trace. The interval is log-normal in the
    unseen codes and rounded outwards to whole codes, so it never falls under those
    seen. It covered the true number in 78 % (12 documents, many rare codes) to 96 %
    of simulated samples: with few documents read it as a lower bound.

    References
    ----------
    .. [1] Chao, A. (1987). Estimating the population size for capture-recapture
       data with unequal catchability. Biometrics 43(4), 783-791.

    Examples
    --------
    >>> seen = pd.DataFrame(np.eye(4, 3, dtype=bool)).assign(twice=[1, 1, 0, 0])
    >>> codes_in_all(seen.astype(bool)).value
    7.375
    """
    found = _incidence(seen)
    n_seen, left = int((found.times > 0).sum()), found.unseen
    error = math.sqrt(_unseen_variance(found))
    factor = _log_factor(left, error, confidence)
    # Without a code seen once there is no sign of others.
    bounds = (n_seen + math.floor(left / factor), n_seen + math.ceil(left * factor))
    return _figure(
        n_seen + left, error, bounds, found=found, unit="count", confidence=confidence
    )


@statistic
def coming_codes(
    seen: pd.DataFrame,
    *,
    documents: int,
    rng: np.random.Generator,
    replicates: int = 500,
    confidence: float = 0.95,
) -> Estimate:
    r"""New codes to expect in so many further documents.

    Parameters
    ----------
    seen : DataFrame of bool, shape (n_documents, n_codes)
        See `seen_codes`.
    documents : int
        Further documents, from 1 to as many as were read.
    rng : Generator
        Source of randomness of the interval.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `count`. The base counts documents read.

    Raises
    ------
    StudyError
        If there are fewer than two documents, no code was seen, or more documents
        are asked for than were read: so far ahead the formula cannot see.

    Notes
    -----
    :math:`\hat Q_0 [1 - (1 - Q_1/(m\hat Q_0 + Q_1))^n]` with the unseen codes
    :math:`\hat Q_0` of Chao2 [1]_. The interval is log-normal,
    rounded outwards to whole codes; its error comes from samples of as many
    documents with the unseen codes put in [2]_. It holds the drawing of the first
    documents and not that of the next, and covered what was to be expected in 89 to
    92 % of simulated samples: a little too narrow.

    References
    ----------
    .. [1] Colwell, R. K. et al. (2012). Models and estimators linking
       individual-based and sample-based rarefaction, extrapolation and comparison
       of assemblages. Journal of Plant Ecology 5(1), 3-21.
    .. [2] Chao, A. et al. (2014). Rarefaction and extrapolation with Hill numbers.
       Ecological Monographs 84(1), 45-67.

    Examples
    --------
    >>> seen = pd.DataFrame(np.eye(10, 3, dtype=bool)).assign(often=True)
    >>> next_ten = coming_codes(seen, documents=10, rng=np.random.default_rng(1))
    >>> round(next_ten.value, 2)
    1.76
    """
    found = _incidence(seen)
    if not 1 <= documents <= found.documents:
        raise StudyError(
            f"{documents} further documents cannot be told from {found.documents}: "
            f"ask for 1 to {found.documents}."
        )
    value = found.coming(documents)
    drawn = [one.coming(documents) for one in found.redrawn(rng, replicates)]
    error = float(np.std(drawn, ddof=1))
    factor = _log_factor(value, error, confidence)
    bounds = (math.floor(value / factor), math.ceil(value * factor))
    return _figure(
        value, error, bounds, found=found, unit="count", confidence=confidence
    )


def saturation_curve(
    seen: pd.DataFrame,
    *,
    points: int = 30,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Codes seen and their coverage after each further batch of documents.

    Parameters
    ----------
    seen : DataFrame of bool, shape (n_documents, n_codes)
        In the order of coding, see `seen_codes`.
    points : int
        Rows of the table at most.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    DataFrame
        One row per step: documents, codes (seen so far), value, low and high of
        the coverage, and unit. Steps before the first code are left out.

    Raises
    ------
    StudyError
        If there are fewer than two documents, or no code was seen.

    Examples
    --------
    >>> seen = pd.DataFrame(np.eye(10, 3, dtype=bool)).assign(often=True)
    >>> curve = saturation_curve(seen, points=3)
    >>> curve[["documents", "codes"]].values.tolist()
    [[2, 3], [4, 4], [10, 4]]
    """
    _incidence(seen)
    first = max(2, int(seen.any(axis=1).to_numpy().argmax()) + 1)
    steps = np.unique(np.geomspace(first, len(seen), points).round().astype(int))
    rows = []
    for step in steps:
        part = seen.iloc[:step]
        one = code_coverage(part, confidence=confidence)
        rows.append((step, int(part.any().sum()), one.value, one.low, one.high))
    names = ["documents", "codes", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names).assign(unit="share")


def _incidence(seen: pd.DataFrame) -> _Incidence:
    times = seen.to_numpy(dtype=bool).sum(axis=0)
    if len(seen) < 2 or not times.any():
        raise StudyError(
            f"Saturation needs two documents and a code that was seen; found "
            f"{len(seen)} documents and {int((times > 0).sum())} codes."
        )
    return _Incidence(times, len(seen))


def _unseen_variance(found: _Incidence) -> float:
    """Variance of Chao2, as Chao (1987) and its authors' programs have it."""
    q1, q2, part = found.once, found.twice, found.share
    if q2:
        odds = q1 / q2
        return q2 * (part * odds**2 / 2 + part**2 * odds**3 + part**2 * odds**4 / 4)
    if not q1:
        return 0.0
    total = (found.times > 0).sum() + found.unseen
    usual = part * q1 * (q1 - 1) / 2 + part**2 * q1 * (2 * q1 - 1) ** 2 / 4
    return max(0.0, float(usual - part**2 * q1**4 / (4 * total)))


def _log_factor(value: float, error: float, confidence: float) -> float:
    if not value > 0:
        return 1.0
    return math.exp(
        critical_value(confidence) * math.sqrt(math.log1p((error / value) ** 2))
    )


def _figure(
    value: float,
    error: float,
    bounds: tuple[float, float],
    *,
    found: _Incidence,
    unit: str,
    confidence: float,
) -> Estimate:
    return Estimate(
        value=value,
        standard_error=error,
        low=bounds[0],
        high=bounds[1],
        base=found.documents,
        unit=unit,
        confidence=confidence,
    )
