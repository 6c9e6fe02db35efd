"""How often intervals of behaviour hold the truth: python benchmarks/behaviour.py.

Revenue per customer by number of buyers and tail of their spend, complaints by their
number, the return rate by value, and months of an autocorrelated daily series.
"""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.estimate import critical_value, wilson_interval
from analysis.metrics import daily, signal_months
from analysis.metrics.rates import gamma_interval
from analysis.survey import Sample, mean

Draw = Callable[[np.random.Generator, int], np.ndarray]
SPEND: dict[str, Draw] = {
    "gamma, variation 0.9 (as the demo)": lambda rng, n: rng.gamma(1.25, 0.8, n),
    "log-normal 1.0": lambda rng, n: rng.lognormal(-0.5, 1.0, n),
    "log-normal 1.25": lambda rng, n: rng.lognormal(-0.78125, 1.25, n),
    "log-normal 1.5": lambda rng, n: rng.lognormal(-1.125, 1.5, n),
}


def ratio_of(above: np.ndarray, below: np.ndarray) -> tuple[float, float]:
    """Return the ratio of two sums over customers, and its error."""
    n, value = len(above), above.sum() / below.sum()
    rest = above - value * below
    return value, float(np.sqrt(n / (n - 1) * (rest**2).sum()) / below.sum())


def covers_revenue(rng: np.random.Generator, spend: Draw, buyers: int) -> bool:
    """Draw customers of whom a third buys; the mean of a buyer is one."""
    n = 3 * buyers
    spent = spend(rng, n) * (rng.random(n) < 1 / 3)
    half = critical_value(0.95, n - 1) * spent.std(ddof=1) / n**0.5
    return bool(abs(spent.mean() - 1 / 3) <= half)


def covers_complaints(rng: np.random.Generator, expected: float) -> tuple[bool, bool]:
    """Draw complaints of customers who differ; gamma and Student's interval."""
    orders = rng.integers(1, 4, 1500)
    rate = expected / 3000
    angry = rng.poisson(rate * orders * rng.gamma(0.5, 2, 1500))
    value, error = ratio_of(1000 * angry, orders)
    low, high = gamma_interval(value, error, step=1000 / orders.sum())
    half = critical_value(0.95, 1499) * error
    return low <= 1000 * rate <= high, abs(value - 1000 * rate) <= half


def covers_value(rng: np.random.Generator, spend: Draw, customers: int) -> bool:
    """Draw up to three lines a customer, of which 11 % come back."""
    is_there = np.arange(3) < rng.integers(1, 4, customers)[:, None]
    paid = spend(rng, 3 * customers).reshape(-1, 3) * is_there
    refund = paid * (rng.random(paid.shape) < 0.11)
    value, error = ratio_of(refund.sum(axis=1), paid.sum(axis=1))
    base = value * (1 - value) / error**2 if error else customers
    low, high = wilson_interval(value, base)
    return low <= 0.11 <= high


def covers_month(rng: np.random.Generator, likeness: float) -> tuple[bool, bool]:
    """Draw 31 days of a series with a weekly pattern; weeks and days as clusters."""
    month = pd.Timestamp(2026, int(rng.choice([1, 3, 5, 7, 8, 10, 12])), 1)
    dates = pd.date_range(month, periods=31)
    noise = np.zeros(62)
    for day in range(1, 62):
        noise[day] = likeness * noise[day - 1] + rng.normal(0, 30)
    pattern = np.array([0, 0, 0, 0, 10, 30, 20])
    values = 500 + pattern[dates.weekday] + noise[31:]
    days = pd.DataFrame({"date": dates, "signal": "visits", "value": values})
    truth = 500 + pattern.mean()
    sample = daily(days)
    [weekly] = signal_months(sample, "visits").values()
    alone = mean(Sample(sample.frame), "visits")
    assert not isinstance(alone, dict)  # without `by` there is one
    return weekly.low <= truth <= weekly.high, alone.low <= truth <= alone.high


def main() -> None:
    """Print the coverage of nominal 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20260930)
    parser.add_argument("--draws", type=int, default=3000)
    options = parser.parse_args()
    rng, draws = np.random.default_rng(options.seed), range(options.draws)
    for name, spend in SPEND.items():
        for buyers in (30, 100, 300, 1000):
            rate = np.mean([covers_revenue(rng, spend, buyers) for _ in draws])
            print(f"revenue per customer, {name}, {buyers} buyers: {rate:.3f}")
    for name, spend in SPEND.items():
        for customers in (50, 100, 300, 1000):
            rate = np.mean([covers_value(rng, spend, customers) for _ in draws])
            print(f"return rate by value, {name}, {customers} customers: {rate:.3f}")
    for expected in (1, 3, 6, 12, 30):
        rates = np.mean([covers_complaints(rng, expected) for _ in draws], axis=0)
        print(f"{expected} complaints: gamma {rates[0]:.3f}, Student {rates[1]:.3f}")
    for likeness in (0.0, 0.4, 0.7):
        rates = [covers_month(rng, likeness) for _ in range(options.draws // 6)]
        weeks, days = np.mean(rates, axis=0)
        print(f"days alike by {likeness}: weeks {weeks:.3f}, days {days:.3f}")


if __name__ == "__main__":
    main()
