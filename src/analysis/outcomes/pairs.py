"""Answers beside what the same customers did, and ratings beside sales."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.study import Period
from analysis.survey import Sample


def after_answers(
    sample: Sample,
    outcomes: pd.DataFrame,
    *,
    customers: pd.DataFrame | None = None,
    days: int = 90,
) -> Sample:
    """Join answers with what their givers did afterwards, and before.

    Parameters
    ----------
    sample : Sample
        Respondents of any waves.
    outcomes : DataFrame
        One row per answer, as intake makes it.
    customers : DataFrame, optional
        With `left_on`, for `left_after`; see `left_afterwards`.
    days : int
        Length of the windows.

    Returns
    -------
    Sample
        All answers, so that the errors know how they were weighted. New columns,
        missing where the window has not closed: `lines_after`, `revenue_after`,
        `returned_lines_after`, `returned_after` (the share of the lines that came
        back, missing for those who bought nothing), `refund_after` and `net_after`,
        revenue less refund. The same of the window before, as far as intake knows it
        (`lines_before`, …), for the same answers: a placebo looks at the same people.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"response_id": ["r"], "recommend": [9]}))
    >>> outcomes = pd.DataFrame({"response_id": ["r"], "closed": [True],
    ...     "lines": [4], "returned_lines": [1], "revenue": [80.0]})
    >>> after_answers(answers, outcomes).frame["returned_after"].tolist()
    [0.25]
    """
    done = outcomes[outcomes["closed"]]
    known = done.get("before_known", pd.Series(False, index=done.index))
    new = pd.DataFrame({"response_id": done["response_id"]})
    for column, name in _AROUND.items():
        if column in done:
            is_after = name.endswith("after")
            new[name] = done[column] if is_after else done[column].where(known)
    if "returned_lines" in done:
        lines = done["lines"].where(done["lines"] > 0)
        new["returned_after"] = done["returned_lines"] / lines
    if "refund" in done:
        new["net_after"] = done["revenue"] - done["refund"]
    frame = sample.frame.merge(new, on="response_id", how="left", validate="1:1")
    joined = replace(sample, frame=frame)
    if customers is None or "left_on" not in customers:
        return joined
    return left_afterwards(joined, customers, days=days)


def left_afterwards(sample: Sample, customers: pd.DataFrame, *, days: int) -> Sample:
    """Say of each answer whether its giver left in the days after it.

    Parameters
    ----------
    sample : Sample
        From `after_answers`: `lines_after` says where the window has closed.
    customers : DataFrame
        With `left_on`; who has no date is still a customer.
    days : int
        Days after the day of the answer.

    Returns
    -------
    Sample
        With `left_after`, 0 or 1; missing where the window has not closed, the
        customer is not known, or had left before.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-01", "2026-01-01"])
    >>> answers = Sample(pd.DataFrame({"customer_id": ["a", "b"], "responded_on": days,
    ...     "lines_after": [0, 2]}))
    >>> left = pd.DataFrame({"customer_id": ["a", "b"],
    ...     "left_on": pd.to_datetime(["2026-02-01", None])})
    >>> left_afterwards(answers, left, days=90).frame["left_after"].tolist()
    [1.0, 0.0]
    """
    frame = sample.frame
    left_on = customers.groupby("customer_id")["left_on"].max()
    day = frame["customer_id"].map(left_on)
    gap = (day.dt.normalize() - frame["responded_on"].dt.normalize()).dt.days
    is_told = frame["lines_after"].notna() & frame["customer_id"].isin(left_on.index)
    left = gap.between(0, days).astype(float)
    return sample.with_columns(left_after=left.where(is_told & ~gap.lt(0)))


_AROUND = {
    "lines": "lines_after",
    "returned_lines": "returned_lines_after",
    "revenue": "revenue_after",
    "refund": "refund_after",
    "lines_before": "lines_before",
    "returned_before": "returned_lines_before",
    "revenue_before": "revenue_before",
}


def products_side_by_side(
    product_periods: pd.DataFrame,
    documents: pd.DataFrame,
    products: pd.DataFrame,
    *,
    period: Period,
) -> pd.DataFrame:
    """Set each product's ratings beside its sales and returns of one year.

    Parameters
    ----------
    product_periods : DataFrame
        Sales and returns by product and month.
    documents : DataFrame
        Feedback; reviews with a rating and a product are used.
    products : DataFrame
        One row per product.
    period : Period
        The year ends with this period.

    Returns
    -------
    DataFrame
        One row per product with ratings: product_id, ratings, rating, lines,
        revenue, return_rate.

    Examples
    --------
    >>> months = pd.DataFrame({"product_id": ["p"], "period": ["2026-09"],
    ...     "lines": [10], "revenue": [99.0], "closed_lines": [8],
    ...     "returned_closed_lines": [2]})
    >>> reviews = pd.DataFrame({"product_id": ["p"], "source": ["review"],
    ...     "rating": [4.0], "occurred_on": pd.to_datetime(["2026-08-01"])})
    >>> side = products_side_by_side(months, reviews,
    ...     pd.DataFrame({"product_id": ["p"]}), period=Period.parse("2026Q3"))
    >>> side[["rating", "return_rate"]].values.tolist()
    [[4.0, 0.25]]
    """
    start = period.end - pd.DateOffset(years=1) + pd.Timedelta(days=1)
    first, last = f"{start:%Y-%m}", f"{period.end:%Y-%m}"
    year = product_periods[product_periods["period"].between(first, last)]
    sums = year.groupby("product_id").sum(numeric_only=True)
    is_review = documents["source"].eq("review") & documents["occurred_on"].ge(start)
    ratings = documents[is_review].groupby("product_id")["rating"]
    side = sums.assign(
        return_rate=sums["returned_closed_lines"] / sums["closed_lines"],
        rating=ratings.mean(),
        ratings=ratings.count(),
    )
    side = side.reset_index()
    side = side[side["product_id"].isin(products["product_id"])]
    columns = ["product_id", "ratings", "rating", "lines", "revenue", "return_rate"]
    return side.loc[side["rating"].notna(), columns].reset_index(drop=True)
