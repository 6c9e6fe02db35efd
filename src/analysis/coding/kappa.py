"""Agreement beyond chance, by four ideas of what chance would do.

Every function takes ratings with a row per document and a column per coder;
missing where a coder did not read the document. Without `rng` the interval is in
closed form, with it BCa from a bootstrap over documents; the standard error is
that of linearisation in both cases (`analysis.coding.disagreement.estimated`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.coding.coincidence import Coincidences, coincide, require_pairs
from analysis.coding.disagreement import Disagreement, estimated
from analysis.estimate import Estimate, statistic
from analysis.study import StudyError

# Shares of the values -> expected disagreement, and what a share of 1 adds to it.
Chance = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@statistic
def gwet_ac1(
    ratings: pd.DataFrame,
    *,
    categories: int | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Gwet's AC1, which rare codes do not pull down.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    categories : int, optional
        How many values there could be: the number found, and at least 2.
    rng : Generator, optional
        For a bootstrap interval.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `correlation`. The base counts documents read at all.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    :math:`(p_a - p_e)/(1 - p_e)` with :math:`p_e = \sum_q \pi_q(1-\pi_q)/(Q-1)`
    and the linearised variance of [1]_. Read it beside alpha: with a rare code AC1
    stays high although coders rarely agree on its presence.

    References
    ----------
    .. [1] Gwet, K. L. (2008). Computing inter-rater reliability and its variance
       in the presence of high agreement. British Journal of Mathematical and
       Statistical Psychology 61(1), 29-48.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
    ...                         "bob": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
    >>> round(gwet_ac1(ratings).value, 4)
    0.3103
    """
    parts, _ = ac1_parts(ratings, categories=categories)
    return estimated(parts, rng=rng, replicates=replicates, confidence=confidence)


@statistic
def fleiss_kappa(
    ratings: pd.DataFrame,
    *,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Fleiss' kappa of any number of coders.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    rng : Generator, optional
        For a bootstrap interval.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `correlation`. Without variation there is no value. The base counts
        documents read at all.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    :math:`p_e = \sum_q \pi_q^2` over the shares of the values [1]_; documents that
    not everyone read enter as [2]_ has it, with the linearised variance given
    there. Krippendorff's alpha is nearly the same with many documents.

    References
    ----------
    .. [1] Fleiss, J. L. (1971). Measuring nominal scale agreement among many
       raters. Psychological Bulletin 76(5), 378-382.
    .. [2] Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th edition.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
    ...                         "bob": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
    >>> round(fleiss_kappa(ratings).value, 4)
    0.0476
    """
    parts, _ = fleiss_parts(ratings)
    return estimated(parts, rng=rng, replicates=replicates, confidence=confidence)


@statistic
def brennan_prediger(
    ratings: pd.DataFrame,
    *,
    categories: int | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Brennan and Prediger's coefficient: chance takes every value alike.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    categories : int, optional
        How many values there could be: the number found, and at least 2.
    rng : Generator, optional
        For a bootstrap interval.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `correlation`. The base counts documents read at all.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    :math:`p_e = 1/Q` [1]_. Of a code given or not it is twice the percent
    agreement less one.

    References
    ----------
    .. [1] Brennan, R. L. and Prediger, D. J. (1981). Coefficient kappa: some uses,
       misuses, and alternatives. Educational and Psychological Measurement 41(3),
       687-699.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
    ...                         "bob": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
    >>> round(brennan_prediger(ratings).value, 4)
    0.2
    """
    parts, _ = brennan_prediger_parts(ratings, categories=categories)
    return estimated(parts, rng=rng, replicates=replicates, confidence=confidence)


@statistic
def cohen_kappa(
    ratings: pd.DataFrame,
    *,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Cohen's kappa of two coders.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, 2)
        Documents that one of the two did not read are left out.
    rng : Generator, optional
        For a bootstrap interval.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `correlation`. Without variation there is no value.

    Raises
    ------
    StudyError
        If there are not two coders, or no document was read by both.

    Notes
    -----
    :math:`(p_o - p_e)/(1 - p_e)`, where chance lets each coder give values as often
    as he did. The variance is that of [1]_ times :math:`n/(n-1)`.

    References
    ----------
    .. [1] Fleiss, J. L., Cohen, J. and Everitt, B. S. (1969). Large sample
       standard errors of kappa and weighted kappa. Psychological Bulletin 72(5).

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
    ...                         "bob": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
    >>> round(cohen_kappa(ratings).value, 6)
    0.090909
    """
    parts, _ = cohen_parts(ratings)
    return estimated(parts, rng=rng, replicates=replicates, confidence=confidence)


def ac1_parts(
    ratings: pd.DataFrame, *, categories: int | None = None
) -> tuple[Disagreement, np.ndarray]:
    """Disagreement seen and expected by Gwet's AC1, and each row's pattern.

    Examples
    --------
    >>> ac1_parts(pd.DataFrame({"ann": [0, 1], "bob": [0, 1]}))[0].value
    1.0
    """
    counted = coincide(ratings, readers=1)
    others = max(len(counted.seen), 2, categories or 0) - 1

    def chance(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 1 - (part * (1 - part)).sum(axis=-1) / others, (1 - part) / others

    return _from_pairs(counted, chance), counted.place


def fleiss_parts(ratings: pd.DataFrame) -> tuple[Disagreement, np.ndarray]:
    """Disagreement seen and expected by Fleiss' kappa, and each row's pattern.

    Examples
    --------
    >>> fleiss_parts(pd.DataFrame({"ann": [0, 1], "bob": [0, 1]}))[0].value
    1.0
    """
    counted = coincide(ratings, readers=1)

    def chance(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 1 - (part**2).sum(axis=-1), part

    return _from_pairs(counted, chance), counted.place


def brennan_prediger_parts(
    ratings: pd.DataFrame, *, categories: int | None = None
) -> tuple[Disagreement, np.ndarray]:
    """Disagreement seen and expected if values were alike, and each row's pattern.

    Examples
    --------
    >>> brennan_prediger_parts(pd.DataFrame({"ann": [0, 1], "bob": [0, 1]}))[0].value
    1.0
    """
    counted = coincide(ratings, readers=1)
    q = max(len(counted.seen), 2, categories or 0)

    def chance(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full(part.shape[:-1], 1 - 1 / q), np.full_like(part, 1 / q)

    return _from_pairs(counted, chance), counted.place


def cohen_parts(ratings: pd.DataFrame) -> tuple[Disagreement, np.ndarray]:
    """Disagreement of two coders seen and expected, and each row's pattern.

    Examples
    --------
    >>> cohen_parts(pd.DataFrame({"ann": [0, 1], "bob": [0, 1]}))[0].value
    1.0
    """
    if ratings.shape[1] != 2:
        raise StudyError(
            f"Cohen's kappa compares two coders, found {ratings.shape[1]}. "
            "Use Krippendorff's alpha."
        )
    both = ratings.notna().all(axis=1).to_numpy()
    require_pairs(int(both.sum()))
    pairs, place, documents = np.unique(
        ratings[both].to_numpy(float), axis=0, return_inverse=True, return_counts=True
    )
    values = np.unique(pairs)
    first, second = (1.0 * (pairs[:, [n]] == values) for n in (0, 1))
    differ = 1.0 * (pairs[:, 0] != pairs[:, 1])

    def means(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        part = times / times.sum(axis=1, keepdims=True)
        alike = ((part @ first) * (part @ second)).sum(axis=1)
        return part @ differ, 1 - alike

    part = documents / documents.sum()
    own, other = part @ first, part @ second
    drawn = 1 - first @ other - second @ own + own @ other
    places = np.full(len(ratings), -1)
    places[both] = place.reshape(-1)
    return Disagreement(documents, differ, drawn, means), places


def _from_pairs(counted: Coincidences, chance: Chance) -> Disagreement:
    """Share of pairs that differ over what chance makes of the values' shares."""
    counts, readers = counted.counts.toarray(), counted.readers
    several = 1.0 * (readers >= 2)
    pairs = np.maximum(readers * (readers - 1), 1)
    differ = several - (counts * (counts - 1)).sum(axis=1) / pairs
    part = counts / readers[:, None]

    def means(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shared = times @ several
        seen = np.full(len(times), np.nan)
        np.divide(times @ differ, shared, out=seen, where=shared > 0)
        return seen, chance(times @ part / times.sum(axis=1, keepdims=True))[0]

    n = counted.n_documents
    share = n / float(counted.documents @ several)
    expected, own = chance(counted.documents @ part / n)
    lone = expected * (share * several - 1)
    alike = part @ own
    return Disagreement(
        counted.documents,
        share * differ - lone,
        expected - 2 * (alike - counted.documents @ alike / n),
        means,
    )
