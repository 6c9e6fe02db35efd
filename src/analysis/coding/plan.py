"""Which comments people read: a random sample with known chances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, statistic
from analysis.study import StudyError
from analysis.survey import Sample

ALL, UNKNOWN = "all", "unknown"
# A stratum with fewer documents than this is read whole, if the size allows.
LEAST = 10
PERSONS = ("person", "customer_id")


@dataclass(frozen=True, eq=False)
class Drawn:
    """Documents to code, and how they were drawn.

    Attributes
    ----------
    documents : DataFrame
        One row per document drawn: document_id, stratum, inclusion_probability,
        double_probability (chance to be drawn and read twice), coder and
        second_coder (missing for those read once). Keep it as the processed table
        ``coding_sample``: shares need the chances.
    plan : DataFrame
        Per stratum: stratum, documents (with a text), without_text, drawn and
        read_twice.
    """

    documents: pd.DataFrame
    plan: pd.DataFrame


@statistic
def documents_for_margin(
    margin: float,
    *,
    share: float = 0.5,
    effect: float = 1.0,
    confidence: float = 0.95,
    population: float = math.inf,
) -> Estimate:
    r"""Documents to read so that a theme's share is known this well.

    Parameters
    ----------
    margin : float
        Half the width of the interval wanted, between 0 and 1.
    share : float
        The share expected, between 0 and 1; one half asks for most.
    effect : float
        Design effect of weights and of several comments per person, 1 or more.
    confidence : float
        Between 0 and 1.
    population : float
        Documents there are.

    Returns
    -------
    Estimate
        Unit `count`, rounded up: a plan, without error.

    Raises
    ------
    StudyError
        If margin, share or effect lie outside their range.

    Notes
    -----
    :math:`n_0 = \delta z^2 p(1-p) / m^2`, then :math:`n = n_0 / (1 + n_0 / N)` [1]_.
    It counts documents whose codes are certain. Agreement needs numbers of its own:
    let two people read 200 of them.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, chapter 4. Wiley.

    Examples
    --------
    >>> documents_for_margin(0.05, share=0.2).value
    246.0
    """
    if not (0 < margin < 1 and 0 < share < 1 and effect >= 1):
        raise StudyError(
            f"A plan with margin {margin}, share {share} and design effect {effect} "
            "cannot be made. Margin and share lie between 0 and 1, the effect is 1 "
            "or more."
        )
    plain = effect * critical_value(confidence) ** 2 * share * (1 - share) / margin**2
    value = float(math.ceil(plain / (1 + plain / population) - 1e-9))
    return Estimate(
        value=value,
        standard_error=0.0,
        low=value,
        high=value,
        base=int(value),
        unit="count",
    )


def draw_coding_sample(
    documents: pd.DataFrame,
    *,
    size: int,
    rng: np.random.Generator,
    coders: Sequence[str],
    strata: Sequence[str] = (),
    double: int = 200,
) -> Drawn:
    r"""Draw the documents that people read, and say who reads which.

    Parameters
    ----------
    documents : DataFrame
        Column document_id, text, and those of `strata`. Documents without a text
        are left out, and counted.
    size : int
        Documents to draw, 1 or more; all if there are fewer.
    rng : Generator
        The same state draws the same documents, however the frame is sorted.
    coders : sequence of str
        Who reads. Two or more if anything is read twice.
    strata : sequence of str
        Columns, such as source or score group; each combination is drawn by
        itself. A missing value is a level of its own.
    double : int
        Documents that two people read: all, if `size` is smaller.

    Returns
    -------
    Drawn

    Raises
    ------
    StudyError
        If no document has a text, one stands twice, the size is too small for the
        strata, or there are too few coders.

    Notes
    -----
    Simple random sampling without replacement within strata, in proportion to their
    size but with at least `LEAST` each where there are so many: chance
    :math:`m_h / N_h` [1]_. Those read twice are drawn at random among them, in the
    same way. The draw knows nothing of what a machine suggested: labels that
    people gave at random can judge the machine. Coders take turns in every
    combination, so that no coder reads one stratum alone.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, chapter 5. Wiley.

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": list("abcdefgh"), "text": "Too late."})
    >>> drawn = draw_coding_sample(texts, size=4, rng=np.random.default_rng(1),
    ...     coders=["ann", "bob"], double=2)
    >>> drawn.documents["inclusion_probability"].unique().tolist()
    [0.5]
    >>> int(drawn.documents["second_coder"].notna().sum())
    2
    """
    frame = _prepared(documents, strata)
    readable = frame[frame["is_readable"]]
    _check(readable, size=size, coders=coders, double=double)
    sizes = readable.groupby("stratum")["document_id"].size()
    taken = _share_out(sizes, min(size, len(readable)))
    twice = _share_out(taken, min(double, int(taken.sum())))
    parts = [
        _of_stratum(group, int(taken[str(name)]), int(twice[str(name)]), rng)
        for name, group in readable.groupby("stratum")
    ]
    drawn = _dealt(pd.concat(parts, ignore_index=True), list(coders), rng)
    empty = (~frame["is_readable"]).groupby(frame["stratum"]).sum()
    plan = pd.DataFrame(
        {
            "documents": sizes,
            "without_text": empty.reindex(sizes.index).astype("int64"),
            "drawn": taken,
            "read_twice": twice,
        }
    )
    return Drawn(drawn, plan.reset_index())


def drawn_sample(
    coded: pd.DataFrame,
    drawn: pd.DataFrame,
    *,
    weights: str | None = None,
    confidence: float = 0.95,
) -> Sample:
    r"""Coded documents, weighted by how likely they were to be read.

    Parameters
    ----------
    coded : DataFrame
        Column document_id, unique, and optionally person (see
        `analysis.coding.units.with_units`) or customer_id; see
        `analysis.coding.shares.code_documents`.
    drawn : DataFrame
        The table ``coding_sample``. Documents that were not drawn are left out:
        nobody knows what they stand for.
    weights : str, optional
        Column of survey weights to multiply by.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Sample
        With `coding_weight`, whose mean is 1, and persons as clusters where known.

    Raises
    ------
    StudyError
        If no coded document was drawn.

    Notes
    -----
    Weight :math:`1/\pi`, or :math:`w/\pi`. Documents that were drawn and not yet
    coded are taken as missing at random within the strata. Strata are left out of
    the design, since a person may have documents in several: the error is a little
    too large where strata differ.

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": ["a", "b"], "late": [1.0, 0.0]})
    >>> chances = pd.DataFrame({"document_id": ["a", "b"],
    ...     "inclusion_probability": [0.25, 0.75]})
    >>> drawn_sample(texts, chances).frame["coding_weight"].tolist()
    [1.5, 0.5]
    """
    chances = drawn[["document_id", "inclusion_probability"]]
    frame = coded.merge(chances, on="document_id", validate="one_to_one")
    if frame.empty:
        raise StudyError(
            "None of the coded documents was drawn, so their shares speak for nobody. "
            "Compare document_id in the coding workbook and in `coding_sample`."
        )
    weight = 1 / frame["inclusion_probability"]
    weight = weight * frame[weights] if weights else weight
    return Sample(
        frame.assign(coding_weight=weight / weight.mean()),
        weights="coding_weight",
        clusters=next((one for one in PERSONS if one in frame), None),
        confidence=confidence,
    )


def _prepared(documents: pd.DataFrame, strata: Sequence[str]) -> pd.DataFrame:
    for name in ("document_id", "text", *strata):
        if name not in documents:
            raise StudyError(
                f"The documents have no column {name!r} to draw by. They have "
                f"{', '.join(map(str, documents.columns[:12]))}."
            )
    twice = documents["document_id"][documents["document_id"].duplicated()]
    if len(twice):
        raise StudyError(
            f"Document {twice.iloc[0]!r} stands among those to draw from more than "
            "once; expected each once."
        )
    stratum = pd.Series(ALL, index=documents.index, dtype="str")
    if strata:
        parts = documents[list(strata)].astype("str").fillna(UNKNOWN)
        stratum = parts.agg(", ".join, axis=1).astype("str")
    text = documents["text"].fillna("").astype("str").str.strip()
    columns = {"document_id": documents["document_id"].astype("str")}
    frame = pd.DataFrame({**columns, "stratum": stratum, "is_readable": text != ""})
    # The order of the file must not decide who is drawn.
    return frame.sort_values("document_id", ignore_index=True)


def _check(
    readable: pd.DataFrame, *, size: int, coders: Sequence[str], double: int
) -> None:
    if readable.empty:
        raise StudyError("No document has a text, so there is nothing to code.")
    n_strata = readable["stratum"].nunique()
    if size < n_strata:
        raise StudyError(
            f"{size} documents cannot be drawn from {n_strata} strata; draw at least "
            "one from each, or name fewer strata."
        )
    needed = 2 if double else 1
    if len(set(coders)) < max(needed, len(coders)):
        raise StudyError(
            f"Found the coders {', '.join(coders) or 'none'}; expected at least "
            f"{needed}, each named once. Name another, or set `double` to 0."
        )


def _share_out(sizes: pd.Series, total: int) -> pd.Series:
    """Whole numbers in proportion to sizes, at least `LEAST` where there is room."""
    floor = np.minimum(sizes, min(LEAST, total // len(sizes)))
    room = sizes - floor
    left = total - int(floor.sum())
    wish = left * room / max(int(room.sum()), 1)
    given = np.floor(wish).astype("int64")
    largest = (wish - given).sort_values(ascending=False, kind="stable").index
    given[largest[: left - int(given.sum())]] += 1
    return (floor + given).astype("int64")


def _of_stratum(
    group: pd.DataFrame, count: int, twice: int, rng: np.random.Generator
) -> pd.DataFrame:
    chosen = group.iloc[rng.permutation(len(group))[:count]]
    return pd.DataFrame(
        {
            "document_id": chosen["document_id"],
            "stratum": chosen["stratum"],
            "inclusion_probability": count / len(group),
            "double_probability": twice / len(group),
            "is_double": np.arange(count) < twice,
        }
    )


def _dealt(
    drawn: pd.DataFrame, coders: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Give each document its reader, and those read twice another one."""
    drawn = drawn.sort_values(["is_double", "stratum"], kind="stable")
    k, turns = len(coders), np.arange(len(drawn)) + int(rng.integers(len(coders)))
    first = turns % k
    second = (first + 1 + turns // k % max(k - 1, 1)) % k
    names = np.array(coders, dtype=object)
    other = pd.Series(names[second], index=drawn.index, dtype="str")
    told = drawn.assign(
        coder=pd.Series(names[first], index=drawn.index, dtype="str"),
        second_coder=other.where(drawn["is_double"]),
    )
    return told.drop(columns="is_double").sort_values("document_id", ignore_index=True)
