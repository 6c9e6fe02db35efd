"""The tables that a run makes: panels, outcomes, weights and counts."""

from __future__ import annotations

import pandas as pd

from analysis.contracts.columns import Contract, Text, column


class _Trade(Contract):
    """What order lines add up to."""

    lines: int = column("Order lines placed.", unit="count", ge=0)
    quantity: float = column("Pieces bought.", unit="pieces", ge=0)
    revenue: float = column("Net revenue before refunds.", unit="amount", ge=0)
    returned_lines: int | None = column(
        "Lines returned within the study's return window.", unit="count", ge=0
    )
    refund: float | None = column(
        "Refunds of returns within the window.", unit="amount", ge=0
    )
    closed_lines: int = column(
        "Lines whose return window had closed by the end of the run's period.",
        unit="count",
        ge=0,
    )
    returned_closed_lines: int | None = column(
        "Returned lines among the closed ones.", unit="count", ge=0
    )


class CustomerPeriods(_Trade):
    """Each row is one customer in one period in which they ordered."""

    customer_id: Text = column("The customer; guests are left out.")
    period: Text = column("The period of the order, as long as the run's.")


class ProductPeriods(_Trade):
    """Each row is one product in one month in which it was ordered."""

    product_id: Text = column("The product.")
    period: Text = column("The month of the order.")


class ResponseOutcomes(Contract):
    """Each row is one answer of a known customer, with what they bought around it."""

    response_id: Text = column("The answer.", unique=True)
    closed: bool = column(
        "Whether both windows, after_days and then return_days, had closed."
    )
    lines: int = column(
        "Lines ordered in the after_days days after the day of the answer.",
        unit="count",
    )
    returned_lines: int | None = column(
        "Lines among them returned within return_days.", unit="count"
    )
    revenue: float = column("Their revenue.", unit="amount")
    refund: float | None = column("Their refunds within return_days.", unit="amount")
    lines_before: int = column(
        "Lines ordered in as many days up to the day of the answer.", unit="count"
    )
    returned_before: int | None = column(
        "Lines among them returned within return_days and by the day of the answer.",
        unit="count",
    )
    revenue_before: float = column("Their revenue.", unit="amount")
    before_known: bool = column(
        "Whether the orders received reach back over the whole window before."
    )


class SignalPeriods(Contract):
    """Each row is one signal, and product where known, in one month."""

    signal: Text = column("What was counted.")
    product_id: Text = column("The product.", nullable=True)
    period: Text = column("The month.")
    days: int = column("Days with a value.", unit="days", ge=1)
    total: float = column("Sum of the values.", unit="count")
    mean: float = column("Mean of the values.", unit="count")


class Weights(Contract):
    """Each row is one answer with its survey weight."""

    response_id: Text = column("The answer.", unique=True)
    base_weight: float = column(
        "The weight before raking: how many customers one invitation stands for, "
        "relative to the others.",
        unit="ratio",
        gt=0,
    )
    weight: float = column(
        "The weight; its mean is one in each wave. Further columns `cell_…` hold the "
        "cells it was raked to.",
        unit="ratio",
        gt=0,
    )


class Rewordings(Contract):
    """Each row is one question that a file words otherwise than the file before."""

    table: Text = column("The table.")
    file: Text = column("The later file.")
    question: Text = column("How the later file words it.")
    before: Text = column("How the file before worded it.")
    period: Text = column("The first period of the later file.", nullable=True)
    kind: Text | None = column(
        "The kind of survey of the later file, for responses.", nullable=True
    )
    column: Text = column("What we call the question.")


class RowCounts(Contract):
    """Each row is one file of one table: rows_in = kept + set_aside + later."""

    table: Text = column("The table.")
    file: Text = column("The file, within the study folder.")
    rows_in: int = column("Rows found in the file.", unit="count", ge=0)
    kept: int = column("Rows kept.", unit="count", ge=0)
    set_aside: int = column(
        "Rows that broke a rule, duplicates among them.", unit="count", ge=0
    )
    duplicates: int = column(
        "Rows set aside because another row says the same.", unit="count", ge=0
    )
    later: int = column("Rows dated after the period.", unit="count", ge=0)

    @classmethod
    def balanced(cls, counts: pd.DataFrame) -> bool:
        """Check that no row was lost.

        Examples
        --------
        >>> counts = pd.DataFrame({"rows_in": [3], "kept": [2], "set_aside": [1],
        ...                        "later": [0]})
        >>> RowCounts.balanced(counts)
        True
        """
        accounted = counts["kept"] + counts["set_aside"] + counts["later"]
        return bool((counts["rows_in"] == accounted).all())
