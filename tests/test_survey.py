"""Design-based estimates against R's survey package, and their properties."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import survey
from analysis.study import StudyError
from analysis.survey import Sample

REFERENCE = Path(__file__).parent / "reference"
MARGINS = {
    "stype": {"E": 4421, "H": 755, "M": 1018},
    "sch.wide": {"No": 1072, "Yes": 5122},
}
CLOSE = {"rel": 1e-8}
ERROR = {"rel": 1e-6}


def schools(name: str) -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / f"{name}.csv")
    score = (frame["api00"] // 80).clip(0, 10)
    points = np.select([score >= 9, score <= 6], [100.0, -100.0], 0.0)
    return frame.assign(points=points)


@pytest.fixture(scope="module")
def stratified() -> Sample:
    frame = schools("apistrat")
    return Sample(frame, weights="pw", strata="stype", population="fpc")


@pytest.fixture(scope="module")
def clustered() -> Sample:
    frame = schools("apiclus1")
    return Sample(frame, weights="pw", clusters="dnum", population="fpc")


@pytest.fixture(scope="module")
def raked() -> Sample:
    frame = schools("apiclus1")
    frame["raked"] = survey.rake(frame, MARGINS, base_weights="pw")
    return Sample(
        frame,
        weights="raked",
        clusters="dnum",
        population="fpc",
        base_weights="pw",
        margins=("stype", "sch.wide"),
    )


# R 4.2.2, survey 4.1-1: svymean(~api00 + points, design).
@pytest.mark.parametrize(
    ("design", "column", "value", "error"),
    [
        ("stratified", "api00", 662.287363159, 9.40894080278),
        ("stratified", "points", 10.7838227704, 5.83871051613),
        ("clustered", "api00", 644.169398907, 23.5422406938),
        ("clustered", "points", -2.73224043716, 14.7004620917),
        ("raked", "api00", 641.230320827, 23.7036168879),
        ("raked", "points", -4.29823019898, 14.7156145380),
    ],
)
def test_means_equal_r(request, design, column, value, error):
    found = survey.mean(request.getfixturevalue(design), column)
    assert found.value == pytest.approx(value, **CLOSE)
    assert found.standard_error == pytest.approx(error, **ERROR)


def test_ratio_equals_r(stratified):
    found = survey.moments(stratified, "api.stu", over="enroll").table.loc["all"]
    assert found["value"] == pytest.approx(0.836956886941, **CLOSE)
    assert found["standard_error"] == pytest.approx(0.00775710316664, **ERROR)


def test_domain_means_equal_r(stratified):
    found = survey.mean(stratified, "api00", by="stype")
    values = {level: round(one.value, 2) for level, one in found.items()}
    errors = [one.standard_error for one in found.values()]
    assert values == {"E": 674.43, "H": 625.82, "M": 636.60}
    assert errors == pytest.approx([12.3824797939, 14.9371291854, 16.2147073082])


def test_raked_weights_equal_r(raked):
    weights = raked.frame.groupby(["stype", "sch.wide"])["raked"].first()
    expected = {
        ("E", "Yes"): 29.8706754927,
        ("E", "No"): 39.8392362471,
        ("H", "Yes"): 50.3294011160,
        ("H", "No"): 67.1255292412,
        ("M", "Yes"): 36.7910248641,
        ("M", "No"): 49.0690721639,
    }
    assert weights.to_dict() == pytest.approx(expected, **CLOSE)


def test_change_of_the_same_people_is_the_mean_of_their_changes():
    rng = np.random.default_rng(1)
    first = rng.normal(size=200)
    second = first + rng.normal(0.3, 0.4, size=200)
    frame = pd.DataFrame(
        {
            "person": np.tile(np.arange(200), 2),
            "wave": np.repeat(["a", "b"], 200),
            "score": np.concatenate([first, second]),
        }
    )
    sample = Sample(frame, clusters="person")
    change = survey.difference(sample, "score", by="wave", levels=("b", "a"))
    paired = second - first
    assert change.value == pytest.approx(paired.mean())
    assert change.standard_error == pytest.approx(paired.std(ddof=1) / np.sqrt(200))


def test_an_answer_without_a_name_is_a_cluster_of_its_own():
    frame = pd.DataFrame({"person": [None] * 5, "score": [1.0, 2, 3, 4, 9]})
    alone = survey.mean(Sample(frame, clusters="person"), "score")
    assert alone.standard_error == pytest.approx(
        survey.mean(Sample(frame), "score").standard_error
    )


answers = st.lists(
    st.tuples(st.integers(0, 10), st.sampled_from("ab"), st.floats(0.2, 5)),
    min_size=4,
    max_size=60,
)


@settings(deadline=None, max_examples=30)
@given(answers, st.floats(0.01, 1000), st.randoms(use_true_random=False))
def test_scale_of_weights_and_order_of_rows_change_nothing(rows, factor, random):
    frame = pd.DataFrame(rows, columns=["score", "group", "weight"])
    order = list(frame.index)
    random.shuffle(order)
    other = frame.loc[order].assign(weight=lambda rows: rows["weight"] * factor)
    first = survey.mean(Sample(frame, weights="weight"), "score", by="group")
    second = survey.mean(Sample(other, weights="weight"), "score", by="group")
    for level, one in first.items():
        assert second[level].value == pytest.approx(one.value)
        assert second[level].standard_error == pytest.approx(
            one.standard_error, abs=1e-9
        )
        assert one.low <= one.value <= one.high or np.isnan(one.low)


@settings(deadline=None, max_examples=30)
@given(answers, st.floats(0.2, 0.8))
def test_raking_reproduces_every_margin(rows, share):
    frame = pd.DataFrame(rows, columns=["score", "group", "weight"])
    frame["old"] = np.where(frame["score"] > 5, "y", "n")
    margins = {
        name: {
            level: 1000 * part
            for level, part in zip(levels, (share, 1 - share), strict=True)
        }
        for name in ("group",)
        if len(levels := sorted(frame[name].unique())) == 2
    }
    if not margins:
        return
    frame["raked"] = survey.rake(frame, margins, base_weights="weight")
    for name, totals in margins.items():
        found = frame.groupby(name)["raked"].sum().to_dict()
        assert found == pytest.approx(totals, rel=1e-8)


def test_margins_that_contradict_one_another_are_refused():
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["u", "v"], "start": 1.0})
    with pytest.raises(StudyError, match="cannot meet the margins"):
        survey.rake(
            frame,
            {"a": {"x": 10, "y": 90}, "b": {"u": 90, "v": 10}},
            base_weights="start",
        )


def test_trimmed_weights_keep_their_margins():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"a": rng.choice(["x", "y"], 400, p=[0.1, 0.9]), "start": rng.gamma(1, 1, 400)}
    )
    weights = survey.rake(
        frame, {"a": {"x": 400, "y": 600}}, base_weights="start", trim=5
    )
    assert weights.max() <= 5 * 1000 / 400 * (1 + 1e-6)
    totals = weights.groupby(frame["a"]).sum()
    assert totals.to_dict() == pytest.approx({"x": 400, "y": 600}, rel=1e-6)


def test_rows_without_a_level_stay_out_of_every_level():
    frame = pd.DataFrame({"score": [1.0, 2, 3, 9], "group": ["a", "a", None, "b"]})
    found = survey.mean(Sample(frame), "score", by="group")
    assert {level: one.value for level, one in found.items()} == {"a": 1.5, "b": 9}


def test_an_empty_question_is_an_error_that_names_it():
    with pytest.raises(StudyError, match="effort"):
        survey.mean(Sample(pd.DataFrame({"effort": [None, None]})), "effort")
