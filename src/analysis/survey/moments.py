"""Means, ratios and totals per level with their covariance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from analysis.study import StudyError
from analysis.survey.design import design, nullable, plain_errors
from analysis.survey.sample import Sample, level_codes, require, weights_of


@dataclass(frozen=True)
class Moments:
    """Values per level with their covariance; what estimates are made from.

    Parameters
    ----------
    table : DataFrame, indexed by level
        Columns value, standard_error, degrees, base, kish, spread (the weighted
        variance of the values, or of the residuals of a ratio over its mean
        denominator) and chances (of a ratio, its denominators counted as Kish
        counts weights; else `kish`).
    covariance : ndarray, shape (n_levels, n_levels)
        In the order of the table.
    """

    table: pd.DataFrame
    covariance: np.ndarray

    def only(self, levels: Sequence[str], *, by: str) -> Moments:
        """Return some levels, in the order given; `by` names the column in errors."""
        known = list(self.table.index)
        for level in levels:
            if level not in known:
                raise StudyError(f"No answers have {by} = {level!r}.")
        places = [known.index(level) for level in levels]
        return Moments(self.table.iloc[places], self.covariance[np.ix_(places, places)])


def moments(
    sample: Sample, column: str, *, over: str | None = None, by: str | None = None
) -> Moments:
    """Mean of a column, or its ratio to the total of another, per level.

    Parameters
    ----------
    sample : Sample
        The answers. Rows without a value of `column`, `over` or `by` stay in the
        design and out of the figure.
    column : str
        Numeric or boolean.
    over : str, optional
        Denominator column; a mean if not given.
    by : str, optional
        Column of levels; one level, ``all``, if not given.

    Returns
    -------
    Moments
        Levels in sorted order.

    Raises
    ------
    StudyError
        If no row has a value, or weights are missing or not positive.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"score": [1, 2, 6], "wave": ["a", "a", "b"]}))
    >>> moments(answers, "score", by="wave").table["value"].to_dict()
    {'a': 1.5, 'b': 6.0}
    """
    rows = Rows(sample, column, over=over, by=by)
    if over:
        return rows.moments("ratio", "_y", "_x")
    return rows.moments("mean", "_y")


def sums(sample: Sample, column: str, *, by: str | None = None) -> Moments:
    """Population total of a column per level; see `moments`.

    Examples
    --------
    >>> answers = pd.DataFrame({"spent": [1.0, 2.0, 6.0], "weight": [2.0, 1.0, 1.0]})
    >>> sums(Sample(answers, weights="weight"), "spent").table["value"].to_dict()
    {'all': 10.0}
    """
    found = Rows(sample, column, by=by).moments("total", "_y")
    # A total has no spread of its own: Kish's base stands for its precision.
    return Moments(found.table.assign(spread=math.nan), found.covariance)


class Rows:
    """The rows that a figure is made from, prepared once.

    Parameters
    ----------
    sample : Sample
        The answers.
    column : str
        Numeric or boolean.
    over : str, optional
        Denominator column.
    by : str, optional
        Column of levels.
    """

    def __init__(
        self,
        sample: Sample,
        column: str,
        *,
        over: str | None = None,
        by: str | None = None,
    ) -> None:
        names = [name for name in (column, over, by) if name]
        require(sample.frame, names)
        self.sample = sample
        self.present = sample.frame[names].notna().all(axis=1).to_numpy()
        if not self.present.any():
            raise StudyError(f"No answer has a value in {' and '.join(names)}.")
        self.y = _numbers(sample.frame, column, self.present)
        self.x = _numbers(sample.frame, over, self.present) if over else None
        self.is_split = by is not None
        self.codes, self.levels = np.zeros(len(self.y), dtype=int), ["all"]
        if by:
            self.codes, self.levels = level_codes(sample.frame[by])

    def ask(self, question: str, *columns: str, **options: Any) -> Any:
        """Put a question to svy: the name of one of its estimates."""
        data: dict[str, Any] = {"_present": self.present, "_y": self.y}
        if self.x is not None:
            data["_x"] = self.x
        if self.is_split:
            data["_by"] = nullable(self.codes)
            options["by"] = "_by"
        with plain_errors("The figure cannot be told"):
            estimation = design(self.sample, data).estimation
            return getattr(estimation, question)(
                *columns, where=pl.col("_present"), **options
            )

    def moments(self, question: str, *columns: str) -> Moments:
        """Values per level with their covariance."""
        found = self.ask(question, *columns)
        table = self.table(found.estimates)
        covariance = np.atleast_2d(np.asarray(found.covariance, dtype=float))
        return Moments(table, covariance)

    def table(self, estimates: list[Any]) -> pd.DataFrame:
        """One row per level, from svy's estimates."""
        places = [int(one.by_level[0]) if self.is_split else 0 for one in estimates]
        table = pd.DataFrame(
            [(one.est, one.se, one.df, one.n) for one in estimates],
            columns=["value", "standard_error", "degrees", "base"],
            index=pd.Index([self.levels[place] for place in places], name="level"),
        )
        # One cluster does not vary: its error is not nought but unknown.
        is_lone = (table["degrees"] < 1) & (table["standard_error"] == 0)
        table["standard_error"] = table["standard_error"].mask(is_lone)
        return table.assign(**self._spread(places))

    def _spread(self, places: list[int]) -> dict[str, np.ndarray]:
        weights = weights_of(self.sample.frame, self.sample.weights)[self.present]
        codes, y = self.codes[self.present], self.y[self.present]
        x = np.ones(len(y)) if self.x is None else self.x[self.present]

        def sums(values: np.ndarray) -> np.ndarray:
            return np.bincount(codes, values, len(self.levels))[places]

        total, below = sums(weights), sums(weights * x)
        with np.errstate(invalid="ignore", divide="ignore"):
            centre = np.zeros(len(self.levels))
            centre[places] = sums(weights * y) / below
            spread = sums(weights * (y - centre[codes] * x) ** 2) * total / below**2
            chances = below**2 / sums(weights**2 * x)
        kish = total**2 / sums(weights**2)
        return {"kish": kish, "spread": spread, "chances": chances}


def _numbers(frame: pd.DataFrame, column: str, present: np.ndarray) -> np.ndarray:
    values = frame[column].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values[present]).all():
        raise StudyError(f"{column} has values without bound.")
    return np.where(present, values, 0.0)
