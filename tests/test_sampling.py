"""Who answered, and the weights that make them speak for all."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import sampling
from analysis.study import Period, Study
from analysis.survey import Sample, mean, respondents


def study(**changes) -> Study:
    settings_ = {
        "id": "acme",
        "name": "Acme",
        "seed": 1,
        "tables": {"responses": {"files": ["a.csv"]}},
        "weighting": {"margins": ["segment", "region"], "trim": 5},
    }
    return Study.model_validate(settings_ | changes)


def company(n: int = 4000, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    segment = rng.choice(["new", "regular", "loyal"], n, p=[0.3, 0.5, 0.2])
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(n)],
            "segment": segment,
            "region": rng.choice(["north", "south"], n, p=[0.6, 0.4]),
            "score": np.select([segment == "new", segment == "loyal"], [4.0, 9.0], 6.0)
            + rng.normal(size=n),
        }
    )


def answers_of(customers: pd.DataFrame, seed: int = 2) -> pd.DataFrame:
    """Loyal customers answer three times as often as new ones."""
    rng = np.random.default_rng(seed)
    chance = customers["segment"].map({"new": 0.08, "regular": 0.15, "loyal": 0.3})
    chosen = customers[rng.random(len(customers)) < chance]
    return pd.DataFrame(
        {
            "response_id": "r" + chosen["customer_id"],
            "customer_id": chosen["customer_id"],
            "period": "2026Q3",
            "recommend": chosen["score"],
        }
    )


def test_weights_reproduce_the_population_and_have_mean_one():
    customers = company()
    answers = answers_of(customers)
    weighting = sampling.weigh(answers, customers, study=study())
    sample = respondents(answers, weights=weighting.weights, customers=customers)
    assert sample.frame["weight"].mean() == pytest.approx(1)
    margins = ["segment", "region"]
    population = sampling.population_shares(customers, margins)
    weighted = sampling.composition(sample, margins)
    for margin in margins:
        for level, one in population[margin].items():
            assert weighted[margin][level].value == pytest.approx(one.value, abs=1e-8)


def test_a_share_that_the_weights_reproduce_has_no_interval():
    customers = company()
    answers = answers_of(customers)
    one = study(weighting={"margins": ["segment"]})
    weighting = sampling.weigh(answers, customers, study=one)
    sample = respondents(answers, weights=weighting.weights, customers=customers)
    found = sampling.composition(sample, ["segment", "region"])
    assert all(
        part.low == part.value == part.high for part in found["segment"].values()
    )
    assert all(part.low < part.value < part.high for part in found["region"].values())


def test_weighting_mends_the_bias_of_who_answers():
    customers = company()
    answers = answers_of(customers)
    weighting = sampling.weigh(answers, customers, study=study())
    truth = customers["score"].mean()
    plain = mean(respondents(answers), "recommend")
    weighted = mean(respondents(answers, weights=weighting.weights), "recommend")
    assert plain.low > truth
    assert weighted.low <= truth <= weighted.high
    assert weighted.standard_error < plain.standard_error


def test_a_level_with_few_answers_is_put_together_on_the_record():
    customers = company()
    customers.loc[:30, "region"] = "island"
    answers = answers_of(customers)
    on_island = answers["customer_id"].isin(customers["customer_id"][:31])
    answers = answers[~on_island]
    weighting = sampling.weigh(answers, customers, study=study())
    assert set(weighting.collapsed["level"]) >= {"island"}
    assert weighting.collapsed["margin"].unique().tolist() == ["region"]


def test_answers_of_strangers_keep_the_mean_weight():
    customers = company()
    answers = answers_of(customers)
    answers.iloc[:3, answers.columns.get_loc("customer_id")] = ["x", "y", "z"]
    weights = sampling.weigh(answers, customers, study=study()).weights
    assert len(weights) == len(answers)
    assert weights["weight"].iloc[:3].tolist() == [1.0, 1.0, 1.0]
    assert mean(respondents(answers, weights=weights), "recommend").base == len(answers)


def test_unequal_invitations_are_the_start_of_the_weights():
    customers = company()
    answers = answers_of(customers)
    asked = customers.groupby("segment").head(300).assign(period="2026Q3")
    plan = study(sampling={"strata": "segment"})
    weights = sampling.weigh(answers, customers, study=plan, invitations=asked).weights
    start = (
        weights.assign(segment=weights["cell_segment"].str.split().str[1])
        .groupby("segment")["base_weight"]
        .first()
    )
    sizes = customers["segment"].value_counts()
    assert start["new"] / start["loyal"] == pytest.approx(sizes["new"] / sizes["loyal"])


def test_without_a_customer_table_every_weight_is_one():
    answers = answers_of(company()).drop(columns="customer_id")
    assert (sampling.weigh(answers, study=study()).weights["weight"] == 1).all()


def test_response_rate_counts_an_answer_once_and_only_in_its_period():
    asked = pd.DataFrame({"customer_id": list("abcd"), "period": "2026Q3"})
    answers = pd.DataFrame(
        {"customer_id": list("aab"), "period": ["2026Q3", "2026Q3", "2026Q2"]}
    )
    rate = sampling.response_rate(asked, answers)
    assert (rate.value, rate.base) == (0.25, 4)


def test_the_population_of_a_wave_excludes_leavers_and_later_joiners():
    days = pd.to_datetime
    customers = pd.DataFrame(
        {
            "customer_id": ["stays", "left", "later", "unknown"],
            "joined_on": days(["2025-01-01", "2025-01-01", "2026-10-01", None]),
            "left_on": days([None, "2026-06-30", None, None]),
        }
    )
    found = sampling.population_at(customers, Period.parse("2026Q3"))
    assert found["customer_id"].tolist() == ["stays", "unknown"]


@settings(max_examples=30)
@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=60))
def test_the_design_effect_is_at_least_one(weights):
    series = pd.Series(weights)
    effect = sampling.design_effect(series).value
    assert effect >= 1 - 1e-12
    assert sampling.effective_respondents(series).value == pytest.approx(
        len(series) / effect
    )


def test_a_group_that_nobody_answered_from_has_a_share_of_nought():
    answers = Sample(pd.DataFrame({"segment": ["a"] * 20}))
    people = pd.DataFrame({"segment": ["a"] * 50 + ["b"] * 50})
    truth = sampling.population_shares(people, ["segment"])
    found = sampling.composition(answers, ["segment"], among=truth)["segment"]
    assert list(found) == list(truth["segment"])
    assert (found["b"].value, found["b"].base) == (0.0, 0)
