"""Agreement coefficients against published answers and their own laws."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as reference_kappa

from analysis.coding.agreement import (
    MEASURES,
    by_code,
    percent_agreement,
    positive_agreement,
)
from analysis.coding.alpha import krippendorff_alpha, set_alpha
from analysis.coding.coincidence import coincide, distances
from analysis.coding.decisions import (
    final,
    independent,
    tabulate_disagreements,
)
from analysis.coding.gate import countable, judge_codes
from analysis.coding.kappa import (
    brennan_prediger,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
)
from analysis.coding.sets import jaccard_distances, masi_distances
from analysis.estimate import Estimate
from analysis.settings import Coding
from analysis.study import StudyError

FOLDER = Path(__file__).parent / "reference" / "agreement"
PUBLISHED = pd.read_csv(FOLDER / "expected.csv")


def rng() -> np.random.Generator:
    return np.random.default_rng(20260930)


def published(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", index_col="unit")


def coefficient(name: str, ratings: pd.DataFrame) -> Estimate:
    if name in MEASURES:
        return MEASURES[name][0](ratings)
    return krippendorff_alpha(ratings, rng=rng(), level=name.removeprefix("alpha_"))


@pytest.mark.parametrize(
    "answer", list(PUBLISHED.itertuples()), ids=lambda a: f"{a[1]}-{a[2]}"
)
def test_published_coefficients(answer):
    found = coefficient(answer.coefficient, published(answer.ratings))
    assert found.value == pytest.approx(answer.value, abs=5e-6)
    if not math.isnan(answer.standard_error):
        assert found.standard_error == pytest.approx(answer.standard_error, abs=1e-5)


def test_kappa_agrees_with_statsmodels():
    ratings = published("krippendorff_2011_nominal")
    found = cohen_kappa(ratings)
    reference = cohens_kappa(pd.crosstab(ratings["ben"], ratings["gerry"]).to_numpy())
    assert found.value == pytest.approx(reference.kappa, rel=1e-12)
    # statsmodels divides by n where a variance between documents has n - 1.
    usual = found.standard_error * math.sqrt(11 / 12)
    assert usual == pytest.approx(reference.std_kappa, rel=1e-12)


def test_fleiss_kappa_agrees_with_statsmodels():
    ratings = published("fleiss_1971")
    counts = aggregate_raters(ratings.to_numpy())[0]
    assert fleiss_kappa(ratings).value == pytest.approx(reference_kappa(counts))


def test_masi_distance_of_a_set_and_half_of_it_is_two_thirds():
    sets = np.array(
        [[1, 1, 0, 0, 0], [1, 1, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    )
    apart = masi_distances(sets)
    assert apart[0, 1] == pytest.approx(2 / 3)
    assert apart[0, 2] == apart[0, 3] == 1
    assert (np.diag(apart) == 0).all()
    jaccard = jaccard_distances(sets)
    assert jaccard[0, 1] == pytest.approx(1 / 2)
    assert jaccard[0, 2] == jaccard[0, 3] == 1
    assert (np.diag(jaccard) == 0).all()


def simulated(n: int, *, prevalence: float, error: float, seed: int) -> pd.DataFrame:
    """Two coders who each flip the truth now and then."""
    draw = np.random.default_rng(seed)
    truth = draw.random(n) < prevalence
    flips = draw.random((2, n)) < error
    return pd.DataFrame((truth ^ flips).astype(float).T, columns=["ann", "bob"])


@pytest.mark.parametrize(("prevalence", "error"), [(0.3, 0.05), (0.1, 0.03)])
def test_intervals_cover_the_alpha_of_the_process(prevalence, error):
    truth = _alpha_of_process(prevalence, error)
    bounds = [
        krippendorff_alpha(
            simulated(200, prevalence=prevalence, error=error, seed=seed),
            rng=np.random.default_rng(seed),
            replicates=400,
        )
        for seed in range(1000)
    ]
    covers = np.mean([one.low <= truth <= one.high for one in bounds])
    # The nominal rate lies in the 99 % band of 1,000 draws.
    assert abs(covers - 0.95) <= 2.576 * math.sqrt(0.95 * 0.05 / 1000)


def test_about_ten_positives_make_the_interval_cautious_rather_than_wrong():
    truth = _alpha_of_process(0.05, 0.01)
    bounds = [
        krippendorff_alpha(
            simulated(200, prevalence=0.05, error=0.01, seed=seed),
            rng=np.random.default_rng(seed),
            replicates=400,
        )
        for seed in range(500)
    ]
    assert np.mean([one.low <= truth <= one.high for one in bounds]) >= 0.95


def _alpha_of_process(prevalence: float, error: float) -> float:
    apart = 2 * error * (1 - error)
    seen = prevalence * (1 - error) + (1 - prevalence) * error
    return 1 - apart / (2 * seen * (1 - seen))


def test_without_disagreement_the_interval_still_admits_some():
    few = simulated(60, prevalence=0.3, error=0, seed=1)
    many = simulated(600, prevalence=0.3, error=0, seed=1)
    short, long = (krippendorff_alpha(one, rng=rng()) for one in (few, many))
    assert short.value == long.value == 1
    assert short.low < long.low < 1


def test_a_code_nobody_gave_has_no_alpha_and_is_too_rare_to_judge():
    nothing = pd.DataFrame(np.zeros((50, 2)))
    alpha = krippendorff_alpha(nothing, rng=rng())
    assert math.isnan(alpha.value)
    assert math.isnan(alpha.low)
    judged = judge_codes(
        {"late": alpha}, positives=pd.Series({"late": 0.0}), settings=Coding()
    )
    assert judged.loc[0, "verdict"] == "too few to tell"
    assert countable(judged) == []


def test_a_code_that_everyone_always_gave_is_not_counted_on_agreement():
    always = krippendorff_alpha(pd.DataFrame(np.ones((50, 2))), rng=rng())
    judged = judge_codes(
        {"late": always}, positives=pd.Series({"late": 50.0}), settings=Coding()
    )
    assert judged.loc[0, "verdict"] == "quote only"


@pytest.mark.parametrize(
    ("value", "low", "verdict"),
    [(0.667, 0.5, "count"), (0.666, 0.6, "quote only"), (0.9, 0.499, "quote only")],
)
def test_the_gate_holds_value_and_lower_bound(value, low, verdict):
    alpha = Estimate(
        value=value, standard_error=0.1, low=low, high=1, base=90, unit="correlation"
    )
    judged = judge_codes(
        {"late": alpha}, positives=pd.Series({"late": 10.0}), settings=Coding()
    )
    assert judged.loc[0, "verdict"] == verdict


values = arrays(float, st.tuples(st.integers(4, 30), st.integers(2, 4)),
                elements=st.sampled_from([0.0, 1.0, 2.0, math.nan]))  # fmt: skip


def _usable(table: np.ndarray) -> pd.DataFrame:
    shared = table[(~np.isnan(table)).sum(axis=1) >= 2]
    assume(len(shared) >= 2)
    assume(len(np.unique(shared[~np.isnan(shared)])) >= 2)
    return pd.DataFrame(table)


@given(values, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_of_coders_and_documents_and_names_of_values_do_not_matter(table, random):
    ratings = _usable(table)
    coders = random.sample(list(ratings.columns), ratings.shape[1])
    rows = random.sample(list(ratings.index), len(ratings))
    other = ratings.loc[rows, coders].replace({0.0: 7.0, 1.0: -3.0})
    for one in (gwet_ac1, fleiss_kappa, brennan_prediger, percent_agreement):
        first, second = one(ratings), one(other)
        assert second.value == pytest.approx(first.value)
        assert second.standard_error == pytest.approx(first.standard_error, abs=1e-8)
    first, second = (krippendorff_alpha(x, rng=rng()) for x in (ratings, other))
    assert first.value == pytest.approx(second.value)
    assert first.value <= 1
    assert first.low <= first.value <= first.high


@given(arrays(float, st.integers(4, 40), elements=st.sampled_from([0.0, 1.0])))
@settings(max_examples=40, deadline=None)
def test_coders_who_always_agree_have_perfect_agreement(column):
    assume(0 < column.sum() < len(column))
    ratings = pd.DataFrame({"ann": column, "bob": column, "eve": column})
    assert krippendorff_alpha(ratings, rng=rng()).value == 1
    assert gwet_ac1(ratings).value == fleiss_kappa(ratings).value == 1
    assert brennan_prediger(ratings).value == 1
    assert percent_agreement(ratings).value == 1
    assert positive_agreement(ratings).value == 1
    assert cohen_kappa(ratings[["ann", "bob"]]).value == pytest.approx(1)


@given(values)
@settings(max_examples=40, deadline=None)
def test_alpha_by_patterns_equals_alpha_by_the_definition(table):
    ratings = _usable(table)
    counted = coincide(ratings)
    apart = distances(counted, "interval")
    shared = [row[~np.isnan(row)] for row in table if (~np.isnan(row)).sum() >= 2]
    everyone = np.concatenate(shared)
    within = [
        ((row[:, None] - row[None, :]) ** 2).sum() / (len(row) - 1) for row in shared
    ]
    observed = sum(within) / len(everyone)
    n = len(everyone)
    expected = ((everyone[:, None] - everyone[None, :]) ** 2).sum() / (n * (n - 1))
    assert counted.alpha(apart) == pytest.approx(1 - observed / expected)


def coded(rows: list[tuple[str, str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["document_id", "coder", "code", "round"])


TWO_ROUNDS = coded(
    [
        ("d1", "ann", "late", "1"),
        ("d1", "bob", "none", "1"),
        ("d1", "bob", "late", "2"),
        ("d2", "ann", "none", "1"),
        ("d2", "bob", "late", "1"),
        ("d2", "eve", "none", "adjudicated"),
        ("d3", "ann", "rude", "1"),
    ]
)


def test_agreement_looks_at_first_words_and_shares_at_the_last():
    first = independent(TWO_ROUNDS, codes=["late", "rude"])
    assert list(first.coders) == ["ann", "bob"]
    assert first.ratings("late").to_numpy().tolist()[:2] == [[1, 0], [0, 1]]
    last = final(TWO_ROUNDS, codes=["late", "rude"])
    assert last.ratings("late").loc["d1"].dropna().tolist() == [1, 1]
    assert last.ratings("late").loc["d2"].dropna().tolist() == [0]


def test_a_document_read_by_one_coder_counts_in_no_agreement():
    decided = independent(TWO_ROUNDS, codes=["late", "rude"])
    assert decided.shared().documents.tolist() == ["d1", "d2"]
    assert by_code(decided, percent_agreement)["rude"].value == 1
    assert by_code(decided, percent_agreement)["late"].value == 0
    assert set_alpha(decided, rng=rng()).base == 2


def test_disagreements_stand_side_by_side():
    texts = pd.DataFrame({"document_id": ["d1", "d2"], "text": ["=1+1", "<b>slow"]})
    table = tabulate_disagreements(independent(TWO_ROUNDS, codes=["late"]), texts)
    assert table.to_numpy().tolist() == [
        ["late", "d1", "=1+1", "yes", "no"],
        ["late", "d2", "<b>slow", "no", "yes"],
    ]


def test_estimates_name_their_maker():
    found = by_code(independent(TWO_ROUNDS, codes=["late"]), gwet_ac1)["late"]
    assert found.source == "analysis.coding.kappa.gwet_ac1"


def test_without_double_coding_the_error_says_what_to_do():
    alone = independent(TWO_ROUNDS[TWO_ROUNDS["coder"] == "ann"], codes=["late"])
    with pytest.raises(StudyError, match="two people code the same documents"):
        krippendorff_alpha(alone.ratings("late"), rng=rng())
    with pytest.raises(StudyError, match="not among the codes"):
        alone.ratings("lat")
