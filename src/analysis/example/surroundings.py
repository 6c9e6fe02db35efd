"""Daily signals, and the small tables that people keep by hand."""

import numpy as np
import pandas as pd
from numpy.random import Generator

from analysis.example.planted import END, START, days_between

TARGETS = (
    ("nps", "all", "all", 33.0, 36.0, "2026-12-31", "Head of customer experience"),
    ("nps", "segment", "new", 13.0, 20.0, "2026-12-31", "Head of onboarding"),
    ("csat", "all", "all", 0.74, 0.78, "2026-12-31", "Head of customer experience"),
    ("ces", "all", "all", 5.3, 5.6, "2026-12-31", "Head of service"),
    ("return_rate", "all", "all", 0.12, 0.105, "2026-12-31", "Head of operations"),
    ("theme_share", "code", "delivery_late", 0.15, 0.10, "2026-12-31", "Logistics"),
    ("theme_share", "code", "return_process", 0.08, 0.05, "2027-03-31", "Logistics"),
)
BENCHMARKS = (
    ("nps", "Retail, online", 32.0, 24.0, 41.0, "Panel of 40 shops (invented)"),
    ("csat", "Retail, online", 0.77, 0.72, 0.82, "Panel of 40 shops (invented)"),
    ("ces", "Retail, online", 5.4, 5.1, 5.7, "Panel of 40 shops (invented)"),
    ("return_rate", "Retail, online", 0.14, 0.08, 0.25, "Trade body (invented)"),
)
ACTIONS = (
    (
        "A01",
        "size_fit",
        "Measure the ten best-selling garments and correct the size chart",
        "Clothing buyer",
        ("2025-04-14", "2025-06-30", "2025-07-04"),
        "done",
        "return_rate",
    ),
    (
        "A02",
        "service_slow",
        "Call back within one working day",
        "Head of service",
        ("2025-09-01", "2025-12-31", "2025-12-12"),
        "done",
        "ces",
    ),
    (
        "A03",
        "website_confusing",
        "Keep the basket after sign-in",
        "Product owner, web",
        ("2026-02-02", "2026-05-31", "2026-06-15"),
        "done",
        "ces",
    ),
    (
        "A04",
        "delivery_late",
        "Second carrier for the South",
        "Logistics",
        ("2026-08-24", "2026-11-30", ""),
        "open",
        "nps",
    ),
    (
        "A05",
        "packaging",
        "Right-sized boxes for single items",
        "Logistics",
        ("2026-03-16", "2026-08-31", ""),
        "open",
        "theme_share",
    ),
    (
        "A06",
        "return_process",
        "Label-free returns at parcel shops",
        "Head of operations",
        ("2026-09-14", "2027-01-31", ""),
        "open",
        "theme_share",
    ),
)


def invent_signals(rng: Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Draw the daily series of the shop.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    orders : DataFrame
        With `order_id` and `ordered`: conversions are the orders of the day.

    Returns
    -------
    DataFrame
        `date`, `signal` (visits, conversions, click_through, active_users,
        mentions), `value`.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> signals = invent_signals(np.random.default_rng(2), company.orders)
    >>> signals.groupby("signal").size().unique()
    array([730])
    """
    days = days_between(START, END)
    first = orders.drop_duplicates("order_id")["ordered"].to_numpy().astype(int)
    conversions = np.bincount(first, minlength=days)[:days].astype(float)
    smooth = np.convolve(np.pad(conversions, 3, mode="edge"), np.ones(7) / 7, "valid")
    weekday = 1 + 0.12 * np.isin(np.arange(days) % 7, [4, 5])
    visits = np.rint(38 * smooth * weekday * rng.lognormal(0, 0.06, days))
    values = {
        "visits": visits,
        "conversions": conversions,
        "click_through": np.round(0.021 * rng.lognormal(0, 0.08, days), 5),
        "active_users": np.rint(0.62 * visits * rng.lognormal(0, 0.03, days)),
        "mentions": rng.poisson(0.004 * visits).astype(float),
    }
    dates = np.datetime64(START) + np.arange(days)
    frames = [
        pd.DataFrame({"date": dates, "signal": name, "value": value})
        for name, value in values.items()
    ]
    return pd.concat(frames, ignore_index=True)


def targets() -> pd.DataFrame:
    """Give the goals of the company.

    Returns
    -------
    DataFrame
        One row per goal; shares between 0 and 1, scores on their scales.

    Examples
    --------
    >>> targets()["metric"].iloc[0]
    'nps'
    """
    names = ["metric", "by", "level", "baseline", "target", "due_on", "owner"]
    return pd.DataFrame(TARGETS, columns=names)


def benchmarks() -> pd.DataFrame:
    """Give the figures of others, all invented.

    Returns
    -------
    DataFrame
        One row per figure with its range.

    Examples
    --------
    >>> (benchmarks()["low"] < benchmarks()["high"]).all()
    np.True_
    """
    names = ["metric", "industry", "value", "low", "high", "source"]
    return pd.DataFrame(BENCHMARKS, columns=names).assign(published_on="2026-03-31")


def actions() -> pd.DataFrame:
    """Give what was done about feedback.

    Returns
    -------
    DataFrame
        One row per action with its code, dates and the metric it should move.

    Examples
    --------
    >>> actions()["status"].unique().tolist()
    ['done', 'open']
    """
    rows = [(a, b, c, d, *dates, e, f) for a, b, c, d, dates, e, f in ACTIONS]
    names = "action_id code title owner opened_on due_on closed_on status metric"
    return pd.DataFrame(rows, columns=names.split())
