"""Whether those who answer can speak for those who do not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import sampling
from analysis.estimate import Estimate
from analysis.study import Period, StudyError
from analysis.survey import Sample

PERIOD = "2026Q3"


def estimate(value, half=0.0, unit="points"):
    return Estimate(
        value=value,
        standard_error=half / 1.96,
        low=value - half,
        high=value + half,
        base=500,
        unit=unit,
    )


def people(n, rng):
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "segment": rng.choice(["new", "regular", "loyal"], n),
            "region": rng.choice(["N", "E", "S", "W"], n),
            "age": rng.choice(["young", "old"], n),
        }
    )


def chances(customers, spread):
    odds = customers["segment"].map({"new": -1.0, "regular": 0.0, "loyal": 1.0})
    odds = odds + customers["region"].map({"N": 0.5, "E": 0.0, "S": -0.5, "W": 0.0})
    return 1 / (1 + np.exp(1.1 - spread * odds.to_numpy()))


def model_of(customers, chance, size, rng):
    drawn = rng.permutation(len(customers))[:size]
    asked = customers.iloc[drawn].assign(
        answered=rng.random(size) < chance[drawn], represents=len(customers) / size
    )
    return sampling.response_propensities(
        asked, ["segment", "region", "age"], represents="represents"
    )


@pytest.mark.parametrize(("size", "spread"), [(250, 0.6), (800, 0.25), (800, 0.0)])
def test_r_indicators_are_adjusted_to_the_truth_and_their_intervals_cover(size, spread):
    rng = np.random.default_rng(20_260_901)
    customers = people(8_000, rng)
    chance = chances(customers, spread)
    truth = 1 - 2 * chance.std()
    levels = pd.Series(chance).groupby(customers["segment"]).transform("mean")
    part = float(levels.std(ddof=0))
    plain, found, covered = [], [], []
    for _ in range(120):
        model = model_of(customers, chance, size, rng)
        r = sampling.r_indicator(model)
        segment = sampling.partial_indicators(model)["segment"]
        plain.append(1 - 2 * model.chance.std())
        found.append(r.value)
        covered.append([r.low <= truth <= r.high, segment.low <= part <= segment.high])
    bias, raw_bias = np.mean(found) - truth, np.mean(plain) - truth
    assert abs(bias) < 0.5 * abs(raw_bias) + 0.005
    assert (np.mean(covered, axis=0) > 0.88).all()


def test_partial_indicators_find_the_attribute_that_only_repeats_another():
    rng = np.random.default_rng(3)
    customers = people(6_000, rng)
    same = rng.random(len(customers)) < 0.9
    customers["age"] = np.where(same, customers["segment"], customers["region"])
    chance = chances(customers.assign(region="E"), 0.8)
    model = model_of(customers, chance, 6_000, rng)
    alone = sampling.partial_indicators(model)
    added = sampling.partial_indicators(model, conditional=True)
    assert alone["age"].value > 0.06
    assert added["age"].value < 0.25 * alone["age"].value
    assert added["segment"].value > added["age"].value


def test_levels_of_an_attribute_make_up_the_whole():
    rng = np.random.default_rng(4)
    customers = people(3_000, rng)
    model = model_of(customers, chances(customers, 0.6), 3_000, rng)
    levels = sampling.partial_levels(model, "segment")
    w = model.weights / model.weights.sum()
    means = pd.Series(model.chance).groupby(model.levels["segment"].to_numpy())
    spread = w @ (means.transform("mean") - w @ model.chance) ** 2
    assert sum(one.value**2 for one in levels.values()) == pytest.approx(spread)
    assert levels["new"].value < 0 < levels["loyal"].value


def test_propensities_refuse_a_wave_that_nobody_answered():
    asked = pd.DataFrame({"segment": ["a", "b"], "answered": [False, False]})
    with pytest.raises(StudyError, match="0 were answered"):
        sampling.response_propensities(asked, ["segment"])


def test_a_level_that_nobody_answered_is_put_together_with_others():
    asked = pd.DataFrame(
        {"segment": ["a"] * 30 + ["b"] * 30 + ["c"] * 8, "answered": [True, False] * 34}
    )
    asked.loc[asked["segment"] == "c", "answered"] = False
    model = sampling.response_propensities(asked, ["segment"])
    assert set(model.merged["segment"]) == {"c", "a"}
    assert np.isfinite(model.covariance).all()


def test_the_funnel_only_narrows_whatever_the_mail_tool_saw():
    asked = pd.DataFrame(
        {
            "customer_id": list("abcde"),
            "period": PERIOD,
            "delivered": [True, False, True, True, None],
            "opened": [False, False, True, None, False],
            "stratum": ["x", "x", "x", "y", "y"],
        }
    )
    answers = pd.DataFrame(
        {"customer_id": list("abc"), "period": PERIOD, "recommend": [9, None, 3]}
    )
    found = sampling.response_funnel(asked, answers)
    assert [one.base for one in found.values()] == [5, 4, 3, 3, 2]
    by = sampling.response_funnel(asked, answers, by="stratum")
    assert by["y"]["answered"].value == 0


@settings(max_examples=40)
@given(st.floats(-90, 90), st.floats(0.5, 10), st.floats(0.02, 0.95))
def test_the_silent_at_the_tipping_point_tip_it(headline, half, rate):
    shown = estimate(headline, half)
    share = estimate(rate, unit="share")
    for name, gap in sampling.tipping_gaps(shown, share, target=12.0).items():
        whole = rate * headline + (1 - rate) * (headline + gap.value)
        wanted = {"zero": 0.0, "target": 12.0, "its own margin": headline + half}
        assert whole == pytest.approx(wanted[name], abs=1e-8)
        assert gap.low - 1e-9 <= gap.value <= gap.high + 1e-9


def test_who_answers_all_the_silent_is_nobody():
    with pytest.raises(StudyError, match="nobody is silent"):
        sampling.tipping_gaps(estimate(30, 2), estimate(1.0, unit="share"))


def test_late_answers_are_held_against_early_ones():
    sent = pd.Timestamp("2026-08-01")
    days = np.arange(1, 31)
    answers = pd.DataFrame(
        {
            "customer_id": [f"c{d}" for d in days],
            "period": PERIOD,
            "responded_on": sent + pd.to_timedelta(days, unit="D"),
            "score": 10.0 - days / 10 + np.sin(days),
        }
    )
    asked = answers[["customer_id", "period"]].assign(invited_on=sent)
    timed = sampling.with_speed(Sample(answers), asked)
    assert timed.frame["speed"].value_counts().tolist() == [10, 10, 10]
    late = sampling.late_minus_early(timed, "score")
    means = answers["score"].groupby((days - 1) // 10).mean()
    assert late.value == pytest.approx(means[2] - means[0])
    assert late.p_value < 0.01


def test_the_shop_knows_those_who_did_not_answer():
    everyone = pd.DataFrame({"customer_id": list("abcd")})
    panel = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "period": ["2026Q1", "2026Q2", "2026Q2"],
            "revenue": [5.0, 40.0, 20.0],
            "closed_lines": [1.0, 4.0, 0.0],
            "returned_closed_lines": [0.0, 1.0, 0.0],
        }
    )
    record = sampling.shop_record(panel, everyone, Period.parse("2026Q2"))
    all_of_them = sampling.shop_behaviour(Sample(record))
    assert all_of_them["spend"].value == 15
    assert all_of_them["lines returned"].value == 0.25
    assert all_of_them["bought again"].value == 1
    answers = sampling.with_shop(
        Sample(pd.DataFrame({"customer_id": ["a", "b"]})), record
    )
    assert sampling.shop_remainders(answers, record)["spend"].value == 15
    gaps = sampling.shop_gaps(
        Sample(record.assign(answered=[True, True, False, False]))
    )
    assert gaps["bought"].value == 1
    with pytest.raises(StudyError, match="2027Q1"):
        sampling.shop_record(panel, everyone, Period.parse("2027Q1"))


def test_standardised_differences_take_numbers_dates_and_labels():
    everyone = pd.DataFrame(
        {
            "segment": ["new", "old"] * 50,
            "age": np.arange(100.0),
            "joined_on": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(np.arange(100), unit="D"),
        }
    )
    found = sampling.standardised_differences(
        Sample(everyone.tail(50)), everyone, ["segment", "age", "joined_on"]
    )
    shift = 25 / np.arange(100).std()
    assert found["segment"]["new"].value == pytest.approx(0)
    assert found["age"]["mean"].value == pytest.approx(shift)
    assert found["joined_on"]["mean"].value == pytest.approx(shift)


def test_a_source_reaches_a_customer_once():
    everyone = pd.DataFrame(
        {"customer_id": list("abcd"), "segment": ["new", "old", "new", "old"]}
    )
    texts = pd.DataFrame(
        {"source": ["review"] * 3 + ["social"], "customer_id": ["a", "a", "c", None]}
    )
    reach = sampling.source_reach(texts, everyone, by="segment")
    assert reach["review"]["new"].value == 1
    assert reach["social"]["old"].value == 0
    assert sampling.known_authors(texts)["social"].value == 0
