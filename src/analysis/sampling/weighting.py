"""Weights per wave, and what they cost in precision."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from analysis.estimate import Estimate, effective_base, statistic
from analysis.sampling.population import population_at
from analysis.study import Study
from analysis.survey import CELL, rake

SMALLEST_CELL = 5
OTHERS = "(others)"


@dataclass(frozen=True)
class Weighting:
    """Weights of every answer, and the cells that had to be put together.

    Parameters
    ----------
    weights : DataFrame
        response_id, base_weight, weight, and a column ``cell_…`` per margin.
    collapsed : DataFrame
        One row per level that was put together with others: period, margin, level,
        respondents.
    """

    weights: pd.DataFrame
    collapsed: pd.DataFrame


def weigh(
    responses: pd.DataFrame,
    customers: pd.DataFrame | None = None,
    *,
    study: Study,
    invitations: pd.DataFrame | None = None,
) -> Weighting:
    """Weigh each wave to its own population.

    Parameters
    ----------
    responses : DataFrame
        Answers of one or more periods.
    customers : DataFrame, optional
        The population; without it every weight is one.
    study : Study
        Its margins and trimming limit.
    invitations : DataFrame, optional
        Answers then start from the inverse of the share of the stratum that was
        invited; `study.sampling.strata` names the column of customers.

    Returns
    -------
    Weighting
        One weight per answer with mean one in each wave.

    Notes
    -----
    A level with fewer than five respondents in a wave is put together with the
    next smallest ones of its margin. Answers of people who are not in the customer
    table cannot be placed in a cell: they keep the mean weight.

    Examples
    --------
    >>> study = Study.model_validate({"id": "a", "name": "A", "seed": 1,
    ...     "tables": {"responses": {"files": ["a.csv"]}}})
    >>> answers = pd.DataFrame({"response_id": ["r"], "period": ["2026Q3"]})
    >>> weigh(answers, study=study).weights["weight"].tolist()
    [1.0]
    """
    margins = [name for name in study.weighting.margins if _has(customers, name)]
    plain = responses[["response_id"]].assign(base_weight=1.0, weight=1.0)
    if customers is None or not margins or "customer_id" not in responses:
        return Weighting(plain, pd.DataFrame(columns=_COLLAPSED))
    waves, notes = [], []
    for label, wave in responses.groupby("period"):
        period = study.period(str(label))
        people = population_at(customers, period)
        base = _base_weights(wave, people, invitations, study)
        weights, collapsed = _weigh_wave(
            wave.assign(base_weight=base),
            people,
            margins=margins,
            trim=study.weighting.trim,
        )
        waves.append(_name_cells(weights, margins, period.label))
        notes.append(collapsed.assign(period=period.label))
    weights = plain[["response_id"]].merge(pd.concat(waves), on="response_id")
    return Weighting(weights, pd.concat(notes, ignore_index=True)[_COLLAPSED])


_COLLAPSED = ["period", "margin", "level", "respondents"]


def _weigh_wave(
    wave: pd.DataFrame,
    people: pd.DataFrame,
    *,
    margins: list[str],
    trim: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    keys = ["customer_id", *margins]
    rows = wave[["response_id", "customer_id", "base_weight"]].merge(
        people[keys].astype("str"), on="customer_id", how="left", validate="m:1"
    )
    placed = rows.dropna(subset=margins).copy()
    totals: dict[str, dict[str, float]] = {}
    notes = []
    for margin in margins:
        merged = _collapsing(placed[margin], people[margin].astype("str"))
        placed[margin] = placed[margin].replace(merged)
        counts = people[margin].astype("str").replace(merged).value_counts()
        parts = counts / counts.sum()
        totals[margin] = {str(k): v * len(placed) for k, v in parts.items()}
        notes.append(_note(margin, merged, rows[margin]))
    rows["weight"] = 1.0
    if len(placed):
        base = placed["base_weight"]
        placed["base_weight"] = base / base.mean()
        placed["weight"] = rake(placed, totals, base_weights="base_weight", trim=trim)
        rows.loc[placed.index, placed.columns] = placed
    return rows.drop(columns="customer_id"), pd.concat(notes, ignore_index=True)


def _base_weights(
    wave: pd.DataFrame,
    people: pd.DataFrame,
    invitations: pd.DataFrame | None,
    study: Study,
) -> pd.Series:
    """Customers of the stratum for each invitation sent to it."""
    strata = study.sampling.strata
    if invitations is None or strata is None or strata not in people:
        return pd.Series(1.0, index=wave.index)
    asked = invitations[invitations["period"].isin(wave["period"])]
    stratum = people.set_index("customer_id")[strata].astype("str")
    sent = asked["customer_id"].map(stratum).value_counts()
    weights = wave["customer_id"].map(stratum).map(stratum.value_counts() / sent)
    return weights.astype(float).fillna(weights.mean()).fillna(1.0)


def _collapsing(sample: pd.Series, population: pd.Series) -> dict[str, str]:
    counts = sample.value_counts().reindex(population.unique(), fill_value=0)
    ordered = counts.sort_values(kind="stable")
    small = list(ordered[ordered < SMALLEST_CELL].index)
    if not small:
        return {}
    rest = [level for level in ordered.index if level not in small]
    while rest and counts[small].sum() < SMALLEST_CELL:
        small.append(rest.pop(0))
    if len(small) == 1 and rest:
        small.append(rest.pop(0))
    return dict.fromkeys(map(str, small), OTHERS)


def _note(margin: str, merged: dict[str, str], answers: pd.Series) -> pd.DataFrame:
    counts = answers.value_counts()
    rows = [(margin, level, int(counts.get(level, 0))) for level in merged]
    return pd.DataFrame(rows, columns=["margin", "level", "respondents"])


def _name_cells(weights: pd.DataFrame, margins: list[str], wave: str) -> pd.DataFrame:
    # Cells carry the wave, so that all waves can be estimated as one sample.
    cells = {f"{CELL}{name}": wave + " " + weights[name] for name in margins}
    return weights.drop(columns=margins).assign(**cells)


def _has(customers: pd.DataFrame | None, name: str) -> bool:
    return customers is not None and name in customers


@statistic
def design_effect(weights: pd.Series) -> Estimate:
    r"""Loss of precision by unequal weights.

    Parameters
    ----------
    weights : Series of float
        Positive weights of one wave.

    Returns
    -------
    Estimate
        Unit `ratio`, 1 or more; a property of the weights, without error.

    Notes
    -----
    Kish's :math:`n \sum w^2 / (\sum w)^2` [1]_: variances are so many times those
    of equal weights, if the answers have nothing to do with the weights. It ignores
    what raking gains, which the intervals in this report do count.

    References
    ----------
    .. [1] Kish, L. (1992). Weighting for unequal Pi. Journal of Official
       Statistics 8(2), 183-200.

    Examples
    --------
    >>> design_effect(pd.Series([1.0, 1.0, 2.0])).value
    1.125
    """
    value = len(weights) / effective_base(weights.to_numpy())
    return _exact(value, len(weights), "ratio")


@statistic
def effective_respondents(weights: pd.Series) -> Estimate:
    """Size of an equally weighted sample that would be as precise.

    Parameters
    ----------
    weights : Series of float
        Positive weights of one wave.

    Returns
    -------
    Estimate
        Unit `count`.

    Notes
    -----
    Kish's effective base; see `design_effect`.

    References
    ----------
    .. [1] Kish, L. (1992). Weighting for unequal Pi. Journal of Official
       Statistics 8(2), 183-200.

    Examples
    --------
    >>> round(effective_respondents(pd.Series([1.0, 1.0, 2.0])).value, 2)
    2.67
    """
    return _exact(effective_base(weights.to_numpy()), len(weights), "count")


@statistic
def largest_weight(weights: pd.Series) -> Estimate:
    """Largest weight, as a multiple of the mean.

    Notes
    -----
    The trimming limit of the study bounds it. One answer with a weight of five
    speaks for five average ones.

    Examples
    --------
    >>> largest_weight(pd.Series([1.0, 1.0, 4.0])).value
    2.0
    """
    return _exact(float(weights.max() / weights.mean()), len(weights), "ratio")


def _exact(value: float, base: int, unit: str) -> Estimate:
    value = value if math.isfinite(value) else math.nan
    return Estimate(
        value=value, standard_error=0.0, low=value, high=value, base=base, unit=unit
    )


def describe_weights(weights: pd.Series) -> str:
    """Say in words how weights are spread, for those who cannot see the chart.

    Examples
    --------
    >>> describe_weights(pd.Series([0.5, 1.0, 1.5]))
    'Weights of 3 answers run from 0.50 to 1.50; half lie between 0.75 and 1.25.'
    """
    low, lower, upper, high = weights.quantile([0, 0.25, 0.75, 1])
    return (
        f"Weights of {len(weights):,} answers run from {low:.2f} to {high:.2f}; "
        f"half lie between {lower:.2f} and {upper:.2f}."
    )
