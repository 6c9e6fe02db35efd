"""Three ways to weigh, limits that cannot be met, and intervals that cover."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import sampling
from analysis.study import Study
from analysis.survey import mean, respondents

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import coverage_sampling as bench


def study(**weighting) -> Study:
    settings = {
        "id": "acme",
        "name": "Acme",
        "seed": 1,
        "tables": {"responses": {"files": ["a.csv"]}},
        "weighting": {"margins": ["segment", "region"]} | weighting,
    }
    return Study.model_validate(settings)


def wave(seed=1, crossed=0.0):
    """Customers whose chance to answer and score go by segment and region."""
    rng = np.random.default_rng(seed)
    n = 6_000
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(n)],
            "segment": rng.choice(["new", "loyal"], n),
            "region": rng.choice(["north", "south"], n, p=[0.7, 0.3]),
        }
    )
    is_new, is_south = customers["segment"] == "new", customers["region"] == "south"
    both = is_new & is_south
    odds = -1.0 - 0.8 * is_new - 0.5 * is_south - crossed * both
    score = 8.0 - 2.0 * is_new - 1.0 * is_south - 2 * crossed * both
    customers["score"] = score + rng.normal(size=n)
    chosen = customers[rng.random(n) < 1 / (1 + np.exp(-odds))]
    answers = pd.DataFrame(
        {
            "response_id": "r" + chosen["customer_id"],
            "customer_id": chosen["customer_id"],
            "period": "2026Q3",
            "recommend": chosen["score"],
        }
    )
    return customers.drop(columns="score"), answers, customers["score"].mean()


@pytest.mark.parametrize("method", ["rake", "poststratify", "propensity"])
def test_each_method_mends_what_the_margins_explain(method):
    customers, answers, truth = wave()
    weighting = sampling.weigh(answers, customers, study=study(method=method))
    weighted = mean(respondents(answers, weights=weighting.weights), "recommend")
    plain = mean(respondents(answers), "recommend")
    assert plain.low > truth
    assert weighted.low <= truth <= weighted.high
    assert weighting.weights["weight"].mean() == pytest.approx(1)
    assert weighting.missed.empty


def test_poststratification_mends_what_margins_one_by_one_do_not():
    customers, answers, truth = wave(crossed=1.5)
    gaps = {}
    for method in ("rake", "poststratify"):
        settings = study(method=method, trim=50)
        weighting = sampling.weigh(answers, customers, study=settings)
        found = mean(respondents(answers, weights=weighting.weights), "recommend")
        gaps[method] = abs(found.value - truth) / found.standard_error
    assert gaps["rake"] > 2.5
    assert gaps["poststratify"] < 2


def test_small_cells_meet_their_neighbours_on_the_record():
    customers, answers, _ = wave()
    rare = customers.index[:40]
    customers.loc[rare, "region"] = "island"
    answers = answers[~answers["customer_id"].isin(customers["customer_id"][:40])]
    weighting = sampling.weigh(answers, customers, study=study(method="poststratify"))
    cells = weighting.weights["cell_segment_x_region"].unique().tolist()
    assert len(cells) == 4
    assert "island" not in " ".join(cells)
    assert not weighting.collapsed.empty


def test_a_limit_that_contradicts_the_margins_holds_and_says_what_is_missed():
    customers, answers, _ = wave()
    is_south = answers["customer_id"].isin(
        customers.loc[customers["region"] == "south", "customer_id"]
    )
    kept = pd.concat([answers[~is_south], answers[is_south].head(20)])
    weighting = sampling.weigh(kept, customers, study=study(trim=2.0))
    weights = weighting.weights["weight"]
    assert weights.max() == pytest.approx(2.0)
    assert weights.mean() == pytest.approx(1)
    south = weighting.missed.set_index("level").loc["south"]
    assert south["reached"] < south["wanted"]
    told = sampling.margins_missed(weighting, "2026Q3")
    assert "south (region)" in told
    assert sampling.margins_missed(weighting, "2026Q2") == "Every margin is reached."


def test_customers_without_a_value_count_as_a_level_of_their_own():
    customers, answers, _ = wave()
    customers["region"] = customers["region"].where(customers.index % 5 > 0)
    weights = sampling.weigh(answers, customers, study=study()).weights
    unknown = weights["cell_region"].str.endswith("(not known)")
    share = weights.loc[unknown, "weight"].sum() / weights["weight"].sum()
    assert share == pytest.approx(0.2)


def test_wasteful_weights_are_warned_of():
    weights = pd.Series([1.0] * 95 + [40.0] * 5)
    assert sampling.weighting_efficiency(weights).value < 0.4
    assert "under 40%" in sampling.weighting_warning(weights)
    assert sampling.heaviest(weights)["share"].sum() == pytest.approx(1)


@pytest.fixture(scope="module")
def covered():
    """Results on companies that nobody tuned: see docs/coverage_sampling.md."""
    return {
        kind: bench.summary(list(bench.trials(count, hidden=hidden))).set_index(
            "metric"
        )
        for (kind, hidden), count in zip(bench.KINDS.items(), (120, 30), strict=True)
    }


def test_weighted_intervals_cover_and_unweighted_ones_do_not(covered):
    found = covered["margins explain"]
    low, _ = bench.band(120)
    assert (found["weighted"] >= low).all()
    assert found.loc["NPS", "unweighted"] < 0.3
    assert (found["width / ideal"] < 1.25).all()


def test_where_the_margins_do_not_explain_who_answers_the_page_says_so(covered):
    found = covered["margins do not explain"]
    assert found.loc["NPS", "weighted"] < 0.3
    warned = {kind: rows["warned by the shop"].max() for kind, rows in covered.items()}
    assert warned["margins explain"] < 0.15 < warned["margins do not explain"]
