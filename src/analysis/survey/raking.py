"""Raking: weights that reproduce the population's margins."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import pandas as pd
import polars as pl
import svy

from analysis.study import StudyError
from analysis.survey.margins import Margins, check_margins
from analysis.survey.sample import level_codes, weights_of

TOLERANCE = 1e-10


def rake(
    frame: pd.DataFrame,
    margins: Margins,
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
        Every level that occurs in the frame; others only with a total of 0.
    base_weights : str
        Column of positive weights to start from.
    trim : float, optional
        Largest weight allowed, as a multiple of the mean, above 1; raking and
        trimming alternate until both hold.

    Returns
    -------
    Series of float
        On the index of `frame`; sums to the population.

    Raises
    ------
    StudyError
        If a level has answers or population but not both, a base weight is not
        positive, or the margins contradict one another or the limit.

    Notes
    -----
    Iterative proportional fitting [1]_, to a relative misfit of 1e-10. Respondents of
    one cell (a level of each margin) share one factor, so cells are fitted and not
    rows. What trimming takes is given to the other rows in proportion, before raking
    again.

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
    checked = check_margins(frame, margins)
    start = weights_of(frame, base_weights)
    codes, cells = cells_of(frame, list(checked))
    sums = np.bincount(codes, start)
    fitted = _rake(cells, sums, checked)
    weights = start * (fitted / sums)[codes]
    if trim is not None and weights.max() > (most := _limit(trim, weights)):
        rows = {name: values[codes] for name, values in cells.items()}
        weights = _rake(rows, start, checked, most=most)
    return pd.Series(weights, index=frame.index)


def poststratify(
    frame: pd.DataFrame,
    totals: Mapping[str, float],
    *,
    by: str,
    base_weights: str,
    trim: float | None = None,
) -> pd.Series:
    r"""Weights that reproduce the population's count of each group.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    totals : mapping of level to population total
        Every level of `by` that occurs in the frame.
    by : str
        Column of groups. For groups of several traits join them into one column.
    base_weights : str
        Column of positive weights to start from.
    trim : float, optional
        Largest weight allowed, as a multiple of the mean, above 1.

    Returns
    -------
    Series of float
        On the index of `frame`; sums to the population.

    Raises
    ------
    StudyError
        As for `rake`.

    Notes
    -----
    :math:`w_i N_g / \sum_{j \in g} w_j` [1]_: raking to a single margin.

    References
    ----------
    .. [1] Holt, D. and Smith, T. M. F. (1979). Post stratification. JRSS A 142(1),
       33-46.

    Examples
    --------
    >>> people = pd.DataFrame({"segment": ["new", "new", "old"], "start": 1.0})
    >>> poststratify(people, {"new": 30, "old": 70}, by="segment",
    ...     base_weights="start").tolist()
    [15.0, 15.0, 70.0]
    """
    return rake(frame, {by: totals}, base_weights=base_weights, trim=trim)


def cells_of(
    frame: pd.DataFrame, margins: list[str]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Cell of each row, and the levels (as codes) that make up each cell.

    Examples
    --------
    >>> people = pd.DataFrame({"a": ["x", "x", "y"], "b": ["u", "u", "u"]})
    >>> codes, cells = cells_of(people, ["a", "b"])
    >>> codes.tolist(), {name: levels.tolist() for name, levels in cells.items()}
    ([0, 0, 1], {'a': [0, 1], 'b': [0, 0]})
    """
    cell = np.zeros(len(frame), dtype=np.int64)
    levels: dict[str, np.ndarray] = {}
    for name in margins:
        codes = level_codes(frame[name])[0]
        size = int(codes.max(initial=-1)) + 2
        cell, kept = pd.factorize(cell * size + codes + 1)
        levels = {other: known[kept // size] for other, known in levels.items()}
        levels[name] = kept % size - 1
    return cell, levels


@contextmanager
def refusals() -> Iterator[None]:
    """Say what svy refused as what the analyst can do about it.

    Examples
    --------
    >>> with refusals():
    ...     pass
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except (svy.SvyError, Warning) as error:
        detail = getattr(error, "detail", None) or str(error)
        raise StudyError(
            f"The weights cannot meet the margins: {detail} Put small levels together, "
            "leave a margin out, or allow larger weights."
        ) from error


def _rake(
    cells: dict[str, np.ndarray],
    start: np.ndarray,
    margins: dict[str, dict[str, float]],
    *,
    most: float | None = None,
) -> np.ndarray:
    names = {name: f"_m{number}" for number, name in enumerate(margins)}
    columns = {names[name]: cells[name] for name in margins}
    controls: Any = {
        names[name]: dict(enumerate(totals.values()))
        for name, totals in margins.items()
    }
    limit = svy.TrimConfig(upper=most, max_iter=200) if most else None
    with refusals():
        data = pl.DataFrame({**columns, "_start": start})
        raked = svy.Sample(data, svy.Design(wgt="_start")).weighting.rake(
            controls=controls,
            wgt_name="_raked",
            tol=TOLERANCE,
            max_iter=2000,
            trimming=limit,
        )
    return cast(pl.DataFrame, raked.data)["_raked"].to_numpy()


def _limit(trim: float, weights: np.ndarray) -> float:
    if not trim > 1:
        raise StudyError(
            f"No weight may be above {trim} times the mean: the limit must be above 1."
        )
    return trim * float(weights.mean())
