"""Whether the model may be believed: fitted on the past, compared with what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.metrics.value.cohort import DAYS_IN_WEEK, Cohort, Day, observed
from analysis.metrics.value.lifetime import joined
from analysis.metrics.value.prediction import (
    Prediction,
    observed_over_predicted,
    predict,
    predicted_mean,
)
from analysis.metrics.value.purchase_fit import fit_purchases
from analysis.metrics.value.purchases import expected_purchases
from analysis.metrics.value.spending import expected_spend, fit_spending
from analysis.study import StudyError

MOST_REPEATS = 7
NEAR, FAR = 1.1, 1.25


@dataclass(frozen=True, eq=False)
class Holdout:
    """Predictions for a time that the model had not seen.

    Parameters
    ----------
    frame : DataFrame
        One row per customer who had bought before the holdout began: repeats,
        group (earlier repeats, the last one open), purchases and revenue in the
        holdout.
    purchases, revenue : Prediction
        What was predicted for it.
    weeks : float
        Its length.
    """

    frame: pd.DataFrame
    purchases: Prediction
    revenue: Prediction
    weeks: float


def holdout(people: Cohort, *, end: Day, cut_on: Day | None = None) -> Holdout:
    """Fit on what was seen by a day and predict the rest.

    Parameters
    ----------
    people : Cohort
        With the columns ``…_before`` and ``…_after`` of customer_histories.
    end : date
        The last day of the holdout.
    cut_on : date, optional
        The last day that the model sees; the column of that name if not given.

    Returns
    -------
    Holdout
        Customers who had left by `cut_on` are predicted to buy nothing.

    Raises
    ------
    StudyError
        If the holdout has no day, or the models cannot be fitted to what came
        before.

    Notes
    -----
    Who first bought in the holdout is not in it.

    Examples
    --------
    >>> day = pd.Timestamp("2026-09-30")
    >>> holdout(Cohort(pd.DataFrame({"cut_on": [day]})), end=day)
    Traceback (most recent call last):
    analysis.study.StudyError: The holdout ends on 2026-09-30 and begins after
    2026-09-30: it has no day.
    """
    cut_on = people.frame["cut_on"].iloc[0] if cut_on is None else cut_on
    weeks = (pd.Timestamp(end) - pd.Timestamp(cut_on)).days / DAYS_IN_WEEK
    if weeks <= 0:
        raise StudyError(
            f"The holdout ends on {end:%Y-%m-%d} and begins after {cut_on:%Y-%m-%d}: "
            "it has no day."
        )
    seen = observed(people, until=cut_on, is_before=True)
    rate, spending = fit_purchases(seen), fit_spending(seen)
    stays = ~seen["has_left"].to_numpy(dtype=bool)

    def purchases(parameters: np.ndarray) -> np.ndarray:
        return expected_purchases(seen, parameters[:4], weeks=weeks)

    def revenue(parameters: np.ndarray) -> np.ndarray:
        return purchases(parameters) * expected_spend(seen, parameters[4:])

    fits = joined(rate, spending)
    return Holdout(
        _happened(seen),
        predict(purchases, **fits).times(stays),
        predict(revenue, **fits).times(stays),
        weeks,
    )


@statistic
def holdout_ratio(
    check: Holdout, *, of: str = "purchases", confidence: float = 0.95
) -> Estimate:
    """Purchases, or revenue, of the holdout over what the model predicted.

    Parameters
    ----------
    check : Holdout
        As `holdout` makes it.
    of : str
        ``purchases`` or ``revenue``.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate
        Unit `ratio`; 1 where the model was right on the whole.

    Notes
    -----
    See `observed_over_predicted`. A season that the model does not know moves it
    as a fault of the model does.

    Examples
    --------
    >>> known = Prediction(np.array([0.5, 1.5]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> frame = pd.DataFrame({"group": ["0", "1"], "purchases": [1, 2],
    ...     "revenue": [20.0, 50.0]})
    >>> check = Holdout(frame, purchases=known, revenue=known, weeks=26.0)
    >>> holdout_ratio(check).value
    1.5
    """
    predicted, happened = _pair(check, of)
    return observed_over_predicted(predicted, happened, confidence=confidence)


@statistic
def holdout_predicted(
    check: Holdout, *, of: str = "purchases", confidence: float = 0.95
) -> dict[str, Estimate]:
    """Predicted purchases, or revenue, of a customer by earlier repeat purchases.

    Parameters
    ----------
    check : Holdout
        As `holdout` makes it.
    of : str
        ``purchases`` or ``revenue``.
    confidence : float
        Level of the interval.

    Returns
    -------
    dict of str to Estimate
        Levels "0" to "7+"; unit `ratio` (days per customer) or `amount`.

    Notes
    -----
    The mean of the model's predictions within each group; see
    `analysis.metrics.value.prediction.predicted_mean` for the interval.

    Examples
    --------
    >>> known = Prediction(np.array([0.5, 1.5]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> frame = pd.DataFrame({"group": ["0", "1"], "purchases": [1, 2],
    ...     "revenue": [20.0, 50.0]})
    >>> check = Holdout(frame, purchases=known, revenue=known, weeks=26.0)
    >>> holdout_predicted(check)["1"].value
    1.5
    """
    return _by_group(check, _pair(check, of)[0], of, confidence)


@statistic
def holdout_happened(
    check: Holdout, *, of: str = "purchases", confidence: float = 0.95
) -> dict[str, Estimate]:
    """Purchases, or revenue, of a customer in the holdout by earlier repeats.

    Parameters
    ----------
    check : Holdout
        As `holdout` makes it.
    of : str
        ``purchases`` or ``revenue``.
    confidence : float
        Level of the interval.

    Returns
    -------
    dict of str to Estimate
        Levels "0" to "7+"; unit `ratio` (days per customer) or `amount`.

    Notes
    -----
    The mean within each group. Nothing is predicted here, so its error is that of
    which customers these are; see `analysis.metrics.value.prediction.predicted_mean`.

    Examples
    --------
    >>> known = Prediction(np.array([0.5, 1.5]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> frame = pd.DataFrame({"group": ["0", "1"], "purchases": [1, 2],
    ...     "revenue": [20.0, 50.0]})
    >>> check = Holdout(frame, purchases=known, revenue=known, weeks=26.0)
    >>> holdout_happened(check)["1"].value
    2.0
    """
    happened = _pair(check, of)[1]
    nothing = np.zeros((len(happened), 1))
    return _by_group(check, Prediction(happened, nothing, nothing), of, confidence)


def verdict(ratio: Estimate) -> str:
    """Say whether a model that missed the holdout by so much may be used.

    Parameters
    ----------
    ratio : Estimate
        From `holdout_ratio`.

    Returns
    -------
    str
        ``fails`` if the whole interval lies beyond 1.25 or under 1/1.25: value is
        not to be shown. ``holds`` if the ratio itself is within 1.1 and 1/1.1.
        ``misses`` in between: value is shown with what the model missed by.

    Examples
    --------
    >>> verdict(Estimate(value=1.4, standard_error=0.05, low=1.3, high=1.5,
    ...     base=900, unit="ratio"))
    'fails'
    """
    if ratio.low > FAR or ratio.high < 1 / FAR:
        return "fails"
    return "holds" if 1 / NEAR <= ratio.value <= NEAR else "misses"


def _happened(seen: pd.DataFrame) -> pd.DataFrame:
    many = seen["repeats"] >= MOST_REPEATS
    group = seen["repeats"].astype(int).astype("str").mask(many, f"{MOST_REPEATS}+")
    return seen[["customer_id", "repeats"]].assign(
        group=group,
        purchases=seen["purchase_days_after"].to_numpy(dtype=float, na_value=0.0),
        revenue=seen["revenue_after"].to_numpy(dtype=float, na_value=0.0),
    )


def _pair(check: Holdout, of: str) -> tuple[Prediction, np.ndarray]:
    if of not in ("purchases", "revenue"):
        raise StudyError(f"A holdout is of purchases or of revenue, not of {of}.")
    predicted = check.purchases if of == "purchases" else check.revenue
    return predicted, check.frame[of].to_numpy(dtype=float)


def _by_group(
    check: Holdout, figures: Prediction, of: str, confidence: float
) -> dict[str, Estimate]:
    unit = "ratio" if of == "purchases" else "amount"
    found = predicted_mean(
        figures, unit=unit, by=check.frame["group"], confidence=confidence
    )
    assert isinstance(found, dict)  # levels were given
    return found
