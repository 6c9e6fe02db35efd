r"""How many to ask next time, and of whom.

An answer's standard deviation decides: in points for the NPS, in shares for shares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, critical_value, statistic
from analysis.study import StudyError


def nps_deviation(promoters: float, detractors: float) -> float:
    r"""Standard deviation of one answer to the NPS question, in points.

    Notes
    -----
    :math:`100 \sqrt{p + d - (p - d)^2}`.

    Examples
    --------
    >>> round(nps_deviation(0.45, 0.20), 1)
    76.6
    """
    return 100 * math.sqrt(promoters + detractors - (promoters - detractors) ** 2)


def share_deviation(share: float) -> float:
    """Standard deviation of one answer to a yes-no question.

    Examples
    --------
    >>> share_deviation(0.5)
    0.5
    """
    return math.sqrt(share * (1 - share))


@statistic
def answers_for_margin(
    margin: float,
    deviation: float,
    *,
    confidence: float = 0.95,
    effect: float = 1.0,
    population: float = math.inf,
) -> Estimate:
    r"""Answers needed for a margin of error.

    Parameters
    ----------
    margin : float
        Half the width of the interval, in the figure's unit, above 0.
    deviation : float
        Standard deviation of one answer in the same unit.
    confidence : float
        Between 0 and 1.
    effect : float
        Design effect of the weights, 1 or more; last wave's is a good guess.
    population : float
        Customers; with few of them fewer answers do.

    Returns
    -------
    Estimate
        Unit `count`, rounded up: a plan, without error.

    Notes
    -----
    :math:`n_0 = \delta (z s / m)^2`, then :math:`n = n_0 / (1 + n_0 / N)` [1]_.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, chapter 4. Wiley.

    Examples
    --------
    >>> answers_for_margin(0.05, share_deviation(0.5)).value
    385.0
    """
    _check_positive(margin=margin, deviation=deviation)
    plain = effect * (critical_value(confidence) * deviation / margin) ** 2
    return _planned(plain / (1 + plain / population))


@statistic
def answers_for_change(
    change: float,
    deviation: float,
    *,
    power: float = 0.8,
    confidence: float = 0.95,
    effect: float = 1.0,
) -> Estimate:
    r"""Answers per wave needed to see a change between two waves.

    Parameters
    ----------
    change : float
        The smallest change that must be seen, in the figure's unit, above 0.
    deviation : float
        Standard deviation of one answer in the same unit.
    power : float
        Chance to see it, between 0 and 1.
    confidence : float
        Between 0 and 1.
    effect : float
        Design effect of the weights, 1 or more.

    Returns
    -------
    Estimate
        Unit `count`, rounded up: a plan, without error.

    Notes
    -----
    :math:`n = 2 \delta s^2 (z_{1-\alpha/2} + z_{power})^2 / \Delta^2` for two
    independent waves of equal size; people who answer in both waves make it smaller.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, chapter 4. Wiley.

    Examples
    --------
    >>> answers_for_change(9.6, nps_deviation(0.45, 0.20)).value
    1001.0
    """
    _check_positive(change=change, deviation=deviation)
    sum_of_z = critical_value(confidence) + float(stats.norm.ppf(power))
    return _planned(2 * effect * (deviation * sum_of_z / change) ** 2)


@statistic
def change_seen_with(
    answers: float,
    deviation: float,
    *,
    unit: str,
    power: float = 0.8,
    confidence: float = 0.95,
    effect: float = 1.0,
) -> Estimate:
    r"""Smallest change that two waves of a size will see.

    Parameters
    ----------
    answers : float
        Per wave, above 0.
    deviation : float
        Standard deviation of one answer, in `unit`.
    unit : str
        Unit of the change.
    power, confidence, effect : float
        As in `answers_for_change`.

    Returns
    -------
    Estimate
        A plan, without error.

    Notes
    -----
    :math:`\Delta = (z_{1-\alpha/2} + z_{power})\, s \sqrt{2 \delta / n}`.

    Examples
    --------
    >>> seen = change_seen_with(1000, nps_deviation(0.45, 0.20), unit="points")
    >>> round(seen.value, 1)
    9.6
    """
    _check_positive(answers=answers, deviation=deviation)
    sum_of_z = critical_value(confidence) + float(stats.norm.ppf(power))
    value = sum_of_z * deviation * math.sqrt(2 * effect / answers)
    return Estimate(
        value=value,
        standard_error=0.0,
        low=value,
        high=value,
        base=int(answers),
        unit=unit,
        confidence=confidence,
    )


def allocation(
    sizes: Mapping[str, int],
    total: int,
    *,
    available: Mapping[str, int] | None = None,
    deviations: Mapping[str, float] | None = None,
    rates: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    r"""Share out invitations among strata.

    Parameters
    ----------
    sizes : mapping of stratum to int
        Customers.
    total : int
        Invitations to send, 1 or more.
    available : mapping of stratum to int, optional
        Customers who may be asked, if not all.
    deviations : mapping of stratum to float, optional
        Standard deviation of one answer. With them Neyman's allocation, which makes
        the overall figure as precise as can be; without, in proportion to size.
    rates : mapping of stratum to float, optional
        Response rates expected, above 0.

    Returns
    -------
    DataFrame
        One row per stratum: stratum, customers, invitations and, with `rates`,
        the answers expected. Invitations sum to `total`, or to all who may be asked.

    Raises
    ------
    StudyError
        If the total is not positive or a stratum has no deviation or rate.

    Notes
    -----
    Proportional: :math:`m_h \propto N_h`. Neyman: :math:`m_h \propto N_h S_h /
    \sqrt{r_h}`, the smallest variance of a weighted mean for :math:`\sum m_h`
    invitations of which :math:`r_h` are answered [1]_. A stratum that would get
    more than it has is asked whole, and the others share the rest. Every stratum
    with customers gets at least one invitation where there are enough. Proportional
    allocation compares strata badly if one is small; Neyman's serves one figure.

    References
    ----------
    .. [1] Neyman, J. (1934). On the two different aspects of the representative
       method. Journal of the Royal Statistical Society 97(4), 558-625.

    Examples
    --------
    >>> plan = allocation({"new": 600, "loyal": 200}, 100)
    >>> plan["invitations"].tolist()
    [75, 25]
    """
    if total < 1:
        raise StudyError(
            f"{total} invitations cannot be shared out; ask for 1 or more."
        )
    strata = list(sizes)
    wish = np.array([sizes[name] for name in strata], dtype=float)
    room = np.array([(available or sizes).get(name, 0) for name in strata], dtype=float)
    plan = pd.DataFrame({"stratum": strata, "customers": wish.astype(int)})
    if deviations is not None:
        wish *= [_of(deviations, name, "standard deviation") for name in strata]
        if rates is not None:
            wish /= np.sqrt([_of(rates, name, "response rate") for name in strata])
    plan["invitations"] = _shared_out(wish, room, min(total, int(room.sum())))
    if rates is not None:
        known = [_of(rates, name, "response rate") for name in strata]
        plan["answers_expected"] = plan["invitations"] * known
    return plan


def invitations_for(answers: float, rate: float) -> int:
    """Count the invitations that bring so many answers.

    Examples
    --------
    >>> invitations_for(385, 0.25)
    1540
    """
    _check_positive(answers=answers, rate=rate)
    return math.ceil(answers / rate)


def _shared_out(wish: np.ndarray, room: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in proportion to a wish, none above the room, by remainders."""
    given = np.zeros(len(wish))
    is_open = room > 0
    while is_open.any():
        left = total - given[~is_open].sum()
        weight = np.where(is_open, np.maximum(wish, 1e-12), 0.0)
        given = np.where(is_open, left * weight / weight.sum(), given)
        is_over = is_open & (given > room)
        if not is_over.any():
            break
        given[is_over], is_open = room[is_over], is_open & ~is_over
    whole = np.minimum(np.floor(given + 1e-9), room)
    if total >= (room > 0).sum():
        whole = np.maximum(whole, np.minimum(room, 1))
    for _ in range(int(abs(total - whole.sum()))):
        step = 1 if total > whole.sum() else -1
        may = whole < room if step > 0 else whole > 1
        lack = np.where(may, step * (given - whole), -np.inf)
        whole[int(lack.argmax())] += step
    return whole.astype(int)


def _of(values: Mapping[str, float], stratum: str, what: str) -> float:
    value = values.get(stratum, math.nan)
    if not value > 0:
        raise StudyError(
            f"The stratum {stratum!r} has no {what} above zero (found {value}). Give "
            "one, or allocate in proportion to size."
        )
    return float(value)


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise StudyError(f"{name} is {value}; a plan needs a number above zero.")


def _planned(answers: float) -> Estimate:
    value = float(math.ceil(answers - 1e-9))
    return Estimate(
        value=value,
        standard_error=0.0,
        low=value,
        high=value,
        base=int(value),
        unit="count",
    )
