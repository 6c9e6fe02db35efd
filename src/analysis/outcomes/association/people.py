"""Whether more of an answer goes with more of what the same customer did later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.estimate import Estimate, statistic
from analysis.outcomes.association.coefficients import METHODS, coefficients
from analysis.outcomes.association.pairing import LATER, Pair, known_pairs, paired
from analysis.study import StudyError
from analysis.survey import Replicates, Sample
from analysis.survey.sample import require


def with_choices(sample: Sample) -> Sample:
    """Add whether customers bought, after their answer and before it.

    Parameters
    ----------
    sample : Sample
        As `after_answers` makes it, with lines_after and, where known, lines_before
        and returned_lines_before.

    Returns
    -------
    Sample
        With `bought_after` and `bought_before`, 0 or 1, and `returned_before`, the
        share of the lines bought before that came back; missing as the lines are.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"lines_after": [0, 2, None]})
    >>> with_choices(Sample(answers)).frame["bought_after"].tolist()
    [0.0, 1.0, nan]
    """
    frame = sample.frame
    require(frame, ["lines_after"])
    made = {}
    for side in ("after", "before"):
        if f"lines_{side}" in frame:
            lines = frame[f"lines_{side}"]
            made[f"bought_{side}"] = lines.gt(0).astype(float).where(lines.notna())
    if {"lines_before", "returned_lines_before"} <= set(frame):
        lines = frame["lines_before"].where(frame["lines_before"] > 0)
        made["returned_before"] = frame["returned_lines_before"] / lines
    return sample.with_columns(**made)


@statistic
def correlation(
    sample: Sample,
    columns: Pair,
    *,
    replicates: Replicates,
    method: str = "spearman",
) -> Estimate:
    r"""Weighted correlation of two columns over people.

    Parameters
    ----------
    sample : Sample
        Rows with both values are used; the others stay in the design.
    columns : tuple of str
        Two numeric columns.
    replicates : Replicates
        Of the same sample; see `analysis.survey.replicates`.
    method : str
        ``spearman``, ``kendall`` (tau-b) or ``pearson``.

    Returns
    -------
    Estimate
        The coefficient, from -1 to 1, with the `p_value` of none. The base counts
        rows with both values.

    Raises
    ------
    StudyError
        If fewer than 20 rows have both values, a column does not vary, or the method
        is unknown.

    Notes
    -----
    See `coefficients` for the formulas. The error comes from replicate weights: whole
    people are drawn anew and weighted anew (Rao-Wu bootstrap [1]_). The interval is
    Student's on Fisher's scale :math:`\operatorname{artanh} r`, with people less
    strata as degrees of freedom. A correlation is no effect, and near zero it may
    hide a relation that goes up and down.

    References
    ----------
    .. [1] Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex
       survey data. JASA 83(401), 231-241.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from analysis.survey import replicates
    >>> people = Sample(pd.DataFrame({"score": range(30), "spent": range(30)}))
    >>> drawn = replicates(people, rng=np.random.default_rng(1), number=100)
    >>> correlation(people, ("score", "spent"), replicates=drawn).value
    1.0
    """
    found = _of_methods(sample, columns, replicates, methods=[method])
    return found[method]


@statistic
def correlations(
    sample: Sample,
    *,
    replicates: Replicates,
    methods: Sequence[str] = METHODS,
    later: Mapping[str, str] = LATER,
) -> dict[str, dict[str, Estimate]]:
    """Correlations of each question with each later behaviour, by all coefficients.

    Parameters
    ----------
    sample : Sample
        As `with_choices` makes it.
    replicates : Replicates
        Of the same sample.
    methods : sequence of str
        Of ``spearman``, ``kendall`` and ``pearson``.
    later : mapping of str to str
        Names of behaviours and their columns.

    Returns
    -------
    dict of method to dict of str to Estimate
        Keys such as ``recommend and return rate``. Pairs that cannot be correlated are
        left out: `known_pairs` says why.

    Raises
    ------
    StudyError
        If no pair can be correlated.

    Notes
    -----
    See `correlation`. Effort is taken as it was asked, so where low is good its sign
    turns. With a behaviour that either happens or not, Spearman's and Kendall's
    coefficients agree and stay well below one even if it follows the answer strictly.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from analysis.survey import replicates
    >>> people = pd.DataFrame({"recommend": range(30), "revenue_after": range(30)})
    >>> drawn = replicates(Sample(people), rng=np.random.default_rng(1), number=50)
    >>> list(correlations(Sample(people), replicates=drawn)["kendall"])
    ['recommend and revenue']
    """
    pairs, _ = known_pairs(sample, later=later)
    found = {
        name: _of_methods(sample, columns, replicates, methods=methods)
        for name, columns in pairs.items()
    }
    return {
        method: {name: of_pair[method] for name, of_pair in found.items()}
        for method in methods
    }


def _of_methods(
    sample: Sample, columns: Pair, replicates: Replicates, *, methods: Sequence[str]
) -> dict[str, Estimate]:
    if unknown := [name for name in methods if name not in METHODS]:
        known = ", ".join(METHODS)
        raise StudyError(f"A correlation is one of {known}, not {unknown[0]!r}.")
    both = paired(sample, columns, replicates=replicates)
    draws = coefficients(both.x, both.y, both.weights, methods=methods)
    return {name: both.estimate(draws[name]) for name in methods}
