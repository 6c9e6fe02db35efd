"""What any coefficient of agreement owes: chance, errors, pooling, memory."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.coding.agreement import MEASURES, overall_agreement
from analysis.coding.agreement_table import tabulate_agreement
from analysis.coding.alpha import krippendorff_alpha, set_alpha
from analysis.coding.decisions import Decisions
from analysis.coding.kappa import cohen_kappa, gwet_ac1
from analysis.study import StudyError

CHANCE = ("alpha", "cohen_kappa", "fleiss_kappa")


def decided(applied: np.ndarray, codes: list[str] | None = None) -> Decisions:
    documents, coders, n_codes = applied.shape
    return Decisions(
        pd.Index([f"d{n}" for n in range(documents)], name="document_id"),
        pd.Index([f"coder_{n}" for n in range(coders)]),
        pd.Index(codes or [f"code_{n}" for n in range(n_codes)]),
        applied.astype(float),
    )


def coders_of(
    n: int, *, prevalence: float, missed: float, added: float, seed: int
) -> pd.DataFrame:
    """Two coders who miss a code that is there, and see it where it is not."""
    draw = np.random.default_rng(seed)
    truth = draw.random(n) < prevalence
    given = np.where(truth, draw.random((2, n)) >= missed, draw.random((2, n)) < added)
    return pd.DataFrame(given.T.astype(float), columns=["ann", "bob"])


def alpha_of(prevalence: float, missed: float, added: float) -> float:
    seen = prevalence * (1 - missed) + (1 - prevalence) * added
    apart = prevalence * missed * (1 - missed) + (1 - prevalence) * added * (1 - added)
    return 1 - apart / (seen * (1 - seen))


@pytest.mark.parametrize("measure", CHANCE)
def test_coders_who_toss_coins_agree_as_chance_would(measure):
    draw = np.random.default_rng(3)
    tosses = pd.DataFrame((draw.random((4000, 2)) < 0.3).astype(float))
    found = MEASURES[measure][0](tosses)
    assert abs(found.value) < 3 * found.standard_error
    assert found.low <= 0 <= found.high


@pytest.mark.parametrize("measure", list(MEASURES))
def test_the_closed_error_is_that_of_repetition(measure):
    made = [
        MEASURES[measure][0](
            coders_of(300, prevalence=0.25, missed=0.15, added=0.04, seed=seed)
        )
        for seed in range(200)
    ]
    spread = np.std([one.value for one in made], ddof=1)
    typical = np.mean([one.standard_error for one in made])
    # The error of a standard deviation from 200 draws is 5 percent.
    assert typical == pytest.approx(spread, rel=0.18)


@pytest.mark.parametrize(
    ("n", "least", "most"), [(50, 0.82, 0.91), (100, 0.93, 1.0), (200, 0.94, 1.0)]
)
def test_a_rare_code_needs_two_hundred_documents(n, least, most):
    truth = alpha_of(0.05, 0.15, 0.01)
    found = [
        krippendorff_alpha(
            coders_of(n, prevalence=0.05, missed=0.15, added=0.01, seed=seed),
            rng=np.random.default_rng(seed),
            replicates=300,
        )
        for seed in range(400)
    ]
    told = [one for one in found if not math.isnan(one.value)]
    assert least <= np.mean([one.low <= truth <= one.high for one in told]) <= most


cube = arrays(float, st.tuples(st.integers(6, 20), st.integers(2, 3), st.just(3)),
              elements=st.sampled_from([0.0, 1.0]))  # fmt: skip


@given(cube, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_names_and_order_of_codes_and_coders_change_nothing(applied, random):
    codes = random.sample(range(3), 3)
    coders = random.sample(range(applied.shape[1]), applied.shape[1])
    first, second = decided(applied), decided(applied[:, coders][:, :, codes])
    for measure in ("alpha", "ac1", "percent", "positive"):
        one = overall_agreement(first, measure=measure)
        other = overall_agreement(second, measure=measure)
        assert one.value == pytest.approx(other.value, nan_ok=True)
        assert one.low == pytest.approx(other.low, nan_ok=True)
    for kinship in ("masi", "jaccard"):
        one, other = (set_alpha(x, kinship=kinship) for x in (first, second))
        assert one.value == pytest.approx(other.value, nan_ok=True)


@given(cube)
@settings(max_examples=20, deadline=None)
def test_one_code_alone_is_the_whole(applied):
    single = decided(applied[:, :, :1])
    ratings = single.ratings("code_0")
    assume(ratings.to_numpy().std() > 0)
    for measure in ("alpha", "ac1", "fleiss_kappa", "percent"):
        whole = overall_agreement(single, measure=measure)
        alone = MEASURES[measure][0](ratings)
        assert whole.value == pytest.approx(alone.value)
        assert whole.standard_error == pytest.approx(alone.standard_error, abs=1e-6)


def test_the_error_of_the_whole_knows_that_codes_share_documents():
    one = coders_of(300, prevalence=0.3, missed=0.1, added=0.1, seed=5).to_numpy()
    twice = decided(np.stack([one, one], axis=2))
    alone = overall_agreement(decided(one[:, :, None]))
    assert overall_agreement(twice).value == pytest.approx(alone.value)
    assert overall_agreement(twice).standard_error == pytest.approx(
        alone.standard_error
    )


def test_the_table_says_what_is_too_rare_to_tell():
    often = coders_of(200, prevalence=0.3, missed=0.1, added=0.02, seed=1).to_numpy()
    rare = np.zeros_like(often)
    rare[:6] = 1
    table = tabulate_agreement(
        decided(np.stack([often, rare], axis=2), ["late", "rude"]),
        rng=np.random.default_rng(1),
        replicates=200,
    )
    assert table["code"].drop_duplicates().tolist() == ["late", "rude", "all codes"]
    assert set(table["measure"]) == set(MEASURES)
    notes = table.drop_duplicates("code").set_index("code")["note"]
    assert notes.to_dict() == {"late": "", "rude": "too few to tell", "all codes": ""}
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_three_coders_have_no_cohen_and_nobody_has_an_unknown_measure():
    three = decided(np.random.default_rng(2).integers(0, 2, (30, 3, 2)))
    table = tabulate_agreement(three, rng=np.random.default_rng(1), replicates=50)
    assert "cohen_kappa" not in set(table["measure"])
    with pytest.raises(StudyError, match="Use Krippendorff's alpha"):
        cohen_kappa(three.ratings("code_0"))
    with pytest.raises(StudyError, match="measured by alpha, ac1"):
        overall_agreement(three, measure="alfa")


def test_readings_left_out_change_neither_side_of_those_that_stay():
    both = coders_of(200, prevalence=0.3, missed=0.1, added=0.02, seed=1)
    lone = pd.DataFrame({"ann": [1.0] * 50, "bob": [math.nan] * 50})
    more = pd.concat([both, lone], ignore_index=True)
    for measure in ("alpha", "cohen_kappa", "percent"):
        alone, other = (MEASURES[measure][0](one) for one in (both, more))
        assert (other.value, other.base) == (alone.value, alone.base)
    # Chance in AC1 also learns from what only one coder read.
    assert gwet_ac1(more).value != gwet_ac1(both).value


def test_values_below_zero_have_no_ratio():
    ratings = pd.DataFrame({"ann": [-1.0, 2.0], "bob": [1.0, 2.0]})
    with pytest.raises(StudyError, match="starts at zero, found -1"):
        krippendorff_alpha(ratings, level="ratio")


def test_sets_of_five_thousand_documents_fit_into_little_memory():
    draw = np.random.default_rng(4)
    truth = draw.random((5000, 1, 13)) < 0.12
    applied = truth ^ (draw.random((5000, 2, 13)) < 0.03)
    many = decided(applied)
    tracemalloc.start()
    try:
        found = set_alpha(many, rng=np.random.default_rng(1), replicates=100)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200e6
    assert found.low < found.value < found.high
    assert found.base == 5000
