"""Customers by how recently, how often and for how much they bought."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.metrics.value.cohort import Day
from analysis.study import StudyError
from analysis.survey import Sample, share

PARTS = 5
SCORES = ("recency", "frequency", "money")
SEGMENTS = (
    "champions",
    "loyal",
    "new",
    "promising",
    "needing attention",
    "at risk",
    "lost",
)


class Rule(NamedTuple):
    """Scores that make a segment: from and to, both included."""

    segment: str
    recency: tuple[int, int] = (1, PARTS)
    frequency: tuple[int, int] = (1, PARTS)
    money: tuple[int, int] = (1, PARTS)
    is_single: bool = False


# The first rule that fits decides.
RULES = (
    Rule("champions", (4, 5), (4, 5), (4, 5)),
    Rule("loyal", (3, 5), (4, 5)),
    Rule("new", (4, 5), is_single=True),
    Rule("promising", (4, 5)),
    Rule("needing attention", (3, 3)),
    Rule("at risk", (1, 2), (4, 5)),
    Rule("lost", (1, 2)),
)


def rfm(histories: pd.DataFrame, *, until: Day) -> pd.DataFrame:
    """Score customers from 1 to 5 and name their segment.

    Parameters
    ----------
    histories : DataFrame
        One row per customer with customer_id, last_on, purchase_days and revenue.
    until : date
        The last day seen.

    Returns
    -------
    DataFrame
        The same rows with days_since, recency, frequency, money (scores, 5 is
        best) and segment.

    Raises
    ------
    StudyError
        If there is no customer, or a revenue is missing.

    Notes
    -----
    A score is a fifth of the customers by mean rank: customers with the same value
    get the same score, so fifths are uneven where many are alike, and no score
    depends on the order of the rows. The names come from `RULES`; the first that
    fits decides, and "new" is for customers with a single purchase.

    References
    ----------
    .. [1] Hughes, A. M. (1994). Strategic database marketing. Probus.

    Examples
    --------
    >>> histories = pd.DataFrame({"customer_id": list("abcde"), "purchase_days":
    ...     [9, 1, 5, 1, 1], "revenue": [900.0, 20.0, 300.0, 30.0, 10.0], "last_on":
    ...     pd.to_datetime(["2026-09-30", "2026-09-29", "2026-03-01", "2025-11-01",
    ...     "2025-01-01"])})
    >>> rfm(histories, until=pd.Timestamp("2026-09-30"))["segment"].tolist()
    ['champions', 'new', 'loyal', 'lost', 'lost']
    """
    if histories.empty or histories["revenue"].isna().any():
        raise StudyError(
            "Segments by recency, frequency and money need a row of "
            "customer_histories with a revenue for every customer."
        )
    days = (pd.Timestamp(until) - pd.to_datetime(histories["last_on"])).dt.days
    scored = histories.assign(
        days_since=days,
        recency=_fifth(-days),
        frequency=_fifth(histories["purchase_days"]),
        money=_fifth(histories["revenue"]),
    )
    return scored.assign(segment=_named(scored))


@statistic
def segment_shares(
    scored: pd.DataFrame, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Share of customers in each segment by recency, frequency and money.

    Parameters
    ----------
    scored : DataFrame
        As `rfm` makes it.
    confidence : float
        Level of the interval.

    Returns
    -------
    dict of str to Estimate
        In the order of `SEGMENTS`, without empty ones. Unit `share`.

    Notes
    -----
    Wilson's interval over customers. The scores divide these very customers, so
    shares mostly describe how the three go together; compare them over periods with
    care.

    Examples
    --------
    >>> scored = pd.DataFrame({"segment": ["new", "lost"], "revenue": [30.0, 10.0]})
    >>> segment_shares(scored)["new"].value
    0.5
    """
    sample = Sample(scored, confidence=confidence)
    found = {}
    for name in _present(scored):
        flagged = sample.with_columns(is_in=scored["segment"] == name)
        found[name] = _one(share(flagged, "is_in"))
    return found


@statistic
def segment_revenue(
    scored: pd.DataFrame, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    r"""Share of revenue that each segment brought.

    Parameters
    ----------
    scored : DataFrame
        As `rfm` makes it.
    confidence : float
        Level of the interval.

    Returns
    -------
    dict of str to Estimate
        In the order of `SEGMENTS`, without empty ones. Unit `share`; the base
        counts all customers.

    Raises
    ------
    StudyError
        If the revenue of a customer is negative.

    Notes
    -----
    A ratio over customers: :math:`\sum_{i \in s} y_i / \sum y_i`, with Wilson's
    interval on the effective base of its error.

    Examples
    --------
    >>> scored = pd.DataFrame({"segment": ["new", "lost"], "revenue": [30.0, 10.0]})
    >>> segment_revenue(scored)["new"].value
    0.75
    """
    revenue = scored["revenue"].astype(float)
    if (revenue < 0).any() or not revenue.sum() > 0:
        raise StudyError(
            "Shares of revenue need revenues of zero or more: refunds belong into "
            "the table of returns."
        )
    buyers = Sample(scored[revenue > 0], confidence=confidence)
    found = {}
    for name in _present(scored):
        part = revenue.where(scored["segment"] == name, 0.0)
        sample = buyers.with_columns(part=part[revenue > 0])
        found[name] = _one(share(sample, "part", over="revenue"))
    return found


def _one(result: Estimate | dict[str, Estimate]) -> Estimate:
    assert isinstance(result, Estimate)  # no levels were asked
    return result


def _fifth(values: pd.Series) -> pd.Series:
    """Which fifth the mean rank falls into, from 1 to 5."""
    middle = (values.rank(method="average") - 0.5) / len(values)
    fifths = np.ceil(middle.to_numpy(dtype=float) * PARTS).clip(1, PARTS)
    return pd.Series(fifths.astype(int), values.index)


def _named(scored: pd.DataFrame) -> pd.Series:
    """Name the segment of the first rule that fits."""
    single = scored["purchase_days"] == 1
    fits = [
        np.logical_and.reduce([scored[s].between(*getattr(rule, s)) for s in SCORES])
        & (single | (not rule.is_single))
        for rule in RULES
    ]
    names = np.select(fits, [rule.segment for rule in RULES], default="")
    return pd.Series(names, scored.index, dtype="str")


def _present(scored: pd.DataFrame) -> list[str]:
    there = set(scored["segment"])
    return [name for name in SEGMENTS if name in there]
