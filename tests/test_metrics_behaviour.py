"""What customers do: known answers, properties, and truth found by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.metrics.metric import metric
from analysis.metrics.rates import event_rate, gamma_interval
from analysis.survey import Sample

EVENTS = metric("angry", unit="per_thousand", over="orders", label="Angry", good="low")(
    lambda customers: customers["angry"] * 1000
)


def test_an_event_without_a_chance_counts_above():
    frame = pd.DataFrame({"angry": [1, 1, 0, 0], "orders": [0, 4, 6, 0]})
    found = EVENTS(Sample(frame))
    assert (found.value, found.base) == (200.0, 3)


def test_a_level_with_events_and_no_chance_has_no_rate():
    frame = pd.DataFrame({"angry": [1, 1], "orders": [0, 4], "region": ["N", "S"]})
    found = EVENTS(Sample(frame), by="region")
    assert np.isnan(found["N"].value)
    assert found["S"].value == 250.0


@pytest.mark.parametrize("events", [0, 1, 4, 12])
def test_of_independent_events_the_interval_is_garwoods(events):
    low, high = gamma_interval(events, events**0.5, step=1)
    exact = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    assert low == pytest.approx(exact)
    assert high == pytest.approx(stats.chi2.ppf(0.975, 2 * events + 2) / 2)


def test_rare_events_of_clustered_customers_are_covered():
    """Where Student's interval covers too little, this one keeps its promise."""
    rng = np.random.default_rng(11)
    hits = []
    for _ in range(300):
        orders = rng.integers(1, 4, 1500)
        angry = rng.poisson(0.002 * orders * rng.gamma(1, 1, 1500))
        frame = pd.DataFrame({"angry": angry * 1000, "orders": orders})
        found = event_rate(Sample(frame), "angry", over="orders")
        hits.append(found.low <= 2 <= found.high)
    assert sum(hits) >= stats.binom.ppf(0.005, 300, 0.95)


def test_too_few_large_amounts_are_not_told():
    spent = metric("spent", unit="amount", label="Spent", least=3)(
        lambda customers: customers["revenue"]
    )
    frame = pd.DataFrame({"revenue": [5.0, 0, 0, 9, 4, 3], "region": list("NNNSSS")})
    found = spent(Sample(frame), by="region")
    assert (np.isnan(found["N"].value), found["N"].base) == (True, 3)
    assert found["S"].value == pytest.approx(16 / 3)
    assert spent(Sample(frame)).value == pytest.approx(3.5)
    assert np.isnan(spent(Sample(frame[:3])).value)
