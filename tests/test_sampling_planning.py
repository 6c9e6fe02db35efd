"""How many to ask next, and the draw of whom."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import sampling
from analysis.study import StudyError


@pytest.mark.parametrize(
    ("answers", "change"),
    [(200, 21.5), (400, 15.2), (1_000, 9.6), (2_000, 6.8), (5_000, 4.3)],
)
def test_detectable_changes_of_the_nps_are_the_published_ones(answers, change):
    # 45 % promoters, 20 % detractors, 80 % power, two independent waves.
    deviation = sampling.nps_deviation(0.45, 0.20)
    seen = sampling.change_seen_with(answers, deviation, unit="points").value
    assert round(seen, 1) == change
    needed = sampling.answers_for_change(seen, deviation).value
    assert needed == pytest.approx(answers, abs=1)


def test_few_customers_need_fewer_answers():
    deviation = sampling.share_deviation(0.5)
    assert sampling.answers_for_margin(0.05, deviation).value == 385
    assert sampling.answers_for_margin(0.05, deviation, population=500).value == 218
    with pytest.raises(StudyError, match="margin is 0"):
        sampling.answers_for_margin(0, deviation)


def test_neyman_asks_more_where_answers_differ_more_and_come_less_often():
    sizes = {"a": 1_000, "b": 1_000}
    plan = sampling.allocation(sizes, 300, deviations={"a": 2.0, "b": 1.0})
    assert plan["invitations"].tolist() == [200, 100]
    rates = {"a": 0.4, "b": 0.1}
    plan = sampling.allocation(sizes, 300, deviations={"a": 1.0, "b": 1.0}, rates=rates)
    assert plan["invitations"].tolist() == [100, 200]
    with pytest.raises(StudyError, match="'b' has no standard deviation"):
        sampling.allocation(sizes, 300, deviations={"a": 1.0})


def test_no_allocation_of_whole_numbers_is_more_precise_than_neymans():
    sizes, spread = {"a": 300, "b": 500, "c": 200}, {"a": 4.0, "b": 1.0, "c": 2.0}
    chosen = sampling.allocation(sizes, 30, deviations=spread)["invitations"].tolist()

    def variance(counts):
        pairs = zip(sizes.values(), spread.values(), counts, strict=True)
        return sum((size * sd) ** 2 / count for size, sd, count in pairs)

    others = [(a, b, 30 - a - b) for a in range(1, 29) for b in range(1, 30 - a)]
    assert variance(chosen) <= min(map(variance, others)) * 1.005


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.floats(0.1, 9)), min_size=1, max_size=6),
    st.integers(1, 900),
)
def test_an_allocation_sends_what_was_asked_and_never_more_than_there_are(
    strata, total
):
    sizes = {str(n): size for n, (size, _) in enumerate(strata)}
    deviations = {str(n): spread for n, (_, spread) in enumerate(strata)}
    for spread in (None, deviations):
        plan = sampling.allocation(sizes, total, deviations=spread)
        assert plan["invitations"].sum() == min(total, sum(sizes.values()))
        assert (plan["invitations"] <= plan["customers"]).all()
        if total >= len(sizes):
            assert (plan["invitations"] >= (plan["customers"] > 0)).all()


def frame(n=60):
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:03}" for number in range(n)],
            "segment": ["new", "new", "old"] * (n // 3),
            "shop": [f"s{number % 12}" for number in range(n)],
            "email": "someone@example.org",
        }
    )


@pytest.mark.parametrize("cluster", [None, "shop"])
def test_the_stated_chances_are_those_of_the_draw(cluster):
    rng = np.random.default_rng(7)
    customers, draws = frame(), 300
    # Shops lie in one segment each: 12 is a multiple of 3.
    counts = pd.Series(0, index=customers["customer_id"])
    stated = None
    for _ in range(draws):
        drawn = sampling.draw_sample(
            customers, size=20, rng=rng, strata="segment", cluster=cluster
        ).invitations.set_index("customer_id")
        counts[drawn.index] += 1
        stated = drawn["inclusion_probability"].combine_first(
            stated if stated is not None else drawn["inclusion_probability"]
        )
    error = np.sqrt(stated * (1 - stated) / draws)
    assert len(stated) == len(customers)
    assert ((counts / draws - stated).abs() < 4.5 * error).all()


def test_the_same_seed_draws_the_same_list_whatever_the_order_of_the_file():
    customers = frame()
    shuffled = customers.sample(frac=1, random_state=3)
    lists = [
        sampling.draw_sample(
            one, size=20, rng=np.random.default_rng([5, 6]), strata="segment"
        ).invitations
        for one in (customers, shuffled)
    ]
    pd.testing.assert_frame_equal(*lists)
    assert list(lists[0]) == ["customer_id", "stratum", "inclusion_probability"]


def test_nobody_is_asked_twice_in_a_season():
    customers = frame()
    day = pd.Timestamp("2026-09-30")
    asked = customers.head(30).assign(invited_on=day - pd.Timedelta(days=50))
    resting = sampling.resting(customers, asked, on=day, days=90)
    drawn = sampling.draw_sample(
        customers.assign(is_resting=resting), size=100, rng=np.random.default_rng(1)
    )
    assert set(drawn.invitations["customer_id"]) == set(customers["customer_id"][30:])
    assert drawn.plan["asked_recently"].tolist() == [30]
    assert not sampling.resting(customers, asked, on=day, days=40).any()
    with pytest.raises(StudyError, match="Nobody may be asked"):
        sampling.draw_sample(
            customers.assign(is_resting=True), size=5, rng=np.random.default_rng(1)
        )


@pytest.mark.parametrize(
    ("changes", "settings_", "complaint"),
    [
        ({"customer_id": "x"}, {}, "'x' stands in the frame more than once"),
        ({}, {"strata": "country"}, "no column 'country'"),
        ({"shop": "s1"}, {"strata": "segment", "cluster": "shop"}, "lies in 2 strata"),
    ],
)
def test_a_frame_that_cannot_be_drawn_from_is_refused(changes, settings_, complaint):
    with pytest.raises(StudyError, match=complaint):
        sampling.draw_sample(
            frame().assign(**changes),
            size=5,
            rng=np.random.default_rng(1),
            **settings_,
        )
