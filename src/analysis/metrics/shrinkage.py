"""Products' rates and means, drawn towards one another as far as chance explains."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, critical_value, statistic
from analysis.metrics.pooling import one_rate, pool_means, pool_rates
from analysis.study import StudyError

# With fewer products there is next to nothing to learn from the others.
LEAST = 4
# A category with fewer products is drawn towards all products instead.
ENOUGH = 8
# Answers that the common variance counts as, beside a product's own.
SHARED = 30


@statistic
def shrunken_rates(
    products: pd.DataFrame,
    *,
    marked: str = "returned_closed_lines",
    over: str = "closed_lines",
    categories: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    r"""Rate of each product, drawn towards the rate of all.

    Parameters
    ----------
    products : DataFrame
        One row per product: product_id, `marked` and `over`.
    marked, over : str
        Columns of counts, such as returned lines and lines.
    categories : mapping of str to str, optional
        Category of each product. Products of a category with `ENOUGH` products are
        drawn towards that category alone.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        By product, unit `share`; the base counts the product's own lines, the
        effective base the lines that the figure is worth. Products without lines
        are left out.

    Raises
    ------
    StudyError
        If there are fewer than `LEAST` products.

    Notes
    -----
    Empirical Bayes. The rate of each product is taken to come from one beta
    distribution with mean :math:`\mu` and size :math:`k`, the count to be binomial:

    .. math::
        x_i \sim \mathrm{BetaBinomial}(n_i, \mu k, (1-\mu) k), \qquad
        \hat\theta_i = \frac{x_i + \mu k}{n_i + k} .

    Neither is known, so figures are averaged over both, by their likelihood on a
    grid, and the interval holds that doubt [1]_: mean and variance over the grid,
    and the beta distribution that has them. Beforehand :math:`\arcsin\sqrt\mu` is
    uniform and so is the weight :math:`B` of the common rate for a product of median
    size [2]_, with :math:`k = k_0 + \tilde n B / (1-B)`. The least size
    :math:`k_0 = 1 / 2\min(\mu, 1-\mu)` keeps out distributions with most products at
    exactly nought: where only a few products ever come back the intervals cover too
    little. Not for a judgement on one product; see `analysis.metrics.funnel`.

    References
    ----------
    .. [1] Morris, C. N. (1983). Parametric empirical Bayes inference: theory and
       applications. JASA 78(381), 47-55.
    .. [2] Daniels, M. J. (1999). A prior for the variance in hierarchical models.
       Canadian Journal of Statistics 27(3), 567-578.

    Examples
    --------
    >>> lines = pd.DataFrame({"product_id": list("abcd"),
    ...     "returned_closed_lines": [0, 52, 44, 9], "closed_lines": [5, 500, 400, 90]})
    >>> rate = shrunken_rates(lines)["a"]
    >>> round(rate.value, 3), rate.base
    (0.104, 5)
    """
    counts = _counts(products, marked, over)

    def shrink(part: pd.DataFrame) -> dict[str, Estimate]:
        x, n = _columns(part)
        pooled = pool_rates(x, n)
        size = n + pooled.first + pooled.second
        mean = (x + pooled.first) / size
        found = pooled.average(mean, mean * (1 - mean) / (size + 1))
        rows = zip(part.index, *found, part["over"], strict=True)
        return {str(i): _rate(m, v, int(n), confidence) for i, m, v, n in rows}

    return _by_category(counts, categories, shrink)


@statistic
def shrunken_means(
    estimates: Mapping[str, Estimate],
    *,
    categories: Mapping[str, str] | None = None,
) -> dict[str, Estimate]:
    r"""Mean of each product, drawn towards the mean of all.

    Parameters
    ----------
    estimates : mapping of str to Estimate
        Mean score by product, as `analysis.survey.mean` gives it.
    categories : mapping of str to str, optional
        As in `shrunken_rates`.

    Returns
    -------
    dict of str to Estimate
        Unit and base of what was given.

    Raises
    ------
    StudyError
        If there are fewer than `LEAST` products, or no answer differs from another.

    Notes
    -----
    True means are taken to be normal around :math:`\mu` with standard deviation
    :math:`\tau`, and what was measured normal around them with a known error
    :math:`s_i`: :math:`\hat\theta_i = \mu + (y_i-\mu)\tau^2/(\tau^2+s_i^2)`, averaged
    over :math:`\mu` and :math:`\tau` as in `shrunken_rates`. Few answers do not tell
    their own error: the variance of one answer is pooled, the common one counting
    as `SHARED` answers.

    Examples
    --------
    >>> found = {name: Estimate(value=value, standard_error=error, low=1, high=5,
    ...     base=base, unit="score") for name, value, error, base in [
    ...     ("a", 5.0, 0.0, 2), ("b", 4.1, 0.1, 100), ("c", 4.0, 0.1, 100),
    ...     ("d", 3.9, 0.1, 100)]}
    >>> round(shrunken_means(found)["a"].value, 2)
    4.04
    """
    table = _scores(estimates)
    pattern = next(iter(estimates.values()))

    def shrink(part: pd.DataFrame) -> dict[str, Estimate]:
        y, s2 = _columns(part[["value", "variance"]])
        pooled = pool_means(y, s2)
        kept = pooled.second / (pooled.second + s2)
        found = pooled.average(pooled.first + kept * (y - pooled.first), kept * s2)
        rows = zip(part.index, *found, part["base"], strict=True)
        return {str(i): _mean(m, v, int(n), pattern) for i, m, v, n in rows}

    return _by_category(table, categories, shrink)


@statistic
def spread_of_rates(
    products: pd.DataFrame,
    *,
    marked: str = "returned_closed_lines",
    over: str = "closed_lines",
    confidence: float = 0.95,
) -> Estimate:
    r"""Standard deviation of the products' true rates: what chance does not explain.

    Parameters
    ----------
    products : DataFrame
        As in `shrunken_rates`.
    marked, over : str
        Columns of counts.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `share`; the base counts products. `low` is nought where the products
        may all be alike: then differences among them say nothing.

    Raises
    ------
    StudyError
        If there are fewer than `LEAST` products.

    Notes
    -----
    :math:`\sqrt{\mu(1-\mu)/(k+1)}`, its median over the grid of `shrunken_rates`.
    Nought is in the interval where one rate for all is within
    :math:`z^2/2` of the best log-likelihood.

    Examples
    --------
    >>> lines = pd.DataFrame({"product_id": list("abcd"),
    ...     "returned_closed_lines": [5, 52, 39, 9],
    ...     "closed_lines": [50, 500, 400, 90]})
    >>> spread_of_rates(lines).low
    0.0
    """
    x, n = _columns(_counts(products, marked, over))
    found = pool_rates(x, n)
    size = found.first + found.second
    sizes = np.sqrt(found.first * found.second / (size + 1)) / size
    tail = (1 - confidence) / 2
    reach = critical_value(confidence) ** 2 / 2
    is_alike = one_rate(x, n) > found.best - reach
    middle = found.quantile(sizes, 0.5)
    mean = float((found.weights * sizes).sum())
    return Estimate(
        value=middle,
        standard_error=math.sqrt(float((found.weights * (sizes - mean) ** 2).sum())),
        low=0.0 if is_alike else found.quantile(sizes, tail),
        high=found.quantile(sizes, 1 - tail),
        base=len(x),
        unit="share",
        confidence=confidence,
    )


def _counts(products: pd.DataFrame, marked: str, over: str) -> pd.DataFrame:
    named = products.rename(columns={marked: "marked", over: "over"})
    counts = named.set_index("product_id")[["marked", "over"]].astype("float64")
    if (counts["marked"] > counts["over"]).any() or (counts < 0).any(axis=None):
        raise StudyError(
            f"{marked} must lie between nought and {over} for each product: "
            "look at the rows of returns that intake set aside."
        )
    return counts[counts["over"] > 0]


def _scores(estimates: Mapping[str, Estimate]) -> pd.DataFrame:
    """Values with the variance of their error, pooled where bases are small."""
    rows = {
        key: (one.value, one.standard_error, one.base) for key, one in estimates.items()
    }
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["value", "error", "base"]
    ).query("base > 0")
    degrees = (table["base"] - 1).where(table["error"].notna(), 0)
    of_one = (table["error"] ** 2 * table["base"]).fillna(0.0)
    pooled = (degrees * of_one).sum() / max(degrees.sum(), 1)
    if not pooled > 0:
        raise StudyError(
            "The products' answers do not differ from one another, so there is no "
            "error to judge them by: leave this section out."
        )
    of_one = (degrees * of_one + SHARED * pooled) / (degrees + SHARED)
    return table.assign(variance=of_one / table["base"])


def _by_category(
    table: pd.DataFrame,
    categories: Mapping[str, str] | None,
    shrink: Callable[[pd.DataFrame], dict[str, Estimate]],
) -> dict[str, Estimate]:
    if len(table) < LEAST:
        raise StudyError(
            f"{len(table)} products have figures, and {LEAST} are needed to draw "
            "them towards one another: show the plain figures instead."
        )
    found = {}
    for members, pool in _pools(table, categories):
        shrunken = shrink(pool)
        found.update({name: shrunken[name] for name in members})
    return {str(name): found[str(name)] for name in table.index}


def _pools(
    table: pd.DataFrame, categories: Mapping[str, str] | None
) -> Iterator[tuple[list[str], pd.DataFrame]]:
    """Products, and those that they are drawn towards."""
    if not categories:
        yield [str(name) for name in table.index], table
        return
    of = pd.Series([categories.get(str(i)) for i in table.index], table.index)
    is_large = of.map(of.value_counts()).fillna(0) >= ENOUGH
    for _, pool in table[is_large].groupby(of[is_large]):
        yield [str(name) for name in pool.index], pool
    if not is_large.all():
        yield [str(name) for name in table.index[~is_large]], table


def _columns(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Two columns, shaped so that each product is a sheet over the grid."""
    first, second = part.to_numpy(dtype=float).T
    return first[:, None, None], second[:, None, None]


def _rate(mean: float, variance: float, base: int, confidence: float) -> Estimate:
    worth = mean * (1 - mean) / variance
    shapes = mean * (worth - 1), (1 - mean) * (worth - 1)
    low, high = stats.beta.interval(confidence, *shapes)
    return Estimate(
        value=mean,
        standard_error=math.sqrt(variance),
        low=min(mean, low),
        high=max(mean, high),
        base=base,
        unit="share",
        effective_base=worth,
        confidence=confidence,
    )


def _mean(mean: float, variance: float, base: int, pattern: Estimate) -> Estimate:
    error = math.sqrt(variance)
    half = critical_value(pattern.confidence) * error
    return Estimate(
        value=mean,
        standard_error=error,
        low=mean - half,
        high=mean + half,
        base=base,
        unit=pattern.unit,
        confidence=pattern.confidence,
    )
