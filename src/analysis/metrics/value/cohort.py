"""Whose purchases can be modelled, and what was seen of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.study import StudyError

DAYS_IN_WEEK = 7
Day = dt.date | pd.Timestamp


@dataclass(frozen=True, eq=False)
class Cohort:
    """Customers whose first purchase is known, with what was left out.

    Parameters
    ----------
    frame : DataFrame
        Their rows of customer_histories, with what is known of them.
    joined_before : int
        Customers left out: they joined before the order history began, so their
        first purchase is not in it.
    undated : int
        Customers left out: nothing tells when they joined.
    is_dated : bool
        Whether joining dates were known. Without them everyone is kept, and those
        who bought before the history began are taken for younger than they are.
    """

    frame: pd.DataFrame
    joined_before: int = 0
    undated: int = 0
    is_dated: bool = False


def cohort(histories: pd.DataFrame, *, customers: pd.DataFrame | None = None) -> Cohort:
    """Keep the customers who joined on or after the first day of the order history.

    Parameters
    ----------
    histories : DataFrame
        The table customer_histories: one row per customer who ever ordered.
    customers : DataFrame, optional
        With customer_id and, where known, joined_on and left_on; one row per
        customer, or the last of several is taken.

    Returns
    -------
    Cohort
        With the customers' other columns joined.

    Raises
    ------
    StudyError
        If there is no history, or nobody joined since it began.

    Examples
    --------
    >>> histories = pd.DataFrame({"customer_id": ["a", "b"],
    ...     "first_on": pd.to_datetime(["2025-01-01", "2025-03-01"])})
    >>> customers = pd.DataFrame({"customer_id": ["a", "b"],
    ...     "joined_on": pd.to_datetime(["2019-05-01", "2025-02-27"])})
    >>> people = cohort(histories, customers=customers)
    >>> list(people.frame["customer_id"]), people.joined_before
    (['b'], 1)
    """
    if histories.empty:
        raise StudyError(
            "The table customer_histories is empty. The value of customers needs "
            "orders with a customer_id."
        )
    frame = _with_attributes(histories, customers)
    if "joined_on" not in frame or frame["joined_on"].isna().all():
        return Cohort(frame)
    began = pd.to_datetime(frame["first_on"]).min()
    joined = pd.to_datetime(frame["joined_on"])
    if not (joined >= began).any():
        raise StudyError(
            f"All customers joined before the first order on file ({began:%Y-%m-%d}), "
            "so nobody's first purchase is known. Add older orders."
        )
    return Cohort(
        frame[joined >= began].reset_index(drop=True),
        joined_before=int((joined < began).sum()),
        undated=int(joined.isna().sum()),
        is_dated=True,
    )


def observed(people: Cohort, *, until: Day, is_before: bool = False) -> pd.DataFrame:
    """What was seen of each customer until a day, in weeks.

    Parameters
    ----------
    people : Cohort
        As `cohort` makes it.
    until : date
        The last day that was seen.
    is_before : bool
        Take what was seen until the holdout began (the columns ``…_before``) and
        leave out those who had not bought by then.

    Returns
    -------
    DataFrame
        The cohort's columns and: repeats (days with a purchase after the first
        such day), last_week (weeks from the first to the last purchase), age
        (weeks from the first purchase to `until`), spend (mean revenue of a repeat
        day, missing without one) and has_left (left_on has passed).

    Raises
    ------
    StudyError
        If nobody had bought by then, or a customer bought after `until`.

    Examples
    --------
    >>> people = Cohort(pd.DataFrame({"customer_id": ["a"], "purchase_days": [3],
    ...     "first_on": ["2026-01-01"], "last_on": ["2026-01-29"],
    ...     "repeat_revenue": [50.0]}))
    >>> seen = observed(people, until=pd.Timestamp("2026-03-12"))
    >>> seen[["repeats", "last_week", "age", "spend"]].iloc[0].tolist()
    [2.0, 4.0, 10.0, 25.0]
    """
    suffix = "_before" if is_before else ""
    frame, last_day = people.frame, pd.Timestamp(until)
    frame = frame[(frame["purchase_days" + suffix] > 0).to_numpy(bool, na_value=False)]
    first, last = (_days(frame[name]) for name in ("first_on", "last_on" + suffix))
    if frame.empty:
        raise StudyError(f"No customer had bought by {last_day:%Y-%m-%d}.")
    if (last > last_day).any():
        raise StudyError(
            f"A customer bought on {last.max():%Y-%m-%d}, after the last day seen "
            f"({last_day:%Y-%m-%d}). Make customer_histories for that day again."
        )
    repeats = frame["purchase_days" + suffix].to_numpy(dtype=float) - 1
    money = frame["repeat_revenue" + suffix].to_numpy(dtype=float, na_value=np.nan)
    return frame.assign(
        repeats=repeats,
        last_week=(last - first).dt.days / DAYS_IN_WEEK,
        age=(last_day - first).dt.days / DAYS_IN_WEEK,
        spend=np.where(repeats > 0, money / np.maximum(repeats, 1), np.nan),
        has_left=_has_left(frame, last_day),
    ).reset_index(drop=True)


def _with_attributes(
    histories: pd.DataFrame, customers: pd.DataFrame | None
) -> pd.DataFrame:
    """Join the last row on each customer; the history's own columns win."""
    if customers is None:
        return histories.reset_index(drop=True)
    known = [name for name in histories if name != "customer_id"]
    order = ["period"] if "period" in customers else []
    rows = customers.sort_values(order) if order else customers
    rows = rows.drop_duplicates("customer_id", keep="last")
    rows = rows.drop(columns=[*known, "period"], errors="ignore")
    return histories.merge(rows, on="customer_id", how="left", validate="1:1")


def _days(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values)


def _has_left(frame: pd.DataFrame, last_day: pd.Timestamp) -> np.ndarray:
    if "left_on" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return (_days(frame["left_on"]) <= last_day).to_numpy(dtype=bool)
