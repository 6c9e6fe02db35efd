"""Correlations between people who are alike in what is stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.outcomes.association.coefficients import in_parts, mid_ranks, quotient
from analysis.outcomes.association.pairing import (
    LATER,
    Pair,
    Paired,
    known_pairs,
    paired,
)
from analysis.study import StudyError
from analysis.survey import Replicates, Sample
from analysis.survey.sample import require

CONFOUNDERS = ("segment", "region", "period")
UNKNOWN = "not known"


@statistic
def partial_correlation(
    sample: Sample,
    columns: Pair,
    *,
    replicates: Replicates,
    given: Sequence[str] = CONFOUNDERS,
) -> Estimate:
    r"""Rank correlation of two columns among people who are alike in others.

    Parameters
    ----------
    sample : Sample
        Rows with both values are used; the others stay in the design.
    columns : tuple of str
        Two numeric columns.
    replicates : Replicates
        Of the same sample.
    given : sequence of str
        Columns to hold still: text, each level for itself and a missing one as a level
        of its own, or numeric, by rank; without a number a row is left out.

    Returns
    -------
    Estimate
        From -1 to 1, with the `p_value` of none.

    Raises
    ------
    StudyError
        As `correlation`; if nothing is held still; or if what is held still leaves
        nothing to compare.

    Notes
    -----
    Both columns are ranked (weighted mid-ranks), each is regressed on what is held
    still by weighted least squares, and the residuals are correlated; the ranking and
    the regressions are made anew in each replicate. With one numeric column it is
    :math:`(r_{xy} - r_{xz} r_{yz}) / \sqrt{(1 - r_{xz}^2)(1 - r_{yz}^2)}` [1]_; for
    residuals of ranks in general see [2]_. It holds still what is named, in straight
    lines and without interactions, and nothing else: who differs in what nobody wrote
    down is still compared. Do not hold still what comes after the answer.

    References
    ----------
    .. [1] Conover, W. J. (1999). Practical Nonparametric Statistics, 3rd edition.
       Wiley, section 5.4.
    .. [2] Liu, Q., Li, C., Wanga, V. and Shepherd, B. E. (2018). Covariate-adjusted
       Spearman's rank correlation with probability-scale residuals. Biometrics 74(2),
       595-605.

    Examples
    --------
    >>> from analysis.survey import replicates
    >>> rows = pd.DataFrame({"group": ["a", "b"] * 20, "score": range(40)})
    >>> rows["spent"] = -rows["score"] + 90 * (rows["group"] == "b")
    >>> people = Sample(rows)
    >>> drawn = replicates(people, rng=np.random.default_rng(1), number=50)
    >>> found = partial_correlation(people, ("score", "spent"), replicates=drawn,
    ...     given=["group"])
    >>> round(found.value, 2)
    -1.0
    """
    if not given:
        raise StudyError("A partial correlation needs a column to hold still.")
    require(sample.frame, given)
    numeric = [name for name in given if _is_numeric(sample.frame[name])]
    both = paired(sample, columns, replicates=replicates, also=numeric)
    held = design_matrix(sample.frame[both.rows], given, both.weights[:, :1])
    return both.estimate(partial_draws(both, held), spent=held.shape[1] - 1)


@statistic
def partial_correlations(
    sample: Sample,
    *,
    replicates: Replicates,
    given: Sequence[str] = CONFOUNDERS,
    later: Mapping[str, str] = LATER,
) -> dict[str, Estimate]:
    """Partial rank correlations of each question with each later behaviour.

    Parameters
    ----------
    sample : Sample
        As `with_choices` makes it.
    replicates : Replicates
        Of the same sample.
    given : sequence of str
        Columns to hold still; those that the sample lacks are left out.
    later : mapping of str to str
        Names of behaviours and their columns.

    Returns
    -------
    dict of str to Estimate
        Keys such as ``recommend and return rate``.

    Raises
    ------
    StudyError
        If no pair can be correlated, or the sample has none of the columns.

    Notes
    -----
    See `partial_correlation`.

    Examples
    --------
    >>> from analysis.survey import replicates
    >>> people = pd.DataFrame({"recommend": range(30), "revenue_after": range(30)})
    >>> people["segment"] = ["new", "loyal"] * 15
    >>> drawn = replicates(Sample(people), rng=np.random.default_rng(1), number=50)
    >>> list(partial_correlations(Sample(people), replicates=drawn))
    ['recommend and revenue']
    """
    pairs, _ = known_pairs(sample, later=later)
    held = sample.known(given)
    return {
        name: partial_correlation(sample, columns, replicates=replicates, given=held)
        for name, columns in pairs.items()
    }


def design_matrix(
    rows: pd.DataFrame, given: Sequence[str], weights: np.ndarray
) -> np.ndarray:
    """Write columns as numbers: an intercept, a column per further level, and ranks.

    Parameters
    ----------
    rows : DataFrame
        The rows used.
    given : sequence of str
        Columns.
    weights : ndarray, shape (n_rows, 1)
        By which numeric columns are ranked.

    Returns
    -------
    ndarray, shape (n_rows, n_columns)

    Examples
    --------
    >>> design_matrix(pd.DataFrame({"group": ["b", "a"]}), ["group"], np.ones((2, 1)))
    array([[1., 1.],
           [1., 0.]])
    """
    parts = [np.ones((len(rows), 1))]
    for name in given:
        if _is_numeric(rows[name]):
            values = rows[name].to_numpy(dtype=float)
            parts.append(mid_ranks(values, weights) - 0.5)
        else:
            levels = rows[name].astype("str").fillna(UNKNOWN)
            made = pd.get_dummies(levels, drop_first=True, dtype=float)
            parts.append(made.to_numpy())
    return np.hstack(parts)


def partial_draws(both: Paired, held: np.ndarray) -> np.ndarray:
    """Correlate residual ranks under each weighting.

    Parameters
    ----------
    both : Paired
        The two columns with their weightings.
    held : ndarray, shape (n_rows, n_columns)
        As `design_matrix` makes it.

    Returns
    -------
    ndarray, shape (1 + n_replicates,)
        The sample's own first; missing where nothing is left to compare.
    """
    kinds, kind = np.unique(held, axis=0, return_inverse=True)
    order = np.argsort(kind, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(kind[order]) > 0])
    columns = both.x[order], both.y[order]
    return np.concatenate(
        [
            _residual(columns, kinds, starts, weights)
            for weights in in_parts(both.weights[order])
        ]
    )


def _residual(
    columns: tuple[np.ndarray, np.ndarray],
    kinds: np.ndarray,
    starts: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Correlate residuals; rows are sorted by kind, and `starts` says where each is."""
    mass = weights / weights.sum(axis=0)
    ranks = [mid_ranks(values, mass) - 0.5 for values in columns]
    weighted = [mass * one for one in ranks]
    of_kinds = np.add.reduceat(mass, starts, axis=0)
    squares = np.einsum("kp,kr,kq->rpq", kinds, of_kinds, kinds, optimize=True)
    # A level that a replicate has nobody of makes the squares singular.
    inverse = np.linalg.pinv(squares, hermitian=True)
    along = [kinds.T @ np.add.reduceat(one, starts, axis=0) for one in weighted]

    def left(a: int, b: int) -> np.ndarray:
        whole = np.einsum("ir,ir->r", weighted[a], ranks[b])
        told = np.einsum("pr,rpq,qr->r", along[a], inverse, along[b], optimize=True)
        # What rounding leaves of nothing is nothing.
        return np.asarray(np.where(np.abs(whole - told) > 1e-12, whole - told, 0.0))

    return quotient(left(0, 1), left(0, 0) * left(1, 1))


def _is_numeric(values: pd.Series) -> bool:
    is_flag = pd.api.types.is_bool_dtype(values)
    return pd.api.types.is_numeric_dtype(values) and not is_flag
