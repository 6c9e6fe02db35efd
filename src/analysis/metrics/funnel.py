"""Products that stand out from how products ordinarily differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.estimate import Estimate, critical_value, statistic
from analysis.study import StudyError

# With fewer products nobody can say what is ordinary.
LEAST = 5
# Products with fewer expected events tell next to nothing of how products differ.
EXPECTED = 3.0
# A tenth at either end of a normal distribution lies outside.
WINSOR = float(stats.norm.ppf(0.9))
# Mean square and slope of a standard normal variable so winsorised.
_SQUARE = 0.8 - 2 * WINSOR * float(stats.norm.pdf(WINSOR)) + 0.2 * WINSOR**2
_SLOPE = 0.8
_WIDEST = (math.pi / 2) ** 2


@dataclass(frozen=True)
class Ordinary:
    """How products ordinarily are.

    Parameters
    ----------
    centre : float
        Their middle rate, as an angle (the arcsine of the root).
    between : float
        Variance between products beyond chance, of angles; 0 or more.
    degrees : float
        Products that told of it, less one.
    """

    centre: float
    between: float
    degrees: float

    @property
    def rate(self) -> float:
        """The middle rate."""
        return math.sin(self.centre) ** 2

    def error(self, over: np.ndarray) -> np.ndarray:
        """Standard deviation of the angle of an ordinary product with so many lines."""
        return np.sqrt(_chance(over) + self.between)


def ordinary_products(
    products: pd.DataFrame,
    *,
    marked: str = "returned_closed_lines",
    over: str = "closed_lines",
) -> Ordinary:
    r"""Find the middle rate of products and how far they ordinarily differ.

    Parameters
    ----------
    products : DataFrame
        One row per product, with `marked` and `over`.
    marked, over : str
        Columns of counts.

    Returns
    -------
    Ordinary
        Centre and variance between products.

    Raises
    ------
    StudyError
        If fewer than `LEAST` products have lines.

    Notes
    -----
    On angles :math:`y = \arcsin\sqrt{(x+3/8)/(n+3/4)}` chance has the variance
    :math:`s^2 = 1/(4n+2)` whatever the rate [1]_. Centre and variance
    :math:`\tau^2` between products solve

    .. math::
        \sum_i \frac{\psi(z_i)}{\sqrt{s_i^2+\tau^2}} = 0, \qquad
        \sum_i \psi(z_i)^2 = \kappa (I-1), \qquad
        z_i = \frac{y_i - \mu}{\sqrt{s_i^2+\tau^2}} ,

    where :math:`\psi` cuts z-scores at ±1.28, as a tenth at each end of a normal
    distribution would be, and :math:`\kappa = 0.68` is what is left of a variance of
    one. So an odd product hardly widens the limits that it is held against. Without
    cutting this is the estimate of Paule and Mandel. The one-step estimate from
    winsorised z-scores without :math:`\tau` [2]_ is not used: cutting takes a third
    of the variance away, and where sizes differ it cuts the largest products alone,
    so that among 25 ordinary products one was called odd in half of all simulations.

    Products with fewer than `EXPECTED` expected events are judged and not asked.

    References
    ----------
    .. [1] Anscombe, F. J. (1948). The transformation of Poisson, binomial and
       negative-binomial data. Biometrika 35, 246-254.
    .. [2] Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional
       performance. Statistics in Medicine 24(8), 1185-1202.

    Examples
    --------
    >>> lines = pd.DataFrame({"product_id": list("abcde"),
    ...     "returned_closed_lines": [10, 11, 9, 10, 40], "closed_lines": [100] * 5})
    >>> round(ordinary_products(lines).rate, 2)
    0.11
    """
    counts = _counts(products, marked, over)
    if len(counts) < LEAST:
        raise StudyError(
            f"{len(counts)} products have lines, and {LEAST} are needed to say what "
            "is ordinary: compare them by their plain rates."
        )
    asked = _telling(counts)
    y, s2 = _angles(asked), _chance(asked["over"].to_numpy())
    between = _variance_between(y, s2)
    return Ordinary(_centre(y, s2 + between), between, len(asked) - 1)


@statistic
def standing_out(
    products: pd.DataFrame,
    *,
    marked: str = "returned_closed_lines",
    over: str = "closed_lines",
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    r"""Rate of each product less the middle rate, held against the ordinary.

    Parameters
    ----------
    products : DataFrame
        One row per product: product_id, `marked` and `over`.
    marked, over : str
        Columns of counts.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        By product, unit `share_difference`; the base counts lines. `p_value`: how
        often an ordinary product with so many lines lies at least so far off.

    Raises
    ------
    StudyError
        If fewer than `LEAST` products have lines.

    Notes
    -----
    Of the angle, :math:`z = (y-\mu)/\sqrt{s^2+\tau^2}` is compared with Student's t
    on the products that told of :math:`\tau` less one; see `ordinary_products`. The
    interval is :math:`y \pm t\sqrt{s^2+\tau^2}` turned back into rates, less the
    middle rate. It leaves out nought where the p-value is under 1 - `confidence`. It
    holds both chance and how products ordinarily differ, so it is wider than that of
    the product's own rate; for that see `analysis.metrics.shrinkage`. Publish the
    p-values as one family: of many ordinary products some lie outside a 95 % limit.

    Examples
    --------
    >>> lines = pd.DataFrame({"product_id": list("abcdefgh"),
    ...     "returned_closed_lines": [100, 101, 90, 100, 98, 105, 93, 400],
    ...     "closed_lines": [1000] * 8})
    >>> found = standing_out(lines)
    >>> [name for name, one in found.items() if one.p_value < 0.05 / 8]
    ['h']
    """
    counts = _counts(products, marked, over)
    ordinary = ordinary_products(products, marked=marked, over=over)
    n = counts["over"].to_numpy()
    table = counts.assign(angle=_angles(counts), error=ordinary.error(n))
    return {
        str(name): _against(row, ordinary, confidence) for name, row in table.iterrows()
    }


def funnel_limits(
    products: pd.DataFrame,
    *,
    marked: str = "returned_closed_lines",
    over: str = "closed_lines",
    levels: Sequence[float] = (0.95, 0.998),
    points: int = 60,
) -> pd.DataFrame:
    """Limits within which ordinary products lie, by number of lines.

    Parameters
    ----------
    products : DataFrame
        As in `standing_out`.
    marked, over : str
        Columns of counts.
    levels : sequence of float
        Shares of ordinary products between the limits.
    points : int
        Sizes at which the limits are given, from the smallest product to the largest.

    Returns
    -------
    DataFrame
        Columns level, base, centre, low, high; rates from 0 to 1.

    Raises
    ------
    StudyError
        If fewer than `LEAST` products have lines.

    Notes
    -----
    A product lies outside the limits exactly where the p-value of `standing_out` is
    below one minus the level.

    Examples
    --------
    >>> lines = pd.DataFrame({"product_id": list("abcde"),
    ...     "returned_closed_lines": [10, 11, 9, 10, 12], "closed_lines": [100] * 5})
    >>> funnel_limits(lines, points=1).round(2).values.tolist()
    [[0.95, 100.0, 0.11, 0.03, 0.2], [1.0, 100.0, 0.11, 0.0, 0.41]]
    """
    counts = _counts(products, marked, over)
    ordinary = ordinary_products(products, marked=marked, over=over)
    sizes = np.geomspace(counts["over"].min(), counts["over"].max(), points)
    error = ordinary.error(sizes)
    parts = []
    for level in levels:
        reach = critical_value(level, ordinary.degrees) * error
        parts.append(
            pd.DataFrame(
                {
                    "level": level,
                    "base": sizes,
                    "centre": ordinary.rate,
                    "low": _observed(ordinary.centre - reach, sizes),
                    "high": _observed(ordinary.centre + reach, sizes),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _counts(products: pd.DataFrame, marked: str, over: str) -> pd.DataFrame:
    named = products.rename(columns={marked: "marked", over: "over"})
    counts = named.set_index("product_id")[["marked", "over"]].astype("float64")
    return counts[counts["over"] > 0]


def _telling(counts: pd.DataFrame) -> pd.DataFrame:
    """Products with enough expected events; the largest where these are too few."""
    rate = counts["marked"].sum() / counts["over"].sum()
    enough = counts[counts["over"] * min(rate, 1 - rate) >= EXPECTED]
    largest = counts.sort_values("over", kind="stable").tail(LEAST)
    return enough if len(enough) >= LEAST else largest


def _angles(counts: pd.DataFrame) -> np.ndarray:
    share = (counts["marked"] + 0.375) / (counts["over"] + 0.75)
    return np.asarray(np.arcsin(np.sqrt(share)))


def _chance(over: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (4 * over + 2))


def _observed(angle: np.ndarray, over: np.ndarray) -> np.ndarray:
    """The rate that has this angle among so many lines."""
    within = np.sin(np.clip(angle, 0, math.pi / 2)) ** 2
    return np.clip((within * (over + 0.75) - 0.375) / over, 0.0, 1.0)


def _variance_between(y: np.ndarray, s2: np.ndarray) -> float:
    """Variance at which winsorised z-scores are as large as chance makes them."""

    def excess(between: float) -> float:
        z = _cut(y, s2 + between)
        return float(z @ z) - _SQUARE * (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(excess, 0.0, _WIDEST))


def _cut(y: np.ndarray, variance: np.ndarray) -> np.ndarray:
    z = (y - _centre(y, variance)) / np.sqrt(variance)
    return np.clip(z, -WINSOR, WINSOR)


def _centre(y: np.ndarray, variance: np.ndarray) -> float:
    """Weighted mean of winsorised values, from the median on."""
    error = np.sqrt(variance)
    centre = float(np.median(y))
    for _ in range(100):
        cut = np.clip((y - centre) / error, -WINSOR, WINSOR)
        step = float((cut / error).sum() / (1 / variance).sum() / _SLOPE)
        centre += step
        if abs(step) < 1e-12:
            break
    return centre


def _against(row: pd.Series, ordinary: Ordinary, confidence: float) -> Estimate:
    centre = ordinary.rate
    value = row["marked"] / row["over"] - centre
    reach = critical_value(confidence, ordinary.degrees) * row["error"]
    ends = np.clip([row["angle"] - reach, row["angle"] + reach], 0, math.pi / 2)
    low, high = np.sin(ends) ** 2 - centre
    z = (row["angle"] - ordinary.centre) / row["error"]
    return Estimate(
        value=value,
        standard_error=2 * math.sqrt(centre * (1 - centre)) * row["error"],
        low=min(low, value),
        high=max(high, value),
        base=int(row["over"]),
        unit="share_difference",
        confidence=confidence,
        p_value=float(2 * stats.t.sf(abs(z), ordinary.degrees)),
    )
