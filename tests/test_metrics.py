"""NPS, CSAT, CES, return rate and change: known answers and properties."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import metrics
from analysis.display.names import name_level
from analysis.estimate import adjusted_wald_interval
from analysis.settings import Scale
from analysis.study import Study, StudyError, notebooks_root
from analysis.survey import Sample, share

SURVEY = {"responses": {"files": ["survey.csv"]}}
ACME = Study.model_validate({"id": "acme", "name": "A", "seed": 1, "tables": SURVEY})
CSAT = replace(metrics.top_box, scale=Scale(low=1, high=5))
ratings = st.lists(st.integers(0, 10), min_size=3, max_size=200)


def test_eight_promoters_and_22_detractors_of_39_give_minus_35_9():
    """The score of the Preppin' Data 2019 week 40 answers."""
    answers = pd.DataFrame({"recommend": [9] * 8 + [7] * 9 + [3] * 22})
    score = metrics.net_promoter(Sample(answers))
    assert round(score.value, 1) == -35.9
    assert score.base == 39


def test_with_equal_weights_the_interval_is_the_published_one():
    answers = pd.DataFrame({"recommend": [10] * 450 + [8] * 350 + [2] * 200})
    score = metrics.net_promoter(Sample(answers))
    low, high = adjusted_wald_interval(0.45, 0.20, 999)
    assert (score.low, score.high) == pytest.approx((low, high), abs=0.01)


@settings(deadline=None, max_examples=40)
@given(ratings)
def test_the_score_is_promoters_less_detractors_and_within_bounds(values):
    sample = Sample(pd.DataFrame({"recommend": values}))
    score = metrics.net_promoter(sample)
    groups = {
        name: metrics.score_group(sample, name).value
        for name in ("promoters", "passives", "detractors")
    }
    assert sum(groups.values()) == pytest.approx(1)
    expected = 100 * (groups["promoters"] - groups["detractors"])
    assert score.value == pytest.approx(expected)
    assert -100 <= score.low <= score.high <= 100


@settings(deadline=None, max_examples=40)
@given(ratings)
def test_a_missing_answer_changes_nothing(values):
    some = Sample(pd.DataFrame({"recommend": [float(v) for v in values]}))
    more = Sample(pd.DataFrame({"recommend": [*map(float, values), np.nan, np.nan]}))
    assert metrics.net_promoter(more).value == pytest.approx(
        metrics.net_promoter(some).value
    )
    assert metrics.net_promoter(more).base == len(values)


def test_levels_are_domains_of_the_whole_sample():
    frame = pd.DataFrame(
        {"recommend": [10, 10, 0, 9, 3, 8], "segment": ["a", "a", "a", "b", "b", "b"]}
    )
    by = metrics.net_promoter(Sample(frame), by="segment")
    assert by["a"].value == pytest.approx(100 / 3)
    assert by["b"].value == pytest.approx(0)


def test_a_score_that_nobody_gave_is_an_error():
    with pytest.raises(StudyError, match="No answer"):
        metrics.net_promoter(Sample(pd.DataFrame({"recommend": [np.nan, np.nan]})))


@pytest.mark.parametrize(("good", "expected"), [("high", 0.5), ("low", 0.25)])
def test_the_top_box_is_at_the_good_end(good, expected):
    answers = Sample(pd.DataFrame({"satisfaction": [5, 4, 3, 1]}))
    scale = Scale(low=1, high=5, good=good)
    assert replace(metrics.top_box, scale=scale)(answers).value == expected


def test_effort_reads_the_same_way_whichever_end_is_good():
    hard = Sample(pd.DataFrame({"effort": [1, 2, 3]}))
    easy = Sample(pd.DataFrame({"effort": [7, 6, 5]}))
    one = replace(metrics.effort, scale=Scale(low=1, high=7, good="low"))(hard)
    other = replace(metrics.effort, scale=Scale(low=1, high=7, good="high"))(easy)
    assert (one.value, one.low) == (other.value, other.low)


def test_return_rate_leaves_open_lines_out():
    lines = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "period": "2026Q3",
            "lines": [4, 4, 9],
            "closed_lines": [4, 4, 0],
            "returned_closed_lines": [1, 1, 0],
        }
    )
    rate = metrics.return_rate(metrics.trade(lines))
    assert (rate.value, rate.base) == (0.25, 2)


def test_lines_of_one_customer_are_not_independent():
    rng = np.random.default_rng(1)
    habit = rng.beta(0.4, 1.6, 500)
    lines = pd.DataFrame(
        {
            "customer_id": np.arange(500).astype(str),
            "period": "2026Q3",
            "closed_lines": 10,
            "returned_closed_lines": rng.binomial(10, habit),
        }
    )
    rate = metrics.return_rate(metrics.trade(lines))
    naive = np.sqrt(rate.value * (1 - rate.value) / 5000)
    assert rate.standard_error > 1.5 * naive


def test_a_change_is_the_difference_of_the_two_scores():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"recommend": rng.integers(0, 11, 400), "period": ["2026Q2", "2026Q3"] * 200}
    )
    sample = Sample(frame)
    found = metrics.change(sample, metrics.net_promoter, periods=("2026Q3", "2026Q2"))
    by = metrics.net_promoter(sample, by="period")
    assert found.value == pytest.approx(by["2026Q3"].value - by["2026Q2"].value)
    assert found.unit == "points"


def test_people_in_both_waves_make_a_change_more_certain():
    rng = np.random.default_rng(3)
    first = rng.integers(0, 11, 300)
    second = np.clip(first + rng.integers(-1, 2, 300), 0, 10)
    frame = pd.DataFrame(
        {
            "customer_id": np.tile(np.arange(300), 2),
            "period": np.repeat(["2026Q2", "2026Q3"], 300),
            "satisfaction": np.concatenate([first, second]) / 2,
        }
    )
    periods = ("2026Q3", "2026Q2")
    same = Sample(frame, clusters="customer_id")
    known = metrics.change(same, CSAT, periods=periods)
    unknown = metrics.change(Sample(frame), CSAT, periods=periods)
    assert known.value == pytest.approx(unknown.value)
    assert known.standard_error < 0.8 * unknown.standard_error
    assert known.high - known.low < 0.8 * (unknown.high - unknown.low)
    assert known.base == 300


def test_the_change_of_a_return_rate_is_the_difference_of_the_two():
    rng = np.random.default_rng(6)
    lines = rng.integers(0, 6, 600)
    frame = pd.DataFrame(
        {
            "customer_id": np.tile(np.arange(300), 2).astype(str),
            "period": np.repeat(["2026Q2", "2026Q3"], 300),
            "closed_lines": lines,
            "returned_closed_lines": rng.binomial(lines, 0.1),
        }
    )
    bought = metrics.trade(frame)
    found = metrics.change(bought, metrics.return_rate, periods=("2026Q3", "2026Q2"))
    rates = metrics.return_rate(bought, by="period")
    assert found.value == pytest.approx(rates["2026Q3"].value - rates["2026Q2"].value)
    assert (found.unit, found.source.split(".")[-1]) == ("share_difference", "change")
    assert found.base == min(one.base for one in rates.values())
    assert (found.p_value < 0.05) == found.excludes_zero


# 45 % promoters, 20 % detractors, 80 % power, two independent waves.
@pytest.mark.parametrize(
    ("n", "points"), [(200, 21.5), (400, 15.2), (1000, 9.6), (2000, 6.8), (5000, 4.3)]
)
def test_the_detectable_change_is_the_published_one(n, points):
    wave = [10] * (45 * n // 100) + [8] * (35 * n // 100) + [2] * (20 * n // 100)
    frame = pd.DataFrame({"recommend": wave * 2, "period": ["a"] * n + ["b"] * n})
    found = metrics.change(Sample(frame), metrics.net_promoter, periods=("b", "a"))
    assert metrics.detectable_change(found).value == pytest.approx(points, abs=0.06)


def test_nothing_changed_is_said_to_have_changed_one_time_in_twenty():
    """500 pairs of waves; the rate must lie in the 99 % band of its own noise."""
    alarms = 0
    rng = np.random.default_rng(4)
    for _ in range(500):
        frame = pd.DataFrame(
            {
                "recommend": rng.choice(11, 300),
                "period": np.repeat(["a", "b"], 150),
            }
        )
        found = metrics.change(Sample(frame), metrics.net_promoter, periods=("b", "a"))
        alarms += found.p_value <= 0.05
    low, high = stats.binom.ppf([0.005, 0.995], 500, 0.05)
    assert low <= alarms <= high


def test_weights_scale_nothing():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"recommend": rng.integers(0, 11, 200), "weight": rng.gamma(2, 1, 200)}
    )
    one = metrics.net_promoter(Sample(frame, weights="weight"))
    frame["weight"] *= 1000
    other = metrics.net_promoter(Sample(frame, weights="weight"))
    assert (one.value, one.low) == pytest.approx((other.value, other.low))


def test_a_share_with_no_hits_still_has_an_interval():
    found = share(Sample(pd.DataFrame({"hit": [False] * 40})), "hit")
    assert found.low == 0
    assert 0.05 < found.high < 0.12


def metric_from_contributing():
    """Run the example that CONTRIBUTING shows, as it stands there."""
    text = (notebooks_root().parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(@metric.*?)```", text, re.DOTALL)
    names = {"metric": metrics.metric, "turned": metrics.turned, "pd": pd}
    exec(code, names | {"Scale": Scale}, made := {})
    return made["hard_time"]


def test_a_metric_of_ones_own_takes_one_function_and_one_line():
    """As CONTRIBUTING shows it: value, groups, change and maker follow."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "effort": rng.integers(1, 8, 400).astype(float),
            "segment": np.tile(["a", "b"], 200),
            "period": np.repeat(["2026Q2", "2026Q3"], 200),
        }
    )
    sample = Sample(frame)
    own = metric_from_contributing()
    [mine] = metrics.offered([own, metrics.net_promoter], sample, study=ACME)
    assert mine(sample).value == pytest.approx((frame["effort"] <= 2).mean())
    assert mine(sample).source.endswith("hard_time")
    assert set(mine(sample, by="segment")) == {"a", "b"}
    periods = ("2026Q3", "2026Q2")
    moved = metrics.changes(sample, [mine], periods=periods)["hard_time"]
    levels = mine(sample, by="period")
    expected = levels["2026Q3"].value - levels["2026Q2"].value
    assert (moved.value, moved.unit) == (pytest.approx(expected), "share_difference")


def test_the_promoter_score_refuses_another_scale():
    other = replace(metrics.net_promoter, scale=Scale(low=1, high=5))
    with pytest.raises(ValueError, match="0 to 10, not 1 to 5"):
        other(Sample(pd.DataFrame({"recommend": [1.0, 5.0]})))


def test_a_reworded_question_has_no_change():
    frame = pd.DataFrame({"recommend": [9.0, 3.0] * 4, "period": ["a", "b"] * 4})
    asked = {"periods": ("b", "a"), "reworded": ["recommend"]}
    assert metrics.changes(Sample(frame), [metrics.net_promoter], **asked) == {}


def test_the_changes_within_groups_are_those_of_their_scores():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "recommend": rng.integers(0, 11, 400).astype(float),
            "period": ["a", "b"] * 200,
            "region": rng.choice(["N", "S"], 400),
        }
    )
    frame.loc[frame["period"] == "a", "region"] = "N"
    sample = Sample(frame)
    within = {"by": "region", "periods": ("b", "a")}
    found = metrics.changes_within(sample, metrics.net_promoter, **within)
    assert list(found) == ["N"]
    after = frame[(frame["period"] == "b") & (frame["region"] == "N")]
    before = frame[frame["period"] == "a"]
    scores = [metrics.net_promoter(Sample(one)).value for one in (after, before)]
    assert found["N"].value == pytest.approx(scores[0] - scores[1])


def accounts():
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(
        {
            "recommend": rng.integers(0, 11, 300).astype(float),
            "account_id": rng.choice(["a", "b", "c", "d"], 300, p=[0.7, 0.1, 0.1, 0.1]),
            "weight": rng.gamma(4, 0.25, 300),
            metrics.WORTH: rng.lognormal(4, 0.5, 300),
        }
    )
    return Sample(frame, weights="weight")


def test_a_few_large_customers_tell_nothing_by_revenue():
    frame = accounts().frame
    frame.loc[:2, metrics.WORTH] = 1e6
    found = metrics.weighings(Sample(frame), metrics.net_promoter)
    assert np.isnan(found["by revenue"].value)
    assert found["by revenue"].effective_base < 100


def test_each_account_counts_once_and_each_euro_counts_once():
    sample = accounts()
    found = metrics.weighings(sample, metrics.net_promoter)
    points = metrics.promoter_points(sample.frame["recommend"])
    frame = sample.frame.assign(points=points)
    means = frame.groupby("account_id").apply(
        lambda one: np.average(one["points"], weights=one["weight"])
    )
    assert found["each account"].value == pytest.approx(means.mean())
    worth = frame["weight"] * frame[metrics.WORTH]
    expected = np.average(frame["points"], weights=worth)
    assert found["by revenue"].value == pytest.approx(expected)
    assert found["by revenue"].effective_base < found["each person"].effective_base
    assert found["each person"].value == metrics.net_promoter(sample).value


@pytest.mark.parametrize("metric", [metrics.net_promoter, CSAT])
def test_equal_worth_changes_nothing(metric):
    frame = accounts().frame.assign(satisfaction=np.tile([1.0, 4.0, 5.0], 100))
    even = Sample(frame.assign(**{metrics.WORTH: 7.0, "account_id": None}))
    found = metrics.weighings(even, metric)
    assert set(found) == {"each person", "by revenue"}
    one, other = found["each person"], found["by revenue"]
    assert (one.value, one.low, one.high) == pytest.approx(
        (other.value, other.low, other.high)
    )


def test_pages_call_each_metric_by_its_label():
    """The summary page knows names only; both spellings must be one."""
    for one in (*metrics.ANSWERS, *metrics.CONDUCT):
        assert name_level(one.name) == one.label
