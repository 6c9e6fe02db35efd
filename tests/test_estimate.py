"""Known answers and properties of estimates and intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis import estimate
from analysis.estimate import Estimate, adjusted_wald_interval, wilson_interval

# Rocks (2016), The American Statistician 70(4): 85 % promoters, 5 % detractors.
COVERAGE = [(10, 0.797, 0.945), (30, 0.901, 0.961), (100, 0.932, 0.953)]
# The published figures come from simulation, ours from full enumeration.
SIMULATED = 4e-3


def plain_wald(promoters: float, detractors: float, base: int) -> tuple[float, float]:
    balance = promoters - detractors
    error = math.sqrt((promoters + detractors - balance**2) / base)
    return 100 * (balance - 1.959964 * error), 100 * (balance + 1.959964 * error)


def coverage(interval, base: int, promoters: float, detractors: float) -> float:
    """Sum the probability of every sample whose interval holds the truth."""
    truth, total = 100 * (promoters - detractors), 0.0
    chances = stats.multinomial(
        base, [promoters, detractors, 1 - promoters - detractors]
    )
    for up in range(base + 1):
        for down in range(base + 1 - up):
            low, high = interval(up / base, down / base, base)
            if low <= truth <= high:
                total += chances.pmf([up, down, base - up - down])
    return total


@pytest.mark.parametrize(("base", "plain", "adjusted"), COVERAGE)
def test_adjusted_wald_covers_as_published(base, plain, adjusted):
    assert coverage(plain_wald, base, 0.85, 0.05) == pytest.approx(plain, abs=SIMULATED)
    ours = coverage(adjusted_wald_interval, base, 0.85, 0.05)
    assert ours == pytest.approx(adjusted, abs=SIMULATED)


def test_wilson_interval_equals_the_published_one():
    low, high = wilson_interval(10 / 200, 200)
    assert (round(low, 5), round(high, 5)) == (0.02738, 0.08958)


@given(st.integers(1, 5000), st.data())
def test_wilson_interval_contains_its_share_and_stays_in_range(base, data):
    share = data.draw(st.integers(0, base)) / base
    low, high = wilson_interval(share, base)
    wider = wilson_interval(share, base, confidence=0.99)
    assert 0 <= wider[0] <= low <= share <= high <= wider[1] <= 1


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=50), st.floats(0.01, 100))
def test_effective_base_ignores_the_scale_of_the_weights(weights, factor):
    plain = estimate.effective_base(np.array(weights))
    assert estimate.effective_base(factor * np.array(weights)) == pytest.approx(plain)
    assert plain <= len(weights) * (1 + 1e-12)


def test_the_outer_statistic_is_the_maker():
    @estimate.statistic
    def inner() -> Estimate:
        return estimate.count(1)

    @estimate.statistic
    def outer() -> dict[str, Estimate]:
        return {"all": inner()}

    assert outer()["all"].source.endswith("outer")


def test_a_statistic_that_returns_no_estimate_is_refused():
    with pytest.raises(TypeError, match="returned float"):
        estimate.statistic(lambda: 1.0)()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"unit": "furlongs"}, "unit"), ({"base": -1}, "base"), ({"low": 9}, "upside")],
)
def test_an_impossible_estimate_is_refused(change, message):
    usual = {
        "value": 1.0,
        "standard_error": 1.0,
        "low": 0.0,
        "high": 2.0,
        "base": 5,
        "unit": "score",
    }
    with pytest.raises(ValueError, match=message):
        Estimate(**(usual | change))
