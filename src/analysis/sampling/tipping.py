r"""How different the silent must be to overturn the headline.

With a share :math:`r` of customers who answer (or would), and the others silent,
:math:`y_{all} = r\,y_{resp} + (1-r)\,y_{silent}`: each point by which the silent
differ moves the whole by :math:`1-r` points.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError

DIFFERENCES = {"share": "share_difference", "score": "score_difference"}


@statistic
def tipping_gaps(
    headline: Estimate, rate: Estimate, *, target: float | None = None
) -> dict[str, Estimate]:
    r"""How far the silent must differ from respondents to move the headline.

    Parameters
    ----------
    headline : Estimate
        The weighted figure of respondents: a score, a share or points.
    rate : Estimate
        The response rate, taken as known.
    target : float, optional
        A value to be reached, in the headline's unit.

    Returns
    -------
    dict of str to Estimate
        ``its own margin`` (how far below, or above, respondents the silent must be
        to move the headline by half the width of its interval), ``zero`` (points
        only) and ``target``: silent minus respondents. The base is the headline's.

    Raises
    ------
    StudyError
        If nobody or everybody answered.

    Notes
    -----
    :math:`d = (y^* - y_{resp}) / (1 - r)` for a wanted :math:`y^*` of everyone. The
    intervals of zero and target are those of the headline; the first is exact. It
    says how much hidden difference the headline can stand, not how much there is:
    hold it against what is known of the silent (`shop_gaps`, `late_minus_early`).

    Examples
    --------
    >>> nps = Estimate(value=30, standard_error=2, low=26, high=34, base=800,
    ...     unit="points")
    >>> rate = Estimate(value=0.2, standard_error=0, low=0.2, high=0.2, base=4000,
    ...     unit="share")
    >>> gaps = tipping_gaps(nps, rate)
    >>> gaps["its own margin"].value, gaps["zero"].value
    (5.0, -37.5)
    """
    silent = _silent(rate)
    margin = (headline.high - headline.low) / 2 / silent
    found = {"its own margin": _gap(headline, margin, [margin, margin])}
    wanted = {"zero": 0.0 if headline.unit == "points" else None, "target": target}
    for name, value in wanted.items():
        if value is not None:
            ends = [(value - y) / silent for y in (headline.high, headline.low)]
            found[name] = _gap(headline, (value - headline.value) / silent, ends)
    return found


def tipping_curve(
    headline: Estimate,
    rate: Estimate,
    *,
    scale: tuple[float, float],
    points: int = 41,
) -> pd.DataFrame:
    """Compute the headline of everyone for each thing the silent might say.

    Parameters
    ----------
    headline, rate : Estimate
        As for `tipping_gaps`.
    scale : tuple of float
        The lowest and the highest that the silent can say, such as -100 and 100.
    points : int
        Rows of the curve.

    Returns
    -------
    DataFrame
        silent, value, low, high: in the headline's unit; `unit`.

    Examples
    --------
    >>> nps = Estimate(value=30, standard_error=2, low=26, high=34, base=800,
    ...     unit="points")
    >>> rate = Estimate(value=0.2, standard_error=0, low=0.2, high=0.2, base=4000,
    ...     unit="share")
    >>> tipping_curve(nps, rate, scale=(-100, 100), points=2)["value"].tolist()
    [-74.0, 86.0]
    """
    silent = _silent(rate)
    grid = np.linspace(*scale, points)
    ends = {"value": headline.value, "low": headline.low, "high": headline.high}
    lines = {name: (1 - silent) * y + silent * grid for name, y in ends.items()}
    return pd.DataFrame({"silent": grid, **lines, "unit": headline.unit})


def is_possible(headline: Estimate, gap: Estimate, scale: tuple[float, float]) -> bool:
    """Say whether the silent can differ so much at all.

    Examples
    --------
    >>> nps = Estimate(value=30, standard_error=2, low=26, high=34, base=800,
    ...     unit="points")
    >>> is_possible(nps, Estimate(value=-140, standard_error=0, low=-140, high=-140,
    ...     base=800, unit="points"), (-100, 100))
    False
    """
    return scale[0] <= headline.value + gap.value <= scale[1]


def _silent(rate: Estimate) -> float:
    if not 0 < rate.value < 1:
        raise StudyError(
            f"The response rate is {rate.value:.0%}: where nobody or everybody "
            "answered, nobody is silent beside respondents."
        )
    return 1 - rate.value


def _gap(headline: Estimate, value: float, ends: list[float]) -> Estimate:
    return Estimate(
        value=value,
        standard_error=(ends[1] - ends[0])
        / (headline.high - headline.low or 1)
        * headline.standard_error,
        low=min(ends),
        high=max(ends),
        base=headline.base,
        unit=DIFFERENCES.get(headline.unit, headline.unit),
        effective_base=headline.effective_base,
        confidence=headline.confidence,
    )


def target_of(targets: pd.DataFrame, metric: str) -> float | None:
    """Return the goal for a metric over all customers, if there is one.

    Parameters
    ----------
    targets : DataFrame
        Goals with metric and target; `by` is missing or ``all`` for the whole.
    metric : str
        Such as ``nps``.

    Returns
    -------
    float or None
        The first such goal.

    Examples
    --------
    >>> goals = pd.DataFrame({"metric": ["nps", "nps"], "by": ["segment", "all"],
    ...     "target": [20.0, 36.0]})
    >>> target_of(goals, "nps"), target_of(goals, "csat")
    (36.0, None)
    """
    rows = targets[targets["metric"] == metric]
    if "by" in rows:
        rows = rows[rows["by"].fillna("all") == "all"]
    return None if rows.empty else float(rows["target"].iloc[0])
