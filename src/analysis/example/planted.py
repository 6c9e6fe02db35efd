"""What is true of the made-up company, stated before anything is drawn."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# The committed demo is a typical draw: its estimates lie close to their truths, and
# the drawn placebo is small. Tests of coverage use seeds that nobody chose.
SEED = 8
START = "2024-10-01"  # the first day of the shop's order book
END = "2026-10-01"  # the first day after it
WAVES = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3")
SEGMENTS = ("new", "regular", "loyal")
REGIONS = ("North", "East", "South", "West")
CHANNELS = ("web", "app", "store")
AGE_GROUPS = ("18-29", "30-44", "45-59", "60+")
RATINGS = ("delivery", "quality", "price", "service", "website")
CODES = (
    "delivery_late",
    "delivery_fast",
    "quality_poor",
    "quality_good",
    "size_fit",
    "price_high",
    "price_fair",
    "service_helpful",
    "service_slow",
    "website_confusing",
    "return_process",
    "packaging",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truths:
    """Every planted fact of the made-up company, with its size.

    Satisfaction is counted in points of the 0-10 scale. Each customer has, per
    wave, an experience (good or bad luck with quality, delivery and price, new in
    each wave) and a style (a lasting habit of giving high or low scores). The
    answer to "would you recommend us" is the sum of both. Only the experience
    changes what customers do afterwards, so what they did before the answer says
    nothing about it: the placebo of a lagged analysis is zero by construction.

    Parameters
    ----------
    established : int
        Customers who joined before `START` less three months, at scale 1.
    joiners : tuple of int
        Customers who joined per quarter, 2024Q3 to 2026Q3; they are the segment
        `new`. The jump in the last quarter shifts the mix.
    level : tuple of float
        Mean of the 0-10 latent by segment (new, regular, loyal).
    quality_effect, delivery_effect, price_effect, residual : float
        Points of recommendation per standard deviation of each experience; the
        residual is what no rating asks about.
    style : float
        Standard deviation of the lasting style, in points.
    halo : float
        How far the service rating follows overall experience, in points of the
        1-5 scale per standard deviation. Service has no effect of its own on
        anything, and the website rating follows nothing at all.
    trouble : float
        Shift of delivery experience, in standard deviations, of `new` customers
        in the region South in 2026Q3: the planted fall.
    return_base : float
        Chance that a line of a cheap product is returned.
    return_effect : float
        Fall of that chance per point of experience at the last wave. Against the
        answer, which holds style too, it is seen as about 1.5 per 100 lines.
    return_promotion, return_price : float
        Rise of that chance in a promotion month, and per standard deviation of
        log price.
    purchase_effect : float
        Relative rise of the purchase rate per point of experience.
    spending_spread : float
        Standard deviation of log spending per line between customers of equal
        baskets. 0 in the demo; 1.5 makes heavy tails.
    leaving : tuple of float
        Chance to leave per quarter by segment; it falls with experience by
        `leaving_effect` (relative, per point).
    invited : tuple of int
        Invitations per wave and segment, at scale 1.
    answering : tuple of float
        Log-odds of an answer by segment; `answering_region` is added by region
        and `answering_satisfaction` per standard deviation of the latent.
    answering_interaction : float
        Further log-odds of `new` customers in the South. 0 in the demo; another
        value makes a company that raking to margins cannot repair.
    comments : float
        Share of answers that come with a comment.
    purchase_level : float
        Mean satisfaction (1-5) with a purchase of usual luck that was kept, in the
        survey after a purchase, before it is rounded and cut.
    purchase_product, purchase_experience, purchase_return : float
        Points of that satisfaction per standard deviation of the product's level,
        per point of the customer's experience, and for who has sent the line back by
        the day of the answer.
    purchase_answering, purchase_comments : float
        Share of orders that are answered for, and of these answers with a comment.
    sensitivity, false_alarm : float
        Chance that a coder marks a code that is there, or one that is not.
        `packaging_sensitivity` and `packaging_false_alarm` stand for the one code
        that its definition leaves unclear.

    Notes
    -----
    Population values that follow from these settings and the draw (the score if
    everyone had answered, the slopes, the prevalences) are computed by
    `analysis.example.truths`.
    """

    established: int = 6_500
    joiners: tuple[int, ...] = (460, 480, 480, 490, 500, 520, 540, 580, 1_450)
    level: tuple[float, ...] = (8.1, 8.65, 9.25)
    quality_effect: float = 1.3
    delivery_effect: float = 1.05
    price_effect: float = 0.35
    residual: float = 0.7
    style: float = 1.25
    halo: float = 0.45
    trouble: float = -1.6
    return_base: float = 0.105
    return_effect: float = 0.019
    return_promotion: float = 0.06
    return_price: float = 0.025
    purchase_effect: float = 0.05
    spending_spread: float = 0.0
    leaving: tuple[float, ...] = (0.05, 0.025, 0.01)
    leaving_effect: float = 0.10
    invited: tuple[int, ...] = (1_100, 1_100, 1_000)
    answering: tuple[float, ...] = (-1.65, -1.15, -0.4)
    answering_region: tuple[float, ...] = (0.15, 0.1, -0.4, 0.15)
    answering_satisfaction: float = 0.035
    answering_interaction: float = 0.0
    comments: float = 0.6
    purchase_level: float = 4.1
    purchase_product: float = 0.35
    purchase_experience: float = 0.12
    purchase_return: float = -0.9
    purchase_answering: float = 0.09
    purchase_comments: float = 0.07
    sensitivity: float = 0.93
    false_alarm: float = 0.008
    packaging_sensitivity: float = 0.66
    packaging_false_alarm: float = 0.02


def days_between(start: str, end: str) -> int:
    """Count the days from one date to another.

    Parameters
    ----------
    start, end : str
        ISO dates.

    Returns
    -------
    int
        Days, negative when `end` comes first.

    Examples
    --------
    >>> days_between("2024-10-01", "2026-10-01")
    730
    """
    return int((np.datetime64(end, "D") - np.datetime64(start, "D")).astype(int))


def field_starts() -> NDArray[np.float64]:
    """Give the day on which each wave's invitations go out.

    Returns
    -------
    array of float, shape (n_waves,)
        Days since `START`: the 37th day of each quarter, so that all answers to
        2026Q2 have their 90 days and the return window behind them by `END`.

    Examples
    --------
    >>> field_starts()[:2]
    array([128., 218.])
    """
    quarters = [str(pd.Period(wave).start_time.date()) for wave in WAVES]
    return np.array([days_between(START, day) + 36.0 for day in quarters])


def moments(days: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Turn days since `START` into timestamps.

    Parameters
    ----------
    days : array of float
        Days since `START`; NaN becomes NaT.

    Returns
    -------
    array of datetime64[s]
        Timestamps, cut to the second.

    Examples
    --------
    >>> moments(np.array([0.5]))[0]
    np.datetime64('2024-10-01T12:00:00')
    """
    known = np.isfinite(days)
    seconds = np.floor(np.where(known, days, 0.0) * 86_400).astype("timedelta64[s]")
    stamps = np.datetime64(START, "s") + seconds
    return np.where(known, stamps, np.datetime64("NaT", "s"))
