"""The codebook of the study beside the one before it, and where trends are cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.coding.codebook import Codebook, load_codebook
from analysis.coding.decisions import independent
from analysis.coding.versions import (
    ROUND,
    broken_codes,
    coded_under,
    compare_codebooks,
    predecessors,
    version_agreement,
    version_shift,
)
from analysis.estimate import Estimate
from analysis.study import Study


@dataclass(frozen=True, eq=False)
class Bridge:
    """What the newest change of the codebook did.

    Attributes
    ----------
    changes : DataFrame
        See `analysis.coding.versions.compare_codebooks`, with the column `trend`: why
        the code's trend is cut, or ``goes on``. Empty without an earlier book.
    agreement, shift : dict of str to Estimate
        Of codes that were coded under both books.
    breaks : dict of str to list of str
        The period from which on a code's trend starts anew.
    """

    changes: pd.DataFrame
    agreement: dict[str, Estimate]
    shift: dict[str, Estimate]
    breaks: dict[str, list[str]]


def bridge_versions(
    study: Study,
    codings: pd.DataFrame,
    *,
    period: str,
    rng: np.random.Generator,
) -> Bridge:
    """Set the codebook beside the one before it, if the study keeps one.

    Parameters
    ----------
    study : Study
        With ``codebook.toml`` and, for each earlier version, ``codebook-<v>.toml``.
    codings : DataFrame
        The table `codings`; rounds such as ``2026Q3-v1.0`` were coded with the older
        book.
    period : str
        Of the run. Trends are cut at the period that was coded under both books, or
        at this one if none was.
    rng : Generator
        Source of randomness of the bootstrap.

    Returns
    -------
    Bridge
        Empty without an earlier book.

    Raises
    ------
    StudyError
        If a codebook cannot be read, or the texts coded under both differ.

    Examples
    --------
    >>> codings = pd.DataFrame(columns=["document_id", "coder", "code", "round"])
    >>> found = bridge_versions(Study.load("demo"), codings, period="2026Q3",
    ...     rng=np.random.default_rng(1))
    >>> found.breaks
    {}
    """
    after = load_codebook(study)
    before = _book_before(study, after)
    if before is None:
        nothing = pd.DataFrame(columns=["code", "change", "detail", "trend"])
        return Bridge(nothing, {}, {}, {})
    old = coded_under(codings, before.version)
    agreement, shift = _beside((before, after), codings, study=study, rng=rng)
    reasons = broken_codes(before, after, agreement=agreement, settings=study.coding)
    changes = compare_codebooks(before, after)
    trends = [reasons.get(code, "goes on") for code in changes["code"]]
    changes["trend"] = pd.Series(trends, index=changes.index, dtype="str")
    since = _periods(old) or [period]
    return Bridge(changes, agreement, shift, dict.fromkeys(reasons, since[:1]))


def _book_before(study: Study, book: Codebook) -> Codebook | None:
    books = [load_codebook(path) for path in study.raw.glob("codebook-*.toml")]
    older = [one for one in books if one.version != book.version]
    return max(older, key=lambda one: _parts(one.version), default=None)


def _parts(version: str) -> list[tuple[int, str]]:
    """Parts of a version, so that 1.10 comes after 1.9."""
    parts = version.split(".")
    return [(int(one), "") if one.isdigit() else (-1, one) for one in parts]


def _beside(
    books: tuple[Codebook, Codebook],
    codings: pd.DataFrame,
    *,
    study: Study,
    rng: np.random.Generator,
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    before, after = books
    old = coded_under(codings, before.version)
    if old.empty:
        return {}, {}
    first = independent(old, codes=before.active)
    second = independent(coded_under(codings), codes=after.active)
    known = {"pairs": predecessors(before, after), "confidence": study.confidence}
    alphas = version_agreement(first, second, rng=rng, **known)  # type: ignore[arg-type]
    return alphas, version_shift(first, second, **known)  # type: ignore[arg-type]


def _periods(old: pd.DataFrame) -> list[str]:
    """Periods that were coded under both books, in order."""
    rounds = old["round"].astype("str").str.replace(ROUND, "", regex=True)
    return sorted(set(rounds))
