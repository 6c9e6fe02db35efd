"""What was known of each respondent's buying before the answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.survey import Sample

BEFORE = ("lines_before", "revenue_before", "returned_lines_before")
EARLIER = ("lines_earlier", "revenue_earlier", "returned_lines_earlier")
HISTORY = (*BEFORE, *EARLIER, "periods_since", "tenure", "segment")


def buying_history(
    sample: Sample,
    customer_periods: pd.DataFrame,
    *,
    customers: pd.DataFrame | None = None,
) -> Sample:
    """Add what the shop knew of each respondent without asking.

    Parameters
    ----------
    sample : Sample
        Answers with customer_id and period.
    customer_periods : DataFrame
        What customers bought and sent back, period by period.
    customers : DataFrame, optional
        One row per customer, or per customer and period; `joined_on` and `segment`
        are used where they are.

    Returns
    -------
    Sample
        New columns: `lines_earlier`, `revenue_earlier`, `returned_lines_earlier`, of
        all periods before the answer's own; `periods_since` the last of them with a
        purchase (for who never bought, the number of periods seen); `tenure` in days
        and `segment`.

    Notes
    -----
    Only whole periods before the answer's count, so nothing of it is later than the
    answer but returns that came after their period, which gives history a head start,
    as does a segment that is known as of today. Both make the gain smaller.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"customer_id": ["a"], "period": ["2026Q3"]}))
    >>> periods = pd.DataFrame({"customer_id": ["a", "b", "a"], "lines": [2, 1, 5],
    ...     "period": ["2026Q1", "2026Q2", "2026Q3"], "revenue": [30.0, 9.0, 90.0]})
    >>> found = buying_history(answers, periods).frame
    >>> found[["lines_earlier", "periods_since"]].values.tolist()
    [[2.0, 2.0]]
    """
    frame = sample.frame
    order = sorted({*customer_periods["period"], *frame["period"]})
    place = {label: number for number, label in enumerate(order)}
    bought = customer_periods.assign(_at=customer_periods["period"].map(place))
    at = frame["period"].map(place)
    keys = pd.DataFrame({"customer_id": frame["customer_id"], "_asked": at})
    keys = keys.reset_index(drop=True).reset_index(names="_row")
    pairs = keys.merge(bought, on="customer_id")
    pairs = pairs[pairs["_at"] < pairs["_asked"]]
    sums = pairs.groupby("_row").sum(numeric_only=True)
    last = pairs[pairs["lines"] > 0].groupby("_row")["_at"].max()
    new = {
        name: sums[name.removesuffix("_earlier")].reindex(keys["_row"]).fillna(0)
        for name in EARLIER
        if name.removesuffix("_earlier") in sums
    }
    new["periods_since"] = keys["_asked"] - last.reindex(keys["_row"]).fillna(-1)
    columns = {name: one.to_numpy(dtype=float) for name, one in new.items()}
    return sample.with_columns(**columns, **_standing(frame, customers))


def _standing(frame: pd.DataFrame, customers: pd.DataFrame | None) -> dict[str, object]:
    """Tenure and segment, where they are known and not there already."""
    if customers is None:
        return {}
    keys = [key for key in ("customer_id", "period") if key in customers]
    known = frame[keys].merge(customers, on=keys, how="left", validate="m:1")
    made: dict[str, object] = {}
    if "segment" in known and "segment" not in frame:
        made["segment"] = known["segment"].to_numpy()
    if "joined_on" in known and "responded_on" in frame:
        days = frame["responded_on"].to_numpy() - known["joined_on"].to_numpy()
        made["tenure"] = np.maximum(days / np.timedelta64(1, "D"), 0)
    return made
