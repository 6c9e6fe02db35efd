"""Weights per wave, so that known groups count with their true size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.kinds import of_kind
from analysis.sampling.cells import (
    COLLAPSED,
    collapsed_levels,
    collapsing,
    counts_of,
    cross,
    labels,
)
from analysis.sampling.population import population_at
from analysis.sampling.propensity import response_propensities
from analysis.study import Study, StudyError
from analysis.survey import CELL, rake

MISSED = ["margin", "level", "wanted", "reached"]
CLASSES = 5


@dataclass(frozen=True)
class Weighting:
    """Weights of every answer, and what had to give way.

    Parameters
    ----------
    weights : DataFrame
        response_id, base_weight, weight, and a column ``cell_…`` per margin.
    collapsed : DataFrame
        One row per level that was put together with others: period, margin, level,
        respondents.
    missed : DataFrame
        One row per level that the limit on weights keeps from its share: period,
        margin, level, wanted, reached (shares). Usually empty.
    """

    weights: pd.DataFrame
    collapsed: pd.DataFrame
    missed: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["period", *MISSED])
    )


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
        All answers of a study, of one or more periods.
    customers : DataFrame, optional
        The population; without it every weight is one.
    study : Study
        Its method, margins and trimming limit.
    invitations : DataFrame, optional
        Answers then start from the inverse of the share of the stratum that was
        invited; `study.sampling.strata` names the column of customers.

    Returns
    -------
    Weighting
        One weight per answer with mean one in each wave. Answers of another kind than
        the study's main one (see `analysis.kinds.main_kind`) weigh one: nobody was
        drawn for them.

    Raises
    ------
    StudyError
        If the margins contradict one another.

    Notes
    -----
    Three methods (`study.weighting.method`). ``rake`` gives each margin its true
    shares; ``poststratify`` gives each cell of all margins together its true share;
    ``propensity`` models on the margins who answers, sorts everyone into five
    classes of equal size by that chance, and gives each class its true share [1]_.

    A level with fewer than five respondents in a wave is put together with the
    next smallest ones of its margin, a customer without a value counts as a level
    of its own. If the limit on weights contradicts the margins, the limit holds and
    `missed` says what is missing. Answers of people who are not in the customer
    table cannot be placed in a cell: they keep the mean weight.

    References
    ----------
    .. [1] Little, R. J. A. (1986). Survey nonresponse adjustments for estimates of
       means. International Statistical Review 54(2), 139-157.

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
        return Weighting(plain, pd.DataFrame(columns=["period", *COLLAPSED]))
    waves = [
        _weigh_wave(wave, customers, invitations=invitations, study=study)
        for _, wave in of_kind(responses).groupby("period")
    ]
    weights, collapsed, missed = (
        pd.concat(parts, ignore_index=True) for parts in zip(*waves, strict=True)
    )
    others = plain[~plain["response_id"].isin(weights["response_id"])]
    weights = pd.concat([weights, others], ignore_index=True)
    return Weighting(
        plain[["response_id"]].merge(weights, on="response_id"),
        collapsed[["period", *COLLAPSED]],
        missed[["period", *MISSED]],
    )


def _weigh_wave(
    wave: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    invitations: pd.DataFrame | None,
    study: Study,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    label = str(wave["period"].iloc[0])
    people = population_at(customers, study.period(label))
    rows = wave[["response_id", "customer_id"]].reset_index(drop=True)
    base = _base_weights(wave, people, invitations, study)
    rows["base_weight"] = base.to_numpy()
    cells = _cells(wave, people, invitations, study)
    cells.insert(0, "customer_id", people["customer_id"])
    rows = rows.merge(cells, on="customer_id", how="left", validate="m:1")
    names = list(cells.columns[1:])
    rows, collapsed, missed = _adjust(rows, cells, names, study.weighting.trim)
    rows = _name_cells(rows.drop(columns="customer_id"), names, label)
    return rows, collapsed.assign(period=label), missed.assign(period=label)


def _cells(
    wave: pd.DataFrame,
    people: pd.DataFrame,
    invitations: pd.DataFrame | None,
    study: Study,
) -> pd.DataFrame:
    """Everyone's level of every margin that the method weighs to."""
    margins = [name for name in study.weighting.margins if name in people]
    if study.weighting.method == "rake" or people.empty:
        return pd.DataFrame({name: labels(people[name]) for name in margins})
    if study.weighting.method == "poststratify":
        answered = people[people["customer_id"].isin(wave["customer_id"])]
        return pd.DataFrame({"_x_".join(margins): cross(people, margins, answered)})
    asked = people
    if invitations is not None:
        sent = invitations[invitations["period"].isin(wave["period"])]
        reached = people["customer_id"].isin(
            [*sent["customer_id"], *wave["customer_id"]]
        )
        asked = people[reached]
    asked = asked.assign(answered=asked["customer_id"].isin(wave["customer_id"]))
    chance = response_propensities(asked, margins).predicted(people)
    ranked = pd.qcut(chance, CLASSES, duplicates="drop").cat.codes + 1
    return pd.DataFrame({"propensity": "class " + ranked.astype("str")})


def _adjust(
    rows: pd.DataFrame, people: pd.DataFrame, margins: list[str], trim: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Weights that give each level its share of the population."""
    placed = rows.dropna(subset=margins).copy()
    totals: dict[str, dict[str, float]] = {}
    notes = []
    for margin in margins:
        merged = collapsing(counts_of(placed[margin], people[margin]))
        notes.append(collapsed_levels(margin, merged, rows[margin]))
        placed[margin] = placed[margin].replace(merged)
        parts = people[margin].replace(merged).value_counts(normalize=True)
        totals[margin] = {str(k): v * len(placed) for k, v in parts.items()}
    rows["weight"], missed = 1.0, pd.DataFrame(columns=MISSED)
    if len(placed):
        placed["base_weight"] /= placed["base_weight"].mean()
        placed["weight"], missed = _raked(placed, totals, trim)
        rows.loc[placed.index, placed.columns] = placed
    return rows, pd.concat(notes, ignore_index=True), missed


def _raked(
    placed: pd.DataFrame, totals: Mapping[str, Mapping[str, float]], trim: float
) -> tuple[pd.Series, pd.DataFrame]:
    """Raked weights under the limit; where both cannot be, the limit holds."""
    nothing = pd.DataFrame(columns=MISSED)
    try:
        return rake(placed, totals, base_weights="base_weight", trim=trim), nothing
    except StudyError:
        weights = rake(placed, totals, base_weights="base_weight")
    weights = _capped(weights / weights.mean(), trim)
    rows = [
        (margin, level, total / len(placed), weights[placed[margin] == level].sum())
        for margin, levels in totals.items()
        for level, total in levels.items()
    ]
    found = pd.DataFrame(rows, columns=MISSED)
    found["reached"] /= len(placed)
    return weights, found[(found["wanted"] - found["reached"]).abs() > 1e-6]


def _capped(weights: pd.Series, limit: float) -> pd.Series:
    """Hold weights to a limit; the others take up what is cut, mean one."""
    is_over = weights > limit
    while is_over.any():
        left = len(weights) - limit * is_over.sum()
        free = weights.where(~is_over)
        weights = (free * left / free.sum()).fillna(limit)
        over = weights > limit * (1 + 1e-12)
        if not over.any():
            break
        is_over |= over
    return weights


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


def _name_cells(weights: pd.DataFrame, margins: list[str], wave: str) -> pd.DataFrame:
    # Cells carry the wave, so that all waves can be estimated as one sample.
    cells = {f"{CELL}{name}": wave + " " + weights[name] for name in margins}
    return weights.drop(columns=margins).assign(**cells)


def _has(customers: pd.DataFrame | None, name: str) -> bool:
    return customers is not None and name in customers
