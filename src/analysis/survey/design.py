"""A sample in the terms of svy, which computes the errors."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import svy

from analysis.study import StudyError
from analysis.survey.margins import indicators
from analysis.survey.sample import Sample, level_codes, weights_of


def design(sample: Sample, columns: Mapping[str, Any]) -> svy.Sample:
    """Columns with the design of a sample, as svy wants them.

    Parameters
    ----------
    sample : Sample
        The answers.
    columns : mapping of str to array
        What is to be estimated from, one value a row.

    Returns
    -------
    svy.Sample
        Rows in the order of the frame.

    Raises
    ------
    StudyError
        If weights are missing or not positive, or a stratum has a single cluster.

    Notes
    -----
    Adjusted weights go with their record: residuals from the margins then take the
    place of the values in every variance [1]_.

    References
    ----------
    .. [1] Deville, J.-C. and Sarndal, C.-E. (1992). Calibration estimators in
       survey sampling. JASA 87(418), 376-382.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"score": [1.0, 2.0]}))
    >>> design(answers, {"y": answers.frame["score"].to_numpy()}).data.height
    2
    """
    frame = sample.frame
    data = {**columns, "_w": weights_of(frame, sample.weights)}
    parts: dict[str, Any] = {"wgt": "_w"}
    if sample.clusters:
        data["_psu"], parts["psu"] = clusters_of(sample), "_psu"
    if sample.strata:
        _check_strata(sample)
        data["_stratum"], parts["stratum"] = strata_of(sample), "_stratum"
    if sample.population:
        data["_population"] = frame[sample.population].to_numpy()
        parts["pop_size"] = "_population"
    if sample.is_adjusted:
        data["_w0"] = weights_of(frame, sample.base_weights)
        added, parts["wgt_adjustment"] = _record(sample)
        data |= added
    return svy.Sample(pl.DataFrame(data), svy.Design(**parts))


@contextmanager
def plain_errors(task: str, **names: str) -> Iterator[None]:
    """Say in plain words what svy refused or warned of.

    Parameters
    ----------
    task : str
        Beginning of the message.
    **names : str
        The analyst's names of the columns that svy was given.

    Examples
    --------
    >>> with plain_errors("The mean cannot be told"):
    ...     pass
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", svy.SvyUserWarning)
            yield
    except (svy.SvyError, svy.SvyUserWarning) as error:
        detail = getattr(error, "detail", None) or str(error)
        for column, name in names.items():
            detail = detail.replace(f"'{column}'", name)
        raise StudyError(f"{task}: {detail}") from error


def clusters_of(sample: Sample) -> np.ndarray:
    """Number the clusters; a row without a name is one of its own.

    Examples
    --------
    >>> answers = pd.DataFrame({"person": ["b", None, "a", "b"]})
    >>> clusters_of(Sample(answers, clusters="person"))
    array([1, 2, 0, 1])
    """
    if sample.clusters is None:
        return np.arange(len(sample.frame))
    codes = pd.factorize(sample.frame[sample.clusters], sort=True)[0]
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    return codes


def strata_of(sample: Sample) -> np.ndarray:
    """Number the strata; all are one where the sample has none.

    Raises
    ------
    StudyError
        If a row has no stratum.

    Examples
    --------
    >>> strata_of(Sample(pd.DataFrame({"score": [1, 2]})))
    array([0, 0])
    """
    if sample.strata is None:
        return np.zeros(len(sample.frame), dtype=int)
    codes = level_codes(sample.frame[sample.strata])[0]
    if (codes < 0).any():
        raise StudyError(
            f"{(codes < 0).sum()} answers have no {sample.strata}. Every answer needs "
            "the stratum that it was drawn from."
        )
    return codes


def nullable(codes: np.ndarray) -> pl.Series:
    """Codes with null where they are below zero: rows outside any level.

    Examples
    --------
    >>> nullable(np.array([1, -1])).to_list()
    [1, None]
    """
    numbers = pl.Series(codes, dtype=pl.Int32)
    return numbers.set(numbers < 0, None) if (codes < 0).any() else numbers


def _record(sample: Sample) -> tuple[dict[str, Any], svy.WgtAdjustment]:
    added: dict[str, Any]
    if sample.technique == "calibration":
        matrix = indicators(sample.frame, sample.margins, sample.auxiliaries)
        added = {f"_aux_{number}": column for number, column in enumerate(matrix.T)}
        field = "aux"
    else:
        codes = [level_codes(sample.frame[margin])[0] for margin in sample.margins]
        added = {f"_cell_{number}": nullable(one) for number, one in enumerate(codes)}
        field = "cells"
    record: dict[str, Any] = {"kind": sample.technique, field: tuple(added)}
    return added, svy.WgtAdjustment(prev_wgt="_w0", new_wgt="_w", **record)


def _check_strata(sample: Sample) -> None:
    pairs = pd.DataFrame({"stratum": strata_of(sample), "cluster": clusters_of(sample)})
    counts = pairs.drop_duplicates().groupby("stratum").size()
    if len(lonely := counts[counts < 2]):
        name = level_codes(sample.frame[str(sample.strata)])[1][int(lonely.index[0])]
        raise StudyError(
            f"The stratum {sample.strata} = {name!r} has a single cluster, so its "
            "variance cannot be told. Put it together with another stratum."
        )
