"""The rows of a regression with unit and period effects, and what to refuse.

The only place that sees pyfixest, and of it only the compiled routines: its formulas
cost a tenth of a second a fit and load polars, whose threads no forked kernel survives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyfixest.core import demean
from pyfixest.core.detect_singletons import detect_singletons

from analysis.study import StudyError

TOLERANCE = 1e-10
FEWEST = 8
SMALL = 1e-8
"""A column of which less is left, as a part of its squares, says nothing new."""
UNIT, PERIOD = "unit", "period"


@dataclass(frozen=True)
class Design:
    """A regression's rows as numbers.

    Parameters
    ----------
    outcome, weights : ndarray, shape (n_rows,)
        What is explained, and how much each row counts.
    regressors : ndarray, shape (n_rows, n_regressors)
        What explains it.
    effects : ndarray, shape (n_rows, 2)
        Unit and period, coded from nought without gaps.
    has_units : bool
        Whether units have effects.
    """

    outcome: np.ndarray
    regressors: np.ndarray
    weights: np.ndarray
    effects: np.ndarray
    has_units: bool = True

    @property
    def units(self) -> int:
        """Number of units."""
        return int(self.effects[:, 0].max()) + 1

    @property
    def periods(self) -> int:
        """Number of periods."""
        return int(self.effects[:, 1].max()) + 1

    def within(self, columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Take the effects out of columns."""
        effects = self.effects if self.has_units else self.effects[:, 1:]
        left, is_done = demean(columns, effects, weights, tol=TOLERANCE)
        if not is_done:
            raise StudyError(
                "Unit and period effects could not be told apart: the panel falls "
                "into parts that hardly share a period."
            )
        return np.asarray(left)


def design_of(
    used: pd.DataFrame,
    outcome: str,
    *,
    on: Sequence[str],
    weights: str | None = None,
    has_units: bool = True,
) -> Design:
    """Turn rows into numbers.

    Parameters
    ----------
    used : DataFrame
        As `worth_fitting` returns them.
    outcome, on, weights
        Columns.
    has_units : bool
        Whether units have effects.

    Returns
    -------
    Design
        Effects coded from nought.

    Raises
    ------
    StudyError
        If the outcome is the same in all rows.
    """
    design = Design(
        outcome=used[outcome].to_numpy(dtype=float),
        regressors=used[list(on)].to_numpy(dtype=float),
        weights=used[weights].to_numpy(dtype=float) if weights else np.ones(len(used)),
        effects=_effects(used),
        has_units=has_units,
    )
    _refuse_one_value(design.outcome)
    return design


def worth_fitting(
    frame: pd.DataFrame,
    needs: Sequence[str],
    weights: str | None = None,
    *,
    counts: str = "",
    unit_effects: bool = True,
) -> pd.DataFrame:
    """Return the rows that say something within units and periods.

    Parameters
    ----------
    frame : DataFrame
        With ``unit`` and ``period``.
    needs : sequence of str
        Columns that must be known.
    weights : str, optional
        Column that must be above 0.
    counts : str
        A count: units and periods with noughts alone fit any effect and are left out.
    unit_effects : bool
        Whether rows alone in their unit say nothing; rows alone in their period never
        do.

    Returns
    -------
    DataFrame
        Fewer rows of the same columns.

    Raises
    ------
    StudyError
        If a count is below zero, or fewer than eight units or two periods are left.

    Examples
    --------
    >>> frame = pd.DataFrame({"unit": [*range(9)] * 2 + [9], "x": 1.0,
    ...     "period": [0] * 9 + [1] * 10})
    >>> len(frame), len(worth_fitting(frame, ["x"]))
    (19, 18)
    """
    used = frame.dropna(subset=list(needs))
    used = used[used[weights] > 0] if weights else used
    if counts:
        _refuse_minus(used[counts])
    size = -1
    while counts and len(used) != size:
        size = len(used)
        for key in (UNIT, PERIOD):
            used = used[used.groupby(key)[counts].transform("sum") > 0]
    if len(used):
        effects = _effects(used)
        used = used[~detect_singletons(effects if unit_effects else effects[:, 1:])]
    _refuse_small(used)
    return used


def independent(
    frame: pd.DataFrame, names: Sequence[str], *, unit_effects: bool = True
) -> list[str]:
    """Return the columns that say something beyond the effects and those before them.

    Parameters
    ----------
    frame : DataFrame
        With ``unit`` and ``period``.
    names : sequence of str
        Columns, those to be kept first.
    unit_effects : bool
        Whether units have effects.

    Returns
    -------
    list of str
        In the same order.

    Examples
    --------
    >>> frame = pd.DataFrame({"unit": [0, 0, 0, 1, 1, 1], "period": [0, 1, 2] * 2,
    ...     "x": [1.0, 5, 2, 8, 3, 1], "twice": [2.0, 10, 4, 16, 6, 2],
    ...     "late": [0.0, 0, 1] * 2})
    >>> independent(frame, ["late", "x", "twice"])
    ['x']
    """
    columns = frame[list(names)].to_numpy(dtype=float)
    effects = _effects(frame) if unit_effects else _effects(frame)[:, 1:]
    left, _ = demean(columns, effects, np.ones(len(frame)), tol=TOLERANCE)
    whole, products = (columns**2).sum(axis=0), left.T @ left
    kept: list[int] = []
    for number, size in enumerate(whole):
        basis = products[np.ix_(kept, kept)]
        fitted = np.linalg.solve(basis, products[kept, number])
        rest = products[number, number] - products[number, kept] @ fitted
        if rest > SMALL * size:
            kept.append(number)
    return [names[number] for number in kept]


def _effects(frame: pd.DataFrame) -> np.ndarray:
    codes = [pd.factorize(frame[key])[0] for key in (UNIT, PERIOD)]
    return np.column_stack(codes).astype(np.uint64)


def _refuse_minus(counted: pd.Series) -> None:
    if (counted < 0).any():
        name = str(counted.name).replace("_", " ")
        raise StudyError(
            f"{name} are below zero in {(counted < 0).sum()} rows: a Poisson model "
            "counts from nought. Use the change model, or look at the refunds."
        )


def _refuse_small(used: pd.DataFrame) -> None:
    units, periods = used[UNIT].nunique(), used[PERIOD].nunique()
    if units < FEWEST:
        raise StudyError(
            f"Only {units} units have values in two periods or more; {FEWEST} are the "
            "fewest from which an error can be told."
        )
    if periods < 2:
        raise StudyError(
            f"The panel has {periods} period: what changes over time needs two."
        )


def refuse_flat(design: Design, left: np.ndarray, on: Sequence[str]) -> None:
    """Refuse regressors of which the effects, or the others, leave nothing.

    Parameters
    ----------
    design : Design
        With the regressors as they are.
    left : ndarray, shape (n_rows, n_regressors)
        The regressors, effects taken out.
    on : sequence of str
        Their names.

    Raises
    ------
    StudyError
        Naming the first that does not vary.
    """
    whole, rest = (one.std(axis=0) for one in (design.regressors, left))
    flat = [
        name for name, is_flat in zip(on, rest <= SMALL * whole, strict=True) if is_flat
    ]
    if flat:
        raise StudyError(
            f"{flat[0]} does not vary within units beyond what all share in a period: "
            "nothing can be compared."
        )
    products = (left / rest).T @ (left / rest) / len(left)
    if np.linalg.eigvalsh(products)[0] < SMALL:
        raise StudyError(f"Of {', '.join(on)} one says what the others say.")


def _refuse_one_value(outcome: np.ndarray) -> None:
    if np.ptp(outcome) == 0:
        raise StudyError(
            f"The outcome is {outcome[0]:g} in all {len(outcome)} rows (all came back, "
            "or nothing): there is nothing to explain."
        )
