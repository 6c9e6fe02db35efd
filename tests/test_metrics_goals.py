"""Goals: chances that come true as often as they say, and no row lost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate import Estimate
from analysis.metrics.attainment import goal_chance
from analysis.metrics.goals import goal_histories, judge_goals
from analysis.metrics.random_walk import outlook
from analysis.metrics.scores import net_promoter
from analysis.study import Period, StudyError
from analysis.survey import Sample

NOW = Period.parse("2026Q3")
WAVES = ["2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
NEXT = pd.Timestamp("2026-12-31")
WHOLE = ("nps", "all", "all")


def figure(value, error=2.0, unit="points"):
    low, high = value - 1.96 * error, value + 1.96 * error
    return Estimate(
        value=value, standard_error=error, low=low, high=high, base=700, unit=unit
    )


def waves(values, error=2.0):
    return {w: figure(v, error) for w, v in zip(WAVES, values, strict=False)}


def table(**columns):
    row = {"metric": "nps", "target": 36.0, "due_on": NEXT, "owner": "Ada"}
    return pd.DataFrame([row | columns])


def judge(targets, histories, **more):
    return judge_goals(
        targets, histories, period=NOW, good={"nps": "high", "returns": "low"}, **more
    )


def test_a_goal_that_is_due_is_judged_by_its_own_figure():
    chance = goal_chance(waves([30] * 6 + [38]), target=36, due_on=NOW.end, period=NOW)
    assert chance.value == pytest.approx(stats.norm.cdf(1.0))
    assert chance.low == chance.high == chance.value
    earlier = goal_chance(
        waves([30] * 5 + [40, 30]),
        target=36,
        due_on=pd.Timestamp("2026-05-15"),
        period=NOW,
    )
    assert earlier.value == pytest.approx(stats.norm.cdf(2.0))


def test_where_steps_are_known_the_chance_is_the_normal_one():
    """200 exact values with steps of sd 3: the posterior of the step closes on 3."""
    rng = np.random.default_rng(2)
    values = np.cumsum(rng.normal(0, 3, 200))
    seen = outlook(np.arange(200.0), values, np.full(200, 1e-6))
    chance = seen.probability @ seen.chance_above(values[-1] + 3, ahead=4)
    expected = stats.norm.sf(3 / (np.std(np.diff(values)) * 2))
    assert chance == pytest.approx(expected, abs=0.01)


def test_the_filter_is_that_of_another_program():
    """Local level, steps of variance 4, errors of 9, diffuse start.

    statsmodels 0.15.0: UnobservedComponents([5., 8, 6, 11], "local level"), started
    with initialize_approximate_diffuse(1e12), smooth([9., 4.]): filtered_state
    8.634387352, filtered_state_cov 4.392010163 at the last point.
    """
    seen = outlook(np.arange(4.0), np.array([5.0, 8, 6, 11]), np.full(4, 3.0))
    mean = np.interp(2.0, seen.steps, seen.mean)
    variance = np.interp(2.0, seen.steps, seen.variance)
    assert (mean, variance) == pytest.approx((8.634387, 4.392010), abs=3e-3)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-40, 60), min_size=7, max_size=7), st.floats(-30, 60))
def test_a_goal_and_its_mirror_are_certain_together(values, target):
    words = {"due_on": NEXT, "period": NOW}
    up = goal_chance(waves(values), target=target, good="high", **words)
    down = goal_chance(waves(values), target=target, good="low", **words)
    assert up.value + down.value == pytest.approx(1, abs=1e-9)
    easier = goal_chance(waves(values), target=target - 5, good="high", **words)
    assert easier.value >= up.value - 1e-12
    assert 0 <= up.low <= up.value <= up.high <= 1


def test_few_earlier_periods_cannot_tell_unless_due():
    short = {wave: figure(20) for wave in WAVES[3:]}
    with pytest.raises(StudyError, match="3 earlier periods"):
        goal_chance(short, target=36, due_on=NEXT, period=NOW)
    found = judge(table(), {WHOLE: short})
    assert found.judged.loc[0, "status"] == "cannot tell"
    assert "3 earlier" in found.judged.loc[0, "why"]
    assert found.chances == {}
    due = judge(table(due_on=NOW.end), {WHOLE: short})
    assert due.judged.loc[0, "status"] == "missed"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ([40] * 7, "on track"),
        ([20] * 7, "off track"),
        ([35, 37] * 3 + [36], "cannot tell"),
    ],
)
def test_the_status_follows_the_chance(values, status):
    assert judge(table(), {WHOLE: waves(values)}).judged["status"].tolist() == [status]


def test_bounds_are_the_readers_choice():
    found = judge(table(), {WHOLE: waves([35, 37] * 3 + [36])}, on_track_from=0.4)
    assert found.judged["status"].tolist() == ["on track"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"metric": "npss"}, "known: nps"),
        ({"metric": "theme_share"}, "page of what customers say"),
        ({"by": "segment", "level": "martian"}, "no figures of segment = 'martian'"),
        ({"due_on": pd.NaT}, "no date"),
        ({"due_on": pd.Timestamp("2019-01-01")}, "no figure of 2019Q1"),
        ({"target": np.nan}, "no target"),
        ({"target": 360.0}, "outside -100 to 100"),
        ({"baseline": 40.0}, "no better than the baseline"),
    ],
)
def test_a_goal_that_cannot_be_judged_is_listed_with_the_reason(row, reason):
    found = judge(table(**row), {WHOLE: waves([30] * 7)})
    assert found.judged.empty
    assert len(found.set_aside) == 1
    assert reason in found.set_aside.loc[0, "reason"]


def test_every_row_is_judged_or_set_aside_and_has_its_own_name():
    rows = [
        table(),
        table(),
        table(due_on=pd.Timestamp("2027-12-31")),
        table(metric="x"),
    ]
    targets = pd.concat(rows, ignore_index=True)
    found = judge(targets, {WHOLE: waves([30] * 7)})
    assert len(found.judged) + len(found.set_aside) == len(targets)
    assert found.judged["goal"].is_unique
    assert set(found.gaps) == set(found.chances) == set(found.judged["goal"])


def test_low_is_good_where_the_metric_or_the_baseline_says_so():
    cell = ("returns", "all", "all")
    shares = {w: figure(0.08, 0.005, unit="share") for w in WAVES}
    goal = table(metric="returns", target=0.10, baseline=0.15)
    assert judge(goal, {cell: shares}).judged["status"].tolist() == ["on track"]
    told = judge_goals(goal, {cell: shares}, period=NOW, good={})
    assert told.judged["good"].tolist() == ["low"]
    unknown = judge_goals(
        goal.drop(columns="baseline"), {cell: shares}, period=NOW, good={}
    )
    assert "Which way is good" in unknown.set_aside.loc[0, "reason"]


def test_histories_hold_levels_since_the_last_rewording_on_enough_answers():
    frame = pd.DataFrame(
        {
            "recommend": [9, 3] * 60,
            "segment": ["new", "new", "old"] * 40,
            "period": np.repeat(WAVES[:6], 20),
        }
    )
    targets = pd.concat([table(), table(by="segment", level="new")])
    made = {"nps": (net_promoter, Sample(frame.iloc[:-15]))}
    breaks = {"recommend": ["2025Q3"]}
    found = goal_histories(targets, made, breaks=breaks)
    assert list(found[WHOLE]) == WAVES[2:5]
    cell = found["nps", "segment", "new"]
    part = frame[(frame["segment"] == "new") & (frame["period"] == "2025Q3")]
    assert cell["2025Q3"].value == net_promoter(Sample(part)).value


def test_stated_chances_come_true():
    """Back-test: 300 walks for each size of step, seven waves, goals two waves off."""
    rng = np.random.default_rng(6)
    for step in (0.0, 2.0, 4.0):
        said, was = _back_test(rng, step, draws=300)
        sure, hopeless = said >= 0.8, said <= 0.2
        error = 3.3 * np.sqrt(0.8 * 0.2 / sure.sum())
        assert was[sure].mean() > said[sure].mean() - error
        assert was[hopeless].mean() < said[hopeless].mean() + error
        assert abs(was.mean() - said.mean()) < 0.09


def _back_test(rng, step, *, draws, error=2.0):
    said, was = np.empty(draws), np.empty(draws)
    for place in range(draws):
        truth = 30 + np.cumsum(np.append(0, rng.normal(0, step, 8)))
        seen = truth[:7] + rng.normal(0, error, 7)
        target = 32 + rng.normal(0, 4)
        due = pd.Timestamp("2027-03-31")
        chance = goal_chance(waves(seen, error), target=target, due_on=due, period=NOW)
        said[place], was[place] = chance.value, truth[-1] >= target
    return said, was
