"""How often the figures of notebook 02 hold the truth.

Run `python benchmarks/coverage_metrics.py --part answers --draws 1500 --seed 7`.
Companies come from benchmarks/made_company.py, each draw a new one whose truth is that
of the process behind it. Parts: answers, interaction, conduct, floors, windows here;
bridge, quiet and power in benchmarks/coverage_changes.py. Prints the tables of
docs/coverage_metrics.md.
"""

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import coverage_changes
import numpy as np
import pandas as pd
from coverage_tables import Row, band, compact, held, markdown, summary
from made_company import ASKED, Company, People, company, raked
from made_company import conduct as quarter
from numpy.random import Generator

from analysis.estimate import Estimate
from analysis.metrics import (
    CONDUCT,
    Metric,
    churn_rate,
    complaint_rate,
    net_promoter,
    return_rate,
    return_rate_value,
    revenue_per_customer,
    weighings,
)
from analysis.metrics.metric import OVER, SCORED, value_of
from analysis.study import StudyError
from analysis.survey import Sample

BASES = (30, 100, 1000)
PLANS = (("30", 30 / 1130, -0.4), ("100", 100 / 1130, 0.4), ("1000", 1000 / 1130, 0.0))
BUYING = 0.69  # share of customers who buy in a quarter
AT_ONCE = 25  # draws that are put through one call, as levels of a column
KNOWN = 1_000_000  # customers who stand for the process


def answers(draws: int, rng: Generator) -> Iterator[Row]:
    """Intervals of what customers say, of all of them and of a part."""
    for name in ("unweighted", "weighted"):
        made = company(silent=name == "weighted")
        for base in BASES:
            yield from said(made, draws, rng, base=base, name=name)
        yield from _one_by_one(made, draws // 5, rng, name)
        yield from _said_in_parts(draws // AT_ONCE, rng, name)


def said(
    made: Company, draws: int, rng: Generator, *, base: int, name: str
) -> Iterator[Row]:
    """Surveys of one size; `name` says whether they are weighted."""
    for sample in surveys(made, draws, rng, base=base, name=name):
        found = asked(sample, by="draw")
        yield from _levels(found, made.truths(), of=f"{name}, all", base=str(base))


def _one_by_one(made: Company, draws: int, rng: Generator, name: str) -> Iterator[Row]:
    """Each survey on its own, where its few answers decide the degrees of freedom."""
    for sample in surveys(made, draws, rng, base=BASES[0], name=name, at_once=1):
        found = {one: ASKED[one](sample) for one in ASKED}
        found["NPS by revenue"] = weighings(sample, net_promoter)["by revenue"]
        yield from held(found, made.truths(), of=f"{name}, one by one", base="30")


def _said_in_parts(batches: int, rng: Generator, name: str) -> Iterator[Row]:
    """Parts that no margin knows, and a segment that is one."""
    made = company(silent=name == "weighted", plans=PLANS)
    for sample in surveys(
        made, batches * AT_ONCE, rng, base=1130, name=name, at_once=5
    ):
        for by, levels in (("plan", [one[0] for one in PLANS]), ("segment", ["new"])):
            cells = sample.with_columns(
                cell=sample.frame["draw"] + "/" + sample.frame[by]
            )
            found = asked(cells, by="cell")
            for level in levels:
                mine = {
                    metric: {k: v for k, v in one.items() if k.endswith(f"/{level}")}
                    for metric, one in found.items()
                }
                base = level if by == "plan" else "a margin"
                truth = made.truths(**{by: level})
                yield from _levels(mine, truth, of=f"{name}, part", base=base)


def interaction(draws: int, rng: Generator) -> Iterator[Row]:
    """One cell of two margins is unhappy and silent, which no margin explains."""
    made = company(interaction=True)
    for base in (100, 400, 1000):
        for sample in surveys(made, draws, rng, base=base, name="weighted"):
            found = asked(sample, by="draw")
            yield from _levels(found, made.truths(), of="interaction", base=str(base))


def conducts(draws: int, rng: Generator) -> Iterator[Row]:
    """Intervals of what customers do, each company part of a larger one."""
    truth = known(rng)
    for base in BASES:
        count = round(base / BUYING)
        for frame in _batches(draws, lambda count=count: conduct(rng, count)):
            yield from _by_draw(frame, CONDUCT, truth, of="part", base=str(base))
    for _ in range(draws // 5):
        sample = Sample(conduct(rng, round(BASES[0] / BUYING)))
        found = {one.label: one(sample) for one in CONDUCT}
        yield from held(found, truth, of="one by one", base="30")


def floors(draws: int, rng: Generator) -> Iterator[Row]:
    """Look for the size from which skewed figures keep their promise."""
    plain = known(rng)
    money, sizes = (revenue_per_customer, return_rate_value), (30, 100, 300, 1000, 3000)
    for sigma in (0.8, 1.0, 1.5, 2.0):
        grown = math.exp(sigma**2 / 2 - 0.8**2 / 2)
        label = revenue_per_customer.label
        truth = {**plain, label: plain[label] * grown}
        words = {"of": f"spend {sigma}", "sizes": sizes, "sigma": sigma}
        yield from floor(draws, rng, truth, money, **words)
    for burst in (1.0, 3.0, 10.0):
        truth = {complaint_rate.label: 1000 * 0.02 * burst}
        words = {"of": f"burst {burst:.0f}", "complaints": 0.02, "burst": burst}
        yield from floor(draws, rng, truth, [complaint_rate], sizes=sizes, **words)
    for churn in (0.01, 0.03):
        truth = {churn_rate.label: churn}
        words = {"of": f"churn {churn}", "sizes": sizes, "churn": churn}
        yield from floor(draws, rng, truth, [churn_rate], **words)


def revenue(draws: int, rng: Generator) -> Iterator[Row]:
    """NPS by revenue, the more skewed the revenue."""
    for spread in (0.9, 1.5, 2.0):
        made = company(spread=spread)
        for base in (30, 100, 300, 1000, 3000):
            for sample in surveys(made, draws, rng, base=base, name="weighted"):
                found = {"NPS by revenue": _by_revenue(sample, by="draw")}
                of = f"spend {spread}"
                yield from _levels(found, made.truths(), of=of, base=str(base))


def windows(draws: int, rng: Generator) -> Iterator[Row]:
    """Return rates of a quarter whose last lines can still come back."""
    truth = {return_rate.label: 0.15}
    for window in (14, 30, 60):
        for frame in _batches(draws, lambda window=window: _quarter(rng, window)):
            for name in ("closed lines", "all lines so far"):
                seen = frame.assign(
                    closed_lines=frame[name], returned_closed_lines=frame[f"{name} <"]
                )
                yield from _by_draw(
                    seen, [return_rate], truth, of=name, base=f"{window} days"
                )


def _quarter(rng: Generator, window: int, *, buyers: int = 1000) -> pd.DataFrame:
    """Buyers of 92 days, with lines and returns as they are known at the end."""
    lines = 1 + rng.poisson(1.5, buyers)
    who = np.repeat(np.arange(buyers), lines)
    taste = rng.beta(1.2, 6.8, buyers)[who]
    day, later = rng.uniform(0, 92, len(who)), window * rng.beta(2, 3, len(who))
    back = rng.random(len(who)) < taste
    shut = day + window <= 92
    parts = {
        "closed lines": shut,
        "closed lines <": shut & back,
        "all lines so far": np.ones(len(who)),
        "all lines so far <": back & (day + later <= 92),
    }
    return pd.DataFrame(
        {name: np.bincount(who, one, buyers) for name, one in parts.items()}
    )


def floor(
    draws: int,
    rng: Generator,
    truth: Mapping[str, float],
    metrics: Iterable[Metric],
    *,
    sizes: Iterable[int],
    of: str,
    **facts: float,
) -> Iterator[Row]:
    """Figures of companies of several sizes, in buyers."""
    for base in sizes:
        count = round(base / BUYING)
        for frame in _batches(draws, lambda n=count: conduct(rng, n, **facts)):
            yield from _by_draw(frame, metrics, truth, of=of, base=str(base))


def known(rng: Generator, *, sigma: float = 0.8) -> dict[str, float]:
    """Return the truth of what customers do, from millions of them.

    Spend enters as a factor of its own: revenue grows by its mean, and rates by value
    stay as they are, so no draw of huge amounts is needed.
    """
    sums = pd.DataFrame([_sums(conduct(rng, KNOWN, sigma=0.0)) for _ in range(4)])
    found = {name: above / below for name, (above, below) in sums.sum().items()}
    found[revenue_per_customer.label] *= math.exp(sigma**2 / 2)
    return found


def _sums(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    made = {}
    for one in CONDUCT:
        counts = one.score(frame)
        below = frame[one.over].sum() if one.over else counts.notna().sum()
        made[one.label] = np.array([counts.sum(), below], dtype=float)
    return made


def conduct(
    rng: Generator, count: int, *, sigma: float = 0.8, **facts: float
) -> pd.DataFrame:
    """Draw customers and a quarter of what they do."""
    return quarter(rng, People.drawn(rng, count, sigma=sigma), **facts)


def surveys(
    made: Company,
    draws: int,
    rng: Generator,
    *,
    base: int,
    name: str,
    at_once: int = AT_ONCE,
) -> Iterator[Sample]:
    """Surveys side by side, each raked on its own as waves are: column `draw`."""
    at_once = min(at_once, max(1, 25_000 // base))
    for drawn in _batches(draws, lambda: made.answers(rng, base), at_once=at_once):
        frame = drawn
        while name == "weighted":
            periods = dict.fromkeys(sorted(drawn["draw"].unique()), made)
            try:
                yield raked(frame.assign(period=frame["draw"]), periods)
                break
            except StudyError:  # a few of the smallest cannot be raked: ask again
                frame = next(_batches(len(periods), lambda: made.answers(rng, base)))
        else:
            yield Sample(frame)


def asked(sample: Sample, *, by: str) -> dict[str, dict[str, Estimate]]:
    """Ask everything for each level of a column."""
    found = {name: one(sample, by=by) for name, one in ASKED.items()}
    return found | {"NPS by revenue": _by_revenue(sample, by=by)}


def _by_revenue(sample: Sample, *, by: str) -> dict[str, Estimate]:
    """The same as `weighings` for each level of a column."""
    scored = net_promoter.scored(sample)
    worth = sample.frame["worth_"]
    points = {SCORED: scored.frame[SCORED] * worth, OVER: worth}
    return value_of(scored.with_columns(**points), "points", over=OVER, by=by)


def _levels(
    found: Mapping[str, Mapping[str, Estimate]],
    truth: Mapping[str, float],
    *,
    of: str,
    base: str,
) -> Iterator[Row]:
    for name, levels in found.items():
        for one in levels.values():
            yield from held({name: one}, truth, of=of, base=base)


def _batches(
    draws: int, make: Callable[[], pd.DataFrame], *, at_once: int = AT_ONCE
) -> Iterator[pd.DataFrame]:
    """Draws side by side, each one part of a larger company: column `draw`."""
    for start in range(0, draws, at_once):
        count = min(at_once, draws - start)
        parts = {f"{number:03d}": make() for number in range(count)}
        yield pd.concat(parts, names=["draw"]).reset_index("draw")


def _by_draw(
    frame: pd.DataFrame,
    metrics: Iterable[Metric],
    truth: Mapping[str, float],
    *,
    of: str,
    base: str,
) -> Iterator[Row]:
    for one in metrics:
        if (one.score(frame) > 0).groupby(frame["draw"]).any().any():
            for found in one(Sample(frame), by="draw").values():
                yield from held({one.label: found}, truth, of=of, base=base)


PARTS: dict[str, Callable[[int, Generator], Iterator[Row]]] = {
    "answers": answers,
    "interaction": interaction,
    "conduct": conducts,
    "floors": floors,
    "revenue": revenue,
    "windows": windows,
}


def main() -> None:
    """Print the tables of the parts asked for."""
    parts = {**PARTS, **coverage_changes.PARTS}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20_270_401)
    parser.add_argument("--part", choices=list(parts), action="append")
    options = parser.parse_args()
    low, high = band(options.draws)
    print(f"{options.draws} draws: 95 % is in doubt outside {low:.3f}-{high:.3f} (*)")
    for place, (name, part) in enumerate(parts.items()):
        if options.part and name not in options.part:
            continue
        seed = np.random.SeedSequence(options.seed, spawn_key=(place,))
        found = part(options.draws, np.random.default_rng(seed))
        print(f"\n## {name}\n")
        if name in PARTS or name == "bridge":
            table = summary(found)
            print(compact(table), "\n\n" + markdown(table), flush=True)
        else:
            print(markdown(pd.DataFrame(found)), flush=True)


if __name__ == "__main__":
    main()
