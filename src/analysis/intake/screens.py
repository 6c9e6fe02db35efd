"""Look for answers given without care, and for answers not given."""

from __future__ import annotations

import pandas as pd

from analysis.intake.rules import is_score
from analysis.study import Study

FEWEST_RATINGS = 3


def speeding(responses: pd.DataFrame, *, fastest_seconds: float) -> pd.Series:
    """Mark answers given faster than anyone can read the questions.

    Parameters
    ----------
    responses : DataFrame
        Answers with their `duration` in seconds.
    fastest_seconds : float
        The shortest time that counts as reading.

    Returns
    -------
    Series of bool
        False where the duration is missing.

    Examples
    --------
    >>> speeding(pd.DataFrame({"duration": [5.0, 60.0]}), fastest_seconds=20).tolist()
    [True, False]
    """
    return responses["duration"] < fastest_seconds


def straight_lining(responses: pd.DataFrame) -> pd.Series:
    """Mark answers that give every driver question the same value.

    Parameters
    ----------
    responses : DataFrame
        Answers with `rating_` columns.

    Returns
    -------
    Series of bool
        True where at least three ratings were given and all are equal. That may be
        honest: the mark is counted, and nothing is taken out.

    Examples
    --------
    >>> straight_lining(pd.DataFrame({"rating_a": [3, 3], "rating_b": [3, 4],
    ...                               "rating_c": [3, 3]})).tolist()
    [True, False]
    """
    ratings = responses.filter(regex="^rating_")
    enough = ratings.notna().sum(axis=1) >= FEWEST_RATINGS
    return enough & (ratings.max(axis=1) == ratings.min(axis=1))


def screens(responses: pd.DataFrame, *, study: Study) -> pd.DataFrame:
    """Count the answers that each screen marks.

    Returns
    -------
    DataFrame
        Columns screen, marked, base, share; a screen whose columns are not there is
        left out. The base is the answers that the screen can judge.
    """
    rows = []
    if "duration" in responses:
        marked = speeding(
            responses, fastest_seconds=study.thresholds.fastest_seconds
        ).sum()
        rows.append(("speeding", marked, responses["duration"].notna().sum()))
    ratings = responses.filter(regex="^rating_").notna().sum(axis=1)
    if (ratings >= FEWEST_RATINGS).any():
        marked = straight_lining(responses).sum()
        rows.append(("straight-lining", marked, (ratings >= FEWEST_RATINGS).sum()))
    table = pd.DataFrame(rows, columns=["screen", "marked", "base"])
    table = table.astype({"screen": "str", "marked": "int64", "base": "int64"})
    return table.assign(share=table["marked"] / table["base"].where(table["base"] > 0))


def missing_answers(responses: pd.DataFrame) -> pd.DataFrame:
    """Return the share of missing answers per question.

    Returns
    -------
    DataFrame
        Columns column, missing, base, share (0 to 1).

    Examples
    --------
    >>> missing_answers(pd.DataFrame({"recommend": [9, None]})).loc[0, "share"]
    np.float64(0.5)
    """
    asked = [
        name for name in map(str, responses) if is_score(name) or name == "comment"
    ]
    table = pd.DataFrame(
        {
            "column": pd.Series(asked, dtype="str"),
            "missing": [int(responses[name].isna().sum()) for name in asked],
            "base": len(responses),
        }
    ).astype({"missing": "int64", "base": "int64"})
    return table.assign(share=table["missing"] / table["base"].where(table["base"] > 0))
