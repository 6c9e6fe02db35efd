"""Answers with their ratings and one outcome, checked and ready to be drawn anew."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.outcomes.drivers.correlations import (
    MISSING,
    SINGULAR,
    available_covariances,
    correlations,
    covariances,
    leaving,
)
from analysis.study import StudyError
from analysis.survey import Replicates, Sample, replicates
from analysis.survey.sample import require

NUMBER = 200
FEWEST = 30
PER_DRIVER = 5


@dataclass(frozen=True, eq=False)
class Rated:
    """Answers with driver ratings, an outcome and replicates; see `rated`.

    Parameters
    ----------
    sample : Sample
        All answers, as they were weighted.
    outcome : str
        Numeric column.
    labels : dict of str to str
        Driver column to label.
    replicates : Replicates
        Of the sample.
    missing : str
        ``listwise`` or ``available``.
    """

    sample: Sample
    outcome: str
    labels: Mapping[str, str]
    replicates: Replicates
    missing: str = "listwise"

    @property
    def drivers(self) -> list[str]:
        """Labels of the drivers."""
        return list(self.labels.values())

    @functools.cached_property
    def is_used(self) -> np.ndarray:
        """Rows that the figures rest on.

        Complete ones, or, for available answers, those with the outcome and a rating.
        """
        there = self.sample.frame[list(self.labels)].notna()
        ratings = there.all(axis=1) if self.missing == "listwise" else there.any(axis=1)
        known = self.sample.frame[self.outcome].notna()
        return (ratings & known).to_numpy()

    @property
    def base(self) -> int:
        """How many rows these are."""
        return int(self.is_used.sum())

    @property
    def left_out(self) -> int:
        """Answers with the outcome that lack a rating, and so are in no figure."""
        return int(self.sample.frame[self.outcome].notna().sum()) - self.base

    @functools.cached_property
    def weights(self) -> np.ndarray:
        """The sample's weights, then those of each replicate, as columns."""
        column = self.sample.weights
        own = self.sample.frame[column] if column else np.ones(len(self.sample.frame))
        return np.column_stack([own, self.replicates.weights])

    def on(self, outcome: str) -> Rated:
        """Return the same ratings with another outcome, drawn alike."""
        return _checked(dataclasses.replace(self, outcome=outcome))

    def covariances(
        self, *, rows: np.ndarray | None = None, controls: Sequence[str] = ()
    ) -> np.ndarray:
        """Covariances of drivers and, last, the outcome.

        Parameters
        ----------
        rows : ndarray of bool, optional
            A part of the answers; all if not given.
        controls : sequence of str
            Columns to hold fixed: numbers, or texts that stand for their levels.

        Returns
        -------
        ndarray, shape (1 + n_replicates, n_drivers + 1, n_drivers + 1)
            First those of the sample itself.
        """
        if rows is None and not controls:
            return self._whole
        return self._covariances(rows, controls)

    @functools.cached_property
    def _whole(self) -> np.ndarray:
        return self._covariances(None, ())

    def _covariances(
        self, rows: np.ndarray | None, controls: Sequence[str]
    ) -> np.ndarray:
        used = self.is_used if rows is None else self.is_used & rows
        frame = self.sample.frame[used]
        held = _indicators(frame, controls)
        ratings = frame[[*self.labels, self.outcome]]
        values = np.column_stack([held, ratings.to_numpy(float, na_value=np.nan)])
        weights = self.weights[used]
        if not weights.sum(axis=0).min() > 0:
            raise StudyError("A replicate has none of these answers: too few people.")
        make = covariances if self.missing == "listwise" else available_covariances
        return leaving(make(values, weights), held.shape[1])

    def correlations(
        self, *, rows: np.ndarray | None = None, controls: Sequence[str] = ()
    ) -> np.ndarray:
        """Correlations of drivers and, last, the outcome; see `covariances`."""
        found = self.covariances(rows=rows, controls=controls)
        spread = np.diagonal(found, axis1=1, axis2=2)
        if not (spread > 1e-12).all():
            raise StudyError(
                "A rating or the outcome is the same for everybody in a replicate: "
                "too few people differ."
            )
        return correlations(found)


def rated(
    sample: Sample,
    *,
    outcome: str,
    drivers: Mapping[str, str],
    rng: np.random.Generator,
    number: int = NUMBER,
    missing: str = "listwise",
) -> Rated:
    """Set ratings beside an outcome, and draw the samples that might have been.

    Parameters
    ----------
    sample : Sample
        The respondents. Theme flags are further columns of 0 and 1.
    outcome : str
        Numeric column, such as ``recommend``, ``satisfaction`` or
        ``returned_after``.
    drivers : mapping of str to str
        Rating column to label, as the study file names them. Questions that nobody
        was asked are left out.
    rng : Generator
        Source of the resampling.
    number : int
        How many bootstrap replicates, drawn by customer and weighted anew.
    missing : str
        ``listwise``: answers with every rating, counted in `Rated.base`;
        ``available``: each pair of columns from the answers that have both.

    Returns
    -------
    Rated
        What all functions of key drivers take.

    Raises
    ------
    StudyError
        If there are fewer than two drivers, fewer than 30 answers or five for each
        driver, a rating or the outcome that never varies, or a rating that others
        repeat.

    Notes
    -----
    Complete answers speak for all if who skips a question does not depend on its
    relation with the outcome. Available answers waste none but mix people.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame(rng.normal(size=(60, 3)), columns=["y", "a", "b"])
    >>> found = rated(Sample(people), outcome="y", drivers={"a": "A", "b": "B"},
    ...     rng=rng)
    >>> found.base, found.drivers
    (60, ['A', 'B'])
    """
    if missing not in MISSING:
        raise StudyError(
            f"Missing answers are {' or '.join(MISSING)}, not {missing!r}."
        )
    if outcome not in sample.known([outcome]):
        raise StudyError(f"No answer has a value in {outcome}.")
    labels = {name: drivers[name] for name in sample.known(drivers)}
    if len(labels) < 2:
        raise StudyError(
            f"Key drivers take at least two rated questions; {len(labels)} have "
            "answers. Name them under [drivers] in the study file."
        )
    if len(set(labels.values())) < len(labels):
        raise StudyError("Two drivers have the same label. Give each its own.")
    drawn = replicates(sample, rng=rng, number=number)
    return _checked(Rated(sample, outcome, labels, drawn, missing))


def _checked(found: Rated) -> Rated:
    wanted = max(FEWEST, PER_DRIVER * len(found.labels))
    if found.base < wanted:
        raise StudyError(
            f"Key drivers of {found.outcome} take {wanted} answers with every rating; "
            f"there are {found.base}. Name fewer drivers, or put waves together."
        )
    columns = [*found.labels, found.outcome]
    rows = found.sample.frame.loc[found.is_used, columns].astype(float)
    for name in columns:
        if rows[name].nunique() < 2:
            end = "leave it out" if name in found.labels else "nothing can go with it"
            raise StudyError(f"{name} is the same in all answers: {end}.")
    _refuse_copies(found, rows[list(found.labels)])
    return found


def _refuse_copies(found: Rated, rows: pd.DataFrame) -> None:
    matrix = rows.corr().to_numpy()
    if not np.isfinite(matrix).all():
        raise StudyError("Some pair of ratings has no answers in common.")
    left = np.linalg.eigh(matrix)
    if left.eigenvalues[0] > SINGULAR:
        return
    names = list(found.labels)
    weights = np.abs(left.eigenvectors[:, 0])
    caught = [name for name, one in zip(names, weights, strict=True) if one > 1e-4]
    raise StudyError(
        f"{' and '.join(caught)} repeat one another without fail, so their parts "
        "cannot be told apart. Leave one out."
    )


def _indicators(frame: pd.DataFrame, controls: Sequence[str]) -> np.ndarray:
    """Controls as numbers: one column per level of a text but the first."""
    require(frame, controls)
    columns = [np.empty((len(frame), 0))]
    for name in controls:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values):
            columns.append(_numbers(values)[:, None])
        else:
            made = pd.get_dummies(values.astype("str").fillna("none"), drop_first=True)
            columns.append(made.to_numpy(float))
    return np.column_stack(columns)


def _numbers(control: pd.Series) -> np.ndarray:
    if control.isna().any():
        raise StudyError(
            f"{control.name} is missing in some answers, so it cannot be held fixed."
        )
    return control.to_numpy(float)
