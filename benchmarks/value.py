"""What fitting the BG/NBD model costs, and how often its intervals hold the truth.

`python benchmarks/value.py` fits 10,000, 100,000 and 1,000,000 made customers with
this repository and with the package lifetimes, each in a process of its own on the same
file; only the fit is timed. lifetimes is no longer maintained and needs older versions
of what it stands on, so it gets a throwaway environment; where that cannot be made its
column stays empty and the script says so.

`python benchmarks/value.py coverage` makes 300 companies of each kind and counts how
often the intervals of parameters, mean value and holdout hold what is true, also where
the model is broken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (10_000, 100_000, 1_000_000)
TRUTH = {"r": 0.6, "alpha": 8.0, "a": 0.8, "b": 2.5}
SPEND = (6.0, 4.0, 15.0)
SPAN, HELD, AHEAD = 730, 180, 365
COMPANIES = 300
OLD = ("lifetimes==0.11.3", "numpy<2", "pandas<2.2", "scipy<1.12")

LIFETIMES = """
import json, sys, time, warnings
import numpy as np
from lifetimes import BetaGeoFitter
warnings.simplefilter("ignore")
people = np.load(sys.argv[1])
begun = time.perf_counter()
fit = BetaGeoFitter().fit(people["repeats"], people["last_week"], people["age"])
seconds = time.perf_counter() - begun
values = [float(fit.params_[name]) for name in ("r", "alpha", "a", "b")]
print(json.dumps({"seconds": seconds, "values": values}))
"""


def bought(
    rng: np.random.Generator, first: np.ndarray, kind: str, until: int
) -> pd.DataFrame:
    """Invent repeat purchases: who, on which day, for how much."""
    n = len(first)
    pace = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], n) / 7
    if kind == "heavy tails":
        middle = np.log(TRUTH["r"] / TRUTH["alpha"] / 7)
        pace = rng.lognormal(middle, 1.2, n)
    leaves = rng.beta(TRUTH["a"], TRUTH["b"], n)
    if kind == "leaving alike":
        leaves[:] = 0.06
    mean = rng.gamma(SPEND[1], 1 / SPEND[2], n)
    who, now, parts = np.arange(n), first.astype(float), []
    while len(who):
        now = now + rng.exponential(1 / pace[who])
        who, now = who[now < until], now[now < until]
        money = rng.gamma(SPEND[0], 1 / mean[who])
        parts.append(pd.DataFrame({"who": who, "day": np.ceil(now), "money": money}))
        stays = rng.random(len(who)) >= leaves[who]
        who, now = who[stays], now[stays]
    days = pd.concat(parts).groupby(["who", "day"], as_index=False)["money"].sum()
    return days[days["day"] > first[days["who"]]]


def seen(days: pd.DataFrame, first: np.ndarray, until: int) -> pd.DataFrame:
    """Return what was seen of each customer until a day."""
    rows = days[days["day"] <= until].groupby("who")
    found = rows.agg(
        repeats=("day", "size"), last=("day", "max"), money=("money", "sum")
    )
    found = found.reindex(range(len(first)))
    repeats = found["repeats"].fillna(0.0)
    return pd.DataFrame(
        {
            "repeats": repeats,
            "last_week": (found["last"] - first).fillna(0.0) / 7,
            "age": (until - first) / 7,
            "spend": found["money"] / repeats.where(repeats > 0),
            "has_left": False,
        }
    )


def run_ours(path: str) -> dict:
    """Fit with this repository."""
    from analysis.metrics.value import fit_purchases  # noqa: PLC0415 - not for others

    people = pd.DataFrame(dict(np.load(path)))
    begun = time.perf_counter()
    fit = fit_purchases(people)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "values": fit.parameters.tolist()}


def make_environment(folder: Path) -> str:
    """Install lifetimes with what it stands on; empty where it cannot be."""
    subprocess.run([sys.executable, "-m", "venv", folder / "old"], check=True)
    python = str(folder / "old" / "bin" / "python")
    command = [python, "-m", "pip", "install", "--quiet", *OLD]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"lifetimes cannot be installed:\n{done.stderr[-500:]}")
        return ""
    return python


def answer(command: list[str]) -> dict:
    """Run one way in its own process, with one thread."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    if done.returncode:
        print(done.stderr[-500:])
        return {}
    return json.loads(done.stdout.splitlines()[-1])


def compare() -> None:
    """Print seconds, their ratio and the fitted parameters of both ways."""
    print("customers  way        seconds  ratio  r, alpha, a, b")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = make_environment(folder)
        for n in SIZES:
            path = str(folder / f"{n}.npz")
            first = np.random.default_rng(n).integers(0, 365, n)
            days = bought(np.random.default_rng(n + 1), first, "true", SPAN)
            people = seen(days, first, SPAN)[["repeats", "last_week", "age"]]
            np.savez(path, **{c: people[c].to_numpy() for c in people})
            ways = {"ours": [sys.executable, __file__, "ours", path]}
            if old:
                ways["lifetimes"] = [old, "-c", LIFETIMES, path]
            found = {way: answer(command) for way, command in ways.items()}
            for way, one in found.items():
                print(line(n, way, one, found["ours"]))


def line(n: int, way: str, one: dict, ours: dict) -> str:
    """One row of the table."""
    if not one:
        return f"{n:>9,}  {way:<10} failed"
    ratio = one["seconds"] / ours["seconds"]
    values = ", ".join(f"{v:.4f}" for v in one["values"])
    return f"{n:>9,}  {way:<10} {one['seconds']:7.2f}  {ratio:5.1f}  {values}"


def hits(rng: np.random.Generator, kind: str, n: int, truth: float) -> dict | None:
    """Say which intervals of one made company hold what is true."""
    from analysis.metrics import value  # noqa: PLC0415 - slow to import
    from analysis.metrics.value.prediction import (  # noqa: PLC0415
        observed_over_predicted,
        predict,
    )
    from analysis.metrics.value.purchases import expected_purchases  # noqa: PLC0415
    from analysis.study import StudyError  # noqa: PLC0415

    first = rng.integers(0, 365, n)
    days = bought(rng, first, kind, SPAN)
    people, before = seen(days, first, SPAN), seen(days, first, SPAN - HELD)
    after = (people["repeats"] - before["repeats"]).to_numpy()
    try:
        fit, early = value.fit_purchases(people), value.fit_purchases(before)
        spending = value.fit_spending(people)
    except StudyError:
        return None
    terms = value.Terms(discount=0.0)
    lives = value.lifetimes(people, purchases=fit, spending=spending, terms=terms)
    coming = predict(
        lambda p: expected_purchases(before, p, weeks=HELD / 7),
        parameters=early.parameters,
        influence=early.influence,
    )
    mean, ratio = value.mean_value(lives), observed_over_predicted(coming, after)
    found = value.model_parameters(fit).items()
    known = {"true": "r alpha a b", "leaving alike": "r alpha"}.get(kind, "").split()
    inside = {
        name: one.low <= TRUTH[name] <= one.high for name, one in found if name in known
    }
    inside["mean value"] = mean.low <= truth <= mean.high
    inside["holdout"] = ratio.low <= 1 <= ratio.high
    return inside | {"error": mean.standard_error / truth}


def true_value(kind: str) -> float:
    """Mean revenue of a year ahead, from 400,000 customers."""
    rng = np.random.default_rng(7)
    first = rng.integers(0, 365, 400_000)
    days = bought(rng, first, kind, SPAN + AHEAD)
    return days.loc[days["day"] > SPAN, "money"].sum() / len(first)


def coverage() -> None:
    """Print how often intervals hold the truth, with refusals."""
    for kind in ("true", "leaving alike", "heavy tails"):
        truth = true_value(kind)
        for n in (200, 1000):
            rng = np.random.default_rng(n)
            made = [hits(rng, kind, n, truth) for _ in range(COMPANIES)]
            kept = pd.DataFrame([one for one in made if one is not None])
            shares = kept.astype(float).mean().round(3).to_dict()
            refused = COMPANIES - len(kept)
            print(f"{kind}, {n} customers, {refused} refused: {shares}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        print(json.dumps(run_ours(sys.argv[2])))
    elif sys.argv[1:2] == ["coverage"]:
        coverage()
    else:
        compare()
