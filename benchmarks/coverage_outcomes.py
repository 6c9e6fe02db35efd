"""How often the page of outcomes claims what is not there, and finds what is.

Run `python benchmarks/coverage_outcomes.py --draws 500 --seed 20270601 --write`, which
puts the tables into docs/coverage_outcomes.md; `--part` runs one. Companies come from
benchmarks/outcomes_company.py. Each is judged as the page is: two tests in the first
family, a claim of a figure needs its q-value and its interval, and evidence is graded
by what was run.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from coverage_tables import Row, band, markdown
from numpy.random import Generator
from outcomes_company import Links, answers, raked

from analysis.estimate import Estimate
from analysis.ledger.families import adjusted
from analysis.ledger.rows import direction_of
from analysis.outcomes.afterwards import purchases_after, returns_after
from analysis.outcomes.detectable import smallest_visible
from analysis.outcomes.evidence import grade, placebo_check
from analysis.outcomes.prediction import forecast, prediction_gains
from analysis.survey import Sample

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "coverage_outcomes.md"
LEVEL = 0.05
FIGURES: dict[str, Callable[..., Estimate]] = {
    "returns": returns_after,
    "purchases": purchases_after,
}
SIZES = (2000, 3800, 5700)
TIMES = (1.0, 2.0)
LASTING = (0.3, 0.6, 0.9)
PILOTS = 12
TOLD = {
    "null": Links(),
    "link": Links(returns=-0.12, purchases=0.08),
    "strong link": Links(returns=-0.3, purchases=0.2),
}
RATE, PACE = 0.1, 1.05


@dataclass(frozen=True)
class Page:
    """What one page says of one company."""

    claims: dict[str, str]
    grades: dict[str, str]
    found: dict[str, Estimate]

    def row(self, company: str, count: int) -> Row:
        """Return the page as a row of the table."""
        return {
            "company": company,
            "answers": count,
            "any": any(one != "unclear" for one in self.claims.values()),
            **{f"{name} claim": one for name, one in self.claims.items()},
            **{f"{name} grade": one for name, one in self.grades.items()},
        }


def page(sample: Sample) -> Page:
    """Judge one company by the rules of the page."""
    found = {name: one(sample, "recommend") for name, one in FIGURES.items()}
    q = adjusted(pd.Series({name: one.p_value for name, one in found.items()}))
    claims, grades = {}, {}
    for name, one in found.items():
        row = {"withheld": False, "q_value": q[name], "low": one.low, "high": one.high}
        claims[name] = direction_of(row, LEVEL)
        placebo = FIGURES[name](sample, "recommend", when="before")
        check = placebo_check(placebo, one)
        grades[name] = grade(lagged=True, checks=[check]).grade
    return Page(claims, grades, found)


def pages(
    draws: int, rng: Generator, *, sizes: tuple[int, ...] = SIZES
) -> Iterator[Row]:
    """Pages of companies of several kinds and sizes."""
    for count in sizes:
        kinds = {"null": Links(), **visible(rng, count)}
        kinds |= {f"confounded {one:g}": Links(lasting=one) for one in LASTING}
        for name, links in kinds.items():
            for _ in range(draws):
                sample = raked(answers(rng, links, count=count))
                yield page(sample).row(name, count)


def visible(rng: Generator, count: int) -> dict[str, Links]:
    """Links as large as the page calls visible at this size, one figure at a time.

    The error comes from pilots without a link; log odds and logarithms per point
    follow from the difference at the mean.
    """
    pilots = [page(raked(answers(rng, Links(), count=count))) for _ in range(PILOTS)]
    size = {
        name: np.mean([smallest_visible(one.found[name]).value for one in pilots])
        for name in FIGURES
    }
    made = {}
    for times in TIMES:
        for name in FIGURES:
            slope = solved(rng, name, times * size[name])
            made[f"{name} x {times:g}"] = Links(**{name: slope})
    return made


def solved(rng: Generator, name: str, wanted: float, *, count: int = 300_000) -> float:
    """Find the slope whose difference per 100 is the one wanted, in a huge company."""
    sign = -1.0 if name == "returns" else 1.0
    slope = sign * wanted / 100 / (RATE * (1 - RATE) if name == "returns" else PACE)
    for _ in range(3):
        links = Links(**{name: slope})
        frame = answers(rng, links, count=count, customers=count)
        got = abs(FIGURES[name](Sample(frame), "recommend").value)
        slope *= wanted / got
    return float(slope)


def judged(rows: Iterator[Row] | list[Row]) -> pd.DataFrame:
    """Put pages together: shares in per cent, with the band of what was promised."""
    table, made = pd.DataFrame(rows), []
    for (company, count), part in table.groupby(["company", "answers"], sort=False):
        target = str(company).split(" x ")[0]
        line = {"company": company, "answers": count, "pages": len(part)}
        line["any claim"] = _percent(part["any"])
        if " x " in str(company):
            right = "falling" if target == "returns" else "rising"
            line["right sign"] = _percent(part[f"{target} claim"].eq(right))
            wrong = part[f"{target} claim"].isin({"rising", "falling"} - {right})
            line["wrong sign"] = _percent(wrong)
        for name in FIGURES:
            line[f"{name} C"] = _percent(part[f"{name} grade"].eq("C"))
            said = part[f"{name} claim"].ne("unclear")
            both = said & part[f"{name} grade"].eq("C")
            line[f"{name} claimed at C"] = _percent(both)
        made.append(line)
    return pd.DataFrame(made).fillna("")


def forecasts(draws: int, rng: Generator, *, count: int = 4900) -> Iterator[Row]:
    """Forecasts of companies whose answers tell nothing, something and much."""
    for name, links in TOLD.items():
        for _ in range(draws if name == "null" else draws // 5):
            sample = raked(answers(rng, links, count=count))
            for target in ("returns", "lines"):
                yield {"company": name, "target": target, **gain_of(sample, target)}


def gain_of(sample: Sample, target: str) -> Row:
    """Return the gain of a forecast and what is said of it, by either test."""
    one = prediction_gains({target: forecast(sample, target)})[target]
    row = {"withheld": False, "q_value": one.p_value, "low": one.low, "high": one.high}
    return {
        "gain": 100 * one.value,
        "p": one.p_value,
        "claim": direction_of(row, LEVEL),
        "better": one.low > 0,
        "worse": one.high < 0,
    }


def judged_forecasts(rows: Iterator[Row] | list[Row]) -> pd.DataFrame:
    """Put forecasts together, in per cent."""
    table, made = pd.DataFrame(rows), []
    for (company, target), part in table.groupby(["company", "target"], sort=False):
        made.append(
            {
                "company": company,
                "target": target,
                "draws": len(part),
                "mean gain": round(part["gain"].mean(), 2),
                "p < .05": _percent(part["p"] < LEVEL),
                "claimed better": _percent(part["claim"].eq("rising")),
                "claimed worse": _percent(part["claim"].eq("falling")),
                "interval above 0": _percent(part["better"]),
                "interval below 0": _percent(part["worse"]),
            }
        )
    return pd.DataFrame(made)


def _percent(flags: pd.Series) -> float:
    return round(100 * float(flags.mean()), 1)


def put(text: str, name: str, table: str) -> str:
    """Put a table between the markers of its part."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    head, rest = text.split(start)
    tail = rest.split(end)[1]
    return f"{head}{start}\n{table}\n{end}{tail}"


PARTS: dict[str, tuple[Callable[..., Iterator[Row]], Callable[..., pd.DataFrame]]] = {
    "pages": (pages, judged),
    "forecasts": (forecasts, judged_forecasts),
}


def main() -> None:
    """Print the tables of the parts asked for, or write them into the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20_270_601)
    parser.add_argument("--part", choices=list(PARTS), action="append")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    low, high = band(options.draws, LEVEL)
    print(f"{options.draws} draws: 99 % band of 5 %: {100 * low:.1f}-{100 * high:.1f}")
    for place, (name, (draw, judge)) in enumerate(PARTS.items()):
        if options.part and name not in options.part:
            continue
        seed = np.random.SeedSequence(options.seed, spawn_key=(place,))
        table = markdown(judge(draw(options.draws, np.random.default_rng(seed))))
        print(f"\n## {name}\n\n{table}", flush=True)
        if options.write:
            DOCUMENT.write_text(put(DOCUMENT.read_text(), name, table))


if __name__ == "__main__":
    main()
