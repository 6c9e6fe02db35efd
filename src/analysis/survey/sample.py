"""Answers, with what is known of how they came about, and their moments.

Every moment carries an error that respects weights, clusters and raking (Taylor
linearisation; after raking, the residuals from the margins).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import svy

from analysis.estimate import effective_base
from analysis.study import StudyError


@dataclass(frozen=True, eq=False)
class Sample:
    """Answers, with what is known of how they came about.

    Parameters
    ----------
    frame : DataFrame
        One row an answer; any index.
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
        Column of the weights before raking.
    margins : sequence of str
        Columns that the weights were raked to.
    confidence : float
        Level of the intervals made from the sample, between 0 and 1.
    """

    frame: pd.DataFrame
    weights: str | None = None
    clusters: str | None = None
    strata: str | None = None
    population: str | None = None
    base_weights: str | None = None
    margins: Sequence[str] = ()
    confidence: float = 0.95

    def with_columns(self, **columns: Any) -> Sample:
        """Return the same sample with further columns."""
        return replace(self, frame=self.frame.assign(**columns))

    def only(self, column: str, value: object) -> Sample:
        """Return the rows with one value of a column, such as one period."""
        return replace(self, frame=self.frame[self.frame[column] == value])

    def known(self, columns: Iterable[str]) -> list[str]:
        """Return those of the columns that the sample has values of."""
        frame = self.frame
        return [name for name in columns if name in frame and frame[name].notna().any()]


@dataclass(frozen=True)
class Moments:
    """Values per level with their covariance; what estimates are made from.

    Parameters
    ----------
    table : DataFrame, indexed by level
        Columns value, standard_error, degrees, base, kish.
    covariance : ndarray, shape (n_levels, n_levels)
        In the order of the table.
    """

    table: pd.DataFrame
    covariance: np.ndarray


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
        If no row has a value.
    """
    used = [name for name in (column, over, by) if name]
    present = sample.frame[used].notna().all(axis=1)
    if not present.any():
        raise StudyError(f"No answer has a value in {' and '.join(used)}.")
    estimation = _design(sample, column, over=over, by=by, present=present).estimation
    scope: dict[str, Any] = {"by": "_by" if by else None, "where": pl.col("_present")}
    found: Any
    if over:
        found = estimation.ratio("_y", "_x", **scope)
    else:
        found = estimation.mean("_y", **scope)
    rows = [
        (one.by_level[0] if by else "all", one.est, one.se, one.df, one.n)
        for one in found.estimates
    ]
    names = ["level", "value", "standard_error", "degrees", "base"]
    table = pd.DataFrame(rows, columns=names).set_index("level")
    table["kish"] = _kish(sample, present, by)
    return Moments(table, np.atleast_2d(np.asarray(found.covariance, dtype=float)))


def _design(
    sample: Sample,
    column: str,
    *,
    over: str | None,
    by: str | None,
    present: pd.Series,
) -> svy.Sample:
    frame = sample.frame
    columns: dict[str, Any] = {"_present": present.to_numpy()}
    columns["_y"] = frame[column].astype("float64").to_numpy()
    if over:
        columns["_x"] = frame[over].astype("float64").to_numpy()
    if by:
        columns["_by"] = frame[by].astype("str").to_numpy(object, na_value=None)
    columns["_w"] = frame[sample.weights].to_numpy() if sample.weights else 1.0
    parts: dict[str, Any] = {"wgt": "_w"}
    if sample.clusters:
        columns["_psu"] = _cluster_codes(frame[sample.clusters])
        parts["psu"] = "_psu"
    if sample.strata:
        columns["_stratum"] = pd.factorize(frame[sample.strata], sort=True)[0]
        parts["stratum"] = "_stratum"
    if sample.population:
        columns["_population"] = frame[sample.population].to_numpy()
        parts["pop_size"] = "_population"
    if sample.margins and sample.base_weights:
        columns["_w0"] = frame[sample.base_weights].to_numpy()
        parts["wgt_adjustment"] = _raking_record(sample, columns)
    return svy.Sample(pl.DataFrame(columns), svy.Design(**parts))


def _raking_record(sample: Sample, columns: dict[str, Any]) -> svy.WgtAdjustment:
    cells = tuple(f"_cell_{number}" for number in range(len(sample.margins)))
    for cell, margin in zip(cells, sample.margins, strict=True):
        columns[cell] = pd.factorize(sample.frame[margin], sort=True)[0]
    return svy.WgtAdjustment(kind="raking", prev_wgt="_w0", new_wgt="_w", cells=cells)


def _cluster_codes(names: pd.Series) -> np.ndarray:
    codes = pd.factorize(names, sort=True)[0]
    alone = codes < 0
    codes[alone] = codes.max() + 1 + np.arange(alone.sum())
    return codes


def _kish(sample: Sample, present: pd.Series, by: str | None) -> Any:
    frame = sample.frame[present]
    weights = frame[sample.weights] if sample.weights else pd.Series(1.0, frame.index)
    if by is None:
        return effective_base(weights.to_numpy())
    levels = frame[by].astype("str")
    return weights.groupby(levels).apply(lambda one: effective_base(one.to_numpy()))
