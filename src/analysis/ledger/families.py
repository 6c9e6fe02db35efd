"""One false-alarm budget for the whole report.

A family of tests is one question of one notebook. Within a family p-values are
adjusted; over the report, families are selected first and spoken from afterwards.
"""

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests


def adjusted(p_values: pd.Series) -> pd.Series:
    r"""Return the q-values of one family, by Benjamini and Hochberg.

    Parameters
    ----------
    p_values : Series of float
        Between 0 and 1; a missing one was not tested and does not count.

    Returns
    -------
    Series of float
        On the same index; missing where the p-value is.

    Notes
    -----
    The smallest false discovery rate at which each test is a discovery [1]_:
    :math:`q_{(i)} = \min_{j \ge i} m p_{(j)} / j`. Valid for independent and for
    positively dependent tests.

    References
    ----------
    .. [1] Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery
       rate. JRSS B 57(1), 289-300.

    Examples
    --------
    >>> adjusted(pd.Series([0.01, 0.04, None])).tolist()
    [0.02, 0.04, nan]
    """
    q_values = pd.Series(np.nan, index=p_values.index, dtype=float)
    tested = p_values.notna()
    if tested.any():
        p = p_values[tested].astype(float)
        q_values[tested] = multipletests(p, method="fdr_bh")[1]
    return q_values


def selected_families(figures: pd.DataFrame, *, level: float) -> pd.DataFrame:
    r"""Choose the families that the summary may speak from.

    Parameters
    ----------
    figures : DataFrame
        Rows with `notebook`, `family` and `p_value`.
    level : float
        False discovery rate over the report, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per family with tests: notebook, family, tests, simes_p,
        is_selected, and within_level, the level that q-values inside it must meet.

    Notes
    -----
    Simes' p-value of each family, Benjamini-Hochberg over families, then the level
    within each of the :math:`R` selected of :math:`m` families is
    :math:`\alpha R / m` [1]_. The expected average share of false discoveries over
    the selected families is then at most :math:`\alpha`.

    References
    ----------
    .. [1] Benjamini, Y. and Bogomolov, M. (2014). Selective inference on multiple
       families of hypotheses. JRSS B 76(1), 297-318.

    Examples
    --------
    >>> rows = pd.DataFrame({"notebook": "02_metrics", "family": ["a", "a", "b"],
    ...     "p_value": [0.001, 0.8, 0.6]})
    >>> selected_families(rows, level=0.05)[["family", "is_selected"]].values.tolist()
    [['a', True], ['b', False]]
    """
    tested = figures.dropna(subset=["p_value", "family"])
    columns = ["notebook", "family", "tests", "simes_p", "is_selected", "within_level"]
    if tested.empty:
        return pd.DataFrame(columns=columns)
    groups = tested.groupby(["notebook", "family"])["p_value"]
    families = pd.DataFrame(
        {
            "tests": groups.size(),
            "simes_p": groups.apply(lambda p: adjusted(p).min()),
        }
    ).reset_index()
    families["is_selected"] = adjusted(families["simes_p"]) <= level
    within = level * families["is_selected"].mean()
    families["within_level"] = np.where(families["is_selected"], within, np.nan)
    return families[columns]
