"""Whether a rating says something of its own, or echoes what others say better."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.outcomes.drivers.draws import from_draws
from analysis.outcomes.drivers.rated import FEWEST, Rated
from analysis.outcomes.drivers.standing import driver_effects, solved
from analysis.study import StudyError

# What one question measures of the thing asked for; Wanous, Reichers and Hudy (1997).
RELIABILITY = 0.7
STRONG = 0.1
OWN, HALO, TURNED, NOTHING = "own part", "may be halo", "turns round", "nothing seen"


@statistic
def corrected_effects(
    found: Rated,
    *,
    reliability: float = RELIABILITY,
    unit: str = "score_difference",
) -> dict[str, Estimate]:
    r"""What a rating point goes with, were the other ratings free of error.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.
    reliability : float
        Share of the other ratings' variance that is not error, above 0, at most 1.
    unit : str
        Unit of the outcome's differences.

    Returns
    -------
    dict of str to Estimate
        One per driver by label, with the `p_value` of none. A driver is left out that,
        with this reliability, the others could foretell without fail.

    Raises
    ------
    StudyError
        If that holds for all of them.

    Notes
    -----
    A rating with error holds its subject fixed only in part; what is left over shows
    up in every rating that echoes it. With errors that are independent of each other
    :math:`b = (S_{xx} - (1-\rho) D_j)^{-1} s_{xy}` [1]_, where :math:`D_j` holds the
    variances of the drivers other than :math:`j`; its own error is left in. The default
    of 0.7 is what is found for single questions [2]_; it is assumed, not estimated.

    References
    ----------
    .. [1] Fuller, W. A. (1987). Measurement Error Models, section 2.2. Wiley.
    .. [2] Wanous, J. P., Reichers, A. E. and Hudy, M. J. (1997). Overall job
       satisfaction: how good are single-item measures? Journal of Applied Psychology
       82(2), 247-252.

    Examples
    --------
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> truth, error = rng.normal(size=900), rng.normal(size=(900, 2))
    >>> rows = pd.DataFrame({"y": truth, "a": truth + 0.5 * error[:, 0],
    ...     "b": truth + 2 * error[:, 1]})
    >>> found = rated(Sample(rows), outcome="y", drivers={"a": "A", "b": "B"}, rng=rng)
    >>> driver_effects(found)["B"].excludes_zero
    True
    >>> corrected_effects(found, reliability=0.8)["B"].excludes_zero
    False
    """
    if not 0 < reliability <= 1:
        raise StudyError(f"A reliability lies above 0, up to 1: not {reliability}.")
    covariance = found.covariances()
    made: dict[str, Estimate] = {}
    for place, name in enumerate(found.drivers):
        slopes = _cleared(covariance, place, reliability)
        if slopes is not None:
            made |= from_draws(found, [name], slopes, unit=unit, tested=True)
    if not made:
        raise StudyError(
            f"With a reliability of {reliability:g} these ratings could all be the "
            "same general impression: no driver can be told from a halo."
        )
    return made


@statistic
def within_effects(
    found: Rated, *, unit: str = "score_difference"
) -> dict[str, Estimate]:
    """What a rating point goes with when the same person's answers change.

    Parameters
    ----------
    found : Rated
        Ratings of several waves; the sample's clusters name the people.
    unit : str
        Unit of the outcome's differences.

    Returns
    -------
    dict of str to Estimate
        One per driver by label, with the `p_value` of none; empty where fewer than 30
        answers come from people with two or more.

    Raises
    ------
    StudyError
        If the changes of some ratings repeat those of others.

    Notes
    -----
    Deviations from each person's own mean, weighted least squares. A lasting habit of
    giving high marks drops out; what changes all ratings at once does not. Errors in
    the ratings weigh more than between people.

    Examples
    --------
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
    >>> rows["who"] = np.arange(200) // 2
    >>> rows["y"] = 2 * rows["a"] + rows["who"]
    >>> made = within_effects(rated(Sample(rows, clusters="who"), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng))
    >>> round(made["A"].value, 6)
    2.0
    """
    changes = _changes(found)
    return dict(driver_effects(changes, unit=unit)) if changes is not None else {}


def halo_check(found: Rated, *, reliability: float = RELIABILITY) -> pd.DataFrame:
    """Judge which drivers say something that others do not say better.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.
    reliability : float
        Of each rating; see `corrected_effects`.

    Returns
    -------
    DataFrame
        One row per driver: level, sign (1, -1, or 0 where it cannot be told), verdict
        and reason, in words. ``own part``: it stands while the others are held fixed,
        their error allowed for and all drivers tested (Holm). ``may be halo``: it goes
        with the outcome, but the other ratings' error is enough to explain that.
        ``turns round``: held fixed, it goes the other way. ``nothing seen``: neither.

    Notes
    -----
    A halo is a rating that follows the general impression [1]_: it goes with the
    outcome because what makes the impression does. Held fixed by perfect ratings of
    these things it would say nothing; held fixed by ratings with error it still says
    something. So it is asked to stand while their error is allowed for. Where people
    answered more than once, a driver whose change within people is clearly under half
    of the difference between people is a halo of lasting habit.

    It fails where the impression comes from something that no rating asks about: the
    echo then carries news, and passes. An echo that is as free of error as what it
    echoes leaves all of them undecided; one that is answered more exactly than they
    are, and they less exactly than assumed, passes in their place. It demotes a true
    driver that overlaps with others and is small, if the others are measured better
    than assumed, or if answers are few: the burden of proof is on the driver. Errors
    that ratings share, such as the mood of the day, make all of them look alike and are
    not corrected.

    References
    ----------
    .. [1] Thorndike, E. L. (1920). A constant error in psychological ratings. Journal
       of Applied Psychology 4(1), 25-29.

    Examples
    --------
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> true = rng.normal(size=(900, 2))
    >>> rows = pd.DataFrame(true + 0.5 * rng.normal(size=(900, 2)), columns=["a", "b"])
    >>> rows["echo"] = true.sum(axis=1) + 2 * rng.normal(size=900)
    >>> rows["y"] = true.sum(axis=1) + rng.normal(size=900)
    >>> made = halo_check(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B", "echo": "Echo"}, rng=rng))
    >>> made["verdict"].tolist()
    ['own part', 'own part', 'may be halo']
    """
    alone = _alone(found)
    among, within = driver_effects(found), within_effects(found)
    try:
        cleared = corrected_effects(found, reliability=reliability)
    except StudyError:
        cleared = {}
    seen = _seen(among)
    rows = [
        (
            name,
            *_judged(
                alone[name],
                among[name] if name in seen else None,
                cleared.get(name),
                within.get(name),
            ),
        )
        for name in found.drivers
    ]
    return pd.DataFrame(rows, columns=["level", "sign", "verdict", "reason"])


def _seen(among: dict[str, Estimate]) -> set[str]:
    """Drivers whose effect is none by chance in few of all families (Holm)."""
    by_p = sorted(among, key=lambda name: among[name].p_value or 0.0)
    for place, name in enumerate(by_p):
        one = among[name]
        if (one.p_value or 0.0) > (1 - one.confidence) / (len(by_p) - place):
            return set(by_p[:place])
    return set(by_p)


def _judged(
    alone: Estimate,
    among: Estimate | None,
    cleared: Estimate | None,
    within: Estimate | None,
) -> tuple[int, str, str]:
    sign, before, kept = _side(among), _side(alone), _side(cleared)
    if among is None and (not before or abs(alone.value) < STRONG):
        return 0, NOTHING, "it does not go with the outcome"
    if sign and before and sign != before:
        return sign, TURNED, "alone it goes one way, beside the others the other"
    if among is None:
        return 0, HALO, "the other ratings say all that it says"
    if within is not None and _is_lasting(among, within):
        return sign, HALO, "it hardly holds when the same person's answers change"
    if kept != sign:
        return sign, HALO, "it may only echo what the other ratings measure with error"
    return sign, OWN, "it stands while the others are held fixed"


def _side(estimate: Estimate | None) -> int:
    if estimate is None or not estimate.excludes_zero:
        return 0
    return 1 if estimate.value > 0 else -1


def _is_lasting(among: Estimate, within: Estimate) -> bool:
    """Whether the change within people is clearly under half of that between them."""
    far = within.high if among.value > 0 else -within.low
    return far < abs(among.value) / 2


def without_halo(
    effects: Mapping[str, Estimate], verdicts: pd.DataFrame
) -> dict[str, Estimate]:
    """Leave the effects of possible echoes untested.

    Parameters
    ----------
    effects : mapping of driver to Estimate
        See `analysis.outcomes.drivers.standing.driver_effects`.
    verdicts : DataFrame
        See `halo_check`.

    Returns
    -------
    dict of driver to Estimate
        All of them. One that may be halo has no p-value, so that no page speaks of
        it: that it differs from nought is not in question.

    Examples
    --------
    >>> one = Estimate(value=0.3, standard_error=0.1, low=0.1, high=0.5, base=99,
    ...     unit="score", p_value=0.01)
    >>> said = pd.DataFrame({"level": ["Service"], "verdict": ["may be halo"]})
    >>> without_halo({"Service": one}, said)["Service"].p_value is None
    True
    """
    echoes = set(verdicts.loc[verdicts["verdict"] == HALO, "level"])
    return {
        name: dataclasses.replace(one, p_value=None) if name in echoes else one
        for name, one in effects.items()
    }


def _alone(found: Rated) -> dict[str, Estimate]:
    """Correlation of each driver with the outcome."""
    pairs = found.correlations()[:, :-1, -1]
    return from_draws(found, found.drivers, pairs, unit="correlation")


def _cleared(
    covariance: np.ndarray, place: int, reliability: float
) -> np.ndarray | None:
    """Slope of one driver, in a column, beside others without their error."""
    among = covariance[:, :-1, :-1]
    noise = np.diagonal(among, axis1=1, axis2=2) * (1 - reliability)
    noise = noise * (np.arange(among.shape[-1]) != place)
    among = among - noise[:, :, None] * np.eye(among.shape[-1])
    if np.linalg.eigvalsh(among[0])[0] <= 0:
        return None
    return solved(among, covariance[:, :-1, -1])[:, [place]]


def _changes(found: Rated) -> Rated | None:
    """The same ratings as deviations from each person's own mean."""
    people = found.sample.clusters
    if people is None:
        return None
    columns = [*found.labels, found.outcome]
    frame = found.sample.frame
    values = frame[columns].astype(float).reset_index(drop=True)
    whole = values.notna().all(axis=1) & found.is_used
    values = values[whole & frame[people].notna().to_numpy()]
    groups = values.groupby(frame[people].to_numpy()[values.index])
    values = values[groups[found.outcome].transform("size") > 1]
    if len(values) < FEWEST:
        return None
    groups = values.groupby(frame[people].to_numpy()[values.index])
    moved = values - groups.transform("mean")
    if not (moved.std() > 0).all():
        return None
    moved = moved.reindex(range(len(frame))).set_axis(frame.index)
    sample = found.sample.with_columns(**{name: moved[name] for name in columns})
    return dataclasses.replace(found, sample=sample)
