"""What customers will bring over a stated time: customer lifetime value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import statistic
from analysis.metrics.value.likelihood import Fit
from analysis.metrics.value.prediction import Prediction, predict, predicted_mean
from analysis.metrics.value.purchases import expected_purchases, probability_alive
from analysis.metrics.value.spending import expected_spend
from analysis.study import StudyError
from analysis.survey import Result

WEEKS_IN_MONTH = 365.25 / 12 / 7
WEEKS_IN_QUARTER = 3 * WEEKS_IN_MONTH


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Over which time value is counted, and what of it.

    Parameters
    ----------
    months : int
        The horizon, 1 or more.
    discount : float
        Rate per year, 0 or more: money in a year is worth 1 / (1 + discount).
    margin : float
        The share of revenue that counts, above 0 and at most 1. At 1 value is
        revenue and not profit.

    Raises
    ------
    StudyError
        If one of them is outside its range.

    Examples
    --------
    >>> Terms(months=24).horizons.round(2)[:2].tolist()
    [4.35, 8.7]
    """

    months: int = 12
    discount: float = 0.10
    margin: float = 1.0

    def __post_init__(self) -> None:
        if self.months < 1 or self.discount < 0 or not 0 < self.margin <= 1:
            raise StudyError(
                f"Value over {self.months} months at a discount of {self.discount} and "
                f"a margin of {self.margin} cannot be counted: months is 1 or more, "
                "discount 0 or more, margin above 0 and at most 1."
            )

    @property
    def is_revenue(self) -> bool:
        """Whether value is revenue, since no margin was given."""
        return self.margin == 1

    @property
    def horizons(self) -> np.ndarray:
        """Weeks from now to the end of each month."""
        return WEEKS_IN_MONTH * np.arange(1, self.months + 1)

    @property
    def weights(self) -> np.ndarray:
        """Weights of purchases up to each month's end, which discount each month."""
        factors = (1 + self.discount) ** (-np.arange(1, self.months + 1) / 12)
        return factors - np.append(factors[1:], 0.0)


@dataclass(frozen=True, eq=False)
class Lifetimes:
    """What the models say of each customer.

    Parameters
    ----------
    frame : DataFrame
        One row per customer: what was seen of them and alive (probability),
        next_quarter (purchases) and value (money).
    terms : Terms
        What value means here.
    alive, next_quarter, value : Prediction
        The same with what is not known of them.
    """

    frame: pd.DataFrame
    terms: Terms
    alive: Prediction
    next_quarter: Prediction
    value: Prediction


def lifetimes(
    people: pd.DataFrame, *, purchases: Fit, spending: Fit, terms: Terms | None = None
) -> Lifetimes:
    r"""Predict value, purchases and being alive for each customer.

    Parameters
    ----------
    people : DataFrame
        As `observed` makes it: the rows that both models were fitted to.
    purchases, spending : Fit
        From `fit_purchases` and `fit_spending`.
    terms : Terms, optional
        Horizon, discount and margin; a year, 10 % and revenue if not given.

    Returns
    -------
    Lifetimes
        Customers who are known to have left are worth 0 and not alive.

    Raises
    ------
    StudyError
        If the models were fitted to other rows.

    Notes
    -----
    Value is :math:`\text{margin} \times E(Z) \sum_j \{E(X_{t_j}) - E(X_{t_{j-1}})\}
    (1+d)^{-j/12}` over months j: the purchases expected in each month times the
    spend expected of each, discounted from the month's end.

    Examples
    --------
    >>> people = pd.DataFrame({"repeats": [2.0, 0.0], "last_week": [30.43, 0.0],
    ...     "age": [38.86, 38.86], "spend": [22.35, np.nan], "has_left": False})
    >>> purchases = Fit(("r", "alpha", "a", "b"), np.array([0.243, 4.414, 0.793,
    ...     2.426]), np.zeros((4, 4)), np.zeros((2, 4)), 0.0)
    >>> spending = Fit(("p", "q", "v"), np.array([6.25, 3.74, 15.44]),
    ...     np.zeros((3, 3)), np.zeros((2, 3)), 0.0)
    >>> lives = lifetimes(people, purchases=purchases, spending=spending)
    >>> lives.frame[["alive", "value"]].round(2).to_numpy().tolist()
    [[0.73, 36.75], [1.0, 8.48]]
    """
    _check_rows(people, purchases, spending)
    terms = terms or Terms()
    stays = ~people["has_left"].to_numpy(dtype=bool)
    rate, both = purchases.parameters, (purchases, spending)

    def value(parameters: np.ndarray) -> np.ndarray:
        to_come = expected_purchases(people, parameters[:4], weeks=terms.horizons)
        money = expected_spend(people, parameters[4:])
        return terms.margin * money * (to_come @ terms.weights)

    def coming(parameters: np.ndarray) -> np.ndarray:
        return expected_purchases(people, parameters, weeks=WEEKS_IN_QUARTER)

    def alive(parameters: np.ndarray) -> np.ndarray:
        return probability_alive(people, parameters)

    moved = purchases.influence
    found = {
        "alive": predict(alive, parameters=rate, influence=moved).times(stays),
        "next_quarter": predict(coming, parameters=rate, influence=moved).times(stays),
        "value": predict(value, **joined(*both)).times(stays),
    }
    columns = {name: prediction.figures for name, prediction in found.items()}
    return Lifetimes(people.assign(**columns), terms, **found)


def joined(purchases: Fit, spending: Fit) -> dict[str, np.ndarray]:
    """Parameters and influence of both models, side by side."""
    return {
        "parameters": np.append(purchases.parameters, spending.parameters),
        "influence": np.hstack([purchases.influence, spending.influence]),
    }


@statistic
def mean_value(
    lives: Lifetimes, *, by: str | None = None, confidence: float = 0.95
) -> Result:
    """Mean value of a customer over the horizon, overall or per level.

    Parameters
    ----------
    lives : Lifetimes
        As `lifetimes` makes it.
    by : str, optional
        Column of levels, such as ``segment``.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `amount`. Revenue and not profit unless the terms have a margin.

    Notes
    -----
    For the interval see `predicted_mean`. Not for a single customer: what one
    customer does is far less certain than a mean.

    References
    ----------
    .. [1] Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). RFM and CLV: using
       iso-value curves for customer base analysis. Journal of Marketing Research
       42(4), 415-430.

    Examples
    --------
    >>> known = Prediction(np.array([0.5, 0.9]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> people = pd.DataFrame({"repeats": [1, 2], "segment": ["new", "loyal"]})
    >>> lives = Lifetimes(people, Terms(), alive=known, next_quarter=known, value=known)
    >>> mean_value(lives).value
    0.7
    """
    levels = _levels(lives, by)
    return predicted_mean(lives.value, unit="amount", by=levels, confidence=confidence)


@statistic
def total_value(
    lives: Lifetimes, *, by: str | None = None, confidence: float = 0.95
) -> Result:
    """Value of all customers together over the horizon, overall or per level.

    Parameters
    ----------
    lives : Lifetimes
        As `lifetimes` makes it.
    by : str, optional
        Column of levels.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `amount`: the number of customers, taken as given, times `mean_value`.

    Examples
    --------
    >>> known = Prediction(np.array([0.5, 0.9]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> people = pd.DataFrame({"repeats": [1, 2], "segment": ["new", "loyal"]})
    >>> lives = Lifetimes(people, Terms(), alive=known, next_quarter=known, value=known)
    >>> total_value(lives).value
    1.4
    """
    levels = _levels(lives, by)
    return predicted_mean(
        lives.value, unit="amount", by=levels, confidence=confidence, is_total=True
    )


@statistic
def alive_share(
    lives: Lifetimes, *, by: str | None = None, confidence: float = 0.95
) -> Result:
    """Share of customers with a repeat purchase who would still buy.

    Parameters
    ----------
    lives : Lifetimes
        As `lifetimes` makes it.
    by : str, optional
        Column of levels.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`: the mean probability of being alive.

    Notes
    -----
    Customers who never came back are left out: the model takes them for alive by
    construction. For the interval see `predicted_mean`.

    Examples
    --------
    >>> known = Prediction(np.array([0.5, 0.9]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> people = pd.DataFrame({"repeats": [1, 2], "segment": ["new", "loyal"]})
    >>> lives = Lifetimes(people, Terms(), alive=known, next_quarter=known, value=known)
    >>> alive_share(lives, by="segment")["loyal"].value
    0.9
    """
    came_back = lives.frame["repeats"] > 0
    levels = pd.Series("all", lives.frame.index) if by is None else lives.frame[by]
    found = predicted_mean(
        lives.alive, unit="share", by=levels.where(came_back), confidence=confidence
    )
    assert isinstance(found, dict)  # levels were given
    return found if by is not None else found["all"]


@statistic
def coming_purchases(
    lives: Lifetimes, *, by: str | None = None, confidence: float = 0.95
) -> Result:
    """Purchases expected of a customer in the next quarter, overall or per level.

    Parameters
    ----------
    lives : Lifetimes
        As `lifetimes` makes it.
    by : str, optional
        Column of levels.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `ratio`: days with a purchase per customer, over 13.04 weeks.

    Notes
    -----
    The mean over customers of what `expected_purchases` gives; for the interval see
    `predicted_mean`.

    Examples
    --------
    >>> known = Prediction(np.array([0.5, 0.9]), np.zeros((2, 1)), np.zeros((2, 1)))
    >>> people = pd.DataFrame({"repeats": [1, 2], "segment": ["new", "loyal"]})
    >>> lives = Lifetimes(people, Terms(), alive=known, next_quarter=known, value=known)
    >>> coming_purchases(lives).value
    0.7
    """
    levels = _levels(lives, by)
    return predicted_mean(
        lives.next_quarter, unit="ratio", by=levels, confidence=confidence
    )


def _levels(lives: Lifetimes, by: str | None) -> pd.Series | None:
    return None if by is None else lives.frame[by]


def _check_rows(people: pd.DataFrame, purchases: Fit, spending: Fit) -> None:
    sizes = {len(people), len(purchases.influence), len(spending.influence)}
    if len(sizes) > 1:
        raise StudyError(
            "The models were fitted to other customers than those whose value is "
            "asked. Fit both to the same rows of `observed`."
        )
