"""Words that one group of customers uses more than another.

Counted by comment: a word said five times in one comment counts once. People are
the clusters: who writes often does not count as several. Placeholders of redacted
pieces are no words, and a word of fewer than ten people is not looked at.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import sparse, stats
from statsmodels.stats.multitest import multipletests

from analysis.coding.quotes import PLACEHOLDER
from analysis.estimate import Estimate, critical_value, effective_base, statistic
from analysis.study import StudyError
from analysis.survey import Sample

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SHORTEST = 3
# Imaginary comments added to each group, which use words as both together do.
PRIOR = 10.0


def words_of(text: object) -> set[str]:
    """Words of a text: letters only, in small letters, of three or more.

    Examples
    --------
    >>> sorted(words_of("Don't call [phone] AGAIN, again! <b>5x</b>"))
    ['again', 'call', "don't"]
    """
    if not isinstance(text, str):
        return set()
    plain = unicodedata.normalize("NFKC", re.sub(PLACEHOLDER, " ", text)).casefold()
    found = (word.replace("’", "'") for word in WORD.findall(plain))
    return {word for word in found if len(word) >= SHORTEST}


@statistic
def word_odds(
    said: Sample,
    *,
    by: str,
    levels: tuple[str, str],
    minimum_people: int = 10,
) -> dict[str, Estimate]:
    r"""Odds that a comment of one group uses a word, over those of another.

    Parameters
    ----------
    said : Sample
        Comments with text (redacted), with weights and the person as cluster.
    by : str
        Column of groups, such as that of `analysis.coding.shares.score_group`.
    levels : tuple of str
        The group to look at, then the one to compare with.
    minimum_people : int
        Fewest people of both groups who use the word; others are withheld.

    Returns
    -------
    dict of str to Estimate
        Per word, in the order of the alphabet: unit `ratio`, shrunk towards 1; the
        base counts people who use it. With a p-value of equal odds.

    Raises
    ------
    StudyError
        If a group has no comments.

    Notes
    -----
    Log-odds with an informative prior [1]_: `PRIOR` imaginary comments are added to
    each group, which use the word as often as both groups together do. So rare words
    do not lead the list by chance alone. The error is that of linearisation over
    people, but never less than that of independent comments; Student's t with one
    degree less than people who use the word. Weights are scaled to Kish's effective
    number of comments. In 200 simulations of 200 people with one to five comments and
    words of their own, 4.7 % of 12,000 words had a p-value under .05 where groups did
    not differ (8.9 % with comments taken as independent). One form of a word is one
    word: no stems are taken, and in languages without spaces between words it finds
    nothing of use.

    References
    ----------
    .. [1] Monroe, B. L., Colaresi, M. P. and Quinn, K. M. (2008). Fightin' words.
       Political Analysis 16(4), 372-403.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({
    ...     "text": ["It came late."] * 30 + ["It came."] * 50,
    ...     "group": ["detractor"] * 40 + ["promoter"] * 40}))
    >>> found = word_odds(texts, by="group", levels=("detractor", "promoter"))
    >>> {word: round(one.value, 1) for word, one in found.items()}
    {'came': 1.0, 'late': 25.6}
    """
    frame = said.frame[said.frame[by].isin(levels) & said.frame["text"].notna()]
    is_first = (frame[by] == levels[0]).to_numpy(bool)
    for level, rows in zip(levels, (is_first, ~is_first), strict=True):
        if not rows.any():
            raise StudyError(f"No comment has {by} = {level!r}.")
    people = _people(frame, said.clusters)
    used, vocabulary = _used(frame["text"])
    users = _users(used, people)
    kept = users >= minimum_people
    used, users = used[:, kept], users[kept]
    weights = _weights(frame, said.weights, is_first)
    log_odds, error = _log_odds(used, weights, is_first, people)
    return {
        word: _estimate(float(d), float(e), int(n), said.confidence)
        for word, d, e, n in zip(
            np.array(vocabulary, dtype=object)[kept],
            log_odds,
            error,
            users,
            strict=True,
        )
    }


@statistic
def telling_words(
    odds: Mapping[str, Estimate], *, false_alarm: float = 0.05, most: int = 20
) -> dict[str, Estimate]:
    r"""Words that tell the groups apart beyond chance, with all words tested counted.

    Parameters
    ----------
    odds : mapping of str to Estimate
        All words; see `word_odds`.
    false_alarm : float
        Expected part of false ones among those returned, between 0 and 1.
    most : int
        Words to return: those with the smallest p-values.

    Returns
    -------
    dict of str to Estimate
        From the highest odds to the lowest; empty if no word tells them apart. The
        p-value is adjusted for all words.

    Notes
    -----
    Benjamini and Hochberg's adjusted p-values. Of the :math:`R` words returned out of
    :math:`m` each interval has the confidence :math:`1 - R\alpha/m` [1]_, so that of
    the intervals that are shown no more than :math:`\alpha` are expected to miss.

    References
    ----------
    .. [1] Benjamini, Y. and Yekutieli, D. (2005). False discovery rate-adjusted
       multiple confidence intervals for selected parameters. JASA 100(469), 71-81.

    Examples
    --------
    >>> one = Estimate(value=2.0, standard_error=0.2, low=1.6, high=2.4, base=99,
    ...     unit="ratio", p_value=1e-6)
    >>> other = dataclasses.replace(one, value=1.0, low=0.8, high=1.2, p_value=0.9)
    >>> list(telling_words({"late": one, "the": other}))
    ['late']
    """
    if not odds:
        return {}
    words = list(odds)
    adjusted = multipletests([odds[word].p_value for word in words], method="fdr_bh")[1]
    order = list(np.argsort(adjusted, kind="stable")[:most])
    chosen = [place for place in order if adjusted[place] <= false_alarm]
    chosen.sort(key=lambda place: -odds[words[place]].value)
    level = len(chosen) / len(words)
    return {
        words[place]: _selected(odds[words[place]], float(adjusted[place]), level)
        for place in chosen
    }


def _people(frame: pd.DataFrame, clusters: str | None) -> np.ndarray:
    """Numbers of people; a comment of nobody known is a person."""
    alone = pd.Series([f"alone {n}" for n in range(len(frame))], index=frame.index)
    if clusters is None:
        return np.arange(len(frame))
    names = ("known " + frame[clusters].astype("str")).where(frame[clusters].notna())
    return pd.factorize(names.fillna(alone))[0]


def _used(texts: pd.Series) -> tuple[sparse.csr_matrix, list[str]]:
    """Comments by words: one where the comment uses the word."""
    said = [words_of(text) for text in texts]
    vocabulary = sorted(set().union(*said))
    place = {word: number for number, word in enumerate(vocabulary)}
    rows = np.repeat(np.arange(len(said)), [len(words) for words in said])
    columns = np.array([place[word] for words in said for word in words], dtype=int)
    shape = (len(said), len(vocabulary))
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape), vocabulary


def _users(used: sparse.csr_matrix, people: np.ndarray) -> np.ndarray:
    return np.asarray((_summed(used, people) > 0).sum(axis=0)).ravel()


def _summed(values: sparse.csr_matrix, people: np.ndarray) -> sparse.csr_matrix:
    """Rows of each person added up."""
    n = len(people)
    owner = sparse.csr_matrix(
        (np.ones(n), (people, np.arange(n))), (people.max() + 1, n)
    )
    return owner @ values


def _weights(
    frame: pd.DataFrame, column: str | None, is_first: np.ndarray
) -> np.ndarray:
    """Weights that sum to Kish's effective number of comments in each group."""
    plain = frame[column].to_numpy(float) if column else np.ones(len(frame))
    scaled = plain.copy()
    for rows in (is_first, ~is_first):
        scaled[rows] *= effective_base(plain[rows]) / plain[rows].sum()
    return scaled


def _log_odds(
    used: sparse.csr_matrix,
    weights: np.ndarray,
    is_first: np.ndarray,
    people: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of log-odds per word, and its error over people."""
    both = np.asarray(used.T @ weights).ravel() / weights.sum()
    value, plain = np.zeros(used.shape[1]), np.zeros(used.shape[1])
    pulls = sparse.csr_matrix((people.max() + 1, used.shape[1]))
    constant = np.zeros((people.max() + 1, used.shape[1]))
    for sign, rows in ((1, is_first), (-1, ~is_first)):
        own = weights * rows
        n = own.sum()
        share = np.asarray(used.T @ own).ravel() / n
        smooth = (n * share + PRIOR * both) / (n + PRIOR)
        # Everybody may use a word: half an imaginary comment does not.
        smooth = np.minimum(smooth, (n + PRIOR - 0.5) / (n + PRIOR))
        slope = sign / ((n + PRIOR) * smooth * (1 - smooth))
        value += sign * np.log(smooth / (1 - smooth))
        plain += 1 / ((n + PRIOR) * smooth * (1 - smooth))
        pulls = pulls + _summed(used.multiply(own[:, None]).tocsr(), people).multiply(
            slope
        )
        of_person = np.bincount(people, own, people.max() + 1)
        constant += of_person[:, None] * (share * slope)
    n_people = people.max() + 1
    spread = np.asarray(((pulls.toarray() - constant) ** 2).sum(axis=0)).ravel()
    return value, np.sqrt(np.maximum(spread * n_people / max(n_people - 1, 1), plain))


def _estimate(log_odds: float, error: float, users: int, confidence: float) -> Estimate:
    half = critical_value(confidence, users - 1) * error
    value = float(np.exp(log_odds))
    return Estimate(
        value=value,
        standard_error=value * error,
        low=np.exp(log_odds - half),
        high=np.exp(log_odds + half),
        base=users,
        unit="ratio",
        confidence=confidence,
        p_value=float(2 * stats.t.sf(abs(log_odds) / error, users - 1)),
    )


def _selected(one: Estimate, p_value: float, part: float) -> Estimate:
    """The estimate with an interval that knows how it was chosen."""
    confidence = 1 - part * (1 - one.confidence)
    error = one.standard_error / one.value
    reach = np.exp(critical_value(confidence, one.base - 1) * error)
    return dataclasses.replace(
        one,
        low=one.value / reach,
        high=one.value * reach,
        confidence=confidence,
        p_value=p_value,
    )
