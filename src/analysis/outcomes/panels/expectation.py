"""Ratings against what the product's own ratings had promised."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.outcomes.panels.frames import Panel
from analysis.study import StudyError

FEWEST_BEFORE = 5


def with_expectation(panel: Panel) -> Panel:
    r"""Add how far a month's rating lies from the product's mean so far.

    Parameters
    ----------
    panel : Panel
        Made by `product_panel`, with score and ratings.

    Returns
    -------
    Panel
        With two more columns: expected, the mean of all ratings of the months before,
        missing under five; and gap, the score less what was expected.

    Raises
    ------
    StudyError
        If the panel has no ratings, or no month has enough of them before it.

    Notes
    -----
    :math:`g_{it} = s_{it} - \sum_{u<t} n_{iu} s_{iu} / \sum_{u<t} n_{iu}`: buyers have
    seen the earlier ratings, and are disappointed or pleased beside them [1]_. A
    product's lasting level is in neither.

    References
    ----------
    .. [1] Oliver, R. L. (1980). A cognitive model of the antecedents and consequences
       of satisfaction decisions. Journal of Marketing Research 17(4), 460-469.

    Examples
    --------
    >>> frame = pd.DataFrame({"unit": "p", "period": [0, 1, 2], "ratings": [5, 5, 5],
    ...     "score": [4.0, 3.0, 5.0]})
    >>> with_expectation(Panel(frame, ["1", "2", "3"])).frame["gap"].tolist()
    [nan, -1.0, 1.5]
    """
    if "ratings" not in panel.frame:
        raise StudyError("Expectations are made from ratings of products by month.")
    frame = panel.frame.sort_values(["unit", "period"])
    number = frame["ratings"].where(frame["score"].notna(), 0.0)
    total = (number * frame["score"].fillna(0.0)).groupby(frame["unit"])
    before = number.groupby(frame["unit"]).cumsum() - number
    summed = total.cumsum() - number * frame["score"].fillna(0.0)
    expected = (summed / before.replace(0, np.nan)).where(before >= FEWEST_BEFORE)
    if expected.isna().all():
        raise StudyError("No product has five ratings before its last month.")
    gap = pd.Series(frame["score"] - expected, index=frame.index)
    return dataclasses.replace(panel, frame=frame.assign(expected=expected, gap=gap))
