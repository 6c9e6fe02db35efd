"""Rank correlations with intervals."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd

from analysis.estimate import (
    Estimate,
    critical_value,
    effective_base,
    statistic,
    two_sided_p,
)
from analysis.study import StudyError
from analysis.survey import Replicates, Sample, replicate_estimate, replicates

QUESTIONS = ("recommend", "satisfaction", "effort")
BEHAVIOUR = {"returns": "returned_after", "revenue": "revenue_after"}
SALES = {"return rate": "return_rate", "revenue": "revenue"}
REPLICATES = 300
FEWEST = 20
FEWEST_PRODUCTS = 10


@statistic
def rank_correlation(
    sample: Sample, columns: tuple[str, str], *, replicates: Replicates
) -> Estimate:
    r"""Weighted rank correlation of two columns over people.

    Parameters
    ----------
    sample : Sample
        Rows with both values are used; the others stay in the design.
    columns : tuple of str
        Two numeric columns.
    replicates : Replicates
        Of the same sample; see `analysis.survey.replicates`.

    Returns
    -------
    Estimate
        Spearman's coefficient, from -1 to 1, with the `p_value` of none. The base
        counts rows with both values.

    Raises
    ------
    StudyError
        If fewer than 20 rows have both values, or a column does not vary.

    Notes
    -----
    Pearson's coefficient of weighted mid-ranks. The error comes from replicate
    weights: whole people are drawn anew and weighted anew (Rao-Wu bootstrap [1]_).
    The interval is Student's on Fisher's scale :math:`\operatorname{artanh} r`.
    Ties, which return rates are full of, are kept. A correlation is no effect.

    References
    ----------
    .. [1] Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex
       survey data. JASA 83(401), 231-241.

    Examples
    --------
    >>> from analysis.survey import replicates
    >>> people = Sample(pd.DataFrame({"score": range(30), "spent": range(30)}))
    >>> drawn = replicates(people, rng=np.random.default_rng(1), number=100)
    >>> round(rank_correlation(people, ("score", "spent"), replicates=drawn).value, 6)
    1.0
    """
    is_used = sample.frame[list(columns)].notna().all(axis=1).to_numpy()
    rows = sample.frame[is_used]
    _check(rows, columns)
    first, second = (_Ranked(rows[name].to_numpy(dtype=float)) for name in columns)

    def coefficient(_frame: pd.DataFrame, weights: np.ndarray) -> float:
        return _correlation(first, second, weights[is_used])

    found = replicate_estimate(
        sample,
        coefficient,
        replicates=replicates,
        unit="correlation",
        scale="fisher",
        against=0.0,
    )
    assert isinstance(found, Estimate)  # the function gives one number
    return dataclasses.replace(
        found, base=len(rows), effective_base=effective_base(_weights(sample)[is_used])
    )


@statistic
def rank_correlation_of_products(
    products: pd.DataFrame, columns: tuple[str, str], *, confidence: float = 0.95
) -> Estimate:
    r"""Rank correlation of two columns over products.

    Parameters
    ----------
    products : DataFrame
        One row per product.
    columns : tuple of str
        Two numeric columns.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Spearman's coefficient, from -1 to 1, with the `p_value` of none.

    Raises
    ------
    StudyError
        If there are fewer than 10 products, or a column does not vary.

    Notes
    -----
    The error on Fisher's scale is :math:`\sqrt{(1 + r^2/2)/(n-3)}` [1]_. Products
    are few, and what makes a product sell may move both columns: the figure
    describes these products and says nothing of causes.

    References
    ----------
    .. [1] Bonett, D. G. and Wright, T. A. (2000). Sample size requirements for
       estimating Pearson, Kendall and Spearman correlations. Psychometrika 65(1),
       23-28.

    Examples
    --------
    >>> products = pd.DataFrame({"rating": range(12), "returns": range(12, 0, -1)})
    >>> rank_correlation_of_products(products, ("rating", "returns")).value
    -1.0
    """
    rows = products.dropna(subset=list(columns))
    _check(rows, columns, fewest=FEWEST_PRODUCTS)
    x, y = (rows[name].to_numpy(dtype=float) for name in columns)
    value = _spearman(x, y, np.ones(len(rows)))
    error = math.sqrt((1 + value**2 / 2) / (len(rows) - 3))
    return _on_fisher_scale(
        value, error, base=len(rows), degrees=len(rows) - 2, confidence=confidence
    )


@statistic
def rank_correlations(
    sample: Sample, *, rng: np.random.Generator, number: int = REPLICATES
) -> dict[str, Estimate]:
    """Rank correlation of each question with each later behaviour.

    Parameters
    ----------
    sample : Sample
        As `after_answers` makes it.
    rng : Generator
        Source of the resampling.
    number : int
        How many times the sample is drawn and weighted anew.

    Returns
    -------
    dict of str to Estimate
        Keys such as ``recommend and returns``. Pairs that cannot be correlated,
        since a column is absent, constant or nearly empty, are left out.

    Notes
    -----
    See `rank_correlation`. Effort is taken as it was asked.

    Examples
    --------
    >>> people = pd.DataFrame({"recommend": range(30), "revenue_after": range(30)})
    >>> list(rank_correlations(Sample(people), rng=np.random.default_rng(1)))
    ['recommend and revenue']
    """
    pairs = {
        f"{question} and {behaviour}": (question, column)
        for question in sample.known(QUESTIONS)
        for behaviour, column in BEHAVIOUR.items()
        if _can_correlate(sample.frame, (question, column))
    }
    drawn = replicates(sample, rng=rng, number=number) if pairs else None
    return {
        name: rank_correlation(sample, pair, replicates=drawn)
        for name, pair in pairs.items()
        if drawn
    }


@statistic
def product_correlations(
    products: pd.DataFrame, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Rank correlation of products' ratings with their returns and revenue.

    Parameters
    ----------
    products : DataFrame
        As `products_side_by_side` makes it.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Keys such as ``rating and revenue``; empty with too few products.

    Notes
    -----
    See `rank_correlation_of_products`.

    Examples
    --------
    >>> products = pd.DataFrame({"rating": range(12), "revenue": range(12)})
    >>> list(product_correlations(products))
    ['rating and revenue']
    """
    return {
        f"rating and {name}": rank_correlation_of_products(
            products, ("rating", column), confidence=confidence
        )
        for name, column in SALES.items()
        if _can_correlate(products, ("rating", column), fewest=FEWEST_PRODUCTS)
    }


def _can_correlate(
    rows: pd.DataFrame, columns: tuple[str, str], fewest: int = FEWEST
) -> bool:
    if any(name not in rows for name in columns):
        return False
    both = rows[list(columns)].dropna()
    return len(both) >= fewest and bool((both.max() > both.min()).all())


def _check(rows: pd.DataFrame, columns: tuple[str, str], fewest: int = FEWEST) -> None:
    names = " and ".join(columns)
    if len(rows) < fewest:
        raise StudyError(
            f"A correlation of {names} takes {fewest} rows with both; "
            f"there are {len(rows)}."
        )
    for name in columns:
        if rows[name].nunique() < 2:
            raise StudyError(f"{name} is the same in all rows: nothing can go with it.")


def _weights(sample: Sample) -> np.ndarray:
    if sample.weights is None:
        return np.ones(len(sample.frame))
    return sample.frame[sample.weights].to_numpy(dtype=float)


def _spearman(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    return _correlation(_Ranked(x), _Ranked(y), weights)


class _Ranked:
    """A column as codes of its sorted distinct values: sorted once, weighted often."""

    def __init__(self, values: np.ndarray) -> None:
        distinct, self.codes = np.unique(values, return_inverse=True)
        self.size = len(distinct)

    def centred(self, weights: np.ndarray) -> np.ndarray:
        mass = np.bincount(self.codes, weights, self.size)
        ranks = np.cumsum(mass) - mass / 2
        return (ranks - mass @ ranks / mass.sum())[self.codes]


def _correlation(x: _Ranked, y: _Ranked, weights: np.ndarray) -> float:
    u, v = x.centred(weights), y.centred(weights)
    spread = math.sqrt((weights @ u**2) * (weights @ v**2))
    return float(weights @ (u * v) / spread) if spread > 0 else 0.0


def _on_fisher_scale(
    value: float, error: float, *, base: int, degrees: float, confidence: float
) -> Estimate:
    value = min(1.0, max(-1.0, round(value, 12)))
    centre = math.atanh(min(1 - 1e-12, max(-1 + 1e-12, value)))
    half = critical_value(confidence, degrees) * error
    return Estimate(
        value=value,
        standard_error=error * (1 - value**2),
        low=math.tanh(centre - half),
        high=math.tanh(centre + half),
        base=base,
        unit="correlation",
        confidence=confidence,
        p_value=two_sided_p(centre, error, degrees),
    )
