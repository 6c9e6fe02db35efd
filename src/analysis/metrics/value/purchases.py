r"""How often customers come back, and until when: the BG/NBD model.

While alive a customer buys at random at a rate of their own; after each purchase they
leave with a chance of their own. Rates vary over customers as a gamma distribution
(r, alpha), chances of leaving as a beta distribution (a, b).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from analysis.metrics.value.likelihood import Contributions, Fit, maximise
from analysis.study import StudyError

NAMES = ("r", "alpha", "a", "b")
FEWEST_REPEAT_BUYERS = 100
ADVICE = (
    "Purchases do not show how customers leave: value over a lifetime cannot be "
    "told from them. Take a longer order history, or report revenue alone."
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
        Parameters r, alpha (weeks), a and b.

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

    Customers with the same history are counted once. Not for contracts, where
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
    columns = ["repeats", "last_week", "age"]
    groups = people.groupby(columns, sort=False)
    rows = groups.ngroup().to_numpy()
    histories = people[columns].drop_duplicates()
    mean_age = max(float(people["age"].mean()), 1.0)
    return maximise(
        contributions(histories),
        start=np.array([0.5, mean_age / 2, 1.0, 2.0]),
        counts=np.bincount(rows).astype(float),
        rows=rows,
        names=NAMES,
        advice=ADVICE,
    )


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


def probability_alive(people: pd.DataFrame, parameters: np.ndarray) -> np.ndarray:
    r"""Probability that each customer would still buy.

    Parameters
    ----------
    people : DataFrame
        One row per customer with repeats, last_week and age.
    parameters : array of float, shape (4,)
        r, alpha, a, b.

    Returns
    -------
    array of float, shape (n,)
        From 0 to 1.

    Notes
    -----
    :math:`1 / \{1 + 1_{x>0} \frac{a}{b+x-1}
    (\frac{\alpha+T}{\alpha+t_x})^{r+x}\}`. The model lets customers leave only after
    a repeat purchase, so whoever never came back is alive for certain: read it of
    customers with repeats.

    Examples
    --------
    >>> customer = pd.DataFrame({"repeats": [2], "last_week": [30.43], "age": [38.86]})
    >>> parameters = np.array([0.24259393, 4.41353227, 0.79288597, 2.42575238])
    >>> float(probability_alive(customer, parameters)[0].round(4))
    0.7266
    """
    r, alpha, a, b = parameters
    x, last, age = _columns(people)
    power = (r + x) * (np.log(alpha + age) - np.log(alpha + last))
    odds = np.log(a) - np.log(b + np.maximum(x - 1, 0)) + power
    return np.where(x > 0, special.expit(-odds), 1.0)


def expected_purchases(
    people: pd.DataFrame, parameters: np.ndarray, *, weeks: np.ndarray | float
) -> np.ndarray:
    r"""Purchases to be expected of each customer in the coming weeks.

    Parameters
    ----------
    people : DataFrame
        One row per customer with repeats, last_week and age.
    parameters : array of float, shape (4,)
        r, alpha, a, b.
    weeks : float or array of float, shape (h,)
        Horizons from now, 0 or more.

    Returns
    -------
    array of float, shape (n,) or (n, h)
        Days with a purchase, in 0 to `weeks` from now.

    Notes
    -----
    Equation 10 of [1]_, after Euler's transformation of the hypergeometric function:
    with :math:`u = t/(\alpha+T+t)`,

    .. math:: P(\text{alive}) \frac{a+b+x-1}{a-1} \left[ 1 - (1-u)^{a-1}
       {}_2F_1(a-1,\, a+b-1-r;\, a+b+x-1;\, u) \right],

    whose terms stay small where those of the printed form overflow. At a = 1 the
    limit is taken.

    References
    ----------
    .. [1] Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). Marketing Science
       24(2), 275-284.

    Examples
    --------
    >>> customer = pd.DataFrame({"repeats": [2], "last_week": [30.43], "age": [38.86]})
    >>> parameters = np.array([0.24259393, 4.41353227, 0.79288597, 2.42575238])
    >>> float(expected_purchases(customer, parameters, weeks=39.0)[0].round(3))
    1.226
    """
    alive = probability_alive(people, parameters)
    horizons = np.atleast_1d(np.asarray(weeks, dtype=float))
    pairs = people[["repeats", "age"]]
    at = pairs.groupby(["repeats", "age"], sort=False).ngroup().to_numpy()
    x, age = pairs.drop_duplicates().to_numpy(dtype=float).T
    active = _of_active(x[:, None], age[:, None], parameters, horizons)
    expected = alive[:, None] * active[at]
    return expected if np.ndim(weeks) else expected[:, 0]


def expected_purchases_of_new(
    parameters: np.ndarray, *, weeks: np.ndarray | float
) -> np.ndarray:
    """Repeat purchases to be expected of a customer who has just bought first.

    Parameters
    ----------
    parameters : array of float, shape (4,)
        r, alpha, a, b.
    weeks : float or array of float
        Horizons from the first purchase.

    Returns
    -------
    array of float
        Of the shape of `weeks`.

    Examples
    --------
    >>> parameters = np.array([0.243, 4.414, 0.793, 2.426])
    >>> float(expected_purchases_of_new(parameters, weeks=39.0).round(2))
    1.2
    """
    return _of_active(0.0, 0.0, parameters, np.asarray(weeks, dtype=float))


def _of_active(
    x: np.ndarray | float,
    age: np.ndarray | float,
    parameters: np.ndarray,
    weeks: np.ndarray,
) -> np.ndarray:
    """Expected purchases of a customer who is alive now."""
    r, alpha, a, b = parameters
    if abs(a - 1) < 1e-6:  # a hole of the formula, not of the model
        a = 1 + 1e-6
    u = weeks / (alpha + age + weeks)
    series = special.hyp2f1(a - 1, a + b - 1 - r, a + b + x - 1, u)
    return (a + b + x - 1) / (a - 1) * (1 - (1 - u) ** (a - 1) * series)


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


def _columns(people: pd.DataFrame) -> tuple[np.ndarray, ...]:
    names = ("repeats", "last_week", "age")
    return tuple(people[name].to_numpy(dtype=float) for name in names)


def _check(people: pd.DataFrame) -> None:
    x, last, age = _columns(people)
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
