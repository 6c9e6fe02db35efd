"""Groups of customers who are alike in what they say and do, if there are any.

A clustering always finds groups, also where there are none. So groups are shown
only where other customers of the same kind would have given the same ones, and
where the columns, shuffled one by one, would not. They are described by what they say
and do more often than all, never by an invented portrait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError
from analysis.survey import Sample, mean, share

STABLE = 0.8
# One real stability among twenty: the best by chance one time in twenty.
SHUFFLES = 19
RESAMPLES = 10
PART = 0.5
FEWEST = 100


@dataclass(frozen=True, eq=False)
class Personas:
    """Groups of customers, and how far to trust them.

    Attributes
    ----------
    groups : Series of str
        The group of each customer, in the order of size: ``group 1`` is largest.
    stability : ndarray of float
        Adjusted Rand index of the groups with those of each resample.
    shuffled : ndarray of float
        The best mean stability of each shuffled table.
    smallest : int
        Customers of the smallest group.
    """

    groups: pd.Series
    stability: np.ndarray
    shuffled: np.ndarray
    smallest: int

    def is_shown(self, *, minimum_base: int = 10) -> bool:
        """Whether the groups are stable, more so than by chance, and large enough."""
        found = float(self.stability.mean())
        return (
            found >= STABLE
            and found > self.shuffled.max()
            and self.smallest >= minimum_base
        )


def draw_together(
    customers: pd.DataFrame, *, rng: np.random.Generator, most: int = 5
) -> Personas:
    r"""Put customers who are alike into groups, and see whether the groups hold.

    Parameters
    ----------
    customers : DataFrame
        One row per customer, numbers only: codes (0 to 1) and behaviour. No column
        may say who somebody is. Skewed amounts are better given as logarithms.
    rng : Generator
        Source of randomness.
    most : int
        Most groups to try, 2 or more.

    Returns
    -------
    Personas
        Of the number of groups whose stability is highest. Ask `is_shown` before
        anything is said of them.

    Raises
    ------
    StudyError
        If there are fewer than `FEWEST` customers, a value is missing, or all
        columns are constant.

    Notes
    -----
    Columns are scaled to a standard deviation of one and clustered by k-means.
    Stability is the mean adjusted Rand index, 1 for the same groups and 0 for
    chance, between the groups of all customers and those that a clustering of a
    random half would put all into [1]_. The same is done for `SHUFFLES` tables whose
    columns were shuffled one by one: groups of customers who are merely common in
    each column by itself are no groups. Where columns go their own ways, groups are
    shown one time in twenty at most.

    References
    ----------
    .. [1] Ben-Hur, A., Elisseeff, A. and Guyon, I. (2002). A stability based method
       for discovering structure in clustered data. Pacific Symposium on
       Biocomputing 7, 6-17.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> side = np.repeat([0.0, 1.0], [80, 40])
    >>> table = pd.DataFrame({"late": side, "returns": side * 3 + rng.normal(size=120),
    ...     "orders": rng.normal(size=120) - 4 * side})
    >>> found = draw_together(table, rng=rng, most=3)
    >>> found.groups.value_counts().tolist()
    [80, 40]
    """
    points = _scaled(customers)
    _, stability, labels = _best(points, rng, most)
    shuffled = [
        _best(rng.permuted(points, axis=0), rng, most)[0] for _ in range(SHUFFLES)
    ]
    sizes = pd.Series(labels).value_counts()
    names = {
        label: f"group {place}" for place, label in enumerate(sizes.index, start=1)
    }
    groups = pd.Series(labels, index=customers.index).map(names).astype("str")
    return Personas(
        groups.rename("group"), stability, np.array(shuffled), int(sizes.min())
    )


@statistic
def persona_stability(personas: Personas, *, confidence: float = 0.95) -> Estimate:
    """Mean agreement of the groups with those of resampled customers.

    Parameters
    ----------
    personas : Personas
        See `draw_together`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `correlation`: 1 where every half of the customers gives the same groups,
        0 for chance. The base counts customers; the p-value is that of the shuffled
        tables, never under one in twenty.

    Notes
    -----
    The interval spans the resamples: it says how much halves of these customers
    differ, and not where the value of all customers lies.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame(rng.normal(size=(120, 3)), columns=list("abc"))
    >>> found = draw_together(table, rng=rng, most=2)
    >>> persona_stability(found).value < 0.8, found.is_shown()
    (True, False)
    """
    value = float(personas.stability.mean())
    tail = (1 - confidence) / 2
    low, high = np.quantile(personas.stability, [tail, 1 - tail])
    beaten = int((personas.shuffled >= value).sum())
    return Estimate(
        value=value,
        standard_error=float(personas.stability.std(ddof=1)),
        low=min(float(low), value),
        high=max(float(high), value),
        base=len(personas.groups),
        unit="correlation",
        confidence=confidence,
        p_value=(beaten + 1) / (len(personas.shuffled) + 1),
    )


@statistic
def persona_profiles(
    customers: pd.DataFrame, personas: Personas, *, confidence: float = 0.95
) -> dict[str, dict[str, Estimate]]:
    """What each group says and does more often than customers as a whole.

    Parameters
    ----------
    customers : DataFrame
        As it was grouped, or with further columns in their own units.
    personas : Personas
        See `draw_together`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of group to dict of column to Estimate
        Only columns whose interval in the group lies above the mean of all, those
        that stand out most first: unit `share` for columns from 0 to 1, else
        `score`. No p-values: the groups were made from these very columns, so they
        differ in them by construction.

    Notes
    -----
    Wilson's and Student's intervals over the customers of the group, who are taken
    as given to it.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> side = np.repeat([0.0, 1.0], [80, 40])
    >>> table = pd.DataFrame({"late": side, "orders": rng.normal(size=120) - 4 * side})
    >>> found = draw_together(table, rng=rng, most=2)
    >>> {group: list(one) for group, one in persona_profiles(table, found).items()}
    {'group 1': ['orders'], 'group 2': ['late']}
    """
    sample = Sample(customers.assign(_group=personas.groups), confidence=confidence)
    profiles: dict[str, dict[str, Estimate]] = {
        group: {} for group in sorted(personas.groups.unique())
    }
    lead: dict[tuple[str, str], float] = {}
    for column in customers.columns:
        values = customers[column]
        is_share = bool(values.between(0, 1).all())
        found = (share if is_share else mean)(sample, column, by="_group")
        assert isinstance(found, dict)  # with `by` there is one per level
        for group, one in found.items():
            if one.low > values.mean():
                profiles[group][column] = one
                lead[group, column] = (one.value - values.mean()) / values.std()
    return {
        group: dict(sorted(one.items(), key=lambda item: -lead[group, item[0]]))
        for group, one in profiles.items()
    }


def _scaled(customers: pd.DataFrame) -> np.ndarray:
    if len(customers) < FEWEST:
        raise StudyError(
            f"{len(customers)} customers are too few for groups; expected {FEWEST} or "
            "more who were coded."
        )
    table = customers.astype("float64")
    gaps = table.columns[table.isna().any()]
    if len(gaps):
        raise StudyError(
            f"The column {gaps[0]!r} has missing values, and a gap is no likeness. "
            "Leave these customers or this column out."
        )
    spread = table.std()
    if not (spread > 0).any():
        raise StudyError("All customers are alike in every column: nothing to group.")
    varied = table.loc[:, spread > 0]
    return ((varied - varied.mean()) / varied.std()).to_numpy()


def _best(
    points: np.ndarray, rng: np.random.Generator, most: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """The most stable number of groups: mean stability, each one, and the labels."""
    tried = [_tried(points, rng, number) for number in range(2, most + 1)]
    return max(tried, key=lambda one: one[0])


def _tried(
    points: np.ndarray, rng: np.random.Generator, number: int
) -> tuple[float, np.ndarray, np.ndarray]:
    labels = _means(points, rng, number).labels_
    half = int(PART * len(points))
    agreed = []
    for _ in range(RESAMPLES):
        some = points[rng.permutation(len(points))[:half]]
        others = _means(some, rng, number).predict(points)
        agreed.append(adjusted_rand_score(labels, others))
    return float(np.mean(agreed)), np.array(agreed), labels


def _means(points: np.ndarray, rng: np.random.Generator, number: int) -> KMeans:
    seed = int(rng.integers(2**31))
    return KMeans(number, n_init=3, random_state=seed).fit(points)
