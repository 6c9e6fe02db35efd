"""Calibration: weights that reproduce totals of numeric columns as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import polars as pl
import svy

from analysis.study import StudyError
from analysis.survey.margins import Margins, check_margins, check_totals
from analysis.survey.raking import refusals
from analysis.survey.sample import level_codes, weights_of


def calibrate(
    frame: pd.DataFrame,
    margins: Margins,
    *,
    base_weights: str,
    totals: Mapping[str, float] | None = None,
) -> pd.Series:
    r"""Weights that reproduce level counts and totals of numeric columns.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    margins : mapping of column to mapping of level to population count
        At least one, with every level that occurs in the frame.
    base_weights : str
        Column of positive weights to start from.
    totals : mapping of column to population total, optional
        Numeric columns, such as last year's revenue.

    Returns
    -------
    Series of float
        On the index of `frame`; sums to the population.

    Raises
    ------
    StudyError
        As for `rake`, and if a weight would be zero or negative.

    Notes
    -----
    The generalised regression weights :math:`w_i (1 + x_i^\top \lambda)`, the closest
    to the base weights in chi-square distance [1]_. A column that goes with the
    answers makes figures more precise than raking can; far totals make weights
    negative, which is refused.

    References
    ----------
    .. [1] Deville, J.-C. and Sarndal, C.-E. (1992). Calibration estimators in
       survey sampling. JASA 87(418), 376-382.

    Examples
    --------
    >>> people = pd.DataFrame({"all": "x", "orders": [1.0, 3.0], "start": 5.0})
    >>> calibrate(people, {"all": {"x": 10}}, base_weights="start",
    ...     totals={"orders": 22}).round(9).tolist()
    [4.0, 6.0]
    """
    checked = check_margins(frame, margins)
    sizes = check_totals(frame, totals or {})
    data: dict[str, Any] = {"_start": weights_of(frame, base_weights)}
    controls: dict[Any, Any] = {}
    for number, (name, counts) in enumerate(checked.items()):
        column, levels = f"_m{number}", list(counts)
        data[column] = level_codes(frame[name])[0]
        # The levels of a further margin sum to what is fixed already: one is left out.
        term = svy.Cat(column, ref=0) if number else svy.Cat(column)
        if len(levels) > 1 or not number:
            controls[term] = {code: counts[one] for code, one in enumerate(levels)}
    for number, (name, size) in enumerate(sizes.items()):
        data[f"_t{number}"] = frame[name].to_numpy(dtype=float)
        controls[f"_t{number}"] = size
    with refusals():
        sample = svy.Sample(pl.DataFrame(data), svy.Design(wgt="_start"))
        made = sample.weighting.calibrate(controls=controls, wgt_name="_made")
    weights = made.data["_made"].to_numpy()
    if weights.min() <= 0:
        raise StudyError(
            f"Calibration gives {(weights <= 0).sum()} weights of zero or less, the "
            f"least {weights.min():.3g}: the totals are too far from the answers. Rake "
            "to margins, or leave a total out."
        )
    return pd.Series(weights, index=frame.index)
