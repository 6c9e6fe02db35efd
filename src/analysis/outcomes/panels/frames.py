"""Customers by period and products by month, with answers beside what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.study import Period, Scale, StudyError
from analysis.survey import Sample

FEWEST_RATINGS = 3
BANDS = 10
NEAR = 0.05
"""A product is dearer or cheaper than usual beyond so much, on the log scale."""
STARS = (1.0, 5.0)
COUNTED = ["lines", "closed_lines", "returned_closed_lines", "closed_revenue"]


@dataclass(frozen=True, eq=False)
class Panel:
    """Units by period without gaps, with what was answered and what was done.

    Parameters
    ----------
    frame : DataFrame
        One row per unit and period: ``unit``, ``period`` (a whole number, from 0),
        ``score`` (missing where nobody answered) and columns of outcomes.
    periods : sequence of str
        The periods, in order.
    confidence : float
        Level of the intervals.
    """

    frame: pd.DataFrame
    periods: Sequence[str]
    confidence: float = 0.95

    def shifted(self, column: str, by: int) -> np.ndarray:
        """Values of a column so many periods earlier; missing where there is none.

        Examples
        --------
        >>> frame = pd.DataFrame({"unit": ["a", "a", "b"], "period": [0, 1, 1],
        ...     "score": [9.0, 7.0, 3.0]})
        >>> Panel(frame, ["2026Q2", "2026Q3"]).shifted("score", 1)
        array([nan,  9., nan])
        """
        units = pd.factorize(self.frame["unit"])[0]
        times = self.frame["period"].to_numpy()
        table = np.full((units.max(initial=-1) + 1, len(self.periods)), np.nan)
        table[units, times] = self.frame[column].to_numpy(dtype=float)
        sought = times - by
        is_here = (sought >= 0) & (sought < len(self.periods))
        return np.where(is_here, table[units, np.where(is_here, sought, 0)], np.nan)


def customer_panel(
    sample: Sample,
    customer_periods: pd.DataFrame,
    *,
    customers: pd.DataFrame | None = None,
    question: str = "recommend",
) -> Panel:
    """Set the answers of customers beside what they bought and sent back by period.

    Parameters
    ----------
    sample : Sample
        Respondents of all waves, with customer_id and period.
    customer_periods : DataFrame
        One row per customer and period with orders.
    customers : DataFrame, optional
        One row per customer with joined_on: periods up to that of joining are left
        out. Without it all customers are taken to have been there all along.
    question : str
        Column of the answer.

    Returns
    -------
    Panel
        One row per respondent and period, those without orders too. Columns beside
        the score: lines (0 where nothing was bought, also after leaving),
        closed_lines, return_share (of closed lines; missing without one) and
        expected_share, the share that other customers sent back of lines of the same
        price class, in tenths.

    Raises
    ------
    StudyError
        If nobody who answered is known, or answers come from one wave only.

    Notes
    -----
    Two answers of a customer in one period count as their mean. A return counts only
    for lines whose window has closed, so the newest period may have none.

    Examples
    --------
    >>> answers = pd.DataFrame({"customer_id": ["a", "a"], "recommend": [9, 4],
    ...     "period": ["2026Q1", "2026Q2"]})
    >>> bought = pd.DataFrame({"customer_id": ["a"], "period": ["2026Q2"],
    ...     "lines": [2], "closed_lines": [2], "returned_closed_lines": [1],
    ...     "closed_revenue": [30.0]})
    >>> panel = customer_panel(Sample(answers), bought)
    >>> panel.frame[["period", "score", "lines", "return_share"]].values.tolist()
    [[0.0, 4.0, 2.0, 0.5]]
    """
    _refuse_one_wave(sample.frame, question)
    answers = sample.frame.dropna(subset=["customer_id", question])
    periods = _run_of(customer_periods["period"])
    frame = _grid(answers["customer_id"].unique(), periods)
    sums = _placed(customer_periods, "customer_id", periods)
    counted = [name for name in COUNTED if name in sums]
    frame = frame.join(sums[counted], on=["unit", "period"]).fillna(
        dict.fromkeys(counted, 0.0)
    )
    mean = answers.groupby(["customer_id", "period"])[question].mean().reset_index()
    scores = _placed(mean, "customer_id", periods)[question].rename("score")
    frame = _since_joining(
        frame.join(scores, on=["unit", "period"]), customers, periods
    )
    frame = _with_shares(frame, _tenths(frame))
    return Panel(frame.reset_index(drop=True), periods, sample.confidence)


def product_panel(
    product_periods: pd.DataFrame,
    *,
    documents: pd.DataFrame | None = None,
    responses: pd.DataFrame | None = None,
    scale: Scale | None = None,
    confidence: float = 0.95,
) -> Panel:
    """Set the ratings of products beside their sales and returns by month.

    Parameters
    ----------
    product_periods : DataFrame
        One row per product and month with orders.
    documents : DataFrame, optional
        Feedback; reviews with a rating from 1 to 5, product and day are used.
    responses : DataFrame, optional
        Answers; those with product_id and satisfaction are used.
    scale : Scale, optional
        Range of the satisfaction question; 1 to 5 if not given.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Panel
        One row per product and month from its first to its last with an order.
        Columns beside the score (mean rating in stars; missing under three ratings):
        ratings, units and net_sales (purchases less returns), lines, closed_lines,
        return_share, expected_share (the share that came back of other products'
        lines in months as cheap beside their usual price) and price, the logarithm of
        the mean price paid. A month without orders has 0 units and no shares.

    Raises
    ------
    StudyError
        If no product has a rating.

    Notes
    -----
    Reviews and purchase answers differ in level: each source is first moved to the
    mean of all, so that a month's mean does not move with its mix. Net sales wait
    until all lines of the month are closed, and are missing where a refund is.

    Examples
    --------
    >>> sold = pd.DataFrame({"product_id": ["p", "p"], "period": ["2026-01", "2026-03"],
    ...     "lines": [4, 5], "closed_lines": [4, 5], "returned_closed_lines": [1, 0],
    ...     "quantity": [4.0, 6.0], "revenue": [40.0, 60.0],
    ...     "closed_revenue": [40.0, 60.0], "closed_refund": [10.0, 0.0]})
    >>> reviews = pd.DataFrame({"product_id": "p", "source": "review",
    ...     "rating": [4.0, 5.0, 3.0], "occurred_on": pd.Timestamp("2026-01-09")})
    >>> panel = product_panel(sold, documents=reviews)
    >>> panel.frame[["score", "units", "net_sales"]].values.tolist()
    [[4.0, 4.0, 30.0], [nan, 0.0, 0.0], [nan, 6.0, 60.0]]
    """
    ratings = _ratings(documents, responses, scale)
    periods = _run_of(product_periods["period"])
    sums = _placed(product_periods, "product_id", periods)
    frame = _grid(product_periods["product_id"].unique(), periods)
    frame = frame.join(sums, on=["unit", "period"])
    frame = frame[_between_orders(frame)]
    amounts = sums.columns.drop("closed_refund", errors="ignore").tolist()
    refund = frame.get("closed_refund", pd.Series(np.nan, frame.index))
    refund = refund.where(frame["lines"].notna(), 0.0)
    frame = frame.assign(**frame[amounts].fillna(0.0), closed_refund=refund)
    found = _placed(ratings, "product_id", periods)
    frame = frame.join(found, on=["unit", "period"]).fillna({"ratings": 0})
    return Panel(_sold(frame).reset_index(drop=True), periods, confidence)


def _sold(frame: pd.DataFrame) -> pd.DataFrame:
    is_closed = frame["closed_lines"] == frame["lines"]
    net = (frame["closed_revenue"] - frame["closed_refund"]).where(is_closed)
    paid = _some(frame["revenue"]) / _some(frame["quantity"])
    price = pd.Series(np.log(paid), index=frame.index)
    frame = frame.assign(units=frame["quantity"], net_sales=net, price=price)
    usual = price.groupby(frame["unit"]).transform("median")
    band = pd.cut(price - usual, [-np.inf, -NEAR, NEAR, np.inf], labels=False)
    return _with_shares(frame, band)


def _tenths(frame: pd.DataFrame) -> pd.Series:
    """Price class of a customer's lines, from 0."""
    price = frame["closed_revenue"] / _some(frame["closed_lines"])
    return pd.qcut(price, BANDS, labels=False, duplicates="drop")


def _with_shares(frame: pd.DataFrame, band: pd.Series) -> pd.DataFrame:
    """Add the share sent back, and that of others in the same price class."""
    if "returned_closed_lines" not in frame:
        return frame
    lines, back = frame["closed_lines"], frame["returned_closed_lines"]
    table = pd.DataFrame(
        {"band": band.fillna(-1), "unit": frame["unit"], "n": lines, "k": back}
    )
    whole = table.groupby("band")[["n", "k"]].transform("sum")
    own = table.groupby(["band", "unit"])[["n", "k"]].transform("sum")
    others = whole - own
    expected = (others["k"] / _some(others["n"])).where(lines > 0)
    return frame.assign(return_share=back / _some(lines), expected_share=expected)


def _ratings(
    documents: pd.DataFrame | None, responses: pd.DataFrame | None, scale: Scale | None
) -> pd.DataFrame:
    """Mean rating by product and month, each source moved to the mean of all."""
    parts = [_reviews(documents), _verdicts(responses, scale)]
    given = pd.concat(parts)
    if len(given):
        given = given.dropna(subset=["product_id", "on", "rating"])
    if given.empty:
        raise StudyError(
            "No product has a rating: give reviews with a rating and a product, or "
            "answers with a product and satisfaction."
        )
    level = given.groupby("source")["rating"].transform("mean")
    given["rating"] += given["rating"].mean() - level
    given["period"] = given["on"].dt.to_period("M").astype("str")
    found = given.groupby(["product_id", "period"])["rating"].agg(["mean", "size"])
    found = found.rename(columns={"mean": "rating", "size": "ratings"}).reset_index()
    return found.assign(score=found["rating"].where(found["ratings"] >= FEWEST_RATINGS))


def _reviews(documents: pd.DataFrame | None) -> pd.DataFrame:
    needed = {"product_id", "rating", "occurred_on", "source"}
    if documents is None or not needed <= {*documents}:
        return pd.DataFrame()
    reviews = documents[documents["source"] == "review"]
    return reviews[["product_id", "rating", "source"]].assign(on=reviews["occurred_on"])


def _verdicts(responses: pd.DataFrame | None, scale: Scale | None) -> pd.DataFrame:
    if responses is None or not {"product_id", "satisfaction"} <= {*responses}:
        return pd.DataFrame()
    said = responses.dropna(subset=["product_id", "satisfaction"])
    scale = scale or Scale(low=1, high=5)
    part = (said["satisfaction"] - scale.low) / (scale.high - scale.low)
    part = part if scale.good == "high" else 1 - part
    stars = STARS[0] + part * (STARS[1] - STARS[0])
    return said[["product_id"]].assign(
        rating=stars, source="purchase", on=said["responded_on"]
    )


def _refuse_one_wave(answers: pd.DataFrame, question: str) -> None:
    for name in ("customer_id", "period", question):
        if name not in answers or answers[name].isna().all():
            raise StudyError(f"The answers have no {name}, so nobody can be followed.")
    waves = answers.loc[answers[question].notna(), "period"].nunique()
    if waves < 2:
        raise StudyError(
            "All answers come from one wave: what happened to everybody at that time "
            "cannot be told from what went with the answers. It takes two waves."
        )


def _run_of(labels: pd.Series) -> list[str]:
    """All periods from the first to the last, those without any row too."""
    known = sorted(labels.dropna().unique(), key=lambda one: Period.parse(one).start)
    if not known:
        raise StudyError("There is no order to follow: the panel has no row.")
    run = [Period.parse(known[-1])]
    while run[-1].label != known[0]:
        run.append(run[-1].previous)
    return [one.label for one in reversed(run)]


def _grid(units: np.ndarray, periods: list[str]) -> pd.DataFrame:
    names = pd.Index(units).sort_values()
    return pd.DataFrame(
        {
            "unit": np.repeat(names, len(periods)),
            "period": np.tile(np.arange(len(periods)), len(names)),
        }
    )


def _placed(frame: pd.DataFrame, key: str, periods: list[str]) -> pd.DataFrame:
    """Index rows by unit and number of the period; others' periods are left out."""
    place = pd.Index(periods).get_indexer(pd.Index(frame["period"]))
    numbers = frame.select_dtypes("number").assign(unit=frame[key], period=place)
    return numbers[place >= 0].set_index(["unit", "period"])


def _since_joining(
    frame: pd.DataFrame, customers: pd.DataFrame | None, periods: list[str]
) -> pd.DataFrame:
    if customers is None or "joined_on" not in customers or "period" in customers:
        first = frame.loc[frame["lines"] > 0].groupby("unit")["period"].min()
        return frame[frame["unit"].isin(first.index)]
    days = customers.set_index("customer_id")["joined_on"].reindex(frame["unit"])
    ends = pd.DatetimeIndex([Period.parse(one).start for one in periods])
    start = ends[frame["period"].to_numpy()]
    return frame[~(days.to_numpy() >= start.to_numpy())]


def _between_orders(frame: pd.DataFrame) -> pd.Series:
    """Whether a month lies between a product's first order and its last."""
    seen = frame["period"].where(frame["lines"].notna()).groupby(frame["unit"])
    return frame["period"].between(seen.transform("min"), seen.transform("max"))


def _some(values: pd.Series) -> pd.Series:
    return values.where(values > 0)
