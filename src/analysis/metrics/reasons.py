"""Why customers send things back, as the shop records it."""

from __future__ import annotations

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError
from analysis.survey import Sample, share, share_difference

UNSTATED = "no reason given"
OTHER = "other reasons"
TOP = 8
LEAST = 10


def returned(
    return_reasons: pd.DataFrame,
    *,
    products: pd.DataFrame | None = None,
    top: int = TOP,
    least: int = LEAST,
    confidence: float = 0.95,
) -> Sample:
    """Put together what came back and why.

    Parameters
    ----------
    return_reasons : DataFrame
        Returned lines whose window has closed, counted in `lines` by customer_id and
        reason (either may be missing), product_id and period of the order.
    products : DataFrame, optional
        One row per product_id, with columns to split by such as category.
    top : int
        So many reasons are kept apart, the most frequent of the whole record, so that
        all periods have the same; the rest are `OTHER`. At least 1.
    least : int
        Reasons of fewer lines are `OTHER` too: a rare one may be a remark on a person.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Sample
        One row per row with lines; customers are the clusters, and lines of unknown
        customers each stand alone. A missing reason is `UNSTATED`.

    Raises
    ------
    StudyError
        If nothing came back.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a", "b"], "product_id": "P",
    ...     "period": "2026Q3", "reason": ["too small", None], "lines": [2, 1]})
    >>> returned(lines, least=1).frame["reason"].tolist()
    ['too small', 'no reason given']
    """
    frame = return_reasons[return_reasons["lines"] > 0]
    if frame.empty:
        raise StudyError(
            "No line came back within its window, so there are no reasons to count. "
            "Check the dates of the returns."
        )
    reason = frame["reason"].astype("str").where(frame["reason"].notna(), UNSTATED)
    ranked = frame["lines"].groupby(reason).sum()
    stated = ranked[ranked >= least].drop(UNSTATED, errors="ignore").sort_index()
    kept = stated.sort_values(ascending=False, kind="stable").index[:top]
    frame = frame.assign(reason=reason.where(reason.isin([*kept, UNSTATED]), OTHER))
    if products is not None:
        new = [c for c in products if c == "product_id" or c not in frame]
        frame = frame.merge(products[new], on="product_id", how="left", validate="m:1")
    return Sample(frame, clusters="customer_id", confidence=confidence)


@statistic
def reason_shares(sample: Sample) -> dict[str, Estimate]:
    """Share of returned lines by the reason given.

    Parameters
    ----------
    sample : Sample
        Made by `returned`, of one period.

    Returns
    -------
    dict of reason to Estimate
        Unit `share`, the largest first, `OTHER` and `UNSTATED` last; together one.
        The base counts customers.

    Notes
    -----
    Lines with the reason over all returned lines, customers as clusters; see
    `analysis.survey.share`. Lines without a reason count below, so a shop that
    records few reasons has small shares. Shares of returns are not rates: a reason's
    share falls when others grow.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a", "b"], "product_id": "P",
    ...     "period": "2026Q3", "reason": ["too small", None], "lines": [3, 1]})
    >>> shares = reason_shares(returned(lines, least=1))
    >>> {reason: one.value for reason, one in shares.items()}
    {'too small': 0.75, 'no reason given': 0.25}
    """
    wide, reasons = _wide(sample)
    found = {
        name: _plain(share(wide, column, over="lines"))
        for column, name in reasons.items()
    }
    return dict(sorted(found.items(), key=_order))


@statistic
def reason_changes(sample: Sample, *, periods: tuple[str, str]) -> dict[str, Estimate]:
    """Share of each reason in one period less its share in another.

    Parameters
    ----------
    sample : Sample
        Made by `returned`, of both periods.
    periods : tuple of str
        The period to look at, then the one to compare with.

    Returns
    -------
    dict of reason to Estimate
        Unit `share_difference`, with p-values; empty where nothing came back in one
        of the periods.

    Notes
    -----
    See `analysis.survey.share_difference`. Shares add up to one, so where one grows
    others fall: publish them in one family.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": list("abc"), "product_id": "P",
    ...     "period": ["2026Q2", "2026Q2", "2026Q3"], "lines": [1, 1, 1],
    ...     "reason": ["too small", "late", "late"]})
    >>> changes = reason_changes(returned(lines, least=1), periods=("2026Q3", "2026Q2"))
    >>> changes["late"].value
    0.5
    """
    if not set(periods) <= set(sample.levels("period")):
        return {}
    wide, reasons = _wide(sample)
    return {
        name: share_difference(wide, column, by="period", levels=periods, over="lines")
        for column, name in reasons.items()
    }


def reason_shares_within(
    sample: Sample, *, by: str, levels: int = 5
) -> dict[str, dict[str, Estimate]]:
    """Share of returned lines by reason, within the levels with most returns.

    Parameters
    ----------
    sample : Sample
        Made by `returned` with products, of one period.
    by : str
        Column of products, such as category or name.
    levels : int
        So many levels, at least 1.

    Returns
    -------
    dict of level to dict of reason to Estimate
        The level with most returns first.

    Notes
    -----
    See `reason_shares`. The levels are chosen by their number of returns and not by
    what came out.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a", "b"], "product_id": ["P", "Q"],
    ...     "period": "2026Q3", "reason": ["small", "late"], "lines": [3, 1]})
    >>> things = pd.DataFrame(
    ...     {"product_id": ["P", "Q"], "category": ["Shirts", "Pans"]})
    >>> back = returned(lines, products=things, least=1)
    >>> shares = reason_shares_within(back, by="category")
    >>> {level: list(found) for level, found in shares.items()}
    {'Shirts': ['small'], 'Pans': ['late']}
    """
    names = sample.frame[by].astype("str").where(sample.frame[by].notna())
    lines = sample.frame["lines"].groupby(names).sum().sort_index()
    first = lines.sort_values(ascending=False, kind="stable").index[:levels]
    named = sample.with_columns(**{by: names})
    return {str(level): reason_shares(named.only(by, level)) for level in first}


def _wide(sample: Sample) -> tuple[Sample, dict[str, str]]:
    """One row per customer and period, with a column of lines for each reason."""
    frame = sample.frame.reset_index(drop=True)
    # A row of an unknown customer is a customer of its own.
    alone = pd.Series("\x1f" + frame.index.astype("str"), index=frame.index)
    frame["who_"] = frame["customer_id"].astype("str").fillna(alone)
    parts = frame.pivot_table(
        "lines", ["who_", "period"], "reason", aggfunc="sum", fill_value=0
    )
    names = {f"reason_{number}": str(one) for number, one in enumerate(parts.columns)}
    wide = parts.set_axis(list(names), axis=1)
    wide = wide.assign(lines=parts.sum(axis=1)).reset_index()
    return Sample(wide, clusters="who_", confidence=sample.confidence), names


def _order(item: tuple[str, Estimate]) -> tuple[bool, bool, float, str]:
    name, one = item
    return name == UNSTATED, name == OTHER, -one.value, name


def _plain(found: Estimate | dict[str, Estimate]) -> Estimate:
    if isinstance(found, dict):
        raise TypeError("one level was asked for")
    return found
