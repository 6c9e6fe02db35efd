"""Whom to ask next: a random sample with known chances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from analysis.sampling.cells import labels
from analysis.sampling.planning import allocation
from analysis.study import StudyError

EVERYONE = "everyone"


@dataclass(frozen=True)
class Draw:
    """A sample, and how it was drawn.

    Parameters
    ----------
    invitations : DataFrame
        customer_id, stratum, inclusion_probability (among those who may be asked)
        and, for a cluster sample, cluster. No other thing about customers.
    plan : DataFrame
        Per stratum: customers, those of them left out since they were asked
        recently, invitations, and the answers expected if rates were given.
    """

    invitations: pd.DataFrame
    plan: pd.DataFrame


def draw_sample(
    frame: pd.DataFrame,
    *,
    size: int,
    rng: Generator,
    strata: str | None = None,
    cluster: str | None = None,
    deviations: Mapping[str, float] | None = None,
    rates: Mapping[str, float] | None = None,
) -> Draw:
    r"""Draw customers to invite, at random and reproducibly.

    Parameters
    ----------
    frame : DataFrame
        One row per customer with customer_id; rows with a true `is_resting` (see
        `resting`) are left out.
    size : int
        Invitations, 1 or more. With clusters the number comes out near it.
    rng : Generator
        The same state draws the same list, however the frame is sorted.
    strata : str, optional
        Column; each stratum is drawn by itself.
    cluster : str, optional
        Column; whole clusters are drawn within strata and everyone in them is asked.
    deviations, rates : mapping of stratum to float, optional
        For Neyman's allocation; see `allocation`.

    Returns
    -------
    Draw

    Raises
    ------
    StudyError
        If nobody may be asked, a customer stands twice, or a cluster lies in more
        than one stratum.

    Notes
    -----
    Simple random sampling without replacement within strata: a customer's inclusion
    probability is :math:`m_h / N_h`; with clusters :math:`k_h / K_h`, clusters drawn
    over clusters there [1]_. Clusters of like-minded customers make figures less
    certain than their number of answers suggests: name them in the analysis.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, chapters 5 and
       9A. Wiley.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": list("abcdefgh"),
    ...     "segment": ["new"] * 6 + ["loyal"] * 2})
    >>> rng = np.random.default_rng(1)
    >>> drawn = draw_sample(customers, size=4, rng=rng, strata="segment")
    >>> drawn.plan["invitations"].tolist()
    [1, 3]
    """
    people = _prepared(frame, strata, cluster)
    free = people[~people["is_resting"]]
    if free.empty:
        raise StudyError(
            "Nobody may be asked: every customer was asked recently, or there are "
            "none. Lower sampling.rest_days of the study file, or wait."
        )
    _check_clusters(free, cluster)
    plan = allocation(
        _sizes(people),
        size,
        available=_sizes(free),
        deviations=deviations,
        rates=rates,
    )
    parts = [
        _drawn(free[free["stratum"] == stratum], int(count), cluster, rng)
        for stratum, count in zip(plan["stratum"], plan["invitations"], strict=True)
    ]
    drawn = pd.concat(parts).sort_values("customer_id", ignore_index=True)
    return Draw(drawn, _told(plan, people, drawn))


def resting(
    customers: pd.DataFrame,
    invitations: pd.DataFrame | None,
    *,
    on: pd.Timestamp,
    days: int,
) -> pd.Series:
    """Mark customers who were asked in the last days.

    Parameters
    ----------
    customers : DataFrame
        With customer_id.
    invitations : DataFrame or None
        With customer_id and invited_on.
    on : Timestamp
        The day of the new draw.
    days : int
        How long nobody is asked again, 0 or more.

    Returns
    -------
    Series of bool
        On the index of `customers`.

    Examples
    --------
    >>> asked = pd.DataFrame({"customer_id": ["a"],
    ...     "invited_on": [pd.Timestamp("2026-08-06")]})
    >>> people = pd.DataFrame({"customer_id": ["a", "b"]})
    >>> resting(people, asked, on=pd.Timestamp("2026-09-30"), days=90).tolist()
    [True, False]
    """
    if invitations is None or days == 0:
        return pd.Series(False, index=customers.index)
    recent = invitations["invited_on"] > on - pd.Timedelta(days=days)
    return customers["customer_id"].isin(invitations.loc[recent, "customer_id"])


def _prepared(
    frame: pd.DataFrame, strata: str | None, cluster: str | None
) -> pd.DataFrame:
    for name in (strata, cluster):
        if name and name not in frame:
            raise StudyError(
                f"The customers have no column {name!r} to draw by. They have "
                f"{', '.join(map(str, frame.columns))}."
            )
    twice = frame["customer_id"][frame["customer_id"].duplicated()]
    if len(twice):
        raise StudyError(
            f"The customer {twice.iloc[0]!r} stands in the frame more than once; each "
            "customer needs one row."
        )
    resting_now = frame.get("is_resting", pd.Series(False, index=frame.index))
    columns = {
        "customer_id": frame["customer_id"],
        "stratum": labels(frame[strata]) if strata else EVERYONE,
        "is_resting": resting_now.astype(bool),
    }
    if cluster:
        columns["cluster"] = labels(frame[cluster])
    # The order of the file must not decide who is drawn.
    return pd.DataFrame(columns).sort_values("customer_id", ignore_index=True)


def _check_clusters(people: pd.DataFrame, cluster: str | None) -> None:
    if cluster is None:
        return
    homes = people.groupby("cluster")["stratum"].nunique()
    if (homes > 1).any():
        raise StudyError(
            f"The cluster {homes.idxmax()!r} of {cluster!r} lies in {homes.max()} "
            "strata; a whole cluster must lie in one. Leave out the strata, or choose "
            "others."
        )


def _drawn(
    people: pd.DataFrame, count: int, cluster: str | None, rng: Generator
) -> pd.DataFrame:
    """Draw so many of one stratum, or clusters that come near it."""
    if cluster is None:
        chosen = rng.permutation(len(people))[:count]
        return people.iloc[chosen].assign(inclusion_probability=count / len(people))[
            ["customer_id", "stratum", "inclusion_probability"]
        ]
    names = np.sort(people["cluster"].unique())
    wanted = round(count * len(names) / len(people))
    wanted = min(max(wanted, 1 if count else 0), len(names))
    taken = people["cluster"].isin(rng.permutation(names)[:wanted])
    found = people[taken].assign(inclusion_probability=wanted / len(names))
    return found[["customer_id", "stratum", "cluster", "inclusion_probability"]]


def _sizes(people: pd.DataFrame) -> dict[str, int]:
    groups = people.groupby("stratum")["customer_id"]
    return {str(stratum): len(names) for stratum, names in groups}


def _told(
    plan: pd.DataFrame, people: pd.DataFrame, drawn: pd.DataFrame
) -> pd.DataFrame:
    """State the plan as carried out, with those who rest."""
    told = plan.set_index("stratum")
    rest = people.groupby("stratum")["is_resting"].sum()
    told.insert(1, "asked_recently", rest.astype(int))
    sent = drawn["stratum"].value_counts()
    told["invitations"] = sent.reindex(told.index, fill_value=0).astype(int)
    return told.reset_index()
