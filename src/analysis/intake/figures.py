"""What was received, in figures that the ledger can publish."""

from __future__ import annotations

import pandas as pd

from analysis.estimate import Estimate, count, statistic, wilson_interval
from analysis.intake.receive import Received
from analysis.kinds import main_kind


@statistic
def rows_of_tables(received: Received, column: str) -> dict[str, Estimate]:
    """Rows per table that came, were kept, were set aside, or belong to later.

    Parameters
    ----------
    received : Received
        What intake returned.
    column : str
        ``rows_in``, ``kept``, ``set_aside``, ``duplicates`` or ``later``.

    Returns
    -------
    dict of str to Estimate
        Unit `count`, per table in the order of the study file.

    Notes
    -----
    Rows in = kept + set aside + later, for every file.

    Examples
    --------
    >>> rows_of_tables(received, "kept")["responses"].value  # doctest: +SKIP
    5836.0
    """
    sums = received.row_counts.groupby("table", sort=False)[column].sum()
    return {str(table): count(n) for table, n in sums.items()}


@statistic
def rows_set_aside(received: Received) -> dict[str, Estimate]:
    """Rows set aside per table and rule.

    Notes
    -----
    The rows themselves are in ``rejected.csv`` with file, line, column and rule.

    Examples
    --------
    >>> rows_set_aside(received)  # doctest: +SKIP
    """
    rows = received.rejected.to_dict("records")
    return {f"{row['table']}: {row['rule']}": count(row["rows"]) for row in rows}


@statistic
def answers_of_kinds(received: Received) -> dict[str, Estimate]:
    """Answers of this period, per kind of survey.

    Notes
    -----
    A relationship survey asks all customers, a transaction survey asks after one
    purchase. Later pages never put the two together.

    Examples
    --------
    >>> answers_of_kinds(received)["transaction"].unit  # doctest: +SKIP
    'count'
    """
    counts = received.kinds.set_index("kind")["answers"]
    return {str(kind): count(n) for kind, n in counts.items()}


@statistic
def unanswered(received: Received) -> dict[str, Estimate]:
    """Share of this period's answers without a value, per question.

    Notes
    -----
    Of the answers of the kind of survey that asks the question. Wilson's interval:
    the answers stand for those that such a questionnaire gets.

    Examples
    --------
    >>> unanswered(received)["recommend"].unit  # doctest: +SKIP
    'share'
    """
    told = received.missing_answers
    other = told["kind"] != main_kind(told)
    named = told["column"].where(~other, told["kind"] + ": " + told["column"])
    return _shares(told.assign(column=named), "column", "missing", received)


@statistic
def careless(received: Received) -> dict[str, Estimate]:
    """Share of this period's answers that a screen marks, per screen.

    Notes
    -----
    ``speeding`` is faster than the study's `fastest_seconds`; ``straight-lining``
    gives every rated attribute the same score. Marked answers are kept: a mark is
    a reason to look, and no proof.

    Examples
    --------
    >>> careless(received)["speeding"].unit  # doctest: +SKIP
    'share'
    """
    return _shares(received.screens, "screen", "marked", received)


@statistic
def documents_of_sources(received: Received) -> dict[str, Estimate]:
    """Pieces of feedback of this period, per source.

    Notes
    -----
    Survey comments count as a source of their own.

    Examples
    --------
    >>> documents_of_sources(received)["survey"].unit  # doctest: +SKIP
    'count'
    """
    counts = received.sources.set_index("source")[received.period.label]
    return {str(source): count(n) for source, n in counts.items()}


@statistic
def personal_data_removed(received: Received) -> dict[str, Estimate]:
    """Pieces of personal data that were replaced in texts, per kind.

    Notes
    -----
    Counted over all periods that the run reads. What the patterns miss is not in
    it: see the methods page for the measured recall.

    Examples
    --------
    >>> personal_data_removed(received)["email"].unit  # doctest: +SKIP
    'count'
    """
    sums = received.redactions.groupby("kind")["pieces"].sum()
    return {str(kind): count(n) for kind, n in sums.items()}


def _shares(
    counts: pd.DataFrame, name: str, hits: str, received: Received
) -> dict[str, Estimate]:
    confidence = received.study.confidence
    return {
        str(row[name]): _share(int(row[hits]), int(row["base"]), confidence)
        for row in counts.to_dict("records")
        if row["base"]
    }


def _share(hits: int, base: int, confidence: float) -> Estimate:
    value = hits / base
    low, high = wilson_interval(value, base, confidence=confidence)
    return Estimate(
        value=value,
        standard_error=(value * (1 - value) / base) ** 0.5,
        low=low,
        high=high,
        base=base,
        unit="share",
        confidence=confidence,
    )
