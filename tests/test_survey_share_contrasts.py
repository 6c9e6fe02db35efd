"""Differences of shares: published answers, properties and coverage."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import survey
from analysis.estimate import Estimate, wilson_interval
from analysis.study import StudyError
from analysis.survey import Sample
from analysis.survey.share_contrasts import contrast_shares

LEVELS = ("a", "b")
# Newcombe (1998), table II, method 10.
PUBLISHED = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0000),
    ((10, 10), (0, 10), 0.6075, 1.0000),
]


def answers(first: tuple[int, int], second: tuple[int, int]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"mark": np.arange(n) < hits, "group": level})
        for level, (hits, n) in zip(LEVELS, (first, second), strict=True)
    ]
    return pd.concat(parts, ignore_index=True).astype({"mark": float})


def gap(frame: pd.DataFrame, **options: str) -> Estimate:
    sample = Sample(
        frame,
        weights="weight" if "weight" in frame else None,
        clusters="person" if "person" in frame else None,
    )
    return survey.share_difference(sample, "mark", by="group", levels=LEVELS, **options)


@pytest.mark.parametrize(("first", "second", "low", "high"), PUBLISHED)
def test_the_interval_is_the_published_one(first, second, low, high):
    # Linearisation divides by one less than all answers: in a large sample by
    # nothing that shows.
    others = pd.DataFrame({"mark": 0.0, "group": [None] * 100_000})
    found = gap(pd.concat([answers(first, second), others], ignore_index=True))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("first", "second", "low", "high"), PUBLISHED)
def test_without_other_answers_it_is_hardly_wider(first, second, low, high):
    found = gap(answers(first, second))
    assert low - 0.02 <= found.low <= low + 1e-4
    assert high - 1e-4 <= found.high <= high + 0.02


def test_one_mark_of_46_against_11_of_164_shows_nothing():
    found = gap(answers((1, 46), (11, 164)))
    assert found.low < 0 < found.high
    assert found.p_value > 0.2


def test_people_in_both_groups_enter_with_their_correlation():
    """Newcombe's paired interval: the phi coefficient is the correlation."""
    pairs = np.repeat([(1, 1), (1, 0), (0, 1), (0, 0)], [60, 40, 15, 85], axis=0)
    frame = pd.DataFrame({
        "mark": pairs.T.ravel().astype(float),
        "group": np.repeat(LEVELS, 200),
        "person": np.tile(np.arange(200), 2),
    })  # fmt: skip
    found = gap(frame)
    phi = (60 * 85 - 40 * 15) / math.sqrt(100 * 100 * 75 * 125)
    base = 199  # linearisation divides by one less than the people
    down = 0.5 - wilson_interval(0.5, base)[0]
    up = wilson_interval(0.375, base)[1] - 0.375
    reach = math.sqrt(down**2 - 2 * phi * down * up + up**2)
    assert found.low == pytest.approx(0.125 - reach)
    apart = gap(frame.drop(columns="person"))
    assert found.high - found.low < 0.9 * (apart.high - apart.low)


ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 1.0]),
        st.sampled_from(LEVELS),
        st.floats(0.5, 2.4),
        st.integers(0, 40),
    ),
    min_size=12,
    max_size=80,
)


@settings(deadline=None, max_examples=60)
@given(rows=ROWS, shift=st.integers(0, 20))
def test_the_p_value_and_the_interval_never_contradict(rows, shift):
    frame = pd.DataFrame(rows, columns=["mark", "group", "weight", "person"])
    moved = (frame["group"] == "a") & (frame.index < 2 * shift)
    frame["mark"] = frame["mark"].mask(moved, 1.0)
    people = frame.groupby("group")["person"].nunique()
    assume(people.reindex(LEVELS, fill_value=0).min() > 1)
    found = gap(frame)
    assert -1 <= found.low <= found.value <= found.high <= 1
    mirrored = gap(frame.replace({"group": {"a": "b", "b": "a"}}))
    assert mirrored.low == pytest.approx(-found.high, abs=1e-9)
    if found.p_value is not None:
        assert (found.p_value < 0.05) == found.excludes_zero
        assert mirrored.p_value == pytest.approx(found.p_value, rel=1e-6)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("hits", "is_tested"), [(4, False), (6, True)])
def test_few_marks_or_few_without_are_not_tested(hits, is_tested, turned):
    frame = answers((hits, 60), (0, 60))
    if turned:
        frame["mark"] = 1 - frame["mark"]
    assert (gap(frame).p_value is not None) == is_tested


def test_halves_do_not_pass_for_precision():
    whole = gap(answers((20, 80), (40, 80)))
    halved = answers((40, 80), (80, 80))
    halved["mark"] /= 2
    found = gap(halved)
    assert found.value == whole.value
    width = whole.high - whole.low
    assert found.high - found.low == pytest.approx(width, abs=0.001)


def test_the_bases_are_those_of_the_smaller_group():
    frame = answers((10, 46), (30, 164))
    found = gap(frame)
    assert found.base == 46
    assert found.effective_base == pytest.approx(46, rel=0.01)
    score = survey.difference(Sample(frame), "mark", by="group", levels=LEVELS)
    assert (score.base, score.effective_base) == (46, pytest.approx(46, rel=0.01))


def test_lines_of_customers_are_chances():
    frame = answers((10, 50), (25, 60)).assign(lines=1)
    assert gap(frame, over="lines").low == pytest.approx(gap(frame).low)
    doubled = frame.assign(mark=2 * frame["mark"], lines=2)
    # Lines that come back together tell no more than one.
    assert gap(doubled, over="lines").low == pytest.approx(gap(frame).low)


def test_a_group_of_one_person_tells_nothing():
    found = gap(answers((4, 12), (20, 40)).assign(person=[0] * 12 + [*range(1, 41)]))
    assert found.high - found.low > 1
    assert found.effective_base == 0


def test_a_level_without_answers_is_refused():
    with pytest.raises(StudyError, match="group = 'b'"):
        gap(answers((4, 12), (0, 0)))


@pytest.mark.parametrize(("first", "second"), [(0.10, 0.10), (0.10, 0.05)])
def test_coverage_with_46_against_164_weighted_answers(first, second):
    """1,000 draws; as often as stated or more, within the 99 % band of the draws."""
    times, size = 1000, 210
    rng = np.random.default_rng([46, 164, round(100 * first), round(100 * second)])
    sides = np.tile(np.repeat(LEVELS, [46, 164]), times)
    frame = pd.DataFrame({
        "mark": (rng.random(len(sides)) < np.where(sides == "a", first, second)) * 1.0,
        "weight": rng.uniform(0.5, 2.4, len(sides)),
        "draw": np.repeat(np.arange(times), size),
        "side": sides,
    })  # fmt: skip
    found = [
        one for _, part in frame.groupby(frame["draw"] // 20) for one in told(part)
    ]
    truth = first - second
    covered = sum(one.low <= truth <= one.high for one in found)
    assert covered >= stats.binom.ppf(0.005, times, 0.95)
    if not truth:
        alarms = sum((one.p_value or 1.0) <= 0.05 for one in found)
        assert alarms <= stats.binom.ppf(0.995, times, 0.05)


def told(part: pd.DataFrame) -> list[Estimate]:
    """Estimates of many draws from one pass over them all."""
    level = part["draw"].astype("str") + part["side"]
    sample = Sample(part.assign(level=level), weights="weight")
    found = survey.moments(sample, "mark", by="level")
    return [
        contrast_shares(found.only((f"{draw}a", f"{draw}b"), by="level"))
        for draw in part["draw"].unique()
    ]
