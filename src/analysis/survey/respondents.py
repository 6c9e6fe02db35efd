"""The respondents of a study as a sample that knows its weights and people."""

from __future__ import annotations

import pandas as pd

from analysis.survey.sample import Sample

CELL = "cell_"
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


def respondents(
    responses: pd.DataFrame,
    *,
    weights: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
    confidence: float = 0.95,
    trim: float | None = None,
    kind: str | None = None,
) -> Sample:
    """Join answers with their weights and with what is known of who gave them.

    Parameters
    ----------
    responses : DataFrame
        All answers of a study, of one or more periods.
    weights : DataFrame, optional
        As the sampling notebook writes them; equal weights if not given.
    customers : DataFrame, optional
        One row per customer, or per customer and period.
    confidence : float
        Level of the intervals, between 0 and 1.
    trim : float, optional
        Largest weight that was allowed, as a multiple of the mean, for replicates.
    kind : str, optional
        ``relationship`` or ``transaction``; see `main_kind` if not given. The two
        are never put together: one asks all customers, the other those who bought.

    Returns
    -------
    Sample
        With customers as clusters. No answer of the kind is gained or lost.

    Examples
    --------
    >>> answers = pd.DataFrame({"response_id": ["r1", "r2"], "recommend": [9, 3]})
    >>> respondents(answers).frame.shape
    (2, 2)
    """
    frame = of_kind(responses, kind)
    if customers is not None and "customer_id" in frame:
        keys = [key for key in ("customer_id", "period") if key in customers]
        new = [name for name in customers if name in keys or name not in frame]
        frame = frame.merge(customers[new], on=keys, how="left", validate="m:1")
    if weights is None:
        return Sample(frame, clusters=_people(frame), confidence=confidence)
    frame = frame.merge(weights, on="response_id", how="left", validate="1:1")
    cells = [str(name) for name in weights if str(name).startswith(CELL)]
    cells = [name for name in cells if frame[name].notna().any()]
    return Sample(
        frame,
        weights="weight",
        clusters=_people(frame),
        base_weights="base_weight",
        margins=tuple(cells),
        confidence=confidence,
        trim=trim,
    )


def _kinds(responses: pd.DataFrame) -> pd.Series:
    if "kind" not in responses:
        return pd.Series(RELATIONSHIP, index=responses.index, dtype="str")
    return responses["kind"].fillna(RELATIONSHIP)


def _people(frame: pd.DataFrame) -> str | None:
    return "customer_id" if "customer_id" in frame else None
