"""Companies whose truth is known, for benchmarks/coverage_metrics.py.

Answers come from a normal opinion that depends on segment, region and plan, cut into
the boxes of each question: what all customers would say follows from the normal
distribution. What customers do comes from customers who differ in how often they
order, send back and spend.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy import stats

from analysis.metrics import (
    Metric,
    effort,
    mean_rating,
    net_promoter,
    top_box,
)
from analysis.sampling.cells import collapsing
from analysis.settings import Scale
from analysis.survey import Sample, adjust

SEGMENTS = np.array(["loyal", "new", "regular"])
REGIONS = np.array(["east", "north", "south"])
PEOPLE = np.array([[0.14, 0.06, 0.10], [0.12, 0.08, 0.10], [0.16, 0.12, 0.12]])
LEVELS = np.array([[9.0, 9.2, 8.4], [6.9, 7.1, 6.3], [8.0, 8.2, 7.4]])
OPINION = 2.0  # standard deviation of opinion within a cell
NOISE = {"recommend": 0.0, "satisfaction": 0.4, "effort": 0.9}
SLOPES = {"recommend": (0.0, 1.0), "satisfaction": (0.0, 0.5), "effort": (1.0, 0.6)}
BOXES = {"recommend": (0, 10), "satisfaction": (1, 5), "effort": (1, 7)}
RHO = 0.3  # correlation of opinion with the logarithm of revenue
TRIM = 5.0
ON_FILE, CHURN = 0.7, 0.03  # customers at the start, and who of them leaves
ASKED: dict[str, Metric] = {
    "NPS": net_promoter,
    "CSAT, two best": replace(top_box, scale=Scale(low=1, high=5)),
    "CSAT, mean": replace(mean_rating, scale=Scale(low=1, high=5)),
    "CES": replace(effort, scale=Scale(low=1, high=7)),
}


@dataclass(frozen=True)
class Company:
    """Who the customers are, what they think and who of them answers.

    `people`, `levels` and `odds` are segment by region: shares of customers, mean
    opinion, and how readily they answer. `plans` are sizes and shifts of opinion of
    a further column that no margin knows.
    """

    people: np.ndarray
    levels: np.ndarray
    odds: np.ndarray
    plans: tuple[tuple[str, float, float], ...] = (("all", 1.0, 0.0),)
    spread: float = 0.9

    @property
    def answering(self) -> np.ndarray:
        """Share of the respondents in each cell."""
        weighed = self.people * self.odds
        return weighed / weighed.sum()

    def truths(self, plan: str = "", *, segment: str = "") -> dict[str, float]:
        """Return what all customers, or some of them, would say."""
        share = np.array([size for _, size, _ in self.plans])
        shift = np.array([up for _, _, up in self.plans])
        if plan:
            share = np.array([float(name == plan) for name, _, _ in self.plans])
        inside = (segment == SEGMENTS) | (segment == "")
        counts = self.people * inside[:, None]
        weight = counts[:, :, None] * share / (counts.sum() * share.sum())
        level = self.levels[:, :, None] + shift
        worth = np.array([1.6, 0.6, 1.0])[:, None, None] * weight
        found = {name: float((weight * _expected(name, level)).sum()) for name in ASKED}
        tilted = _expected("NPS", level + OPINION * RHO * self.spread)
        return found | {"NPS by revenue": float((worth * tilted).sum() / worth.sum())}

    def answers(self, rng: Generator, count: int) -> pd.DataFrame:
        """Draw respondents."""
        cells = rng.choice(9, count, p=self.answering.ravel())
        return self.asked(rng, cells, rng.normal(size=count))

    def asked(self, rng: Generator, cells: np.ndarray, z: np.ndarray) -> pd.DataFrame:
        """Ask people of some cells with some standardised opinion."""
        segment, region = cells // 3, cells % 3
        plan = rng.choice(len(self.plans), len(z), p=[one[1] for one in self.plans])
        shift = np.array([one[2] for one in self.plans])[plan]
        opinion = self.levels.ravel()[cells] + shift + OPINION * z
        log = RHO * z + np.sqrt(1 - RHO**2) * rng.normal(size=len(z))
        frame = {name: _boxed(rng, opinion, name) for name in BOXES}
        worth = np.array([1.6, 0.6, 1.0])[segment] * np.exp(self.spread * log)
        return pd.DataFrame(
            {
                "segment": SEGMENTS[segment],
                "region": REGIONS[region],
                "plan": np.array([one[0] for one in self.plans])[plan],
                **frame,
                "worth_": worth,
            }
        )


def raked(frame: pd.DataFrame, companies: Mapping[str, Company]) -> Sample:
    """Rake answers to the customers' segments and regions, period by period.

    Small levels are put together as notebook 01 does it. A single company needs no
    column `period`: its key is empty.
    """
    waves = frame["period"] if "period" in frame else pd.Series("", index=frame.index)
    cells: dict[str, pd.Series] = {}
    margins: dict[str, dict[str, float]] = {}
    for column, names, axis in (("segment", SEGMENTS, 1), ("region", REGIONS, 0)):
        counts = pd.crosstab(waves, frame[column]).reindex(columns=names, fill_value=0)
        cell, margin = f"cell_{column}", {}
        placed = {}
        for wave, made in companies.items():
            small = collapsing(counts.loc[wave])
            shares = zip(names, made.people.sum(axis=axis), strict=True)
            for name, share in shares:
                placed[wave, name] = f"{wave} {small.get(name, name)}"
                place = placed[wave, name]
                margin[place] = margin.get(place, 0.0) + share * 1000
        keys = zip(waves, frame[column], strict=True)
        cells[cell] = pd.Series([placed[key] for key in keys], index=frame.index)
        margins[cell] = margin
    clusters = "customer_id" if "customer_id" in frame else None
    plain = Sample(frame.assign(**cells), clusters=clusters)
    return adjust(plain, margins, trim=TRIM)


def company(*, silent: bool = True, interaction: bool = False, **facts: Any) -> Company:
    """Make a company; `silent`: some answer less readily, as the margins explain.

    With `interaction` one cell of two margins answers rarely and is unhappy, which
    no margin explains.
    """
    odds, levels = np.ones((3, 3)), LEVELS.copy()
    if silent:
        odds = np.outer([2.0, 0.7, 1.0], [1.1, 1.0, 0.6])
    if interaction:
        odds, levels = odds.copy(), LEVELS.copy()
        odds[1, 2] *= 0.3
        levels[1, 2] -= 2.0
    return Company(PEOPLE, levels, odds, **facts)


@dataclass(frozen=True)
class People:
    """How often each customer orders, and how readily they send back and spend."""

    pace: np.ndarray
    taste: np.ndarray
    wealth: np.ndarray

    @classmethod
    def drawn(cls, rng: Generator, count: int, *, sigma: float = 0.8) -> "People":
        """Draw customers; `sigma` is the deviation of the logarithm of spend."""
        wealth = np.exp(sigma * rng.normal(size=count))
        return cls(rng.gamma(2.0, 0.8, count), rng.beta(1.2, 6.8, count), wealth)

    def but(self, others: "People", where: np.ndarray) -> "People":
        """Return the same customers, others in place of some."""
        pairs = zip(vars(self).values(), vars(others).values(), strict=True)
        return People(*(np.where(where, new, old) for old, new in pairs))


def conduct(
    rng: Generator,
    people: People,
    *,
    complaints: float = 0.05,
    burst: float = 1.0,
    churn: float = CHURN,
) -> pd.DataFrame:
    """Draw a quarter of what customers do, in the columns of `metrics.trade`.

    Seven in ten buy. `complaints` is the share of orders with one, `burst` the mean
    number that then come at once, `churn` the share of customers who leave.
    """
    count = len(people.pace)
    orders = rng.poisson(people.pace)
    sums = _ordered(rng, orders, people)
    days = np.where(orders > 0, 1 + rng.binomial(np.maximum(orders - 1, 0), 0.9), 0)
    spoken = rng.poisson(complaints * orders)
    was_customer = rng.random(count) < ON_FILE
    return pd.DataFrame(
        {
            **sums,
            "closed_orders": orders.astype(float),
            "orders": orders.astype(float),
            "purchase_days": days,
            "bought": orders > 0,
            "bought_before": (rng.poisson(people.pace) > 0).astype(float),
            "is_customer": True,
            "was_customer": was_customer,
            "left": (was_customer & (rng.random(count) < churn)).astype(float),
            "complaints": spoken + _extra(rng, spoken, burst),
            "revenue": sums["closed_revenue"],
        }
    )


def two_quarters(rng: Generator, count: int, periods: tuple[str, str]) -> Sample:
    """Draw the same customers twice; who left is followed by somebody new.

    The later period comes first in `periods`. Nothing changes in the process.
    """
    people, fresh = People.drawn(rng, count), People.drawn(rng, count)
    before, is_new = conduct(rng, people), rng.random(count) < ON_FILE * CHURN
    before["bought_before"] *= ~is_new
    gone = before["left"].to_numpy() > 0
    now = conduct(rng, people.but(fresh, gone))
    now["bought_before"] = (before["bought"] & ~gone).astype(float)
    numbers = np.arange(count)
    first = before.assign(customer_id=numbers, period=periods[1])
    second = now.assign(
        customer_id=np.where(gone, count + numbers, numbers), period=periods[0]
    )
    frame = pd.concat([first, second], ignore_index=True)
    return Sample(frame, clusters="customer_id")


def _ordered(
    rng: Generator, orders: np.ndarray, people: People
) -> dict[str, np.ndarray]:
    who, size = np.repeat(np.arange(len(orders)), orders), len(orders)
    dear = rng.normal(size=len(who))
    lines = 1 + rng.poisson(0.7, len(who))
    # Dear orders come back more often.
    taste = people.taste[who]
    odds = taste / (1 - taste) * np.exp(0.3 * dear)
    back = rng.binomial(lines, odds / (1 + odds))
    more = rng.poisson(0.4 * lines)
    pieces = back + rng.binomial(more, back / lines)
    money = 20 * lines * people.wealth[who] * np.exp(0.3 * dear)
    parts = {
        "closed_lines": lines,
        "returned_closed_lines": back,
        "returned_closed_orders": back > 0,
        "closed_quantity": lines + more,
        "returned_closed_quantity": pieces,
        "closed_revenue": money,
        "closed_refund": money * back / lines,
    }
    return {name: np.bincount(who, one, size) for name, one in parts.items()}


def _extra(rng: Generator, spoken: np.ndarray, burst: float) -> np.ndarray:
    """Complaints beyond the first of each burst, geometric in number."""
    if burst == 1:
        return np.zeros(len(spoken))
    failures = rng.negative_binomial(np.maximum(spoken, 1), 1 / burst)
    return np.where(spoken > 0, failures, 0)


def _boxed(rng: Generator, opinion: np.ndarray, name: str) -> np.ndarray:
    start, slope = SLOPES[name]
    seen = start + slope * opinion + NOISE[name] * rng.normal(size=len(opinion))
    return np.clip(np.rint(seen), *BOXES[name])


def _expected(name: str, opinion: np.ndarray) -> np.ndarray:
    """Mean of what people of some mean opinion count."""
    if name == "NPS":
        return 100 * (
            _above("recommend", 8.5, opinion) + _above("recommend", 6.5, opinion) - 1
        )
    if name == "CSAT, two best":
        return _above("satisfaction", 3.5, opinion)
    column = ASKED[name].asks
    low, high = BOXES[column]
    steps = [_above(column, edge + 0.5, opinion) for edge in range(low, high)]
    return low + np.sum(steps, axis=0)


def _above(column: str, edge: float, opinion: np.ndarray) -> np.ndarray:
    start, slope = SLOPES[column]
    spread = np.hypot(slope * OPINION, NOISE[column])
    return stats.norm.sf(edge, start + slope * opinion, spread)
