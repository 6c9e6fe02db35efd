"""Means, ratios and totals with honest intervals."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from analysis.estimate import Estimate, critical_value, statistic
from analysis.study import StudyError
from analysis.survey.moments import Moments, Rows, moments, sums
from analysis.survey.sample import Sample

FIXED = 1e-9  # an error under so many standard deviations is rounding
Result = Estimate | dict[str, Estimate]


@statistic
def mean(
    sample: Sample,
    column: str,
    *,
    by: str | None = None,
    unit: str = "score",
) -> Result:
    r"""Design-based mean, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers with weights and clusters.
    column : str
        Numeric column; missing values are left out of the figure.
    by : str, optional
        Column of levels.
    unit : str
        Unit of the column.

    Returns
    -------
    Estimate or dict of str to Estimate
        One per level if `by` is given.

    Raises
    ------
    StudyError
        If nobody has a value, or weights are missing or not positive.

    Notes
    -----
    :math:`\sum w y / \sum w`, its variance by Taylor linearisation over clusters;
    after raking the residuals from the margins take the place of the values [1]_.
    The interval is Student's with clusters minus strata degrees of freedom. Not for
    strongly skewed amounts at small bases.

    References
    ----------
    .. [1] Deville, J.-C. and Sarndal, C.-E. (1992). Calibration estimators in
       survey sampling. JASA 87(418), 376-382.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"satisfaction": [1, 3, 4, 4, 5]}))
    >>> score = mean(answers, "satisfaction")
    >>> score.value, round(score.standard_error, 3), score.base
    (3.4, 0.678, 5)
    """
    return _with_students_interval(moments(sample, column, by=by), sample, by, unit)


@statistic
def ratio(
    sample: Sample,
    column: str,
    *,
    over: str,
    by: str | None = None,
    unit: str = "ratio",
) -> Result:
    r"""Ratio of two totals, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers.
    column, over : str
        Numeric columns above and below the line, such as refunds over revenue. Rows
        that miss one of them are left out.
    by : str, optional
        Column of levels.
    unit : str
        Unit of the quotient.

    Returns
    -------
    Estimate or dict of str to Estimate
        The base counts rows.

    Raises
    ------
    StudyError
        If nobody has both values.

    Notes
    -----
    :math:`\sum w y / \sum w x`, its variance that of the residuals
    :math:`(y - rx)/\sum w x` [1]_. It is the ratio of sums and not the mean of
    people's own ratios. Not where the denominator may be near zero.

    References
    ----------
    .. [1] Cochran, W. G. (1977). Sampling Techniques, 3rd edition, section 6.3.
       Wiley.

    Examples
    --------
    >>> buyers = pd.DataFrame({"returned": [1, 0, 2], "bought": [4, 2, 6]})
    >>> ratio(Sample(buyers), "returned", over="bought").value
    0.25
    """
    found = moments(sample, column, over=over, by=by)
    return _with_students_interval(found, sample, by, unit)


@statistic
def total(
    sample: Sample,
    column: str,
    *,
    by: str | None = None,
    unit: str = "count",
) -> Result:
    r"""Population total of a column, overall or per level.

    Parameters
    ----------
    sample : Sample
        The answers, with weights that sum to the population.
    column : str
        Numeric column; a row without a value adds nothing.
    by : str, optional
        Column of levels.
    unit : str
        Unit of the column.

    Returns
    -------
    Estimate or dict of str to Estimate
        The base counts rows with a value.

    Raises
    ------
    StudyError
        If nobody has a value.

    Notes
    -----
    :math:`\sum w y` [1]_. Not for weights with mean one, as the sampling notebook
    writes them: those sum to the answers and not to the customers.

    References
    ----------
    .. [1] Horvitz, D. G. and Thompson, D. J. (1952). A generalization of sampling
       without replacement from a finite universe. JASA 47(260), 663-685.

    Examples
    --------
    >>> buyers = pd.DataFrame({"spent": [10.0, 30.0], "weight": [100.0, 50.0]})
    >>> total(Sample(buyers, weights="weight"), "spent", unit="amount").value
    2500.0
    """
    return _with_students_interval(sums(sample, column, by=by), sample, by, unit)


@statistic
def design_effect(
    sample: Sample,
    column: str,
    *,
    by: str | None = None,
    replacement: bool = True,
) -> Result:
    r"""Variance of a mean, over that of a simple random sample as large.

    Parameters
    ----------
    sample : Sample
        The answers.
    column : str
        Numeric column.
    by : str, optional
        Column of levels.
    replacement : bool
        Compare with a sample drawn with replacement. Without, the weights must sum
        to the population.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `ratio`, above 0; a description of the design, without error.

    Raises
    ------
    StudyError
        If it cannot be told, since the column does not vary or, without replacement,
        since the weights sum to no more than the answers.

    Notes
    -----
    :math:`\mathrm{Var}(\bar y) / (s^2/n)`, times :math:`1/(1-n/N)` where the simple
    sample is drawn without replacement [1]_. Unlike Kish's figure for the weights
    alone it knows clusters, strata, raking and the question.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling, section 8.2. Wiley.

    Examples
    --------
    >>> twice = pd.DataFrame({"score": [1, 1, 4, 4, 5, 5], "person": list("aabbcc")})
    >>> round(design_effect(Sample(twice, clusters="person"), "score").value, 6)
    2.5
    """
    rows = Rows(sample, column, by=by)
    if rows.y[rows.present].min() == rows.y[rows.present].max():
        raise StudyError(f"{column} does not vary, so there is no design effect.")
    found = rows.ask("mean", "_y", deff="wr" if replacement else "wor").estimates
    effects = [math.nan if one.deff is None else one.deff for one in found]

    def make(level: str, row: pd.Series) -> Estimate:
        value = float(row["effect"])
        if not 0 < value < math.inf:
            raise StudyError(
                f"The design effect of {column} cannot be told ({level}): the column "
                "does not vary there, or the weights sum to no more than the answers."
            )
        base = int(row["base"])
        return Estimate(
            value=value,
            standard_error=0.0,
            low=value,
            high=value,
            base=base,
            unit="ratio",
            effective_base=base / value,
            confidence=sample.confidence,
        )

    return per_level(rows.table(found).assign(effect=effects), by, make)


def precision_base(variance: float, row: pd.Series) -> float:
    """Size of the simple random sample that would have the row's error.

    Examples
    --------
    >>> row = pd.Series({"standard_error": 0.05, "kish": 80.0})
    >>> round(precision_base(0.25, row), 6)
    100.0
    """
    error = row["standard_error"]
    if not variance > 0 or is_fixed(variance, row) or not error > 0:
        return float(row["kish"])
    return float(variance / error**2)


def is_fixed(variance: float, row: pd.Series) -> bool:
    """Say whether weighting fixed the value: answers vary, and it has no error.

    Examples
    --------
    >>> is_fixed(0.25, pd.Series({"standard_error": 1e-80}))
    True
    """
    return variance > 0 and bool(row["standard_error"] <= FIXED * variance**0.5)


def per_level(
    table: pd.DataFrame, by: str | None, make: Callable[[str, pd.Series], Estimate]
) -> Result:
    """Make an estimate of each row of a table, or of its only one.

    Examples
    --------
    >>> table = pd.DataFrame({"value": [3.0]}, index=["all"])
    >>> per_level(table, None, lambda level, row: float(row["value"]))
    3.0
    """
    made = {str(level): make(str(level), row) for level, row in table.iterrows()}
    return made if by else made["all"]


def _with_students_interval(
    found: Moments, sample: Sample, by: str | None, unit: str
) -> Result:
    def make(level: str, row: pd.Series) -> Estimate:
        half = critical_value(sample.confidence, row["degrees"]) * row["standard_error"]
        return Estimate(
            value=row["value"],
            standard_error=row["standard_error"],
            low=row["value"] - half,
            high=row["value"] + half,
            base=int(row["base"]),
            unit=unit,
            effective_base=precision_base(row["spread"], row),
            confidence=sample.confidence,
        )

    return per_level(found.table, by, make)
