"""Medians and other quantiles."""

from __future__ import annotations

import math

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError
from analysis.survey.estimates import Result, per_level
from analysis.survey.moments import Rows
from analysis.survey.sample import Sample


@statistic
def quantile(
    sample: Sample,
    column: str,
    *,
    probability: float = 0.5,
    by: str | None = None,
    unit: str = "score",
) -> Result:
    r"""Design-based quantile, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers.
    column : str
        Numeric column; missing values are left out.
    probability : float
        Share of the population at or below the quantile, between 0 and 1; 0.5 is the
        median.
    by : str, optional
        Column of levels.
    unit : str
        Unit of the column.

    Returns
    -------
    Estimate or dict of str to Estimate
        The effective base is Kish's.

    Raises
    ------
    StudyError
        If nobody has a value, or the probability is outside 0 and 1.

    Notes
    -----
    The smallest value with at least the wanted share at or below it. Woodruff's
    interval [1]_: the interval of the share at or below the quantile, read back on
    the column's scale; the error is its width over two critical values. Where so few
    answered that a bound of that share leaves 0 to 1, the bound does not exist and
    is missing (nan). On a coarse scale, such as 0 to 10, prefer means.

    References
    ----------
    .. [1] Woodruff, R. S. (1952). Confidence intervals for medians and other
       position measures. JASA 47(260), 635-646.

    Examples
    --------
    >>> buyers = Sample(pd.DataFrame({"spent": range(1, 101)}))
    >>> middle = quantile(buyers, "spent", unit="amount")
    >>> middle.value, middle.low, middle.high
    (50.0, 41.0, 60.0)
    """
    if not 0 < probability < 1:
        raise StudyError(f"A quantile's probability lies in 0 to 1: {probability}.")
    rows = Rows(sample, column, by=by)
    alpha = 1 - sample.confidence
    # A share that is met exactly must not be missed by the rounding of a sum.
    found = rows.ask("quantile", "_y", p=probability - 1e-12, alpha=alpha).estimates
    bounds = {"low": [one.lci for one in found], "high": [one.uci for one in found]}

    def make(level: str, row: pd.Series) -> Estimate:
        return Estimate(
            value=row["value"],
            standard_error=math.nan if row["low"] is None else row["standard_error"],
            low=row["low"],
            high=row["high"],
            base=int(row["base"]),
            unit=unit,
            effective_base=row["kish"],
            confidence=sample.confidence,
        )

    return per_level(rows.table(found).assign(**bounds), by, make)
