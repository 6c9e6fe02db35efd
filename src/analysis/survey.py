"""How respondents were drawn and weighted, and estimates that know it.

The only module that sees svy and polars. A `Sample` is a frame with its weights,
clusters and the margins that it was raked to; every estimate made from it carries
an error that respects all three (Taylor linearisation, residuals of the raking).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import polars as pl
import svy

from analysis.estimate import (
    Estimate,
    critical_value,
    effective_base,
    statistic,
    two_sided_p,
    wilson_interval,
)
from analysis.study import StudyError

Result = Estimate | dict[str, Estimate]


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
    """

    frame: pd.DataFrame
    weights: str | None = None
    clusters: str | None = None
    strata: str | None = None
    population: str | None = None
    base_weights: str | None = None
    margins: Sequence[str] = ()

    def with_columns(self, **columns: Any) -> Sample:
        """Return the same sample with further columns."""
        changes = {**self.__dict__, "frame": self.frame.assign(**columns)}
        return Sample(**changes)


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
        columns["_by"] = frame[by].astype("str").to_numpy().astype(object)
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


@statistic
def mean(
    sample: Sample,
    column: str,
    *,
    by: str | None = None,
    unit: str = "score",
    confidence: float = 0.95,
) -> Result:
    r"""Design-based mean, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers with weights and clusters.
    column : str
        Numeric column; missing values are left out of the figure.
    by : str, optional
        Column of levels.
    unit : str
        Unit of the column.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate or dict of str to Estimate
        One per level if `by` is given.

    Notes
    -----
    :math:`\sum w y / \sum w`, its variance by Taylor linearisation over clusters;
    after raking the residuals from the margins take the place of the values [1]_.
    The interval is Student's with clusters minus strata degrees of freedom. Not for
    strongly skewed amounts at small bases.

    References
    ----------
    .. [1] Deville, J.-C. and Sarndal, C.-E. (1992). Calibration estimators in
       survey sampling. JASA 87(418), 376-382.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"satisfaction": [1, 3, 4, 4, 5]}))
    >>> score = mean(answers, "satisfaction")
    >>> score.value, round(score.standard_error, 3), score.base
    (3.4, 0.678, 5)
    """
    found = moments(sample, column, by=by)
    variance = _variances(sample, column, by)

    def make(level: str, row: pd.Series) -> Estimate:
        half = critical_value(confidence, row["degrees"]) * row["standard_error"]
        return Estimate(
            value=row["value"],
            standard_error=row["standard_error"],
            low=row["value"] - half,
            high=row["value"] + half,
            base=int(row["base"]),
            unit=unit,
            effective_base=precision_base(variance[level], row),
            confidence=confidence,
        )

    return _per_level(found, by, make)


@statistic
def share(
    sample: Sample,
    column: str,
    *,
    over: str | None = None,
    by: str | None = None,
    confidence: float = 0.95,
) -> Result:
    r"""Design-based share, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers with weights and clusters.
    column : str
        Boolean column, or a count of hits if `over` is given.
    over : str, optional
        Column with the number of chances in each row, for a share of lines or
        orders among customers.
    by : str, optional
        Column of levels.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`. The base counts rows.

    Notes
    -----
    Wilson's interval on the effective base :math:`p(1-p)/\mathrm{SE}^2`, where the
    error comes from Taylor linearisation [1]_. With no hit or nothing but hits the
    error is zero and Kish's base serves instead.

    References
    ----------
    .. [1] Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for
       proportions with small expected number of positive counts. Survey
       Methodology 24(2), 193-201.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"happy": [True] * 10 + [False] * 190}))
    >>> happy = share(answers, "happy")
    >>> round(happy.value, 3), round(happy.low, 3), round(happy.high, 3)
    (0.05, 0.027, 0.09)
    """
    found = moments(sample, column, over=over, by=by)

    def make(level: str, row: pd.Series) -> Estimate:
        value = min(1.0, max(0.0, row["value"]))
        base = precision_base(value * (1 - value), row)
        low, high = wilson_interval(value, base, confidence=confidence)
        return Estimate(
            value=value,
            standard_error=row["standard_error"],
            low=low,
            high=high,
            base=int(row["base"]),
            unit="share",
            effective_base=base,
            confidence=confidence,
        )

    return _per_level(found, by, make)


@statistic
def difference(
    sample: Sample,
    column: str,
    *,
    by: str,
    levels: tuple[str, str],
    over: str | None = None,
    unit: str = "score",
    confidence: float = 0.95,
) -> Estimate:
    r"""Mean of one level minus the mean of another.

    Parameters
    ----------
    sample : Sample
        Answers of both levels; people in both are one cluster.
    column : str
        Numeric or boolean.
    by : str
        Column of levels, such as the period.
    levels : tuple of str
        The level to look at, then the one to compare with.
    over : str, optional
        Denominator column, for a ratio instead of a mean.
    unit : str
        Unit of the difference.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        With `p_value` of no difference. The base counts both levels.

    Raises
    ------
    StudyError
        If a level has no answers.

    Notes
    -----
    :math:`\mathrm{Var}(a-b) = \mathrm{Var}(a) + \mathrm{Var}(b) -
    2\,\mathrm{Cov}(a,b)`; the covariance comes from clusters in both levels [1]_.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling, section 12.4. Wiley.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({
    ...     "score": [1, 2, 3, 4, 5, 6], "wave": ["a", "a", "a", "b", "b", "b"]}))
    >>> change = difference(answers, "score", by="wave", levels=("b", "a"))
    >>> change.value, round(change.p_value, 3)
    (3.0, 0.015)
    """
    found = moments(sample, column, over=over, by=by)
    places = [_place(found.table, level, by) for level in levels]
    rows = found.table.iloc[places]
    first, second = rows["value"]
    contrast = np.zeros(len(found.table))
    contrast[places] = 1, -1
    variance = contrast @ found.covariance @ contrast
    error, degrees = math.sqrt(max(variance, 0.0)), float(rows["degrees"].sum())
    half = critical_value(confidence, degrees) * error
    return Estimate(
        value=first - second,
        standard_error=error,
        low=first - second - half,
        high=first - second + half,
        base=int(rows["base"].sum()),
        unit=unit,
        effective_base=float(rows["kish"].sum()),
        confidence=confidence,
        p_value=two_sided_p(first - second, error, degrees),
    )


def precision_base(variance: float, row: pd.Series) -> float:
    """Size of the simple random sample that would have the row's error.

    Examples
    --------
    >>> row = pd.Series({"standard_error": 0.05, "kish": 80.0})
    >>> round(precision_base(0.25, row), 6)
    100.0
    """
    error = row["standard_error"]
    if not error > 0 or not variance > 0:
        return float(row["kish"])
    return float(variance / error**2)


def rake(
    frame: pd.DataFrame,
    margins: Mapping[str, Mapping[str, float]],
    *,
    base_weights: str,
    trim: float | None = None,
) -> pd.Series:
    r"""Weights that reproduce the population's margins.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent, with a column per margin.
    margins : mapping of column to mapping of level to population total
        Every level that occurs in the frame, and no other.
    base_weights : str
        Column of positive weights to start from.
    trim : float, optional
        Largest weight allowed, as a multiple of the mean; raking and trimming
        alternate until both hold.

    Returns
    -------
    Series of float
        On the index of `frame`; sums to the population.

    Raises
    ------
    StudyError
        If the margins contradict one another or the limit cannot be met.

    Notes
    -----
    Iterative proportional fitting [1]_, to a relative misfit of 1e-10.

    References
    ----------
    .. [1] Deming, W. E. and Stephan, F. F. (1940). On a least squares adjustment
       of a sampled frequency table. Annals of Mathematical Statistics 11, 427-444.

    Examples
    --------
    >>> people = pd.DataFrame({"segment": ["new", "new", "old"], "start": 1.0})
    >>> rake(people, {"segment": {"new": 30, "old": 70}}, base_weights="start").tolist()
    [15.0, 15.0, 70.0]
    """
    columns = {name: frame[name].astype("str").to_numpy() for name in margins}
    start = frame[base_weights].to_numpy()
    data = pl.DataFrame({**columns, "_start": start})
    totals: Any = {name: dict(levels) for name, levels in margins.items()}
    total = sum(next(iter(totals.values())).values())
    limit = None
    if trim:
        limit = svy.TrimConfig(upper=trim * total / len(frame), max_iter=200)
    sample = svy.Sample(data, svy.Design(wgt="_start"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            raked = sample.weighting.rake(
                controls=totals,
                wgt_name="_raked",
                tol=1e-10,
                max_iter=2000,
                trimming=limit,
            )
    except (svy.SvyError, Warning) as error:
        raise StudyError(f"The weights cannot meet the margins: {error}") from error
    data = cast(pl.DataFrame, raked.data)
    return pd.Series(data["_raked"].to_numpy(), index=frame.index)


def _variances(sample: Sample, column: str, by: str | None) -> dict[str, float]:
    frame = sample.frame.dropna(subset=[column, *([by] if by else [])])
    values = frame[column].astype("float64")
    weights = frame[sample.weights] if sample.weights else pd.Series(1.0, frame.index)
    levels = frame[by].astype("str") if by else pd.Series("all", frame.index)
    sums = weights.groupby(levels).sum()
    centre = (weights * values).groupby(levels).sum() / sums
    spread = weights * (values - levels.map(centre)) ** 2
    return {str(k): v for k, v in (spread.groupby(levels).sum() / sums).items()}


def _per_level(found: Moments, by: str | None, make: Any) -> Result:
    made = {str(level): make(level, row) for level, row in found.table.iterrows()}
    return made if by else made["all"]


def _place(table: pd.DataFrame, level: str, by: str) -> int:
    if level not in table.index:
        raise StudyError(f"No answers have {by} = {level!r}.")
    return list(table.index).index(level)
