"""Two people who code the same samples of texts, each with errors."""

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.planted import (
    CODES,
    END,
    START,
    WAVES,
    Truths,
    days_between,
)

CODERS = ("coder_a", "coder_b")
CODED_WAVES = WAVES[-2:]
SAMPLE = 300
# Of the last quarter's reviews, tickets, complaints and posts.
FEEDBACK_ROUND = f"{WAVES[-1]}-feedback"
FEEDBACK_SAMPLE = 160


def draw_sample(rng: Generator, comments: pd.DataFrame) -> NDArray[np.int64]:
    """Draw the comments to code, at random within each of the coded waves.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    comments : DataFrame
        With `wave` and `text`; empty texts are never drawn.

    Returns
    -------
    array of int
        Row numbers: `SAMPLE` per wave, or all comments where there are fewer.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> rows = draw_sample(np.random.default_rng(2), company.comments)
    >>> sorted(company.comments["wave"].iloc[rows].unique().tolist())
    [5, 6]
    """
    pools = [comments_of(comments, wave) for wave in CODED_WAVES]
    return np.concatenate([np.sort(rng.permutation(one)[:SAMPLE]) for one in pools])


def comments_of(comments: pd.DataFrame, wave: str) -> NDArray[np.int64]:
    """Rows of the comments of a wave that say something.

    Examples
    --------
    >>> comments = pd.DataFrame({"wave": [6, 6, 5], "text": ["Late.", " ", "Fine."]})
    >>> comments_of(comments, "2026Q3").tolist()
    [0]
    """
    filled = comments["text"].str.strip().ne("").to_numpy()
    return np.flatnonzero(filled & (comments["wave"] == WAVES.index(wave)))


def draw_feedback(rng: Generator, documents: pd.DataFrame) -> NDArray[np.int64]:
    """Draw the documents of the last quarter to code, at random over all sources.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    documents : DataFrame
        With `occurred` and `text`; empty texts are never drawn.

    Returns
    -------
    array of int
        Row numbers: `FEEDBACK_SAMPLE`, or all documents where there are fewer.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> rows = draw_feedback(np.random.default_rng(2), company.documents)
    >>> bool(company.documents["occurred"].iloc[rows].min() >= 638)
    True
    """
    return np.sort(rng.permutation(recent_feedback(documents))[:FEEDBACK_SAMPLE])


def recent_feedback(documents: pd.DataFrame) -> NDArray[np.int64]:
    """Rows of the documents of the last quarter that say something.

    Examples
    --------
    >>> documents = pd.DataFrame({"occurred": [3.0, 700.0], "text": "Late."})
    >>> recent_feedback(documents).tolist()
    [1]
    """
    starts = str(pd.Period(WAVES[-1]).start_time.date())
    occurred = documents["occurred"].to_numpy()
    recent = occurred >= days_between(START, starts)
    recent &= occurred < days_between(START, END)
    filled = documents["text"].str.strip().ne("").to_numpy()
    return np.flatnonzero(recent & filled)


def tell_chances(sheets: pd.DataFrame, *, pool: int) -> pd.DataFrame:
    """Say of each text of one round what its chance was to be drawn, and who read it.

    Parameters
    ----------
    sheets : DataFrame
        As made by `code_sample`, of one round; both coders read all of it.
    pool : int
        Texts that it was drawn from.

    Returns
    -------
    DataFrame
        One row per text, in the columns of the table `coding_sample`.

    Examples
    --------
    >>> sheets = pd.DataFrame({"document_id": ["a", "b"]})
    >>> tell_chances(sheets, pool=8)["inclusion_probability"].tolist()
    [0.25, 0.25]
    """
    drawn = sorted(set(sheets["document_id"]))
    return pd.DataFrame(
        {
            "document_id": drawn,
            "stratum": "all",
            "inclusion_probability": len(drawn) / pool,
            "double_probability": len(drawn) / pool,
            "coder": CODERS[0],
            "second_coder": CODERS[1],
        }
    )


def code_sample(
    rng: Generator,
    texts: pd.DataFrame,
    *,
    sample: NDArray[np.int64],
    codes: NDArray[np.bool_],
    rounds: NDArray[np.str_],
    truths: Truths,
) -> pd.DataFrame:
    """Let both coders code the sample.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    texts : DataFrame
        With `document_id`, `text` and `valence`.
    sample : array of int
        Rows of `texts` to code.
    codes : array of bool, shape (n_texts, n_codes)
        True codes.
    rounds : array of str, shape (n_sample,)
        The round of each drawn text.
    truths : Truths
        Sensitivity and false alarms, and the worse ones of `packaging`.

    Returns
    -------
    DataFrame
        One row per coder and text in the layout of a coding sheet: `coder`,
        `round`, `place` (row number), `document_id`, one column of bool per code,
        `none`, `valence`. The coders draw their errors apart.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> sheets = code_sample(
    ...     np.random.default_rng(2),
    ...     company.comments,
    ...     sample=np.array([0, 1]),
    ...     codes=company.codes,
    ...     rounds=np.array(["2026Q3", "2026Q3"]),
    ...     truths=company.settings,
    ... )
    >>> sheets["coder"].tolist()
    ['coder_a', 'coder_a', 'coder_b', 'coder_b']
    """
    hit = np.full(len(CODES), truths.sensitivity)
    slip = np.full(len(CODES), truths.false_alarm)
    hit[CODES.index("packaging")] = truths.packaging_sensitivity
    slip[CODES.index("packaging")] = truths.packaging_false_alarm
    chance = np.where(codes[sample], hit, slip)
    sheets = []
    for coder in CODERS:
        marked = rng.random(chance.shape) < chance
        sheet = pd.DataFrame(marked, columns=list(CODES))
        sheet.insert(0, "coder", coder)
        sheet.insert(1, "round", rounds)
        sheet.insert(2, "place", sample)
        sheet.insert(3, "document_id", texts["document_id"].to_numpy()[sample])
        sheet["none"] = np.logical_not(marked.any(axis=1))
        sheet["valence"] = _feel(rng, texts["valence"].to_numpy()[sample])
        sheets.append(sheet)
    return pd.concat(sheets, ignore_index=True)


def _feel(rng: Generator, tones: NDArray[np.int64]) -> NDArray[np.int64]:
    """Valence with errors: one in twelve is a step off."""
    off = (rng.random(len(tones)) < 1 / 12) * rng.choice([-1, 1], len(tones))
    return np.clip(tones + off, -1, 1)
