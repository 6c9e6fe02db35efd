"""How far coders agree, on each code and on all together.

Ratings have a row per document and a column per coder; missing where a coder did
not read the document.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.coding.alpha import alpha_parts, krippendorff_alpha
from analysis.coding.coincidence import Coincidences, coincide
from analysis.coding.decisions import Decisions
from analysis.coding.disagreement import Disagreement, estimated, pooled
from analysis.coding.kappa import (
    ac1_parts,
    brennan_prediger,
    brennan_prediger_parts,
    cohen_kappa,
    cohen_parts,
    fleiss_kappa,
    fleiss_parts,
    gwet_ac1,
)
from analysis.estimate import Estimate, statistic
from analysis.study import StudyError

__all__ = [
    "MEASURES",
    "brennan_prediger",
    "by_code",
    "cohen_kappa",
    "fleiss_kappa",
    "gwet_ac1",
    "overall_agreement",
    "percent_agreement",
    "positive_agreement",
]
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
def percent_agreement(
    ratings: pd.DataFrame,
    *,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Share of pairs of coders that decided alike.

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
        Unit `share`. The base counts documents read by two or more coders.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    Mean over documents of the share of pairs that agree; Wilson's interval on the
    effective base :math:`p(1-p)/\mathrm{SE}^2`, or BCa. Never judge a rare code by
    it: two coders who give the code to nothing agree on everything.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 0], "bob": [1, 1, 0, 0]})
    >>> percent_agreement(ratings).value
    0.75
    """
    return estimated(
        _percent_parts(ratings)[0],
        unit="share",
        rng=rng,
        replicates=replicates,
        confidence=confidence,
    )


@statistic
def positive_agreement(
    ratings: pd.DataFrame,
    *,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Given that one coder gave the code, the chance that another did too.

    Parameters
    ----------
    ratings : DataFrame of 0 and 1, shape (n_documents, n_coders)
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
        Unit `share`. The base counts documents that got the code from anyone.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    With two coders :math:`2a/(2a+b+c)` [1]_. The error linearises the ratio over
    documents; Wilson's interval on the effective base, or BCa.

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
    found = ratings.where(ratings.eq(1).any(axis=1), axis=0)
    if not found.notna().any(axis=None):
        coincide(ratings)
        return _nobody_gave_it(confidence)
    return estimated(
        _positive_parts(found)[0],
        unit="share",
        rng=rng,
        replicates=replicates,
        confidence=confidence,
    )


@statistic
def overall_agreement(
    decisions: Decisions,
    *,
    measure: str = "alpha",
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Agreement on all codes together, each with its own chance.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.independent`.
    measure : str
        A key of `MEASURES`.
    rng : Generator, optional
        For a bootstrap interval over documents.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        The coefficient's unit; the base counts documents read by two or more.

    Raises
    ------
    StudyError
        If the measure is unknown, or no document was read by two coders.

    Notes
    -----
    Disagreement seen, summed over codes, over disagreement expected, summed over
    codes; see `analysis.coding.disagreement.pooled`. Errors add up a document's
    pulls on all codes before squaring. Of all documents by codes thrown together,
    most agree that a code is absent; this figure does not profit from it.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1", "d2", "d2"],
    ...     "coder": ["ann", "bob"] * 2, "code": ["late", "late", "rude", "late"]})
    >>> decided = independent(codings, codes=["late", "rude"])
    >>> round(overall_agreement(decided, measure="percent").value, 2)
    0.5
    """
    if measure not in MEASURES:
        raise StudyError(
            f"Agreement is measured by {', '.join(MEASURES)}; found {measure!r}."
        )
    shared, (_, find, unit) = decisions.shared(), MEASURES[measure]
    found = [find(shared.ratings(code)) for code in shared.codes]
    kept = found[0][1] >= 0
    return estimated(
        pooled([parts for parts, _ in found], [place[kept] for _, place in found]),
        unit=unit,
        rng=rng,
        replicates=replicates,
        confidence=confidence,
    )


def _percent_parts(ratings: pd.DataFrame) -> tuple[Disagreement, np.ndarray]:
    counted = coincide(ratings)
    whole = np.ones(len(counted.documents))
    weights = whole / counted.readers
    return _alike(counted, np.ones(len(counted.seen)), weights), counted.place


def _positive_parts(ratings: pd.DataFrame) -> tuple[Disagreement, np.ndarray]:
    counted = coincide(ratings)
    weights = np.ones(len(counted.documents))
    return _alike(counted, 1.0 * (counted.seen == 1), weights), counted.place


def _alike(
    counted: Coincidences, among: np.ndarray, weights: np.ndarray
) -> Disagreement:
    """Decisions for some values that another reader did not share, over all such."""
    given = counted.counts.toarray() * among
    others = counted.readers[:, None] - 1
    lonely = weights * (given * (others + 1 - counted.counts.toarray())).sum(axis=1)
    lonely = lonely / others[:, 0]
    chances = weights * given.sum(axis=1)
    n = counted.n_documents

    def means(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return times @ lonely / n, times @ chances / n

    return Disagreement(counted.documents, lonely, chances, means)


def _nobody_gave_it(confidence: float) -> Estimate:
    return Estimate(
        value=math.nan,
        standard_error=math.nan,
        low=0,
        high=1,
        base=0,
        unit="share",
        confidence=confidence,
    )


Parts = Callable[..., tuple[Disagreement, np.ndarray]]
MEASURES: dict[str, tuple[Coefficient, Parts, str]] = {
    "alpha": (krippendorff_alpha, alpha_parts, "correlation"),
    "ac1": (gwet_ac1, ac1_parts, "correlation"),
    "cohen_kappa": (cohen_kappa, cohen_parts, "correlation"),
    "fleiss_kappa": (fleiss_kappa, fleiss_parts, "correlation"),
    "brennan_prediger": (brennan_prediger, brennan_prediger_parts, "correlation"),
    "percent": (percent_agreement, _percent_parts, "share"),
    "positive": (positive_agreement, _positive_parts, "share"),
}
"""Name of each coefficient: its function, what it is made of, and its unit."""
