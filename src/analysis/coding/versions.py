"""What a new version of the codebook does to the trend.

When a definition changes, a share may move although customers speak as before. So
some documents are coded under both books, and the trend of a code is cut where the
two do not measure the same. Keep the old book beside the new one, as
``codebook-<version>.toml``, and give out its workbooks with the round
``<period>-v<version>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.coding.alpha import krippendorff_alpha
from analysis.coding.codebook import Code, Codebook
from analysis.coding.decisions import Decisions
from analysis.estimate import Estimate, statistic
from analysis.settings import Coding
from analysis.study import StudyError
from analysis.survey import Sample, share_difference

MEANING = ("definition", "use_when", "not_when")
ROUND = r"-v(?P<version>[^-]+)$"


def coded_under(codings: pd.DataFrame, version: str | None = None) -> pd.DataFrame:
    """Codings made under one version of the book.

    Parameters
    ----------
    codings : DataFrame
        The table `codings`, with round.
    version : str, optional
        The version that rounds end with (``2026Q3-v1.0``); by default the rounds
        without one, which are those of each period's own book.

    Returns
    -------
    DataFrame
        Rows of `codings`.

    Examples
    --------
    >>> codings = pd.DataFrame({"round": ["2026Q3", "2026Q3-v1.0"]})
    >>> coded_under(codings).index.tolist(), coded_under(codings, "1.0").index.tolist()
    ([0], [1])
    """
    found = codings["round"].astype("str").str.extract(ROUND)["version"]
    return codings[found.isna() if version is None else found == version]


def compare_codebooks(before: Codebook, after: Codebook) -> pd.DataFrame:
    """List what changed from one version of the book to the next.

    Parameters
    ----------
    before, after : Codebook
        The older and the newer book.

    Returns
    -------
    DataFrame
        One row per change: code, change (``added``, ``removed``, ``replaced``,
        ``redefined`` or ``renamed``) and detail. Empty if nothing changed.

    Examples
    --------
    >>> old = Codebook(version="1", codes=(Code(id="late", name="Late"),))
    >>> new = Codebook(version="2", codes=(Code(id="slow", name="Slow"),))
    >>> compare_codebooks(old, new)[["code", "change"]].values.tolist()
    [['late', 'removed'], ['slow', 'added']]
    """
    old = {code.id: code for code in before.codes}
    new = {code.id: code for code in after.codes}
    rows = [
        (name, *_change(old.get(name), new.get(name)))
        for name in dict.fromkeys([*old, *new])
    ]
    table = pd.DataFrame(rows, columns=["code", "change", "detail"], dtype="str")
    return table[table["change"] != ""].reset_index(drop=True)


def predecessors(before: Codebook, after: Codebook) -> dict[str, list[str]]:
    """Name the codes of the older book that each active code stands for.

    Parameters
    ----------
    before, after : Codebook
        The older and the newer book.

    Returns
    -------
    dict of str to list of str
        Per active code of the newer book: its own id if the older book had it, and
        the codes that it replaced. Codes that are wholly new are left out.

    Examples
    --------
    >>> old = Codebook(version="1", codes=(Code(id="late", name="Late"),))
    >>> new = Codebook(version="2", codes=(
    ...     Code(id="late", name="Late", replaced_by="slow"),
    ...     Code(id="slow", name="Slow")))
    >>> predecessors(old, new)
    {'slow': ['late']}
    """
    successors = {code.id: code.replaced_by for code in after.codes}
    found: dict[str, list[str]] = {}
    for name in before.active:
        heir: str | None = name
        seen: set[str] = set()
        while heir and successors.get(heir) and heir not in seen:
            seen.add(heir)
            heir = successors[heir]
        if heir in after.active:
            found.setdefault(str(heir), []).append(name)
    return {name: found[name] for name in after.active if name in found}


@statistic
def version_agreement(
    before: Decisions,
    after: Decisions,
    *,
    pairs: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """How far a code of the new book agrees with what it was before.

    Parameters
    ----------
    before, after : Decisions
        The same documents coded under the older and the newer book.
    pairs : mapping of str to sequence of str
        See `predecessors`.
    rng : Generator
        Source of randomness of the bootstrap.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Krippendorff's alpha, unit `correlation`; the base counts documents coded
        under both.

    Raises
    ------
    StudyError
        If no document was coded under both books.

    Notes
    -----
    Each book counts as one reader, whose decision is the mean of its coders': alpha
    for interval values, which for whole decisions is the nominal one. A code that
    stands for several older ones had been given where any of them was. Coders'
    ordinary disagreement is in it too: beside an alpha between coders of .8, one of
    .8 between books means that the book changed nothing.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d2", "d3"], "coder": "ann",
    ...     "code": ["late", "none", "none"]})
    >>> same = independent(codings, codes=["late"])
    >>> alphas = version_agreement(same, same, pairs={"late": ["late"]},
    ...     rng=np.random.default_rng(1))
    >>> alphas["late"].value
    1.0
    """
    return {
        code: krippendorff_alpha(
            _beside(before, after, code, olds),
            rng=rng,
            level="interval",
            confidence=confidence,
        )
        for code, olds in pairs.items()
    }


@statistic
def version_shift(
    before: Decisions,
    after: Decisions,
    *,
    pairs: Mapping[str, Sequence[str]],
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """How much the new book alone moves the share of each code.

    Parameters
    ----------
    before, after : Decisions
        The same documents coded under the older and the newer book.
    pairs : mapping of str to sequence of str
        See `predecessors`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Unit `share_difference`, new less old; the base counts documents coded under
        both.

    Raises
    ------
    StudyError
        If no document was coded under both books.

    Notes
    -----
    See `analysis.survey.share_difference`; the document is the cluster, since both
    shares are of the same ones. It speaks of these documents' kind, unweighted.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d2", "d3"], "coder": "ann",
    ...     "code": ["late", "none", "none"]})
    >>> same = independent(codings, codes=["late"])
    >>> version_shift(same, same, pairs={"late": ["late"]})["late"].value
    0.0
    """
    return {
        code: _shift(_beside(before, after, code, olds), confidence)
        for code, olds in pairs.items()
    }


def broken_codes(
    before: Codebook,
    after: Codebook,
    *,
    agreement: Mapping[str, Estimate],
    settings: Coding,
) -> dict[str, str]:
    """Codes whose trend must be cut at the new version, and why.

    Parameters
    ----------
    before, after : Codebook
        The older and the newer book.
    agreement : mapping of str to Estimate
        See `version_agreement`; codes that were not bridged are not in it.
    settings : Coding
        The least alpha, as between coders.

    Returns
    -------
    dict of str to str
        Code to reason. Codes that did not change, or agree well enough with what
        they were, are not in it. The notebook hands the first period of the new
        book to ``publish_table(breaks=...)`` for these.

    Examples
    --------
    >>> old = Codebook(version="1", codes=(Code(id="late", name="Late"),))
    >>> new = Codebook(version="2", codes=(Code(id="slow", name="Slow"),))
    >>> broken_codes(old, new, agreement={}, settings=Coding())
    {'slow': 'new in version 2'}
    """
    changes = compare_codebooks(before, after)
    redefined = set(changes.loc[changes["change"] == "redefined", "code"])
    pairs = predecessors(before, after)
    reasons = {}
    for code in after.active:
        olds = pairs.get(code, [])
        if olds == [code] and code not in redefined:
            continue
        reason = _reason(after, olds, agreement.get(code), settings)
        if reason:
            reasons[code] = reason
    return reasons


def _change(old: Code | None, new: Code | None) -> tuple[str, str]:
    if old is None or new is None:
        return ("added" if old is None else "removed"), ""
    if new.replaced_by and not old.replaced_by:
        return "replaced", f"by {new.replaced_by}"
    keys = [key for key in MEANING if getattr(old, key) != getattr(new, key)]
    if keys:
        return "redefined", ", ".join(keys)
    if old.name != new.name:
        return "renamed", f"was {old.name}"
    return "", ""


def _reason(
    after: Codebook, olds: Sequence[str], alpha: Estimate | None, settings: Coding
) -> str:
    if not olds:
        return f"new in version {after.version}"
    if alpha is None:
        return f"changed in version {after.version} and not coded under both"
    if alpha.value >= settings.alpha:
        return ""
    return f"under both versions alpha is {alpha.value:.2f}, under {settings.alpha:g}"


def _beside(
    before: Decisions, after: Decisions, code: str, olds: Sequence[str]
) -> pd.DataFrame:
    """Per document coded under both, the decision of each book."""
    shared = before.documents.intersection(after.documents)
    if shared.empty:
        raise StudyError(
            "No document was coded under both versions of the codebook. Give out some "
            "of the new documents with the old book, as round <period>-v<version>."
        )
    old = np.max([before.ratings(one).loc[shared] for one in olds], axis=0)
    new = after.ratings(code).loc[shared]
    return pd.DataFrame(
        {"before": np.nanmean(old, axis=1), "after": new.mean(axis=1)}, index=shared
    )


def _shift(beside: pd.DataFrame, confidence: float) -> Estimate:
    long = beside.reset_index(names="document").melt(
        id_vars="document", var_name="book", value_name="given"
    )
    sample = Sample(long, clusters="document", confidence=confidence)
    return share_difference(sample, "given", by="book", levels=("after", "before"))
