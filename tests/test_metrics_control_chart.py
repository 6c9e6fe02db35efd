"""The XmR chart: numbers by hand, gaps, breaks, and false alarms as stated."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimate import Estimate
from analysis.metrics.control_chart import control_chart, control_limits
from analysis.study import StudyError

MONTHS = [str(one) for one in pd.period_range("2024-10", periods=24, freq="M")]


def made(values, *, months=MONTHS, unit="score"):
    return {
        month: Estimate(
            value=value, standard_error=1, low=value, high=value, base=50, unit=unit
        )
        for month, value in zip(months, values, strict=False)
    }


def test_limits_by_hand():
    """Mean 5.4, moving ranges 2 1 2 1 3 1 2 2 1: mean 15/9."""
    values = [5, 7, 6, 4, 5, 8, 7, 5, 3, 4]
    found = control_limits(made([*values, 99]), since=MONTHS[10])
    step = 15 / 9
    expected = {
        "centre": 5.4,
        "low_limit": 5.4 - 2.66 * step,
        "high_limit": 5.4 + 2.66 * step,
        "moving_range_limit": 3.268 * step,
    }
    assert {k: one.value for k, one in found.items()} == pytest.approx(expected)
    assert found["centre"].effective_base == 10
    assert found["moving_range_limit"].unit == "score_difference"


def test_a_published_example():
    """Montgomery, Introduction to Statistical Quality Control: paint viscosity."""
    values = "33.75 33.05 34.00 33.81 33.46 34.02 33.68 33.27 33.49 33.20 33.62 33.00"
    series = made(map(float, f"{values} 33.54 33.12 33.84 33.50".split()))
    found = control_limits(series, since=MONTHS[15])
    rounded = [round(one.value, 2) for one in found.values()]
    assert rounded == [33.52, 32.24, 34.80, 1.57]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(-50, 50), min_size=12, max_size=24),
    st.sampled_from([0.25, 0.5, 2.0, 8.0]),
)
def test_another_scale_changes_no_signal(values, factor):
    # Powers of two: rounding must not move a value across a limit.
    first, other = (
        control_chart(made(np.array(values) * by), since=MONTHS[11])
        for by in (1.0, factor)
    )
    pd.testing.assert_frame_equal(first.signals, other.signals)


def test_a_month_outside_and_a_run_are_signals_and_say_where():
    calm = [10, 12] * 6
    chart = control_chart(made([*calm, *[11.5] * 8, 30]), since=MONTHS[20])
    outside, run = (
        chart.signals[chart.signals["rule"] == rule] for rule in ("outside", "run")
    )
    assert outside[["end", "side", "is_new"]].to_numpy().tolist() == [
        [MONTHS[20], "above", True]
    ]
    assert len(run) == 1
    chart = control_chart(made([*calm, *[11.5] * 9]), since=MONTHS[12])
    assert chart.signals.to_numpy().tolist() == [
        ["run", MONTHS[11], MONTHS[20], "above", True]
    ]


def test_the_months_in_question_make_no_limits():
    calm = [10.0, 12.0] * 6
    limits = [
        control_limits(made([*calm, last]), since=MONTHS[12])["high_limit"].value
        for last in (11.0, 99.0)
    ]
    assert limits[0] == limits[1]


def test_a_gap_is_named_and_makes_no_moving_range():
    months = [month for month in MONTHS if month != MONTHS[5]]
    values = [1.0, 2.0] * 3 + [50.0, 51.0] * 6
    chart = control_chart(made(values, months=months), since=MONTHS[14])
    assert chart.gaps == [MONTHS[5]]
    assert chart.points["moving_range"].isna().sum() == 2


def test_a_break_restarts_the_limits_and_a_month_not_over_is_left_out():
    values = [50.0, 52.0] * 5 + [20.0, 22.0] * 6 + [99.0]
    chart = control_chart(
        made(values), since=MONTHS[21], until=MONTHS[21], breaks=[MONTHS[10]]
    )
    assert list(chart.points["period"]) == MONTHS[10:22]
    assert chart.limits["centre"].value < 22
    assert chart.signals.empty


def test_a_quarter_stands_for_its_months():
    values = [50.0, 52.0] * 5 + [20.0, 22.0] * 7
    months, quarters = (
        control_chart(made(values), since=since, until=until, breaks=breaks)
        for since, until, breaks in (
            (MONTHS[21], MONTHS[23], [MONTHS[9]]),
            ("2026Q3", "2026Q3", ["2025Q3"]),
        )
    )
    pd.testing.assert_frame_equal(months.points, quarters.points)
    assert months.points["is_new"].sum() == 3


def test_too_few_months_are_a_reason_and_not_a_crash():
    chart = control_chart(made([1.0] * 12), since=MONTHS[9])
    assert chart.limits == {}
    assert chart.signals.empty
    assert "there are 9" in chart.reason
    with pytest.raises(StudyError, match="too few"):
        control_limits(made([1.0] * 12), since=MONTHS[9])
    assert "there are 0" in control_chart({}, since=MONTHS[9]).reason


def test_limits_stay_where_the_unit_allows():
    shares = made([0.01, 0.03] * 6, unit="share")
    limits = control_limits(shares, since=MONTHS[11])
    assert limits["low_limit"].value == limits["low_limit"].low == 0


def test_false_alarms_and_intervals_are_as_stated():
    """24 stable months: 10 % of charts; the last three: 4 %; limits covered 95 %."""
    rng = np.random.default_rng(8)
    draws, alarms, new, held = 250, 0, 0, 0
    for _ in range(draws):
        chart = control_chart(made(rng.normal(size=24)), since=MONTHS[21])
        alarms += not chart.signals.empty
        new += bool(chart.signals["is_new"].any())
        held += chart.limits["high_limit"].low <= 3 <= chart.limits["high_limit"].high
    assert 0.04 < alarms / draws < 0.17
    assert new / draws < 0.08
    assert 0.91 < held / draws < 0.99
