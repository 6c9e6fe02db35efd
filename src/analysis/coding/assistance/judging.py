"""How well a machine's guesses fit what people decided, on documents it never saw."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from analysis.coding.assistance.classifier import Suggestions
from analysis.estimate import Estimate, critical_value, statistic, wilson_interval


@statistic
def ranking(
    suggestions: Suggestions, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    r"""How often a document with the code is ranked above one without.

    Parameters
    ----------
    suggestions : Suggestions
        See `analysis.coding.assistance.classifier.learn_codes`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of code to Estimate
        Unit `share`: 1 is a perfect order, 0.5 what chance gives. The base counts
        documents that all readers agreed on.

    Notes
    -----
    Area under the receiver operating curve, ties counting half, over out-of-fold
    probabilities. Its variance is that of the placements of documents among those of
    the other side, summed by person [1]_; for one document a person it is DeLong's.
    The interval is Student's t on the logit. Where the order is perfect, Wilson's for
    a share of one among as many positives. Not for choosing a threshold.

    References
    ----------
    .. [1] Obuchowski, N. A. (1997). Nonparametric analysis of clustered ROC curve
       data. Biometrics 53(2), 567-578.

    Examples
    --------
    >>> odds = pd.DataFrame({"late": [0.9, 0.4, 0.6, 0.2]}, index=list("abcd"))
    >>> truth = pd.DataFrame({"late": [1.0, 1.0, 0.0, 0.0]}, index=list("abcd"))
    >>> people = pd.Series(list("wxyz"), index=list("abcd"))
    >>> ranking(Suggestions(odds, truth, people, people, truth.sum()))["late"].value
    0.75
    """
    return {
        code: _ranking(*_settled(suggestions, code), confidence=confidence)
        for code in map(str, suggestions.probabilities)
    }


@statistic
def accuracy(
    suggestions: Suggestions, *, at_least: float = 0.5, confidence: float = 0.95
) -> dict[str, Estimate]:
    r"""How far suggested and decided documents are the same (F1).

    Parameters
    ----------
    suggestions : Suggestions
        See `analysis.coding.assistance.classifier.learn_codes`.
    at_least : float
        Lowest probability that is suggested.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of code to Estimate
        Unit `share`: 1 if the machine suggests exactly the documents that people
        gave the code. The base counts documents that all readers agreed on.

    Notes
    -----
    :math:`2TP/(2TP+FP+FN)`, out of fold. A ratio of sums, its error by linearisation
    over persons, its interval Wilson's on the base :math:`F(1-F)/SE^2`. Not for
    comparing codes of different frequency: the rarer the code, the harder.

    Examples
    --------
    >>> odds = pd.DataFrame({"late": [0.9, 0.4, 0.6, 0.2]}, index=list("abcd"))
    >>> truth = pd.DataFrame({"late": [1.0, 1.0, 0.0, 0.0]}, index=list("abcd"))
    >>> people = pd.Series(list("wxyz"), index=list("abcd"))
    >>> accuracy(Suggestions(odds, truth, people, people, truth.sum()))["late"].value
    0.5
    """
    return {
        code: _accuracy(
            *_settled(suggestions, code), at_least=at_least, confidence=confidence
        )
        for code in map(str, suggestions.probabilities)
    }


def _settled(
    suggestions: Suggestions, code: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability, decision and person of documents that readers agreed on."""
    decided = suggestions.decided[code]
    settled = decided[decided.isin([0.0, 1.0])]
    odds = suggestions.probabilities.loc[settled.index, code].to_numpy()
    people, _ = pd.factorize(suggestions.people[settled.index])
    return odds, settled.to_numpy() == 1, people


def _ranking(
    odds: np.ndarray, given: np.ndarray, people: np.ndarray, *, confidence: float
) -> Estimate:
    n, m = int(given.sum()), int((~given).sum())
    if not n or not m:
        return _unknown(len(odds), confidence)
    ranks = stats.rankdata(odds)
    within = np.zeros(len(odds))
    within[given] = stats.rankdata(odds[given])
    within[~given] = stats.rankdata(odds[~given])
    placements = np.where(given, (ranks - within) / m, 1 - (ranks - within) / n)
    value = float(placements[given].mean())
    # Each side's mean has an influence of its own; a person may be on both.
    moves = (placements - value) * np.where(given, 1 / n, 1 / m)
    moves *= np.sqrt(np.where(given, n / max(n - 1, 1), m / max(m - 1, 1)))
    error = math.sqrt((np.bincount(people, moves) ** 2).sum())
    if value in (0.0, 1.0) or not error:
        low, high = wilson_interval(value, n, confidence=confidence)
    else:
        writers = len(np.unique(people[given]))
        low, high = _on_logit(value, error, max(writers - 1, 1), confidence)
    return _estimate(value, error, (low, high), (len(odds), confidence))


def _on_logit(
    value: float, error: float, degrees: int, confidence: float
) -> tuple[float, float]:
    centre = math.log(value / (1 - value))
    half = critical_value(confidence, degrees) * error / (value * (1 - value))
    low, high = (1 / (1 + math.exp(-min(max(x, -700), 700))) for x in
                 (centre - half, centre + half))  # fmt: skip
    return low, high


def _accuracy(
    odds: np.ndarray,
    given: np.ndarray,
    people: np.ndarray,
    *,
    at_least: float,
    confidence: float,
) -> Estimate:
    guessed = odds >= at_least
    hits = 2.0 * (guessed & given)
    marks = guessed.astype("float64") + given
    if not marks.sum():
        return _unknown(len(odds), confidence)
    value = float(hits.sum() / marks.sum())
    rests = np.bincount(people, hits - value * marks)
    n = len(rests)
    error = math.sqrt(n / max(n - 1, 1) * (rests**2).sum()) / marks.sum()
    base = value * (1 - value) / error**2 if error else float(given.sum())
    low, high = wilson_interval(value, max(base, 1.0), confidence=confidence)
    return _estimate(value, error, (low, high), (len(odds), confidence))


def _estimate(
    value: float, error: float, bounds: tuple[float, float], about: tuple[int, float]
) -> Estimate:
    return Estimate(
        value=value,
        standard_error=error,
        low=bounds[0],
        high=bounds[1],
        base=about[0],
        unit="share",
        confidence=about[1],
    )


def _unknown(base: int, confidence: float) -> Estimate:
    nan = math.nan
    return _estimate(nan, nan, (nan, nan), (base, confidence))
