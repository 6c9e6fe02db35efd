"""Forecasts learn from the past alone, and asking is worth what it adds to them."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from analysis.outcomes.prediction import (
    Forecast,
    buying_history,
    forecast,
    history_gains,
    prediction_gains,
    tenth_found,
    tenth_gains,
)
from analysis.outcomes.prediction.models import (
    Columns,
    Rows,
    deviance,
    mean_of,
    ridge,
)
from analysis.study import StudyError
from analysis.survey import Sample

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from coverage_outcomes import gain_of
from coverage_tables import band
from outcomes_company import Links, answers, raked


def made(seed: int, links: Links, *, count: int = 1800) -> Sample:
    return raked(answers(np.random.default_rng(seed), links, count=count))


def drawn_rows(kind: str) -> tuple[Rows, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(150, 3))
    eta = 0.5 * x[:, 0] - 0.7
    chances = rng.integers(1, 5, 150) if kind == "chance" else np.ones(150)
    happened = rng.poisson(np.exp(eta))
    if kind == "chance":
        happened = rng.binomial(chances, 1 / (1 + np.exp(-eta)))
    weights = rng.uniform(0.5, 2, 150)
    return Rows(happened.astype(float), chances, weights, np.arange(150)), x


def test_chances_are_fitted_as_scikit_learn_does():
    """LogisticRegression on one row per chance, its C from our penalty."""
    rows, x = drawn_rows("chance")
    counts = [rows.happened, rows.chances - rows.happened]
    weights = np.concatenate([rows.weights * one for one in counts])
    kept, hits = weights > 0, np.repeat([1, 0], 150)
    rate = rows.weights @ rows.happened / (rows.weights @ rows.chances)
    strength = 1 / (0.3 * rate * (1 - rate) * weights.sum())
    model = LogisticRegression(C=strength, tol=1e-10, max_iter=500)
    model.fit(np.vstack([x, x])[kept], hits[kept], sample_weight=weights[kept])
    matrix = np.column_stack([np.ones(150), x])
    found = ridge("chance", rows, matrix, np.array([0, 0.3, 0.3, 0.3]))
    np.testing.assert_allclose(found[1:], model.coef_[0], rtol=1e-5)
    assert found[0] == pytest.approx(model.intercept_[0], rel=1e-5)


def test_counts_are_fitted_as_scikit_learn_does():
    rows, x = drawn_rows("count")
    rate = np.average(rows.happened, weights=rows.weights)
    model = PoissonRegressor(alpha=0.3 * rate, tol=1e-10, max_iter=500)
    model.fit(x, rows.happened, sample_weight=rows.weights)
    matrix = np.column_stack([np.ones(150), x])
    found = ridge("count", rows, matrix, np.array([0, 0.3, 0.3, 0.3]))
    np.testing.assert_allclose(found[1:], model.coef_, rtol=1e-5)


@pytest.mark.parametrize("kind", ["chance", "count"])
def test_the_deviance_is_that_of_statsmodels(kind):
    rows, x = drawn_rows(kind)
    mean = mean_of(kind, x[:, 0])
    family = sm.families.Binomial() if kind == "chance" else sm.families.Poisson()
    theirs = family.deviance(rows.happened / rows.chances, mean, rows.chances)
    assert deviance(kind, rows, x[:, 0]).sum() == pytest.approx(theirs)


@given(st.sampled_from(["chance", "count"]), st.floats(-3, 3), st.floats(-3, 3))
def test_the_test_of_information_is_the_gain_without_its_noise(kind, before, after):
    """Difference of deviances plus the divergence of the second mean is exact."""
    rows, _ = drawn_rows(kind)
    plain, full = np.full(150, before), np.full(150, after)
    mean = rows.chances * mean_of(kind, plain)
    expected = Rows(mean, rows.chances, rows.weights, rows.people)
    noise = deviance(kind, expected, full)
    gain = deviance(kind, rows, plain) - deviance(kind, rows, full)
    moved = 2 * (rows.happened - mean) * (full - plain)
    np.testing.assert_allclose(gain + noise, moved, atol=1e-6)


def test_forecasts_know_nothing_of_later_waves_nor_of_those_who_are_tested():
    sample = made(1, Links(returns=-0.3), count=2400)
    frame = sample.frame
    wave = frame["period"].eq("2025Q4")
    before = forecast(sample, "lines").sample.frame["loss"]
    tested = frame.loc[wave, "customer_id"]
    hidden = frame["period"].gt("2025Q4") | (
        frame["customer_id"].isin(tested) & frame["period"].lt("2025Q4")
    )
    changed = frame["lines_after"].where(~hidden, 9.0)
    after = forecast(sample.with_columns(lines_after=changed), "lines")
    assert hidden.sum() > 500
    assert before[frame["period"].eq("2025Q1")].isna().all()
    pd.testing.assert_series_equal(after.sample.frame["loss"][wave], before[wave])
    assert not after.sample.frame["loss"].dropna().equals(before.dropna())


def test_a_strong_link_is_a_gain_and_its_turn_a_loss():
    strong = made(2, Links(purchases=0.35))
    gain = prediction_gains({"lines": forecast(strong, "lines")})["lines"]
    assert gain.low > 0.02
    assert gain.p_value < 1e-4
    late = strong.frame["period"].gt("2025Q3")
    turned = strong.frame["recommend"].where(~late, 17 - strong.frame["recommend"])
    sample = strong.with_columns(recommend=turned, satisfaction=turned)
    one = forecast(sample.within("period", ["2025Q1", "2025Q2", "2025Q4"]), "lines")
    loss = prediction_gains({"lines": one})["lines"]
    assert one.waves == ("2025Q2", "2025Q4")
    assert loss.value < gain.value


def test_where_nothing_is_to_be_known_the_test_keeps_its_level():
    """Of 30 companies of three waves, with the 99.9 % band of 5 %."""
    waves = ["2025Q1", "2025Q2", "2025Q3"]
    quiet = (made(seed, Links()).within("period", waves) for seed in range(30))
    null = pd.DataFrame(gain_of(sample, "lines") for sample in quiet)
    assert null["p"].lt(0.05).mean() <= band(30, 0.05, 0.999)[1]
    assert null["claim"].ne("unclear").mean() <= band(30, 0.05, 0.999)[1]
    assert null["p"].gt(0.5).any()


def test_the_highest_tenth_is_that_of_the_forecast():
    frame = pd.DataFrame({"happened": [5.0, 3, 1, 1], "plain_loss": 1.0, "loss": 1.0})
    frame = frame.assign(tenth=[1.0, 0, 0, 0], plain_tenth=[0.0, 0, 1, 0])
    one = {"lines": Forecast("lines", Sample(frame), ("2026Q2",))}
    assert tenth_gains(one)["lines"].value == 40
    assert tenth_found(one)["lines"].value == 50
    assert tenth_found(one, asked=False)["lines"].value == 10


def test_a_tenth_of_each_wave_is_picked_by_weight():
    sample = made(4, Links(purchases=0.3))
    found = forecast(sample, "lines").sample
    told = found.frame[found.frame["tenth"].notna()]
    mass = told["tenth"] * told[sample.weights]
    shares = mass.groupby(told["period"]).sum()
    total = told[sample.weights].groupby(told["period"]).sum()
    np.testing.assert_allclose(shares / total, 0.1)
    means = told.groupby(told["tenth"] > 0.5)["happened"].mean()
    assert means[True] > 1.5 * means[False]


def test_history_is_that_of_earlier_periods():
    asked = pd.DataFrame({"customer_id": ["a", "b"], "period": "2026Q2"})
    asked["responded_on"] = pd.Timestamp("2026-05-11")
    bought = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "a"],
            "period": ["2025Q4", "2026Q1", "2026Q2", "2026Q3"],
            "lines": [2, 3, 7, 9],
            "revenue": [10.0, 20.0, 99.0, 99.0],
            "returned_lines": [1, 0, 5, 5],
        }
    )
    joined = pd.to_datetime(["2026-05-01", None])
    who = pd.DataFrame({"customer_id": ["a", "b"], "joined_on": joined})
    who["segment"] = ["new", "loyal"]
    found = buying_history(Sample(asked), bought, customers=who).frame
    assert found["lines_earlier"].tolist() == [5, 0]
    assert found["returned_lines_earlier"].tolist() == [1, 0]
    assert found["periods_since"].tolist() == [1, 3]
    assert found["tenure"].tolist()[0] == 10
    assert found["segment"].tolist() == ["new", "loyal"]


def test_a_level_that_was_not_trained_on_counts_as_the_first():
    train = pd.DataFrame({"segment": ["a", "b", "b"], "flat": 1.0, "n": [0, 3, 8]})
    columns = Columns(train, list(train), has_tails=True)
    new = columns(pd.DataFrame({"segment": ["z"], "flat": [5.0], "n": [0]}))
    assert new.shape == (1, 2)
    np.testing.assert_allclose(new[0], columns(train)[0])


def short(**changes) -> Sample:
    frame = made(5, Links()).frame.assign(**changes)
    return Sample(frame)


@pytest.mark.parametrize(
    ("sample", "target", "facts", "why"),
    [
        (short(period="2026Q2"), "lines", {}, "only 2026Q2 has answers"),
        (short(lines_after=np.nan), "lines", {}, "no wave has answers"),
        (short(returned_lines_after=0.0), "returns", {}, "20 sent something back"),
        (short(), "fame", {}, "A forecast is of returns, lines, spend, churn"),
        (short(), "churn", {}, "there is no column left_after"),
        (short(), "lines", {"history": ["age"]}, "no buying history"),
        (short(), "lines", {"answers": ["mood"]}, "no answers to forecast from"),
    ],
)
def test_what_cannot_be_forecast_is_said(sample, target, facts, why):
    with pytest.raises(StudyError, match=why):
        forecast(sample, target, **facts)


def test_history_is_held_against_one_rate_for_all():
    """Who bought much buys much: history beats the rate; of noise it does not."""
    rng = np.random.default_rng(5)
    habit = rng.gamma(2, 1, 1200)
    frame = pd.DataFrame({
        "period": ["2026Q1", "2026Q2"] * 600, "recommend": rng.integers(0, 11, 1200),
        "lines_before": rng.poisson(habit), "lines_after": rng.poisson(habit),
    })  # fmt: skip
    real = history_gains({"lines": forecast(Sample(frame), "lines")})["lines"]
    assert real.low > 0.05
    shuffled = frame.assign(lines_before=rng.permutation(frame["lines_before"]))
    none = history_gains({"lines": forecast(Sample(shuffled), "lines")})["lines"]
    assert none.low <= 0
    one = forecast(Sample(frame), "lines").sample.frame.dropna(subset="flat_loss")
    by_hand = 1 - one["plain_loss"].sum() / one["flat_loss"].sum()
    assert real.value == pytest.approx(by_hand)
    assert real.p_value is None
