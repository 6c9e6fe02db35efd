"""How much better forecasts are with the answers than without."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from analysis.estimate import Estimate, statistic, two_sided_p
from analysis.outcomes.prediction.forward import Forecast
from analysis.survey import Sample, moments, ratio

HUNDRED = 100.0


@statistic
def prediction_gains(forecasts: Mapping[str, Forecast]) -> dict[str, Estimate]:
    r"""Share of the deviance that the answers remove from forecasts by history alone.

    Parameters
    ----------
    forecasts : mapping of target to Forecast
        See `forecast`.

    Returns
    -------
    dict of str to Estimate
        Unit `share_difference`, one per target: above zero the answers made forecasts
        better, below it worse. The base counts answers that were forecast.

    Notes
    -----
    :math:`\sum w (d_0 - d_1) / \sum w d_0` with :math:`d_0` and :math:`d_1` the
    deviance of each answer without and with the answers, binomial for returns and
    churn, Poisson for lines and spend. The interval is that of a ratio: paired
    differences of losses summed by customer, as in Diebold and Mariano [1]_, the
    models taken as they were trained [2]_.

    A model with more columns has more noise, so where the answers tell nothing its
    forecasts are expected to be a little worse, and a test of equal losses would
    find "worse" too often. The p-value therefore tests the mean of
    :math:`(y - \mu_0)(\eta_1 - \eta_0)`, whether the answers move forecasts towards
    what happens. That is the difference of deviances with the noise taken out, as
    Clark and West [3]_ do for squared errors: for these models with their natural
    link it is exact. A claim needs both, p-value and interval.

    References
    ----------
    .. [1] Diebold, F. X. and Mariano, R. S. (1995). Comparing predictive accuracy.
       J. of Business and Economic Statistics 13(3), 253-263.
    .. [2] Giacomini, R. and White, H. (2006). Tests of conditional predictive
       ability. Econometrica 74(6), 1545-1578.
    .. [3] Clark, T. E. and West, K. D. (2007). Approximately normal tests for equal
       predictive accuracy in nested models. J. of Econometrics 138(1), 291-311.

    Examples
    --------
    >>> import pandas as pd
    >>> losses = pd.DataFrame({"plain_loss": [2.0, 1.0, 1.0], "loss": [1.6, 0.9, 1.1],
    ...     "drawn": [0.5, 0.2, 0.0]})
    >>> one = Forecast("returns", Sample(losses), ("2026Q2",))
    >>> round(prediction_gains({"returns": one})["returns"].value, 2)
    0.1
    """
    return {name: _gain(one.sample) for name, one in forecasts.items()}


@statistic
def history_gains(forecasts: Mapping[str, Forecast]) -> dict[str, Estimate]:
    r"""Share of the deviance that history removes from one rate for all.

    Parameters
    ----------
    forecasts : mapping of target to Forecast
        See `forecast`.

    Returns
    -------
    dict of str to Estimate
        Unit `share_difference`, one per target; at or below zero buying history
        forecasts no better than the rate of the waves before, so that a gain of the
        answers is a gain over nothing.

    Notes
    -----
    :math:`\sum w (d - d_0) / \sum w d` with :math:`d` the deviance of the training
    waves' rate and :math:`d_0` that of history; the interval as in
    `prediction_gains` [1]_. No test: it is the measure that gains are held against.

    References
    ----------
    .. [1] Giacomini, R. and White, H. (2006). Tests of conditional predictive
       ability. Econometrica 74(6), 1545-1578.

    Examples
    --------
    >>> import pandas as pd
    >>> losses = pd.DataFrame({"flat_loss": [2.0, 1.0, 1.0],
    ...     "plain_loss": [1.6, 0.9, 1.1]})
    >>> one = Forecast("returns", Sample(losses), ("2026Q2",))
    >>> round(history_gains({"returns": one})["returns"].value, 2)
    0.1
    """
    return {
        name: _removed(one.sample, ("flat_loss", "plain_loss"))
        for name, one in forecasts.items()
    }


@statistic
def tenth_gains(forecasts: Mapping[str, Forecast]) -> dict[str, Estimate]:
    r"""Events found in the tenth with the highest forecast, more than by history.

    Parameters
    ----------
    forecasts : mapping of target to Forecast
        See `forecast`.

    Returns
    -------
    dict of str to Estimate
        Unit `per_hundred`: of 100 returned lines, leavers, lines bought or units of
        money, how many more the tenth holds if the answers are known.

    Notes
    -----
    :math:`100 \sum w y (t_1 - t_0) / \sum w y`, with :math:`t` whether the answer is
    in the tenth of its wave with the highest forecast [1]_; for returns a tenth of
    the lines. The interval is that of a ratio over customers, with forecasts
    and tenths as they are.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, section 6.3.
       Wiley.

    Examples
    --------
    >>> import pandas as pd
    >>> made = pd.DataFrame({"happened": [2.0, 1, 1], "plain_tenth": [0.0, 1, 0],
    ...     "tenth": [1.0, 0, 0]})
    >>> one = Forecast("returns", Sample(made), ("2026Q2",))
    >>> tenth_gains({"returns": one})["returns"].value
    25.0
    """
    return {
        name: _found(one.sample, ("tenth", "plain_tenth"))
        for name, one in forecasts.items()
    }


@statistic
def tenth_found(
    forecasts: Mapping[str, Forecast], *, asked: bool = True
) -> dict[str, Estimate]:
    r"""Events found in the tenth with the highest forecast.

    Parameters
    ----------
    forecasts : mapping of target to Forecast
        See `forecast`.
    asked : bool
        Whether the forecast knows the answers, or history alone.

    Returns
    -------
    dict of str to Estimate
        Unit `per_hundred`; 10 is what any tenth would hold.

    Notes
    -----
    :math:`100 \sum w y t / \sum w y`; see `tenth_gains` [1]_.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, section 6.3.
       Wiley.

    Examples
    --------
    >>> import pandas as pd
    >>> made = pd.DataFrame({"happened": [2.0, 1, 1], "tenth": [1.0, 0, 0]})
    >>> one = Forecast("returns", Sample(made), ("2026Q2",))
    >>> tenth_found({"returns": one})["returns"].value
    50.0
    """
    column = "tenth" if asked else "plain_tenth"
    return {name: _found(one.sample, (column,)) for name, one in forecasts.items()}


def _gain(sample: Sample) -> Estimate:
    gain = _removed(sample, ("plain_loss", "loss"))
    row = moments(sample, "drawn").table.iloc[0]
    p = two_sided_p(row["value"], row["standard_error"], row["degrees"])
    return dataclasses.replace(gain, p_value=p)


def _removed(sample: Sample, columns: tuple[str, str]) -> Estimate:
    """Part of the first loss that the second does without."""
    frame = sample.frame
    paired = sample.with_columns(_gained=frame[columns[0]] - frame[columns[1]])
    found = ratio(paired, "_gained", over=columns[0], unit="share_difference")
    assert isinstance(found, Estimate)  # without levels there is one
    return found


def _found(sample: Sample, columns: tuple[str, ...]) -> Estimate:
    frame = sample.frame
    inside = frame[columns[0]]
    if len(columns) > 1:
        inside = inside - frame[columns[1]]
    there = sample.with_columns(_there=HUNDRED * inside * frame["happened"])
    found = ratio(there, "_there", over="happened", unit="per_hundred")
    assert isinstance(found, Estimate)  # without levels there is one
    return found
