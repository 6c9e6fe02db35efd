"""Whether coders differ, or err, more in one group of documents than in another.

Shares of themes take the reading as true. That is harmless for a comparison of two
groups only if coders read both alike: if they overlook a theme more often in what
promoters write, the gap between the groups is made in part by the coders.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd

from analysis.coding.agreement import overall_agreement
from analysis.coding.decisions import Decisions
from analysis.estimate import Estimate, critical_value, statistic, two_sided_p
from analysis.study import StudyError
from analysis.survey import Result, Sample, share, share_difference

KINDS = {"missed": "there", "added": "absent"}


@statistic
def agreement_by_group(
    decisions: Decisions,
    groups: pd.Series,
    *,
    measure: str = "alpha",
    rng: np.random.Generator | None = None,
    minimum_base: int = 10,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """Agreement on all codes together, in each group of documents.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.independent`; of one code with `one_code`.
    groups : Series of str, indexed by document_id
        Group of each document, such as a segment or a score group; documents
        without one are left out.
    measure : str
        A key of `analysis.coding.agreement.MEASURES`.
    rng : Generator, optional
        For bootstrap intervals.
    minimum_base : int
        Groups with fewer documents read by two coders are left out: withheld.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        By group, in order; see `analysis.coding.agreement.overall_agreement`.

    Raises
    ------
    StudyError
        If no group has enough documents.

    Notes
    -----
    Coefficients beyond chance hang on how often codes are given, which differs
    between groups. Read percent and positive agreement beside them.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> ids = [f"d{n}" for n in range(20)]
    >>> codings = pd.DataFrame({"document_id": ids * 2,
    ...     "coder": ["ann"] * 20 + ["bob"] * 20, "code": ["late", "none"] * 20})
    >>> groups = pd.Series(["new"] * 12 + ["old"] * 8, index=ids)
    >>> decided = independent(codings, codes=["late"])
    >>> [(name, one.value) for name, one in agreement_by_group(decided, groups).items()]
    [('new', 1.0)]
    """
    shared = decisions.shared()
    names = groups.reindex(shared.documents)
    sizes = names.value_counts()
    kept = sorted(str(name) for name in sizes.index[sizes >= minimum_base])
    if not kept:
        raise StudyError(
            f"No group has {minimum_base} documents that two coders read, so "
            "agreement cannot be compared. Use larger groups or code more."
        )
    return {
        name: overall_agreement(
            only_documents(shared, names.eq(name).to_numpy(bool)),
            measure=measure,
            rng=rng,
            confidence=confidence,
        )
        for name in kept
    }


@statistic
def agreement_gaps(by_group: dict[str, Estimate]) -> dict[str, Estimate]:
    r"""Differences of agreement between every two groups.

    Parameters
    ----------
    by_group : dict of str to Estimate
        See `agreement_by_group`. Documents belong to one group each.

    Returns
    -------
    dict of str to Estimate
        Named ``new - old``, with a p-value each: publish them as one family. The
        base is that of the smaller group.

    Notes
    -----
    The interval joins those of the two groups (MOVER, [1]_):
    :math:`d - \sqrt{(v_1-l_1)^2 + (u_2-v_2)^2}` to
    :math:`d + \sqrt{(u_1-v_1)^2 + (v_2-l_2)^2}`. The p-value is the normal one of
    an error that is the half width towards zero; interval and p-value agree.

    References
    ----------
    .. [1] Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about
       effect measures: a general approach. Statistics in Medicine 27(10), 1693-1702.

    Examples
    --------
    >>> new, old = (Estimate(value=v, standard_error=0.05, low=v - 0.1, high=v + 0.1,
    ...     base=90, unit="correlation") for v in (0.9, 0.6))
    >>> gap = agreement_gaps({"new": new, "old": old})["new - old"]
    >>> round(gap.value, 2), round(gap.low, 2), round(gap.high, 2)
    (0.3, 0.16, 0.44)
    """
    return {
        f"{first} - {second}": _gap(by_group[first], by_group[second])
        for first, second in itertools.combinations(by_group, 2)
    }


def decision_errors(independents: Decisions, reference: Decisions) -> pd.DataFrame:
    """Every coder's decisions on every document against the settled ones.

    Parameters
    ----------
    independents : Decisions
        What coders gave at first, see `analysis.coding.decisions.independent`.
    reference : Decisions
        What stands, see `analysis.coding.decisions.final`, with the same codes.

    Returns
    -------
    DataFrame
        One row per document and coder: document_id, coder, there and absent (codes
        that the document has and has not), missed and added (codes wrongly left out
        and wrongly given). Documents that readers are still split on are left out;
        so are documents that one coder alone read and nobody adjudicated.

    Raises
    ------
    StudyError
        If nothing is settled.

    Notes
    -----
    Where all readers agreed and nobody decided anew, what they agree on stands: an
    error that all of them made is not seen, so these rates are lower bounds.

    Examples
    --------
    >>> from analysis.coding.decisions import final, independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1", "d1"],
    ...     "coder": ["ann", "bob", "eve"], "code": ["late", "none", "late"],
    ...     "round": ["1", "1", "adjudicated"]})
    >>> decision_errors(independent(codings, codes=["late"]),
    ...     final(codings, codes=["late"]))[["coder", "missed"]].values.tolist()
    [['ann', 0.0], ['bob', 1.0]]
    """
    at = independents.documents.get_indexer(reference.documents)
    known = at >= 0
    own = independents.applied[at[known]]
    stands = np.nanmean(reference.applied[known], axis=1)
    readers = (~np.isnan(own[:, :, 0])).sum(axis=1)
    others = (
        _readers_of(reference)[known] & ~_readers_of(independents, reference)[at[known]]
    )
    settled = np.isin(stands, [0.0, 1.0]).all(axis=1)
    settled &= (readers >= 2) | others.any(axis=1)
    if not settled.any():
        raise StudyError(
            "No document is settled: neither do two coders agree on one, nor was one "
            "adjudicated. Let a third reader decide where two differ."
        )
    documents = reference.documents[known][settled]
    return _count_errors(own[settled], stands[settled], documents, independents.coders)


@statistic
def error_shares(
    errors: Sample, *, kind: str = "missed", by: str | None = None
) -> Result:
    """Share of decisions that a coder got wrong, overall or by group.

    Parameters
    ----------
    errors : Sample
        Of `decision_errors`, with group columns, and the document or the person as
        cluster. Take one coder with ``errors.only("coder", "ann")``, or compare
        coders with ``by="coder"``.
    kind : {"missed", "added"}
        Codes left out, over codes that are there; or given, over codes that are not.
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`. The base counts documents read, once for each reader.

    Raises
    ------
    StudyError
        If the kind is unknown, or no document has a chance of such an error.

    Notes
    -----
    Ratio of counts with a linearised error that knows a document's codes and
    readers go together; Wilson's interval (`analysis.survey.share`).

    Examples
    --------
    >>> errors = Sample(pd.DataFrame({"document_id": ["d1", "d2"], "missed": [1.0, 0.0],
    ...     "there": [1.0, 3.0]}), clusters="document_id")
    >>> error_shares(errors).value
    0.25
    """
    return share(errors, kind, over=_chances(kind), by=by)


@statistic
def error_gap(
    errors: Sample, *, by: str, levels: tuple[str, str], kind: str = "missed"
) -> Estimate:
    """How much more often coders err in one group than in another.

    Parameters
    ----------
    errors : Sample
        See `error_shares`.
    by : str
        Column of groups.
    levels : tuple of str
        The group to look at, then the one to compare with.
    kind : {"missed", "added"}
        See `error_shares`.

    Returns
    -------
    Estimate
        Unit `share_difference`, with a p-value, which is missing where too few
        errors were made to tell.

    Raises
    ------
    StudyError
        If the kind is unknown or a group has no documents.

    Notes
    -----
    See `analysis.survey.share_difference`.

    Examples
    --------
    >>> errors = Sample(pd.DataFrame({"document_id": list("abcd"), "there": 2.0,
    ...     "missed": [1.0, 1.0, 0.0, 1.0], "group": ["x", "x", "y", "y"]}),
    ...     clusters="document_id")
    >>> error_gap(errors, by="group", levels=("x", "y")).value
    0.25
    """
    return share_difference(errors, kind, by=by, levels=levels, over=_chances(kind))


def only_documents(decisions: Decisions, kept: np.ndarray) -> Decisions:
    """Decisions on some of the documents.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d2"], "coder": "ann",
    ...     "code": "late"})
    >>> both = independent(codings, codes=["late"])
    >>> only_documents(both, np.array([True, False])).documents.tolist()
    ['d1']
    """
    return Decisions(
        decisions.documents[kept],
        decisions.coders,
        decisions.codes,
        decisions.applied[kept],
    )


def one_code(decisions: Decisions, code: str) -> Decisions:
    """Decisions on one code alone.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1"], "coder": "ann", "code": "late"})
    >>> one_code(independent(codings, codes=["late", "rude"]), "rude").codes.tolist()
    ['rude']
    """
    ratings = decisions.ratings(code).to_numpy()
    return Decisions(
        decisions.documents,
        decisions.coders,
        pd.Index([code], name="code"),
        ratings[:, :, None],
    )


def _gap(first: Estimate, second: Estimate) -> Estimate:
    gap = first.value - second.value
    down = math.hypot(first.value - first.low, second.high - second.value)
    up = math.hypot(first.high - first.value, second.value - second.low)
    towards = down if gap > 0 else up
    z = critical_value(first.confidence)
    return Estimate(
        value=gap,
        standard_error=math.hypot(first.standard_error, second.standard_error),
        low=gap - down,
        high=gap + up,
        base=min(first.base, second.base),
        unit="share_difference" if first.unit == "share" else first.unit,
        confidence=first.confidence,
        p_value=two_sided_p(gap, towards / z, math.inf) if towards > 0 else None,
    )


def _readers_of(decisions: Decisions, like: Decisions | None = None) -> np.ndarray:
    """Who read which document, coders in the order of another table if given."""
    read = ~np.isnan(decisions.applied[:, :, 0])
    if like is None:
        return read
    table = pd.DataFrame(read, columns=decisions.coders)
    return table.reindex(columns=like.coders, fill_value=False).to_numpy(bool)


def _count_errors(
    own: np.ndarray, stands: np.ndarray, documents: pd.Index, coders: pd.Index
) -> pd.DataFrame:
    """One row per document and reader."""
    truth = stands[:, None, :]
    read = ~np.isnan(own[:, :, 0])
    place, reader = np.nonzero(read)
    has = stands.sum(axis=1)[place]
    return pd.DataFrame(
        {
            "document_id": documents[place],
            "coder": coders[reader],
            "there": has,
            "absent": stands.shape[1] - has,
            "missed": ((truth == 1) & (own == 0)).sum(axis=2)[read].astype(float),
            "added": ((truth == 0) & (own == 1)).sum(axis=2)[read].astype(float),
        }
    )


def _chances(kind: str) -> str:
    if kind not in KINDS:
        raise StudyError(f"Errors are {' or '.join(KINDS)}; found {kind!r}.")
    return KINDS[kind]
