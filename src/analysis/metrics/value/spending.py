"""What a purchase brings: the Gamma-Gamma model.

What a customer spends varies around a mean of their own; means vary over customers.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
from scipy import special, stats

from analysis.estimate import Estimate, critical_value, statistic, two_sided_p
from analysis.metrics.value.likelihood import (
    Contributions,
    Fit,
    maximise,
    model_parameters,
)
from analysis.study import StudyError

NAMES = ("p", "q", "v")
FEWEST_REPEAT_BUYERS = 100
CORRELATION_LIMIT = 0.3
ADVICE = "Report purchases and revenue so far instead of value to come."


def fit_spending(people: pd.DataFrame) -> Fit:
    r"""Fit the Gamma-Gamma model to customers with repeat purchases.

    Parameters
    ----------
    people : DataFrame
        One row per customer with repeats and spend; see `observed`.

    Returns
    -------
    Fit
        Parameters p, q and v (money). Customers whose repeat purchases brought
        nothing, or less, are in `left_out`.

    Raises
    ------
    StudyError
        If fewer than 100 repeat buyers have a positive spend, spend goes with
        frequency (rank correlation beyond 0.3 either way), the likelihood has no
        maximum, or q may be 1 or less, where the mean does not exist.

    Notes
    -----
    A mean :math:`\bar z` of x purchases has the likelihood [1]_

    .. math:: \frac{\Gamma(px+q)}{\Gamma(px)\Gamma(q)}
       \frac{v^q x^{px} \bar z^{px-1}}{(v + x\bar z)^{px+q}}.

    References
    ----------
    .. [1] Fader, P. S. and Hardie, B. G. S. (2013). The Gamma-Gamma model of
       monetary value. brucehardie.com/notes/025.

    Examples
    --------
    >>> fit_spending(pd.DataFrame({"repeats": [3], "spend": [20.0]}))
    Traceback (most recent call last):
    analysis.study.StudyError: 1 repeat buyer with a positive spend; the model of
    spending needs 100. Report purchases and revenue so far instead of value to come.
    """
    is_used = _is_usable(people)
    _check_independence(people)
    buyers = people[is_used]
    scale = float(buyers["spend"].mean())
    fit = maximise(
        contributions(buyers.assign(spend=buyers["spend"] / scale)),
        start=np.array([2.0, 3.0, 1.0]),
        counts=np.ones(len(buyers)),
        rows=np.arange(len(buyers)),
        names=NAMES,
        advice=ADVICE,
    )
    _check_mean(fit)
    return _back_to_money(fit, is_used, people, scale=scale)


def contributions(buyers: pd.DataFrame) -> Contributions:
    """Log-likelihood of each mean spend and its gradient, by logarithms.

    Parameters
    ----------
    buyers : DataFrame
        With repeats and spend, both above zero.

    Returns
    -------
    callable
        Takes log(p, q, v); returns arrays of shape (m,) and (m, 3).

    Examples
    --------
    >>> buyer = pd.DataFrame({"repeats": [1], "spend": [1.0]})
    >>> each, _ = contributions(buyer)(np.zeros(3))
    >>> float(each[0].round(6))  # log(1/4): the density 1/(1+z)^2 at 1
    -1.386294
    """
    x, z = (buyers[name].to_numpy(dtype=float) for name in ("repeats", "spend"))
    ln, psi = special.gammaln, special.digamma
    log_x, log_z = np.log(x), np.log(z)

    def evaluate(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p, q, v = np.exp(logs)
        shape, both = p * x, np.log(v + x * z)
        terms = ln(shape + q) - ln(shape) - ln(q) + q * logs[2] - log_z
        each = terms + shape * (log_z + log_x) - (shape + q) * both
        slopes = (
            shape * (psi(shape + q) - psi(shape) + log_z + log_x - both),
            q * (psi(shape + q) - psi(q) + logs[2] - both),
            q - v * (shape + q) / (v + x * z),
        )
        return each, np.column_stack(slopes)

    return evaluate


def expected_spend(people: pd.DataFrame, parameters: np.ndarray) -> np.ndarray:
    r"""Revenue to be expected of each customer's next purchase.

    Parameters
    ----------
    people : DataFrame
        One row per customer with repeats and spend.
    parameters : array of float, shape (3,)
        p, q, v.

    Returns
    -------
    array of float, shape (n,)
        Money. Customers without a usable spend get the mean of all.

    Notes
    -----
    :math:`p (v + x \bar z) / (px + q - 1)`: a weighted mean of the customer's own
    mean and that of all, :math:`pv/(q-1)`.

    Examples
    --------
    >>> people = pd.DataFrame({"repeats": [2, 0], "spend": [22.35, np.nan]})
    >>> expected_spend(people, np.array([6.25, 3.74, 15.44])).round(2).tolist()
    [24.66, 35.22]
    """
    p, q, v = parameters
    is_used = _has_spend(people)
    x = np.where(is_used, people["repeats"].to_numpy(dtype=float), 0.0)
    money = np.where(is_used, x * people["spend"].to_numpy(dtype=float), 0.0)
    return p * (v + money) / (p * x + q - 1)


@statistic
def spend_correlation(people: pd.DataFrame, *, confidence: float = 0.95) -> Estimate:
    r"""Rank correlation of how often and how much repeat buyers spend.

    Parameters
    ----------
    people : DataFrame
        One row per customer with repeats and spend.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate
        Spearman's coefficient over repeat buyers, with the `p_value` of none.

    Raises
    ------
    StudyError
        If there are too few repeat buyers, or all came back equally often.

    Notes
    -----
    The Gamma-Gamma model holds frequency and spend for independent. The error on
    Fisher's scale is :math:`\sqrt{(1 + r^2/2)/(n-3)}` [1]_.

    References
    ----------
    .. [1] Bonett, D. G. and Wright, T. A. (2000). Sample size requirements for
       estimating Pearson, Kendall and Spearman correlations. Psychometrika 65(1),
       23-28.

    Examples
    --------
    >>> people = pd.DataFrame({"repeats": np.arange(120) % 4 + 1.0,
    ...     "spend": np.arange(120) % 7 + 1.0})
    >>> abs(spend_correlation(people).value) < 0.1
    True
    """
    buyers = people[_is_usable(people)]
    if buyers["repeats"].nunique() < 2 or buyers["spend"].nunique() < 2:
        raise StudyError(
            "All repeat buyers came back equally often or spent the same, so nothing "
            f"tells whether spend goes with frequency. {ADVICE}"
        )
    value = float(stats.spearmanr(buyers["repeats"], buyers["spend"]).statistic)
    value = min(max(value, -0.999999), 0.999999)
    error = math.sqrt((1 + value**2 / 2) / (len(buyers) - 3))
    half = critical_value(confidence, len(buyers) - 2) * error
    low, high = np.tanh([np.arctanh(value) - half, np.arctanh(value) + half])
    return Estimate(
        value=value,
        standard_error=error * (1 - value**2),
        low=low,
        high=high,
        base=len(buyers),
        unit="correlation",
        confidence=confidence,
        p_value=two_sided_p(np.arctanh(value), error, len(buyers) - 2),
    )


def _has_spend(people: pd.DataFrame) -> np.ndarray:
    spend = people["spend"].to_numpy(dtype=float, na_value=np.nan)
    return (people["repeats"].to_numpy(dtype=float) > 0) & (spend > 0)


def _is_usable(people: pd.DataFrame) -> np.ndarray:
    """Repeat buyers with a positive spend, if there are enough."""
    is_used = _has_spend(people)
    n = int(is_used.sum())
    if n < FEWEST_REPEAT_BUYERS:
        who = "buyer" if n == 1 else "buyers"
        raise StudyError(
            f"{n} repeat {who} with a positive spend; the model of spending needs "
            f"{FEWEST_REPEAT_BUYERS}. {ADVICE}"
        )
    return is_used


def _check_independence(people: pd.DataFrame) -> None:
    found = spend_correlation(people).value
    if abs(found) > CORRELATION_LIMIT:
        direction = "more" if found > 0 else "less"
        raise StudyError(
            f"Customers who buy more often spend {direction} on each purchase (rank "
            f"correlation {found:.2f}, limit {CORRELATION_LIMIT}), so frequency and "
            f"spend cannot be multiplied. {ADVICE}"
        )


def _check_mean(fit: Fit) -> None:
    q = model_parameters(fit)["q"]
    if q.low <= 1:
        raise StudyError(
            f"Spend varies so much that its mean may not exist (q is {q.value:.2f}, "
            f"perhaps {q.low:.2f}; it must be above 1). {ADVICE}"
        )


def _back_to_money(
    fit: Fit, is_used: np.ndarray, people: pd.DataFrame, *, scale: float
) -> Fit:
    """Undo the scaling, and give customers who were not used no influence."""
    influence = np.zeros((len(people), len(NAMES)))
    influence[is_used] = fit.influence
    came_back = people["repeats"].to_numpy(dtype=float) > 0
    return dataclasses.replace(
        fit,
        parameters=fit.parameters * np.array([1.0, 1.0, scale]),
        influence=influence,
        log_likelihood=fit.log_likelihood - is_used.sum() * math.log(scale),
        left_out=int((came_back & ~is_used).sum()),
    )
