"""Grades follow from what was run and passed, and a vague placebo never passes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate import Estimate
from analysis.outcomes.evidence import (
    CONTROL,
    Check,
    Evidence,
    grade,
    placebo_check,
)


def slope(value, error, *, unit="per_hundred", confidence=0.95) -> Estimate:
    half = stats.norm.ppf(0.5 + confidence / 2) * error
    return Estimate(
        value=value,
        standard_error=error,
        low=value - half,
        high=value + half,
        base=4000,
        unit=unit,
        confidence=confidence,
    )


def test_the_placebo_of_the_demo_is_small():
    """Half of 1.45 is 0.72; 0.06 + 1.645 * 0.305 * sqrt(1.25) is 0.62."""
    check = placebo_check(slope(-0.064, 0.305), slope(-1.447, 0.305))
    assert check.passed
    assert check.why == "The placebo is small beside the effect."


@pytest.mark.parametrize(
    ("placebo", "effect", "why"),
    [
        (slope(-0.06, 0.6), slope(-1.447, 0.305), "too uncertain"),
        (slope(-1.4, 0.3), slope(-1.447, 0.305), "not nought"),
        (slope(-0.9, 0.5), slope(-1.447, 0.305), "too uncertain"),
        (slope(-0.55, 0.3), slope(-2.1, 0.3), "not shown to be small"),
        (slope(0.0, 0.1), slope(-0.4, 0.305), "effect itself may be nought"),
        (slope(math.nan, math.nan), slope(-1.4, 0.3), "could not be made"),
    ],
)
def test_why_a_placebo_does_not_pass(placebo, effect, why):
    check = placebo_check(placebo, effect)
    assert not check.passed
    assert why in check.why


def test_a_placebo_that_passes_by_a_wide_bound_needs_power_to_fail():
    """With the whole effect as the bound, vagueness could pass but for the power."""
    vague, effect = slope(0.0, 0.41), slope(1.0, 0.01)
    assert not placebo_check(vague, effect, share=1.0).passed
    assert placebo_check(vague, effect, share=1.0, power=0.5).passed


@given(st.floats(-3, 3), st.floats(0.05, 2), st.floats(0.1, 5), st.floats(0.02, 1))
def test_what_passes_lies_within_its_bound_and_could_have_failed(p, sp, e, se):
    placebo, effect = slope(p, sp), slope(e, se)
    if placebo_check(placebo, effect).passed:
        assert abs(p) + stats.norm.ppf(0.95) * sp < e / 2
        assert stats.norm.sf(1.96 - e / sp) > 0.9
    turned = placebo_check(slope(-p, sp), slope(-e, se))
    assert turned.passed == placebo_check(placebo, effect).passed


def test_a_placebo_half_as_large_as_the_effect_passes_in_one_of_twenty():
    """At the bound; without the error of the bound it would be one in fourteen."""
    rng, draws, truth = np.random.default_rng(5), 4000, 2.0
    placebo, effect = rng.normal([truth / 2, truth], 0.3, (draws, 2)).T
    passed = [
        placebo_check(slope(p, 0.3), slope(e, 0.3)).passed
        for p, e in zip(placebo, effect, strict=True)
    ]
    low, high = stats.binom.interval(0.999, draws, 0.05)
    assert low <= sum(passed) <= high


def test_a_check_holds_like_against_like():
    with pytest.raises(ValueError, match="same unit"):
        placebo_check(slope(0, 1), slope(2, 1, unit="share_difference"))
    with pytest.raises(ValueError, match="check is one of"):
        placebo_check(slope(0, 1), slope(2, 1), name="hunch")
    with pytest.raises(ValueError, match="between 0 and 1"):
        placebo_check(slope(0, 1), slope(2, 1), share=0.0)


def checks(**passed: bool) -> list[Check]:
    return [Check(name.replace("_", " "), ok, "Why.") for name, ok in passed.items()]


@pytest.mark.parametrize(
    ("facts", "run", "letter"),
    [
        ({"design": "experiment"}, {}, "A"),
        ({}, {"placebo": True, "negative_control": True}, "D"),
        ({"lagged": True}, {}, "D"),
        ({"lagged": True}, {"placebo": False}, "D"),
        ({"lagged": True}, {"negative_control": True}, "D"),
        ({"lagged": True}, {"placebo": True}, "C"),
        ({"lagged": True, "within": True}, {"placebo": True}, "C"),
        ({"lagged": True, "within": True}, {"placebo_lead": True}, "C"),
        ({"within": True}, {"placebo_lead": True, "negative_control": True}, "D"),
        (
            {"lagged": True, "within": True},
            {"placebo_lead": True, "negative_control": False},
            "C",
        ),
        (
            {"lagged": True, "within": True},
            {"placebo_lead": True, "negative_control": True},
            "B",
        ),
        (
            {"lagged": True},
            {"placebo_lead": True, "placebo": True, "negative_control": True},
            "C",
        ),
    ],
)
def test_a_grade_follows_from_what_passed(facts, run, letter):
    found = grade(**facts, checks=checks(**run))
    assert found.grade == letter
    assert all(reason.endswith(".") for reason in found.reasons)


def test_words_follow_the_grade():
    assert [Evidence(one, []).words for one in "BCD"] == [
        "precedes",
        "precedes",
        "goes with",
    ]


def test_an_unknown_design_is_refused():
    with pytest.raises(ValueError, match="design"):
        grade(design="hope")


def test_a_control_that_stands_still_has_not_passed():
    """Others' returns of a price class hardly move: they pass whatever is behind."""
    still = placebo_check(slope(0.02, 0.03), slope(-1.7, 0.43), name=CONTROL)
    assert not still.passed
    assert still.why == "The negative control hardly varies, so it could not fail."
    assert placebo_check(slope(0.02, 0.2), slope(-1.7, 0.43), name=CONTROL).passed
