"""How often intervals of what follows an answer hold, and how often it is claimed.

    python benchmarks/coverage_afterwards.py --setting usual --draws 1500

Made-up companies: people with lasting habits answer once or more; who is loyal and
who scores high answers more often; weights are raked to the segment. The truth is the
figure of 200,000 such people. `shown` is how often one of the page's two tests shows a
difference at its half of .05; in the setting `null` there is none.
"""

import argparse
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy import stats
from scipy.special import expit

from analysis import outcomes, survey
from analysis.estimate import Estimate
from analysis.study import StudyError
from analysis.survey import Sample

SETTINGS: dict[str, dict[str, Any]] = {
    "usual": {"n": 1500},
    "few": {"n": 400, "base": -3.2, "lines": 0.9},
    "small": {"n": 150, "lines": 1.5},
    "tail": {"n": 1500, "tail": 1.5},
    "null": {"n": 1500, "slope": 0.0, "more": 0.0, "loyal": 0.0},
}
WHOLE = 200_000
TOTALS = {"segment": {"a": 36_000.0, "b": 24_000.0}}
SHARE = 0.025  # of the level, for each of two tests


def drawn(
    rng: Generator,
    n: int,
    *,
    base: float = -2.0,
    slope: float = -0.15,
    lines: float = 1.0,
    more: float = 0.05,
    loyal: float = 0.3,
    tail: float = 0.0,
) -> pd.DataFrame:
    """Answers of a company, those that were never given left out."""
    people = int(n * 0.6)
    who = rng.integers(0, people, n)
    is_b = (rng.random(people) < 0.4)[who]
    score = 7.5 + 0.8 * is_b + rng.normal(0, 1, people)[who] + rng.normal(0, 1.3, n)
    score = score.round().clip(0, 10)
    lasting = rng.normal(0, 1, people)[who]
    rate = lines * np.exp(more * (score - 8) + loyal * is_b + 0.5 * lasting - 0.125)
    bought = rng.poisson(rate * rng.gamma(1.5, 1 / 1.5, n))
    habit = rng.normal(0, 0.6, people)[who]
    returned = rng.binomial(bought, expit(base + slope * (score - 8) + habit))
    purse = tail * rng.normal(0, 1, people)[who] - tail**2 / 2
    spent = bought * 40 * np.exp(0.03 * (score - 8) + purse + rng.normal(0, 0.4, n))
    frame = pd.DataFrame(
        {
            "recommend": score,
            "person": who,
            "segment": np.where(is_b, "b", "a"),
            "lines_after": bought.astype(float),
            "returned_lines_after": returned.astype(float),
            "net_after": spent * (1 - returned / np.maximum(bought, 1)),
            "left_after": (rng.random(n) < expit(-3 - 0.12 * (score - 8))).astype(
                float
            ),
        }
    )
    answers = rng.random(n) < expit(-0.3 + 0.8 * is_b + 0.08 * (score - 8))
    return frame[answers].reset_index(drop=True)


def weighted(frame: pd.DataFrame) -> Sample:
    """Answers raked to the segments, people as clusters."""
    return survey.adjust(Sample(frame, clusters="person"), TOTALS)


def figures(sample: Sample) -> dict[str, Estimate]:
    """What can be told of a company."""
    made = {
        "returns": lambda: outcomes.returns_after(sample, "recommend"),
        "purchases": lambda: outcomes.purchases_after(sample, "recommend"),
        "net": lambda: outcomes.spend_after(sample, "recommend", money="net")[
            "all customers"
        ],
        "leaving": lambda: outcomes.churn_after(sample, "recommend"),
    }
    told = {}
    for name, make in made.items():
        try:
            told[name] = make()
        except StudyError:
            continue
    return told


def measured(setting: str, draws: int, rng: Generator) -> pd.DataFrame:
    """One row per figure: coverage with its band, errors, and how often shown."""
    model = dict(SETTINGS[setting])
    n = int(model.pop("n") * 1.9)
    truth = figures(weighted(drawn(rng, WHOLE, **model)))
    rows = []
    for draw in range(draws):
        for name, one in figures(weighted(drawn(rng, n, **model))).items():
            held = one.low <= truth[name].value <= one.high
            shown = one.p_value is not None and one.p_value < SHARE
            rows.append((draw, name, held, shown, one.standard_error, one.value))
    columns = ["draw", "figure", "held", "shown", "error", "value"]
    told = pd.DataFrame(rows, columns=columns)
    tests = told[told["figure"].isin(["returns", "purchases"])]
    table = told.groupby("figure").agg(
        told=("held", "size"),
        held=("held", "mean"),
        shown=("shown", "mean"),
        error=("error", "mean"),
        spread=("value", "std"),
    )
    low, high = stats.binom.ppf([0.005, 0.995], draws, 0.95) / draws
    table["truth"] = pd.Series({name: one.value for name, one in truth.items()})
    table["band"] = f"{low:.3f}-{high:.3f}"
    table["any of two"] = tests.groupby("draw")["shown"].max().mean()
    return table


def main() -> None:
    """Print one table per setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setting", choices=[*SETTINGS], action="append")
    parser.add_argument("--draws", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20270601)
    given = parser.parse_args()
    for setting in given.setting or SETTINGS:
        rng = np.random.default_rng([given.seed, *setting.encode()])
        table = measured(setting, given.draws, rng)
        print(f"\n## {setting}\n\n{table.round(3).to_string()}", flush=True)


if __name__ == "__main__":
    main()
