"""What a customer with a contract is worth: retention is seen, not guessed."""

from __future__ import annotations

from dataclasses import replace

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError


@statistic
def retained(churn: Estimate) -> Estimate:
    """Share of customers who stay: one less the share who leave.

    Parameters
    ----------
    churn : Estimate
        As `analysis.metrics.loyalty.churn_rate` makes it.

    Returns
    -------
    Estimate
        Unit `share`, with the same error.

    Examples
    --------
    >>> churn = Estimate(value=0.25, standard_error=0.05, low=0.125, high=0.5,
    ...     base=90, unit="share")
    >>> stay = retained(churn)
    >>> stay.value, stay.low, stay.high
    (0.75, 0.5, 0.875)
    """
    return replace(
        churn,
        value=1 - churn.value,
        low=1 - churn.high,
        high=1 - churn.low,
        p_value=None,
    )


@statistic
def contract_value(
    retention: Estimate, *, margin: float, discount: float, first_payment: str = "end"
) -> Estimate:
    r"""Value of a customer who renews with a constant chance each period.

    Parameters
    ----------
    retention : Estimate
        Share of customers who renew for another period, from 0 to 1.
    margin : float
        Money that a customer brings in a period, above 0.
    discount : float
        Rate per period, above 0.
    first_payment : str
        ``end``: the first payment comes at the end of the running period, if the
        customer renews. ``now``: one comes now for certain.

    Returns
    -------
    Estimate
        Unit `amount`.

    Raises
    ------
    StudyError
        If an argument is outside its range.

    Notes
    -----
    :math:`m r / (1 + d - r)` from the end, :math:`m (1+d) / (1 + d - r)` from now
    [1]_. The standard error is by the delta method, :math:`m(1+d)/(1+d-r)^2` times
    that of r. The formula is steep near r = 1, so the bounds are those of r put
    through it: they keep the coverage that r has. A constant r understates the value
    of old customers, among whom the loyal remain [2]_.

    References
    ----------
    .. [1] Gupta, S. and Lehmann, D. R. (2003). Customers as assets. Journal of
       Interactive Marketing 17(1), 9-24.
    .. [2] Fader, P. S. and Hardie, B. G. S. (2010). Customer-base valuation in a
       contractual setting. Marketing Science 29(1), 85-93.

    Examples
    --------
    >>> retention = Estimate(value=0.8, standard_error=0.02, low=0.76, high=0.84,
    ...     base=400, unit="share")
    >>> value = contract_value(retention, margin=30.0, discount=0.1)
    >>> round(value.value, 2), round(value.low, 2), round(value.high, 2)
    (80.0, 67.06, 96.92)
    """
    _check(retention, margin, discount, first_payment)

    def value(r: float) -> float:
        paid = 1 + discount if first_payment == "now" else r
        return margin * paid / (1 + discount - r)

    slope = margin * (1 + discount) / (1 + discount - retention.value) ** 2
    return Estimate(
        value=value(retention.value),
        standard_error=slope * retention.standard_error,
        low=value(retention.low),
        high=value(retention.high),
        base=retention.base,
        unit="amount",
        effective_base=retention.effective_base,
        confidence=retention.confidence,
    )


def _check(
    retention: Estimate, margin: float, discount: float, first_payment: str
) -> None:
    if retention.unit != "share" or not 0 <= retention.low <= retention.high <= 1:
        raise StudyError("Retention is a share of customers, from 0 to 1.")
    if not (margin > 0 and discount > 0):
        raise StudyError(
            f"A margin of {margin} and a discount of {discount} give no value: both "
            "are above 0, margin in money and discount as a rate per period."
        )
    if first_payment not in ("end", "now"):
        raise StudyError(f"The first payment comes at the end or now: {first_payment}.")
