"""What a metric is: one function that scores, from which every figure follows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.estimate import Estimate, adjusted_wald_interval, stamp, untold
from analysis.metrics.rates import event_rate
from analysis.settings import Scale
from analysis.study import Study
from analysis.survey import Result, Sample, mean, moments, precision_base, ratio, share

SCORED, OVER = "scored_", "over_"
DIFFERENCES = {
    "points": "points",
    "share": "share_difference",
    "score": "score_difference",
    "amount": "amount_difference",
    "per_thousand": "per_thousand_difference",
}
Score = Callable[..., pd.Series]


@dataclass(frozen=True, eq=False, kw_only=True)
class Metric:
    """A metric, called with a sample to get its value.

    Parameters
    ----------
    name : str
        As tables of targets and pages name it: ``nps``.
    label : str
        As readers know it.
    unit : str
        A key of `DIFFERENCES`; it decides the interval.
    score : callable
        What one answer or customer counts. It takes the answers and the scale of a
        question, or, without `asks`, the whole frame.
    asks : str
        The question, a column of answers.
    over : str
        Column of chances, for a rate of lines or orders among customers; rows with
        none stay out, unless they count for something.
    needs : tuple of str
        Further columns without which there is nothing to score.
    good : str
        ``high`` or ``low``: which end is good news, of the metric itself.
    scale : Scale, optional
        Of the question, as the study states it.
    least : int
        Rows that count more than nothing without which no figure is told: fewer
        large amounts do not show how far the mean may lie off.

    Notes
    -----
    The figure carries the name of `score`: its docstring says what is counted. The
    unit says how it is put together:

    - ``points``: the mean, with the adjusted Wald interval;
    - ``share``: see `analysis.survey.share`;
    - ``per_thousand`` with `over`: see `analysis.metrics.rates.event_rate`;
    - else the mean (`analysis.survey.mean`) or, with `over`, the ratio of both sums
      (`analysis.survey.ratio`), with Student's interval.
    """

    name: str
    label: str
    unit: str
    score: Score
    asks: str = ""
    over: str = ""
    needs: tuple[str, ...] = ()
    good: str = "high"
    scale: Scale | None = None
    least: int = 0

    def __post_init__(self) -> None:
        if self.unit not in DIFFERENCES:
            known = ", ".join(DIFFERENCES)
            raise ValueError(f"{self.name}: the unit {self.unit!r} is none of {known}")
        # The functions page and doctests find the function behind the metric.
        for name in (*functools.WRAPPER_ASSIGNMENTS, "__wrapped__"):
            found = self.score if name == "__wrapped__" else getattr(self.score, name)
            object.__setattr__(self, name, found)

    def __call__(self, sample: Sample, *, by: str | None = None) -> Result:
        """Return the value, overall or per level of a column."""
        scored = self.scored(sample)
        over = OVER if self.over else None
        found = value_of(scored, self.unit, over=over, by=by)
        hidden = self.untold(scored, by=by)
        if isinstance(found, Estimate):
            return stamp(untold(found) if hidden else found, self.source)
        told = {k: untold(one) if k in hidden else one for k, one in found.items()}
        return stamp(told, self.source)

    @property
    def source(self) -> str:
        """Dotted name of the function that scores."""
        return f"{self.score.__module__}.{self.score.__qualname__}"

    @property
    def columns(self) -> list[str]:
        """The columns without which there is nothing to score."""
        return [column for column in (self.asks, self.over, *self.needs) if column]

    def scored(self, sample: Sample) -> Sample:
        """Return the sample with what each row counts, and its chances if any.

        The columns are `SCORED` and, for a rate, `OVER`.
        """
        if self.asks:
            answers = sample.frame[self.asks].astype("float64")
            return sample.with_columns(**{SCORED: self.score(answers, self._scale())})
        values = self.score(sample.frame)
        if not self.over:
            return sample.with_columns(**{SCORED: values})
        chances = sample.frame[self.over]
        counts = (chances > 0) | (values > 0)
        return sample.with_columns(**{SCORED: values, OVER: chances.where(counts)})

    def counts_in(self, sample: Sample) -> bool:
        """Say whether any row of a sample counts for the metric."""
        frame = self.scored(sample).frame
        needed = [SCORED, OVER] if self.over else [SCORED]
        return bool(frame[needed].notna().all(axis=1).any())

    def untold(self, scored: Sample, *, by: str | None = None) -> set[str]:
        """Return the levels with too little to tell a figure: see `least`.

        Without `by` the level is ``all``.
        """
        if not self.least:
            return set()
        counts = scored.frame[SCORED] > 0
        if by is None:
            return {"all"} if counts.sum() < self.least else set()
        names = scored.frame[by]
        marks = counts[names.notna()].groupby(names.dropna().astype("str")).sum()
        return set(marks[marks < self.least].index)

    def asking(self, column: str, *, name: str, label: str) -> Metric:
        """Return the same metric of another question.

        Examples
        --------
        >>> from analysis.metrics.scores import top_box
        >>> top_box.asking("rating_price", name="price", label="Price").asks
        'rating_price'
        """
        return replace(self, asks=column, name=name, label=label, scale=None)

    def on(self, study: Study) -> Metric:
        """Return the metric on the scale that a study states for the question."""
        return replace(self, scale=study.scale(self.asks)) if self.asks else self

    def _scale(self) -> Scale:
        if self.scale is None:
            raise ValueError(
                f"{self.name} has no scale: take it from a study with `on(study)`, or "
                "from `offered`."
            )
        return self.scale


def metric(name: str, **facts: Any) -> Callable[[Score], Metric]:
    """Make a metric of a function that scores; see `Metric` for the parameters.

    Examples
    --------
    >>> @metric("hard", unit="share", asks="effort", label="Hard", good="low")
    ... def hard_time(answers, scale):
    ...     return (answers <= scale.low + 1).where(answers.notna())
    >>> on_scale = replace(hard_time, scale=Scale(low=1, high=7))
    >>> on_scale(Sample(pd.DataFrame({"effort": [1, 2, 6, 7]}))).value
    0.5
    """

    def made(score: Score) -> Metric:
        return Metric(name=name, score=score, **facts)

    return made


def offered(metrics: Iterable[Metric], sample: Sample, *, study: Study) -> list[Metric]:
    """Return the metrics that a sample can carry, on the study's scales.

    Parameters
    ----------
    metrics : iterable of Metric
        In the order of display.
    sample : Sample
        Answers or customers.
    study : Study
        Its scales.

    Returns
    -------
    list of Metric
        Those whose columns have values, and that some row counts for: there is no
        return rate before the first window has closed.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter, top_box
    >>> acme = Study.model_validate({"id": "a", "name": "A", "seed": 1,
    ...     "tables": {"responses": {"files": ["a.csv"]}}})
    >>> answers = Sample(pd.DataFrame({"recommend": [9, 3]}))
    >>> [one.name for one in offered([net_promoter, top_box], answers, study=acme)]
    ['nps']
    """
    return [
        one.on(study)
        for one in metrics
        if sample.known(one.columns) == one.columns
        and (one.asks or one.counts_in(sample))
    ]


def values(sample: Sample, metrics: Iterable[Metric]) -> dict[str, Estimate]:
    """Value of each metric, by its name.

    Parameters
    ----------
    sample : Sample
        Answers or customers of one period.
    metrics : iterable of Metric
        As `offered` returns them.

    Returns
    -------
    dict of str to Estimate
        Each stamped with the function that scores.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({"recommend": [9, 3]}))
    >>> values(answers, [net_promoter])["nps"].value
    0.0
    """
    found = {one.name: one(sample) for one in metrics}
    return {name: one for name, one in found.items() if isinstance(one, Estimate)}


def values_by(
    sample: Sample, metrics: Iterable[Metric], *, by: str
) -> dict[str, dict[str, Estimate]]:
    """Value of each metric per level of a column.

    Parameters
    ----------
    sample : Sample
        Answers or customers of one period.
    metrics : iterable of Metric
        As `offered` returns them.
    by : str
        Column of levels; nothing is returned where the sample does not know it.

    Returns
    -------
    dict of metric to dict of level to Estimate
        Each stamped with the function that scores.

    Examples
    --------
    >>> from analysis.metrics.scores import net_promoter
    >>> answers = Sample(pd.DataFrame({"recommend": [9, 3], "region": ["N", "S"]}))
    >>> {m: list(levels) for m, levels in values_by(
    ...     answers, [net_promoter], by="region").items()}
    {'nps': ['N', 'S']}
    """
    asked = list(metrics)
    if not asked or not sample.known([by]):
        return {}
    found = {one.name: one(sample, by=by) for one in asked}
    return {name: one for name, one in found.items() if isinstance(one, dict)}


def value_of(
    scored: Sample, unit: str, *, over: str | None = None, by: str | None = None
) -> Result:
    """Put together what the rows of a sample count; see `Metric`.

    Parameters
    ----------
    scored : Sample
        With the column `SCORED`.
    unit : str
        A key of `DIFFERENCES`.
    over : str, optional
        Column of chances, for a ratio instead of a mean.
    by : str, optional
        Column of levels.

    Returns
    -------
    Estimate or dict of str to Estimate
        In the unit.

    Examples
    --------
    >>> sample = Sample(pd.DataFrame({SCORED: [100.0, 0.0, -100.0, 100.0]}))
    >>> value_of(sample, "points").value
    25.0
    """
    if unit == "points":
        return _points(scored, over=over, by=by)
    if unit == "share":
        return share(scored, SCORED, over=over, by=by)
    if over and unit == "per_thousand":
        return event_rate(scored, SCORED, over=over, by=by)
    if over:
        return ratio(scored, SCORED, over=over, by=by, unit=unit)
    return mean(scored, SCORED, by=by, unit=unit)


def _points(scored: Sample, *, over: str | None, by: str | None) -> Result:
    values = scored.frame[SCORED]
    chances = scored.frame[over] if over else 1.0
    marked = scored.with_columns(
        positive_=((values > 0) * chances).where(values.notna())
    )
    found = moments(marked, SCORED, over=over, by=by).table
    found["positive"] = moments(marked, "positive_", over=over, by=by).table["value"]
    made = {
        str(level): _points_of(row, scored.confidence)
        for level, row in found.iterrows()
    }
    return made if by else made["all"]


def _points_of(row: pd.Series, confidence: float) -> Estimate:
    balance, positive = row["value"] / 100, row["positive"]
    negative = positive - balance
    variance = 100**2 * (positive + negative - balance**2)
    base = precision_base(variance, row)
    low, high = adjusted_wald_interval(
        max(positive, 0.0), max(negative, 0.0), base, confidence=confidence
    )
    return Estimate(
        value=row["value"],
        standard_error=row["standard_error"],
        low=low,
        high=high,
        base=int(row["base"]),
        unit="points",
        effective_base=base,
        confidence=confidence,
    )
