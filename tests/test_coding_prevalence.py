"""Theme shares of people and machine: known answers, properties, small coverage."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.coding.audited import INCLUSION, Floors, with_machine
from analysis.coding.impact import theme_impact, theme_impacts
from analysis.coding.prevalence import prevalence, prevalences, tabulate_methods
from analysis.coding.prevalence_contrasts import (
    prevalence_changes,
    prevalence_differences,
)
from analysis.coding.shares import theme_share
from analysis.estimate import wilson_interval
from analysis.study import StudyError
from analysis.survey import Sample

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import coverage_coding as benchmark
from coverage_tables import band

PEOPLE = {"weights": "weight", "clusters": "person"}


def drawn(seed: int = 1, *, n: int = 1000, read: int = 200) -> pd.DataFrame:
    """Documents of people with weights, unequal chances and a fair machine."""
    rng = np.random.default_rng(seed)
    late = (rng.random(n) < 0.2) * 1.0
    frame = pd.DataFrame(
        {
            "person": [f"p{k}" for k in rng.integers(0, n // 2, n)],
            "weight": rng.uniform(0.5, 2, n),
            INCLUSION: read / n * rng.uniform(0.5, 1.5, n),
            "late": late,
            "machine_late": (0.15 + 0.5 * late + rng.uniform(-0.15, 0.15, n)),
            "group": rng.choice(["detractor", "passive", "promoter"], n),
            "period": rng.choice(["2026Q2", "2026Q3"], n),
        }
    )
    frame.loc[rng.random(n) > frame[INCLUSION], "late"] = np.nan
    return frame


@pytest.mark.parametrize("level", [0.0, 0.05, 0.3, 1.0])
def test_a_constant_machine_leaves_the_human_wilson_interval(level):
    """Wilson 10/200: 0.02738 to 0.08958 (statsmodels proportion_confint)."""
    texts = pd.DataFrame({"late": [1.0] * 10 + [0.0] * 190 + [None] * 1800})
    found = prevalence(Sample(texts.assign(machine_late=level)), "late")
    assert (found.low, found.high) == wilson_interval(0.05, found.effective_base)
    assert found.effective_base == pytest.approx(200, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((0.02738, 0.08958), abs=5e-6)
    assert found.base == 200


@given(st.integers(0, 10**6), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_a_constant_machine_adds_nothing_to_any_design(seed, level):
    frame = drawn(seed, n=400, read=120)
    alone = prevalence(Sample(frame.drop(columns="machine_late"), **PEOPLE), "late")
    both = prevalence(Sample(frame.assign(machine_late=level), **PEOPLE), "late")
    for name in ("value", "low", "high", "standard_error", "effective_base"):
        assert getattr(both, name) == pytest.approx(getattr(alone, name), rel=1e-9)


def test_people_alone_agree_with_the_survey_engine():
    frame = drawn().drop(columns=["machine_late", INCLUSION])
    sample = Sample(frame, **PEOPLE)
    ours, svy = prevalence(sample, "late"), theme_share(sample, "late")
    assert ours.value == pytest.approx(svy.value, rel=1e-12)
    # svy counts persons of whom nothing was read in its small-sample factor.
    assert ours.standard_error == pytest.approx(svy.standard_error, rel=5e-3)


def test_inclusion_probabilities_take_back_who_was_read_more_often():
    texts = pd.DataFrame({"late": [1.0] * 40 + [0.0] * 40})
    texts[INCLUSION] = [0.8] * 40 + [0.2] * 40
    assert prevalence(Sample(texts), "late").value == pytest.approx(0.2)


def test_a_perfect_machine_is_worth_the_documents_it_scored():
    frame = drawn()
    frame["machine_late"] = frame["late"].fillna(0.0)
    truth = np.random.default_rng(1).random(1000) < 0.2
    texts = Sample(frame.assign(machine_late=truth * 1.0).drop(columns=INCLUSION))
    found = prevalence(texts, "late")
    assert found.value == pytest.approx(truth.mean(), abs=0.02)
    assert 600 < found.effective_base < 1400
    alone = prevalence(Sample(texts.frame.drop(columns="machine_late")), "late")
    assert found.high - found.low < 0.6 * (alone.high - alone.low)


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_neither_order_nor_scale_of_weights_matters(random):
    frame = drawn()
    first = prevalence(Sample(frame, **PEOPLE), "late")
    other = frame.iloc[random.sample(range(len(frame)), len(frame))]
    other = other.assign(
        weight=other["weight"] * 7, **{INCLUSION: frame[INCLUSION] / 3}
    )
    second = prevalence(Sample(other, **PEOPLE), "late")
    assert second.value == pytest.approx(first.value, rel=1e-9)
    assert (second.low, second.high) == pytest.approx((first.low, first.high), rel=1e-9)


def test_documents_of_one_person_are_not_independent():
    frame = drawn()
    person = frame["late"].fillna(2).astype(str) + (frame.index // 8).astype(str)
    plain = prevalence(Sample(frame, weights="weight"), "late")
    alike = prevalence(Sample(frame.assign(person=person), **PEOPLE), "late")
    assert alike.value == pytest.approx(plain.value, abs=0.01)
    assert alike.high - alike.low > 1.05 * (plain.high - plain.low)


def test_who_spoke_is_said_per_level():
    frame = drawn()
    rare = frame.index < 300
    frame["segment"] = np.where(rare, "rare", "common")
    frame.loc[frame.index < 8, "segment"] = "few"
    frame.loc[rare & (frame["late"] == 1).to_numpy(), "late"] = 0.0
    sample = Sample(frame, **PEOPLE)
    said = tabulate_methods(sample, codes=["late"], by="segment", population="buyers")
    method = said.set_index("level")["method"].to_dict()
    assert method == {
        "common": "people and machine",
        "few": "withheld",
        "rare": "people alone",
    }
    assert said["reason"].str.contains("persons with the code").sum() == 1
    assert set(said["population"]) == {"buyers"}
    assert said.set_index("level").loc["common", "gain"] > 1
    found = prevalence(sample, "late", by="segment")
    assert np.isnan(found["few"].value)
    assert found["rare"].value == 0
    assert found["rare"].low == 0
    assert 0 < found["rare"].high < 0.1


def test_a_document_without_a_score_leaves_it_to_people():
    frame = drawn()
    frame.loc[frame["late"].first_valid_index(), "machine_late"] = np.nan
    said = tabulate_methods(Sample(frame), codes=["late"])
    assert said.loc[0, ["method", "reason"]].tolist() == [
        "people alone",
        "1 without a score",
    ]


def test_every_statistic_is_stamped_and_counts_what_people_read():
    sample = Sample(drawn(), **PEOPLE)
    found = prevalences(sample, codes=["late"])["late"]
    assert found.source == "analysis.coding.prevalence.prevalences"
    assert found.base == sample.frame["late"].notna().sum()
    assert found.effective_base > 0


def test_groups_and_waves_differ_as_planted_and_in_one_covariance():
    frame = drawn(3, n=4000, read=1500)
    more = frame["group"].eq("detractor") & (np.arange(4000) % 3 == 0)
    frame.loc[more & frame["late"].notna(), "late"] = 1.0
    frame.loc[more, "machine_late"] = 0.6
    sample = Sample(frame, **PEOPLE)
    sides = ("detractor", "promoter")
    gap = prevalence_differences(sample, codes=["late"], by="group", levels=sides)
    by = prevalence(sample, "late", by="group")
    found = gap["late"]
    assert found.value == pytest.approx(by[sides[0]].value - by[sides[1]].value)
    assert found.low <= 0.8 / 3 <= found.high
    assert found.p_value < 0.001
    turned = prevalence_differences(
        sample, codes=["late"], by="group", levels=sides[::-1]
    )["late"]
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    waves = ("2026Q3", "2026Q2")
    change = prevalence_changes(sample, codes=["late"], periods=waves)["late"]
    assert change.low <= 0 <= change.high
    assert change.p_value > 0.001


def test_people_in_both_waves_make_a_change_more_certain():
    frame = drawn(4, n=600, read=600).drop(columns=["machine_late", INCLUSION])
    frame["late"] = (np.random.default_rng(4).random(600) < 0.3) * 1.0
    twice = pd.concat([frame.assign(period=one) for one in ("2026Q2", "2026Q3")])
    twice["person"] = np.tile(np.arange(600), 2)
    codes = {"codes": ["late"], "periods": ("2026Q3", "2026Q2")}
    paired = prevalence_changes(Sample(twice, clusters="person"), **codes)["late"]
    apart = prevalence_changes(Sample(twice), **codes)["late"]
    assert paired.standard_error == pytest.approx(0, abs=1e-12)
    assert apart.standard_error > 0.02


def test_a_new_meaning_has_no_change():
    sample = Sample(drawn(), **PEOPLE)
    codes = {"codes": ["late"], "periods": ("2026Q3", "2026Q2")}
    assert prevalence_changes(sample, **codes, breaks={"late": ["2026Q3"]}) == {}
    assert list(prevalence_changes(sample, **codes, breaks={"late": ["2026Q2"]})) == [
        "late"
    ]


def test_a_group_of_few_has_no_difference():
    frame = drawn()
    frame.loc[frame.index[:8], "group"] = "nobody"
    sides = ("nobody", "promoter")
    options = {"codes": ["late"], "by": "group"}
    gap = prevalence_differences(Sample(frame), levels=sides, **options)["late"]
    assert np.isnan(gap.value)
    assert gap.p_value is None
    with pytest.raises(StudyError, match="No documents have group = 'ghost'"):
        prevalence_differences(Sample(frame), levels=("ghost", "promoter"), **options)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_impact_is_the_score_minus_the_score_without_the_theme(seed):
    """Read in full: n(T - NPS)/(N - n), from counts."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["detractor", "passive", "promoter"], 200)
    late = (rng.random(200) < 0.3) * 1.0
    texts = Sample(pd.DataFrame({"late": late, "group": group}))
    points = np.select([group == "promoter", group == "detractor"], [100, -100], 0)
    n, score, theme = late.sum(), points.mean(), points[late == 1].mean()
    found = theme_impact(texts, "late")
    assert found.value == pytest.approx(n * (theme - score) / (200 - n), abs=1e-9)
    assert found.value == pytest.approx(score - points[late == 0].mean(), abs=1e-9)


def test_the_error_of_an_impact_is_that_of_the_jackknife():
    frame = drawn(5).drop(columns="machine_late").dropna(subset="late")
    found = theme_impact(Sample(frame, **PEOPLE), "late")
    people = frame["person"].unique()
    left_out = [
        theme_impact(Sample(frame[frame["person"] != one], **PEOPLE), "late").value
        for one in people
    ]
    error = np.sqrt((len(people) - 1) * np.var(left_out))
    assert found.standard_error == pytest.approx(error, rel=0.03)


def test_a_machine_sharpens_an_impact_and_a_constant_one_does_not():
    frame = drawn(6, n=3000, read=600)
    theme = frame["machine_late"] > 0.4
    frame.loc[theme, "group"] = "detractor"
    sharp = theme_impacts(Sample(frame, **PEOPLE), codes=["late"])["late"]
    alone = theme_impact(Sample(frame.drop(columns="machine_late"), **PEOPLE), "late")
    flat = theme_impact(Sample(frame.assign(machine_late=0.2), **PEOPLE), "late")
    assert sharp.standard_error < 0.8 * alone.standard_error
    assert flat.value == pytest.approx(alone.value, rel=1e-9)
    assert flat.standard_error == pytest.approx(alone.standard_error, rel=1e-9)
    assert sharp.high < 0
    assert sharp.unit == "points"


def test_an_impact_of_few_is_not_told_and_strange_groups_are_named():
    texts = pd.DataFrame({"late": [1.0] * 9 + [0.0] * 91, "group": "promoter"})
    assert np.isnan(theme_impact(Sample(texts), "late").value)
    with pytest.raises(StudyError, match="'fan'; a score group is one of"):
        theme_impact(Sample(texts.assign(group="fan")), "late")


def test_probabilities_are_put_beside_their_documents():
    answers = Sample(
        pd.DataFrame({"response_id": ["a", "b", "c"], "late": [1, 0, None]})
    )
    said = pd.DataFrame({"late": [0.9, 0.4]}, index=["c", "a"])
    chances = pd.Series({"a": 0.5})
    beside = with_machine(answers, said, inclusion=chances).frame
    assert beside["machine_late"].fillna(-1).tolist() == [0.4, -1, 0.9]
    assert beside[INCLUSION].fillna(-1).tolist() == [0.5, -1, -1]
    with pytest.raises(StudyError, match="scored a document twice"):
        with_machine(answers, said.set_axis(["a", "a"]))
    with pytest.raises(StudyError, match="between 0 and 1"):
        with_machine(answers, said + 0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"late": 1.5}, "late holds 1.5"),
        ({"machine_late": -0.5}, "machine_late holds -0.5"),
        ({INCLUSION: 0.0}, "no inclusion_probability"),
        ({INCLUSION: np.nan}, "no inclusion_probability"),
        ({"late": np.nan}, "People read no document for 'late'"),
        ({"weight": 0.0}, "weights"),
    ],
)
def test_bad_input_is_named(change, words):
    with pytest.raises(StudyError, match=words):
        prevalence(Sample(drawn().assign(**change), **PEOPLE), "late")


def test_floors_can_be_set():
    sample = Sample(drawn(), **PEOPLE)
    high = Floors(positives=10**6)
    said = tabulate_methods(sample, codes=["late"], floors=high)
    assert said.loc[0, "method"] == "people alone"
    withheld = prevalence(sample, "late", floors=Floors(documents=10**6))
    assert np.isnan(withheld.low)


def covered(part: str, draws: int, *, size: int) -> pd.DataFrame:
    """Coverage over all codes of a part of the benchmark, by setting."""
    old, benchmark.SIZES = benchmark.SIZES, (size,)
    try:
        rows = list(benchmark.PARTS[part](draws, np.random.default_rng(11)))
    finally:
        benchmark.SIZES = old
    told = pd.DataFrame(rows).query("told").astype({"held": float})
    return told.pivot_table(index="of", columns="code", values="held")


def test_shares_hold_the_truth_with_weights_and_several_documents():
    """40 draws of five codes each, within the 99.9 % band of 95 %."""
    found = covered("shares", 40, size=200)
    low, high = band(40, level=0.999)
    assert found.shape == (4, 5)
    assert found.to_numpy().min() >= low
    assert found.to_numpy().max() <= high


def test_both_wrong_ways_fail():
    found = covered("wrong", 12, size=200)[["10%", "20%", "30%"]]
    rates = found.mean(axis=1)
    assert rates["cross-fitted"] > 0.8
    assert rates["no cross-fitting"] < 0.7
    assert rates["labels counted"] < 0.7
