"""What must hold for every estimate, whatever the answers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis import survey
from analysis.study import StudyError
from analysis.survey import Sample

ROWS = st.lists(
    st.tuples(
        st.integers(0, 10),
        st.sampled_from("ab"),
        st.floats(0.2, 5),
        st.integers(0, 12),
        st.booleans(),
    ),
    min_size=4,
    max_size=60,
)
COLUMNS = ["score", "group", "weight", "person", "happy"]
KINDS = {
    "mean": lambda sample: survey.mean(sample, "score"),
    "ratio": lambda sample: survey.ratio(sample, "score", over="chances"),
    "total": lambda sample: survey.total(sample, "score"),
    "median": lambda sample: survey.quantile(sample, "score"),
    "wilson": lambda sample: survey.share(sample, "happy"),
    "logit": lambda sample: survey.share(sample, "happy", interval="logit"),
    "beta": lambda sample: survey.share(sample, "happy", interval="beta"),
}


def sample_of(rows, *, confidence: float = 0.95) -> Sample:
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(
        chances=lambda rows: rows["score"] + 1
    )
    return Sample(frame, weights="weight", clusters="person", confidence=confidence)


def tell(rows, kind: str, **options):
    assume(len({person for *_, person, _ in rows}) > 2)
    return KINDS[kind](sample_of(rows, **options))


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=25)
@given(rows=ROWS, wider=st.floats(0.955, 0.999))
def test_an_interval_holds_its_estimate_and_widens_with_confidence(kind, rows, wider):
    one = tell(rows, kind)
    other = tell(rows, kind, confidence=wider)
    slack = 1e-9 * (1 + abs(one.value))
    if not np.isnan(one.low):
        assert one.low <= one.value + slack
        assert np.isnan(other.low) or other.low <= one.low + slack
    if not np.isnan(one.high):
        assert one.high >= one.value - slack
        assert np.isnan(other.high) or other.high >= one.high - slack
    assert one.value == other.value


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "total"])
@settings(deadline=None, max_examples=15)
@given(
    rows=ROWS,
    factor=st.sampled_from([0.25, 8.0, 1024.0]),
    random=st.randoms(use_true_random=False),
)
def test_scale_of_weights_and_order_of_rows_change_nothing(kind, rows, factor, random):
    first = tell(rows, kind)
    other = [(a, b, weight * factor, d, e) for a, b, weight, d, e in rows]
    random.shuffle(other)
    second = tell(other, kind)
    for name in ("value", "standard_error", "low", "high", "effective_base"):
        expected = pytest.approx(getattr(first, name), rel=1e-6, abs=1e-6, nan_ok=True)
        assert getattr(second, name) == expected


@settings(deadline=None, max_examples=20)
@given(rows=ROWS)
def test_domains_of_a_column_with_one_level_are_the_whole(rows):
    assume(len({person for *_, person, _ in rows}) > 2)
    sample = sample_of(rows).with_columns(everyone="yes")
    whole = survey.mean(sample, "score")
    part = survey.mean(sample, "score", by="everyone")["yes"]
    assert part.value == pytest.approx(whole.value)
    assert part.standard_error == pytest.approx(whole.standard_error, abs=1e-9)


def test_nothing_asked_of_a_sample_changes_its_frame():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "score": rng.integers(0, 11, 80).astype(float),
            "group": rng.choice(["a", "b"], 80),
            "weight": rng.uniform(1, 2, 80),
            "person": rng.integers(0, 40, 80).astype(str),
            "happy": rng.random(80) < 0.4,
        },
        index=np.zeros(80, dtype=int),
    )
    frame.loc[:, "score"] = frame["score"].where(frame["score"] != 3)
    kept = frame.copy(deep=True)
    sample = Sample(frame, weights="weight", clusters="person")
    for by in (None, "group"):
        survey.mean(sample, "score", by=by)
        survey.quantile(sample, "score", by=by)
        survey.share(sample, "happy", by=by)
    survey.difference(sample, "score", by="group", levels=("a", "b"))
    survey.regression(sample, "score", ["happy", "group"])
    raked = survey.adjust(sample, {"group": {"a": 100, "b": 100}}, trim=3)
    survey.replicates(raked, kind="jackknife")
    pd.testing.assert_frame_equal(frame, kept)


def test_an_index_that_repeats_itself_changes_nothing():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"score": rng.normal(size=60), "group": rng.choice(["a", "b"], 60)}
    )
    other = frame.set_axis(np.zeros(60, dtype=int))
    margins = {"group": {"a": 700, "b": 300}}
    first, second = (survey.adjust(Sample(one), margins) for one in (frame, other))
    assert survey.mean(first, "score") == survey.mean(second, "score")
    assert survey.mean(first, "score", by="group") == survey.mean(
        second, "score", by="group"
    )


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


def test_rows_without_a_level_stay_out_of_every_level():
    frame = pd.DataFrame({"score": [1.0, 2, 3, 9], "group": ["a", "a", None, "b"]})
    found = survey.mean(Sample(frame), "score", by="group")
    assert {level: one.value for level, one in found.items()} == {"a": 1.5, "b": 9}


def test_a_level_without_values_is_left_out():
    frame = pd.DataFrame({"score": [1.0, 2, None], "group": ["a", "a", "b"]})
    assert list(survey.mean(Sample(frame), "score", by="group")) == ["a"]


def test_a_share_of_all_or_nobody_keeps_an_interval_in_every_way():
    sample = Sample(pd.DataFrame({"happy": [False] * 30}))
    for interval in ("wilson", "logit", "beta"):
        found = survey.share(sample, "happy", interval=interval)
        assert (found.value, found.low) == (0, 0)
        assert 0.05 < found.high < 0.2


def test_one_cluster_has_no_known_error():
    frame = pd.DataFrame({"score": [1.0, 2, 3], "person": "p"})
    found = survey.mean(Sample(frame, clusters="person"), "score")
    assert found.value == 2
    assert np.isnan([found.standard_error, found.low, found.high]).all()


def test_more_levels_than_ten_keep_their_own_values():
    frame = pd.DataFrame({"score": np.arange(48.0), "group": np.arange(48) // 4})
    found = survey.mean(Sample(frame), "score", by="group")
    assert found["11"].value == 45.5
    assert found["2"].value == 9.5


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([np.nan] * 3, "No answer has a weight"),
        ([0.0] * 3, "All 3 weights .* are zero"),
        ([1.0, np.nan, 1.0], r"1 of 3 weights \(weight\) are missing, .* row 1"),
        ([1.0, 1.0, 0.0], "1 of 3 weights .* are zero"),
        ([-1.0, 1.0, 0.0], "1 of 3 weights .* are below zero"),
        ([1.0, np.inf, 1.0], "have no bound"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, message):
    frame = pd.DataFrame({"score": [1.0, 2, 3], "weight": weights})
    with pytest.raises(StudyError, match=message):
        survey.mean(Sample(frame, weights="weight"), "score")
    with pytest.raises(StudyError, match=message):
        survey.rake(frame.assign(g="a"), {"g": {"a": 9}}, base_weights="weight")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda one: survey.mean(one, "effort"), "No answer has a value in effort"),
        (lambda one: survey.mean(one, "efort"), "no column efort"),
        (lambda one: survey.share(one, "happy", interval="wald"), "no interval 'wald'"),
        (lambda one: survey.quantile(one, "score", probability=1), "lies in 0 to 1"),
        (
            lambda one: survey.regression(one, "score", ["double", "score2"]),
            "cannot be",
        ),
        (
            lambda one: survey.regression(one, "happy", ["sure"], family="logit"),
            "sure.* happy is predicted perfectly|happy is predicted perfectly",
        ),
        (
            lambda one: survey.regression(one, "score", ["word"]),
            "word has fewer than 2",
        ),
        (lambda one: survey.regression(one, "score", ["happy"], family="x"), "not 'x'"),
        (lambda one: survey.design_effect(one, "same"), "does not vary"),
        (
            lambda one: survey.difference(one, "score", by="same", levels=("1", "2")),
            "same = '2'",
        ),
        (lambda one: Sample(one.frame, weights="wieght"), "no column wieght"),
        (lambda one: Sample(one.frame, confidence=95), "between 0 and 1"),
        (
            lambda one: survey.mean(Sample(one.frame, strata="lonely"), "score"),
            "lonely = 'b' has a single cluster",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_in_plain_words(ask, message):
    frame = pd.DataFrame(
        {
            "score": [1.0, 2, 4, 5],
            "score2": [1.0, 3, 4, 5],
            "double": [2.0, 6, 8, 10],
            "happy": [True, False, True, True],
            "effort": [None] * 4,
            "same": 1,
            "lonely": list("aaab"),
            "sure": [5.0, 0, 6, 7],
            "word": "q",
        }
    )
    with pytest.raises(StudyError, match=message):
        ask(Sample(frame))
