"""What survey estimates cost, against R and pandas: python benchmarks/survey.py.

Raking to two margins and the net promoter score of ten segments with its standard
error, at 10,000, 100,000 and 1,000,000 respondents. Each way runs in a process of its
own on the same file of answers; the reading of the file and the start of the process
are not in the time, but they are in the peak of memory. R needs the package survey
(Debian: r-base-core and r-cran-survey); where it is absent its column stays empty. The
pandas loop is what one writes by hand: it takes weights for fixed, so its errors know
nothing of the raking. Times are printed in seconds and as ratios to ours.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (10_000, 100_000, 1_000_000)
SEGMENTS = [f"s{number}" for number in range(10)]
REGIONS = ["north", "east", "south", "west"]
WAYS = ("ours", "R survey", "pandas loop")

R = """
suppressMessages(library(survey))
given <- commandArgs(TRUE)
answers <- read.csv(given[1])
answers$points <- 100 * (answers$recommend >= 9) - 100 * (answers$recommend <= 6)
n <- nrow(answers)
begun <- proc.time()[["elapsed"]]
design <- svydesign(id = ~1, weights = ~start, data = answers)
raked <- rake(design, list(~segment, ~region), list(
  data.frame(segment = paste0("s", 0:9), Freq = n * (5:14) / 95),
  data.frame(region = c("north", "east", "south", "west"), Freq = n / 4)),
  control = list(maxit = 200, epsilon = 1e-10))
middle <- proc.time()[["elapsed"]]
found <- svyby(~points, ~segment, raked, svymean)
done <- proc.time()[["elapsed"]]
cat(sprintf('{"raking": %.6f, "scores": %.6f, "value": %.12g, "error": %.12g}',
  middle - begun, done - middle, found$points[1], found$se[1]))
"""


def margins(n: int) -> dict[str, dict[str, float]]:
    """Return the population that the answers are raked to."""
    return {
        "segment": {name: n * (5 + i) / 95 for i, name in enumerate(SEGMENTS)},
        "region": dict.fromkeys(REGIONS, n / 4),
    }


def write_answers(path: Path, n: int) -> None:
    """Invent answers whose segments and regions are not the population's."""
    rng = np.random.default_rng(20260930)
    answers = {
        "segment": rng.choice(SEGMENTS, n),
        "region": rng.choice(REGIONS, n, p=[0.4, 0.3, 0.2, 0.1]),
        "recommend": rng.integers(0, 11, n),
        "start": 1.0,
    }
    pd.DataFrame(answers).to_csv(path, index=False)


def read_answers(path: str) -> pd.DataFrame:
    """Return the answers with their points."""
    frame = pd.read_csv(path)
    scores = frame["recommend"]
    return frame.assign(points=100.0 * (scores >= 9) - 100.0 * (scores <= 6))


def run_ours(path: str) -> dict[str, float]:
    """Rake and estimate with this repository."""
    from analysis import survey  # noqa: PLC0415 - the other ways must not pay for it

    frame = read_answers(path)
    begun = time.perf_counter()
    raked = survey.adjust(survey.Sample(frame, weights="start"), margins(len(frame)))
    middle = time.perf_counter()
    found = survey.mean(raked, "points", by="segment", unit="points")
    done = time.perf_counter()
    assert isinstance(found, dict)
    first = found["s0"]
    return {
        "raking": middle - begun,
        "scores": done - middle,
        "value": first.value,
        "error": first.standard_error,
    }


def run_pandas(path: str) -> dict[str, float]:
    """Rake and estimate as one writes it by hand."""
    frame = read_answers(path)
    begun = time.perf_counter()
    weights = frame["start"].copy()
    for _ in range(200):
        before = weights.copy()
        for name, totals in margins(len(frame)).items():
            factors = pd.Series(totals) / weights.groupby(frame[name]).sum()
            weights *= frame[name].map(factors)
        if ((weights - before).abs() / before).max() < 1e-10:
            break
    middle = time.perf_counter()
    scores = {}
    for name, rows in frame.assign(weight=weights).groupby("segment"):
        weight = rows["weight"]
        value = (weight * rows["points"]).sum() / weight.sum()
        spread = (weight**2 * (rows["points"] - value) ** 2).sum()
        scores[name] = value, np.sqrt(spread) / weight.sum()
    done = time.perf_counter()
    value, error = scores["s0"]
    return {
        "raking": middle - begun,
        "scores": done - middle,
        "value": value,
        "error": error,
    }


def measure(way: str, path: Path) -> dict[str, float]:
    """Run one way in a process of its own, and add the peak of its memory in MB."""
    if way == "R survey":
        command = ["Rscript", "-e", R, str(path)]
    else:
        command = [sys.executable, __file__, way, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{way} failed with status {process.returncode}.")
    scale = 1024**2 if sys.platform == "darwin" else 1024
    found: dict[str, float] = json.loads(printed)
    return found | {"memory": used.ru_maxrss / scale}


def has_r() -> bool:
    """Whether R and its survey package are installed."""
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", "library(survey)"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def main() -> None:
    """Measure every way at every size and print the ratios."""
    ways = WAYS if has_r() else [way for way in WAYS if way != "R survey"]
    if len(ways) < len(WAYS):
        print("R or its package survey is not installed: its rows are left out.")
    print(f"{'respondents':>11}  {'way':12}{'raking':>9}{'scores':>9}", end="")
    print(f"{'both':>9}{'ratio':>8}{'memory':>10}   first segment")
    with tempfile.TemporaryDirectory() as folder:
        for n in SIZES:
            path = Path(folder) / f"{n}.csv"
            write_answers(path, n)
            whole = None
            for way in ways:
                found = measure(way, path)
                both = found["raking"] + found["scores"]
                whole = whole or both
                print(
                    f"{n:11,}  {way:12}{found['raking']:7.2f} s{found['scores']:7.2f} s"
                    f"{both:7.2f} s{both / whole:8.2f}{found['memory']:7.0f} MB   "
                    f"{found['value']:.6f} ({found['error']:.6f})"
                )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        one = {"ours": run_ours, "pandas loop": run_pandas}[sys.argv[1]]
        print(json.dumps(one(sys.argv[2])))
    else:
        main()
