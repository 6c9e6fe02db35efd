"""Companies whose answers have known outcomes, for benchmarks/coverage_outcomes.py.

Customers differ for good in how often they buy, how readily they send back and how
they score; each wave brings luck of its own. What they do in the window before an
answer and in the one after it is drawn from the same habits, so that answers of one
person, and both windows, go together. Segments answer and score differently, and the
weights know them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from analysis.survey import Sample, adjust

SEGMENTS = np.array(["loyal", "new", "regular"])
SHARES = np.array([0.3, 0.25, 0.45])
ANSWERING = np.array([2.0, 0.7, 1.0])
LEVELS = np.array([9.2, 8.1, 8.6])
STYLE, LUCK = 1.2, 1.4  # standard deviation of score: lasting, and of one wave
PACE, RETURNS = 1.05, 0.115  # lines in a window, and share of them sent back
SPREAD = 0.8  # of the logarithm of pace, and of the log odds of returns
CENTRE = 8.3
WAVES = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")


@dataclass(frozen=True)
class Links:
    """What goes with the score.

    `returns` and `purchases` are slopes per point (log odds, logarithm) in the window
    after the answer alone; `lasting` is the weight of a lasting contentment that lies
    behind score, purchases and returns, before the answer as after it.
    """

    returns: float = 0.0
    purchases: float = 0.0
    lasting: float = 0.0


@dataclass(frozen=True)
class Customers:
    """Who they are for good."""

    segment: np.ndarray
    content: np.ndarray
    style: np.ndarray
    pace: np.ndarray
    taste: np.ndarray

    @classmethod
    def drawn(cls, rng: Generator, count: int) -> "Customers":
        """Draw customers."""
        normal = rng.normal(size=(4, count))
        return cls(rng.choice(3, count, p=SHARES), *normal)


def answers(
    rng: Generator, links: Links, *, count: int, customers: int = 8000
) -> pd.DataFrame:
    """Draw the answers of six waves, with what was done before and after them.

    Parameters
    ----------
    rng : Generator
        Source of the draws.
    links : Links
        What goes with the score.
    count : int
        Answers of all waves together.
    customers : int
        Of whom each wave asks anew.
    """
    people = Customers.drawn(rng, customers)
    odds = ANSWERING[people.segment]
    each = count // len(WAVES)
    rows = [
        rng.choice(customers, each, replace=False, p=odds / odds.sum()) for _ in WAVES
    ]
    who = np.concatenate(rows)
    score = _score(rng, people, links, who)
    frame = pd.DataFrame(
        {
            "response_id": np.arange(len(who)).astype(str),
            "customer_id": who.astype(str),
            "period": np.repeat(WAVES, each),
            "segment": SEGMENTS[people.segment[who]],
            "recommend": score,
            "satisfaction": _boxed(score / 2.4 + 0.5 * rng.normal(size=len(who)), 1, 5),
        }
    )
    after = _done(rng, people, who, links=links, points=score - CENTRE)
    habits = Links(lasting=links.lasting)
    before = _done(rng, people, who, links=habits, points=score - CENTRE)
    for when, done in (("after", after), ("before", before)):
        frame = frame.assign(**{f"{name}_{when}": one for name, one in done.items()})
    return frame


def _score(
    rng: Generator, people: Customers, links: Links, who: np.ndarray
) -> np.ndarray:
    """Lasting style is in part lasting contentment, if that lies behind things."""
    share = min(1.0, abs(links.lasting))
    lasting = share * people.content + np.sqrt(1 - share**2) * people.style
    level = LEVELS[people.segment[who]] + STYLE * lasting[who]
    return _boxed(level + LUCK * rng.normal(size=len(who)), 0, 10)


def _boxed(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip(np.rint(values), low, high)


def _done(
    rng: Generator,
    people: Customers,
    who: np.ndarray,
    *,
    links: Links,
    points: np.ndarray,
) -> dict[str, np.ndarray]:
    """Lines, returned lines and money of one window around each answer."""
    pace, chance = _habits(people, who, links, points)
    lines = rng.poisson(pace)
    back = rng.binomial(lines, chance)
    price = np.exp(3.8 + 0.6 * rng.normal(size=len(who)))
    return {
        "lines": lines.astype(float),
        "returned_lines": back.astype(float),
        "revenue": lines * price,
        "refund": back * price,
    }


def _habits(
    people: Customers, who: np.ndarray, links: Links, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expected lines of a window, and the chance that one comes back."""
    content = links.lasting * people.content[who]
    pace = SPREAD * people.pace[who] - SPREAD**2 / 2 + 0.5 * content
    taste = np.log(RETURNS / (1 - RETURNS)) + SPREAD * people.taste[who] - 0.25
    odds = np.exp(taste - 0.6 * content + links.returns * points)
    return PACE * np.exp(pace + links.purchases * points), odds / (1 + odds)


def differences(links: Links, *, customers: int = 200_000) -> dict[str, float]:
    """True differences per point: returns per 100 lines, lines per 100 customers."""
    rng = np.random.default_rng(0)
    people, who = Customers.drawn(rng, customers), np.arange(customers)
    points = _score(rng, people, links, who) - CENTRE
    pace, chance = _habits(people, who, links, points)
    returns = links.returns * np.average(chance * (1 - chance), weights=pace)
    return {"returns": 100 * returns, "purchases": 100 * links.purchases * pace.mean()}


def raked(frame: pd.DataFrame) -> Sample:
    """Rake the answers of each wave to the segments of all customers."""
    cells = frame["period"] + " " + frame["segment"]
    shares = dict(zip(SEGMENTS, SHARES, strict=True))
    margin = {
        f"{wave} {segment}": 1000 * share
        for wave in sorted(frame["period"].unique())
        for segment, share in shares.items()
    }
    plain = Sample(frame.assign(cell_segment=cells), clusters="customer_id")
    return adjust(plain, {"cell_segment": margin})
