"""What weights are adjusted to, checked against the answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from analysis.study import StudyError
from analysis.survey.sample import level_codes, require

Margins = Mapping[str, Mapping[str, float]]


def check_margins(frame: pd.DataFrame, margins: Margins) -> dict[str, dict[str, float]]:
    """Margins whose every level has answers, or an error that says which has not.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    margins : mapping of column to mapping of level to population total
        As given.

    Returns
    -------
    dict of column to dict of level to float
        Levels that nobody has on either side are dropped.

    Raises
    ------
    StudyError
        If there are no margins, a respondent has no level or one that the population
        lacks, a level of the population has no respondents, a total is no count, or
        two margins have different sums.

    Examples
    --------
    >>> people = pd.DataFrame({"segment": ["new", "old"]})
    >>> check_margins(people, {"segment": {"new": 3, "old": 7, "lost": 0}})
    {'segment': {'new': 3.0, 'old': 7.0}}
    """
    require(frame, margins)
    if not margins or not len(frame):
        raise StudyError("Weighting needs at least one margin and one answer.")
    checked = {name: _levels(frame[name], name, margins[name]) for name in margins}
    sums = {name: math.fsum(totals.values()) for name, totals in checked.items()}
    if max(sums.values()) > min(sums.values()) * (1 + 1e-6):
        listed = ", ".join(f"{name} {value:,.10g}" for name, value in sums.items())
        raise StudyError(
            f"The weights cannot meet the margins, whose sums differ: {listed}. All "
            "margins must count the same population."
        )
    return checked


def check_totals(frame: pd.DataFrame, totals: Mapping[str, float]) -> dict[str, float]:
    """Totals of numeric columns that every respondent has a value of.

    Raises
    ------
    StudyError
        If a column misses values or a total is no number.

    Examples
    --------
    >>> check_totals(pd.DataFrame({"orders": [1, 2]}), {"orders": 30})
    {'orders': 30.0}
    """
    require(frame, totals)
    for name, value in totals.items():
        if missing := int(frame[name].isna().sum()):
            raise StudyError(
                f"{missing} of {len(frame)} answers have no {name}. Weights are "
                "calibrated to columns that everyone has a value of."
            )
        if not math.isfinite(value):
            raise StudyError(f"The population's total of {name} is {value}.")
    return {name: float(value) for name, value in totals.items()}


def indicators(
    frame: pd.DataFrame, margins: Iterable[str], auxiliaries: Iterable[str]
) -> np.ndarray:
    """Columns that calibrated weights reproduce the totals of.

    Returns
    -------
    ndarray, shape (n_rows, n_constraints)
        Levels of the margins, of all but the first without their first level, then
        the auxiliaries.

    Examples
    --------
    >>> people = pd.DataFrame({"group": ["a", "b"], "spent": [3.0, 4.0]})
    >>> indicators(people, ["group"], ["spent"])
    array([[1., 0., 3.],
           [0., 1., 4.]])
    """
    columns: list[np.ndarray] = []
    for number, margin in enumerate(margins):
        codes, names = level_codes(frame[margin])
        # The levels of a further margin sum to what the first has fixed already.
        skipped = 1 if number else 0
        columns += [codes == code for code in range(skipped, len(names))]
    columns += [frame[name].to_numpy(dtype=float) for name in auxiliaries]
    return np.column_stack(columns).astype(float)


def _levels(
    values: pd.Series, name: str, totals: Mapping[str, float]
) -> dict[str, float]:
    counts = {str(level): float(count) for level, count in totals.items()}
    for level, count in counts.items():
        if not 0 <= count < math.inf:
            raise StudyError(
                f"The population's count of {name} = {level!r} is {count}."
            )
    codes, found = level_codes(values)
    if missing := int((codes < 0).sum()):
        raise StudyError(
            f"{missing} of {len(values)} answers have no {name}. Leave them out of the "
            "weighting, or give them a level of their own on both sides."
        )
    answers = dict(zip(found, np.bincount(codes, minlength=len(found)), strict=True))
    for level in found:
        if not counts.get(level):
            raise StudyError(
                f"{answers[level]} answers have {name} = {level!r}, which the "
                f"population lacks. It has: {', '.join(counts)}."
            )
    for level, count in counts.items():
        if count and level not in answers:
            raise StudyError(
                f"Nobody with {name} = {level!r} answered, yet the population has "
                f"{count:,.10g}. Put the level together with another on both sides."
            )
    return {level: counts[level] for level in found}
