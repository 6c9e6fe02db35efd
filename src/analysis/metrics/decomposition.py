"""A change of a product of factors, divided among the factors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def das_gupta(
    before: Sequence[ArrayLike], now: Sequence[ArrayLike]
) -> list[np.ndarray]:
    r"""What each factor adds to the change of their product.

    Parameters
    ----------
    before, now : sequence of array
        The factors, in the same order; arrays of one shape, or numbers. A factor may
        be a share of each group, another the rate within each.

    Returns
    -------
    list of ndarray
        The effect of each factor, in the shape of the arrays. Together they are the
        product now less the product before; for a change of a sum over groups, sum
        each effect over the groups.

    Raises
    ------
    ValueError
        If there is no factor, or the two have not the same number.

    Notes
    -----
    The factors are replaced one after the other, and each effect is its mean over all
    orders of replacement [1]_: with :math:`P` factors, the change of factor
    :math:`j` times the others, of which a set :math:`S` is already replaced, counts
    :math:`|S|!\,(P-1-|S|)!/P!`. With two factors this is Kitagawa's decomposition
    [2]_. No interaction is left over. Not for causes: it is arithmetic.

    References
    ----------
    .. [1] Das Gupta, P. (1993). Standardization and decomposition of rates: a
       user's manual. U.S. Bureau of the Census, P23-186.
    .. [2] Kitagawa, E. M. (1955). Components of a difference between two rates.
       JASA 50(272), 1168-1194.

    Examples
    --------
    >>> share, rate = das_gupta([[0.5, 0.5], [10, 30]], [[0.25, 0.75], [10, 34]])
    >>> float(share.sum()), float(rate.sum())
    (5.5, 2.5)
    """
    if not before or len(before) != len(now):
        raise ValueError(f"{len(before)} factors before and {len(now)} now")
    old = [np.asarray(one, dtype=float) for one in before]
    new = [np.asarray(one, dtype=float) for one in now]
    return [_effect(place, old, new) for place in range(len(old))]


def _effect(place: int, old: list[np.ndarray], new: list[np.ndarray]) -> np.ndarray:
    others = [number for number in range(len(old)) if number != place]
    effect = np.zeros_like(old[place] + new[place])
    for size in range(len(old)):
        orders = math.factorial(size) * math.factorial(len(others) - size)
        for replaced in itertools.combinations(others, size):
            product = new[place] - old[place]
            for number in others:
                product = product * (new if number in replaced else old)[number]
            effect = effect + product * orders / math.factorial(len(old))
    return effect
