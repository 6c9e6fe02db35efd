"""What respondents do after their answer, per point of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.estimate import Estimate, statistic
from analysis.outcomes.effects import Effect, Rows, rows_with
from analysis.study import StudyError
from analysis.survey import Sample

WHEN = ("after", "before")
MONEY = ("revenue", "net")
FEWEST_EVENTS = 10
LARGEST = 1 / 2
HUNDRED = 100.0


@statistic
def returns_after(
    sample: Sample, question: str, *, when: str = "after", adjust: Sequence[str] = ()
) -> Estimate:
    r"""Difference in returns per 100 order lines with one point more.

    Parameters
    ----------
    sample : Sample
        Answers with what was done around them; see `after_answers`.
    question : str
        Numeric column, such as ``recommend``. A point is one step of it, upwards.
    when : str
        ``after`` the answer, or ``before`` it: the placebo, since what was done
        before cannot follow.
    adjust : sequence of str
        Columns to compare within, such as segment and period.

    Returns
    -------
    Estimate
        Unit `per_hundred`. The base counts answers that lines were ordered around.

    Raises
    ------
    StudyError
        If fewer than 20 answers count, fewer than 10 of them had a return or kept
        all, the question does not vary, or foretells returns without fail.

    Notes
    -----
    Logistic model of the lines' returns, :math:`y_i` of :math:`n_i`, weighted with
    the answers' weights; the figure is its average marginal difference
    :math:`100 \sum w n \beta p(1-p) / \sum w n`. The error is linearised [1]_ over
    customers, on residuals from the margins; Student's interval. Only windows that
    have closed count. A difference is no effect: something else may lie behind both.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators
       from complex surveys. International Statistical Review 51(3), 279-292.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"recommend": [4, 8] * 40, "lines_after": 5,
    ...     "returned_lines_after": [2, 1] * 40})
    >>> people.loc[:19, "returned_lines_after"] = [3, 0] * 10
    >>> round(returns_after(Sample(people), "recommend").value, 2)
    -7.19
    """
    effect = returns_effect(sample, question, when=when, adjust=adjust)
    return effect.estimate(sample, unit="per_hundred")


@statistic
def purchases_after(
    sample: Sample, question: str, *, when: str = "after", adjust: Sequence[str] = ()
) -> Estimate:
    r"""Difference in order lines per 100 customers with one point more.

    Parameters
    ----------
    sample, question, when, adjust
        As for `returns_after`.

    Returns
    -------
    Estimate
        Unit `per_hundred`. The base counts answers with a closed window, those who
        bought nothing among them.

    Raises
    ------
    StudyError
        If fewer than 20 answers count, fewer than 10 of them bought, or the question
        does not vary or foretells purchases without fail.

    Notes
    -----
    Poisson quasi-likelihood with logarithmic link: :math:`100 \sum w \beta \mu / \sum
    w`. That counts vary more than Poisson's is in the error, which is linearised over
    customers [1]_. Who answered twice counts twice, as one person.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators
       from complex surveys. International Statistical Review 51(3), 279-292.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"recommend": [4, 8] * 20, "lines_after": [1, 2] * 20})
    >>> round(purchases_after(Sample(people), "recommend").value, 2)
    25.99
    """
    lines = _named("lines", when)
    rows = rows_with(sample, question, [lines], adjust=adjust)
    bought = _column(sample, rows, lines)
    _check_events(bought > 0, "bought something", both=False, when=when)
    ones = np.ones(len(bought))
    found = rows.slope(rows.curve(bought, kind="count"), ones)
    return found.times(HUNDRED).estimate(sample, unit="per_hundred")


@statistic
def spend_after(
    sample: Sample,
    question: str,
    *,
    money: str = "revenue",
    when: str = "after",
    adjust: Sequence[str] = (),
) -> dict[str, Estimate]:
    r"""Difference in money per customer with one point more, and its two parts.

    Parameters
    ----------
    sample, question, when, adjust
        As for `returns_after`.
    money : str
        ``revenue``, or ``net``, which is revenue less refunds.

    Returns
    -------
    dict of str to Estimate
        ``chance to buy`` in buyers per 100 customers (`per_hundred`), ``spend of
        buyers`` and, of both together, ``all customers`` (`amount_difference`), each
        per point. If everybody bought there is no chance to tell, and the last two
        are one.

    Raises
    ------
    StudyError
        As for `purchases_after`, if the money is not known, or one customer's money
        decides the figure.

    Notes
    -----
    Two parts [1]_: a logistic chance :math:`p` to buy, and the buyers' mean :math:`m`
    with logarithmic link and a gamma's weight, which large sums pull less. Together
    :math:`\sum w (p'm + pm') / \sum w`, with errors from the influence on both parts
    at once. Amounts have heavy tails: the interval's degrees of freedom fall with
    them (see `Effect.estimate`), and where one customer makes up more than half of
    the variance the figure is refused.

    References
    ----------
    .. [1] Manning, W. G. and Mullahy, J. (2001). Estimating log models: to transform
       or not to transform? Journal of Health Economics 20(4), 461-494.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"recommend": [4, 8] * 40, "lines_after": [0, 1, 1, 0, 0,
    ...     1, 1, 1] * 10, "revenue_after": [0.0, 30, 20, 0, 0, 50, 20, 60] * 10})
    >>> found = spend_after(Sample(people), "recommend")
    >>> {part: round(one.value, 1) for part, one in found.items()}
    {'chance to buy': 6.0, 'spend of buyers': 7.6, 'all customers': 6.7}
    """
    parts = spend_effects(sample, question, money=money, when=when, adjust=adjust)
    units = {"chance to buy": "per_hundred"}
    return {
        part: effect.estimate(sample, unit=units.get(part, "amount_difference"))
        for part, effect in parts.items()
    }


@statistic
def churn_after(
    sample: Sample, question: str, *, adjust: Sequence[str] = ()
) -> Estimate:
    r"""Difference in leavers per 100 customers with one point more.

    Parameters
    ----------
    sample : Sample
        Answers with `left_after`; see `left_afterwards`.
    question, adjust
        As for `returns_after`.

    Returns
    -------
    Estimate
        Unit `per_hundred`. There is no placebo: who had left could not answer.

    Raises
    ------
    StudyError
        As for `returns_after`, with leaving in the place of a return.

    Notes
    -----
    Logistic model of leaving within the window, as `returns_after` with one trial an
    answer. Leaving is what the shop records; a contract may make it known late.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators
       from complex surveys. International Statistical Review 51(3), 279-292.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"recommend": [4, 4, 8, 8] * 10,
    ...     "left_after": [True, False, False, False] * 9 + [False, True, True, False]})
    >>> round(churn_after(Sample(people), "recommend").value, 2)
    -10.95
    """
    rows = rows_with(sample, question, ["left_after"], adjust=adjust)
    left = _column(sample, rows, "left_after")
    _check_events(left > 0, "left", both=True, when="after")
    found = rows.slope(rows.curve(left, kind="chance"), np.ones(len(left)))
    return found.times(HUNDRED).estimate(sample, unit="per_hundred")


def returns_effect(
    sample: Sample, question: str, *, when: str = "after", adjust: Sequence[str] = ()
) -> Effect:
    """Return the effect that `returns_after` gives an error to."""
    rows, returned, lines = lines_returned(sample, question, when=when, adjust=adjust)
    curve = rows.curve(returned, kind="chance", trials=lines)
    return rows.slope(curve, lines).times(HUNDRED)


def lines_returned(
    sample: Sample, question: str, *, when: str = "after", adjust: Sequence[str] = ()
) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Pick the answers around which lines were ordered, with their returns."""
    returned, lines = _named("returned_lines", when), _named("lines", when)
    where = None
    if lines in sample.frame:
        where = sample.frame[lines].gt(0).fillna(False).to_numpy(dtype=bool)
    rows = rows_with(sample, question, [returned, lines], where=where, adjust=adjust)
    hits, trials = _column(sample, rows, returned), _column(sample, rows, lines)
    _check_events(hits > 0, "sent something back", both=False, when=when)
    _check_events(hits < trials, "kept something", both=False, when=when)
    return rows, hits, trials


def spend_effects(
    sample: Sample,
    question: str,
    *,
    money: str = "revenue",
    when: str = "after",
    adjust: Sequence[str] = (),
) -> dict[str, Effect]:
    """Return the effects that `spend_after` gives errors to."""
    if money not in MONEY:
        raise StudyError(f"Money is {' or '.join(MONEY)}, not {money!r}.")
    lines, amount = _named("lines", when), _named(money, when)
    rows = rows_with(sample, question, [lines, amount], adjust=adjust)
    is_buyer = _column(sample, rows, lines) > 0
    _check_events(is_buyer, "bought something", both=False, when=when)
    spent = _column(sample, rows, amount)
    buyers = rows.within(is_buyer)
    curve = buyers.curve(spent[is_buyer], kind="money")
    each = buyers.slope(curve, np.ones(len(buyers.weights)))
    if is_buyer.all():
        return {"spend of buyers": each, "all customers": each}
    chance = rows.curve(is_buyer.astype(float), kind="chance")
    bought = rows.slope(chance, np.ones(len(is_buyer))).times(HUNDRED)
    both = rows.slope_of_product(chance, curve.spread(is_buyer))
    _check_tail(sample, both)
    return {"chance to buy": bought, "spend of buyers": each, "all customers": both}


def _named(what: str, when: str) -> str:
    if when not in WHEN:
        raise StudyError(f"What was done is {' or '.join(WHEN)}, not {when!r}.")
    return f"{what}_{when}"


def _column(sample: Sample, rows: Rows, name: str) -> np.ndarray:
    return sample.frame.loc[rows.used, name].to_numpy(dtype=float)


def _check_events(happened: np.ndarray, words: str, *, both: bool, when: str) -> None:
    counts = {f"{words} {when} it": int(happened.sum())}
    if both:
        counts[f"had not {words} {when} it"] = int((~happened).sum())
    for event, number in counts.items():
        if number < FEWEST_EVENTS:
            raise StudyError(
                f"Of those behind {len(happened)} answers {number} {event}. A "
                f"difference per point takes {FEWEST_EVENTS}."
            )


def _check_tail(sample: Sample, effect: Effect) -> None:
    if (share := effect.largest_share(sample)) > LARGEST:
        raise StudyError(
            f"One customer makes up {share:.0%} of the variance of what customers "
            "spend per point: the figure would be theirs alone."
        )
