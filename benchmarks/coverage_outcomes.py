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
from outcomes_company import Links, answers, differences, raked

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
SIGNS = {"returns": "falling", "purchases": "rising"}
LASTING = (0.3, 0.6)
PILOTS = 8
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
        checks = []
        if one.excludes_zero:  # else no placebo can pass
            placebo = FIGURES[name](sample, "recommend", when="before")
            checks.append(placebo_check(placebo, one))
        grades[name] = grade(lagged=True, checks=checks).grade
    return Page(claims, grades, found)


def pages(
    draws: int,
    rng: Generator,
    *,
    sizes: tuple[int, ...] = SIZES,
    only: tuple[str, ...] = (),
) -> Iterator[Row]:
    """Pages of companies of several kinds, a third of each kind of each size.

    Each kind has a stream of its own, so that `only` some of them are the same ones.
    """
    links = {count: kinds(rng, count) for count in sizes}
    names = list(links[sizes[0]])
    for name, own in zip(names, rng.spawn(len(names)), strict=True):
        for number in range(draws if name in (only or names) else 0):
            count = sizes[number % len(sizes)]
            sample = raked(answers(own, links[count][name], count=count))
            yield page(sample).row(name, count)


def kinds(rng: Generator, count: int) -> dict[str, Links]:
    """Companies without a link, with links of the size that is visible, confounded."""
    size = {name: visible(rng, name, count) for name in FIGURES}
    one = {name: solved(name, wanted) for name, wanted in size.items()}
    two = {name: solved(name, 2 * wanted) for name, wanted in size.items()}
    return {
        "null": Links(),
        "returns as visible": Links(returns=one["returns"]),
        "purchases as visible": Links(purchases=one["purchases"]),
        "both, twice as large": Links(**two),
        **{f"confounded, {weight:g}": Links(lasting=weight) for weight in LASTING},
    }


def visible(rng: Generator, name: str, count: int) -> float:
    """Return the size that the page calls visible where the link has that size.

    A link has an error of its own, so the pilots are drawn without one first, and then
    with the link that those called visible.
    """
    links, size = Links(), 0.0
    for _ in range(2):
        samples = [raked(answers(rng, links, count=count)) for _ in range(PILOTS)]
        found = [FIGURES[name](sample, "recommend") for sample in samples]
        size = float(np.mean([smallest_visible(one).value for one in found]))
        links = Links(**{name: solved(name, size)})
    return size


def solved(name: str, wanted: float) -> float:
    """Find the slope whose true difference per 100 is the one wanted."""
    slope = -0.1 if SIGNS[name] == "falling" else 0.1
    for _ in range(5):
        slope *= wanted / abs(differences(Links(**{name: slope}))[name])
    return slope


def judged(rows: Iterator[Row] | list[Row]) -> pd.DataFrame:
    """Put pages together: shares of pages in per cent."""
    made = []
    for company, part in pd.DataFrame(rows).groupby("company", sort=False):
        line = {"company": company, "pages": len(part), "any": _percent(part["any"])}
        for name, right in SIGNS.items():
            claim, is_c = part[f"{name} claim"], part[f"{name} grade"].eq("C")
            wrong = claim.ne("unclear") & claim.ne(right)
            line[f"{name}: right"] = _percent(claim.eq(right))
            line[f"{name}: wrong"] = _percent(wrong)
            line[f"{name}: C"] = _percent(is_c)
            line[f"{name}: said at C"] = _percent(is_c & claim.ne("unclear"))
        made.append(line)
    return pd.DataFrame(made)


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
