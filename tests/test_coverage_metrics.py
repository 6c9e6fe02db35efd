"""Small version of benchmarks/coverage_metrics.py, judged by its own band."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.metrics import changes, net_promoter, return_rate_value, weighings
from analysis.survey import Sample

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import coverage_changes as moves
import coverage_metrics as benchmark
from coverage_tables import band, summary
from made_company import ASKED, company, raked, two_quarters

DRAWS = 100


def covered(rows):
    """Coverage in per cent of each metric, where figures are told."""
    table = summary(rows)
    told = table[table["withheld"] < 100]
    return told.set_index("metric")["covers"] / 100


@pytest.mark.parametrize("name", ["unweighted", "weighted"])
def test_intervals_of_what_customers_say_hold_the_truth(name):
    """In 100 surveys of 100 answers, within the 99.9 % band of 95 %."""
    made = company(silent=name == "weighted")
    rng = np.random.default_rng(3)
    found = covered(benchmark.said(made, DRAWS, rng, base=100, name=name))
    low, high = band(DRAWS, level=0.999)
    assert len(found) == 5
    assert found.between(low, high).all(), found


def test_without_weights_the_truth_is_missed():
    made, rng = company(), np.random.default_rng(4)
    rows = benchmark.said(made, 50, rng, base=1000, name="unweighted")
    assert covered(rows)["NPS"] < 0.7


def test_the_companys_truth_is_that_of_its_answers():
    made = company(plans=(("a", 0.4, -1.0), ("b", 0.6, 0.3)))
    frame = made.answers(np.random.default_rng(5), 60_000)
    sample, truth = raked(frame, {"": made}), made.truths("a", segment="")
    for name, one in ASKED.items():
        found = one(sample, by="plan")["a"]
        assert found.value == pytest.approx(truth[name], abs=4 * found.standard_error)
    found = weighings(sample, net_promoter)["by revenue"]
    error = 4 * found.standard_error
    assert found.value == pytest.approx(made.truths()["NPS by revenue"], abs=error)


def test_surveys_side_by_side_are_those_one_by_one():
    """Raked together and told apart by a column, they are what each is alone."""
    made, rng = company(), np.random.default_rng(6)
    together = next(benchmark.surveys(made, 3, rng, base=200, name="weighted"))
    frame = together.frame[together.frame["draw"] == "001"]
    alone = raked(frame.drop(columns="period"), {"": made})
    for name, mine in (
        ("NPS", net_promoter(alone)),
        ("NPS by revenue", weighings(alone, net_promoter)["by revenue"]),
    ):
        other = benchmark.asked(together, by="draw")[name]["001"]
        assert other.value == pytest.approx(mine.value)
        assert other.standard_error == pytest.approx(mine.standard_error, rel=0.01)


def test_a_share_of_money_needs_a_hundred_refunds():
    """Above the floor 100 companies hold the truth as often as the band allows."""
    rng = np.random.default_rng(12)
    money = pd.DataFrame({"closed_revenue": 50.0, "closed_refund": [10.0] * 99 + [0]})
    assert np.isnan(return_rate_value(Sample(money)).value)
    many = benchmark.conduct(rng, 400_000, sigma=0.0)
    share = many["closed_refund"].sum() / many["closed_revenue"].sum()
    truth = {return_rate_value.label: share}
    rows = benchmark.floor(
        DRAWS, rng, truth, [return_rate_value], sizes=(400,), of="spend"
    )
    table = summary(rows)
    assert table["withheld"].max() == 0
    assert table["covers"].between(*np.multiply(100, band(DRAWS, level=0.999))).all()


def test_closed_lines_are_without_bias_and_all_lines_are_low():
    rng = np.random.default_rng(7)
    table = summary(benchmark.windows(50, rng)).set_index(["of", "base"])
    errors = table["bias"] / table["simulation error"]
    assert errors["closed lines"].abs().max() < 3.5
    assert (errors["all lines so far"] < -4).all()


def test_two_quarters_are_alike():
    sample = two_quarters(np.random.default_rng(8), 20_000, moves.PERIODS)
    found = changes(sample, benchmark.CONDUCT, periods=moves.PERIODS)
    assert len(found) == len(benchmark.CONDUCT)
    assert min(one.p_value for one in found.values()) > 0.001


def test_waves_have_the_parts_that_were_planted():
    """A large company: the planted parts to within four standard errors."""
    rng = np.random.default_rng(9)
    before, now = moves.planted()
    truth = moves.parts(before, now)
    assert truth["mix"] + truth["weighting"] == pytest.approx(truth["customer mix"])
    assert truth["customer mix"] + truth["within"] == pytest.approx(truth["total"])
    frame = moves.waves(rng, before, now, 6_000, again=0.9)
    assert frame["customer_id"].duplicated().mean() > 0.05
    found = moves.divided(frame, before, now, rng)
    for name, one in found.items():
        assert one.value == pytest.approx(truth[name], abs=4 * one.standard_error)


def test_pages_speak_of_a_large_change_and_seldom_of_none():
    """Of 5 quiet pages, more than 3 with a claim come once in 30,000 times."""
    rng, before = np.random.default_rng(10), company()
    loud = replace(before, levels=before.levels + 2.0)
    assert moves.page(rng, before, loud)["nps"] == "rising"
    pages = [moves.page(rng, before, before) for _ in range(5)]
    said = [any(one != "unclear" for one in page.values()) for page in pages]
    assert sum(said) <= 3
    assert len(pages[0]) == 26


def test_the_summary_marks_what_lies_outside_the_band():
    rows = [
        {"of": "a", "base": "30", "metric": "m", "told": True, "held": n >= 20}
        | {"width": 4.0, "error": float(n % 5), "effective": 9.0}
        for n in range(100)
    ]
    table = summary(rows)
    assert table["doubt"].tolist() == ["low"]
