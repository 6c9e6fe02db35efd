"""What the BG/NBD model says of a customer: being alive, and purchases to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special


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


def _columns(people: pd.DataFrame) -> tuple[np.ndarray, ...]:
    names = ("repeats", "last_week", "age")
    return tuple(people[name].to_numpy(dtype=float) for name in names)
