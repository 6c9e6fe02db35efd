"""Krippendorff's alpha, of single codes and of whole sets of codes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.coding.coincidence import Level, coincide, distances
from analysis.coding.decisions import Decisions
from analysis.coding.disagreement import Disagreement, estimated
from analysis.coding.sets import Kinship, SetDistances, label_sets, masi_distances
from analysis.estimate import Estimate, statistic

__all__ = ["alpha_parts", "krippendorff_alpha", "masi_distances", "set_alpha"]


@statistic
def krippendorff_alpha(
    ratings: pd.DataFrame,
    *,
    rng: np.random.Generator | None = None,
    level: Level = "nominal",
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Krippendorff's alpha with an interval over documents.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    rng : Generator, optional
        Source of randomness of the bootstrap; without one the interval is in
        closed form.
    level : {"nominal", "ordinal", "interval", "ratio"}
        How far apart two values are: equal or not, by rank, by difference, or by
        difference over sum.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `correlation`: 1 is perfect, 0 what chance gives. The base counts
        documents read by two or more coders. Without variation there is no value.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    :math:`\alpha = 1 - D_o / D_e`, observed over expected disagreement of all
    pairs of values within documents [1]_. The error linearises both over documents;
    documents are drawn with replacement [2]_ and the interval is BCa
    (`analysis.coding.disagreement.bootstrap_interval`). The distances of ordinal
    values stay those of the sample. In simulations of two coders the bootstrap
    interval covered alpha in 95 to 97 % of samples of 100 to 400 documents with
    codes of 10 to 30 %. A code of 5 % was covered in 87 to 92 % of samples of 50
    documents, and in 96 to 98 % of 100 and 200: cautious rather than wrong. The
    closed form covered that code in 91 to 96 %. Under about ten positives neither
    tells much.

    References
    ----------
    .. [1] Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.
       University of Pennsylvania.
    .. [2] Zapf, A. et al. (2016). Measuring inter-rater reliability for nominal
       data. BMC Medical Research Methodology 16:93.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0],
    ...                         "bob": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
    >>> alpha = krippendorff_alpha(ratings, rng=np.random.default_rng(1))
    >>> round(alpha.value, 6), alpha.base
    (0.095238, 10)
    """
    parts, _ = alpha_parts(ratings, level=level)
    return estimated(parts, rng=rng, replicates=replicates, confidence=confidence)


def alpha_parts(
    ratings: pd.DataFrame, *, level: Level = "nominal"
) -> tuple[Disagreement, np.ndarray]:
    """Disagreement seen and expected by Krippendorff, and each row's pattern.

    Examples
    --------
    >>> alpha_parts(pd.DataFrame({"ann": [0, 1], "bob": [0, 1]}))[0].value
    1.0
    """
    counted = coincide(ratings)
    return counted.disagreement(distances(counted, level)), counted.place


@statistic
def set_alpha(
    decisions: Decisions,
    *,
    rng: np.random.Generator | None = None,
    kinship: Kinship = "masi",
    replicates: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    r"""Krippendorff's alpha of the whole set of codes that a document got.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.independent`.
    rng : Generator, optional
        Source of randomness of the bootstrap; without one the interval is in
        closed form.
    kinship : {"masi", "jaccard"}
        How near two sets are.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `correlation`; one figure for all codes together.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Notes
    -----
    Alpha as in `krippendorff_alpha`, with the MASI distance between two sets of
    codes [1]_ or Jaccard's (`analysis.coding.sets`). Distances are worked out as
    they are needed: memory grows with documents, not with their square.

    References
    ----------
    .. [1] Passonneau, R. (2006). Measuring agreement on set-valued items (MASI)
       for semantic and pragmatic annotation. LREC 2006.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1", "d2", "d2"],
    ...     "coder": ["ann", "bob"] * 2, "code": ["late", "late", "none", "none"]})
    >>> decided = independent(codings, codes=["late", "price"])
    >>> set_alpha(decided, rng=np.random.default_rng(1)).value
    1.0
    """
    ratings, sets = label_sets(decisions.shared())
    counted = coincide(ratings)
    apart = SetDistances(sets[counted.seen.astype(int)], kinship)
    return estimated(
        counted.disagreement(apart),
        rng=rng,
        replicates=replicates,
        confidence=confidence,
    )
