"""Whether better rated products sell more and come back less."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.outcomes.association.coefficients import METHODS, coefficients
from analysis.outcomes.association.fisher import from_error
from analysis.outcomes.association.pairing import Pair, check
from analysis.study import StudyError
from analysis.survey.sample import require

SALES = {"return rate": "return_rate", "lines sold": "lines", "revenue": "revenue"}
FEWEST_PRODUCTS = 10


@statistic
def correlation_of_products(
    products: pd.DataFrame,
    columns: Pair,
    *,
    method: str = "spearman",
    confidence: float = 0.95,
) -> Estimate:
    r"""Correlation of two columns over products.

    Parameters
    ----------
    products : DataFrame
        One row per product.
    columns : tuple of str
        Two numeric columns.
    method : str
        ``spearman``, ``kendall`` (tau-b) or ``pearson``.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        From -1 to 1, with the `p_value` of none; the base counts products.

    Raises
    ------
    StudyError
        If there are fewer than 10 products, a column does not vary, or the method is
        unknown.

    Notes
    -----
    The error on Fisher's scale is :math:`\sqrt{(1 + r^2/2)/(n-3)}` for Spearman's,
    :math:`\sqrt{0.437/(n-4)}` for Kendall's and :math:`1/\sqrt{n-3}` for Pearson's
    coefficient [1]_; Student's t with :math:`n - 2` degrees. Products are few, and
    what makes a product sell may move both columns: the figure describes these
    products and says nothing of causes. What rests on few ratings is drawn towards
    nought: see `corrected_correlation`.

    References
    ----------
    .. [1] Bonett, D. G. and Wright, T. A. (2000). Sample size requirements for
       estimating Pearson, Kendall and Spearman correlations. Psychometrika 65(1),
       23-28.

    Examples
    --------
    >>> products = pd.DataFrame({"rating": range(12), "returns": range(12, 0, -1)})
    >>> correlation_of_products(products, ("rating", "returns")).value
    -1.0
    """
    require(products, columns)
    rows = products.dropna(subset=list(columns))
    check(rows, columns, fewest=FEWEST_PRODUCTS)
    if method not in METHODS:
        known = ", ".join(METHODS)
        raise StudyError(f"A correlation is one of {known}, not {method!r}.")
    x, y = (rows[name].to_numpy(dtype=float) for name in columns)
    ones = np.ones((len(rows), 1))
    value = float(coefficients(x, y, ones, methods=[method])[method][0])
    return from_error(
        value,
        _error(method, value, len(rows)),
        base=len(rows),
        degrees=len(rows) - 2,
        confidence=confidence,
    )


def _error(method: str, value: float, n: int) -> float:
    if method == "kendall":
        return math.sqrt(0.437 / (n - 4))
    curved = value**2 / 2 if method == "spearman" else 0.0
    return math.sqrt((1 + curved) / (n - 3))


@statistic
def correlations_of_products(
    products: pd.DataFrame,
    *,
    methods: Sequence[str] = METHODS,
    confidence: float = 0.95,
) -> dict[str, dict[str, Estimate]]:
    """Correlations of products' ratings with their returns and revenue.

    Parameters
    ----------
    products : DataFrame
        As `products_side_by_side` makes it.
    methods : sequence of str
        Of ``spearman``, ``kendall`` and ``pearson``.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of method to dict of str to Estimate
        Keys such as ``rating and revenue``. Pairs that cannot be correlated are left
        out.

    Raises
    ------
    StudyError
        If no pair can be correlated.

    Notes
    -----
    See `correlation_of_products`.

    Examples
    --------
    >>> products = pd.DataFrame({"rating": range(12), "revenue": range(12)})
    >>> list(correlations_of_products(products)["kendall"])
    ['rating and revenue']
    """
    pairs = product_pairs(products)
    return {
        method: {
            name: correlation_of_products(
                products, columns, method=method, confidence=confidence
            )
            for name, columns in pairs.items()
        }
        for method in methods
    }


@statistic
def partial_correlations_of_products(
    products: pd.DataFrame, *, given: str = "price", confidence: float = 0.95
) -> dict[str, Estimate]:
    r"""Rank correlations of products' ratings and sales at equal prices.

    Parameters
    ----------
    products : DataFrame
        As `products_side_by_side` makes it, with the column `given`.
    given : str
        Numeric column to hold fixed.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Keys such as ``rating and return rate``.

    Raises
    ------
    StudyError
        If no pair can be correlated, or `given` does not vary.

    Notes
    -----
    :math:`(r_{xy} - r_{xz} r_{yz}) / \sqrt{(1 - r_{xz}^2)(1 - r_{yz}^2)}` of Spearman's
    coefficients [1]_, with the error of `correlation_of_products` and one degree less.
    Dear products may be rated lower and sent back more without the one having to do
    with the other. What nobody recorded may still be behind both.

    References
    ----------
    .. [1] Kendall, M. G. and Stuart, A. (1979). The Advanced Theory of Statistics,
       volume 2, 4th edition, chapter 27. Griffin.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> price = rng.normal(size=200)
    >>> made = pd.DataFrame({"price": price, "rating": rng.normal(size=200) - price,
    ...     "return_rate": rng.normal(size=200) + price})
    >>> found = partial_correlations_of_products(made)["rating and return rate"]
    >>> found.low < 0 < found.high
    True
    """
    require(products, [given])
    return {
        name: _given(products.dropna(subset=[*pair, given]), pair, given, confidence)
        for name, pair in product_pairs(products).items()
    }


def _given(rows: pd.DataFrame, pair: Pair, given: str, confidence: float) -> Estimate:
    for one in (pair, (pair[0], given)):
        check(rows, one, fewest=FEWEST_PRODUCTS)
    table = rows[[*pair, given]].rank().corr().to_numpy()
    shared = table[0, 2] * table[1, 2]
    left = math.sqrt((1 - table[0, 2] ** 2) * (1 - table[1, 2] ** 2))
    value = float((table[0, 1] - shared) / left) if left > 0 else 0.0
    return from_error(
        value,
        _error("spearman", value, len(rows) - 1),
        base=len(rows),
        degrees=len(rows) - 3,
        confidence=confidence,
    )


def product_pairs(products: pd.DataFrame) -> dict[str, Pair]:
    """Name the columns that a rating can be correlated with.

    Parameters
    ----------
    products : DataFrame
        As `products_side_by_side` makes it.

    Returns
    -------
    dict of str to pair
        Keys such as ``rating and revenue``.

    Raises
    ------
    StudyError
        If there is none, saying why.

    Examples
    --------
    >>> product_pairs(pd.DataFrame({"rating": range(12), "revenue": range(12)}))
    {'rating and revenue': ('rating', 'revenue')}
    """
    found: dict[str, Pair] = {}
    why = "There are no ratings of products beside their sales."
    for name, column in SALES.items():
        pair = ("rating", column)
        if not set(pair) <= set(products):
            continue
        try:
            both = products.dropna(subset=list(pair))
            check(both, pair, fewest=FEWEST_PRODUCTS)
            found[f"rating and {name}"] = pair
        except StudyError as error:
            why = str(error)
    if not found:
        raise StudyError(f"Ratings and sales of products cannot be compared. {why}")
    return found
