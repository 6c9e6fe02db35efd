"""How far coders agree: coefficients with intervals in closed form.

Every function takes ratings with a row per document and a column per coder;
missing where a coder did not read the document.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.coding.decisions import Decisions
from analysis.estimate import (
    Estimate,
    critical_value,
    statistic,
    wilson_interval,
)
from analysis.study import StudyError

Coefficient = Callable[..., Estimate]


def by_code(
    decisions: Decisions,
    coefficient: Coefficient,
    **options: object,
) -> dict[str, Estimate]:
    """Agreement on each code: given or not, over documents read by two or more.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.independent`.
    coefficient : function
        One of this module, or `analysis.coding.alpha.krippendorff_alpha`.
    **options : object
        Handed on to it, such as the generator `rng`.

    Returns
    -------
    dict of str to Estimate
        In the order of the codes. A code that nobody gave has no value.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1", "d2", "d2"],
    ...     "coder": ["ann", "bob"] * 2, "code": ["late", "late", "none", "none"]})
    >>> decided = independent(codings, codes=["late"])
    >>> by_code(decided, percent_agreement)["late"].value
    1.0
    """
    shared = decisions.shared()
    return {code: coefficient(shared.ratings(code), **options) for code in shared.codes}


@statistic
def gwet_ac1(
    ratings: pd.DataFrame, *, categories: int | None = None, confidence: float = 0.95
) -> Estimate:
    r"""Gwet's AC1, which rare codes do not pull down.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    categories : int, optional
        How many values there could be: the number found, and at least 2.
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
    and the linearised variance of [1]_; Student's interval. Read it beside alpha:
    with a rare code AC1 stays high although coders rarely agree on its presence.

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
    counts, readers, _ = _tally(ratings)
    n, several = len(counts), readers >= 2
    q = max(counts.shape[1], 2, categories or 0)
    same = _same_pairs(counts, readers)
    observed = same[several].mean()
    part = (counts / readers[:, None]).mean(axis=0)
    chance = float((part * (1 - part)).sum() / (q - 1))
    value = (observed - chance) / (1 - chance)
    own = np.where(several, same - chance, 0.0) * n / several.sum() / (1 - chance)
    own_chance = counts @ (1 - part) / readers / (q - 1)
    pull = own - 2 * (1 - value) * (own_chance - chance) / (1 - chance)
    error = math.sqrt(((pull - value) ** 2).sum() / (n * (n - 1))) if n > 1 else 0.0
    return _bounded(value, error, n, confidence)


@statistic
def cohen_kappa(ratings: pd.DataFrame, *, confidence: float = 0.95) -> Estimate:
    r"""Cohen's kappa of two coders.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, 2)
        Documents that one of the two did not read are left out.
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
    :math:`(p_o - p_e)/(1 - p_e)`, with the large-sample variance of [1]_.

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
    if ratings.shape[1] != 2:
        raise StudyError(
            f"Cohen's kappa compares two coders, found {ratings.shape[1]}. "
            "Use Krippendorff's alpha."
        )
    both = ratings.dropna()
    _require_pairs(len(both))
    values = np.unique(both.to_numpy())
    first, second = (np.searchsorted(values, both.iloc[:, n]) for n in (0, 1))
    cells = np.zeros((len(values), len(values)))
    np.add.at(cells, (first, second), 1 / len(both))
    chance = float(cells.sum(axis=1) @ cells.sum(axis=0))
    if chance == 1:
        return _bounded(math.nan, math.nan, len(both), confidence)
    value = 1 - max(0.0, 1 - float(np.trace(cells))) / (1 - chance)
    error = _kappa_error(cells, value, chance) / math.sqrt(len(both))
    return _bounded(value, error, len(both), confidence)


def _kappa_error(cells: np.ndarray, value: float, chance: float) -> float:
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    agreed = np.diag(cells)
    on = (agreed * (1 - (rows + columns) * (1 - value)) ** 2).sum()
    pulls = cells * (columns[:, None] + rows[None, :]) ** 2
    off = (1 - value) ** 2 * (pulls.sum() - np.trace(pulls))
    variance = on + off - (value - chance * (1 - value)) ** 2
    # What is left of nothing after rounding is nothing.
    return math.sqrt(variance if variance > 1e-14 else 0.0) / (1 - chance)


@statistic
def percent_agreement(ratings: pd.DataFrame, *, confidence: float = 0.95) -> Estimate:
    r"""Share of pairs of coders that decided alike.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `share`. The base counts documents read by two or more coders.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    Mean over documents of the share of pairs that agree; Wilson's interval on the
    effective base :math:`p(1-p)/\mathrm{SE}^2`. Never judge a rare code by it:
    two coders who give the code to nothing agree on everything.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 0], "bob": [1, 1, 0, 0]})
    >>> percent_agreement(ratings).value
    0.75
    """
    counts, readers, n = _tally(ratings)
    several = readers >= 2
    same = _same_pairs(counts, readers)[several]
    return _proportion(same, np.ones(n), confidence)


@statistic
def positive_agreement(ratings: pd.DataFrame, *, confidence: float = 0.95) -> Estimate:
    r"""Given that one coder gave the code, the chance that another did too.

    Parameters
    ----------
    ratings : DataFrame of 0 and 1, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `share`. The base counts documents that got the code from anyone.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    With two coders :math:`2a/(2a+b+c)` [1]_. The error linearises the ratio over
    documents; Wilson's interval on the effective base.

    References
    ----------
    .. [1] Cicchetti, D. V. and Feinstein, A. R. (1990). High agreement but low
       kappa: II. Journal of Clinical Epidemiology 43(6), 551-558.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 1], "bob": [1, 1, 0, 1]})
    >>> positive_agreement(ratings).value
    0.8
    """
    readers = ratings.notna().sum(axis=1).to_numpy()
    given = ratings.sum(axis=1).to_numpy()[readers >= 2]
    _require_pairs(len(given))
    others = readers[readers >= 2] - 1
    found = given > 0
    shares = (given * (given - 1) / others)[found]
    return _proportion(shares, given[found], confidence)


def _proportion(hits: np.ndarray, chances: np.ndarray, confidence: float) -> Estimate:
    """Ratio of sums over documents with a linearised error."""
    n = len(hits)
    if not n:
        return Estimate(
            value=math.nan, standard_error=math.nan, low=0, high=1, base=0, unit="share"
        )
    value = hits.sum() / chances.sum()
    spread = ((hits - value * chances) ** 2).sum() * n / max(n - 1, 1)
    error = math.sqrt(spread) / chances.sum()
    base = value * (1 - value) / error**2 if error > 0 else float(n)
    low, high = wilson_interval(value, base, confidence=confidence)
    return Estimate(
        value=value,
        standard_error=error,
        low=low,
        high=high,
        base=n,
        unit="share",
        effective_base=base,
        confidence=confidence,
    )


def _bounded(value: float, error: float, n: int, confidence: float) -> Estimate:
    half = critical_value(confidence, n - 1) * error if n > 1 else math.nan
    return Estimate(
        value=value,
        standard_error=error,
        low=float(np.maximum(-1.0, value - half)),
        high=float(np.minimum(1.0, value + half)),
        base=n,
        unit="correlation",
        confidence=confidence,
    )


def _tally(ratings: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, int]:
    """Counts of each value per document read, its readers, and shared documents."""
    table = ratings.to_numpy(dtype=float)
    read = table[~np.isnan(table).all(axis=1)]
    values = np.unique(read[~np.isnan(read)])
    counts = (read[:, :, None] == values).sum(axis=1).astype(float)
    readers = counts.sum(axis=1)
    shared = int((readers >= 2).sum())
    _require_pairs(shared)
    return counts, readers, shared


def _same_pairs(counts: np.ndarray, readers: np.ndarray) -> np.ndarray:
    """Share of each document's pairs that agree; 0 where there is no pair."""
    pairs = readers * (readers - 1)
    same = (counts * (counts - 1)).sum(axis=1)
    return np.divide(same, pairs, out=np.zeros_like(same), where=pairs > 0)


def _require_pairs(shared: int) -> None:
    if not shared:
        raise StudyError(
            "No document was read by two coders, so agreement cannot be told. Let "
            "two people code the same documents, about 200 of them."
        )
