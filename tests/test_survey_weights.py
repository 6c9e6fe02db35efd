"""Weights reproduce the population, or say in plain words why they cannot."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis import survey
from analysis.study import StudyError
from analysis.survey import Sample

PEOPLE = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from("xy"),
        st.floats(0.2, 5),
        st.floats(0.2, 5),
        st.floats(0, 9),
    ),
    min_size=3,
    max_size=50,
)


def people_of(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["segment", "region", "start", "truth", "spent"])
    return frame.set_axis(frame.index % 2)


def counts(frame: pd.DataFrame, weights: str) -> dict[str, dict[str, float]]:
    return {
        name: frame.groupby(name)[weights].sum().to_dict()
        for name in ("segment", "region")
    }


@settings(deadline=None, max_examples=40)
@given(PEOPLE)
def test_raking_reproduces_every_margin(rows):
    frame = people_of(rows)
    wanted = counts(frame, "truth")
    frame["made"] = survey.rake(frame, wanted, base_weights="start")
    assert (frame["made"] > 0).all()
    for name, totals in counts(frame, "made").items():
        assert totals == pytest.approx(wanted[name], rel=1e-8)


@settings(deadline=None, max_examples=40)
@given(PEOPLE, st.floats(0.001, 1000), st.randoms(use_true_random=False))
def test_scale_of_base_weights_and_order_of_rows_do_not_change_raking(
    rows, factor, random
):
    frame = people_of(rows).reset_index(drop=True)
    order = list(frame.index)
    random.shuffle(order)
    wanted = counts(frame, "truth")
    other = frame.loc[order].assign(start=lambda rows: rows["start"] * factor)
    first = survey.rake(frame, wanted, base_weights="start")
    second = survey.rake(other, wanted, base_weights="start")
    assert second[frame.index].tolist() == pytest.approx(first.tolist(), rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(PEOPLE)
def test_calibration_reproduces_counts_and_totals(rows):
    frame = people_of(rows)
    assume(frame["spent"].std() > 0.5)
    start = frame["start"]
    frame["truth"] = start * (1.3 + 0.02 * frame["spent"])
    wanted, spent = counts(frame, "truth"), (frame["truth"] * frame["spent"]).sum()
    frame["made"] = survey.calibrate(
        frame, wanted, base_weights="start", totals={"spent": spent}
    )
    assert (frame["made"] * frame["spent"]).sum() == pytest.approx(spent, rel=1e-8)
    for name, totals in counts(frame, "made").items():
        assert totals == pytest.approx(wanted[name], rel=1e-8)


def test_poststratification_keeps_the_proportions_within_a_group():
    frame = pd.DataFrame({"group": ["a", "a", "b"], "start": [1.0, 3, 2]})
    made = survey.poststratify(
        frame, {"a": 100, "b": 50}, by="group", base_weights="start"
    )
    assert made.tolist() == pytest.approx([25, 75, 50])


def test_trimmed_weights_keep_their_margins():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "a": rng.choice(["x", "y"], 400, p=[0.1, 0.9]),
            "b": rng.choice(["u", "v"], 400),
            "start": rng.gamma(1, 1, 400) + 0.01,
        }
    )
    wanted = {"a": {"x": 400, "y": 600}, "b": {"u": 450, "v": 550}}
    free = survey.rake(frame, wanted, base_weights="start")
    weights = survey.rake(frame, wanted, base_weights="start", trim=5)
    assert free.max() > 5 * 2.5
    assert weights.max() <= 5 * 2.5 * (1 + 1e-6)
    for name, totals in wanted.items():
        found = weights.groupby(frame[name]).sum().to_dict()
        assert found == pytest.approx(totals, rel=1e-8)


def test_a_limit_that_does_not_bind_changes_nothing():
    frame = pd.DataFrame({"a": list("xxy"), "start": 1.0})
    wanted = {"a": {"x": 30, "y": 20}}
    free = survey.rake(frame, wanted, base_weights="start")
    assert survey.rake(frame, wanted, base_weights="start", trim=2).equals(free)


PAIR = {"a": {"x": 60, "y": 40}, "b": {"u": 50, "v": 50}}


@pytest.mark.parametrize(
    ("margins", "trim", "message"),
    [
        ({"a": {"x": 10, "y": 90}, "b": {"u": 90, "v": 10}}, None, "cannot meet"),
        ({"a": {"x": 10, "y": 90}, "b": {"u": 50, "v": 20}}, None, "a 100, b 70"),
        ({"a": {"x": 100}}, None, "1 answers have a = 'y', which the population lacks"),
        ({"a": {"x": 100, "y": 0}}, None, "a = 'y', which the population lacks"),
        ({"a": {"x": 1, "y": 2, "z": 3}}, None, "Nobody with a = 'z' answered"),
        ({"a": {"x": 1, "y": -2}}, None, "count of a = 'y' is -2"),
        ({"c": {"x": 1, "y": 2}}, None, "no column c"),
        ({"gaps": {"x": 1}}, None, "1 of 2 answers have no gaps"),
        ({}, None, "at least one margin"),
        ({"a": {"x": 99, "y": 1}}, 1.1, "cannot meet"),
        ({"a": {"x": 99, "y": 1}}, 0.5, "limit must be above 1"),
    ],
)
def test_margins_that_cannot_be_met_are_refused_in_plain_words(margins, trim, message):
    frame = pd.DataFrame(
        {"a": ["x", "y"], "b": ["u", "v"], "gaps": ["x", None], "start": 1.0}
    )
    with pytest.raises(StudyError, match=message):
        survey.rake(frame, margins, base_weights="start", trim=trim)


def test_calibration_that_would_need_negative_weights_is_refused():
    frame = pd.DataFrame({"a": "x", "spent": [1.0, 2, 3], "start": 1.0})
    with pytest.raises(StudyError, match="weights of zero or less"):
        survey.calibrate(
            frame, {"a": {"x": 3}}, base_weights="start", totals={"spent": 20}
        )
    with pytest.raises(StudyError, match="Totals belong to calibration"):
        survey.adjust(Sample(frame), {"a": {"x": 3}}, totals={"spent": 20})


def test_raking_to_what_one_asks_takes_the_error_away():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 300)})
    frame["is_a"] = frame["group"] == "a"
    raked = survey.adjust(Sample(frame), {"group": {"a": 70, "b": 30}})
    found = survey.mean(raked, "is_a", unit="share")
    assert found.value == pytest.approx(0.7)
    assert found.standard_error == pytest.approx(0, abs=1e-9)
    blind = Sample(raked.frame, weights="weight")
    assert survey.mean(blind, "is_a", unit="share").standard_error > 0.02
