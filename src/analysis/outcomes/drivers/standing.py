"""Where each driver stands: its sign, and how often it is among the first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from analysis.estimate import Estimate, effective_base, statistic
from analysis.outcomes.drivers.draws import from_draws
from analysis.outcomes.drivers.importance import METHODS, MOST, parts_of
from analysis.outcomes.drivers.rated import Rated
from analysis.study import StudyError

PROMOTER, DETRACTOR = 9, 6
POINTS = "promoter_points"


@statistic
def driver_effects(
    found: Rated, *, controls: Sequence[str] = (), unit: str = "score_difference"
) -> dict[str, Estimate]:
    r"""Difference in the outcome that goes with one more point of each rating.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.
    controls : sequence of str
        Further columns to hold fixed, such as segment and wave.
    unit : str
        Unit of the outcome's differences.

    Returns
    -------
    dict of str to Estimate
        One per driver by label, with the `p_value` of none. The sign is the direction
        in which a driver goes with the outcome while the others stay.

    Raises
    ------
    StudyError
        If the drivers repeat one another in a replicate.

    Notes
    -----
    Weighted least squares, :math:`b = S_{xx}^{-1} s_{xy}`, with the error of
    replicates. It is no effect of a change: other ratings hold fixed only what they
    measure, and as well as they measure it (see `halo_check`).

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(400, 3)), columns=["y", "a", "b"])
    >>> rows["y"] -= 2 * rows["a"]
    >>> made = driver_effects(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng))
    >>> made["A"].high < 0, made["B"].excludes_zero
    (True, False)
    """
    covariance = found.covariances(controls=controls)
    slopes = solved(covariance[:, :-1, :-1], covariance[:, :-1, -1])
    return from_draws(found, found.drivers, slopes, unit=unit, tested=True)


@statistic
def top_chances(
    found: Rated,
    *,
    top: int = 3,
    controls: Sequence[str] = (),
    without: Collection[str] = (),
) -> dict[str, Estimate]:
    """How often a driver is among the most important, over samples and models.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and bootstrap replicates.
    top : int
        How many places count as the first.
    controls : sequence of str
        Columns that half of the models hold fixed, such as segment and wave.
    without : collection of str
        Labels that are not ranked, such as those that may be halo. They stay in the
        models.

    Returns
    -------
    dict of str to Estimate
        One per ranked driver by label, unit `share`. `low` and `high` are those of the
        models that speak least and most for it: not an interval of the data.

    Raises
    ------
    StudyError
        If there are no more drivers than places.

    Notes
    -----
    Reasonable models: LMG (up to 15 drivers) and Johnson; with and without the
    controls; and, where the outcome is `recommend` from 0 to 10, the answer as it is
    and as -100, 0 and 100. In each the drivers are ranked in every replicate; the
    value is the mean over replicates and models. The chance is that of the ranking
    in another sample, not that a driver matters.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(400, 3)), columns=["y", "a", "b"])
    >>> rows["y"] += rows["a"]
    >>> made = top_chances(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng), top=1)
    >>> made["A"].value
    1.0
    """
    ranked = [name for name in found.drivers if name not in without]
    if len(ranked) <= top:
        raise StudyError(
            f"Of {len(ranked)} drivers, all are among the first {top}. Ask for fewer "
            "places."
        )
    kept = np.isin(found.drivers, ranked)
    models = _models(found, controls)
    chances = np.array([_chances(parts[:, kept], top) for parts in models])
    kish = effective_base(found.weights[found.is_used, 0])
    return {
        name: Estimate(
            value=column.mean(),
            standard_error=column.std(),
            low=column.min(),
            high=column.max(),
            base=found.base,
            unit="share",
            effective_base=kish,
            confidence=found.sample.confidence,
        )
        for name, column in zip(ranked, chances.T, strict=True)
    }


def solved(among: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Solve a stack of normal equations.

    Raises
    ------
    StudyError
        If one of them has no single solution.

    Examples
    --------
    >>> solved(np.array([[[2.0]]]), np.array([[1.0]]))
    array([[0.5]])
    """
    try:
        return np.linalg.solve(among, outcome[..., None])[..., 0]
    except np.linalg.LinAlgError:
        raise StudyError(
            "The drivers repeat one another in a replicate: too few people differ. "
            "Name fewer drivers, or put waves together."
        ) from None


def with_points(found: Rated) -> Rated | None:
    """Return the same ratings with promoter points as outcome, where that can be.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(40, 2)), columns=["a", "b"])
    >>> rows["recommend"] = 8 + (rows["a"] > 0)
    >>> made = with_points(rated(Sample(rows), outcome="recommend",
    ...     drivers={"a": "A", "b": "B"}, rng=rng))
    >>> sorted(made.sample.frame[made.outcome].unique().tolist())
    [0.0, 100.0]
    """
    if found.outcome != "recommend":
        return None
    answers = found.sample.frame["recommend"].astype("Float64")
    points = (answers >= PROMOTER).astype("Float64") - (answers <= DETRACTOR)
    if points[found.is_used].nunique() < 2:
        return None
    made = found.sample.with_columns(**{POINTS: 100 * points})
    return Rated(made, POINTS, found.labels, found.replicates, found.missing)


def _models(found: Rated, controls: Sequence[str]) -> Iterator[np.ndarray]:
    """Importance in each replicate, model by model."""
    methods = METHODS if len(found.drivers) <= MOST else METHODS[1:]
    for outcome in (found, with_points(found)):
        if outcome is None:
            continue
        for held in dict.fromkeys([(), tuple(controls)]):
            correlation = outcome.correlations(controls=held)
            for method in methods:
                yield parts_of(correlation, method)


def _chances(parts: np.ndarray, top: int) -> np.ndarray:
    ranks = (-parts[1:]).argsort(axis=1).argsort(axis=1)
    return (ranks < top).mean(axis=0)
