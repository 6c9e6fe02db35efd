"""Whether other things matter to one segment than to the rest."""

from __future__ import annotations

import numpy as np

from analysis.estimate import Estimate, statistic
from analysis.outcomes.drivers.draws import from_draws
from analysis.outcomes.drivers.importance import parts_of
from analysis.outcomes.drivers.rated import FEWEST, PER_DRIVER, Rated
from analysis.study import StudyError


@statistic
def importance_differences(
    found: Rated, *, by: str, method: str = "lmg"
) -> dict[str, dict[str, Estimate]]:
    """Importance of each driver in one segment less that in the rest.

    Parameters
    ----------
    found : Rated
        Ratings, outcome and replicates.
    by : str
        Column of the sample, such as ``segment``.
    method : str
        As in `driver_importance`.

    Returns
    -------
    dict of str to dict of str to Estimate
        By segment and driver, unit `share_difference`, with the `p_value` of none. The
        base is that of the smaller side. Segments, or rests, with fewer answers than
        `rated` asks for are left out.

    Raises
    ------
    StudyError
        If the column is absent, or no segment has enough answers.

    Notes
    -----
    Shares of R² in both parts from the same replicates, so that people in both, and
    weighting, are respected; their difference with Student's interval. Where ratings
    explain little in one part its shares are noise, and the interval is wide. A
    difference of shares can come from a driver that varies more, not only from one
    that matters more.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.outcomes.drivers.rated import rated
    >>> from analysis.survey import Sample
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame(rng.normal(size=(400, 3)), columns=["y", "a", "b"])
    >>> rows["who"] = np.where(np.arange(400) % 2, "new", "old")
    >>> rows["y"] += rows["a"].where(rows["who"] == "new", rows["b"])
    >>> made = importance_differences(rated(Sample(rows), outcome="y",
    ...     drivers={"a": "A", "b": "B"}, rng=rng), by="who")
    >>> made["new"]["A"].low > 0.5
    True
    """
    wanted = max(FEWEST, PER_DRIVER * len(found.drivers))
    names = found.sample.frame[by].astype("str") if by in found.sample.frame else None
    if names is None:
        raise StudyError(f"The answers have no column {by} to split drivers by.")
    made = {}
    for level in sorted(names.dropna().unique()):
        inside = names.eq(level).to_numpy(dtype=bool, na_value=False)
        outside = (names.notna() & names.ne(level)).to_numpy(dtype=bool, na_value=False)
        sides = sorted((inside, outside), key=lambda rows: (rows & found.is_used).sum())
        if (sides[0] & found.is_used).sum() < wanted:
            continue
        gap = _shares(found, inside, method) - _shares(found, outside, method)
        made[level] = from_draws(
            found,
            found.drivers,
            gap,
            unit="share_difference",
            within=(-1.0, 1.0),
            rows=sides[0],
            tested=True,
        )
    if not made:
        raise StudyError(
            f"No group of {by} and its rest have {wanted} answers each: drivers are "
            "not compared."
        )
    return made


def _shares(found: Rated, rows: np.ndarray, method: str) -> np.ndarray:
    parts = parts_of(found.correlations(rows=rows), method)
    return parts / parts.sum(axis=1, keepdims=True)
