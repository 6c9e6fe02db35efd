"""Two people who code the same sample of comments, each with errors."""

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.planted import CODES, WAVES, Truths

CODERS = ("coder_a", "coder_b")
CODED_WAVES = WAVES[-2:]
SAMPLE = 300


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
    filled = comments["text"].str.strip().ne("").to_numpy()
    rows = []
    for label in CODED_WAVES:
        pool = np.flatnonzero(filled & (comments["wave"] == WAVES.index(label)))
        rows.append(np.sort(rng.permutation(pool)[:SAMPLE]))
    return np.concatenate(rows)


def code_sample(
    rng: Generator,
    comments: pd.DataFrame,
    *,
    sample: NDArray[np.int64],
    codes: NDArray[np.bool_],
    truths: Truths,
) -> pd.DataFrame:
    """Let both coders code the sample.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    comments : DataFrame
        With `document_id`, `wave`, `text` and `valence`.
    sample : array of int
        Rows of `comments` to code.
    codes : array of bool, shape (n_comments, n_codes)
        True codes.
    truths : Truths
        Sensitivity and false alarms, and the worse ones of `packaging`.

    Returns
    -------
    DataFrame
        One row per coder and comment in the layout of a coding sheet: `coder`,
        `round` (wave), `comment` (row number), `document_id`, one column of bool
        per code, `none`, `valence`. The coders draw their errors apart.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> sheets = code_sample(
    ...     np.random.default_rng(2),
    ...     company.comments,
    ...     sample=np.array([0, 1]),
    ...     codes=company.codes,
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
        sheet.insert(1, "round", np.array(WAVES)[comments["wave"].iloc[sample]])
        sheet.insert(2, "comment", sample)
        sheet.insert(3, "document_id", comments["document_id"].to_numpy()[sample])
        sheet["none"] = np.logical_not(marked.any(axis=1))
        sheet["valence"] = _feel(rng, comments["valence"].to_numpy()[sample])
        sheets.append(sheet)
    return pd.concat(sheets, ignore_index=True)


def _feel(rng: Generator, tones: NDArray[np.int64]) -> NDArray[np.int64]:
    """Valence with errors: one in twelve is a step off."""
    off = (rng.random(len(tones)) < 1 / 12) * rng.choice([-1, 1], len(tones))
    return np.clip(tones + off, -1, 1)
