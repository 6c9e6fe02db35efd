"""How customers feel at each stage of the journey, and in texts on each theme."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, critical_value, effective_base, statistic
from analysis.survey import Sample, mean

STAGE, TONE = "stage", "tone"


@statistic
def stage_tones(toned: Sample, *, stages: Sequence[str]) -> dict[str, Estimate]:
    r"""Mean tone of documents at each stage of the journey.

    Parameters
    ----------
    toned : Sample
        Documents with stage and tone (-1 criticism to 1 praise, see
        `analysis.coding.quotes.tones`), the person as cluster, and the chance to be
        coded in the weights (`analysis.coding.plan.drawn_sample`).
    stages : sequence of str
        The journey, in order.

    Returns
    -------
    dict of str to Estimate
        Unit `score`, from -1 to 1, in the order of the journey. Stages without a
        coded document have no value and a base of 0.

    Notes
    -----
    Design-based mean with persons as clusters. The interval is the adjusted Wald of
    a score [1]_ on the effective base: three imaginary documents are added, 3/4
    praise and 3/4 criticism, so that ten critical documents do not leave an
    interval without width. It is centred on the adjusted mean. The effective base
    is never more than Kish's. What coders read wrongly is not inside.

    References
    ----------
    .. [1] Rocks, B. (2016). Interval estimation for the "Net Promoter Score".
       The American Statistician 70(4), 365-372.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"stage": ["use"] * 3, "tone": [-1.0, -1.0, 0.0]}))
    >>> found = stage_tones(texts, stages=["delivery", "use"])
    >>> round(found["use"].value, 3), found["delivery"].base
    (-0.667, 0)
    """
    return _by_stage(toned, stages)


@statistic
def stage_tones_within(
    toned: Sample, *, stages: Sequence[str], by: str
) -> dict[str, dict[str, Estimate]]:
    """Mean tone at each stage of the journey, for each group of customers.

    Parameters
    ----------
    toned : Sample
        See `stage_tones`; with a column of groups.
    stages : sequence of str
        The journey, in order.
    by : str
        Column of groups, such as the segment.

    Returns
    -------
    dict of group to dict of stage to Estimate
        Groups in sorted order. Differences between groups at a stage are not tested
        here: overlapping intervals do not say that there is none.

    Notes
    -----
    As `stage_tones`, of each group by itself.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"stage": "use", "tone": [-1.0, 0.0, 1.0],
    ...     "segment": ["new", "new", "old"]}))
    >>> found = stage_tones_within(texts, stages=["use"], by="segment")
    >>> {group: one["use"].value for group, one in found.items()}
    {'new': -0.5, 'old': 1.0}
    """
    names = toned.frame[by].astype("str").where(toned.frame[by].notna())
    marked = toned.with_columns(**{by: names})
    return {
        group: _by_stage(marked.only(by, group), stages) for group in toned.levels(by)
    }


@statistic
def theme_tones(toned: Sample, *, codes: Sequence[str]) -> dict[str, Estimate]:
    """Mean tone of the documents that speak of each theme.

    Parameters
    ----------
    toned : Sample
        Documents with tone (-1 criticism to 1 praise) and one column per code, 0 to 1,
        missing where nobody read; weights and the person as cluster.
    codes : sequence of str
        Codes that may be counted.

    Returns
    -------
    dict of code to Estimate
        Unit `score`, from -1 to 1, in the order of the codes.

    Notes
    -----
    As `stage_tones`; a document on which readers were split counts in part. It is the
    tone of the whole document: who praises the quality may complain of the price in
    the same breath, so a theme is not what made the tone.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"late": [1.0, 1.0, 0.0], "tone": [-1.0, 0, 1]}))
    >>> theme_tones(texts, codes=["late"])["late"].value
    -0.5
    """
    own = [_of_theme(toned, code) for code in codes]
    long = Sample(
        pd.concat(own, ignore_index=True),
        weights=_WEIGHT,
        clusters=toned.clusters,
        confidence=toned.confidence,
    )
    return _by_stage(long, codes)


_WEIGHT = "theme_weight"


def _of_theme(toned: Sample, code: str) -> pd.DataFrame:
    """Rows that carry a code, each with its part."""
    rows = toned.frame[toned.frame[code] > 0]
    weights = rows[toned.weights] if toned.weights else 1.0
    kept = [name for name in (TONE, toned.clusters) if name]
    own = rows[kept].copy()
    own[STAGE], own[_WEIGHT] = code, rows[code] * weights
    return own


def _by_stage(toned: Sample, stages: Sequence[str]) -> dict[str, Estimate]:
    known = toned.frame.dropna(subset=[STAGE, TONE])
    found: Mapping[str, Estimate] = {}
    if len(known):
        means = mean(toned, TONE, by=STAGE)
        assert isinstance(means, dict)  # with `by` there is one per level
        found = means
    return {
        stage: _bounded(found[stage], known[known[STAGE].astype("str") == stage], toned)
        if stage in found
        else _unknown(toned.confidence)
        for stage in stages
    }


def _bounded(found: Estimate, rows: pd.DataFrame, toned: Sample) -> Estimate:
    weights = (
        rows[toned.weights].to_numpy(float) if toned.weights else np.ones(len(rows))
    )
    tone = rows[TONE].to_numpy(float)
    centre = float(np.average(tone, weights=weights))
    spread = float(np.average((tone - centre) ** 2, weights=weights))
    kish = effective_base(weights)
    if spread > 0:
        base = min(kish, _base(spread, found))
    else:
        base = _persons_base(rows, weights, toned)
    low, high = _adjusted(centre, spread + centre**2, base, found.confidence)
    return Estimate(
        value=centre,
        standard_error=found.standard_error,
        low=min(low, centre),
        high=max(high, centre),
        base=len(rows),
        unit="score",
        effective_base=base,
        confidence=found.confidence,
    )


def _base(spread: float, found: Estimate) -> float:
    """Effective base; nothing is known where one person is all there is."""
    return spread / found.standard_error**2 if found.standard_error > 0 else 0.0


def _persons_base(rows: pd.DataFrame, weights: np.ndarray, toned: Sample) -> float:
    """Kish's base of persons, where all documents say one thing."""
    if not toned.clusters:
        return effective_base(weights)
    # A document of nobody known stands for itself.
    alone = pd.Series([f"alone {n}" for n in range(len(rows))], index=rows.index)
    persons = rows[toned.clusters].astype("str").fillna(alone)
    sums = pd.Series(weights, index=rows.index).groupby(persons).sum()
    return effective_base(sums.to_numpy())


def _adjusted(
    centre: float, square: float, base: float, confidence: float
) -> tuple[float, float]:
    """Adjusted Wald bounds from the mean and the mean square."""
    total = base + 3
    middle = centre * base / total
    variance = (square * base + 1.5) / total - middle**2
    half = critical_value(confidence) * math.sqrt(variance / total)
    return max(-1.0, middle - half), min(1.0, middle + half)


def _unknown(confidence: float) -> Estimate:
    no = math.nan
    return Estimate(
        value=no,
        standard_error=no,
        low=no,
        high=no,
        base=0,
        unit="score",
        confidence=confidence,
    )
