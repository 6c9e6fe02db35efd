"""Answers, with what is known of how they came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.study import StudyError

TECHNIQUES = ("raking", "calibration")


@dataclass(frozen=True, eq=False)
class Sample:
    """Answers, with what is known of how they came about.

    Parameters
    ----------
    frame : DataFrame
        One row an answer; any index. It is never changed.
    weights : str, optional
        Column of positive weights; equal weights if not given.
    clusters : str, optional
        Column that names the person or shop; answers of one cluster are not
        independent. A missing name makes a cluster of its own.
    strata : str, optional
        Column of the strata that clusters were drawn from.
    population : str, optional
        Column with the number of clusters in the row's stratum, for the finite
        population correction. Leave it out where the figure speaks of the process
        and not of these very customers.
    base_weights : str, optional
        Column of the weights before they were adjusted to the population.
    margins : sequence of str
        Columns whose levels the weights were adjusted to. A row without a level was
        left out of the adjustment.
    confidence : float
        Level of the intervals made from the sample, between 0 and 1.
    technique : str
        ``raking``, of which post-stratification is the case of one margin, or
        ``calibration``.
    auxiliaries : sequence of str
        Numeric columns whose totals the weights were calibrated to.
    trim : float, optional
        Largest weight that was allowed, as a multiple of the mean.

    Notes
    -----
    The population's figures need no field of their own: adjusted weights reproduce
    them.
    """

    frame: pd.DataFrame
    weights: str | None = None
    clusters: str | None = None
    strata: str | None = None
    population: str | None = None
    base_weights: str | None = None
    margins: Sequence[str] = ()
    confidence: float = 0.95
    technique: str = "raking"
    auxiliaries: Sequence[str] = ()
    trim: float | None = None

    def __post_init__(self) -> None:
        if self.technique not in TECHNIQUES:
            known = " nor ".join(TECHNIQUES)
            raise StudyError(f"Weights are made by neither {known}: {self.technique}.")
        if not 0 < self.confidence < 1:
            raise StudyError(
                f"The confidence is {self.confidence}: it lies between 0 and 1."
            )
        single = [self.weights, self.clusters, self.strata, self.population]
        named = [*single, self.base_weights, *self.margins, *self.auxiliaries]
        require(self.frame, [name for name in named if name])

    @property
    def is_adjusted(self) -> bool:
        """Whether the weights were adjusted to the population."""
        return bool(self.base_weights and (self.margins or self.auxiliaries))

    def with_columns(self, **columns: Any) -> Sample:
        """Return the same sample with further columns."""
        return replace(self, frame=self.frame.assign(**columns))

    def only(self, column: str, value: object) -> Sample:
        """Return the rows with one value of a column, such as one period.

        Weights are adjusted wave by wave. For a part of a wave use `by` instead: the
        part alone no longer knows what its margins were.
        """
        return replace(self, frame=self.frame[self.frame[column] == value])

    def within(self, column: str, values: Iterable[object]) -> Sample:
        """Return the rows with one of some values of a column; see `only`."""
        return replace(self, frame=self.frame[self.frame[column].isin(list(values))])

    def levels(self, column: str) -> list[str]:
        """Return the values of a column, in order."""
        return sorted(self.frame[column].dropna().astype("str").unique())

    def known(self, columns: Iterable[str]) -> list[str]:
        """Return those of the columns that the sample has values of."""
        frame = self.frame
        return [name for name in columns if name in frame and frame[name].notna().any()]


def require(frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Refuse a frame that lacks one of the columns.

    Raises
    ------
    StudyError
        Naming the first column that is not there.

    Examples
    --------
    >>> require(pd.DataFrame({"effort": [1]}), ["effort"])
    """
    for name in columns:
        if name not in frame:
            there = ", ".join(map(str, frame.columns[:12]))
            raise StudyError(f"The answers have no column {name}. They have: {there}.")


def weights_of(frame: pd.DataFrame, column: str | None) -> np.ndarray:
    """Weights as numbers, one if no column is given.

    Raises
    ------
    StudyError
        If a weight is missing, zero, negative or without bound.

    Examples
    --------
    >>> weights_of(pd.DataFrame({"score": [1, 2]}), None)
    array([1., 1.])
    """
    if column is None:
        return np.ones(len(frame))
    require(frame, [column])
    weights = frame[column].to_numpy(dtype=float, na_value=np.nan)
    if len(weights) and not (weights.min() > 0 and np.isfinite(weights.max())):
        raise StudyError(_fault(frame, column, weights))
    return weights


def _fault(frame: pd.DataFrame, column: str, weights: np.ndarray) -> str:
    if np.isnan(weights).all():
        return (
            f"No answer has a weight: {column} is empty in all {len(weights)} rows. "
            "The weights probably belong to other answers: compare response_id."
        )
    if not weights.any():
        return (
            f"All {len(weights)} weights ({column}) are zero, so nobody counts. "
            "Give every answer a weight above 0."
        )
    faults = {
        "are missing": np.isnan(weights),
        "are below zero": weights < 0,
        "are zero": weights == 0,
        "have no bound": np.isinf(weights),
    }
    words, rows = next((words, rows) for words, rows in faults.items() if rows.any())
    return (
        f"{rows.sum()} of {len(rows)} weights ({column}) {words}, the first in row "
        f"{frame.index[rows][0]!r}. Give each answer a weight above 0, or leave it out."
    )


def level_codes(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Number the levels of a column in sorted order; -1 where there is none.

    Examples
    --------
    >>> level_codes(pd.Series(["b", "a", None]))
    (array([ 1,  0, -1]), ['a', 'b'])
    """
    codes, found = pd.factorize(values)
    names = [str(level) for level in found]
    order = sorted(set(names))
    place = {name: number for number, name in enumerate(order)}
    numbers = np.array([*(place[name] for name in names), -1])
    return numbers[codes], order
