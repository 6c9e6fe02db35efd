"""Speed and honesty of key drivers: python benchmarks/drivers.py [--draws 1500].

First, LMG for 15 drivers in 200 replicates against the usual way, one regression per
subset. Then how often intervals hold the truth, how often a driver that goes with
nothing is claimed, and what the halo check says of true drivers and of echoes.
"""

import argparse
import time
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.outcomes import drivers
from analysis.outcomes.drivers.correlations import correlations, covariances
from analysis.outcomes.drivers.importance import lmg
from analysis.survey import Sample

LABELS = {name: name.upper() for name in "abcd"}
EFFECTS = np.array([1.0, 0.6, 0.3, 0.0])


def subset_by_subset(matrix: np.ndarray) -> np.ndarray:
    """Return R² of each subset of drivers, solved one after the other."""
    drivers_ = len(matrix) - 1
    found = np.zeros(2**drivers_)
    for size in range(1, drivers_ + 1):
        for chosen in map(list, combinations(range(drivers_), size)):
            outcome = matrix[chosen, -1]
            slopes = np.linalg.solve(matrix[np.ix_(chosen, chosen)], outcome)
            found[sum(1 << one for one in chosen)] = slopes @ outcome
    return found


def speed(replicates: int = 200) -> None:
    """Print the time of 15 drivers in 200 replicates, and the ratio."""
    rng = np.random.default_rng(1)
    rows, weights = rng.normal(size=(500, 16)), rng.exponential(size=(500, replicates))
    stack = correlations(covariances(rows, weights))
    start = time.perf_counter()
    parts = lmg(stack)
    ours = time.perf_counter() - start
    start = time.perf_counter()
    whole = subset_by_subset(stack[0])[-1]
    usual = (time.perf_counter() - start) * replicates
    assert abs(parts[0].sum() - whole) < 1e-10
    print(f"15 drivers, {replicates} replicates: {ours:.2f} s; the usual way (one")
    print(
        f"replicate measured, times {replicates}) takes {usual / ours:.0f} times that."
    )


def company(rng: np.random.Generator, n: int, *, overlap: float) -> pd.DataFrame:
    """Draw four ratings that overlap, the last of which goes with nothing."""
    shared = np.sqrt(overlap) * rng.normal(size=(n, 1))
    ratings = shared + np.sqrt(1 - overlap) * rng.normal(size=(n, 4))
    rows = pd.DataFrame(ratings, columns=list("abcd"))
    return rows.assign(y=ratings @ EFFECTS + rng.normal(size=n))


def true_shares(overlap: float) -> np.ndarray:
    """Return shares of R² among infinitely many answers."""
    among = np.full((4, 4), overlap) + (1 - overlap) * np.eye(4)
    matrix = np.eye(5)
    outcome = among @ EFFECTS / np.sqrt(EFFECTS @ among @ EFFECTS + 1)
    matrix[:4, :4], matrix[4, :4], matrix[:4, 4] = among, outcome, outcome
    parts = lmg(matrix)
    return parts / parts.sum()


def coverage(draws: int, n: int, overlap: float) -> None:
    """Print how often intervals hold the truth and a null driver is claimed."""
    truth, holds, effects = true_shares(overlap), np.zeros(4), np.zeros(4)
    claims = 0
    for seed in range(draws):
        rng = np.random.default_rng([seed, n, int(100 * overlap)])
        sample = Sample(company(rng, n, overlap=overlap))
        found = drivers.rated(sample, outcome="y", drivers=LABELS, rng=rng)
        shares = drivers.driver_importance(found).values()
        slopes = drivers.driver_effects(found).values()
        holds += [a.low <= b <= a.high for a, b in zip(shares, truth, strict=True)]
        effects += [a.low <= b <= a.high for a, b in zip(slopes, EFFECTS, strict=True)]
        claims += drivers.halo_check(found)["verdict"].iloc[-1] == "own part"
    told = " ".join(f"{one:.3f}" for one in holds / draws)
    slopes_told = " ".join(f"{one:.3f}" for one in effects / draws)
    print(
        f"n={n}, overlap {overlap:.1f}: shares {told}; effects {slopes_told};", end=""
    )
    print(f" null driver claimed {claims / draws:.3f}")


def echoes(draws: int, n: int, reliability: float, noise: float) -> None:
    """Print what the check says of two true drivers and a rating that echoes both."""
    own, halo = 0, 0
    error = np.sqrt(1 / reliability - 1)
    for seed in range(draws):
        rng = np.random.default_rng([seed, n, int(100 * reliability), int(10 * noise)])
        true = rng.normal(size=(n, 2))
        rows = pd.DataFrame(true + error * rng.normal(size=(n, 2)), columns=["a", "b"])
        rows["c"] = true.sum(axis=1) + noise * rng.normal(size=n)
        rows["y"] = true.sum(axis=1) + rng.normal(size=n)
        labels = {name: LABELS[name] for name in "abc"}
        found = drivers.rated(Sample(rows), outcome="y", drivers=labels, rng=rng)
        said = drivers.halo_check(found)["verdict"].eq("own part").to_numpy()
        own, halo = own + said[:2].mean(), halo + said[2]
    print(
        f"n={n}, reliability {reliability:.2f}, echo's own {2 / (2 + noise**2):.2f}:",
        end="",
    )
    print(f" true drivers stand {own / draws:.3f}, the echo {halo / draws:.3f}")


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1500)
    draws = parser.parse_args().draws
    speed()
    for n, overlap in ((100, 0.0), (400, 0.0), (400, 0.5), (100, 0.5)):
        coverage(draws, n, overlap)
    for reliability in (0.6, 0.7, 0.8, 0.9):
        for noise in (2.0, 1.0):
            echoes(draws // 5, 600, reliability, noise)


if __name__ == "__main__":
    main()
