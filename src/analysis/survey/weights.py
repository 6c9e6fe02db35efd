"""Raking: weights that reproduce the population's margins."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, cast

import pandas as pd
import polars as pl
import svy

from analysis.study import StudyError


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
