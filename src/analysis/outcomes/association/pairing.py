"""Which answers can be set beside which behaviour, and the rows that have both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, effective_base
from analysis.outcomes.association.fisher import from_draws
from analysis.study import StudyError
from analysis.survey import Replicates, Sample
from analysis.survey.sample import require, weights_of

QUESTIONS = ("recommend", "satisfaction", "effort")
LATER = {
    "return rate": "returned_after",
    "revenue": "revenue_after",
    "buying again": "bought_after",
    "leaving": "left_after",
}
BEFORE = {
    "return rate": "returned_before",
    "revenue": "revenue_before",
    "buying again": "bought_before",
}
FEWEST = 20
FEWEST_OTHERS = 10
Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Paired:
    """The rows with both values, under the sample's weights and all replicates.

    Parameters
    ----------
    x, y : ndarray, shape (n_rows,)
        The two columns.
    weights : ndarray, shape (n_rows, 1 + n_replicates)
        The sample's own weights first.
    rows : ndarray of bool, shape (n_sample,)
        Which rows of the sample these are.
    replicates : Replicates
        Of the whole sample.
    confidence : float
        Level of the intervals.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    rows: np.ndarray
    replicates: Replicates
    confidence: float

    def estimate(self, draws: np.ndarray, *, spent: int = 0) -> Estimate:
        """Return the estimate that these draws of a coefficient make.

        Parameters
        ----------
        draws : ndarray, shape (1 + n_replicates,)
            The coefficient under each weighting.
        spent : int
            Degrees of freedom that a model used.

        Returns
        -------
        Estimate
            See `from_draws`.
        """
        return from_draws(
            draws,
            replicates=self.replicates,
            base=len(self.x),
            effective_base=effective_base(self.weights[:, 0]),
            confidence=self.confidence,
            spent=spent,
        )


def paired(
    sample: Sample, columns: Pair, *, replicates: Replicates, also: Sequence[str] = ()
) -> Paired:
    """Take the rows of a sample that have both values.

    Parameters
    ----------
    sample : Sample
        The answers.
    columns : tuple of str
        Two numeric columns.
    replicates : Replicates
        Of the same sample.
    also : sequence of str
        Columns that must be known too.

    Returns
    -------
    Paired
        The other rows stay in the design, through the replicates.

    Raises
    ------
    StudyError
        If rows are too few or too alike, or the replicates are of other rows.

    Examples
    --------
    >>> from analysis.survey import replicates
    >>> people = Sample(pd.DataFrame({"score": range(30), "spent": range(30)}))
    >>> drawn = replicates(people, rng=np.random.default_rng(1), number=5)
    >>> paired(people, ("score", "spent"), replicates=drawn).weights.shape
    (30, 6)
    """
    frame = sample.frame
    require(frame, [*columns, *also])
    if len(replicates.weights) != len(frame):
        raise StudyError(
            f"The replicates have {len(replicates.weights)} rows and the sample "
            f"{len(frame)}: draw them from this sample."
        )
    rows = frame[[*columns, *also]].notna().all(axis=1).to_numpy()
    check(frame[rows], columns)
    own = weights_of(frame, sample.weights)[rows]
    weights = np.column_stack([own, replicates.weights[rows]])
    x, y = (frame.loc[rows, name].to_numpy(dtype=float) for name in columns)
    return Paired(x, y, weights, rows, replicates, sample.confidence)


def check(rows: pd.DataFrame, columns: Pair, *, fewest: int = FEWEST) -> None:
    """Refuse rows that are too few, or all alike, for a correlation.

    Parameters
    ----------
    rows : DataFrame
        With both values.
    columns : tuple of str
        The two columns.
    fewest : int
        Rows that a correlation takes.

    Raises
    ------
    StudyError
        Saying what was found.

    Examples
    --------
    >>> check(pd.DataFrame({"a": range(30), "b": range(30)}), ("a", "b"))
    """
    names = " and ".join(columns)
    if len(rows) < fewest:
        raise StudyError(
            f"A correlation of {names} takes {fewest} rows with both; "
            f"there are {len(rows)}."
        )
    for name in columns:
        if rows[name].nunique() < 2:
            raise StudyError(f"{name} is the same in all rows: nothing can go with it.")


def _check_people(sample: Sample, rows: pd.DataFrame, columns: Pair) -> None:
    """Refuse a column in which hardly anyone differs: a draw might lose them all."""
    check(rows, columns)
    people = sample.frame.loc[rows.index, sample.clusters] if sample.clusters else None
    for name in columns:
        is_other = rows[name] != rows[name].mode().iloc[0]
        others = int(is_other.sum() if people is None else people[is_other].nunique())
        if others < FEWEST_OTHERS:
            raise StudyError(
                f"{name} is the same for all but {others} people; a correlation "
                f"takes {FEWEST_OTHERS} who differ."
            )


def known_pairs(
    sample: Sample, *, later: Mapping[str, str] = LATER
) -> tuple[dict[str, Pair], dict[str, str]]:
    """Name the pairs of question and behaviour that can be correlated.

    Parameters
    ----------
    sample : Sample
        As `after_answers` makes it.
    later : mapping of str to str
        Behaviours and their columns; those that the sample lacks are left out.

    Returns
    -------
    tuple of dict of str to pair, and dict of str to str
        Columns of each pair that can be correlated, and why the others cannot.

    Raises
    ------
    StudyError
        If there is no pair at all.

    Examples
    --------
    >>> people = pd.DataFrame({"recommend": range(30), "revenue_after": range(30)})
    >>> known_pairs(Sample(people))
    ({'recommend and revenue': ('recommend', 'revenue_after')}, {})
    """
    pairs: dict[str, Pair] = {}
    refused: dict[str, str] = {}
    for question in sample.known(QUESTIONS):
        for behaviour, column in later.items():
            if column not in sample.frame:
                continue
            name, columns = f"{question} and {behaviour}", (question, column)
            try:
                both = sample.frame[list(columns)].dropna()
                _check_people(sample, both, columns)
                pairs[name] = columns
            except StudyError as error:
                refused[name] = str(error)
    if not pairs:
        raise StudyError(_nothing(refused))
    return pairs, refused


def _nothing(refused: Mapping[str, str]) -> str:
    why = next(iter(refused.values()), "No question and no behaviour is known.")
    return f"No answer can be set beside a later behaviour yet. {why}"
