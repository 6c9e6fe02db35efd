"""What those who did not answer do in the shop, which is known of everyone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import pandas as pd

from analysis.estimate import Estimate, statistic, two_sided_p
from analysis.study import Period, StudyError
from analysis.survey import Sample, difference, mean, share

MEASURES = {
    "bought": ("bought", None, "share"),
    "bought again": ("bought_again", None, "share"),
    "spend": ("spend", None, "amount"),
    "lines returned": ("returned", "closed", "share"),
    "left": ("left", None, "share"),
}
GAP_UNITS = {"share": "share_difference", "amount": "amount"}


def shop_record(
    panel: pd.DataFrame, people: pd.DataFrame, period: Period
) -> pd.DataFrame:
    """Join customers with what they did in a period, nothing included.

    Parameters
    ----------
    panel : DataFrame
        customer_periods: one row per customer and period with trade.
    people : DataFrame
        One row per customer, with left_on if known.
    period : Period
        The time to look at, such as the quarter before the wave or after it.

    Returns
    -------
    DataFrame
        `people` with `spend`, `bought`, `bought_again` (missing for those who had
        never bought before), `closed`, `returned` (lines) and `left`, where known.

    Raises
    ------
    StudyError
        If the panel has nothing of the period.

    Examples
    --------
    >>> panel = pd.DataFrame({"customer_id": ["a"], "period": ["2026Q2"],
    ...     "lines": [2], "revenue": [50.0]})
    >>> people = pd.DataFrame({"customer_id": ["a", "b"]})
    >>> shop_record(panel, people, Period.parse("2026Q2"))["spend"].tolist()
    [50.0, 0.0]
    """
    now = panel[panel["period"] == period.label].set_index("customer_id")
    if now.empty:
        raise StudyError(f"Nothing is known of what customers did in {period.label}.")
    names = people["customer_id"]
    earlier = panel.loc[panel["period"] < period.label, "customer_id"]
    bought = names.isin(now.index).astype(float)
    columns: dict[str, pd.Series] = {
        "bought": bought,
        "bought_again": bought.where(names.isin(earlier)),
    }
    sums = {
        "spend": "revenue",
        "closed": "closed_lines",
        "returned": "returned_closed_lines",
    }
    for name, source in sums.items():
        if source in now and now[source].notna().any():
            columns[name] = names.map(now[source]).fillna(0.0).astype(float)
    if "left_on" in people:
        columns["left"] = people["left_on"].between(period.start, period.end)
        columns["left"] = columns["left"].astype(float)
    return people.assign(**columns)


def with_shop(sample: Sample, record: pd.DataFrame) -> Sample:
    """Join a sample of answers with what their customers did in the shop.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"customer_id": ["a"], "recommend": [9]}))
    >>> record = pd.DataFrame({"customer_id": ["a"], "spend": [50.0]})
    >>> with_shop(answers, record).frame["spend"].tolist()
    [50.0]
    """
    columns = {column for column, over, _ in MEASURES.values()} | {"closed"}
    known = [name for name in record if name in columns]
    new = record[["customer_id", *known]]
    frame = sample.frame.drop(columns=known, errors="ignore")
    merged = frame.merge(new, on="customer_id", how="left", validate="m:1")
    return replace(sample, frame=merged)


@statistic
def shop_behaviour(sample: Sample) -> dict[str, Estimate]:
    """Trade of the people of a sample, measure by measure.

    Parameters
    ----------
    sample : Sample
        With the columns of `shop_record`; weighted or not, as the sample says.

    Returns
    -------
    dict of measure to Estimate
        Share who bought, who bought again, money spent per customer, share of lines
        returned (of those whose return window has closed), share who left. A
        measure that is not known is left out.

    Notes
    -----
    See `analysis.survey.share` and `analysis.survey.mean`.

    Examples
    --------
    >>> record = pd.DataFrame({"customer_id": ["a", "b"], "spend": [50.0, 0.0]})
    >>> shop_behaviour(Sample(record))["spend"].value
    25.0
    """
    found = {}
    for name, (column, over, unit) in _known(sample.frame).items():
        one = (
            share(sample, column, over=over)
            if unit == "share"
            else mean(sample, column, unit=unit)
        )
        found[name] = cast(Estimate, one)
    return found


@statistic
def shop_gaps(asked: Sample) -> dict[str, Estimate]:
    """Trade of those who answered minus trade of those who did not.

    Parameters
    ----------
    asked : Sample
        The invited, made by `approached` and `shop_record`, weighted by
        ``represents``.

    Returns
    -------
    dict of measure to Estimate
        With `p_value` of no difference.

    Notes
    -----
    Survey weights of the answers play no part here: it is the raw gap that weighting
    has to mend. What is left of it after weighting is `shop_remainders`.

    Examples
    --------
    >>> asked = pd.DataFrame({"spend": [9.0, 8.0, 2.0, 1.0],
    ...     "answered": [True, True, False, False]})
    >>> shop_gaps(Sample(asked))["spend"].value
    7.0
    """
    levels = ("True", "False")
    return {
        name: difference(
            asked, column, over=over, by="answered", levels=levels, unit=GAP_UNITS[unit]
        )
        for name, (column, over, unit) in _known(asked.frame).items()
        if _in_both(asked.frame, column, over)
    }


@statistic
def shop_remainders(respondents: Sample, record: pd.DataFrame) -> dict[str, Estimate]:
    """Trade of the respondents minus the trade of all customers.

    Parameters
    ----------
    respondents : Sample
        Made by `with_shop`; weighted or not, as the sample says.
    record : DataFrame
        All customers; see `shop_record`.

    Returns
    -------
    dict of measure to Estimate
        With `p_value` of no difference. Who left is not among the measures: some
        left before anyone was asked; `shop_gaps` compares them.

    Notes
    -----
    All customers are counted, so only the respondents' side has an error. If the
    weighted respondents buy, return or leave other than all customers, the margins
    do not explain who answers, and what they say may be off too. No difference is
    no proof that they think alike.

    Examples
    --------
    >>> everyone = pd.DataFrame({"customer_id": list("abcd"), "spend": [9.0, 8, 2, 1]})
    >>> shop_remainders(Sample(everyone.head(3)), everyone)["spend"].value
    1.333333333333333
    """
    truth = shop_behaviour(Sample(record))
    found = {}
    for name, one in shop_behaviour(respondents).items():
        if name not in truth or name == "left":
            continue
        centre = truth[name].value
        found[name] = replace(
            one,
            value=one.value - centre,
            low=one.low - centre,
            high=one.high - centre,
            unit=GAP_UNITS[one.unit],
            p_value=two_sided_p(one.value - centre, one.standard_error, math.inf),
        )
    return found


def _known(frame: pd.DataFrame) -> dict[str, tuple[str, str | None, str]]:
    """Those of the measures whose columns hold something."""
    return {
        name: (column, over, unit)
        for name, (column, over, unit) in MEASURES.items()
        if all(c in frame and frame[c].notna().any() for c in (column, over) if c)
        and (over is None or frame[over].sum() > 0)
        and (name != "left" or frame[column].any())
    }


def _in_both(frame: pd.DataFrame, column: str, over: str | None) -> bool:
    chances = frame[over] if over else frame[column].notna()
    return bool((chances.groupby(frame["answered"]).sum() > 0).sum() == 2)
