"""Which code a document may carry, learned from what people decided.

A guess is labelled ``suggested`` and never counted as a decision. No document is
judged by a machine that learned from it, or from another text of the same person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from analysis.coding.assistance.vectors import Matrix, Vectors
from analysis.coding.decisions import Decisions

FOLDS = 5
INNER_FOLDS = 4
FEWEST = 10
# Penalty of the regression, by trial on two sets of texts; from 3 to 100 the
# ranking of documents moves by less than 0.02.
LOOSENESS = 10.0
SUGGESTED = "suggested"
COLUMNS = ["document_id", "code", "probability", "status"]
Machine = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Suggestions:
    """How likely each document carries each code, in the eyes of a machine.

    Attributes
    ----------
    probabilities : DataFrame of float
        A row per document, a column per code that a machine could learn. Of a
        document that people read, by a machine that read nothing of its writer.
    decided : DataFrame of float
        What people decided, 0 to 1, for the same documents and codes; missing where
        nobody read.
    people : Series of str
        Who wrote each document.
    folds : Series of int
        The fold that each writer belongs to.
    positives : Series of float
        Documents with each code, all codes.
    """

    probabilities: pd.DataFrame
    decided: pd.DataFrame
    people: pd.Series
    folds: pd.Series
    positives: pd.Series

    @property
    def too_few(self) -> list[str]:
        """Codes with too few documents for a machine to learn from."""
        return [code for code in self.positives.index if code not in self.probabilities]


def learn_codes(
    decisions: Decisions,
    documents: pd.DataFrame,
    *,
    vectors: Vectors,
    seed: int,
    people: str = "customer_id",
) -> Suggestions:
    r"""Learn each code from the documents that people read, and judge all documents.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.final`.
    documents : DataFrame
        Column document_id, all of which have a vector, and the column of people.
    vectors : Vectors
        See `analysis.coding.assistance.vectors.vectorise`.
    seed : int
        Of the deal of persons to folds. The same seed gives the same probabilities.
    people : str
        Column that names the writer. A document without one is its own writer.

    Returns
    -------
    Suggestions
        Codes with fewer than 10 documents, or as few without the code, or with fewer
        than 5 writers on either side, get no machine.

    Raises
    ------
    StudyError
        If a document that people read has no vector.

    Notes
    -----
    Logistic regression with squared penalty, both classes weighing the same. Its
    score is turned into a probability by a second regression on the score alone [1]_,
    fitted to scores from an inner cross-validation. A document on which readers were
    split counts in part on either side. Persons who wrote a document that was read are
    dealt to five folds, and each fold is judged by a machine that learned from the
    other four; documents of all others get the mean of the five. So the probabilities
    can correct shares as cross-fitting asks [2]_. They never replace decisions.

    References
    ----------
    .. [1] Platt, J. (1999). Probabilistic outputs for support vector machines.
       Advances in Large Margin Classifiers, 61-74.
    .. [2] Zrnic, T. and Candes, E. (2024). Cross-prediction-powered inference. PNAS
       121(15).

    Examples
    --------
    >>> from analysis.coding.assistance.vectors import vectorise
    >>> from analysis.coding.decisions import final
    >>> texts = pd.DataFrame({"document_id": [f"d{n}" for n in range(60)],
    ...     "text": ["It came days late", "Lovely soft fabric"] * 30})
    >>> codings = texts.head(40)[["document_id"]].assign(
    ...     coder="ann", code=["late", "none"] * 20)
    >>> found = learn_codes(final(codings, codes=["late"]), texts, seed=1,
    ...     vectors=vectorise(texts, kind="words"))
    >>> (found.probabilities["late"].tail(2) > 0.5).tolist()
    [True, False]
    """
    writers = _writers(documents, people)
    decided = pd.DataFrame(
        np.nanmean(decisions.applied, axis=1),
        index=decisions.documents,
        columns=list(decisions.codes),
    ).reindex(writers.index)
    is_read = decided.notna().all(axis=1).to_numpy()
    matrix = _compact(vectors.rows(writers.index), is_read)
    folds = _deal(writers, is_read, seed=seed)
    with threadpool_limits(1):  # many small fits: threads would wait on one another
        learned = {
            code: _judged(matrix, decided[code].to_numpy(), folds.to_numpy())
            for code in decided
            if _is_learnable(decided[code], writers)
        }
    return Suggestions(
        pd.DataFrame(learned, index=writers.index, dtype="float64"),
        decided[list(learned)],
        writers,
        folds,
        decisions.positives(),
    )


def tabulate_suggestions(
    suggestions: Suggestions, *, at_least: float = 0.5, unread: bool = True
) -> pd.DataFrame:
    """Codes suggested for documents, the likeliest first.

    Parameters
    ----------
    suggestions : Suggestions
        See `learn_codes`.
    at_least : float
        Lowest probability that is suggested.
    unread : bool
        Whether to leave out documents that people read.

    Returns
    -------
    DataFrame
        Columns document_id, code, probability and status, which is ``suggested`` on
        every row.

    Examples
    --------
    >>> odds = pd.DataFrame({"late": [0.9, 0.2]}, index=["d1", "d2"])
    >>> none = odds * float("nan")
    >>> guess = Suggestions(odds, none, none["late"], none["late"], odds.sum())
    >>> tabulate_suggestions(guess).to_numpy().tolist()
    [['d1', 'late', 0.9, 'suggested']]
    """
    table = suggestions.probabilities
    if unread:
        table = table[suggestions.decided.reindex(table.index).isna().all(axis=1)]
    named = table.rename_axis(index="document_id").reset_index()
    long = named.melt("document_id", var_name="code", value_name="probability")
    long = long[long["probability"] >= at_least].assign(status=SUGGESTED)
    order = ["probability", "document_id", "code"]
    long = long.sort_values(order, ascending=[False, True, True], ignore_index=True)
    return long[COLUMNS]


def uncaught(
    suggestions: Suggestions, decisions: Decisions, *, under: float = 0.3
) -> pd.Index:
    """Documents that no code catches.

    Parameters
    ----------
    suggestions : Suggestions
        See `learn_codes`.
    decisions : Decisions
        What people decided, with all codes of the book.
    under : float
        A document that nobody read is uncaught if every code is less likely.

    Returns
    -------
    Index of str
        Documents to which no reader gave any code, and those that nobody read and
        no machine would give one.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> read = final(pd.DataFrame({"document_id": ["d1"], "coder": ["ann"],
    ...     "code": ["late"]}), codes=["late"])
    >>> odds = pd.DataFrame({"late": [0.1, 0.9, 0.2]}, index=["d1", "d2", "d3"])
    >>> none = odds * float("nan")
    >>> guess = Suggestions(odds, none, none["late"], none["late"], odds.sum())
    >>> uncaught(guess, read).tolist()
    ['d3']
    """
    odds = suggestions.probabilities
    given = np.nanmax(decisions.applied, axis=(1, 2))
    without = decisions.documents[given == 0]
    is_read = odds.index.isin(decisions.documents)
    is_unlikely = (odds < under).all(axis=1).to_numpy()
    return odds.index[odds.index.isin(without) | (~is_read & is_unlikely)]


def _writers(documents: pd.DataFrame, people: str) -> pd.Series:
    ids = documents["document_id"].astype("str")
    own = "document " + ids
    named = documents[people].astype("str") if people in documents else own
    return named.where(named.notna(), own).set_axis(pd.Index(ids, name="document_id"))


def _deal(writers: pd.Series, is_read: np.ndarray, *, seed: int) -> pd.Series:
    """Folds of the writers of documents read; -1 for all others."""
    names = sorted(writers[is_read].unique(), key=lambda name: _lot(seed, name))
    dealt = {name: place % FOLDS for place, name in enumerate(names)}
    return writers.map(dealt).fillna(-1).astype("int64").rename("fold")


def _lot(seed: int, name: object) -> str:
    return hashlib.sha256(f"{seed}|{name}".encode("utf-8", "replace")).hexdigest()


def _is_learnable(decided: pd.Series, writers: pd.Series) -> bool:
    """Whether either side has enough documents, of enough people."""
    for side in (decided, 1 - decided):
        held = side[side > 0]
        if held.sum() < FEWEST or writers[held.index].nunique() < FOLDS:
            return False
    return True


def _compact(matrix: Matrix, is_read: np.ndarray) -> np.ndarray:
    """Vectors seen from the documents read: as many columns as those, at most.

    A penalised regression never looks beyond the space that its rows span, so
    nothing is lost.
    """
    if not sparse.issparse(matrix):
        return np.asarray(matrix, dtype=np.float64)
    read = matrix[is_read]
    near = (read @ read.T).toarray().astype(np.float64)
    sizes, axes = np.linalg.eigh(near)
    kept = sizes > 1e-6
    turn = axes[:, kept] / np.sqrt(sizes[kept])
    return np.asarray((matrix @ read.T).astype(np.float64) @ turn)


def _judged(matrix: np.ndarray, decided: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Probability of each row, by machines that read nothing of its writer."""
    found = np.zeros(len(matrix))
    others = folds < 0
    for fold in range(FOLDS):
        taught = ~np.isnan(decided) & (folds != fold)
        machine = _calibrated(matrix[taught], decided[taught], folds[taught])
        found[folds == fold] = machine(matrix[folds == fold])
        found[others] += machine(matrix[others]) / FOLDS
    return found


def _calibrated(matrix: np.ndarray, decided: np.ndarray, folds: np.ndarray) -> Machine:
    """Return a machine whose probabilities are right on average."""
    scores = np.zeros(len(decided))
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = _taught(matrix[~held], decided[~held])(matrix[held])
    score = _taught(matrix, decided)
    scale = _fit(scores[:, None], decided, looseness=100.0, balanced=False)
    return lambda rows: _odds(scale(score(rows)[:, None])) if len(rows) else rows[:, 0]


def _taught(matrix: np.ndarray, decided: np.ndarray) -> Machine:
    return _fit(matrix, decided, looseness=LOOSENESS, balanced=True)


def _fit(
    matrix: np.ndarray, decided: np.ndarray, *, looseness: float, balanced: bool
) -> Machine:
    """Scores of a regression; a document that readers split on is on both sides."""
    sides = np.r_[np.ones(len(decided)), np.zeros(len(decided))]
    weights = np.r_[decided, 1 - decided]
    there = weights > 0
    if len(np.unique(sides[there])) < 2:
        return lambda rows: np.zeros(len(rows))
    model = LogisticRegression(
        C=looseness, class_weight="balanced" if balanced else None, max_iter=2000
    )
    model.fit(np.vstack([matrix, matrix])[there], sides[there], weights[there])
    return lambda rows: np.asarray(model.decision_function(rows))


def _odds(scores: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
