"""The survey's rows as collected, and the flaws that real exports have."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from analysis.example.answers import Answers
from analysis.example.people import Feelings
from analysis.example.planted import RATINGS, WAVES

ALPHABET = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789"))
PREFER_NOT_TO_SAY = 11
REWORDED_WAVE = "2026Q1"
QUESTIONS = ["recommend", "satisfaction", "effort", *(f"rating_{r}" for r in RATINGS)]


def collect(
    rng: Generator, invitations: pd.DataFrame, *, feelings: Feelings, answers: Answers
) -> pd.DataFrame:
    """Gather the answers of those who answered.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    invitations : DataFrame
        With `customer`, `wave` and `answered`.
    feelings : Feelings
        For the day of each answer.
    answers : dict
        What everyone would answer.

    Returns
    -------
    DataFrame
        One row per answer in order of time: `response_id`, `customer`, `wave`,
        `answered` (days since `START`), `duration` (seconds), the questions (NaN
        where skipped), `straight` (True for those who rushed and gave every
        rating the same number).

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> responses = collect(
    ...     np.random.default_rng(2),
    ...     company.invitations,
    ...     feelings=company.feelings,
    ...     answers=company.answers,
    ... )
    >>> len(responses) == company.invitations["answered"].sum()
    np.True_
    """
    asked = invitations[invitations["answered"]]
    people, wave = asked["customer"].to_numpy(), asked["wave"].to_numpy()
    count = len(asked)
    straight = rng.random(count) < 0.015
    columns: dict[str, Any] = {
        name: answers[name][people, wave].astype(float) for name in QUESTIONS
    }
    for name in QUESTIONS[1:]:
        columns[name][rng.random(count) < 0.03] = np.nan
    for rating in RATINGS:
        column = columns[f"rating_{rating}"]
        column[straight] = columns["rating_delivery"][straight]
    usual = np.exp(rng.normal(4.9, 0.45, count))
    responses = pd.DataFrame(
        {
            "response_id": _identifiers(rng, count),
            "customer": people,
            "wave": wave,
            "answered": feelings.answered[people, wave],
            "duration": np.where(straight, rng.uniform(8, 18, count), usual + 25),
            **columns,
            "straight": straight,
        }
    )
    responses["duration"] = responses["duration"].round().astype(int)
    return responses.sort_values(["wave", "answered"], kind="stable", ignore_index=True)


def spoil_responses(
    rng: Generator, responses: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Add the flaws of real survey exports.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    responses : DataFrame
        As collected.

    Returns
    -------
    responses : DataFrame
        Some scores are 11 ("prefer not to say"), four scores are 99 and two
        satisfactions 9 (in waves before the coded ones), and two rows per wave
        stand twice, the copy at the end of its wave.
    flaws : dict
        What was done: response identifiers per flaw.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> rows, flaws = spoil_responses(np.random.default_rng(2), company.responses)
    >>> len(rows) - len(company.responses) == len(flaws["duplicates"])
    True
    """
    responses = responses.copy()
    count, wave = len(responses), responses["wave"].to_numpy()
    silent = rng.random(count) < 0.012
    responses.loc[silent, "recommend"] = PREFER_NOT_TO_SAY
    early = rng.permutation(np.flatnonzero((wave < len(WAVES) - 2) & ~silent))[:6]
    responses.loc[early[:4], "recommend"] = 99
    responses.loc[early[4:], "satisfaction"] = 9
    spared = ~silent & ~np.isin(np.arange(count), early)
    twice = [
        rng.permutation(np.flatnonzero((wave == number) & spared))[:2]
        for number in range(len(WAVES))
    ]
    copies = responses.iloc[np.concatenate(twice)]
    names = responses["response_id"]
    flaws = {
        "declared_missing": names[silent].tolist(),
        "out_of_scale": names[early].tolist(),
        "duplicates": copies["response_id"].tolist(),
        "straight": names[responses["straight"]].tolist(),
        "reworded": REWORDED_WAVE,
    }
    both = pd.concat([responses, copies]).sort_values("wave", kind="stable")
    return both, flaws


def spoil_returns(
    rng: Generator, returns: pd.DataFrame, orders: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Add returns that cannot be.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    returns : DataFrame
        With `order` (row number in `orders`) and `returned`.
    orders : DataFrame
        With `order_id`, `line` and `ordered`.

    Returns
    -------
    returns : DataFrame
        With `order_id` and `line`; four come before their order and five name an
        order that does not exist.
    flaws : dict
        The order identifiers per flaw.

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> rng = np.random.default_rng(2)
    >>> _, flaws = spoil_returns(rng, company.returns, company.orders)
    >>> len(flaws["return_before_order"]), len(flaws["return_without_order"])
    (4, 5)
    """
    line = orders.iloc[returns["order"].to_numpy()]
    returns = returns.assign(
        order_id=line["order_id"].to_numpy(), line=line["line"].to_numpy()
    )
    ordered = line["ordered"].to_numpy()
    odd = rng.permutation(np.flatnonzero(ordered > 6.0))[:9]
    early, lost = odd[:4], odd[4:]
    returns.loc[early, "returned"] = ordered[early] - 5.0
    real = returns["order_id"].iloc[odd].tolist()
    returns.loc[lost, "order_id"] = [f"O{99_000_001 + n}" for n in range(len(lost))]
    flaws = {
        "return_before_order": real[:4],
        "return_without_order": returns["order_id"].iloc[lost].tolist(),
        "order_of_lost_return": real[4:],
    }
    returns = returns.sort_values("returned", kind="stable", ignore_index=True)
    return returns, flaws


def _identifiers(rng: Generator, count: int) -> list[str]:
    """Identifiers in the style of the survey tool."""
    letters = ALPHABET[rng.integers(0, len(ALPHABET), (count, 15))]
    return ["R_" + "".join(row) for row in letters]
