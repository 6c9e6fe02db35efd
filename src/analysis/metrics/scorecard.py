"""One line per product: what was sold, what came back, and whether it stands out."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analysis.estimate import Estimate, statistic, wilson_interval
from analysis.ledger.rows import direction_of
from analysis.study import StudyError

FLAGS = {"rising": "more than ordinary", "falling": "less than ordinary", "unclear": ""}


def product_totals(
    product_periods: pd.DataFrame,
    *,
    products: pd.DataFrame | None = None,
    periods: Collection[str] = (),
) -> pd.DataFrame:
    """Add up the months of each product, and name it.

    Parameters
    ----------
    product_periods : DataFrame
        One row per product and month, with counts and amounts.
    products : DataFrame, optional
        One row per product, with product_id and, where known, name and category.
    periods : collection of str
        Months to add up; all if none is given.

    Returns
    -------
    DataFrame
        One row per product in sorted order: product_id, name (the id where there is
        none), category (missing where there is none), and each column's sum.

    Raises
    ------
    StudyError
        If no row lies in the months.

    Examples
    --------
    >>> months = pd.DataFrame({"product_id": ["a", "a"], "period": ["2026-07",
    ...     "2026-08"], "closed_lines": [30, 20], "returned_closed_lines": [3, 4]})
    >>> product_totals(months).to_dict("records")[0]["closed_lines"]
    50
    """
    rows = product_periods
    if periods:
        rows = rows[rows["period"].isin(list(periods))]
    if rows.empty:
        raise StudyError(
            "No product has orders in these months: look at the periods of the orders."
        )
    totals = rows.drop(columns="period").groupby("product_id", as_index=False).sum()
    known = products if products is not None else pd.DataFrame({"product_id": []})
    named = known.reindex(columns=["product_id", "name", "category"]).astype("str")
    totals = totals.assign(product_id=totals["product_id"].astype("str"))
    found = totals.merge(
        named.drop_duplicates("product_id"), on="product_id", how="left"
    )
    first = ["product_id", "name", "category"]
    found["name"] = found["name"].fillna(found["product_id"])
    return found[[*first, *found.columns.drop(first)]]


@statistic
def product_rates(
    products: pd.DataFrame,
    *,
    marked: str = "returned_closed_lines",
    over: str = "closed_lines",
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """Rate of each product on its own.

    Parameters
    ----------
    products : DataFrame
        One row per product: product_id, `marked` and `over`.
    marked, over : str
        Columns of counts.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Unit `share`; the base counts lines. Products without lines are left out.

    Notes
    -----
    Wilson's interval, each line taken as independent: customers seldom order a
    product twice. Not for picking the best or the worst of many products, which are
    mostly those with few lines; see `analysis.metrics.shrinkage`.

    Examples
    --------
    >>> lines = pd.DataFrame({"product_id": ["a"], "returned_closed_lines": [10],
    ...     "closed_lines": [200]})
    >>> product_rates(lines)["a"].value
    0.05
    """
    sold = products[products[over] > 0]
    counts = zip(sold["product_id"], sold[marked], sold[over], strict=True)
    return {str(name): _rate(float(x), float(n), confidence) for name, x, n in counts}


def product_flags(rows: pd.DataFrame, *, level: float = 0.05) -> dict[str, str]:
    """Say of each product whether it stands out, with all products counted.

    Parameters
    ----------
    rows : DataFrame
        Published figures of `analysis.metrics.funnel.standing_out`, as one family.
    level : float
        False discovery rate, between 0 and 1.

    Returns
    -------
    dict of str to str
        By level: ``more than ordinary``, ``less than ordinary`` or nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["a"], "withheld": [False], "q_value": [0.01],
    ...     "low": [0.1], "high": [0.2]})
    >>> product_flags(rows)
    {'a': 'more than ordinary'}
    """
    records = rows.to_dict("records")
    found = {str(row["level"]): dict(row) for row in records}
    return {
        name: FLAGS[direction_of({str(k): v for k, v in row.items()}, level)]
        for name, row in found.items()
    }


def _rate(x: float, n: float, confidence: float) -> Estimate:
    share = x / n
    low, high = wilson_interval(share, n, confidence=confidence)
    return Estimate(
        value=share,
        standard_error=(share * (1 - share) / n) ** 0.5,
        low=low,
        high=high,
        base=int(n),
        unit="share",
        confidence=confidence,
    )
