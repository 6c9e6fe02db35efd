"""Calibration: weights that reproduce totals of numeric columns as well."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.study import StudyError
from analysis.survey.margins import Margins, check_margins, check_totals, indicators
from analysis.survey.sample import weights_of

TOLERANCE = 1e-8


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
    start = weights_of(frame, base_weights)
    matrix = indicators(frame, checked, sizes)
    first, *others = (list(counts.values()) for counts in checked.values())
    wanted = np.array(
        [*first, *(n for one in others for n in one[1:]), *sizes.values()]
    )
    weights = nearest(matrix, start, wanted)
    misfit = np.abs(weights @ matrix - wanted) / np.maximum(np.abs(wanted), 1)
    if misfit.max() > TOLERANCE:
        raise StudyError(
            "The weights cannot meet the margins and totals together: some follow from "
            "others among these answers, but not in the population. Leave one out."
        )
    if weights.min() <= 0:
        raise StudyError(
            f"Calibration gives {(weights <= 0).sum()} weights of zero or less, the "
            f"least {weights.min():.3g}: the totals are too far from the answers. Rake "
            "to margins, or leave a total out."
        )
    return pd.Series(weights, index=frame.index)


def nearest(matrix: np.ndarray, start: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Weights nearest to the starting ones that reproduce the wanted totals.

    Parameters
    ----------
    matrix : ndarray, shape (n_rows, n_constraints)
        As `indicators` makes it.
    start : ndarray, shape (n_rows,)
        Weights to start from, 0 or more.
    wanted : ndarray, shape (n_constraints,)
        Totals to reproduce.

    Returns
    -------
    ndarray, shape (n_rows,)
        As near to the totals as rows can get.

    Examples
    --------
    >>> nearest(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]), np.array([8.0]))
    array([2., 6.])
    """
    root = np.sqrt(start)
    left = (matrix * root[:, None]).T
    step = np.linalg.lstsq(left, wanted - start @ matrix, rcond=1e-11)[0]
    return start + root * step
