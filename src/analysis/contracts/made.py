"""The tables that a run makes: panels, outcomes, weights and counts."""

from __future__ import annotations

import pandas as pd

from analysis.contracts.columns import Contract, Date, Text, column

UNKNOWN_REFUND = "missing if one of them is not known"


class _Trade(Contract):
    """What order lines add up to."""

    lines: int = column("Order lines placed.", unit="count", ge=0)
    orders: int = column("Orders that hold one of these lines.", unit="count", ge=0)
    quantity: float = column("Pieces bought.", unit="pieces", ge=0)
    revenue: float = column("Net revenue before refunds.", unit="amount", ge=0)
    returned_lines: int | None = column(
        "Lines returned within the study's return window; the windows of the newest "
        "are still open.",
        unit="count",
        ge=0,
    )
    refund: float | None = column(
        f"Refunds of these; {UNKNOWN_REFUND}.", unit="amount", ge=0, nullable=True
    )
    closed_lines: int = column(
        "Lines whose return window had closed by the end of the run's period.",
        unit="count",
        ge=0,
    )
    returned_closed_lines: int | None = column(
        "Returned lines among the closed ones.", unit="count", ge=0
    )
    closed_orders: int = column(
        "Orders of which each of these lines is closed.", unit="count", ge=0
    )
    returned_closed_orders: int | None = column(
        "Orders among the closed ones of which one of these lines came back within "
        "the window.",
        unit="count",
        ge=0,
    )
    closed_quantity: float = column(
        "Pieces bought in closed lines.", unit="pieces", ge=0
    )
    returned_closed_quantity: float | None = column(
        "Pieces of closed lines that came back within the window: the whole line "
        "where the return has no quantity.",
        unit="pieces",
        ge=0,
    )
    closed_revenue: float = column(
        "Net revenue of closed lines, before refunds.", unit="amount", ge=0
    )
    closed_refund: float | None = column(
        f"Refunds of closed lines that came back within the window; {UNKNOWN_REFUND}.",
        unit="amount",
        ge=0,
        nullable=True,
    )


class CustomerPeriods(_Trade):
    """Each row is one customer in one period in which they ordered."""

    customer_id: Text = column("The customer; guests are left out.")
    period: Text = column("The period of the order, as long as the run's.")
    purchase_days: int = column("Days with an order.", unit="days", ge=1)


class ProductPeriods(_Trade):
    """Each row is one product in one month in which it was ordered, also by guests."""

    product_id: Text = column("The product.")
    period: Text = column("The month of the order.")


class CustomerHistories(Contract):
    """Each row is one customer's purchases, in all and up to a cut.

    A history begins with the first order received, which need not be the customer's
    first.
    """

    customer_id: Text = column("The customer; guests are left out.", unique=True)
    first_on: Date = column("Day of the first order received.", unit="date")
    last_on: Date = column("Day of the last order.", unit="date")
    purchase_days: int = column("Days with an order.", unit="days", ge=1)
    revenue: float = column("Net revenue before refunds.", unit="amount", ge=0)
    repeat_revenue: float = column(
        "Revenue of the days after the first.", unit="amount", ge=0
    )
    cut_on: Date = column(
        "The cut: holdout_days before the end of the run's period.", unit="date"
    )
    last_on_before: Date = column(
        "Day of the last order up to the cut; missing for those who came later.",
        unit="date",
        nullable=True,
    )
    purchase_days_before: int = column(
        "Days with an order up to the cut.", unit="days", ge=0
    )
    repeat_revenue_before: float = column(
        "Revenue of the days after the first, up to the cut.", unit="amount", ge=0
    )
    purchase_days_after: int = column(
        "Days with an order after the cut.", unit="days", ge=0
    )
    revenue_after: float = column(
        "Revenue of the days after the cut.", unit="amount", ge=0
    )


class ReturnReasons(Contract):
    """Each row is one reason for which a customer sent a product back."""

    customer_id: Text = column("The customer; missing for guests.", nullable=True)
    product_id: Text = column("What came back.", nullable=True)
    period: Text = column("The period of the order, as long as the run's.")
    reason: Text = column(
        "The first reason given for the line within the window.", nullable=True
    )
    lines: int = column("Closed lines returned within the window.", unit="count", ge=1)


class LineAges(Contract):
    """Each row is one age at which order lines of a product ended or were last seen.

    The first event counts, and on the same day the return.
    """

    product_id: Text = column("The product.")
    fold: int = column(
        "The fold, 0 to 19: customers are dealt to them in turn, in the order of their "
        "keys; a guest's order counts as a customer.",
        ge=0,
    )
    days: int = column("Days since the order.", unit="days", ge=0)
    returned: int | None = column(
        "Lines first sent back at this age, also after the return window.",
        unit="count",
        ge=0,
    )
    complained: int | None = column(
        "Lines that drew a complaint of the same customer about the same product at "
        "this age; the complaints received should reach back as far as the orders.",
        unit="count",
        ge=0,
    )
    open: int = column(
        "Lines last seen at this age without either: at the end of the run's period, "
        "or durability_days after the order.",
        unit="count",
        ge=0,
    )


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
    refund: float | None = column(
        f"Their refunds within return_days; {UNKNOWN_REFUND}.",
        unit="amount",
        nullable=True,
    )
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


class SignalDays(Contract):
    """Each row is one signal on one day."""

    signal: Text = column("What was counted.")
    date: Date = column("The day.", unit="date")
    value: float = column(
        "The sum over products; for click_through their mean. A total that stands "
        "beside its products in the signals received counts twice.",
        unit="count",
    )


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


class CodingSample(Contract):
    """Each row is one document drawn for people to code."""

    document_id: Text = column("The document.", unique=True)
    stratum: Text = column("What it was drawn within; `all` without strata.")
    inclusion_probability: float = column(
        "Chance to be drawn.", unit="share", gt=0, le=1
    )
    double_probability: float = column(
        "Chance to be drawn and read by two people.", unit="share", ge=0, le=1
    )
    coder: Text = column("Who reads it.")
    second_coder: Text = column(
        "Who reads it too; missing for those read once.", nullable=True
    )


class CodingUnits(Contract):
    """Each row is one unit of a talk, fixed before anyone coded it."""

    document_id: Text = column(
        "The unit: the document's key, a number sign and four digits.", unique=True
    )
    parent_id: Text = column("The document that it was cut from.")
    speaker: Text | None = column("Who speaks.", nullable=True)
    start: int = column(
        "First character in the document's text.", unit="characters", ge=0
    )
    end: int = column(
        "Character after the last one in the document's text.",
        unit="characters",
        ge=0,
    )
    text: Text = column("The words, redacted.")


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
