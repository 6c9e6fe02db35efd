"""What every customer would answer, and who is asked and answers."""

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.example.people import Feelings, eligible, segment_codes
from analysis.example.planted import RATINGS, REGIONS, SEGMENTS, WAVES, Truths

Answers = dict[str, NDArray[np.int64]]


def invent_answers(rng: Generator, feelings: Feelings, *, truths: Truths) -> Answers:
    """Draw the answers that all customers would give to all waves.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    feelings : Feelings
        What they lived through.
    truths : Truths
        Size of the halo.

    Returns
    -------
    dict of str to array of int, shape (n_customers, n_waves)
        `recommend` 0-10, `satisfaction` 1-5, `effort` 1-7 (7 is easy) and one
        `rating_...` 1-5 per driver. Service follows the overall experience,
        website follows nothing.

    Examples
    --------
    >>> from analysis.example.people import invent_customers, invent_feelings
    >>> rng, truths = np.random.default_rng(1), Truths()
    >>> customers = invent_customers(rng, truths=truths, scale=0.02)
    >>> feelings = invent_feelings(rng, customers, truths=truths)
    >>> answers = invent_answers(rng, feelings, truths=truths)
    >>> answers["recommend"].shape == feelings.answered.shape
    True
    """
    latent, shape = feelings.latent[:, 1:], feelings.latent[:, 1:].shape
    # The halo copies the drivers and adds nothing, not even the residual: once
    # quality and delivery are held fixed, service says nothing about the answer.
    drivers = (
        truths.quality_effect * feelings.quality
        + truths.delivery_effect * feelings.delivery
    )[:, 1:]
    style = 0.18 * feelings.style[:, None]

    def likert(mean: NDArray[np.float64], noise: float, top: int) -> NDArray[np.int64]:
        drawn = mean + noise * rng.standard_normal(shape)
        return np.clip(np.rint(drawn), 1, top).astype(int)

    experienced = {
        "delivery": 3.7 + 0.75 * feelings.delivery[:, 1:] + style,
        "quality": 3.8 + 0.75 * feelings.quality[:, 1:] + style,
        "price": 3.4 + 0.75 * feelings.price[:, 1:] + style,
        "service": 3.9 + truths.halo * drivers / drivers.std() + style,
        "website": np.full(shape, 3.9),
    }
    noise = {"service": 0.7, "website": 0.9}
    return {
        "recommend": np.clip(np.rint(latent), 0, 10).astype(int),
        "satisfaction": likert(4.05 + 0.36 * (latent - 8.6), 0.45, 5),
        "effort": likert(5.4 + 0.42 * (latent - 8.6), 0.8, 7),
    } | {
        f"rating_{name}": likert(experienced[name], noise.get(name, 0.3), 5)
        for name in RATINGS
    }


def invite(rng: Generator, customers: pd.DataFrame, *, invited: dict) -> pd.DataFrame:
    """Draw each wave's invitations, at random within segments.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    customers : DataFrame
        With `segment`, `joined` and `left`.
    invited : dict of str to int
        Invitations per wave by segment; all customers where there are fewer.

    Returns
    -------
    DataFrame
        One row per invitation: `customer` (row number in `customers`), `wave`
        (number), `stratum`, `delivered` (bool).

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> invited = {"new": 2, "regular": 3, "loyal": 4}
    >>> len(invite(np.random.default_rng(2), company.customers, invited=invited))
    63
    """
    present, segments = eligible(customers), segment_codes(customers)
    rows = []
    for wave in range(len(WAVES)):
        for code, segment in enumerate(SEGMENTS):
            pool = np.flatnonzero(present[:, wave] & (segments == code))
            drawn = rng.permutation(pool)[: invited[segment]]
            rows.append(pd.DataFrame({"customer": np.sort(drawn), "wave": wave}))
    invitations = pd.concat(rows, ignore_index=True)
    return invitations.assign(
        stratum=customers["segment"].to_numpy()[invitations["customer"]],
        delivered=rng.random(len(invitations)) < 0.97,
    )


def answer(
    rng: Generator,
    invitations: pd.DataFrame,
    *,
    customers: pd.DataFrame,
    feelings: Feelings,
    truths: Truths,
) -> pd.DataFrame:
    """Decide who opens and who answers.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    invitations : DataFrame
        As drawn by `invite`.
    customers : DataFrame
        With `segment` and `region`.
    feelings : Feelings
        Satisfaction at each wave.
    truths : Truths
        Log-odds of answering by segment and region, and per standard deviation
        of satisfaction: the part that weights cannot repair.

    Returns
    -------
    DataFrame
        The invitations with `opened` and `answered` (bool).

    Examples
    --------
    >>> from analysis.example.company import invent
    >>> company = invent(np.random.default_rng(1), scale=0.02)
    >>> asked = company.invitations
    >>> (asked["answered"] <= asked["opened"]).all()
    np.True_
    """
    person, wave = invitations["customer"].to_numpy(), invitations["wave"].to_numpy()
    region = pd.Index(REGIONS).get_indexer(pd.Index(customers["region"]))[person]
    latent = feelings.latent[person, wave + 1]
    odds = (
        np.array(truths.answering)[segment_codes(customers)[person]]
        + np.array(truths.answering_region)[region]
        + truths.answering_satisfaction * (latent - latent.mean()) / latent.std()
    )
    hard = (segment_codes(customers)[person] == 0) & (region == REGIONS.index("South"))
    odds = odds + truths.answering_interaction * hard
    delivered = invitations["delivered"].to_numpy()
    answered = delivered & (rng.random(len(odds)) < 1 / (1 + np.exp(-odds)))
    opened = answered | (delivered & (rng.random(len(odds)) < 0.4))
    return invitations.assign(opened=opened, answered=answered)
