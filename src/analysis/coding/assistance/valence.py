"""Praise and criticism by clause, read by a fixed list of words and rules.

A baseline to hold beside the tone that people gave, never in its place. It knows
English; texts in other languages are left out, and the page says how many.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from analysis.coding.assistance.language import ENGLISH
from analysis.coding.assistance.wording import readable, words
from analysis.coding.decisions import Decisions
from analysis.estimate import Estimate, statistic
from analysis.study import StudyError
from analysis.survey import Sample, share

# Usual borders of VADER's score between criticism, neutral and praise.
NEUTRAL = 0.05
FEWEST = 3
# Many words are tried, so 1.96 would let in one of forty that tells nothing.
TELLING = 2.58
_BREAKS = re.compile(
    r"[.!?;:\n]+|,?\s+(?:but|however|although|though|yet|whereas|while)\s+|,\s+",
    re.IGNORECASE,
)
COLUMNS = ["document_id", "clause", "text", "valence"]


def clause_valence(documents: pd.DataFrame, *, languages: pd.Series) -> pd.DataFrame:
    """Score each clause of each English text.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id and text, redacted.
    languages : Series of str
        The language of each row of `documents`, see
        `analysis.coding.assistance.language.guess_languages`.

    Returns
    -------
    DataFrame
        One row per clause: document_id, clause (its number from 0), text, and valence
        from -1 (criticism) to 1 (praise).

    Notes
    -----
    A text is cut at full stops, commas, semicolons, colons, line ends and words such
    as "but". Each clause gets VADER's compound score [1]_. Not for irony, for other
    languages, or for what is bad news without a bad word ("it came in May").

    References
    ----------
    .. [1] Hutto, C. J. and Gilbert, E. (2014). VADER: a parsimonious rule-based model
       for sentiment analysis of social media text. ICWSM.

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": ["d1"],
    ...     "text": ["Lovely fabric, but the service was horrible."]})
    >>> found = clause_valence(texts, languages=pd.Series(["en"]))
    >>> (found["valence"] > 0).tolist()
    [True, False]
    """
    english = documents[(languages == ENGLISH).to_numpy()]
    texts = readable(english["text"])
    rows = [
        (document, number, clause)
        for document, text in zip(english["document_id"], texts, strict=True)
        for number, clause in enumerate(_clauses(text))
    ]
    found = pd.DataFrame(rows, columns=COLUMNS[:3]).astype({"text": "str"})
    scores = {clause: _scorer()(clause)["compound"] for clause in set(found["text"])}
    return found.assign(valence=found["text"].map(scores).astype("float64"))


def document_valence(clauses: pd.DataFrame) -> pd.Series:
    """Tone of each document: the mean over its clauses that have a tone.

    Parameters
    ----------
    clauses : DataFrame
        See `clause_valence`.

    Returns
    -------
    Series of float, indexed by document_id
        From -1 to 1; 0 if no clause has a tone.

    Examples
    --------
    >>> document_valence(pd.DataFrame({"document_id": ["d1"] * 3,
    ...     "valence": [0.5, 0.0, 0.3]})).item()
    0.4
    """
    toned = clauses["valence"].where(clauses["valence"] != 0)
    means = toned.groupby(clauses["document_id"]).mean()
    return means.fillna(0.0).rename("valence")


def telling_words(
    decisions: Decisions, documents: pd.DataFrame, *, most: int = 10
) -> dict[str, list[str]]:
    r"""Words by which a code is known in the texts that people read.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.final`.
    documents : DataFrame
        Columns document_id and text.
    most : int
        Words per code.

    Returns
    -------
    dict of str to list of str
        Per code its words in small letters, the most telling first.

    Notes
    -----
    Log odds ratio of documents with the word, among documents with the code and
    without, half a document added to each count, over its standard error [1]_. A word
    tells if that is above 2.58 and at least 3 documents with the code hold it; "the"
    and its like (scikit-learn's English list) never do.

    References
    ----------
    .. [1] Monroe, B. L., Colaresi, M. P. and Quinn, K. M. (2008). Fightin' words.
       Political Analysis 16(4), 372-403.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> ids = [f"d{n}" for n in range(20)]
    >>> texts = pd.DataFrame({"document_id": ids,
    ...     "text": ["It came late"] * 10 + ["It is soft"] * 10})
    >>> codings = pd.DataFrame({"document_id": ids, "coder": "ann",
    ...     "code": ["late"] * 10 + ["none"] * 10})
    >>> telling_words(final(codings, codes=["late"]), texts)
    {'late': ['came', 'late']}
    """
    texts = readable(documents.set_index("document_id")["text"])
    held = [set(words(text)) for text in texts.reindex(decisions.documents).fillna("")]
    given = np.nanmean(decisions.applied, axis=1) > 0.5
    return {
        code: distinctive_words(held, given[:, place], most=most, fewest=FEWEST)
        for place, code in enumerate(decisions.codes)
    }


def distinctive_words(
    held: list[set[str]], inside: np.ndarray, *, most: int, fewest: int
) -> list[str]:
    """Words that documents of a group hold more often than the others.

    Parameters
    ----------
    held : list of set of str
        The words of each document.
    inside : ndarray of bool, shape (n_documents,)
        Which of them belong to the group.
    most : int
        How many words at most.
    fewest : int
        Documents of the group that must hold a word.

    Returns
    -------
    list of str
        The most distinctive first.

    Examples
    --------
    >>> held = [{"late", "it"}] * 9 + [{"it"}] * 9
    >>> distinctive_words(held, np.arange(18) < 9, most=3, fewest=3)
    ['late']
    """
    counts = {True: dict[str, int](), False: dict[str, int]()}
    for terms, side in zip(held, inside.tolist(), strict=True):
        for term in terms - ENGLISH_STOP_WORDS:
            counts[side][term] = counts[side].get(term, 0) + 1
    n, m = int(inside.sum()), int((~inside).sum())
    scores = {}
    for term, a in counts[True].items():
        b = counts[False].get(term, 0)
        cells = np.array([a, n - a, b, m - b]) + 0.5
        ratio = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
        score = ratio / np.sqrt((1 / cells).sum())
        if a >= fewest and score > TELLING and len(term) > 2:
            scores[term] = score
    return sorted(scores, key=lambda term: (-scores[term], term))[:most]


def pair_valence(
    clauses: pd.DataFrame, telling: Mapping[str, Iterable[str]]
) -> pd.DataFrame:
    """Tone of the clauses that speak of each code.

    Parameters
    ----------
    clauses : DataFrame
        See `clause_valence`.
    telling : mapping of code to words
        See `telling_words`.

    Returns
    -------
    DataFrame
        A row per document and code that one of its clauses speaks of: document_id,
        code, valence (mean over these clauses) and clauses (how many).

    Examples
    --------
    >>> said = pd.DataFrame({"document_id": ["d1", "d1"], "valence": [0.6, -0.5],
    ...     "text": ["Lovely fabric", "it came too late"]})
    >>> pair_valence(said, {"late": ["late"]}).to_numpy().tolist()
    [['d1', 'late', -0.5, 1]]
    """
    held = [set(words(text)) for text in clauses["text"]]
    parts = []
    for code, terms in telling.items():
        known = set(terms)
        speaks = np.array([bool(known & one) for one in held], dtype=bool)
        tone = clauses[speaks].groupby("document_id")["valence"]
        found = tone.agg(valence="mean", clauses="size").reset_index()
        found.insert(1, "code", code)
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


@statistic
def valence_agreement(
    machine: pd.Series, human: pd.Series, *, people: pd.Series | None = None
) -> dict[str, Estimate]:
    """How often the machine's tone is that of people, beside the best single guess.

    Parameters
    ----------
    machine : Series of float, indexed by document_id
        See `document_valence`: above 0.05 praise, under -0.05 criticism.
    human : Series of float, indexed by document_id
        See `analysis.coding.quotes.tones`; tones between -0.5 and 0.5 are mixed.
    people : Series of str, indexed by document_id, optional
        Who wrote each document.

    Returns
    -------
    dict of str to Estimate
        Unit `share`: ``machine`` is the share of documents with the same of the three
        tones, ``commonest`` the share that has the commonest human tone. A machine
        that is not well above the latter knows nothing.

    Raises
    ------
    StudyError
        If no document has both tones.

    Notes
    -----
    Wilson's interval on the effective base, clustered by person. The interval of
    ``commonest`` takes the tone as known beforehand.

    Examples
    --------
    >>> ids = ["d1", "d2", "d3", "d4"]
    >>> found = valence_agreement(pd.Series([0.5, -0.4, 0.0, 0.9], index=ids),
    ...     pd.Series([1, -1, -1, 1], index=ids))
    >>> found["machine"].value, found["commonest"].value
    (0.75, 0.5)
    """
    both = pd.DataFrame({"machine": machine, "human": human}).dropna()
    if both.empty:
        raise StudyError(
            "No document has both a machine's and a person's tone. The machine reads "
            "English only; check the languages and the coders' valence."
        )
    human_sign = _sign(both["human"], 0.5)
    commonest = human_sign.mode().iloc[0]
    same = _sign(both["machine"], NEUTRAL) == human_sign
    frame = pd.DataFrame({"machine": same, "commonest": human_sign == commonest})
    frame = frame.astype("float64")
    frame["person"] = people.reindex(both.index) if people is not None else both.index
    sample = Sample(frame, clusters="person")
    return {name: _one(share(sample, name)) for name in ("machine", "commonest")}


def _one(found: Any) -> Estimate:
    assert isinstance(found, Estimate)  # without `by` there is one
    return found


def _sign(tones: pd.Series, border: float) -> pd.Series:
    return (tones >= border).astype("int64") - (tones <= -border).astype("int64")


def _clauses(text: str) -> list[str]:
    parts = (part.strip() for part in _BREAKS.split(text))
    return [part for part in parts if any(map(str.isalpha, part))]


@functools.cache
def _scorer() -> Any:
    from vader import SentimentIntensityAnalyzer  # noqa: PLC0415

    return SentimentIntensityAnalyzer().polarity_scores
