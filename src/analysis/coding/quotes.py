"""Quotes chosen by a stated rule, of the usual tone and of the opposite one.

The rule: of the documents that every reader gave the code, those of 40 to 240
characters with at most one placeholder are eligible. One is drawn among those with
the theme's usual tone, and one among those with the opposite tone. The draw depends
on the seed and the ids alone, so nobody picks the quote that fits the story.

The tone is that of the whole document, and every document speaks of the theme: a
favourable comment may well complain of late parcels. So a quote is named after the
comment that it comes from, and not after what it says of the theme.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import privacy
from analysis.coding.decisions import Decisions

CRITICAL = "from a mostly critical comment"
MIXED = "from a mixed or neutral comment"
FAVOURABLE = "from a mostly favourable comment"
UNREAD = "from a comment that no coder has read"
STANCES = {-1.0: CRITICAL, 0.0: MIXED, 1.0: FAVOURABLE}
COLUMNS = ["code", "stance", "document_id", "text", "tone", "group", "base"]
PLACEHOLDER = r"\[(?:" + "|".join(privacy.KINDS) + r")\]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What makes a document fit to be quoted.

    Attributes
    ----------
    shortest, longest : int
        Characters of the text.
    placeholders : int
        Most redacted pieces.
    minimum_base : int
        Fewest documents with the code, and in the group, that may be quoted from.
    """

    shortest: int = 40
    longest: int = 240
    placeholders: int = 1
    minimum_base: int = 10


def tones(codings: pd.DataFrame) -> pd.Series:
    """Tone of each document: the mean valence over its coders.

    Parameters
    ----------
    codings : DataFrame
        Columns document_id, coder and valence (-1, 0, 1 or missing).

    Returns
    -------
    Series of float, indexed by document_id
        From -1 (criticism) to 1 (praise); missing if nobody said.

    Examples
    --------
    >>> tones(pd.DataFrame({"document_id": ["d1", "d1", "d1"],
    ...     "coder": ["ann", "ann", "bob"], "valence": [-1, -1, 0]})).item()
    -0.5
    """
    each = codings.groupby(["document_id", "coder"])["valence"].mean()
    return each.groupby("document_id").mean().rename("tone")


def choose_quotes(
    decisions: Decisions,
    documents: pd.DataFrame,
    *,
    seed: int,
    codes: Sequence[str] | None = None,
    rule: Rule | None = None,
) -> pd.DataFrame:
    """Choose for each code a quote of the usual tone and one of the opposite.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.final`.
    documents : DataFrame
        Columns document_id, text (redacted) and tone (-1 to 1, see `tones`), and
        optionally group: a group under the minimum base is never quoted.
    seed : int
        The study's seed.
    codes : sequence of str, optional
        Codes to quote; all by default.
    rule : Rule, optional
        What makes a document fit to be quoted.

    Returns
    -------
    DataFrame
        At most two rows per code, the usual tone first: code, stance (one of
        `STANCES`, the tone of the whole document), document_id, text, tone, group
        and base (documents with the code). No document is quoted twice. A theme
        without an opposite tone has one quote.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> ids = [f"d{n}" for n in range(12)]
    >>> codings = pd.DataFrame({"document_id": ids, "coder": "ann", "code": "late"})
    >>> texts = pd.DataFrame({"document_id": ids, "tone": [-1.0] * 11 + [1.0],
    ...     "text": "The parcel came a week after the promised day."})
    >>> quotes = choose_quotes(final(codings, codes=["late"]), texts, seed=1)
    >>> quotes["stance"].tolist()
    ['from a mostly critical comment', 'from a mostly favourable comment']
    """
    rule = rule or Rule()
    table = documents.set_index("document_id")
    table = table.reindex(columns=["text", "tone", "group"])
    table["tone"] = table["tone"].astype("float64")
    taken: set[str] = set()
    rows: list[dict[str, object]] = []
    for code in codes if codes is not None else decisions.codes:
        carriers = table.reindex(_agreed(decisions, code))
        fresh = carriers[_is_fit(carriers, rule) & ~carriers.index.isin(taken)]
        for stance, name in _pair(carriers, fresh, minimum=rule.minimum_base):
            lots = {one: _lot(seed, code, one) for one in name}
            document = min(lots, key=lots.__getitem__)
            taken.add(document)
            about = {"code": code, "stance": stance, "base": len(carriers)}
            rows.append({**about, "document_id": document, **fresh.loc[document]})
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_quotes(
    documents: pd.DataFrame,
    *,
    topic: str,
    seed: int,
    most: int = 3,
    rule: Rule | None = None,
) -> pd.DataFrame:
    """Draw quotes from documents by lot, whatever they speak of.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id, text (redacted) and tone (-1 to 1, missing if unknown).
    topic : str
        What the documents have in common, such as the week that they came in.
    seed : int
        The study's seed.
    most : int
        Quotes to draw, 1 or more.
    rule : Rule, optional
        What makes a document fit to be quoted; fewer documents than its minimum base
        are not quoted from at all.

    Returns
    -------
    DataFrame
        Columns topic, stance, document_id, text and base (documents).

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": [f"d{n}" for n in range(12)],
    ...     "tone": -1.0, "text": "The parcel came a week after the promised day."})
    >>> draw_quotes(texts, topic="Complaints", seed=1, most=2)["base"].tolist()
    [12, 12]
    """
    rule = rule or Rule()
    table = documents.set_index("document_id").reindex(columns=["text", "tone"])
    fit = table[_is_fit(table.assign(group=None), rule)]
    if len(table) < rule.minimum_base:
        fit = fit.head(0)
    lots = sorted(fit.index, key=lambda one: _lot(seed, topic, one))[:most]
    drawn = fit.loc[lots].rename_axis(index="document_id").reset_index()
    signs = np.sign(drawn["tone"].to_numpy(dtype=float, na_value=np.nan))
    stances = [STANCES.get(float(one), UNREAD) for one in signs]
    return drawn.assign(topic=topic, stance=stances, base=len(table))


def _agreed(decisions: Decisions, code: str) -> pd.Index:
    """Documents that every reader gave the code."""
    ratings = decisions.ratings(code)
    return ratings.index[ratings.min(axis=1) == 1]


def _pair(
    carriers: pd.DataFrame, fresh: pd.DataFrame, *, minimum: int
) -> Iterator[tuple[str, pd.Index]]:
    """Documents to draw from for each stance, the theme's usual one first."""
    tone = carriers["tone"].mean()
    if len(carriers) < minimum or np.isnan(tone):
        return
    usual = float(np.sign(tone))
    # A theme whose tones balance has no opposite one.
    for side in (usual, -usual) if usual else (usual,):
        documents = fresh.index[np.sign(fresh["tone"]) == side]
        if len(documents):
            yield STANCES[side], documents


def _is_fit(carriers: pd.DataFrame, rule: Rule) -> pd.Series:
    texts = carriers["text"].fillna("").astype("str").str.strip()
    lengths = texts.str.len()
    hidden = texts.str.count(PLACEHOLDER)
    sizes = carriers.groupby("group")["text"].transform("size")
    is_clean = texts.map(lambda text: privacy.redact(text).text == text).astype(bool)
    return (
        lengths.between(rule.shortest, rule.longest)
        & (hidden <= rule.placeholders)
        & (carriers["group"].isna() | (sizes >= rule.minimum_base))
        & is_clean
    )


def _lot(seed: int, code: str, document: object) -> str:
    """A lot that does not change when other documents come or go."""
    return hashlib.sha256(f"{seed}|{code}|{document}".encode()).hexdigest()
