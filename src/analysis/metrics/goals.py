"""Goals: where each metric stands against the table of targets."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.estimate import Estimate
from analysis.metrics.attainment import goal_chance, goal_gap, period_held
from analysis.metrics.control_chart import BOUNDS
from analysis.metrics.metric import OVER, SCORED, Metric
from analysis.study import Period, StudyError
from analysis.survey import Sample

ALL = "all"
ELSEWHERE = {"theme_share": "Themes are counted on the page of what customers say."}
COLUMNS = ["metric", "by", "level", "baseline", "target", "due_on", "owner"]
FIGURE = ["value", "low", "high", "unit", "base"]
JUDGED = ["goal", *COLUMNS, "good", "period", *FIGURE, "status", "chance", "why"]
ASIDE = [*COLUMNS, "reason"]
Cell = tuple[str, str, str]
Histories = Mapping[Cell, Mapping[str, Estimate]]


@dataclass(frozen=True)
class Goals:
    """Goals held against their figures.

    Parameters
    ----------
    judged : DataFrame
        One row per goal: goal (its name), metric, by, level, owner, baseline, target,
        due_on, good, period (of the figure), value, low, high, unit, base, status,
        chance (missing where it is not known) and why.
    set_aside : DataFrame
        One row per goal that cannot be judged: metric, by, level, target, due_on,
        owner and reason.
    gaps : dict of str to Estimate
        By goal, what `goal_gap` makes.
    chances : dict of str to Estimate
        By goal, what `goal_chance` makes; without those that are not known.
    """

    judged: pd.DataFrame
    set_aside: pd.DataFrame
    gaps: dict[str, Estimate]
    chances: dict[str, Estimate]


def goal_histories(
    targets: pd.DataFrame,
    metrics: Mapping[str, tuple[Metric, Sample]],
    *,
    breaks: Mapping[str, Collection[str]] | None = None,
    minimum_base: int = 10,
) -> dict[Cell, dict[str, Estimate]]:
    """Work out each goal's metric in each period.

    Parameters
    ----------
    targets : DataFrame
        metric, by, level.
    metrics : mapping of name to (Metric, Sample)
        What can be judged, with the rows of all periods; a column ``period``.
    breaks : mapping of question to periods, optional
        Periods before the last rewording of the metric's question are left out.
    minimum_base : int
        Figures on a smaller base are left out, as they are not published.

    Returns
    -------
    dict of (metric, by, level) to dict of period to Estimate
        Without goals whose metric, column or level does not exist.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({"recommend": [9, 3, 9], "segment": "new",
    ...     "period": ["2026Q1", "2026Q2", "2026Q2"]}))
    >>> goals = pd.DataFrame({"metric": ["nps"], "by": ["segment"], "level": ["new"]})
    >>> found = goal_histories(goals, {"nps": (net_promoter, answers)}, minimum_base=1)
    >>> list(found[("nps", "segment", "new")])
    ['2026Q1', '2026Q2']
    """
    made: dict[Cell, dict[str, Estimate]] = {}
    for row in targets.reindex(columns=COLUMNS).to_dict("records"):
        cell = _cell(row)
        if cell[0] in metrics:
            history = _history(*metrics[cell[0]], cell, breaks or {})
            kept = {
                period: one
                for period, one in history.items()
                if one.base >= minimum_base and not math.isnan(one.value)
            }
            made |= {cell: kept} if history else {}
    return made


def judge_goals(
    targets: pd.DataFrame,
    histories: Histories,
    *,
    period: Period,
    good: Mapping[str, str],
    on_track_from: float = 0.8,
    off_track_upto: float = 0.2,
) -> Goals:
    """Hold each goal against its figure, and say how it stands.

    Parameters
    ----------
    targets : DataFrame
        metric, by, level, baseline, target, due_on, owner: one row per goal. Without
        by and level, or with ``all``, a goal is for all customers.
    histories : mapping of (metric, by, level) to mapping of period to Estimate
        As `goal_histories` makes them.
    period : Period
        The period of the run.
    good : mapping of metric to str
        ``high`` or ``low``; for a metric that is not there the goal itself says, by
        its baseline.
    on_track_from, off_track_upto : float
        Bounds of the probability of `goal_chance`.

    Returns
    -------
    Goals
        A goal that is not due is ``on track`` from a probability of 0.8, ``off
        track`` up to 0.2, else ``cannot tell``; one that is due is ``reached``,
        ``missed`` or ``cannot tell`` by the same bounds. Goals without a date, figure
        or direction, and such that lie behind their own baseline, are set aside with
        the reason.

    Examples
    --------
    >>> nps = Estimate(value=40, standard_error=1, low=38, high=42, base=800,
    ...     unit="points")
    >>> goals = pd.DataFrame({"metric": ["nps", "csat"], "target": [36.0, 0.8],
    ...     "due_on": pd.Timestamp("2026-09-30")})
    >>> found = judge_goals(goals, {("nps", "all", "all"): {"2026Q3": nps}},
    ...     period=Period.parse("2026Q3"), good={"nps": "high"})
    >>> found.judged["status"].tolist(), found.set_aside["metric"].tolist()
    (['reached'], ['csat'])
    """
    goals: list[_Goal] = []
    aside = []
    bounds = (off_track_upto, on_track_from)
    for row in targets.reindex(columns=COLUMNS).to_dict("records"):
        goal = _Goal(row, histories, period, good.get(str(row["metric"]), ""), bounds)
        if goal.fault:
            aside.append({**row, "reason": goal.fault})
        else:
            goals.append(goal)
    names = _names(goals)
    named = dict(zip(names, goals, strict=True))
    rows = [{"goal": name, **goal.judged} for name, goal in named.items()]
    chances = {name: goal.chance for name, goal in named.items()}
    return Goals(
        pd.DataFrame(rows, columns=JUDGED),
        pd.DataFrame(aside, columns=ASIDE),
        {name: goal_gap(g.figure, target=g.row["target"]) for name, g in named.items()},
        {name: one for name, one in chances.items() if one is not None},
    )


@dataclass(frozen=True)
class _Goal:
    """One row of the table, its metric's history, and what follows."""

    row: Mapping[Any, Any]
    histories: Histories
    period: Period
    good: str
    bounds: tuple[float, float]

    @property
    def history(self) -> Mapping[str, Estimate]:
        return self.histories.get(_cell(self.row), {})

    @property
    def side(self) -> str:
        """Which end is good: as the metric says, else from the baseline to the goal."""
        baseline, target = self.row["baseline"], self.row["target"]
        if self.good or pd.isna(baseline) or baseline == target:
            return self.good
        return "high" if target > baseline else "low"

    @property
    def is_due(self) -> bool:
        return bool(self.row["due_on"] <= self.period.end)

    @property
    def figure(self) -> Estimate:
        return self.history[self.held]

    @property
    def held(self) -> str:
        return period_held(self.row["due_on"], self.period).label

    @property
    def fault(self) -> str:
        """Why the goal cannot be judged; empty where it can."""
        row, metric = self.row, str(self.row["metric"])
        if metric in ELSEWHERE:
            return ELSEWHERE[metric]
        if not any(name == metric for name, *_ in self.histories):
            known = ", ".join(sorted({name for name, *_ in self.histories})) or "none"
            return f"There is no metric {metric!r} with figures here; known: {known}."
        if _cell(row) not in self.histories:
            return f"There are no figures of {row['by']} = {row['level']!r}."
        if pd.isna(row["due_on"]):
            return "The goal has no date: write one into due_on."
        if self.held not in self.history:
            return f"There is no figure of {self.held} on enough answers."
        return self._fault_of_target()

    def _fault_of_target(self) -> str:
        target, baseline = self.row["target"], self.row["baseline"]
        least, most = BOUNDS.get(self.figure.unit, (target, target))
        if pd.isna(target):
            return "The goal has no target."
        if not least <= target <= most:
            return f"The target {target:g} lies outside {least:g} to {most:g}."
        if not self.side:
            return "Which way is good is not known: give the goal a baseline."
        sign = 1 if self.side == "high" else -1
        if sign * (target - baseline) <= 0:
            return (
                f"The target {target:g} is no better than the baseline {baseline:g}: "
                f"{self.side} is good here."
            )
        return ""

    @cached_property
    def tried(self) -> tuple[Estimate | None, str]:
        """The chance, or why there is none."""
        words = {"target": self.row["target"], "due_on": self.row["due_on"]}
        try:
            found = goal_chance(
                self.history, period=self.period, good=self.side, **words
            )
        except StudyError as error:
            return None, str(error)
        return found, ""

    @property
    def chance(self) -> Estimate | None:
        return self.tried[0]

    @property
    def status(self) -> str:
        low, high = self.bounds
        if self.chance is None or low < self.chance.value < high:
            return "cannot tell"
        is_good = self.chance.value >= high
        if self.is_due:
            return "reached" if is_good else "missed"
        return "on track" if is_good else "off track"

    @property
    def judged(self) -> dict[str, Any]:
        metric, by, level = _cell(self.row)
        figure = {name: getattr(self.figure, name) for name in FIGURE}
        return {
            **self.row,
            **figure,
            "metric": metric,
            "by": by,
            "level": level,
            "good": self.side,
            "period": self.held,
            "status": self.status,
            "chance": self.chance.value if self.chance else float("nan"),
            "why": self.tried[1],
        }


def _cell(row: Mapping[Any, Any]) -> Cell:
    by, level = (ALL if pd.isna(row[name]) else str(row[name]) for name in COLUMNS[1:3])
    return str(row["metric"]), by, level


def _history(
    metric: Metric,
    sample: Sample,
    cell: Cell,
    breaks: Mapping[str, Collection[str]],
) -> dict[str, Estimate]:
    """Figures of one goal by period; none where its column or level is not there."""
    _, by, level = cell
    periods = sample.frame["period"].astype("str")
    held = periods >= max(breaks.get(metric.asks, ()), default="")
    if by != ALL:
        if by not in sample.frame:
            return {}
        held &= sample.frame[by].astype("str") == level
    scored = metric.scored(sample).frame
    columns = [name for name in (SCORED, OVER) if name in scored]
    if not (held & scored[columns].notna().all(axis=1)).any():
        return {}
    found = metric(sample.with_columns(goal_=periods.where(held)), by="goal_")
    return dict(found) if isinstance(found, Mapping) else {}


def _names(goals: list[_Goal]) -> list[str]:
    """A name for each goal; with its date where a metric has several."""
    plain = []
    for goal in goals:
        metric, by, level = _cell(goal.row)
        plain.append(metric if by == ALL else f"{metric}, {by}: {level}")
    dated = [
        f"{n} by {g.row['due_on']:%Y-%m-%d}" for n, g in zip(plain, goals, strict=True)
    ]
    made: list[str] = []
    for name, long in zip(plain, dated, strict=True):
        best = name if plain.count(name) == 1 else long
        again = sum(one.startswith(best) for one in made)
        made.append(f"{best} ({again + 1})" if best in made else best)
    return made
