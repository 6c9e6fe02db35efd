"""Customers, what they live through and what they would answer."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.planted import (
    AGE_GROUPS,
    CHANNELS,
    END,
    REGIONS,
    SEGMENTS,
    START,
    WAVES,
    Truths,
    days_between,
    field_starts,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feelings:
    """What each customer lives through, one row per customer.

    Column 0 stands for the time before the first survey, column `k` for the time
    from the answer to wave `k` until the next one.

    Parameters
    ----------
    quality, delivery, price : array of float, shape (n_customers, n_waves + 1)
        Experiences in standard deviations.
    experience : array of float, shape (n_customers, n_waves + 1)
        Their sum with the residual, in points of recommendation, around 0.
    latent : array of float, shape (n_customers, n_waves + 1)
        Satisfaction behind the answers, in points of recommendation.
    style : array of float, shape (n_customers,)
        Lasting habit of scoring, in standard deviations.
    answered : array of float, shape (n_customers, n_waves)
        Day since `START` on which the customer would answer each wave.
    """

    quality: Floats
    delivery: Floats
    price: Floats
    experience: Floats
    latent: Floats
    style: Floats
    answered: Floats


def invent_customers(rng: Generator, *, truths: Truths, scale: float) -> pd.DataFrame:
    """Draw the customer file, before anyone leaves.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    truths : Truths
        Numbers of customers at scale 1.
    scale : float
        Size of the company; 1 gives 12,000 customers.

    Returns
    -------
    DataFrame
        One row per customer in order of joining: `customer_id`, `joined` (days
        since `START`), `segment`, `region`, `channel`, `age_group`, `pace`
        (orders per day) and `basket` (mean of further lines per order).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> len(invent_customers(rng, truths=Truths(), scale=0.1))
    1200
    """
    joined = _joined(rng, truths, scale)
    count = len(joined)
    old = joined < _quarter_edges()[0]
    segment = np.where(old, np.where(rng.random(count) < 0.6, 1, 2), 0)
    pace = np.array([0.0054, 0.0058, 0.0092])[segment] * rng.gamma(1.6, 0.625, count)
    numbers = 100_000 + np.cumsum(rng.integers(1, 6, count))
    return pd.DataFrame(
        {
            "customer_id": [f"C{number:08d}" for number in numbers],
            "joined": joined,
            "segment": np.array(SEGMENTS)[segment],
            "region": np.array(REGIONS)[_regions(rng, segment)],
            "channel": rng.choice(CHANNELS, count, p=[0.55, 0.3, 0.15]),
            "age_group": rng.choice(AGE_GROUPS, count, p=[0.22, 0.34, 0.27, 0.17]),
            "pace": pace,
            "basket": 0.45 * rng.gamma(2.0, 0.5, count),
        }
    )


def invent_feelings(
    rng: Generator, customers: pd.DataFrame, *, truths: Truths
) -> Feelings:
    """Draw what each customer lives through in each wave.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    customers : DataFrame
        As drawn by `invent_customers`.
    truths : Truths
        Levels, effects and the planted trouble.

    Returns
    -------
    Feelings
        One row per customer, one column per wave and one for the time before.

    Examples
    --------
    >>> rng, truths = np.random.default_rng(1), Truths()
    >>> customers = invent_customers(rng, truths=truths, scale=0.02)
    >>> feelings = invent_feelings(rng, customers, truths=truths)
    >>> feelings.latent.shape
    (241, 8)
    """
    count, times = len(customers), len(WAVES) + 1
    quality, delivery, price, rest = rng.standard_normal((4, count, times))
    style = rng.standard_normal(count)
    hit = (customers["segment"].eq("new") & customers["region"].eq("South")).to_numpy()
    delivery[hit, -1] += truths.trouble
    experience = (
        truths.quality_effect * quality
        + truths.delivery_effect * delivery
        + truths.price_effect * price
        + truths.residual * rest
    )
    level = np.array(truths.level)[segment_codes(customers)]
    latent = level[:, None] + experience + truths.style * style[:, None]
    return Feelings(
        quality=quality,
        delivery=delivery,
        price=price,
        experience=experience,
        latent=latent,
        style=style,
        answered=_answered(rng, latent[:, 1:]),
    )


def let_leave(
    rng: Generator, customers: pd.DataFrame, feelings: Feelings, *, truths: Truths
) -> pd.DataFrame:
    """Let customers leave, the unhappy sooner.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    customers : DataFrame
        As drawn by `invent_customers`.
    feelings : Feelings
        What they lived through.
    truths : Truths
        Quarterly chances by segment and the effect of experience.

    Returns
    -------
    DataFrame
        The customers with `left` (days since `START`, NaN for those who stay).

    Examples
    --------
    >>> rng, truths = np.random.default_rng(1), Truths()
    >>> customers = invent_customers(rng, truths=truths, scale=0.02)
    >>> feelings = invent_feelings(rng, customers, truths=truths)
    >>> stayed = let_leave(rng, customers, feelings, truths=truths)["left"].isna()
    >>> 0.8 < stayed.mean() < 0.95
    np.True_
    """
    edges = np.append(field_starts(), days_between(START, END))
    base = np.array(truths.leaving)[segment_codes(customers)]
    joined = customers["joined"].to_numpy()
    left = np.full(len(customers), np.nan)
    for wave, (start, end) in enumerate(pairwise(edges), 1):
        pull = np.exp(-truths.leaving_effect * feelings.experience[:, wave])
        chance = base * pull * (end - start) / 91.0
        goes = (rng.random(len(left)) < chance) & np.isnan(left) & (joined < start)
        left = np.where(goes, rng.uniform(start, end, len(left)), left)
    return customers.assign(left=left)


def eligible(customers: pd.DataFrame) -> NDArray[np.bool_]:
    """Say who is a customer when each wave goes out.

    Parameters
    ----------
    customers : DataFrame
        With `joined` and `left` in days since `START`.

    Returns
    -------
    array of bool, shape (n_customers, n_waves)
        True for those who have joined and have not left.

    Examples
    --------
    >>> who = pd.DataFrame({"joined": [0.0, 500.0], "left": [200.0, np.nan]})
    >>> eligible(who).sum(axis=1)
    array([1, 2])
    """
    starts = field_starts()[None, :]
    joined = customers["joined"].to_numpy()[:, None]
    left = customers["left"].fillna(np.inf).to_numpy()[:, None]
    return (joined < starts) & (left >= starts)


def segment_codes(customers: pd.DataFrame) -> NDArray[np.int64]:
    """Number the segments in the order of `SEGMENTS`.

    Parameters
    ----------
    customers : DataFrame
        With a column `segment`.

    Returns
    -------
    array of int, shape (n_customers,)
        0 for new, 1 for regular, 2 for loyal.

    Examples
    --------
    >>> segment_codes(pd.DataFrame({"segment": ["loyal", "new"]}))
    array([2, 0])
    """
    return pd.Index(SEGMENTS).get_indexer(pd.Index(customers["segment"]))


def _quarter_edges() -> Floats:
    """First days of the quarters 2024Q3 to 2026Q4, in days since `START`."""
    quarters = pd.period_range("2024Q3", "2026Q4", freq="Q")
    return np.array([days_between(START, str(q.start_time.date())) for q in quarters])


def _joined(rng: Generator, truths: Truths, scale: float) -> Floats:
    """Days of joining, in order; the established ones over six years."""
    edges = _quarter_edges()
    before = edges[0] - rng.uniform(1, 6 * 365, round(truths.established * scale))
    after = [
        rng.uniform(start, _last_day(start, end), round(number * scale))
        for start, end, number in zip(
            edges[:-1], edges[1:], truths.joiners, strict=True
        )
    ]
    return np.sort(np.concatenate([before, *after]))


def _last_day(start: float, end: float) -> float:
    """Joiners of the last quarter come before its survey: the campaign of July."""
    last_field = float(field_starts()[-1])
    return last_field if start <= last_field < end else end


def _regions(rng: Generator, segment: NDArray[np.int64]) -> NDArray[np.int64]:
    """Draw regions; the new customers came with the opening of the South."""
    shares = np.array([[0.2, 0.18, 0.42, 0.2], [0.28, 0.25, 0.22, 0.25]])
    edges = np.cumsum(shares, axis=1)[np.where(segment == 0, 0, 1)]
    return (rng.random(len(segment))[:, None] > edges[:, :-1]).sum(axis=1)


def _answered(rng: Generator, latent: Floats) -> Floats:
    """Days of answering; the less satisfied take a little longer."""
    pace = 5.5 - 0.15 * np.clip(latent - 8.0, -4.0, 4.0)
    delay = np.minimum(rng.exponential(1.0, latent.shape) * pace, 22.0)
    hour = np.clip(rng.normal(0.62, 0.17, latent.shape), 0.02, 0.98)
    return field_starts()[None, :] + np.floor(delay) + hour
