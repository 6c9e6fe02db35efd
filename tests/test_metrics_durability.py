"""Kept curves: published answers, an independent program, and simulated customers."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from analysis import metrics
from analysis.metrics import durability
from analysis.study import StudyError

# Weeks in remission of 21 children on 6-MP: Freireich and others (1963), Blood 21.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def aged(days, ended, *, folds=None, product="a"):
    ended = np.asarray(ended)
    return pd.DataFrame(
        {
            "product_id": product,
            "fold": np.arange(len(ended)) % 20 if folds is None else folds,
            "days": days,
            "returned": ended,
            "complained": 0,
            "open": 1 - ended,
        }
    )


def test_the_curve_and_greenwood_are_those_of_the_6_mp_trial():
    """R 4.2.2: summary(survfit(Surv(t, d) ~ 1)), package survival 3.5-3."""
    [(_, curve)] = durability._curves(aged(WEEKS, RELAPSED), None)
    published = {
        6: (21, 0.8571428571, 0.07636035483),
        7: (17, 0.8067226891, 0.08693528518),
        10: (15, 0.7529411765, 0.09634965299),
        13: (12, 0.6901960784, 0.10681470778),
        16: (11, 0.6274509804, 0.11405386526),
        22: (7, 0.5378151261, 0.12823375169),
        23: (6, 0.4481792717, 0.13459145676),
    }
    for week, (at_risk, value, error) in published.items():
        assert curve.at_risk[week] == at_risk
        assert curve.kept[week] == pytest.approx(value, abs=1e-10)
        assert math.sqrt(curve.greenwood[week]) == pytest.approx(error, abs=1e-10)


ages = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 1)), min_size=4, max_size=60
)


@settings(deadline=None, max_examples=40)
@given(ages)
def test_the_curve_is_that_of_statsmodels(rows):
    days, ended = np.array(rows).T
    other = SurvfuncRight(days, ended)
    [(_, curve)] = durability._curves(aged(days, ended), None)
    assert curve.kept[other.surv_times] == pytest.approx(other.surv_prob, abs=1e-9)
    errors = np.sqrt(curve.greenwood[other.surv_times])
    known = other.surv_prob > 1e-9
    assert errors[known] == pytest.approx(other.surv_prob_se[known], abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(ages, st.integers(2, 5))
def test_counts_say_what_single_lines_say(rows, times):
    days, ended = np.array(rows).T
    single = pd.concat([aged(days, ended)] * times)
    grouped = single.groupby(["product_id", "fold", "days"], as_index=False).sum()
    one, two = (
        metrics.kept_curves(frame, minimum_base=1) for frame in (single, grouped)
    )
    assert one["day"].tolist() == two["day"].tolist()
    assert one["value"].to_numpy() == pytest.approx(two["value"].to_numpy())
    assert (one["value"].diff().dropna() <= 1e-12).all()
    assert ((one["low"] <= one["value"]) & (one["value"] <= one["high"])).all()


def test_the_jackknife_is_the_one_of_the_formula():
    frame = aged(WEEKS, RELAPSED, folds=np.arange(21) % 5)
    [(_, curve)] = durability._curves(frame, None)
    left_out = [
        durability._curves(frame[frame["fold"] != fold], None) for fold in range(5)
    ]
    values = np.array([one.kept[10] for [(_, one)] in left_out])
    error = math.sqrt(4 / 5 * ((values - values.mean()) ** 2).sum())
    assert math.sqrt(curve.covariance(curve, 10)) == pytest.approx(error)


def shop(rng, *, customers, lines, likeness, returns, products="a"):
    """Lines that come back within weeks, alike within a customer, some seen briefly."""
    per_customer = 1 + rng.poisson(lines - 1, customers)
    who = np.repeat(np.arange(customers), per_customer)
    frailty = rng.gamma(1 / likeness, likeness, customers)[who] if likeness else 1.0
    limit = -math.log(1 - returns)
    spent = rng.exponential(size=len(who)) / frailty / limit
    back = np.where(spent < 1, -12 * np.log1p(-np.minimum(spent, 1 - 1e-12)), 999)
    seen = rng.integers(1, 180, len(who))
    days = np.minimum(np.ceil(back), seen).astype(int)
    frame = aged(days, (np.ceil(back) <= seen).astype(int))
    frame["fold"] = rng.integers(0, 20, customers)[who]
    return frame.assign(product_id=rng.choice(list(products), len(who)))


def true_share(day, *, likeness, returns):
    hazard = -math.log(1 - returns) * (1 - math.exp(-day / 12))
    if not likeness:
        return math.exp(-hazard)
    return (1 + likeness * hazard) ** (-1 / likeness)


@pytest.mark.parametrize(
    ("customers", "lines", "likeness", "returns"),
    [(40, 1, 0, 0.1), (150, 3, 4, 0.02), (150, 3, 4, 0.3), (800, 5, 1, 0.1)],
)
def test_intervals_cover_also_where_lines_of_a_customer_go_together(
    customers, lines, likeness, returns
):
    rng = np.random.default_rng(1)
    truth = true_share(30, likeness=likeness, returns=returns)
    hits = []
    for _ in range(200):
        frame = shop(
            rng, customers=customers, lines=lines, likeness=likeness, returns=returns
        )
        one = metrics.kept(frame, day=30)
        hits.append(one.low <= truth <= one.high)
    assert np.mean(hits) >= stats.binom.ppf(0.005, 200, 0.95) / 200


def test_two_products_that_are_alike_seldom_differ():
    rng = np.random.default_rng(2)
    claims = tested = 0
    for _ in range(250):
        frame = shop(
            rng, customers=200, lines=3, likeness=2, returns=0.1, products="ab"
        )
        gap = metrics.kept_difference(frame, levels=("a", "b"))
        assert gap.p_value is not None
        tested += 1
        claims += gap.p_value < 0.05
        assert gap.excludes_zero == (gap.p_value < 0.05)
    assert claims <= stats.binom.ppf(0.995, tested, 0.05)


def test_a_product_that_comes_back_far_more_is_found():
    rng = np.random.default_rng(3)
    good = shop(rng, customers=300, lines=1, likeness=0, returns=0.05)
    bad = shop(rng, customers=300, lines=1, likeness=0, returns=0.2, products="b")
    gap = metrics.kept_difference(pd.concat([good, bad]), levels=("a", "b"))
    assert gap.p_value is not None
    assert gap.p_value < 0.01
    assert gap.low > 0
    assert gap.unit == "share_difference"


def test_without_a_return_the_interval_is_that_of_a_share():
    one = metrics.kept(aged([90] * 100, [0] * 100), day=30)
    assert (one.value, one.high, one.base) == (1.0, 1.0, 100)
    assert 0.95 < one.low < 0.97
    gone = metrics.kept(aged([3] * 30 + [4] * 30, [1] * 60), day=4)
    assert gone.value == pytest.approx(0.0)
    assert gone.base == 30


def test_ages_that_no_line_reached_are_left_out_or_refused():
    frame = aged([20, 20, 40], [0, 1, 0])
    assert list(metrics.kept_by_day(frame)) == ["14 days", "30 days"]
    by = metrics.kept(
        pd.concat([frame, aged([9, 9], [0, 1], product="b")]), by="product_id"
    )
    assert list(by) == ["a"]
    with pytest.raises(StudyError, match="watched for 90 days"):
        metrics.kept(frame, day=90)
    with pytest.raises(StudyError, match=r"'b' was watched for 30 days"):
        metrics.kept_difference(frame, levels=("a", "b"))
    with pytest.raises(StudyError, match="No order line has an age"):
        metrics.kept(frame.iloc[:0])


def test_a_curve_ends_where_too_few_lines_are_watched():
    frame = pd.concat([aged([10] * 8, [0] * 8), aged([30] * 9, [0] * 9)])
    curves = metrics.kept_curves(frame, levels=["a", "none"], minimum_base=10)
    assert set(curves["level"]) == {"all", "a"}
    assert curves["day"].max() == 10
