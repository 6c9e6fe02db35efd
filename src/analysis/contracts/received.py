"""The tables that a study may receive: one class per table of its exports."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.contracts.columns import Contract, Date, Text, Yes, column

KINDS = ["relationship", "transaction"]
SOURCES = [
    "survey",
    "review",
    "social",
    "complaint",
    "support",
    "interview",
    "focus_group",
    "advisory_board",
    "business_review",
]
SIGNALS = [
    "visits",
    "page_views",
    "conversions",
    "click_through",
    "active_users",
    "mentions",
]
PERIOD = "The period of the row: a quarter, month or year, as the run is."


class Responses(Contract):
    """Each row is one answered survey."""

    response_id: Text = column(
        "The key of the answer; made from file and line where there is none.",
        unique=True,
    )
    customer_id: Text | None = column("Who answered, where known.", nullable=True)
    responded_on: Date = column("When the answer was given.", unit="date")
    period: Text = column(PERIOD)
    recommend: float | None = column(
        "Likelihood to recommend; usually 0 to 10.", unit="score", nullable=True
    )
    satisfaction: float | None = column(
        "Satisfaction; usually 1 to 5.", unit="score", nullable=True
    )
    effort: float | None = column(
        "Effort; usually 1 to 7, and the study says which end is good.",
        unit="score",
        nullable=True,
    )
    rating: float | None = column(
        "A driver question; usually 1 to 5.",
        unit="score",
        alias="rating_.+",
        regex=True,
        nullable=True,
    )
    comment: Text | None = column("The open answer, redacted.", nullable=True)
    product_id: Text | None = column("The product asked about.", nullable=True)
    order_id: Text | None = column("The order asked about.", nullable=True)
    kind: Text | None = column(
        "Whether the survey asks about the relationship or one transaction.",
        isin=KINDS,
        nullable=True,
    )
    duration: float | None = column(
        "Time taken to answer.", unit="seconds", ge=0, nullable=True
    )


class Customers(Contract):
    """Each row is one customer, or one customer in one period's snapshot."""

    customer_id: Text = column("The key of the customer.")
    period: Text | None = column("The period of the snapshot, a second key.")
    joined_on: Date | None = column("The first day.", unit="date", nullable=True)
    left_on: Date | None = column(
        "The last day; missing while the customer stays.", unit="date", nullable=True
    )
    account_id: Text | None = column(
        "The company the customer belongs to.", nullable=True
    )

    @pa.dataframe_check(
        name="left_before_joining", description="left_on on or after joined_on"
    )
    @classmethod
    def _leaves_after_joining(cls, customers: pd.DataFrame) -> pd.Series:
        return _in_order(customers, "joined_on", "left_on")


class Invitations(Contract):
    """Each row is one invitation to a survey."""

    customer_id: Text = column("Who was invited.")
    invited_on: Date = column("When the invitation was sent.", unit="date")
    period: Text = column(PERIOD)
    delivered: Yes | None = column("Whether it arrived.", nullable=True)
    opened: Yes | None = column("Whether it was opened.", nullable=True)
    stratum: Text | None = column(
        "The stratum the invitation was drawn in.", nullable=True
    )


class Products(Contract):
    """Each row is one product."""

    product_id: Text = column("The key of the product.", unique=True)
    name: Text | None = column("What the shop calls it.", nullable=True)
    category: Text | None = column("The group it is sold in.", nullable=True)
    price: float | None = column("List price.", unit="amount", ge=0, nullable=True)
    launched_on: Date | None = column("First day on sale.", unit="date", nullable=True)


class Orders(Contract):
    """Each row is one order line."""

    order_id: Text = column("The order.")
    line: Text = column("The line within the order; with order_id the key.")
    product_id: Text | None = column("What was bought.", nullable=True)
    customer_id: Text | None = column("Who bought; missing for guests.", nullable=True)
    ordered_on: Date = column("When the order was placed.", unit="date")
    quantity: float = column("Pieces bought.", unit="pieces", gt=0)
    revenue: float = column(
        "Net revenue of the line, before refunds.", unit="amount", ge=0
    )
    currency: Text | None = column("Currency; must be the study's.", nullable=True)


class Returns(Contract):
    """Each row is one returned order line, or one part of it."""

    order_id: Text = column("The order.")
    line: Text = column("The line within the order.")
    product_id: Text | None = column("What came back.", nullable=True)
    returned_on: Date = column("When it came back.", unit="date")
    quantity: float | None = column(
        "Pieces sent back; the whole line where it is missing.",
        unit="pieces",
        gt=0,
        nullable=True,
    )
    refund: float | None = column(
        "Money paid back.", unit="amount", ge=0, nullable=True
    )
    reason: Text | None = column("Why, as the shop records it.", nullable=True)


class Documents(Contract):
    """Each row is one piece of feedback in words."""

    document_id: Text = column(
        "The key of the text; made from file and line where there is none.",
        unique=True,
    )
    source: Text = column("Where it comes from.", isin=SOURCES)
    customer_id: Text | None = column("Who spoke, where known.", nullable=True)
    response_id: Text | None = column(
        "The answer that it is the comment of.", nullable=True
    )
    product_id: Text | None = column("The product spoken of.", nullable=True)
    account_id: Text | None = column("The company spoken for.", nullable=True)
    occurred_on: Date = column("When it was said.", unit="date")
    period: Text = column(PERIOD)
    stage: Text | None = column("The stage of the journey.", nullable=True)
    speaker: Text | None = column("The speaker's role in a talk.", nullable=True)
    rating: float | None = column(
        "The score given with it, on the source's own scale.",
        unit="score",
        nullable=True,
    )
    text: Text = column("The words, redacted.")


class Codings(Contract):
    """Each row is one decision of one coder about one document."""

    document_id: Text = column("The document, or a unit of it.")
    coder: Text = column("Who decided.")
    code: Text = column("The code given, or `none`.")
    valence: float | None = column(
        "Criticism (-1), neutral (0) or praise (1).", isin=[-1, 0, 1], nullable=True
    )
    start: float | None = column(
        "First character of the passage.", unit="characters", ge=0, nullable=True
    )
    end: float | None = column(
        "Character after the passage.", unit="characters", ge=0, nullable=True
    )
    round: Text | None = column("The round of coding.", nullable=True)
    memo: Text | None = column(
        "What the coder noted on the document, redacted; at the first code given.",
        nullable=True,
    )


class Signals(Contract):
    """Each row is one value of one daily series."""

    date: Date = column("The day.", unit="date")
    signal: Text = column("What was counted.", isin=SIGNALS)
    value: float = column("The count, or for click_through the share.", unit="count")
    product_id: Text | None = column("The product, where known.", nullable=True)


class Targets(Contract):
    """Each row is one goal for one metric."""

    metric: Text = column("The metric.")
    by: Text | None = column("The split the goal is for.", nullable=True)
    level: Text | None = column("The level of the split.", nullable=True)
    baseline: float | None = column(
        "Where it started.", unit="as the metric", nullable=True
    )
    target: float = column("Where it should be.", unit="as the metric")
    due_on: Date | None = column("By when.", unit="date", nullable=True)
    owner: Text | None = column("Who answers for it.", nullable=True)


class Benchmarks(Contract):
    """Each row is one outside figure."""

    metric: Text = column("The metric.")
    industry: Text | None = column("The industry it describes.", nullable=True)
    value: float = column("The figure.", unit="as the metric")
    low: float | None = column(
        "The low end of its range.", unit="as the metric", nullable=True
    )
    high: float | None = column(
        "The high end of its range.", unit="as the metric", nullable=True
    )
    source: Text | None = column("Who published it.", nullable=True)
    published_on: Date | None = column("When.", unit="date", nullable=True)


class Actions(Contract):
    """Each row is one thing done about feedback."""

    action_id: Text = column("The key of the action.", unique=True)
    code: Text | None = column("The theme that it answers.", nullable=True)
    title: Text = column("What is done.")
    owner: Text | None = column("Who answers for it.", nullable=True)
    opened_on: Date | None = column("When it began.", unit="date", nullable=True)
    due_on: Date | None = column("When it should end.", unit="date", nullable=True)
    closed_on: Date | None = column("When it ended.", unit="date", nullable=True)
    status: Text | None = column("Where it stands.", nullable=True)
    metric: Text | None = column("The metric it should move.", nullable=True)


def _in_order(table: pd.DataFrame, first: str, then: str) -> pd.Series:
    """Hold where a date is missing or does not come before the other."""
    if first not in table or then not in table:
        return pd.Series(True, index=table.index)
    return ~(table[then] < table[first])
