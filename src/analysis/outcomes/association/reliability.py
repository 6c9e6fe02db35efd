"""How far products' figures can be told apart, and correlations corrected for it."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, statistic, untold
from analysis.outcomes.association.pairing import Pair
from analysis.outcomes.association.products import (
    SALES,
    correlation_of_products,
    product_pairs,
)
from analysis.study import Period, StudyError
from analysis.survey.sample import require

LOWEST = 0.5
VARIANCE = "_variance"


def with_variances(
    side: pd.DataFrame,
    product_periods: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    period: Period,
) -> pd.DataFrame:
    r"""Add how exactly each product's rating and return rate are known.

    Parameters
    ----------
    side : DataFrame
        As `products_side_by_side` makes it.
    product_periods, documents : DataFrame
        That it was made from.
    period : Period
        The year ends with this period.

    Returns
    -------
    DataFrame
        With `rating_variance` and `return_rate_variance`, the variances of the
        errors of rating and return rate.

    Raises
    ------
    StudyError
        If no product has two ratings.

    Notes
    -----
    Rating: the variance of single ratings within products, pooled over products, by
    the product's number of ratings: few ratings do not tell their own variance.
    Return rate: :math:`p(1-p)/(n-1)` of the :math:`n` closed lines. Ratings and lines
    are taken as independent; several of one customer make both a little too small.

    Examples
    --------
    >>> side = pd.DataFrame({"product_id": ["p"], "ratings": [2],
    ...     "return_rate": [0.5]})
    >>> months = pd.DataFrame({"product_id": ["p"], "period": ["2026-09"],
    ...     "closed_lines": [26]})
    >>> reviews = pd.DataFrame({"product_id": "p", "source": "review",
    ...     "rating": [3.0, 5.0], "occurred_on": pd.to_datetime(["2026-08-01"] * 2)})
    >>> found = with_variances(side, months, reviews, period=Period.parse("2026Q3"))
    >>> found[["rating_variance", "return_rate_variance"]].values.tolist()
    [[1.0, 0.01]]
    """
    start = period.end - pd.DateOffset(years=1) + pd.Timedelta(days=1)
    first, last = f"{start:%Y-%m}", f"{period.end:%Y-%m}"
    year = product_periods[product_periods["period"].between(first, last)]
    closed = year.groupby("product_id")["closed_lines"].sum()
    lines = side["product_id"].map(closed)
    rate = side["return_rate"]
    is_review = documents["source"].eq("review") & documents["occurred_on"].ge(start)
    reviews = documents[is_review & documents["product_id"].isin(side["product_id"])]
    return side.assign(
        rating_variance=_within(reviews) / side["ratings"],
        return_rate_variance=rate * (1 - rate) / (lines - 1).where(lines > 1),
    )


def rated_by_buyers(
    side: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    period: Period,
    question: str = "satisfaction",
) -> pd.DataFrame:
    """Put what buyers answered after their purchase in the place of reviews.

    Parameters
    ----------
    side : DataFrame
        As `with_variances` makes it.
    answers : DataFrame
        With product_id, responded_on and the question.
    period : Period
        The year ends with this period.
    question : str
        What they were asked.

    Returns
    -------
    DataFrame
        `rating`, `ratings` and `rating_variance` of these answers; products without
        one are left out.

    Raises
    ------
    StudyError
        If no product has two answers.

    Notes
    -----
    Far more answer when asked than write a review of their own accord. Who has sent
    the product back before answering rates it lower for that, so part of what goes
    together here may run from the return to the answer.

    Examples
    --------
    >>> side = pd.DataFrame({"product_id": ["p", "q"], "rating": [4.0, 4.0]})
    >>> answers = pd.DataFrame({"product_id": "p", "satisfaction": [3.0, 5.0],
    ...     "responded_on": pd.to_datetime(["2026-08-01"] * 2)})
    >>> found = rated_by_buyers(side, answers, period=Period.parse("2026Q3"))
    >>> found[["rating", "ratings", "rating_variance"]].values.tolist()
    [[4.0, 2.0, 1.0]]
    """
    require(answers, ["product_id", "responded_on", question])
    start = period.end - pd.DateOffset(years=1) + pd.Timedelta(days=1)
    is_used = answers["responded_on"].ge(start) & answers[question].notna()
    used = answers[is_used & answers["product_id"].isin(side["product_id"])]
    used = used.assign(rating=used[question].astype(float))
    groups = used.groupby("product_id")["rating"]
    ratings = side["product_id"].map(groups.count())
    made = side.assign(
        rating=side["product_id"].map(groups.mean()),
        ratings=ratings,
        rating_variance=_within(used) / ratings,
    )
    return made[made["rating"].notna()].reset_index(drop=True)


def _within(reviews: pd.DataFrame) -> float:
    """Variance of single ratings around their product's mean."""
    groups = reviews.dropna(subset=["rating"]).groupby("product_id")["rating"]
    degrees = int((groups.count() - 1).sum())
    if degrees < 1:
        raise StudyError(
            "No product has two ratings, so how exactly a rating is known cannot be "
            "told: show the plain correlation."
        )
    squares = (groups.count() - 1) * groups.var().fillna(0.0)
    return float(squares.sum() / degrees)


@statistic
def product_reliabilities(
    products: pd.DataFrame, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    r"""How much of the spread between products is no chance.

    Parameters
    ----------
    products : DataFrame
        As `with_variances` makes it.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        For ``rating`` and ``return rate``. Unit `share`: 1 if chance has no part in
        how products differ, 0 if it explains all. The base counts products.

    Raises
    ------
    StudyError
        As `correlation_of_products`.

    Notes
    -----
    Reliability :math:`\rho = 1 - \bar{s^2} / S^2`, where :math:`S^2` is the variance
    of the products' figures and :math:`\bar{s^2}` the mean variance of their errors;
    nought where the latter is larger. :math:`S^2 (n-1)` over its true value is taken
    as chi-squared with :math:`n - 1` degrees and :math:`\bar{s^2}` as known [1]_.

    References
    ----------
    .. [1] Shrout, P. E. and Fleiss, J. L. (1979). Intraclass correlations: uses in
       assessing rater reliability. Psychological Bulletin 86(2), 420-428.

    Examples
    --------
    >>> products = pd.DataFrame({"rating": range(12), "revenue": range(12)})
    >>> products["rating_variance"] = 6.5
    >>> product_reliabilities(products)["rating"].value
    0.5
    """
    names = {"rating": "rating", **SALES}
    return {
        key: _reliability(products, column, confidence)
        for key, column in names.items()
        if column + VARIANCE in products and column in products
    }


def _reliability(products: pd.DataFrame, column: str, confidence: float) -> Estimate:
    rows = products[[column, column + VARIANCE]].dropna()
    degrees = len(rows) - 1
    if degrees < 1 or not rows[column].var() > 0:
        raise StudyError(f"{column} is the same for all products: nothing to tell.")
    chance = float(rows[column + VARIANCE].mean() / rows[column].var())
    ends = stats.chi2.interval(confidence, degrees)
    low, high = (max(0.0, 1 - chance * end / degrees) for end in ends[::-1])
    value = max(0.0, 1 - chance)
    return Estimate(
        value=value,
        standard_error=chance * math.sqrt(2 / degrees),
        low=min(low, value),
        high=max(high, value),
        base=len(rows),
        unit="share",
        confidence=confidence,
    )


@statistic
def corrected_correlation(
    products: pd.DataFrame, columns: Pair, *, confidence: float = 0.95
) -> Estimate:
    r"""Correlation of what lies behind two columns, without the error of small bases.

    Parameters
    ----------
    products : DataFrame
        One row per product. A column's error variances stand in a column of the same
        name with ``_variance``; a column without is taken as exact.
    columns : tuple of str
        Two numeric columns.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Pearson's coefficient, corrected; without numbers where a reliability is
        under one half.

    Raises
    ------
    StudyError
        As `correlation_of_products`.

    Notes
    -----
    :math:`r / \sqrt{\rho_x \rho_y}` [1]_, cut at 1, with the reliabilities of
    `product_reliabilities`. The ends of the plain interval are corrected alike [2]_,
    and `p_value` is the plain one: a correction finds nothing that was not there.
    That the reliabilities are estimated is not in the interval; in simulations it
    covered at least as often as it says, where bootstraps of products fell short
    (see `methods.md`). Errors of the two columns must be independent: the same
    customers rating and returning would break it. There is no such formula for ranks.

    References
    ----------
    .. [1] Spearman, C. (1904). The proof and measurement of association between two
       things. American Journal of Psychology 15(1), 72-101.
    .. [2] Charles, E. P. (2005). The correction for attenuation due to measurement
       error: clarifying concepts and creating confidence sets. Psychological Methods
       10(2), 206-226.

    Examples
    --------
    >>> products = pd.DataFrame({"rating": range(12), "returns": [0, 5, 1, 7, 2, 9, 4,
    ...     8, 3, 6, 11, 10]})
    >>> products["rating_variance"] = 3.25
    >>> plain = correlation_of_products(products, ("rating", "returns"),
    ...     method="pearson")
    >>> found = corrected_correlation(products, ("rating", "returns"))
    >>> round(found.value / plain.value, 4) == round(0.75**-0.5, 4)
    True
    """
    require(products, columns)
    names = [name for name in columns if name + VARIANCE in products]
    used = [*columns, *(name + VARIANCE for name in names)]
    rows = products.dropna(subset=used)
    raw = correlation_of_products(
        rows, columns, method="pearson", confidence=confidence
    )
    found = [_reliability(rows, name, confidence).value for name in names]
    if found and min(found) < LOWEST:
        return untold(raw)
    root = math.sqrt(math.prod(found))
    value, low, high = (
        max(-1.0, min(1.0, end / root)) for end in (raw.value, raw.low, raw.high)
    )
    error = raw.standard_error / root
    return dataclasses.replace(
        raw, value=value, low=low, high=high, standard_error=error
    )


@statistic
def corrected_correlations(
    products: pd.DataFrame, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Corrected correlations of products' ratings with their returns and revenue.

    Parameters
    ----------
    products : DataFrame
        As `with_variances` makes it.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Keys such as ``rating and return rate``; without numbers where a reliability
        is too low. Revenue is what was sold and has no error.

    Raises
    ------
    StudyError
        If no pair can be correlated.

    Notes
    -----
    See `corrected_correlation`.

    Examples
    --------
    >>> products = pd.DataFrame({"rating": range(12), "revenue": range(12)})
    >>> products["rating_variance"] = 10.0
    >>> corrected_correlations(products)["rating and revenue"].value
    nan
    """
    return {
        name: corrected_correlation(products, columns, confidence=confidence)
        for name, columns in product_pairs(products).items()
    }
