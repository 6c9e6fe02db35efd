"""How often changes are divided, kept quiet about and found as they should be.

The parts bridge, quiet and power of benchmarks/coverage_metrics.py.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from coverage_tables import Row, held
from made_company import (
    ASKED,
    LEVELS,
    SEGMENTS,
    Company,
    company,
    raked,
    two_quarters,
)
from numpy.random import Generator
from scipy import optimize, stats

from analysis.estimate import Estimate
from analysis.ledger.families import adjusted
from analysis.ledger.rows import (
    direction_of,
    numbers_of,
    withheld,
    withhold_second,
)
from analysis.metrics import (
    CONDUCT,
    changes,
    changes_within,
    detectable_change,
    net_promoter,
)
from analysis.metrics.bridge import bridge
from analysis.metrics.waves import parts_of
from analysis.survey import Sample

PERIODS = ("2026Q3", "2026Q2")
AGAIN = 0.3  # of the first wave, how many would answer the second as well at most
STABLE = 0.8  # share of the variance of opinion that is the person's own
FURTHER = {"channel": ["app", "shop", "web"], "age_group": ["18", "30", "45", "60"]}
MINIMUM_BASE = 10
LEVEL = 0.05
ANSWERS, CUSTOMERS = 400, 2000
POWER_OVER = 1.5


def waves(
    rng: Generator, before: Company, now: Company, count: int, *, again: float = AGAIN
) -> pd.DataFrame:
    """Draw two waves of answers; at most `again` of the first answer both."""
    cells = rng.choice(9, count, p=before.answering.ravel())
    person, names = rng.normal(size=count), np.arange(count)
    # Those who come again are drawn so that the second wave has its own mix.
    ratio = (now.answering / before.answering).ravel()
    back = np.flatnonzero(rng.random(count) < again * (ratio / ratio.max())[cells])
    fresh = count - len(back)
    later = [cells[back], rng.choice(9, fresh, p=now.answering.ravel())]
    ids = np.concatenate([names[back], count + np.arange(fresh)])
    known = np.concatenate([person[back], rng.normal(size=fresh)])
    further = {name: rng.choice(levels, 2 * count) for name, levels in FURTHER.items()}
    made = []
    for period, one, who, where, own in (
        (PERIODS[1], before, names, cells, person),
        (PERIODS[0], now, ids, np.concatenate(later), known),
    ):
        z = np.sqrt(STABLE) * own + np.sqrt(1 - STABLE) * rng.normal(size=count)
        frame = one.asked(rng, where, z).assign(period=period, customer_id=who)
        made.append(frame.assign(**{name: v[who] for name, v in further.items()}))
    return pd.concat(made, ignore_index=True)


def weighted(frame: pd.DataFrame, before: Company, now: Company) -> Sample:
    """Rake each wave to the customers of its own time."""
    return raked(frame, {PERIODS[1]: before, PERIODS[0]: now})


def planted(cell: float = 1.0) -> tuple[Company, Company]:
    """Two quarters: more new customers, who are less content, and others who answer.

    `cell` is how readily the new ones of the south answer, beside what segment and
    region explain.
    """
    before = company()
    grown = before.people * np.array([[0.75], [1.5], [1.0]])
    odds = np.outer([1.0, 1.2, 1.0], [1.0, 1.0, 0.9])
    odds[1, 2] *= cell
    levels = LEVELS - [[0.0], [0.6], [0.2]]
    return before, replace(before, people=grown / grown.sum(), odds=odds, levels=levels)


def divided(
    frame: pd.DataFrame, before: Company, now: Company, rng: Generator
) -> dict[str, Estimate]:
    """Divide the change of the weighted score by segment."""
    sample = weighted(frame, before, now)
    return bridge(sample, net_promoter, by="segment", periods=PERIODS, rng=rng)


def bridges(draws: int, rng: Generator) -> Iterator[Row]:
    """Planted parts of a change, where the margins explain response and where not."""
    for name, cell, counts in (
        ("margins explain", 1.0, (400, 800)),
        ("interaction", 0.4, (800,)),
    ):
        before, now = planted(cell)
        truth = parts(before, now)
        for count in counts:
            for _ in range(draws):
                frame = waves(rng, before, now, count, again=0.9)
                found = divided(frame, before, now, rng)
                yield from held(found, truth, of=name, base=str(count))


def parts(before: Company, now: Company) -> dict[str, float]:
    """Return the true parts of the change of NPS from one company to the other."""
    chances, hits, heads = [], [], []
    for one in (before, now):
        share = one.people.sum(axis=1)
        scores = np.array([one.truths(segment=str(s))["NPS"] for s in SEGMENTS])
        heads.append(one.answering.sum(axis=1))
        chances.append(share)
        hits.append(share * scores)
    found = parts_of(np.array([heads, chances, hits])[..., None])
    made = {name: float(one.sum()) for name, one in found.items()}
    total = now.truths()["NPS"] - before.truths()["NPS"]
    return {**made, "total": total}


def quiet(draws: int, rng: Generator) -> Iterator[Row]:
    """Companies that did not change, though others answered, and what is claimed."""
    before = company()
    now = replace(before, odds=np.outer([1.0, 1.2, 1.0], [0.9, 1.0, 1.0]))
    pages = [page(rng, before, now) for _ in range(draws)]
    said = [{key for key, one in p.items() if one != "unclear"} for p in pages]
    found = {
        "any change is claimed": [bool(one) for one in said],
        "of a metric": [any("/" not in key for key in one) for one in said],
        "of the score within a group": [any("/" in key for key in one) for one in said],
    }
    yield from _shares(found, nominal=LEVEL)
    for name in pages[0]:
        alone = {f"each alone: {name}": [name in one for one in said]}
        yield from _shares(alone, nominal=math.nan)


def power(draws: int, rng: Generator) -> Iterator[Row]:
    """Companies whose score moved by 1.5 times the smallest detectable change."""
    before = company()
    size = POWER_OVER * _reach(rng, before)
    for sign in (1, -1):
        now = _moved(before, sign * size)
        said = [page(rng, before, now)["nps"] for _ in range(draws // 2)]
        right, wrong = ("rising", "falling")[::sign]
        found = {
            f"{sign * size:+.1f} points, with its sign": [s == right for s in said],
            f"{sign * size:+.1f} points, with the other": [s == wrong for s in said],
        }
        yield from _shares(found, nominal=math.nan)


def _reach(rng: Generator, made: Company, *, waves_drawn: int = 40) -> float:
    """Smallest detectable change of the score, as the page would say it."""
    found = []
    for _ in range(waves_drawn):
        sample = weighted(waves(rng, made, made, ANSWERS), made, made)
        moved = changes(sample, [net_promoter], periods=PERIODS)["nps"]
        found.append(detectable_change(moved).value)
    return float(np.mean(found))


def _moved(before: Company, points: float) -> Company:
    """Return a company whose score lies so many points off, by opinion alone."""
    wanted = before.truths()["NPS"] + points

    def off(shift: float) -> float:
        return replace(before, levels=before.levels + shift).truths()["NPS"] - wanted

    return replace(before, levels=before.levels + optimize.brentq(off, -4, 4))


def page(rng: Generator, before: Company, now: Company) -> dict[str, str]:
    """What the page says of each change: its families of tests, with the same rules."""
    sample = weighted(waves(rng, before, now, ANSWERS), before, now)
    both = {"periods": PERIODS}
    moved = changes(sample, ASKED.values(), **both) | changes(
        two_quarters(rng, CUSTOMERS, PERIODS), CONDUCT, **both
    )
    tables = {
        column: changes_within(sample, net_promoter, by=column, **both)
        for column in ("segment", "region", *FURTHER)
    }
    inside = {}
    for column, found in tables.items():
        rows = {f"{column}/{level}": _row(one) for level, one in found.items()}
        withhold_second(rows)
        inside |= rows
    said = _directions({name: _row(one) for name, one in moved.items()})
    if not set(said.values()) - {"unclear"}:  # of groups only where a metric moved
        return said | dict.fromkeys(inside, "unclear")
    return said | _directions(inside)


def _directions(family: dict[str, Row]) -> dict[str, str]:
    """What is said of each row of one family of tests."""
    p_values = pd.Series({key: row["p_value"] for key, row in family.items()})
    q_values = adjusted(p_values)
    return {
        key: direction_of(row | {"q_value": q_values[key]}, LEVEL)
        for key, row in family.items()
    }


def _row(estimate: Estimate) -> Row:
    row = {**numbers_of(estimate), "withheld": False}
    is_small = estimate.base < MINIMUM_BASE or math.isnan(estimate.value)
    return withheld(row) if is_small else row


def _shares(found: Mapping[str, list[bool]], *, nominal: float) -> Iterator[Row]:
    for name, hits in found.items():
        edge = ""
        if not math.isnan(nominal):
            low, high = stats.binom.interval(0.99, len(hits), nominal)
            edge = f"{100 * low / len(hits):.1f}-{100 * high / len(hits):.1f}"
        yield {
            "share of pages": name,
            "per cent": 100 * float(np.mean(hits)),
            "band": edge,
            "draws": len(hits),
        }


PARTS = {"bridge": bridges, "quiet": quiet, "power": power}
