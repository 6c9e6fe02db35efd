"""The smallest difference that the data could have shown."""

from __future__ import annotations

import math

from scipy import stats

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError


@statistic
def smallest_visible(
    estimate: Estimate, *, tests: int = 2, power: float = 0.8, level: float = 0.05
) -> Estimate:
    r"""Smallest true difference that would have been found with this error.

    Parameters
    ----------
    estimate : Estimate
        With a standard error above 0.
    tests : int
        Tests of the family, which share the level.
    power : float
        Chance to find it, between 0.5 and 1.
    level : float
        Chance of any false find in the family, between 0 and 0.5.

    Returns
    -------
    Estimate
        Without sign, in the unit of the estimate, on its base. It describes the data
        and has no error of its own.

    Raises
    ------
    StudyError
        If the estimate has no error, or a setting lies outside its range.

    Notes
    -----
    :math:`(z_{1-\alpha/2k} + z_{\text{power}}) \mathrm{SE}` with Bonferroni's share
    of the level for each of :math:`k` tests [1]_. It says what could have been seen,
    whatever was; a power computed from the effect found would say nothing more than
    its p-value does [2]_.

    References
    ----------
    .. [1] Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review 19(5),
       547-556.
    .. [2] Hoenig, J. M. and Heisey, D. M. (2001). The abuse of power. The American
       Statistician 55(1), 19-24.

    Examples
    --------
    >>> found = Estimate(value=-1.4, standard_error=0.3, low=-2.0, high=-0.8,
    ...     base=1945, unit="per_hundred")
    >>> round(smallest_visible(found).value, 3), round(
    ...     smallest_visible(found, tests=1).value, 3)
    (0.925, 0.84)
    """
    if tests < 1 or not 0.5 <= power < 1 or not 0 < level < 0.5:
        raise StudyError(
            f"The smallest visible difference takes a test or more, a power from .5 "
            f"to 1 and a level under .5, not {tests}, {power:g} and {level:g}."
        )
    if not 0 < estimate.standard_error < math.inf:
        raise StudyError(
            "A figure without an error does not say how small a difference it could "
            "have shown."
        )
    far = stats.norm.isf(level / (2 * tests)) + stats.norm.ppf(power)
    value = float(far * estimate.standard_error)
    return Estimate(
        value=value,
        standard_error=0.0,
        low=value,
        high=value,
        base=estimate.base,
        unit=estimate.unit,
        effective_base=estimate.effective_base,
        confidence=estimate.confidence,
    )
