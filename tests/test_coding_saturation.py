"""Saturation and co-occurrence of codes: published answers and simulated truth."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.coding.cooccurrence import code_lifts, tabulate_lifts
from analysis.coding.saturation import (
    code_coverage,
    codes_in_all,
    coming_codes,
    saturation_curve,
)
from analysis.study import StudyError
from analysis.survey import Sample


def rng() -> np.random.Generator:
    return np.random.default_rng(20260930)


def seen_in(times: list[int], documents: int) -> pd.DataFrame:
    """Codes seen in so many documents each, from the first on."""
    rows = np.arange(documents)[:, None] < np.array(times)[None, :]
    return pd.DataFrame(rows)


# m=10, Q1=4, Q2=2, S=12, U=30: Chao2 15.6 and coverage .88.
TEN = seen_in([1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4], 10)


def test_the_published_example():
    assert TEN.to_numpy().sum() == 30
    assert code_coverage(TEN).value == pytest.approx(0.88)
    assert codes_in_all(TEN).value == pytest.approx(15.6)
    found = codes_in_all(TEN)
    assert 12 <= found.low < 15.6 < found.high
    near = [coming_codes(TEN, documents=n, rng=rng()).value for n in (1, 5, 10)]
    assert near == sorted(near)
    assert near[-1] < 3.6


@pytest.mark.parametrize(("documents", "truth"), [(6, 0.75), (12, 0.858), (20, 0.917)])
def test_coverage_is_nearly_unbiased_and_its_interval_holds(documents, truth):
    chances = 0.4 * 0.8 ** np.arange(20)
    draw, misses, holds = rng(), [], []
    for _ in range(500):
        seen = pd.DataFrame(draw.random((documents, 20)) < chances)
        if not seen.any(axis=None):
            continue
        true = chances[seen.any()].sum() / chances.sum()
        one = code_coverage(seen)
        misses.append(one.value - true)
        holds.append(one.low <= true <= one.high)
    assert abs(np.mean(misses)) < 0.03
    assert np.mean(holds) >= 0.91


def test_codes_that_are_all_known_bring_no_others():
    done = seen_in([9, 8, 7], 10)
    assert code_coverage(done).value == 1
    assert code_coverage(done).low < 1
    assert codes_in_all(done).value == codes_in_all(done).high == 3
    assert coming_codes(done, documents=5, rng=rng()).value == 0


@given(arrays(bool, st.tuples(st.integers(2, 15), st.integers(1, 8))))
@settings(max_examples=50, deadline=None)
def test_figures_of_saturation_stay_in_their_bounds(cells):
    assume(cells.any())
    seen = pd.DataFrame(cells)
    one, every = code_coverage(seen), codes_in_all(seen)
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert cells.any(axis=0).sum() <= every.low <= every.value <= every.high
    turned = seen.iloc[::-1, ::-1]
    assert code_coverage(turned).value == pytest.approx(one.value)


def test_the_curve_follows_the_order_of_coding():
    curve = saturation_curve(seen_in([3, 2, 1], 6).iloc[::-1], points=4)
    assert curve["codes"].is_monotonic_increasing
    assert curve["documents"].iloc[-1] == 6
    assert curve["documents"].iloc[0] == 4  # the first three brought nothing


def test_too_little_to_tell_saturation_says_so():
    with pytest.raises(StudyError, match="1 documents and 1 codes"):
        code_coverage(pd.DataFrame([[True]]))
    with pytest.raises(StudyError, match="ask for 1 to 10"):
        coming_codes(TEN, documents=11, rng=rng())


def together(n: int, *, lift: float, seed: int, persons: int = 0) -> Sample:
    draw = np.random.default_rng(seed)
    both = lift * 0.2 * 0.15
    cell = draw.choice(4, n, p=[both, 0.2 - both, 0.15 - both, 0.65 + both])
    if persons:
        cell = np.repeat(cell, persons)
    frame = pd.DataFrame({"late": cell <= 1, "rude": (cell == 0) | (cell == 2)}) * 1.0
    frame["person"] = np.arange(len(cell)) // max(persons, 1)
    return Sample(frame, clusters="person")


def test_lift_finds_pairs_and_false_alarms_keep_their_rate():
    alarms, covers = [], []
    for seed in range(250):
        none = together(300, lift=1, seed=seed)
        alarms.append(code_lifts(none, codes=["late", "rude"])["late + rude"].p_value)
        some = together(300, lift=2, seed=seed)
        one = code_lifts(some, codes=["late", "rude"])["late + rude"]
        covers.append(one.low <= 2 <= one.high)
    assert np.mean(np.array(alarms) < 0.05) <= 0.05 + 2.576 * math.sqrt(0.0475 / 250)
    assert np.mean(covers) >= 0.95 - 2.576 * math.sqrt(0.0475 / 250)


def test_a_person_who_repeats_himself_adds_nothing():
    alone = code_lifts(together(200, lift=2, seed=1), codes=["late", "rude"])
    thrice = code_lifts(
        together(200, lift=2, seed=1, persons=3), codes=["late", "rude"]
    )
    first, second = alone["late + rude"], thrice["late + rude"]
    assert first.value == pytest.approx(second.value)
    width = math.log(first.high / first.low)
    assert math.log(second.high / second.low) > 0.8 * width


def test_interval_and_p_value_never_contradict():
    for seed in range(30):
        coded = together(150, lift=1.8, seed=seed)
        one = code_lifts(coded, codes=["late", "rude"])["late + rude"]
        assert (one.p_value < 0.05) == (one.low > 1 or one.high < 1)


def test_rare_pairs_are_not_tested_and_stand_last():
    often = together(200, lift=2, seed=3)
    coded = often.with_columns(odd=[1.0] * 4 + [0.0] * 196, never=0.0)
    lifts = code_lifts(coded, codes=["late", "rude", "odd", "never"])
    assert lifts["late + odd"].p_value is None
    assert math.isnan(lifts["late + never"].value)
    table = tabulate_lifts(lifts, coded, names={"late": "Late delivery"})
    assert table.loc[0, ["first", "second", "note"]].tolist() == [
        "Late delivery",
        "rude",
        "",
    ]
    assert set(table["note"].iloc[1:]) == {"too few to tell"}


def test_pairs_need_two_codes_and_a_coded_comment():
    coded = together(20, lift=1, seed=1)
    with pytest.raises(StudyError, match="two codes, found 1"):
        code_lifts(coded, codes=["late"])
    with pytest.raises(StudyError, match="No comment has a value"):
        code_lifts(coded.with_columns(late=np.nan), codes=["late", "rude"])
