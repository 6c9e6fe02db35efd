"""Two periods, each answer in its cell of period and segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.estimate import (
    Estimate,
    critical_value,
    effective_base,
    two_sided_p,
    untold,
)
from analysis.metrics.decomposition import das_gupta
from analysis.metrics.metric import DIFFERENCES, OVER, SCORED, Metric
from analysis.study import StudyError
from analysis.survey import Replicates, Sample, replicates
from analysis.survey.design import clusters_of
from analysis.survey.readjust import readjust
from analysis.survey.sample import require, weights_of

LEAST = 5
GROUPS = 1000
OTHERS, UNKNOWN = "other segments", "not known"
Periods = tuple[str, str]


def segments_of(
    sample: Sample, metric: Metric, *, by: str, periods: Periods
) -> pd.DataFrame:
    """Return how many answers each segment has, and where it was put.

    Parameters
    ----------
    sample, metric, by, periods
        As for `bridge`.

    Returns
    -------
    DataFrame
        One row per value of `by`: level, now, before (answers in each period) and
        segment, ``other segments`` for those that were put together.

    Raises
    ------
    StudyError
        If a period has no answers, or fewer than two segments are left.

    Notes
    -----
    Segments with 1 to 4 answers in either period are put together, with the next
    smallest as long as all of these have fewer than five in a period or are only one.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({"recommend": 9, "period": ["a", "b"] * 18,
    ...     "segment": ["new"] * 12 + ["old"] * 14 + ["trade"] * 8 + [None] * 2}))
    >>> found = segments_of(answers, net_promoter, by="segment", periods=("b", "a"))
    >>> found["segment"].tolist()
    ['new', 'other segments', 'old', 'other segments']
    """
    scored = metric.scored(sample)
    require(scored.frame, [by, "period"])
    return _segments(_answers(scored), by=by, periods=periods)


def _answers(scored: Sample) -> pd.DataFrame:
    columns = [name for name in (SCORED, OVER) if name in scored.frame]
    return scored.frame[scored.frame[columns].notna().all(axis=1)]


def _names(values: pd.Series) -> pd.Series:
    return values.astype("object").where(values.notna(), UNKNOWN).astype("str")


def _segments(answers: pd.DataFrame, *, by: str, periods: Periods) -> pd.DataFrame:
    names, when = _names(answers[by]), answers["period"].astype("str")
    for period in periods:
        if not (when == period).any():
            raise StudyError(
                f"No answers of {period} have a value, so a change into or out of it "
                "cannot be divided."
            )
    ends = dict(zip(("now", "before"), periods, strict=True))
    held = {name: names[when == one].value_counts() for name, one in ends.items()}
    counts = pd.DataFrame(held).fillna(0).astype("int64").sort_index()
    placed = counts.index.to_series().mask(counts.index.isin(_small(counts)), OTHERS)
    if placed.nunique() < 2:
        raise StudyError(
            f"{by} has fewer than two segments with {LEAST} answers in {periods[0]} "
            f"and {periods[1]}: there is no mix to tell. Take a column with fewer and "
            "larger segments."
        )
    table = counts.assign(segment=placed).rename_axis(None, axis=1)
    return table.rename_axis("level").reset_index()


def _small(counts: pd.DataFrame) -> list[str]:
    """Segments to be put together, the smallest first."""
    few = _is_small(counts).any(axis=1)
    order = counts.assign(fine=~few).sort_values(["fine", "now", "before"]).index
    taken = int(few.sum())
    while 0 < taken < len(order) and (
        taken == 1 or _is_small(counts.loc[order[:taken]].sum()).any()
    ):
        taken += 1
    return list(order[:taken])


def _is_small(counts: Any) -> Any:
    return (counts > 0) & (counts < LEAST)


@dataclass(frozen=True, eq=False)
class Waves:
    """Both periods, each answer in its cell of period and segment.

    `values` holds, per row, what it counts as a respondent, as a chance and as a
    numerator, the last two for a weight of one. Cells are numbered period by period,
    the earlier one first.
    """

    sample: Sample
    values: np.ndarray
    cells: np.ndarray
    segments: list[str]
    unit: str
    least: int

    @classmethod
    def of(cls, sample: Sample, metric: Metric, *, by: str, periods: Periods) -> Waves:
        """Place the answers of both periods in their cells."""
        scored = metric.scored(sample)
        require(scored.frame, [by, "period"])
        placed = _segments(_answers(scored), by=by, periods=periods)
        rows = scored.frame[scored.frame["period"].isin(periods)]
        segments = sorted(placed["segment"].unique())
        numbers = placed.set_index("level")["segment"].map(segments.index)
        codes = _names(rows[by]).map(numbers).fillna(0).astype("int64")
        is_now = (rows["period"] == periods[0]).astype("int64")
        return cls(
            sample=replace(scored, frame=rows),
            values=_values(rows),
            cells=(codes + len(segments) * is_now).to_numpy(),
            segments=segments,
            unit=DIFFERENCES[metric.unit],
            least=metric.least,
        )

    @property
    def weights(self) -> np.ndarray:
        """Weight of each row, one where there are none."""
        return weights_of(self.sample.frame, self.sample.weights)

    @property
    def bases(self) -> np.ndarray:
        """Answers by period and segment."""
        counts = np.bincount(self.cells, self.values[0] > 0, 2 * len(self.segments))
        return counts.reshape(2, -1)

    @property
    def kish(self) -> np.ndarray:
        """Effective answers by period."""
        there = self.values[0] > 0
        is_now = self.cells >= len(self.segments)
        return np.array(
            [effective_base(self.weights[there & (is_now == now)]) for now in (0, 1)]
        )

    def totals(self) -> np.ndarray:
        """Sums by kind, period and segment."""
        weights = self.weights
        factors = np.array([np.ones_like(weights), weights, weights])
        rows = self.values * factors
        sums = [np.bincount(self.cells, one, 2 * len(self.segments)) for one in rows]
        return np.array(sums).reshape(3, 2, -1)

    def draw(
        self, rng: np.random.Generator, number: int
    ) -> tuple[np.ndarray, Replicates]:
        """Sums by kind, period, segment and replicate."""
        if self.sample.is_adjusted:
            return self._draw_adjusted(rng, number)
        unit = _clusters(self.sample, rng)
        size = 2 * len(self.segments)
        keys, rows = np.unique(unit * size + self.cells, return_inverse=True)
        weights = self.weights
        kept = [self.values[0], self.values[1] * weights, self.values[2] * weights]
        sums = np.array([np.bincount(rows, one, len(keys)) for one in kept])
        units = Sample(pd.DataFrame({"unit": keys // size}), clusters="unit")
        design = replicates(units, rng=rng, number=number)
        place = _indicator(keys % size, size)
        made = [place @ (one[:, None] * design.weights) for one in sums]
        return np.array(made).reshape(3, 2, len(self.segments), -1), design

    def _draw_adjusted(
        self, rng: np.random.Generator, number: int
    ) -> tuple[np.ndarray, Replicates]:
        bare = replace(
            self.sample, weights=None, base_weights=None, margins=(), auxiliaries=()
        )
        design = replicates(bare, rng=rng, number=number)
        base = weights_of(self.sample.frame, self.sample.base_weights)
        weights = readjust(self.sample, base[:, None] * design.weights)
        place = _indicator(self.cells, 2 * len(self.segments))
        kinds = zip(self.values, (design.weights, weights, weights), strict=True)
        made = [place @ (one[:, None] * factors) for one, factors in kinds]
        return np.array(made).reshape(3, 2, len(self.segments), -1), design

    def contributions(
        self, part: str, rng: np.random.Generator, number: int, *, least: int
    ) -> dict[str, Estimate]:
        """One part by segment; `least` answers in each period."""
        drawn, design = self.draw(rng, number)
        values, draws = parts_of(self.totals()[..., None])[part], parts_of(drawn)[part]
        bases = self.bases.min(axis=0) if least else self.bases.max(axis=0)
        made = {}
        for place, (name, base) in enumerate(zip(self.segments, bases, strict=True)):
            pair = (int(base), float(base))
            one = self.estimate(values[place, 0], draws[place], design, bases=pair)
            if base >= least:
                made[name] = untold(one) if self._has_little(place) else one
        return made

    def _has_little(self, place: int) -> bool:
        """Whether a segment has too little to tell a figure; see `Metric.least`."""
        marks = np.bincount(self.cells, self.values[2] > 0, 2 * len(self.segments))
        there = self.bases[:, place] > 0
        return bool((marks.reshape(2, -1)[there, place] < self.least).any())

    def estimate(
        self,
        value: float,
        draws: np.ndarray,
        design: Replicates,
        *,
        bases: tuple[int, float],
    ) -> Estimate:
        """Make an estimate of a value and its draws; `bases` are plain, effective."""
        error = float(np.sqrt(design.coefficients @ (draws - draws.mean()) ** 2))
        half = critical_value(self.sample.confidence, design.degrees) * error
        return Estimate(
            value=value,
            standard_error=error,
            low=value - half,
            high=value + half,
            base=bases[0],
            unit=self.unit,
            effective_base=bases[1],
            confidence=self.sample.confidence,
            p_value=two_sided_p(value, error, design.degrees),
        )


def _values(rows: pd.DataFrame) -> np.ndarray:
    y = rows[SCORED].to_numpy(dtype=float, na_value=np.nan)
    x = np.ones(len(rows))
    if OVER in rows:
        x = rows[OVER].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(x + y), 0.0, np.array([x, x, y]))


def _clusters(sample: Sample, rng: np.random.Generator) -> np.ndarray:
    """Number the customers, or random groups of them where they are many."""
    codes = clusters_of(sample)
    size = int(codes.max()) + 1
    return codes if size <= GROUPS else (rng.permutation(size) % GROUPS)[codes]


def _indicator(cells: np.ndarray, size: int) -> sparse.csr_array:
    ones = np.ones(len(cells))
    return sparse.csr_array(
        (ones, (cells, np.arange(len(cells)))), shape=(size, len(cells))
    )


def parts_of(totals: np.ndarray) -> Mapping[str, np.ndarray]:
    """Parts by segment and replicate, from sums by kind, period, segment, replicate."""
    heads, chances, hits = totals
    r = heads / heads.sum(axis=1, keepdims=True)
    p = chances / chances.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        k, y = (np.where(chances > 0, one, np.nan) for one in (p / r, hits / chances))
    # Of a segment that only one period has, the other's weight and figure are taken.
    k, y = (np.where(np.isnan(one), one[::-1], one) for one in (k, y))
    whole = hits.sum(axis=1) / chances.sum(axis=1)
    y = np.nan_to_num(y - whole.mean(axis=0))
    mixed, within = das_gupta([p[0], y[0]], [p[1], y[1]])
    mix, weighting = das_gupta([r[0], np.nan_to_num(k[0])], [r[1], np.nan_to_num(k[1])])
    level = y.mean(axis=0)
    return {
        "mix": mix * level,
        "weighting": weighting * level,
        "customer mix": mixed,
        "within": within,
    }
