"""The respondents of a study as a sample that knows its weights and people."""

from __future__ import annotations

import pandas as pd

from analysis.kinds import of_kind
from analysis.survey.sample import Sample

CELL = "cell_"


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
        ``relationship`` or ``transaction``; the study's main kind if not given. The
        two are never put together: one asks all customers, the other those who
        bought.

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


def _people(frame: pd.DataFrame) -> str | None:
    return "customer_id" if "customer_id" in frame else None
