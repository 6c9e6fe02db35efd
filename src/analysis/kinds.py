"""The kinds of survey, which no figure puts together.

A relationship survey asks customers as customers; a transaction survey asks after one
purchase. They ask others, at another moment, about another thing.
"""

from __future__ import annotations

import pandas as pd

RELATIONSHIP = "relationship"


def main_kind(responses: pd.DataFrame) -> str:
    """Return the kind of answers that a study's figures speak of.

    Parameters
    ----------
    responses : DataFrame
        All answers of a study; `kind` may be missing.

    Returns
    -------
    str
        ``relationship``, unless every answer is of another kind: then that one. An
        answer without a kind counts as ``relationship``.

    Examples
    --------
    >>> main_kind(pd.DataFrame({"kind": ["transaction", None]}))
    'relationship'
    >>> main_kind(pd.DataFrame({"kind": ["transaction"]}))
    'transaction'
    """
    kinds = _kinds(responses)
    if kinds.empty or (kinds == RELATIONSHIP).any():
        return RELATIONSHIP
    return str(kinds.iloc[0])


def of_kind(responses: pd.DataFrame, kind: str | None = None) -> pd.DataFrame:
    """Return the answers of one kind.

    Parameters
    ----------
    responses : DataFrame
        All answers of a study: with those of one period, the main kind of the study
        cannot be told.
    kind : str, optional
        ``relationship`` or ``transaction``; the main kind if not given.

    Returns
    -------
    DataFrame
        No row if there is none of that kind.

    Examples
    --------
    >>> answers = pd.DataFrame({"recommend": [9, 3], "kind": ["transaction", None]})
    >>> of_kind(answers)["recommend"].tolist()
    [3]
    >>> of_kind(answers, "transaction")["recommend"].tolist()
    [9]
    """
    return responses[_kinds(responses) == (kind or main_kind(responses))]


def _kinds(responses: pd.DataFrame) -> pd.Series:
    if "kind" not in responses:
        return pd.Series(RELATIONSHIP, index=responses.index, dtype="str")
    return responses["kind"].fillna(RELATIONSHIP)
