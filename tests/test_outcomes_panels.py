"""Panels: known answers, other software, planted truths and what cannot be done."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import survey
from analysis.example.company import invent
from analysis.example.planted import END, SEED, START, WAVES, days_between, moments
from analysis.outcomes.panels import (
    Panel,
    customer_panel,
    lag_profile,
    lag_total,
    panel_checks,
    product_panel,
    with_expectation,
)
from analysis.outcomes.panels.fit import least_squares, poisson
from analysis.study import Scale, StudyError

HERE = Path(__file__).parent
# Two-way fixed effects and errors clustered by firm, of the 10 firms of the usual
# data; see docs/methods.md for the conventions.
COEFFICIENTS = [0.117715855082606, 0.357916273073427]
ARELLANO = [0.00971202368683507, 0.0429311089399738]
ON_DUMMIES = [0.0111089155204724, 0.0491059410265699]


def grunfeld():
    firms = pd.read_csv(HERE / "reference" / "grunfeld.csv")
    usual = firms[firms["firm"] != "American Steel"]
    return usual.rename(columns={"firm": "unit", "year": "period"})


def errors_of(fit):
    return np.sqrt(np.diag(fit.covariance))


def test_grunfeld_as_published():
    plain = least_squares(grunfeld(), "invest", on=["value", "capital"], error="plain")
    assert plain.slopes == pytest.approx(COEFFICIENTS, rel=1e-8)
    assert errors_of(plain) == pytest.approx(ARELLANO, rel=1e-8)
    # HC1 on dummies counts 2 regressors, 10 firms and 20 years less one.
    factor = np.sqrt(10 / 9 * 199 / (200 - 31))
    assert errors_of(plain) * factor == pytest.approx(ON_DUMMIES, rel=1e-8)
    ours = least_squares(
        grunfeld(), "invest", on=["value", "capital"], error="sandwich"
    )
    factor = np.sqrt(10 / 9 * 199 / (200 - 22))
    assert errors_of(ours) == pytest.approx(np.array(ARELLANO) * factor, rel=1e-8)


@pytest.mark.parametrize("kind", ["feols", "fepois"])
def test_weights_gaps_and_poisson_agree_with_pyfixest(kind):
    rng = np.random.default_rng(3)
    frame = made(rng, units=40, periods=7).sample(220, random_state=1)
    frame = frame.assign(w=rng.uniform(1, 5, 220), n=rng.poisson(frame["rate"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas speaks of what pyfixest does
        import pyfixest

        clustered = {"vcov": {"CRV1": "unit"}, "data": frame}
        if kind == "feols":
            found = pyfixest.feols("y ~ x | unit + period", weights="w", **clustered)
        else:
            found = pyfixest.fepois("n ~ x | unit + period", **clustered)
        value, error = found.coef()["x"], found.se()["x"]
    if kind == "feols":
        ours = least_squares(frame, "y", on=["x"], weights="w", error="sandwich")
    else:
        ours = poisson(frame, "n", on=["x"], error="sandwich")
    assert ours.slopes[0] == pytest.approx(value, rel=1e-6)
    assert errors_of(ours)[0] == pytest.approx(error, rel=1e-5)


def test_the_jackknife_is_that_of_fitting_again_and_again():
    rng = np.random.default_rng(4)
    frame = made(rng, units=12, periods=6).sample(60, random_state=2)
    frame = frame.assign(w=rng.uniform(1, 5, 60))
    whole = least_squares(frame, "y", on=["x"], weights="w")
    again = [
        least_squares(frame[frame["unit"] != one], "y", on=["x"], weights="w").slopes
        for one in frame["unit"].unique()
    ]
    gaps = np.array(again) - whole.slopes
    units = len(again)
    expected = np.sqrt((units - 1) / units * (gaps**2).sum(axis=0))
    assert errors_of(whole) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), move=st.floats(-5, 5), size=st.floats(0.1, 9))
def test_levels_of_units_and_periods_move_nothing(seed, move, size):
    rng = np.random.default_rng(seed)
    frame = made(rng, units=10, periods=5)
    first = least_squares(frame, "y", on=["x"])
    shifted = frame.assign(
        y=size * frame["y"] + move * frame["unit"] - 2 * move * frame["period"],
        x=frame["x"] + move * frame["period"],
    )
    second = least_squares(shifted.sample(frac=1, random_state=1), "y", on=["x"])
    assert second.slopes == pytest.approx(size * first.slopes, rel=1e-6, abs=1e-7)
    assert errors_of(second) == pytest.approx(size * errors_of(first), rel=1e-5)


def made(rng, *, units, periods, effect=0.5):
    """Draw a panel whose levels go with x, so that only within units it is right."""
    unit, period = np.divmod(np.arange(units * periods), periods)
    level = rng.normal(size=units)[unit]
    x = rng.normal(size=units * periods) + level
    y = effect * x + 3 * level + period + rng.normal(size=len(x))
    rate = np.exp(0.4 * x + level + 0.1 * period)
    return pd.DataFrame({"unit": unit, "period": period, "x": x, "y": y, "rate": rate})


def answered(rng, *, units=200, periods=8, effect=-0.02, share=0.4, drag=0.0):
    """Draw customers whose answers say how the period and the next will go."""
    size = (units, periods)
    level = rng.normal(size=(units, 1))
    luck = rng.normal(0, 1.5, size)
    score = 7 + luck + level
    before = np.column_stack([np.zeros(units), luck[:, :-1]])
    lines = rng.poisson(np.exp(0.8 + 0.3 * level), size)
    chance = 0.25 + effect * (luck + before) + 0.05 * level
    back = rng.binomial(lines, np.clip(chance, 0, 1))
    asked = rng.random(size) < share
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods),
            "period": np.tile(np.arange(periods), units),
            "score": np.where(asked, score, np.nan).ravel(),
            "closed_lines": lines.ravel().astype(float),
            "lines": lines.ravel().astype(float),
        }
    )
    share_back = back.ravel() / frame["lines"].where(frame["lines"] > 0)
    return Panel(
        frame.assign(return_share=share_back), [f"{n}" for n in range(periods)]
    )


def band_around(rate, draws):
    return stats.binom.ppf([0.005, 0.995], draws, rate) / draws


def test_small_customer_panels_hold_the_truth_as_often_as_they_say():
    draws, truth = 320, None
    held = {"1 after": 0, "1 before": 0}
    values = []
    for seed in range(draws):
        rng = np.random.default_rng([71, seed])
        found = lag_profile(answered(rng, units=60), "returns")
        values.append(found["1 after"].value)
        # The answer holds the customer's level too, which unit effects take out of
        # the outcome and not out of the answer: luck's part of the variance is left.
        truth = -2.0 * 2.25 / (2.25 + 1.0)
        held["1 after"] += found["1 after"].low <= truth <= found["1 after"].high
        held["1 before"] += found["1 before"].low <= 0 <= found["1 before"].high
    low, high = band_around(0.95, draws)
    for name, times in held.items():
        assert low <= times / draws <= high, (name, times / draws)
    spread = np.std(values) / np.sqrt(draws)
    assert np.mean(values) == pytest.approx(truth, abs=4 * spread)


def test_one_lag_at_a_time_would_fail_its_placebo():
    # The negative control of the joint fit: the within-customer slope of the period
    # before on answers alone, without the earlier answers that moved it.
    panel = answered(np.random.default_rng(5), units=3000, effect=-0.05, share=0.9)
    frame = panel.frame.assign(before=panel.shifted("return_share", 1))
    frame["lines_before"] = panel.shifted("lines", 1)
    alone = least_squares(frame, "before", on=["score"], weights="lines_before")
    assert alone.estimate().p_value < 0.001
    assert lag_profile(panel, "returns")["1 before"].p_value > 0.001


def test_changes_find_what_levels_find():
    panel = answered(np.random.default_rng(6), units=1500)
    level = lag_total(panel, "returns", lags=(0, 1))
    change = lag_total(panel, "returns", lags=(0, 1), model="change")
    gap = level.value - change.value
    assert abs(gap) < 3 * np.hypot(level.standard_error, change.standard_error)
    assert level.high < 0
    assert change.high < 0


def test_poisson_gives_lines_per_hundred_customers():
    rng = np.random.default_rng(7)
    panel = answered(rng, units=1500, periods=9)
    luck = np.nan_to_num(panel.shifted("score", 1) - 7.0)
    frame = panel.frame.assign(lines=rng.poisson(2 * np.exp(0.05 * luck)).astype(float))
    found = lag_profile(Panel(frame, panel.periods), "lines")
    truth = 100 * frame["lines"].mean() * 0.05
    assert found["1 after"].low < truth < found["1 after"].high
    assert found["1 before"].low < 0 < found["1 before"].high


@pytest.fixture(scope="module")
def company():
    """The company of the demo, as drawn and before anything is spoiled."""
    return invent(np.random.default_rng(SEED))


def bought(company):
    """What each customer bought by quarter, as intake would count it."""
    orders = company.orders.reset_index(drop=True)
    on = pd.Series(moments(orders["ordered"].to_numpy()))
    returned = pd.Series(np.inf, orders.index)
    returned[company.returns["order"]] = company.returns["returned"].to_numpy()
    is_back = returned <= orders["ordered"] + 30
    closed = orders["ordered"] + 30 < days_between(START, END)
    rows = pd.DataFrame(
        {
            "customer_id": company.customers["customer_id"].to_numpy()[
                orders["customer"]
            ],
            "period": on.dt.to_period("Q").astype("str"),
            "lines": 1,
            "closed_lines": closed,
            "returned_closed_lines": is_back & closed,
            "closed_revenue": orders["revenue"] * closed,
        }
    )
    return rows.groupby(["customer_id", "period"]).sum().reset_index()


def test_the_planted_effect_on_returns_comes_back_and_the_placebo_is_small(company):
    truths = json.loads((HERE / "reference" / "demo_truths.json").read_text())
    names = company.customers["customer_id"].to_numpy()
    answers = company.responses.assign(
        customer_id=names[company.responses["customer"]],
        period=np.array(WAVES)[company.responses["wave"]],
    )
    joined = pd.DataFrame(
        {
            "customer_id": names,
            "joined_on": moments(company.customers["joined"].to_numpy()),
        }
    )
    sample = survey.Sample(answers, clusters="customer_id")
    panel = customer_panel(sample, bought(company), customers=joined)
    # What an answer goes with lasts until the next wave, a quarter later: about half
    # of it in the rest of its own quarter, the other half in the next.
    after = lag_total(panel, "returns", lags=(0, 1))
    planted = 100 * truths["returns"]["slope_after"]
    assert after.low <= planted <= after.high < 0
    before = lag_total(panel, "returns", lags=(-1, -2))
    assert before.low <= 100 * truths["returns"]["slope_before"] <= before.high
    checks = panel_checks(panel, "returns")
    assert checks["after"].excludes_zero
    assert abs(checks["negative control"].value) < 0.1 * abs(checks["after"].value)
    assert checks["after"].source.endswith("controls.panel_checks")


# ------------------------------------------------------------------------ products


def months(products=25, periods=24, seed=1):
    """Make sales and returns of products by month."""
    rng = np.random.default_rng(seed)
    product, month = np.divmod(np.arange(products * periods), periods)
    lines = rng.poisson(60, products * periods) + 1
    labels = pd.period_range("2025-01", periods=periods, freq="M").astype("str")
    return pd.DataFrame(
        {
            "product_id": [f"P{n:02d}" for n in product],
            "period": labels.to_numpy()[month],
            "lines": lines,
            "closed_lines": lines,
            "returned_closed_lines": rng.binomial(lines, 0.1),
            "quantity": lines * 1.1,
            "revenue": lines * 20.0,
            "closed_revenue": lines * 20.0,
            "closed_refund": lines * 2.0,
        }
    )


def reviews(sold, seed=2, each=5):
    rng = np.random.default_rng(seed)
    rows = sold.loc[sold.index.repeat(each), ["product_id", "period"]]
    return pd.DataFrame(
        {
            "product_id": rows["product_id"],
            "source": "review",
            "rating": rng.integers(1, 6, len(rows)).astype(float),
            "occurred_on": pd.to_datetime(rows["period"] + "-15"),
        }
    )


def test_products_find_what_was_planted_a_month_later():
    sold = months()
    written = reviews(sold)
    panel = product_panel(sold, documents=written)
    dose = np.nan_to_num(panel.shifted("score", 1) - 3.0)
    frame = panel.frame.assign(units=panel.frame["units"] * np.exp(0.1 * dose))
    moved = Panel(frame, panel.periods)
    found = lag_profile(moved, "units")
    assert found["1 after"].low > 0
    assert abs(found["1 after"].value - 10) < 3 * found["1 after"].standard_error
    assert found["1 before"].p_value > 0.001
    gap = lag_profile(with_expectation(moved), "net sales", of="gap")
    assert gap["1 after"].p_value > 0.001  # net sales were left as they are


def test_a_month_without_orders_is_a_nought_for_units_and_missing_for_rates():
    sold = months(products=9, periods=6)
    gap = sold[~((sold["product_id"] == "P03") & (sold["period"] == "2025-04"))]
    late = gap[~((gap["product_id"] == "P05") & (gap["period"] < "2025-03"))]
    frame = product_panel(late, documents=reviews(sold)).frame
    row = frame[(frame["unit"] == "P03") & (frame["period"] == 3)].iloc[0]
    assert (row["units"], row["net_sales"], row["lines"]) == (0, 0, 0)
    assert np.isnan(row["return_share"])
    assert frame.loc[frame["unit"] == "P05", "period"].min() == 2


def test_returns_wait_for_their_window_and_unknown_refunds_stay_unknown():
    sold = months(products=9, periods=4)
    newest = sold["period"] == "2025-04"
    sold["closed_lines"] = sold["closed_lines"].where(~newest, 0)
    sold["returned_closed_lines"] = sold["returned_closed_lines"].where(~newest, 0)
    sold.loc[0, "closed_refund"] = np.nan
    frame = product_panel(sold, documents=reviews(sold)).frame
    is_newest = frame["period"] == 3
    assert frame.loc[is_newest, ["return_share", "net_sales"]].isna().all(axis=None)
    assert frame.loc[is_newest, "units"].gt(0).all()
    assert np.isnan(frame.loc[0, "net_sales"])


def test_sources_and_turned_scales_are_brought_to_one_level():
    sold = months(products=9, periods=4)
    said = reviews(sold, each=4)
    answers = said.rename(columns={"occurred_on": "responded_on"}).assign(
        satisfaction=6 - said["rating"]
    )
    turned = Scale(low=1, high=5, good="low")
    panel = product_panel(sold, documents=said, responses=answers, scale=turned)
    alone = product_panel(sold, documents=said)
    assert panel.frame["score"].to_numpy() == pytest.approx(alone.frame["score"])
    assert (panel.frame["ratings"] == 8).all()


# ------------------------------------------------------------------------- refusals


def refused(message, **changes):
    sold = months(products=changes.pop("products", 12)).assign(**changes)
    panel = product_panel(sold, documents=reviews(sold))
    with pytest.raises(StudyError, match=message):
        lag_profile(panel, "returns")


def test_what_cannot_be_done_is_said():
    refused("Only 5 units", products=5)
    refused("is 0 in all", returned_closed_lines=0)
    refused("is 1 in all", returned_closed_lines=lambda f: f["closed_lines"])
    sold = months(products=12)
    same = reviews(sold).assign(rating=4.0)
    with pytest.raises(StudyError, match="does not vary within units"):
        lag_profile(product_panel(sold, documents=same), "units")
    with pytest.raises(StudyError, match="No product has a rating"):
        product_panel(sold)
    with pytest.raises(StudyError, match="knows no gap"):
        lag_profile(product_panel(sold, documents=same), "units", of="gap")
    minus = sold.assign(closed_refund=1e9)
    with pytest.raises(StudyError, match="net sales are below zero in"):
        lag_profile(product_panel(minus, documents=reviews(sold)), "net sales")


def test_one_wave_and_short_panels_are_refused():
    answers = pd.DataFrame(
        {"customer_id": ["a", "b"], "period": "2026Q1", "recommend": [3.0, 9.0]}
    )
    lines = pd.DataFrame({"customer_id": ["a"], "period": ["2026Q1"], "lines": [1]})
    with pytest.raises(StudyError, match="come from one wave"):
        customer_panel(survey.Sample(answers), lines)
    short = answered(np.random.default_rng(1), periods=3)
    with pytest.raises(StudyError, match="4 after cannot be told"):
        lag_total(short, "returns", lags=(4,))


def test_perfect_separation_has_no_finite_fit():
    frame = made(np.random.default_rng(1), units=20, periods=6)
    is_high = frame["x"] > frame["x"].median()
    split = frame.assign(x=is_high * 1.0, n=np.where(is_high, 0, 3 + frame["rate"]))
    with pytest.raises(StudyError, match="no finite fit"):
        poisson(split, "n", on=["x"])
    twice = frame.assign(z=frame["x"] + frame["period"])
    with pytest.raises(StudyError, match="says what the others say"):
        least_squares(twice, "y", on=["x", "z"])
