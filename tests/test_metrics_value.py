"""Value of customers: published answers, properties, and truth found again."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from analysis.estimate import Estimate
from analysis.metrics import value
from analysis.metrics.value import purchase_fit, spending
from analysis.metrics.value.lifetime import WEEKS_IN_MONTH
from analysis.metrics.value.prediction import Prediction, predict, predicted_mean
from analysis.metrics.value.purchases import (
    expected_purchases,
    probability_alive,
)
from analysis.metrics.value.recency import PARTS, RULES
from analysis.study import StudyError

START, SPAN, HELD = pd.Timestamp("2024-01-01"), 730, 180
END, CUT = START + pd.Timedelta(days=SPAN), START + pd.Timedelta(days=SPAN - HELD)
RATE, LEAVING, SPEND = (0.6, 8.0), (0.8, 2.5), (6.0, 4.0, 15.0)
PUBLISHED = np.array([0.24259293, 4.41353227, 0.79288597, 2.42575238])
PAPER = pd.DataFrame({"repeats": [2], "last_week": [30.43], "age": [38.86]})


def company(seed, n=500, *, leaving=None, joins=365, begun=0):
    """Histories of customers who buy, spend and leave as the models suppose.

    Orders before the day `begun` are not on file.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(0, joins, n)
    pace = rng.gamma(RATE[0], 1 / RATE[1], n) / 7
    leaves = rng.beta(*LEAVING, n) if leaving is None else np.full(n, leaving)
    scale = rng.gamma(SPEND[1], 1 / SPEND[2], n)
    who, now = np.arange(n), first.astype(float)
    days = [pd.DataFrame({"who": who, "day": now, "money": 20.0})]
    while len(who):
        now = now + rng.exponential(1 / pace[who])
        who, now = who[now < SPAN], now[now < SPAN]
        money = rng.gamma(SPEND[0], 1 / scale[who])
        days.append(pd.DataFrame({"who": who, "day": np.ceil(now), "money": money}))
        stays = rng.random(len(who)) >= leaves[who]
        who, now = who[stays], now[stays]
    bought = pd.concat(days).groupby(["who", "day"], as_index=False)["money"].sum()
    table = histories(bought[bought["day"] >= begun])
    joined = START + pd.to_timedelta(first, unit="D")
    return table.assign(joined_on=joined[table.index])


def histories(bought):
    """The table customer_histories of purchases."""
    first = bought.groupby("who")["day"].min()
    bought = bought[bought["day"] > bought["who"].map(first)]
    early = bought[bought["day"] <= SPAN - HELD]
    late = bought[bought["day"] > SPAN - HELD]

    def summed(rows):
        found = rows.groupby("who").agg(
            days=("day", "size"), last=("day", "max"), money=("money", "sum")
        )
        found = found.reindex(first.index)
        return found.fillna({"days": 0, "money": 0.0, "last": first})

    def date(days):
        return START + pd.to_timedelta(days, unit="D")

    whole, before, after = summed(bought), summed(early), summed(late)
    is_there = first <= SPAN - HELD
    return pd.DataFrame(
        {
            "customer_id": first.index.astype("str"),
            "first_on": date(first),
            "last_on": date(whole["last"]),
            "purchase_days": whole["days"] + 1,
            "revenue": whole["money"] + 20.0,
            "repeat_revenue": whole["money"],
            "last_on_before": date(before["last"]).where(is_there),
            "purchase_days_before": (before["days"] + 1).where(is_there, 0),
            "repeat_revenue_before": before["money"],
            "purchase_days_after": after["days"],
            "revenue_after": after["money"],
        }
    ).rename_axis(None)


@pytest.fixture(scope="module")
def cdnow(root):
    rows = pd.read_csv(root / "tests/reference/cdnow.csv")
    rows = rows.loc[rows.index.repeat(rows["customers"])].reset_index(drop=True)
    return pd.DataFrame(
        {
            "repeats": rows["repeats"].astype(float),
            "last_week": rows["last_day"] / 7,
            "age": rows["age_days"] / 7,
            "spend": rows["repeat_revenue"]
            / rows["repeats"].where(rows["repeats"] > 0),
            "has_left": False,
        }
    )


@pytest.fixture(scope="module")
def seen():
    return value.observed(value.cohort(company(1, 800)), until=END)


@pytest.fixture(scope="module")
def fits(seen):
    return {
        "purchases": value.fit_purchases(seen),
        "spending": value.fit_spending(seen),
    }


# Known answers


def test_the_reference_is_the_published_sample(cdnow):
    assert len(cdnow) == 2357
    assert (cdnow["repeats"] > 0).sum() == 946
    assert cdnow["repeats"].sum() == 2457
    assert round(cdnow["age"].max(), 3) == 38.857


def test_purchases_are_fitted_as_published(cdnow):
    """Fader, Hardie and Lee 2005, table 2."""
    fit = value.fit_purchases(cdnow)
    assert fit.parameters == pytest.approx(PUBLISHED, rel=5e-3)
    assert fit.parameters.round(3) == pytest.approx([0.243, 4.414, 0.793, 2.426])
    assert round(fit.log_likelihood, 1) == -9582.4
    assert (fit.base, fit.fixed) == (2357, ())


def test_a_customer_of_the_paper_is_as_alive_and_active_as_published():
    assert probability_alive(PAPER, PUBLISHED) == pytest.approx([0.72660914], rel=1e-7)
    coming = expected_purchases(PAPER, PUBLISHED, weeks=39.0)
    assert coming == pytest.approx([1.22591042], rel=1e-7)


def test_spending_is_fitted_as_published(cdnow):
    """Fader and Hardie 2013: p 6.25, q 3.74, v 15.44."""
    fit = value.fit_spending(cdnow)
    assert fit.parameters == pytest.approx([6.24880, 3.74459, 15.44775], rel=5e-3)
    assert (fit.base, fit.left_out) == (946, 0)


def test_a_contract_is_worth_the_sum_of_its_payments():
    retention = Estimate(
        value=0.8, standard_error=0.02, low=0.76, high=0.84, base=400, unit="share"
    )
    at_end = value.contract_value(retention, margin=30.0, discount=0.1)
    payments = sum(30.0 * (0.8 / 1.1) ** t for t in range(1, 500))
    assert at_end.value == pytest.approx(payments)
    now = value.contract_value(
        retention, margin=30.0, discount=0.1, first_payment="now"
    )
    assert now.value == pytest.approx(30.0 + at_end.value)
    assert now.standard_error == pytest.approx(at_end.standard_error)
    slope = (at_end.high - at_end.low) / 0.08
    assert at_end.standard_error == pytest.approx(0.02 * slope, rel=0.05)


# The formulas, by other means

shapes = st.floats(0.3, 30.0)


@settings(max_examples=40)
@given(shapes, shapes, shapes, st.integers(0, 200), st.floats(0, 300))
def test_purchases_to_come_are_the_mean_over_what_is_not_known(r, a, b, x, age):
    """Rate and chance of leaving integrated out by quadrature, for one horizon."""
    alpha, weeks, power = 5.0, 40.0, r + x
    customer = pd.DataFrame(
        {"repeats": [float(x)], "last_week": [age if x else 0.0], "age": [age]}
    )

    def left_to_buy(q):  # q is the quantile of the chance of leaving
        p = stats.beta.ppf(q, a, b + x)
        if p == 0:
            return power * weeks / (alpha + age)
        return -np.expm1(-power * np.log1p(p * weeks / (alpha + age))) / p

    active = integrate.quad(left_to_buy, 0, 1, limit=200)[0]
    parameters = np.array([r, alpha, a, b])
    alive = probability_alive(customer, parameters)
    found = expected_purchases(customer, parameters, weeks=weeks)
    assert found == pytest.approx(alive * active, rel=1e-4)


def test_purchases_to_come_have_no_hole_where_a_is_one():
    near = [
        expected_purchases(PAPER, np.array([0.3, 4.0, a, 2.0]), weeks=20.0)[0]
        for a in (0.999, 1.0, 1.001)
    ]
    assert near[0] > near[1] > near[2]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-5)


def test_many_purchases_overflow_nothing():
    busy = pd.DataFrame({"repeats": [900.0], "last_week": [150.0], "age": [150.0]})
    coming = expected_purchases(busy, PUBLISHED, weeks=np.array([4.0, 52.0]))
    assert 0 < coming[0, 0] < coming[0, 1] < 900


@pytest.mark.parametrize("model", ["purchases", "spending"])
def test_gradients_are_those_of_the_likelihood(seen, model):
    rows = seen[seen["repeats"] > 0].head(20)
    make = {"purchases": purchase_fit, "spending": spending}[model].contributions
    evaluate, k = make(rows), {"purchases": 4, "spending": 3}[model]
    logs = np.linspace(-0.5, 1.5, k)
    for place, step in enumerate(1e-6 * np.eye(k)):
        slope = (evaluate(logs + step)[0] - evaluate(logs - step)[0]) / 2e-6
        assert evaluate(logs)[1][:, place] == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_influence_is_what_leaving_a_customer_out_changes(seen, fits):
    one = int(seen["repeats"].argmax())
    for fit, again in (
        (fits["purchases"], value.fit_purchases),
        (fits["spending"], value.fit_spending),
    ):
        without = again(seen.drop(index=one))
        moved = np.log(fit.parameters / without.parameters)
        assert moved == pytest.approx(fit.influence[one], rel=0.3, abs=2e-3)
        assert fit.influence.sum(axis=0) == pytest.approx(0, abs=1e-6)


def test_errors_of_a_true_model_agree_with_those_of_influence(fits):
    for fit in fits.values():
        robust = np.sqrt((fit.influence**2).sum(axis=0))
        assert robust == pytest.approx(np.sqrt(np.diag(fit.covariance)), rel=0.25)


# Properties

customers = st.tuples(
    st.integers(0, 60), st.floats(0.1, 200), st.floats(0, 1), st.floats(0.1, 100)
)


@given(customers, st.lists(st.floats(0.05, 20), min_size=4, max_size=4))
def test_silence_makes_being_alive_less_likely(customer, parameters):
    x, last, _, silence = customer
    people = pd.DataFrame(
        {
            "repeats": [float(x)] * 3,
            "last_week": [last if x else 0.0] * 3,
            "age": [last, last + silence, last + 3 * silence],
        }
    )
    alive = probability_alive(people, np.array(parameters))
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) <= 0).all()
    assert x > 0 or (alive == 1).all()


@given(customers, st.lists(st.floats(0.1, 10), min_size=4, max_size=4))
def test_more_weeks_bring_more_purchases_in_any_unit_of_time(customer, parameters):
    x, age, part, weeks = customer
    people = pd.DataFrame(
        {"repeats": [float(x)], "last_week": [age * part * (x > 0)], "age": [age]}
    )
    r, alpha, a, b = parameters
    grid = weeks * np.array([0.0, 0.5, 1.0, 2.0])
    coming = expected_purchases(people, np.array(parameters), weeks=grid)[0]
    assert coming[0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(coming) >= -1e-9).all()
    days = people.assign(last_week=7 * people["last_week"], age=7 * age)
    again = expected_purchases(days, np.array([r, 7 * alpha, a, b]), weeks=7 * grid)
    assert again[0] == pytest.approx(coming, rel=1e-6, abs=1e-9)


def test_the_unit_of_time_changes_alpha_alone(seen, fits):
    days = seen.assign(last_week=7 * seen["last_week"], age=7 * seen["age"])
    fit = value.fit_purchases(days)
    again = fits["purchases"].parameters * np.array([1, 7, 1, 1])
    assert fit.parameters == pytest.approx(again, rel=1e-5)


def test_value_is_linear_in_margin_and_in_money(seen, fits):
    whole = value.mean_value(value.lifetimes(seen, **fits))
    part = value.lifetimes(seen, **fits, terms=value.Terms(margin=0.3))
    assert not part.terms.is_revenue
    cents = {
        **fits,
        "spending": value.fit_spending(seen.assign(spend=seen.spend * 100)),
    }
    in_cents = value.mean_value(
        value.lifetimes(seen.assign(spend=seen.spend * 100), **cents)
    )
    for name in ("value", "low", "high", "standard_error"):
        one = getattr(whole, name)
        assert getattr(value.mean_value(part), name) == pytest.approx(0.3 * one)
        assert getattr(in_cents, name) == pytest.approx(100 * one, rel=1e-4)


def test_a_month_without_discount_is_purchases_times_spend(seen, fits):
    lives = value.lifetimes(
        seen, **fits, terms=value.Terms(months=1, discount=0.0, margin=1.0)
    )
    coming = expected_purchases(
        seen, fits["purchases"].parameters, weeks=WEEKS_IN_MONTH
    )
    spend = spending.expected_spend(seen, fits["spending"].parameters)
    assert lives.value.figures == pytest.approx(coming * spend)


def test_discount_lowers_value_and_levels_add_up(seen, fits):
    seen = seen.assign(half=np.where(seen.index % 2, "odd", "even"))
    lives = value.lifetimes(seen, **fits)
    free = value.lifetimes(seen, **fits, terms=value.Terms(discount=0.0))
    total = value.total_value(lives)
    assert total.value < value.total_value(free).value < 1.1 * total.value
    halves = value.total_value(lives, by="half")
    assert sum(one.value for one in halves.values()) == pytest.approx(total.value)
    assert sum(one.base for one in halves.values()) == total.base == len(seen)
    assert value.mean_value(lives).value == pytest.approx(total.value / len(seen))


def test_whoever_is_known_to_have_left_is_worth_nothing(seen, fits):
    gone = seen.assign(has_left=seen["repeats"] > 2)
    lives = value.lifetimes(gone, **fits)
    assert (lives.frame.loc[gone["has_left"], ["value", "alive"]] == 0).all().all()
    assert (
        value.alive_share(lives).value
        < value.alive_share(value.lifetimes(seen, **fits)).value
    )
    assert value.alive_share(lives).base == (seen["repeats"] > 0).sum()


def test_the_mean_of_what_is_known_has_the_usual_error():
    figures = np.array([1.0, 4.0, 2.0, 9.0, 3.0])
    nothing = np.zeros((5, 1))
    found = predicted_mean(Prediction(figures, nothing, nothing), unit="ratio")
    assert found.standard_error == pytest.approx(figures.std(ddof=1) / np.sqrt(5))
    slopes = predict(
        lambda p: p[0] * figures, parameters=np.array([2.0]), influence=nothing
    ).slopes
    assert slopes[:, 0] == pytest.approx(2 * figures)


# Truth found again


def test_parameters_and_value_are_found_as_often_as_said():
    truth = dict(zip(("r", "alpha", "a", "b"), (*RATE, *LEAVING), strict=True))
    hits = dict.fromkeys(truth, 0) | {"ratio": 0}
    for seed in range(15):
        people = value.cohort(company(seed, 400))
        fit = value.fit_purchases(value.observed(people, until=END))
        for name, one in value.model_parameters(fit).items():
            hits[name] += one.low <= truth[name] <= one.high
        check = value.holdout(people, cut_on=CUT, end=END)
        ratio = value.holdout_ratio(check)
        hits["ratio"] += ratio.low <= 1 <= ratio.high
    enough = stats.binom.ppf(0.001, 15, 0.95)
    assert {name: n for name, n in hits.items() if n < enough} == {}


def test_equal_chances_of_leaving_are_held_and_said():
    alike = value.observed(value.cohort(company(5, leaving=0.1)), until=END)
    fit = value.fit_purchases(alike)
    assert fit.fixed == ("b",)
    a, b = fit.parameters[2:]
    assert a / (a + b) == pytest.approx(0.1, abs=0.03)
    assert set(value.model_parameters(fit)) == {"r", "alpha", "a"}


def test_a_company_that_nobody_leaves_has_no_dead():
    staying = value.observed(value.cohort(company(8, 300, leaving=0.0)), until=END)
    fit = value.fit_purchases(staying)
    assert probability_alive(staying, fit.parameters).mean() > 0.95


def test_the_holdout_shows_what_was_predicted_and_what_happened():
    check = value.holdout(value.cohort(company(3, 2000)), cut_on=CUT, end=END)
    for of in ("purchases", "revenue"):
        predicted = value.holdout_predicted(check, of=of)
        happened = value.holdout_happened(check, of=of)
        assert list(predicted) == list(happened) == [*"0123456", "7+"]
        bases = np.array([one.base for one in happened.values()])
        sums = [
            bases @ [one.value for one in each.values()]
            for each in (happened, predicted)
        ]
        ratio = value.holdout_ratio(check, of=of)
        assert ratio.value == pytest.approx(sums[0] / sums[1])
        assert value.verdict(ratio) == "holds"


def test_without_joining_dates_a_late_start_of_the_orders_misleads():
    """Who bought before the first order on file is taken for a newcomer."""
    begun = 400
    table = company(4, 3000, joins=600, begun=begun, leaving=0.1)
    late = table["joined_on"] < START + pd.Timedelta(days=begun)
    bare, joined = table.drop(columns="joined_on"), table[["customer_id", "joined_on"]]
    unknown, known = value.cohort(bare), value.cohort(bare, customers=joined)
    assert (known.joined_before, known.undated) == (late.sum(), 0)
    assert (known.is_dated, unknown.is_dated) == (True, False)
    right, wrong = (
        value.holdout_ratio(value.holdout(people, cut_on=CUT, end=END))
        for people in (known, unknown)
    )
    assert right.low < 1 < right.high
    assert wrong.high < 0.9
    assert value.verdict(wrong) == "misses"


def test_customers_without_a_joining_date_are_counted():
    table = company(1, 50)
    joined = table[["customer_id", "joined_on"]].copy()
    joined.loc[[3, 7], "joined_on"] = pd.NaT
    people = value.cohort(table.drop(columns="joined_on"), customers=joined)
    assert (people.undated, len(people.frame)) == (2, 48)


def test_a_model_is_judged_by_its_miss():
    def ratio(low, mid, high):
        return Estimate(
            value=mid, standard_error=0.1, low=low, high=high, base=9, unit="ratio"
        )

    assert value.verdict(ratio(0.9, 1.05, 1.2)) == "holds"
    assert value.verdict(ratio(1.0, 1.2, 1.5)) == "misses"
    assert value.verdict(ratio(0.5, 0.6, 0.7)) == "fails"


# Refusals


def test_few_repeat_buyers_are_refused():
    few = value.observed(value.cohort(company(6, 60)), until=END)
    with pytest.raises(StudyError, match="came back; a model of purchases needs 100"):
        value.fit_purchases(few)
    with pytest.raises(StudyError, match="positive spend; the model of spending"):
        value.fit_spending(few)


def test_spend_that_goes_with_frequency_is_refused(seen):
    rising = seen.assign(spend=seen["spend"] + 40 * seen["repeats"])
    with pytest.raises(StudyError, match="more often spend more on each purchase"):
        value.fit_spending(rising)
    assert value.spend_correlation(rising).low > 0.3


def test_spend_without_a_mean_is_refused(seen):
    rng = np.random.default_rng(1)
    times = 6 * seen["repeats"].clip(lower=1)
    drawn = rng.gamma(times) / times / rng.gamma(1.02, size=len(seen))
    wild = seen.assign(spend=drawn)
    with pytest.raises(StudyError, match="mean may not exist"):
        value.fit_spending(wild)


def test_purchases_that_brought_nothing_are_counted(seen, fits):
    is_first = seen.index == int(seen["repeats"].argmax())
    free = seen.assign(spend=seen["spend"].mask(is_first, 0.0))
    fit = value.fit_spending(free)
    assert (fit.left_out, fit.base) == (1, fits["spending"].base - 1)
    p, q, v = fit.parameters
    one = spending.expected_spend(free, fit.parameters)[is_first]
    assert one == pytest.approx([p * v / (q - 1)])


def test_an_impossible_history_is_refused(seen):
    with pytest.raises(StudyError, match="1 customers have an impossible history"):
        value.fit_purchases(seen.assign(age=seen["age"].mask(seen.index == 3, -1.0)))
    with pytest.raises(StudyError, match="after the last day seen"):
        value.observed(value.cohort(company(1, 50)), until=CUT)


def test_models_of_other_customers_are_refused(seen, fits):
    with pytest.raises(StudyError, match="other customers"):
        value.lifetimes(seen.head(200), **fits)


@pytest.mark.parametrize(
    "terms", [{"months": 0}, {"discount": -0.1}, {"margin": 0.0}, {"margin": 1.2}]
)
def test_terms_outside_their_range_are_refused(terms):
    with pytest.raises(StudyError, match="cannot be counted"):
        value.Terms(**terms)


def test_a_cohort_needs_someone_whose_first_purchase_is_known():
    table = company(1, 20)
    table = table.drop(columns="joined_on")
    old = table[["customer_id"]].assign(joined_on=START - pd.Timedelta(days=99))
    with pytest.raises(StudyError, match="Add older orders"):
        value.cohort(table, customers=old)
    with pytest.raises(StudyError, match="is empty"):
        value.cohort(table.head(0))


# Recency, frequency, money


def test_every_customer_has_a_segment():
    scores = range(1, PARTS + 1)
    for scored in itertools.product(scores, scores, scores):
        assert any(
            all(
                low <= s <= high
                for s, (low, high) in zip(scored, rule[1:4], strict=True)
            )
            and not rule.is_single
            for rule in RULES
        )


def test_alike_customers_get_the_same_score_in_any_order():
    table = company(2, 300)
    scored = value.rfm(table, until=END)
    turned = value.rfm(table.iloc[::-1], until=END).sort_index()
    pd.testing.assert_frame_equal(scored, turned)
    for name, by in (("recency", "days_since"), ("frequency", "purchase_days")):
        assert scored.groupby(by)[name].nunique().max() == 1
    assert scored["money"].value_counts().between(10, 150).all()


def test_shares_of_segments_add_up():
    scored = value.rfm(company(2, 300), until=END)
    for shares in (value.segment_shares(scored), value.segment_revenue(scored)):
        assert sum(one.value for one in shares.values()) == pytest.approx(1)
        assert all(0 <= one.low <= one.value <= one.high for one in shares.values())
    best = value.segment_revenue(scored)["champions"].value
    assert best > value.segment_shares(scored)["champions"].value
