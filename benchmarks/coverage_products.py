"""How often products' intervals hold the truth: python benchmarks/coverage_products.py.

Made-up shops whose products differ by a beta distribution and by chance. Prints, for
each kind of shop, the coverage of shrunken rates, how many shops have any product that
is said to stand out although all are ordinary, the same by winsorised z-scores alone
(Spiegelhalter 2005), and how often one product 30 points off is found.
"""

import argparse
from collections.abc import Iterator
from itertools import product
from statistics import fmean

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy import stats

from analysis.estimate import Estimate
from analysis.ledger.families import adjusted
from analysis.metrics import shrunken_rates, standing_out

LINES = {"few lines": (5, 30), "many lines": (20, 2000)}
KINDS = ((0.1, 0.0), (0.1, 0.01), (0.1, 0.03), (0.03, 0.01), (0.25, 0.02))
LEVEL, OFF = 0.05, 0.3
SEED = 20_261_001


def shop(
    rng: Generator, products: int, kind: tuple[float, float], lines: tuple[int, int]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Invent products with their lines and returns, and their true rates."""
    mean, spread = kind
    low, high = np.log(lines)
    n = np.exp(rng.uniform(low, high, products)).astype(int)
    truth = np.full(products, mean)
    if spread:
        size = 1 / spread - 1
        truth = rng.beta(mean * size, (1 - mean) * size, products)
    counts = {"closed_lines": n, "returned_closed_lines": rng.binomial(n, truth)}
    return pd.DataFrame(
        {"product_id": np.arange(products).astype(str), **counts}
    ), truth


def covered(found: dict[str, Estimate], truth: np.ndarray) -> float:
    """Share of products whose interval holds the truth."""
    pairs = zip(found.values(), truth, strict=True)
    return fmean(one.low <= rate <= one.high for one, rate in pairs)


def claimed(p_values: pd.Series) -> pd.Series:
    """Which products would be said to stand out."""
    return adjusted(p_values) <= LEVEL


def ours(frame: pd.DataFrame) -> pd.Series:
    """P-values of `standing_out`."""
    return pd.Series({name: one.p_value for name, one in standing_out(frame).items()})


def winsorised(frame: pd.DataFrame) -> pd.Series:
    """P-values by z-scores winsorised at 10 %, and one step to the variance between."""
    n, x = frame["closed_lines"], frame["returned_closed_lines"]
    middle = max(x.sum() / n.sum(), 1e-6)
    s2 = middle * (1 - middle) / n
    z = (x / n - middle) / s2**0.5
    phi = (z.clip(*z.quantile([0.1, 0.9])) ** 2).mean()
    weights = 1 / s2
    room = weights.sum() - (weights**2).sum() / weights.sum()
    between = max(0.0, (len(n) * phi - (len(n) - 1)) / room)
    return pd.Series(2 * stats.norm.sf(abs(x / n - middle) / (s2 + between) ** 0.5))


def with_odd_one(
    rng: Generator, frame: pd.DataFrame, mean: float
) -> tuple[pd.DataFrame, int]:
    """Put the product of the upper third in lines far off."""
    order = np.argsort(frame["closed_lines"].to_numpy())
    odd = int(order[int(len(frame) * 0.7)])
    changed = frame.copy()
    lines = int(frame["closed_lines"].iloc[odd])
    changed.loc[odd, "returned_closed_lines"] = rng.binomial(lines, mean + OFF)
    return changed, odd


def measured(rng: Generator, times: int) -> Iterator[dict[str, object]]:
    """One row per kind of shop."""
    for products, (mean, spread), lines in product((8, 25, 200), KINDS, LINES):
        hits, ordinary, usual, found = [], [], [], []
        for _ in range(times):
            frame, truth = shop(rng, products, (mean, spread), LINES[lines])
            hits.append(covered(shrunken_rates(frame), truth))
            ordinary.append(bool(claimed(ours(frame)).any()))
            usual.append(bool(claimed(winsorised(frame)).any()))
            changed, odd = with_odd_one(rng, frame, mean)
            found.append(bool(claimed(ours(changed)).iloc[odd]))
        yield {
            "products": products,
            "mean": mean,
            "between": round((spread * mean * (1 - mean)) ** 0.5, 3),
            "lines": lines,
            "covered": round(fmean(hits), 3),
            "false alarms": round(fmean(ordinary), 3),
            "by winsorised z": round(fmean(usual), 3),
            "found": round(fmean(found), 3),
        }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400, help="shops of each kind")
    times = parser.parse_args().times
    for row in measured(np.random.default_rng(SEED), times):
        print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
