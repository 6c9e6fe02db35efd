"""What a theme goes with in the promoter score: the score without who speaks of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.coding.audited import MACHINE, TOGETHER, Domain, Floors, domains
from analysis.coding.measured import human_base
from analysis.coding.powered import powered
from analysis.coding.shares import GROUPS
from analysis.estimate import (
    Estimate,
    critical_value,
    statistic,
    two_sided_p,
    untold,
)
from analysis.study import StudyError
from analysis.survey import Sample
from analysis.survey.sample import require

POINTS = dict(zip(GROUPS, (-100.0, 0.0, 100.0), strict=True))


@statistic
def theme_impact(
    coded: Sample, code: str, *, by: str = "group", floors: Floors | None = None
) -> Estimate:
    r"""Promoter score minus the score without the answers that carry a code.

    Parameters
    ----------
    coded : Sample
        One row per comment, as for `analysis.coding.prevalence.prevalence`.
    code : str
        The code.
    by : str
        Column of score groups, see `analysis.coding.shares.score_group`. Comments
        without one stay out.
    floors : Floors, optional
        Fewer documents read with the code, or without, than `positives` tell nothing.

    Returns
    -------
    Estimate
        Unit `points`, below 0 where those who speak of it score worse, with the
        p-value of none. The base counts comments that people read.

    Raises
    ------
    StudyError
        If a group is none of detractor, passive and promoter, or people read nothing.

    Notes
    -----
    With weighted means over comments, :math:`x` of 100, 0 or -100 and codes :math:`y`

    .. math::
        I = \bar x - \frac{\overline{(1-y)x}}{1-\bar y}

    which is exactly :math:`n(T-\mathrm{NPS})/(N-n)` for :math:`n` of :math:`N` answers
    with the theme, whose own score is :math:`T`. The influence of a comment on it
    is :math:`(x-\bar x) - (1-y)(x-R)/(1-\bar y)`, :math:`R` the score without the
    theme; the machine's codes in the place of :math:`y` make the control of
    `analysis.coding.powered.powered` [1]_. The error sums over persons; Student's
    interval with persons less one as degrees of freedom.

    It is arithmetic on who speaks of what, and not what would happen if the matter
    were put right. The impacts of codes do not add up, since comments carry several.

    References
    ----------
    .. [1] Angelopoulos, A. N. et al. (2023). Prediction-powered inference. Science
       382, 669-674.

    Examples
    --------
    Of 40 answers 20 are promoters and 20 detractors; 10 detractors and no promoter
    were late. The score is 0, that of the late -100, so 10 (-100 - 0) / 30:

    >>> import pandas as pd
    >>> texts = Sample(pd.DataFrame({"late": [1.0] * 10 + [0.0] * 30,
    ...     "group": ["detractor"] * 20 + ["promoter"] * 20}))
    >>> round(theme_impact(texts, "late").value, 2)
    -33.33
    """
    limits = floors or Floors()
    rated, points = _rated(coded, code, by)
    domain = domains(rated, code, floors=limits)["all"]
    audit = domain.audit
    found = _Impact(domain, points[domain.rows])
    degrees = max(audit.writers - 1, 0)
    half = critical_value(coded.confidence, degrees) * found.error
    made = Estimate(
        value=found.value,
        standard_error=found.error,
        low=found.value - half,
        high=found.value + half,
        base=audit.readers_base,
        unit="points",
        effective_base=found.base,
        confidence=coded.confidence,
        p_value=two_sided_p(found.value, found.error, degrees),
    )
    rarer = min(domain.positives, audit.readers_base - domain.positives)
    return made if rarer >= limits.positives and degrees else untold(made)


@statistic
def theme_impacts(
    coded: Sample,
    *,
    codes: Sequence[str],
    by: str = "group",
    floors: Floors | None = None,
) -> dict[str, Estimate]:
    """Impact of each code on the promoter score; see `theme_impact`.

    Parameters
    ----------
    coded : Sample
        As for `theme_impact`.
    codes : sequence of str
        Codes that may be counted.
    by : str
        Column of score groups.
    floors : Floors, optional
        As for `theme_impact`.

    Returns
    -------
    dict of str to Estimate
        In the order of the codes, with a p-value each: publish them as one family.

    Notes
    -----
    As `theme_impact`.

    Examples
    --------
    >>> import pandas as pd
    >>> texts = Sample(pd.DataFrame({"late": [1.0] * 10 + [0.0] * 30,
    ...     "group": ["detractor"] * 20 + ["promoter"] * 20}))
    >>> list(theme_impacts(texts, codes=["late"]))
    ['late']
    """
    return {code: theme_impact(coded, code, by=by, floors=floors) for code in codes}


class _Impact:
    """The impact with its error, of people or of people and machine."""

    def __init__(self, domain: Domain, points: np.ndarray) -> None:
        audit = domain.audit
        mean, rest, carried = _scores(points, domain.human, audit.draws)
        residuals = _residuals(points, domain.human, (mean, rest, carried))
        control = np.zeros(len(points))
        if domain.method == TOGETHER:
            parts = _scores(points, domain.machine, audit.weights)
            control = _residuals(points, domain.machine, parts)
        found = powered(audit, residuals, control)
        alone = float((audit.by_person(found.alone) ** 2).sum())
        both = float((audit.by_person(found.influence) ** 2).sum())
        persons = audit.writers
        self.value = mean - rest + found.shift
        self.error = math.sqrt(both * persons / max(persons - 1, 1))
        gain = alone / both if both > 0 else 1.0
        self.base = human_base(domain, residuals, alone) * gain


def _rated(coded: Sample, code: str, by: str) -> tuple[Sample, np.ndarray]:
    """Comments with a score group alone, and what each counts in points."""
    require(coded.frame, [code, by])
    groups = coded.frame[by]
    points = groups.map(POINTS)
    strange = groups[groups.notna() & points.isna()]
    if len(strange):
        raise StudyError(
            f"{by} holds {strange.iloc[0]!r}; a score group is one of "
            f"{', '.join(GROUPS)}."
        )
    columns = [name for name in (code, MACHINE + code) if name in coded.frame]
    kept = {name: coded.frame[name].where(groups.notna()) for name in columns}
    return coded.with_columns(**kept), points.to_numpy(dtype=float, na_value=np.nan)


def _scores(
    points: np.ndarray, codes: np.ndarray, weights: np.ndarray
) -> tuple[float, float, float]:
    """Score of all, score of those without the code, and the code's share."""
    total, without = weights.sum(), weights @ (1 - codes)
    mean = float(weights @ points / total)
    # If everybody speaks of it, nobody is left to compare with.
    rest = float(weights @ ((1 - codes) * points) / without) if without > 0 else mean
    return mean, rest, float(1 - without / total)


def _residuals(
    points: np.ndarray, codes: np.ndarray, parts: tuple[float, float, float]
) -> np.ndarray:
    mean, rest, carried = parts
    left = max(1 - carried, np.finfo(float).tiny)
    return (points - mean) - (1 - codes) * (points - rest) / left
