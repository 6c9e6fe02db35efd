"""Whether a correlation survives within groups: Simpson's paradox looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Estimate, critical_value, stamp
from analysis.outcomes.association.coefficients import coefficients
from analysis.outcomes.association.fisher import NEAREST
from analysis.outcomes.association.pairing import (
    LATER,
    Pair,
    Paired,
    known_pairs,
    paired,
)
from analysis.outcomes.association.partial import design_matrix, partial_draws
from analysis.study import StudyError
from analysis.survey import Replicates, Sample
from analysis.survey.sample import require

VERDICTS = {
    "same": "the same within groups",
    "weaker": "weaker within groups",
    "gone": "no longer seen within groups",
    "reversed": "turns round within groups",
    "hidden": "seen only within groups",
    "mixed": "not the same in all groups",
    "unclear": "cannot tell",
}
FEWEST_IN_GROUP = 30


@dataclass(frozen=True)
class Reversals:
    """Each pair's correlation within groups, and what became of it.

    Parameters
    ----------
    raw : dict of str to Estimate
        Over all.
    within : dict of str to Estimate
        Within groups, pooled.
    groups : dict of str to dict of level to Estimate
        In each group that is large enough.
    verdicts : dict of str to str
        A value of `VERDICTS`.
    """

    raw: dict[str, Estimate]
    within: dict[str, Estimate]
    groups: dict[str, dict[str, Estimate]]
    verdicts: dict[str, str]


def reversals(
    sample: Sample,
    *,
    by: str,
    replicates: Replicates,
    later: Mapping[str, str] = LATER,
    pairs: Mapping[str, Pair] | None = None,
) -> Reversals:
    r"""Set each correlation beside the one within groups, and say what became of it.

    Parameters
    ----------
    sample : Sample
        As `with_choices` makes it.
    by : str
        Column of the groups, such as segment.
    replicates : Replicates
        Of the same sample.
    later : mapping of str to str
        Names of behaviours and their columns.
    pairs : mapping of str to tuple of str, optional
        Columns to correlate instead of questions with behaviours.

    Returns
    -------
    Reversals
        Estimates with intervals, and a verdict for each pair.

    Raises
    ------
    StudyError
        If nothing can be correlated, or there are fewer than two groups.

    Notes
    -----
    All are Spearman's. Pooled within groups: the partial rank correlation given the
    group. The verdict compares the two by the interval of their difference
    :math:`\operatorname{artanh} r - \operatorname{artanh} r_w`, from the same
    replicates:

    - same: both leave out zero on one side;
    - weaker: so too, and the pooled one is smaller beyond chance;
    - reversed: both leave out zero, on opposite sides;
    - gone: only the raw one leaves out zero, and they differ beyond chance;
    - hidden: only the pooled one leaves out zero, and they differ beyond chance;
    - mixed: the pooled one leaves out zero, and some group lies on the other side
      beyond chance, by Bonferroni over the groups;
    - unclear: anything else.

    Groups can reverse a correlation, as departments did with admissions [1]_; that
    the groups at hand do not is no proof that others would not.

    References
    ----------
    .. [1] Bickel, P. J., Hammel, E. A. and O'Connell, J. W. (1975). Sex bias in
       graduate admissions: data from Berkeley. Science 187(4175), 398-404.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey import replicates
    >>> rows = pd.DataFrame({"segment": np.repeat(["a", "b"], 50)})
    >>> rows["recommend"] = [*range(50), *range(40, 90)]
    >>> rows["revenue_after"] = [*range(50, 0, -1), *range(190, 140, -1)]
    >>> drawn = replicates(Sample(rows), rng=np.random.default_rng(1), number=50)
    >>> found = reversals(Sample(rows), by="segment", replicates=drawn)
    >>> found.verdicts
    {'recommend and revenue': 'turns round within groups'}
    """
    require(sample.frame, [by])
    if len(sample.levels(by)) < 2:
        raise StudyError(f"{by} has a single level: there are no groups to look into.")
    chosen = dict(pairs) if pairs else known_pairs(sample, later=later)[0]
    found = {
        name: _compared(sample, columns, by, replicates)
        for name, columns in chosen.items()
    }
    name = f"{__name__}.reversals"
    return Reversals(
        raw=stamp({key: one.raw for key, one in found.items()}, name),
        within=stamp({key: one.within for key, one in found.items()}, name),
        groups=stamp({key: one.groups for key, one in found.items()}, name),
        verdicts={key: VERDICTS[_verdict(one)] for key, one in found.items()},
    )


@dataclass(frozen=True)
class _Compared:
    raw: Estimate
    within: Estimate
    groups: dict[str, Estimate]
    is_other: bool


def _compared(
    sample: Sample, columns: Pair, by: str, replicates: Replicates
) -> _Compared:
    both = paired(sample, columns, replicates=replicates)
    raw = coefficients(both.x, both.y, both.weights, methods=["spearman"])["spearman"]
    held = design_matrix(sample.frame[both.rows], [by], both.weights[:, :1])
    within = partial_draws(both, held)
    pooled = both.estimate(within, spent=held.shape[1] - 1)
    is_other = _differ(raw, within, both)
    groups = _groups(sample, by, both)
    return _Compared(both.estimate(raw), pooled, groups, is_other)


def _differ(raw: np.ndarray, within: np.ndarray, both: Paired) -> bool:
    """Whether the two differ by more than chance, on Fisher's scale."""
    first, second = (np.arctanh(np.clip(r, -NEAREST, NEAREST)) for r in (raw, within))
    gap = first - second
    squares = (gap[1:] - gap[1:].mean()) ** 2
    error = np.sqrt(both.replicates.coefficients @ squares)
    reach = critical_value(both.confidence, both.replicates.degrees) * error
    return bool(abs(gap[0]) > reach)


def _groups(sample: Sample, by: str, both: Paired) -> dict[str, Estimate]:
    """Spearman's coefficient in each group where it can be told."""
    levels = sample.frame.loc[both.rows, by].astype("str").to_numpy()
    found = {}
    for level in sample.levels(by):
        rows = levels == level
        x, y = both.x[rows], both.y[rows]
        if len(x) < FEWEST_IN_GROUP or not (np.ptp(x) > 0 and np.ptp(y) > 0):
            continue
        draws = coefficients(x, y, both.weights[rows], methods=["spearman"])["spearman"]
        part = Paired(x, y, both.weights[rows], rows, both.replicates, both.confidence)
        if np.isfinite(draws).all():
            found[level] = part.estimate(draws)
    return found


def _verdict(one: _Compared) -> str:
    raw, within = _side(one.raw), _side(one.within)
    if raw * within < 0:
        return "reversed"
    if not raw or not within:
        lone = "gone" if raw else "hidden"
        return lone if (raw or within) and one.is_other else "unclear"
    if any(
        _is_against(group, within, len(one.groups)) for group in one.groups.values()
    ):
        return "mixed"
    is_less = abs(one.within.value) < abs(one.raw.value)
    return "weaker" if one.is_other and is_less else "same"


def _side(one: Estimate) -> int:
    return int(np.sign(one.value)) if one.excludes_zero else 0


def _is_against(group: Estimate, side: int, groups: int) -> bool:
    if group.value * side >= 0 or group.p_value is None:
        return False
    return group.p_value * groups < 1 - group.confidence
