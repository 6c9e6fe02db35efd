"""The chance to answer, modelled on what is known of everyone who was asked."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import ModelWarning

from analysis.sampling.cells import collapsing, counts_of, labels
from analysis.study import StudyError


@dataclass(frozen=True, eq=False)
class Propensities:
    """Estimated chances to answer, with what their error is made of.

    Parameters
    ----------
    levels : DataFrame
        One row per invitation, one column of labels per attribute.
    chance : ndarray, shape (n,)
        Estimated chance of each invitation to be answered.
    weights : ndarray, shape (n,)
        How many customers each invitation stands for.
    slopes : ndarray, shape (n, p)
        How each chance moves with the coefficients.
    coefficients : Series
        On the scale of log-odds.
    covariance : ndarray, shape (p, p)
        Of the coefficients.
    merged : dict of str to dict of str to str
        Per attribute, the levels that were put together.
    """

    levels: pd.DataFrame
    chance: np.ndarray
    weights: np.ndarray
    slopes: np.ndarray
    coefficients: pd.Series
    covariance: np.ndarray
    merged: dict[str, dict[str, str]]

    def predicted(self, people: pd.DataFrame) -> pd.Series:
        """Return the chance of people who need not have been asked.

        A level that nobody of the asked had counts like the average level.
        """
        columns = {}
        for name, merged in self.merged.items():
            known = set(self.levels[name])
            found = labels(people[name]).replace(merged)
            columns[name] = found.where(found.isin(known))
        matrix = _matrix(pd.DataFrame(columns), self.coefficients.index)
        usual = _matrix(self.levels, self.coefficients.index).mean()
        for name, one in columns.items():
            own = [str(c) for c in matrix if str(c).startswith(f"{name}=")]
            for column in own:
                matrix[column] = matrix[column].where(one.notna(), usual[column])
        odds = matrix.to_numpy() @ self.coefficients.to_numpy()
        return pd.Series(1 / (1 + np.exp(-odds)), index=people.index)


def response_propensities(
    asked: pd.DataFrame,
    attributes: list[str],
    *,
    answered: str = "answered",
    represents: str | None = None,
) -> Propensities:
    r"""Chances to answer by logistic regression.

    Parameters
    ----------
    asked : DataFrame
        One row per invitation; see `approached`.
    attributes : list of str
        Columns known of everyone who was asked; each level is a category.
    answered : str
        Boolean column.
    represents : str, optional
        Column with the number of customers that an invitation stands for; equal
        if not given.

    Returns
    -------
    Propensities

    Raises
    ------
    StudyError
        If nobody or everybody answered, or the attributes tell exactly who did.

    Notes
    -----
    :math:`\log \rho / (1 - \rho) = x'\beta` with main effects, by maximum
    likelihood. A level with fewer than five answers, or fewer than five
    invitations without one, is put together with the next smallest. The model sees
    attributes only: who answers because of what they think stays hidden.

    References
    ----------
    .. [1] Schouten, B., Cobben, F. and Bethlehem, J. (2009). Indicators for the
       representativeness of survey response. Survey Methodology 35(1), 101-113.

    Examples
    --------
    >>> asked = pd.DataFrame({"segment": ["new"] * 20 + ["old"] * 20,
    ...     "answered": [True] * 5 + [False] * 15 + [True] * 10 + [False] * 10})
    >>> model = response_propensities(asked, ["segment"])
    >>> model.chance[[0, -1]].round(3).tolist()
    [0.25, 0.5]
    """
    given = asked[answered].to_numpy(bool)
    if not given.any() or given.all():
        raise StudyError(
            f"Of {len(given)} invitations {given.sum()} were answered: who answers "
            "cannot be told from who does not."
        )
    levels, merged = _levels(asked, attributes, given)
    matrix = _matrix(levels)
    fitted = _fit(matrix, given, attributes)
    chance = np.asarray(fitted.fittedvalues)
    weights = asked[represents].to_numpy(float) if represents else np.ones(len(given))
    return Propensities(
        levels=levels,
        chance=chance,
        weights=weights,
        slopes=(chance * (1 - chance))[:, None] * matrix.to_numpy(),
        coefficients=pd.Series(fitted.params, index=matrix.columns),
        covariance=np.asarray(fitted.cov_params()),
        merged=merged,
    )


def _levels(
    asked: pd.DataFrame, attributes: list[str], given: np.ndarray
) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Labels with at least five answers and five silences each."""
    columns, merged = {}, {}
    for name in attributes:
        found = labels(asked[name])
        answers, silences = (counts_of(found[yes], found) for yes in (given, ~given))
        merged[name] = collapsing(answers.where(answers < silences, silences))
        columns[name] = found.replace(merged[name])
    return pd.DataFrame(columns, index=asked.index), merged


def _matrix(levels: pd.DataFrame, columns: pd.Index | None = None) -> pd.DataFrame:
    """One column for the constant and one per level but the first of each."""
    parts: dict[str, object] = {"constant": np.ones(len(levels))}
    for name in levels:
        for level in sorted(set(levels[name].dropna()))[
            0 if columns is not None else 1 :
        ]:
            parts[f"{name}={level}"] = (levels[name] == level).to_numpy(float)
    matrix = pd.DataFrame(parts, index=levels.index)
    return matrix if columns is None else matrix.reindex(columns=columns, fill_value=0)


def _fit(matrix: pd.DataFrame, given: np.ndarray, attributes: list[str]) -> Any:
    model = sm.GLM(given.astype(float), matrix, family=sm.families.Binomial())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ModelWarning)
            warnings.simplefilter("error", RuntimeWarning)
            return model.fit(tol=1e-12)
    except (Warning, np.linalg.LinAlgError) as error:
        raise StudyError(
            f"The chance to answer cannot be modelled on {', '.join(attributes)}: "
            f"{error}. Leave out attributes that repeat one another."
        ) from error
