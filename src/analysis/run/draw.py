"""Draw the next wave's sample from the customers of a period."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.contracts import Tables
from analysis.contracts.store import replace
from analysis.kinds import of_kind
from analysis.metrics.scores import promoter_points
from analysis.sampling import (
    Draw,
    approached,
    draw_sample,
    population_at,
    response_rate,
    resting,
)
from analysis.study import Study, StudyError
from analysis.survey import Result

FILE = "invitations_next.csv"


@dataclass(frozen=True)
class NextWave:
    """A drawn sample and the file that holds it."""

    drawn: Draw
    path: Path


def draw_next(
    study: str, period: str, *, size: int, path: Path | None = None
) -> NextWave:
    """Draw customers to invite after a period, and write the list.

    Parameters
    ----------
    study : str
        The study's folder; its settings say strata, cluster, allocation, the days
        that nobody is asked again, and the seed.
    period : str
        A period that has been run: its customers are drawn from.
    size : int
        Invitations to send.
    path : Path, optional
        Where the list goes; ``invitations_next.csv`` beside the period's tables if
        not given.

    Returns
    -------
    NextWave

    Raises
    ------
    StudyError
        If the period has not been run, the study has no customers, or nobody may
        be asked.

    Notes
    -----
    The same settings, period, size and customers give the same list. The list holds
    the customer's key, the stratum and the inclusion probability, nothing else.
    """
    settings = Study.load(study)
    tables = Tables.open(settings, period)
    if not tables.has("customers"):
        raise StudyError(
            f"There are no customers of {study} {period} to draw from. The study needs "
            f"the table `customers`; then: python -m analysis run {study} {period}"
        )
    drawn = draw_sample(
        _frame(tables),
        size=size,
        rng=_rng(settings, tables.period.label),
        strata=settings.sampling.strata,
        cluster=settings.sampling.cluster,
        **_hopes(tables),
    )
    target = path or settings.processed(tables.period.label) / FILE
    replace(target, lambda file: drawn.invitations.to_csv(file, index=False))
    return NextWave(drawn, target)


def _frame(tables: Tables) -> pd.DataFrame:
    """Customers at the end of the period, with those who were asked recently."""
    people = population_at(tables.customers, tables.period)
    if "left_on" in people:
        people = people[people["left_on"].isna()]
    asked = tables.invitations if tables.has("invitations.invited_on") else None
    days = tables.study.sampling.rest_days
    is_resting = resting(people, asked, on=tables.period.end, days=days)
    return people.assign(is_resting=is_resting)


def _hopes(tables: Tables) -> dict[str, dict[str, float]]:
    """Last time's response rates and, for Neyman's allocation, deviations."""
    strata = tables.study.sampling.strata
    if strata is None or not tables.has("invitations", "responses.customer_id"):
        return {}
    now = tables.period.label
    asked = tables.invitations[tables.invitations["period"] == now]
    answers = of_kind(tables.responses)
    answers = answers[answers["period"] == now]
    people = population_at(tables.customers, tables.period)
    joined = approached(asked, answers, people).assign(period=now)
    if joined.empty:
        return {}
    hopes = {"rates": _values(response_rate(joined, answers, by=strata))}
    if tables.study.sampling.allocation == "neyman" and tables.has(
        "responses.recommend"
    ):
        said = answers.merge(people[["customer_id", strata]], on="customer_id")
        points = promoter_points(said["recommend"])
        spread = points.groupby(said[strata].astype("str")).std()
        hopes["deviations"] = {str(k): float(v) for k, v in spread.items()}
    return hopes


def _values(rates: Result) -> dict[str, float]:
    assert isinstance(rates, dict)  # there is a `by`
    return {level: one.value for level, one in rates.items()}


def _rng(study: Study, period: str) -> np.random.Generator:
    return np.random.default_rng([study.seed, *period.encode()])
