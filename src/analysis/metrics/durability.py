"""How long customers keep what they bought, without return or complaint."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, statistic, wilson_bounds
from analysis.study import StudyError
from analysis.survey import Moments, Result
from analysis.survey.share_contrasts import contrast_shares

DAYS = (14, 30, 90, 180)
ENDS = ("returned", "complained")


@dataclass(frozen=True)
class _Curve:
    """Kept lines by day: of all folds, and with each fold left out."""

    at_risk: np.ndarray
    kept: np.ndarray
    without: np.ndarray
    greenwood: np.ndarray
    degrees: float

    def known(self, day: int) -> bool:
        return 0 <= day < len(self.at_risk) and self.at_risk[day] > 0

    def covariance(self, other: _Curve, day: int) -> float:
        """Jackknife covariance with another curve on the same folds."""
        gaps = [
            one.without[:, day] - one.without[:, day].mean() for one in (self, other)
        ]
        folds = len(gaps[0])
        return float((folds - 1) / folds * (gaps[0] @ gaps[1]))

    def error(self, day: int) -> float:
        return math.sqrt(max(self.covariance(self, day), self.greenwood[day]))

    def worth(self, day: int) -> float:
        """Independent lines that would be as precise."""
        kept, error = self.kept[day], self.error(day)
        if not 0 < kept < 1 or not error > 0:
            return float(self.at_risk[day])
        return float(kept * (1 - kept) / error**2)


@statistic
def kept(
    line_ages: pd.DataFrame,
    *,
    day: int = 30,
    by: str | None = None,
    confidence: float = 0.95,
) -> Result:
    r"""Share of order lines still kept at an age, without return or complaint.

    Parameters
    ----------
    line_ages : DataFrame
        Lines by fold, age in days, and how they were last seen: fold, days, returned,
        complained, open, and `by`.
    day : int
        The age, in days since the order.
    by : str, optional
        Column of levels, such as ``product_id``.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`; the base counts lines that were watched up to that day. Levels
        without such a line are left out.

    Raises
    ------
    StudyError
        If no line was watched for so long.

    Notes
    -----
    With :math:`d_t` lines returned or complained of at age :math:`t` and :math:`n_t`
    kept and watched until then, :math:`S(t) = \prod_{u \le t} (1 - d_u/n_u)` [1]_.
    Young lines count for as long as they were watched, so nothing waits for windows
    to close. Assumes that lines ordered lately will fare as older ones did.

    The variance is the larger of two: Greenwood's,
    :math:`S^2 \sum d_u / n_u(n_u-d_u)`, which takes lines as independent, and the
    jackknife over folds of customers, which does not. The interval is Wilson's on
    :math:`S(1-S)/\mathrm{SE}^2` lines, with Student's t on the folds less one. It
    covers as often as the one on the scale of :math:`\log(-\log S)`, and stands where
    nothing came back.

    References
    ----------
    .. [1] Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from
       incomplete observations. JASA 53(282), 457-481.

    Examples
    --------
    >>> ages = pd.DataFrame({"fold": [0, 1, 2, 3], "days": [5, 20, 60, 60],
    ...     "returned": [5, 0, 0, 0], "complained": 0, "open": [0, 10, 20, 15]})
    >>> found = kept(ages, day=30)
    >>> found.value, found.base
    (0.9, 35)
    """
    curves = dict(_curves(line_ages, by))
    known = {level: one for level, one in curves.items() if one.known(day)}
    if not known:
        raise StudyError(
            f"No line was watched for {day} days: ask for fewer, or raise "
            "outcomes.durability_days."
        )
    found = {level: _estimate(one, day, confidence) for level, one in known.items()}
    return found if by else found["all"]


@statistic
def kept_by_day(
    line_ages: pd.DataFrame,
    *,
    days: Sequence[int] = DAYS,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """Share of all order lines still kept at several ages.

    Parameters
    ----------
    line_ages : DataFrame
        As in `kept`.
    days : sequence of int
        Ages in days.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        By age, written as in ``30 days``; ages that no line reached are left out.

    Notes
    -----
    See `kept`.

    Examples
    --------
    >>> ages = pd.DataFrame({"fold": [0, 1], "days": [5, 60], "returned": [1, 0],
    ...     "complained": 0, "open": [0, 9]})
    >>> {day: one.value for day, one in kept_by_day(ages).items()}
    {'14 days': 0.9, '30 days': 0.9}
    """
    [(_, curve)] = _curves(line_ages, None)
    return {
        f"{day} days": _estimate(curve, day, confidence)
        for day in days
        if curve.known(day)
    }


@statistic
def kept_difference(
    line_ages: pd.DataFrame,
    *,
    levels: tuple[str, str],
    by: str = "product_id",
    day: int = 30,
    confidence: float = 0.95,
) -> Estimate:
    """Share kept of one product less that of another.

    Parameters
    ----------
    line_ages : DataFrame
        As in `kept`.
    levels : tuple of str
        The product to look at, then the one to compare with.
    by : str
        Column of levels.
    day : int
        The age in days.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `share_difference`, with `p_value` of no difference; it is missing where
        both together hold fewer than five returns or complaints. The base is the
        smaller one.

    Raises
    ------
    StudyError
        If a level has no line that was watched for so long.

    Notes
    -----
    The interval puts both intervals of `kept` together and knows that customers who
    bought both are in both; see `analysis.survey.share_difference`.

    Examples
    --------
    >>> ages = pd.DataFrame({"product_id": ["a", "b"] * 20, "days": 40, "open": 90,
    ...     "fold": [fold for fold in range(20) for _ in "ab"], "complained": 0})
    >>> early = ages.assign(days=9, open=0, returned=[9, 2] * 20)
    >>> both = pd.concat([ages.assign(returned=0), early])
    >>> gap = kept_difference(both, levels=("a", "b"))
    >>> round(gap.value, 3), gap.p_value < 0.001
    (-0.069, True)
    """
    curves = dict(_curves(line_ages, by))
    for level in levels:
        if level not in curves or not curves[level].known(day):
            raise StudyError(f"No line of {by} = {level!r} was watched for {day} days.")
    pair = [curves[level] for level in levels]
    covariance = np.array([[one.covariance(two, day) for two in pair] for one in pair])
    np.fill_diagonal(covariance, [one.error(day) ** 2 for one in pair])
    table = pd.DataFrame([_moments(one, day) for one in pair], index=list(levels))
    return contrast_shares(
        Moments(table, covariance), confidence=confidence, is_ratio=True
    )


def kept_curves(
    line_ages: pd.DataFrame,
    *,
    levels: Sequence[str] = (),
    by: str = "product_id",
    minimum_base: int = 10,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share kept by day, of all lines and of some products, for a chart.

    Parameters
    ----------
    line_ages : DataFrame
        As in `kept`.
    levels : sequence of str
        Products to compare with all.
    by : str
        Column of levels.
    minimum_base : int
        Days that fewer lines reached are left out.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    DataFrame
        Columns level, day, value, low, high and at_risk (lines kept and watched until
        that day); the level of all lines is ``all``.

    Notes
    -----
    See `kept`. Each interval is for its own day, and not for the curve as a whole.

    Examples
    --------
    >>> ages = pd.DataFrame({"fold": [0, 1], "days": [1, 2], "returned": [5, 0],
    ...     "complained": 0, "open": [0, 15]})
    >>> kept_curves(ages)[["day", "value", "at_risk"]].values.tolist()
    [[0.0, 1.0, 20.0], [1.0, 0.75, 20.0], [2.0, 0.75, 15.0]]
    """
    curves = dict(_curves(line_ages, None))
    if levels:
        split = dict(_curves(line_ages, by))
        curves.update({level: split[level] for level in levels if level in split})
    rows = [
        {"level": level, "day": day, **_point(curve, day, confidence)}
        for level, curve in curves.items()
        for day in np.flatnonzero(curve.at_risk >= max(minimum_base, 1)).tolist()
    ]
    names = ["level", "day", "value", "low", "high", "at_risk"]
    return pd.DataFrame(rows, columns=names)


def _curves(line_ages: pd.DataFrame, by: str | None) -> Iterator[tuple[str, _Curve]]:
    """One curve per level, all on the same folds and days."""
    if line_ages.empty:
        raise StudyError("No order line has an age: this needs orders and returns.")
    ended = line_ages[[name for name in ENDS if name in line_ages]].sum(axis=1)
    lines = line_ages.assign(ended=ended, leaving=ended + line_ages["open"])
    folds = pd.Index(sorted(set(lines["fold"])))
    length = int(lines["days"].max()) + 1
    groups = lines.groupby(by) if by else [("all", lines)]
    for level, part in groups:
        places = folds.get_indexer(part["fold"]), part["days"].to_numpy(dtype=int)
        counts = np.zeros((2, len(folds), length))
        for sheet, name in zip(counts, ("ended", "leaving"), strict=True):
            np.add.at(sheet, places, part[name].to_numpy(dtype=float))
        yield str(level), _curve(*counts)


def _curve(ended: np.ndarray, leaving: np.ndarray) -> _Curve:
    at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
    events, risk = ended.sum(axis=0), at_risk.sum(axis=0)
    kept_lines = _kaplan_meier(events, risk)
    # Where all that is left comes back at once the factor is nought, and so is this.
    left = np.where(risk > events, risk * (risk - events), np.inf)
    return _Curve(
        at_risk=risk,
        kept=kept_lines,
        without=_kaplan_meier(events - ended, risk - at_risk),
        greenwood=kept_lines**2 * (events / left).cumsum(),
        degrees=max(float((at_risk[:, 0] > 0).sum()) - 1, 1.0),
    )


def _kaplan_meier(events: np.ndarray, risk: np.ndarray) -> np.ndarray:
    stays = 1 - events / np.where(risk > 0, risk, 1)
    return np.asarray(stays.cumprod(axis=-1))


def _point(curve: _Curve, day: int, confidence: float) -> dict[str, float]:
    value = min(1.0, float(curve.kept[day]))
    reach = critical_value(confidence, curve.degrees)
    low, high = wilson_bounds(value, curve.worth(day), reach)
    return {"value": value, "low": low, "high": high, "at_risk": curve.at_risk[day]}


def _estimate(curve: _Curve, day: int, confidence: float) -> Estimate:
    point = _point(curve, day, confidence)
    return Estimate(
        value=point["value"],
        standard_error=curve.error(day),
        low=point["low"],
        high=point["high"],
        base=int(point["at_risk"]),
        unit="share",
        effective_base=curve.worth(day),
        confidence=confidence,
    )


def _moments(curve: _Curve, day: int) -> dict[str, float]:
    base = float(curve.at_risk[day])
    return {
        "value": curve.kept[day],
        "standard_error": curve.error(day),
        "degrees": curve.degrees,
        "base": base,
        "kish": base,
        "spread": math.nan,
        "chances": curve.worth(day),
    }
