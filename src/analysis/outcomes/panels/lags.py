"""What goes with an answer in the periods before, with and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.outcomes.panels.design import PERIOD, UNIT, independent, worth_fitting
from analysis.outcomes.panels.fit import Fit, least_squares, poisson
from analysis.outcomes.panels.frames import Panel
from analysis.study import StudyError

LAGS = (0, 1, 2, 3, 4, -1, -2)
AFTER, BEFORE = (1,), (-1,)
MODELS = ("level", "change")
HUNDRED = 100.0
SHOWN = ("returns", "units", "net sales")


@dataclass(frozen=True)
class Outcome:
    """How an outcome is counted.

    Parameters
    ----------
    column : str
        Of the panel.
    weights : str, optional
        Lines that a share is of.
    counts : str
        ``plain`` (differences, times 100), ``per unit`` (a Poisson model, told as
        things per 100 units of the panel) or ``per cent`` (a Poisson model).
    """

    column: str
    weights: str | None = None
    counts: str = "plain"


@dataclass(frozen=True)
class _Asked:
    """What is to be fitted."""

    outcome: str
    of: str
    model: str
    controls: tuple[str, ...]


@dataclass(frozen=True)
class _Fitted:
    """A fit whose first coefficients are those of some lags."""

    fit: Fit
    lags: list[int]
    scale: float
    confidence: float

    def total(self, lags: Sequence[int]) -> Estimate:
        contrast = [float(lag in lags) for lag in self.lags]
        return self.fit.estimate(contrast, scale=self.scale, confidence=self.confidence)


OUTCOMES = {
    "returns": Outcome("return_share", weights="closed_lines"),
    "lines": Outcome("lines", counts="per unit"),
    "units": Outcome("units", counts="per cent"),
    "net sales": Outcome("net_sales", counts="per cent"),
    "returns by price class": Outcome("expected_share", weights="closed_lines"),
    "price": Outcome("price"),
}


@statistic
def lag_profile(
    panel: Panel,
    outcome: str,
    *,
    of: str = "score",
    model: str = "level",
    controls: Sequence[str] = (),
) -> dict[str, Estimate]:
    r"""What goes with one point more, by periods after the answer.

    Parameters
    ----------
    panel : Panel
        Made by `customer_panel` or `product_panel`.
    outcome : str
        ``returns`` (per 100 lines), ``lines`` (per 100 customers), ``units`` or
        ``net sales`` (per cent), ``returns by price class`` (per 100 lines) or
        ``price`` (per cent).
    of : str
        Column of the answer, such as ``score`` or ``gap``.
    model : str
        ``level``, within units, or ``change``, from one period to the next.
    controls : sequence of str
        Columns held constant, such as ``price``.

    Returns
    -------
    dict of str to Estimate
        Unit `per_hundred`, by lag: ``2 before`` and ``1 before`` are placebos (the
        outcome came first), then ``same period``, ``1 after`` to ``4 after``. The
        base counts rows, the effective base units.

    Raises
    ------
    StudyError
        If there are too few units, nothing varies, or no lag can be told.

    Notes
    -----
    :math:`y_{it} = \alpha_i + \gamma_t + \sum_k (\delta_k + \beta_k\,(s_{i,t-k} -
    \bar s))\,a_{i,t-k} + e_{it}`, where :math:`a` says whether there was an answer and
    :math:`k` runs from -2 to 4. All lags are fitted together: one at a time, an
    earlier answer whose effect lasts would make the placebo of the later one fail
    [1]_. What lies outside stands for usual; lags that cannot be told from it, or
    from each other, join it, the farthest first.

    Shares are weighted by their lines, counts follow a Poisson model. In the model of
    changes all columns are differenced, unit effects fall away, and counts are per
    cent of the unit's own mean.

    Answers are taken as not moved by what came before: a return that spoils the next
    answer shows in the placebos and in the same period.

    References
    ----------
    .. [1] Sun, L. and Abraham, S. (2021). Estimating dynamic treatment effects in
       event studies with heterogeneous treatment effects. Journal of Econometrics
       225(2), 175-199.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"unit": np.repeat(range(30), 20),
    ...     "period": np.tile(range(20), 30), "score": rng.normal(7, 1, 600)})
    >>> panel = Panel(frame, [str(n) for n in range(20)])
    >>> frame["price"] = 0.02 * np.nan_to_num(panel.shifted("score", 1), nan=7.0)
    >>> {lag: round(one.value, 6) for lag, one in lag_profile(panel, "price").items()
    ...     if abs(one.value) > 1e-6}
    {'1 after': 2.0}
    """
    fitted = _fitted(panel, _Asked(outcome, of, model, tuple(controls)))
    return {name_lag(lag): fitted.total([lag]) for lag in sorted(fitted.lags)}


def lag_profiles(
    panel: Panel,
    outcomes: Sequence[str] = SHOWN,
    *,
    of: str = "score",
    model: str = "level",
    controls: Sequence[str] = (),
) -> dict[str, dict[str, Estimate]]:
    """Return `lag_profile` of several outcomes that the panel knows.

    Parameters
    ----------
    panel : Panel
        Made by `customer_panel` or `product_panel`.
    outcomes : sequence of str
        Names as in `lag_profile`.
    of, model, controls
        As in `lag_profile`.

    Returns
    -------
    dict of str to dict of str to Estimate
        By outcome and lag. Outcomes without a column in the panel are left out.

    Raises
    ------
    StudyError
        As `lag_profile`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"unit": np.repeat(range(30), 20),
    ...     "period": np.tile(range(20), 30), "score": rng.normal(7, 1, 600),
    ...     "lines": rng.poisson(3, 600)})
    >>> panel = Panel(frame, [str(n) for n in range(20)])
    >>> list(lag_profiles(panel, ["returns", "lines"]))
    ['lines']
    """
    known = [name for name in outcomes if OUTCOMES[name].column in panel.frame]
    how = {"of": of, "model": model, "controls": controls}
    return {name: lag_profile(panel, name, **how) for name in known}  # type: ignore[arg-type]


@statistic
def lag_total(
    panel: Panel,
    outcome: str,
    *,
    lags: Sequence[int] = AFTER,
    of: str = "score",
    model: str = "level",
    controls: Sequence[str] = (),
) -> Estimate:
    r"""What goes with one point more, added over some periods.

    Parameters
    ----------
    panel : Panel
        Made by `customer_panel` or `product_panel`.
    outcome, of, model, controls
        As in `lag_profile`.
    lags : sequence of int
        Periods after the answer; below 0 before it. By default the first period
        that lies wholly after it.

    Returns
    -------
    Estimate
        Unit `per_hundred`: the sum of the lags' figures.

    Raises
    ------
    StudyError
        As `lag_profile`, and if one of the lags cannot be told.

    Notes
    -----
    :math:`\sum_{k} \beta_k` of `lag_profile`, with the covariance of the lags.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"unit": np.repeat(range(30), 20),
    ...     "period": np.tile(range(20), 30), "score": rng.normal(7, 1, 600)})
    >>> panel = Panel(frame.assign(price=0.03 * frame["score"]), [*map(str, range(20))])
    >>> round(lag_total(panel, "price", lags=(0, 1)).value, 6)
    3.0
    """
    fitted = _fitted(panel, _Asked(outcome, of, model, tuple(controls)))
    lost = [name_lag(lag) for lag in lags if lag not in fitted.lags]
    if lost:
        raise StudyError(
            f"{lost[0]} cannot be told from the other periods: the panel has "
            f"{len(panel.periods)}. Wait for more waves, or ask for other lags."
        )
    return fitted.total(lags)


def name_lag(lag: int) -> str:
    """Name a lag as the page does.

    Examples
    --------
    >>> name_lag(-2), name_lag(0), name_lag(1)
    ('2 before', 'same period', '1 after')
    """
    if lag == 0:
        return "same period"
    return f"{abs(lag)} {'after' if lag > 0 else 'before'}"


def _fitted(panel: Panel, asked: _Asked) -> _Fitted:
    how = _known(panel, asked)
    needs = [name for name in (how.column, how.weights, *asked.controls) if name]
    rows = panel.frame[[UNIT, PERIOD, *dict.fromkeys(needs)]]
    rows = rows.assign(**_doses(panel, asked.of))
    is_level = asked.model == "level"
    counted = how.column if is_level and how.counts != "plain" else ""
    per_unit = counted and how.counts == "per unit"
    scale = HUNDRED * (float(rows[how.column].mean()) if per_unit else 1.0)
    rows = rows if is_level else _changes(rows, how, needs)
    rows = worth_fitting(
        rows, needs, how.weights, counts=counted, unit_effects=is_level
    )
    lags, on = _told(rows, asked, unit_effects=is_level)
    if counted:
        fit = poisson(rows, counted, on=on)
    else:
        fit = least_squares(
            rows, how.column, on=on, weights=how.weights, unit_effects=is_level
        )
    return _Fitted(fit, lags, scale, panel.confidence)


def _known(panel: Panel, asked: _Asked) -> Outcome:
    for name, known in ((asked.outcome, [*OUTCOMES]), (asked.model, [*MODELS])):
        if name not in known:
            raise ValueError(f"{name!r} is not one of {', '.join(known)}")
    how = OUTCOMES[asked.outcome]
    for column in (how.column, how.weights, asked.of, *asked.controls):
        if column and (column not in panel.frame or panel.frame[column].isna().all()):
            raise StudyError(
                f"The panel knows no {column.replace('_', ' ')}, so {asked.outcome} "
                "cannot be followed: it takes orders, returns and answers of the same "
                "customers or products."
            )
    return how


def _doses(panel: Panel, of: str) -> dict[str, np.ndarray]:
    """By lag, whether there was an answer (a) and its distance from the mean (s)."""
    mean = panel.frame[of].mean()
    columns = {}
    for lag in LAGS:
        then = panel.shifted(of, lag)
        columns[_name("a", lag)] = np.isfinite(then).astype(float)
        columns[_name("s", lag)] = np.nan_to_num(then - mean)
    return columns


def _told(
    rows: pd.DataFrame, asked: _Asked, *, unit_effects: bool
) -> tuple[list[int], list[str]]:
    """Lags that can be told apart, and all regressors with theirs in front."""
    wanted = [*asked.controls, *(_name(kind, lag) for lag in LAGS for kind in "as")]
    kept = independent(rows, wanted, unit_effects=unit_effects)
    lags = [lag for lag in LAGS if _name("s", lag) in kept]
    if not lags:
        raise StudyError(
            f"The {asked.of} does not vary within units beyond what all share in a "
            "period, or the panel is too short: no lag can be told."
        )
    doses = [_name("s", lag) for lag in lags]
    return lags, [*doses, *(name for name in kept if name not in doses)]


def _changes(rows: pd.DataFrame, how: Outcome, needs: list[str]) -> pd.DataFrame:
    """Each row less the one of the period before; lines weigh as a difference's do."""
    rows = rows.sort_values([UNIT, PERIOD]).reset_index(drop=True)
    if how.counts == "per cent":
        usual = rows.groupby(UNIT)[how.column].transform("mean")
        rows[how.column] = rows[how.column] / usual.where(usual > 0)
    # A column may stand for several needs; a row without one has no change.
    is_known = rows[needs].notna().all(axis=1)
    follows = rows[UNIT].eq(rows[UNIT].shift()) & rows[PERIOD].diff().eq(1)
    both = follows & is_known & is_known.shift(fill_value=False)
    moved = (
        rows.drop(columns=[UNIT, PERIOD])
        .diff()
        .assign(**{UNIT: rows[UNIT], PERIOD: rows[PERIOD]})
    )
    if how.weights:
        now, then = rows[how.weights], rows[how.weights].shift()
        moved[how.weights] = now * then / (now + then).where(now + then > 0)
    return moved[both]


def _name(kind: str, lag: int) -> str:
    return f"{kind}{lag}"
