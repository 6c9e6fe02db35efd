"""Outside figures: verdicts, ages, and no row lost."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate import Estimate
from analysis.metrics.comparison import compare_outside
from analysis.study import Period

NOW = Period.parse("2026Q3")


def ours(low, high, base=700):
    value = (low + high) / 2
    return Estimate(
        value=value, standard_error=2, low=low, high=high, base=base, unit="points"
    )


def table(**columns):
    row = {
        "metric": "nps",
        "industry": "Retail",
        "value": 32.0,
        "low": 24.0,
        "high": 41.0,
        "source": "A panel",
        "published_on": pd.Timestamp("2026-03-31"),
    }
    return pd.DataFrame([row | columns])


def compare(targets, figure=None, **more):
    return compare_outside(targets, {"nps": figure or ours(30, 35)}, period=NOW, **more)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (42, 50, "above its range"),
        (10, 20, "below its range"),
        (24, 41, "within its range"),
        (38, 44, "overlaps its edge"),
        (10, 50, "overlaps its edge"),
    ],
)
def test_the_verdict_holds_our_interval_against_the_range(low, high, verdict):
    assert compare(table(), ours(low, high)).compared.loc[0, "verdict"] == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(33, 40, "above it"), (20, 31, "below it"), (30, 34, "cannot tell")],
)
def test_without_a_range_only_the_value_is_compared_and_that_is_said(
    low, high, verdict
):
    row = compare(table(low=np.nan), ours(low, high)).compared.loc[0]
    assert row["verdict"] == verdict
    assert "no range" in row["warning"]


@pytest.mark.parametrize(
    ("day", "months", "warned"),
    [
        ("2026-03-31", 6, False),
        ("2024-09-30", 24, False),
        ("2024-08-31", 25, True),
        ("2024-08-15", 25, True),
    ],
)
def test_an_old_figure_is_warned_of(day, months, warned):
    row = compare(table(published_on=pd.Timestamp(day))).compared.loc[0]
    assert row["months"] == months
    assert ("months old" in row["warning"]) == warned


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"metric": "theme_share"}, "page of what customers say"),
        ({"metric": "npss"}, "known: nps"),
        ({"value": np.nan}, "no value"),
        ({"value": 320.0}, "outside -100 to 100"),
        ({"low": 33.0}, "leaves out 32"),
        ({"published_on": pd.Timestamp("2026-10-01")}, "after the period"),
    ],
)
def test_what_cannot_be_compared_is_listed_with_the_reason(row, reason):
    found = compare(table(**row))
    assert found.compared.empty
    assert reason in found.set_aside.loc[0, "reason"]


def test_our_figure_on_few_answers_is_not_shown():
    found = compare(table(), ours(30, 35, base=9))
    assert found.compared.empty
    assert found.gaps == {}


def test_every_row_has_its_own_name_and_gap():
    rows = pd.concat([table(), table(value=30.0), table(published_on=pd.NaT)])
    found = compare(rows)
    assert list(found.gaps) == list(found.compared["benchmark"])
    assert found.compared["benchmark"].is_unique
    assert found.gaps["nps, Retail (2)"].value == pytest.approx(2.5)
    assert "not known" in found.compared["warning"].iloc[2]
