"""Look for answers given without care, and for answers not given."""

from __future__ import annotations

import pandas as pd

from analysis.contracts.received import KINDS
from analysis.intake.rules import is_score
from analysis.kinds import main_kind, of_kind
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


def kinds(responses: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """Count a period's answers of each kind that the study has.

    Returns
    -------
    DataFrame
        Columns kind and answers, the main kind first; an answer without a kind
        counts as relationship.

    Examples
    --------
    >>> answers = pd.DataFrame({"period": ["a", "a", "b"],
    ...     "kind": ["transaction", "transaction", None]})
    >>> kinds(answers, period="a").values.tolist()
    [['relationship', 0], ['transaction', 2]]
    """
    found = [
        (kind, int((rows["period"] == period).sum()))
        for kind, rows in _by_kind(responses).items()
    ]
    return pd.DataFrame(found, columns=["kind", "answers"])


def missing_answers(responses: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """Return the share of a period's missing answers per kind and question.

    Parameters
    ----------
    responses : DataFrame
        Answers of all periods: a kind of survey asks a question if one answer of the
        kind has a value; a question that no answer has is the main kind's.
    period : str
        The period to look at.

    Returns
    -------
    DataFrame
        Columns kind, column, missing, base, share (0 to 1).

    Examples
    --------
    >>> answers = pd.DataFrame({"period": "a", "recommend": [9, None]})
    >>> missing_answers(answers, period="a").loc[0, "share"]
    np.float64(0.5)
    """
    nowhere = set(responses.columns[responses.isna().all()])
    rows = []
    for kind, given in _by_kind(responses).items():
        asked = set(given.columns[given.notna().any()])
        asked |= nowhere if kind == main_kind(responses) else set()
        now = given[given["period"] == period]
        rows += [
            (kind, name, int(now[name].isna().sum()), len(now))
            for name in map(str, responses)
            if name in asked and (is_score(name) or name == "comment")
        ]
    table = pd.DataFrame(rows, columns=["kind", "column", "missing", "base"])
    table = table.astype({"missing": "int64", "base": "int64"})
    return table.assign(share=table["missing"] / table["base"].where(table["base"] > 0))


def _by_kind(responses: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Part the answers by kind, the main one first."""
    main = main_kind(responses)
    found = {kind: of_kind(responses, kind) for kind in (main, *KINDS)}
    return {kind: rows for kind, rows in found.items() if len(rows)}
