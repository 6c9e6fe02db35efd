r"""How often customers come back, and until when: the BG/NBD model.

While alive a customer buys at random at a rate of their own; after each purchase they
leave with a chance of their own. Rates vary over customers as a gamma distribution
(r, alpha), chances of leaving as a beta distribution (a, b).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.metrics.value.likelihood import Contributions, Fit, maximise
from analysis.study import StudyError

NAMES = ("r", "alpha", "a", "b")
FEWEST_REPEAT_BUYERS = 100
ALIKE = 1000.0
# Tried in this order until the data settle what is left free.
SIMPLER: tuple[dict[str, float], ...] = ({}, {"b": ALIKE}, {"a": 0.001, "b": ALIKE})
ADVICE = (
    "Purchases do not show how often customers come back: value cannot be told from "
    "them. Take a longer order history, or report revenue alone."
)


def fit_purchases(people: pd.DataFrame) -> Fit:
    r"""Fit the BG/NBD model to what was seen of customers.

    Parameters
    ----------
    people : DataFrame
        One row per customer with repeats, last_week and age; see `observed`.

    Returns
    -------
    Fit
        Parameters r, alpha (weeks), a and b; those that were held are in `fixed`.

    Raises
    ------
    StudyError
        If fewer than 100 customers came back, a history is impossible, or the
        likelihood has no maximum.

    Notes
    -----
    With x repeats, the last after :math:`t_x` of T weeks, the likelihood is [1]_

    .. math:: \frac{\Gamma(r+x)\alpha^r}{\Gamma(r)} \left[
       \frac{B(a,b+x)}{B(a,b)} (\alpha+T)^{-r-x} + 1_{x>0}
       \frac{B(a+1,b+x-1)}{B(a,b)} (\alpha+t_x)^{-r-x} \right].

    Customers with the same history are counted once. Where the data do not settle how
    far chances of leaving differ, b is held at 1,000: all leave with about the same
    chance a / (a + b). Where they show nobody leaving, a is held at 0.001 as well, and
    nobody is expected to leave. Not for contracts, where
    leaving is seen; nor for goods that are bought at fixed dates.

    References
    ----------
    .. [1] Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). "Counting your
       customers" the easy way: an alternative to the Pareto/NBD model. Marketing
       Science 24(2), 275-284.

    Examples
    --------
    >>> fit_purchases(pd.DataFrame({"repeats": [0, 2], "last_week": [0.0, 3.0],
    ...     "age": [5.0, 9.0]}))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    analysis.study.StudyError: 1 customer came back; ... needs 100...
    """
    _check(people)
    refusal = None
    for fixed in SIMPLER:
        try:
            return _fit(people, fixed)
        except StudyError as error:
            refusal = error
    raise StudyError(ADVICE) from refusal


def contributions(histories: pd.DataFrame) -> Contributions:
    """Log-likelihood of each history and its gradient, by logarithms of parameters.

    Parameters
    ----------
    histories : DataFrame
        With repeats, last_week and age.

    Returns
    -------
    callable
        Takes log(r, alpha, a, b); returns arrays of shape (m,) and (m, 4).

    Examples
    --------
    >>> history = pd.DataFrame({"repeats": [0], "last_week": [0.0], "age": [1.0]})
    >>> each, _ = contributions(history)(np.zeros(4))
    >>> float(each[0].round(6))  # log(1/2): no purchase in one week
    -0.693147
    """
    x, at = np.unique(histories["repeats"].to_numpy(dtype=float), return_inverse=True)
    last, age = (histories[c].to_numpy(dtype=float) for c in ("last_week", "age"))

    def evaluate(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r, alpha, a, b = np.exp(logs)
        shared, by_r, by_a, by_b, dead = _by_repeats(x, r=r, a=a, b=b)
        power, until_end = (r + x)[at], np.log(alpha + age)
        until_last = np.log(alpha + last)
        odds = dead[at] + power * (until_end - until_last)
        gone = special.expit(odds)  # probability of having left
        each = shared[at] + r * logs[1] - power * until_end + np.logaddexp(0, odds)
        slopes = (
            r * (by_r[at] + logs[1] - until_end + gone * (until_end - until_last)),
            r - alpha * power * ((1 - gone) / (alpha + age) + gone / (alpha + last)),
            a * by_a[at] + gone,
            b * (by_b[at] - gone / (b + np.maximum(x - 1, 0))[at]),
        )
        return each, np.column_stack(slopes)

    return evaluate


def _fit(people: pd.DataFrame, fixed: Mapping[str, float]) -> Fit:
    """Fit with some parameters held."""
    columns = ["repeats", "last_week", "age"]
    rows = people.groupby(columns, sort=False).ngroup().to_numpy()
    histories = people[columns].drop_duplicates()
    mean_age = max(float(people["age"].mean()), 1.0)
    start = {"r": 0.5, "alpha": mean_age / 2, "a": 1.0, "b": 2.0}
    if "b" in fixed:
        start["a"] = 0.1 * ALIKE
    parameters = np.array([(start | dict(fixed))[name] for name in NAMES])
    is_free = np.array([name not in fixed for name in NAMES])
    whole = contributions(histories)

    def free_only(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        each, scores = whole(_filled(np.log(parameters), is_free, logs))
        return each, scores[:, is_free]

    fit = maximise(
        free_only,
        start=parameters[is_free],
        counts=np.bincount(rows).astype(float),
        rows=rows,
        names=tuple(name for name in NAMES if name not in fixed),
        advice=ADVICE,
    )
    return dataclasses.replace(
        fit,
        names=NAMES,
        parameters=_filled(parameters, is_free, fit.parameters),
        covariance=_filled(np.zeros((4, 4)), np.ix_(is_free, is_free), fit.covariance),
        influence=_filled(
            np.zeros((len(people), 4)), (slice(None), is_free), fit.influence
        ),
        fixed=tuple(fixed),
    )


def _filled(into: np.ndarray, where: Any, values: np.ndarray) -> np.ndarray:
    filled = into.copy()
    filled[where] = values
    return filled


def _by_repeats(
    x: np.ndarray, *, r: float, a: float, b: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What depends on the repeats alone: terms, slopes by r, a, b, log odds."""
    ln, psi = special.gammaln, special.digamma
    terms = ln(r + x) - ln(r) + ln(a + b) + ln(b + x) - ln(b) - ln(a + b + x)
    both = psi(a + b) - psi(a + b + x)
    by_b = both + psi(b + x) - psi(b)
    never = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x - 1, 0)), -np.inf)
    return terms, psi(r + x) - psi(r), both, by_b, never


def _check(people: pd.DataFrame) -> None:
    names = ("repeats", "last_week", "age")
    x, last, age = (people[name].to_numpy(dtype=float) for name in names)
    is_possible = (x >= 0) & (last >= 0) & (last <= age) & ((x > 0) == (last > 0))
    if not is_possible.all():
        raise StudyError(
            f"{int((~is_possible).sum())} customers have an impossible history: the "
            "last purchase lies between the first and today, and after the first "
            "only if there was a repeat. Make customer_histories again."
        )
    n = int((x > 0).sum())
    if n < FEWEST_REPEAT_BUYERS:
        who = "customer" if n == 1 else "customers"
        raise StudyError(
            f"{n} {who} came back; a model of purchases needs "
            f"{FEWEST_REPEAT_BUYERS}. Take a longer order history."
        )
