"""Answers beside what the same customers did, and ratings beside sales."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.study import Period
from analysis.survey import Sample


def after_answers(sample: Sample, outcomes: pd.DataFrame) -> Sample:
    """Join answers with what their givers bought and sent back afterwards.

    Parameters
    ----------
    sample : Sample
        Respondents of any waves.
    outcomes : DataFrame
        One row per answer, as intake makes it.

    Returns
    -------
    Sample
        All answers, so that the errors know how they were weighted. New columns,
        missing where the window has not closed: `lines_after`, `revenue_after`, and
        `returned_after`, the share of these lines that came back, missing too for
        those who bought nothing.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"response_id": ["r"], "recommend": [9]}))
    >>> outcomes = pd.DataFrame({"response_id": ["r"], "closed": [True],
    ...     "lines": [4], "returned_lines": [1], "revenue": [80.0]})
    >>> after_answers(answers, outcomes).frame["returned_after"].tolist()
    [0.25]
    """
    done = outcomes[outcomes["closed"]]
    lines = done["lines"].where(done["lines"] > 0)
    new = pd.DataFrame(
        {
            "response_id": done["response_id"],
            "lines_after": done["lines"],
            "revenue_after": done["revenue"],
            "returned_after": done["returned_lines"] / lines,
        }
    )
    frame = sample.frame.merge(new, on="response_id", how="left", validate="1:1")
    return replace(sample, frame=frame)


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
