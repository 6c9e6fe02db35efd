"""Rank correlations against scipy, and their properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import outcomes
from analysis.study import StudyError
from analysis.survey import Sample, replicates

PAIR = ("score", "spent")


def people(n: int, *, effect: float, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 11, n)
    spent = np.round(effect * score + rng.normal(0, 3, n)).clip(0)
    return pd.DataFrame({"score": score, "spent": spent, "person": np.arange(n)})


def correlation(sample: Sample, seed: int = 2, number: int = 200):
    drawn = replicates(sample, rng=np.random.default_rng(seed), number=number)
    return outcomes.rank_correlation(sample, PAIR, replicates=drawn)


def test_equal_weights_give_the_coefficient_of_scipy_with_ties():
    rows = people(300, effect=0.4)
    ours = correlation(Sample(rows))
    theirs = stats.spearmanr(rows["score"], rows["spent"]).statistic
    assert ours.value == pytest.approx(theirs, abs=1e-9)


def test_a_weight_of_two_is_the_same_row_twice():
    rows = people(60, effect=0.4).assign(weight=1.0)
    rows.loc[:20, "weight"] = 2.0
    twice = pd.concat([rows, rows.loc[:20]])
    ours = correlation(Sample(rows, weights="weight"))
    theirs = stats.spearmanr(twice["score"], twice["spent"]).statistic
    assert ours.value == pytest.approx(theirs, abs=1e-9)


def test_the_products_coefficient_has_the_error_of_bonett_and_wright():
    rows = people(25, effect=1.0)
    ours = outcomes.rank_correlation_of_products(rows, PAIR)
    half = stats.t.ppf(0.975, 23) * np.sqrt((1 + ours.value**2 / 2) / 22)
    assert np.arctanh(ours.high) - np.arctanh(ours.value) == pytest.approx(half)


def test_the_same_generator_gives_the_same_interval():
    rows = Sample(people(100, effect=0.3))
    assert correlation(rows, seed=3) == correlation(rows, seed=3)


def test_answers_repeated_by_one_person_make_it_no_surer():
    rows = people(80, effect=0.3)
    once = correlation(Sample(rows, clusters="person"), seed=4)
    many = Sample(pd.concat([rows] * 5), clusters="person")
    repeated = correlation(many, seed=4)
    assert repeated.standard_error == pytest.approx(once.standard_error, rel=0.02)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_turning_a_column_round_turns_the_sign(seed):
    rows = people(40, effect=0.3, seed=seed)
    turned = rows.assign(spent=-rows["spent"])
    one = outcomes.rank_correlation_of_products(rows, PAIR)
    other = outcomes.rank_correlation_of_products(turned, PAIR)
    assert other.value == pytest.approx(-one.value)
    assert other.low == pytest.approx(-one.high)
    assert one.low <= one.value <= one.high


def test_the_interval_covers_the_truth_at_its_level():
    """Coverage over 400 simulated samples, in the 99 % band of its own noise."""
    truth = 6 / np.pi * np.arcsin(0.3 / 2)
    hits = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        rows = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], 150)
        frame = pd.DataFrame(rows, columns=list(PAIR))
        found = correlation(Sample(frame), seed=seed, number=100)
        hits += found.low <= truth <= found.high
    low, high = stats.binom.ppf([0.005, 0.995], 400, 0.95)
    assert low <= hits <= high


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (people(12, effect=1), "takes 20 rows"),
        (people(50, effect=1).assign(spent=1.0), "same in all rows"),
    ],
)
def test_what_cannot_be_correlated_says_why(rows, message):
    with pytest.raises(StudyError, match=message):
        correlation(Sample(rows))


def test_only_closed_windows_count_and_nobody_is_doubled():
    answers = Sample(pd.DataFrame({"response_id": ["a", "b"], "recommend": [9, 2]}))
    done = pd.DataFrame(
        {
            "response_id": ["a", "b"],
            "closed": [True, False],
            "lines": [0, 3],
            "returned_lines": [0, 1],
            "revenue": [0.0, 9.0],
        }
    )
    frame = outcomes.after_answers(answers, done).frame
    assert frame["response_id"].tolist() == ["a", "b"]
    assert frame["revenue_after"].tolist()[:1] == [0.0]
    assert frame["revenue_after"].isna().tolist() == [False, True]
    assert frame["returned_after"].isna().all()
