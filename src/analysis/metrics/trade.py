"""The table of customers and what they did, period by period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.study import Period, StudyError
from analysis.survey import Sample

KEYS = ["customer_id", "period"]
ADDED = ["bought", "bought_before", "is_customer", "was_customer", "left", "complaints"]
DAY = pd.Timedelta(days=1)


def trade(
    customer_periods: pd.DataFrame,
    *,
    customers: pd.DataFrame | None = None,
    complaints: pd.DataFrame | None = None,
    confidence: float = 0.95,
) -> Sample:
    """Put together who the customers of each period were and what they did.

    Parameters
    ----------
    customer_periods : DataFrame
        One row per customer and period with orders, each once.
    customers : DataFrame, optional
        One row per customer, or per customer and period (snapshots), with joined_on
        and left_on where they are known. Columns named as one of the panel's are
        left out.
    complaints : DataFrame, optional
        Documents with customer_id and period; only those with source ``complaint``
        count, if there is such a column.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Sample
        One row per customer and period on record, sorted, with zeros where nothing
        was bought: whoever was a customer on some day of it, bought in it or in the
        period before, or complained. Customers are the clusters; nothing is
        weighted, since all are there. Columns beside those of the panel and of the
        customer:

        - bought; bought_before: in the period before, missing for the first period;
        - is_customer: whether the row is one of the period's customers; absent
          without `customers`;
        - was_customer, left: on file at the start of the period, and left during it
          (missing before the first period in which anybody left); absent without
          joined_on and left_on;
        - complaints; missing before the first period with one.

    Raises
    ------
    StudyError
        If a customer has two rows in one period.

    Notes
    -----
    Guests are not in it: nobody knows whose orders they are. A missing joined_on is
    read as "always". Without `customers` only buyers have rows, and those who
    bought the period before: what needs all customers then lacks its columns and is
    not offered.

    Examples
    --------
    >>> lines = pd.DataFrame({"customer_id": ["a", "b"], "lines": [2, 1],
    ...     "period": ["2026Q2", "2026Q3"]})
    >>> trade(lines).frame[["customer_id", "period", "lines", "bought_before"]]
      customer_id  period  lines  bought_before
    0           a  2026Q2      2            NaN
    1           a  2026Q3      0            1.0
    2           b  2026Q3      1            0.0
    """
    complaints = _counted(complaints)
    grid = _Grid.of(customer_periods, customers, complaints)
    bought = grid.places(customer_periods)
    sources = [bought, grid.following(bought)]
    if customers is not None:
        _refuse_twins(customers)
        sources.append(grid.places_of_members(customers))
    if complaints is not None:
        sources.append(grid.places(complaints))
    rows = np.unique(np.concatenate(sources))
    frame = grid.keys(rows[rows >= 0])
    frame = _with_purchases(frame, customer_periods, bought)
    frame["bought_before"] = grid.had_before(frame.index, bought)
    if customers is not None:
        frame = _with_standing(_with_customers(frame, customers, grid))
    if complaints is not None:
        frame = _with_complaints(frame, complaints, grid.places(complaints))
    frame = frame.reset_index(drop=True)
    return Sample(frame, clusters="customer_id", confidence=confidence)


@dataclass(frozen=True)
class _Grid:
    """Customers and periods as numbers: a cell's place is one whole number."""

    names: pd.Index
    periods: list[Period]

    @classmethod
    def of(cls, panel: pd.DataFrame, *others: pd.DataFrame | None) -> _Grid:
        there = [
            frame["customer_id"] for frame in (panel, *others) if frame is not None
        ]
        names = pd.Index(pd.concat(there).dropna().unique()).sort_values()
        labels = sorted(panel["period"].dropna().unique())
        return cls(names, [Period.parse(label) for label in labels])

    @property
    def labels(self) -> pd.Index:
        return pd.Index([period.label for period in self.periods], dtype="str")

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        return self.names.get_indexer(pd.Index(frame["customer_id"]))

    def places(self, frame: pd.DataFrame) -> np.ndarray:
        """Place of each row; -1 where the customer or the period is not here."""
        codes = self.codes(frame)
        times = self.labels.get_indexer(pd.Index(frame["period"]))
        is_here = (codes >= 0) & (times >= 0)
        return np.where(is_here, codes * len(self.periods) + times, -1)

    def places_of_members(self, customers: pd.DataFrame) -> np.ndarray:
        """Places of those who were customers on some day of a period."""
        if "period" in customers:
            places = self.places(customers)
            here = _standing(customers, *self.bounds(places))["is_member"]
            return places[here & (places >= 0)]
        codes, count = self.codes(customers), len(self.periods)
        found = [codes[:0]]
        for time, period in enumerate(self.periods):
            here = _standing(customers, period.start, period.end + DAY)["is_member"]
            found.append(codes[here & (codes >= 0)] * count + time)
        return np.concatenate(found)

    def bounds(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First day of each place's period, and the day after its last."""
        starts = np.array([period.start for period in self.periods], "M8[ns]")
        ends = np.array([period.end + DAY for period in self.periods], "M8[ns]")
        times = places % len(self.periods)
        return starts[times], ends[times]

    def before(self) -> np.ndarray:
        """Number of the period before each, -1 where it is not on record."""
        return self.labels.get_indexer(
            pd.Index([period.previous.label for period in self.periods], dtype="str")
        )

    def following(self, places: np.ndarray) -> np.ndarray:
        """The same customers one period on; -1 where that is not on record."""
        has_next = np.isin(np.arange(len(self.periods)), self.before())
        is_here = (places >= 0) & has_next[places % len(self.periods)]
        return np.where(is_here, places + 1, -1)

    def had_before(self, places: pd.Index, bought: np.ndarray) -> np.ndarray:
        """1 if the customer bought the period before, 0 if not, else missing."""
        is_known = self.before()[places % len(self.periods)] >= 0
        return np.where(is_known, np.isin(places - 1, bought), np.nan)

    def keys(self, rows: np.ndarray) -> pd.DataFrame:
        codes, times = np.divmod(rows, len(self.periods))
        return pd.DataFrame(
            {"customer_id": self.names[codes], "period": self.labels[times]}, index=rows
        )


def _counted(complaints: pd.DataFrame | None) -> pd.DataFrame | None:
    """Complaints of known customers; nothing where there are none at all."""
    if complaints is None or "customer_id" not in complaints:
        return None
    if "source" in complaints:
        complaints = complaints[complaints["source"] == "complaint"]
    known = complaints.dropna(subset=KEYS)
    return None if known.empty else known


def _refuse_twins(customers: pd.DataFrame) -> None:
    keys = [key for key in KEYS if key in customers]
    twins = customers.duplicated(keys)
    if twins.any():
        raise StudyError(
            f"{twins.sum()} rows of customers repeat a {' and '.join(keys)}, the first "
            f"is {customers.loc[twins, keys[0]].iloc[0]}. Keep one row each."
        )


def _with_purchases(
    frame: pd.DataFrame, panel: pd.DataFrame, bought: np.ndarray
) -> pd.DataFrame:
    if len(np.unique(bought)) < len(bought):
        twin = panel.loc[panel.duplicated(KEYS), "customer_id"]
        raise StudyError(
            f"{len(twin)} rows of customer_periods repeat a customer and period, the "
            f"first of {twin.iloc[0]}. Make the panels again."
        )
    sums = panel.drop(columns=KEYS).select_dtypes("number").set_axis(bought)
    frame = frame.join(sums.reindex(frame.index, fill_value=0))
    return frame.assign(bought=frame.index.isin(bought))


def _with_customers(
    frame: pd.DataFrame, customers: pd.DataFrame, grid: _Grid
) -> pd.DataFrame:
    is_snapshot = "period" in customers
    held = grid.places(customers) if is_snapshot else grid.codes(customers)
    asked = frame.index if is_snapshot else frame.index // len(grid.periods)
    taken = {*frame.columns, *ADDED}
    kept = [column for column in customers if column not in taken]
    found = customers[kept].set_axis(held)[held >= 0].reindex(asked)
    starts, ends = grid.bounds(frame.index.to_numpy())
    return frame.join(found.set_axis(frame.index)).assign(
        is_on_file_=asked.isin(held), start_=starts, end_=ends
    )


def _with_standing(frame: pd.DataFrame) -> pd.DataFrame:
    """Say who was a customer of the period, at its start, and who left in it."""
    found = _standing(frame, frame["start_"], frame["end_"])
    is_on_file = frame["is_on_file_"]
    here = is_on_file & (found["is_member"] | frame["bought"])
    frame = frame.assign(is_customer=here)
    if {"joined_on", "left_on"} <= {*frame} and frame["left_on"].notna().any():
        frame["was_customer"] = is_on_file & found["was_member"]
        left = frame["was_customer"] & (frame["left_on"] < frame["end_"])
        is_known = frame["end_"] > frame["left_on"].min()
        frame["left"] = left.astype("float64").where(is_known)
    return frame.drop(columns=["is_on_file_", "start_", "end_"])


def _standing(
    customers: pd.DataFrame, start: object, end: object
) -> dict[str, np.ndarray]:
    """Say who was a customer between two days, and who at the first of them."""
    never = pd.Series(pd.NaT, index=customers.index, dtype="datetime64[ns]")
    joined, left = customers.get("joined_on", never), customers.get("left_on", never)
    stayed = ~(left < start)
    return {
        "is_member": (~(joined >= end) & stayed).to_numpy(),
        "was_member": (~(joined >= start) & stayed).to_numpy(),
    }


def _with_complaints(
    frame: pd.DataFrame, complaints: pd.DataFrame, places: np.ndarray
) -> pd.DataFrame:
    counts = pd.Series(places[places >= 0]).value_counts()
    found = counts.reindex(frame.index, fill_value=0).astype("float64")
    is_known = frame["period"] >= complaints["period"].min()
    return frame.assign(complaints=found.where(is_known))
