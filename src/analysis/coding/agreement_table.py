"""All coefficients of agreement in one table, with what is too few to tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.coding.agreement import MEASURES, by_code, overall_agreement
from analysis.coding.decisions import Decisions
from analysis.estimate import Estimate

ALL = "all codes"


def tabulate_agreement(
    decisions: Decisions,
    *,
    rng: np.random.Generator,
    measures: Sequence[str] = (),
    minimum_positives: int = 10,
    replicates: int = 1000,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """All coefficients of each code and of all codes, with both intervals.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.independent`.
    rng : Generator
        Source of randomness of the bootstrap.
    measures : sequence of str
        Keys of `MEASURES`; all of them if empty, Cohen's kappa only of two coders.
    minimum_positives : int
        Codes with fewer documents are marked as too few to tell.
    replicates : int
        Bootstrap samples.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    DataFrame
        One row per code and measure, then the rows of ``all codes``: code, measure,
        value, standard_error, low and high (bootstrap), closed_low and closed_high
        (closed form), base, positives and note.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1", "d2", "d2"],
    ...     "coder": ["ann", "bob"] * 2, "code": ["late", "late", "none", "none"]})
    >>> table = tabulate_agreement(independent(codings, codes=["late"]),
    ...     rng=np.random.default_rng(1), measures=["alpha", "percent"])
    >>> table[["code", "measure", "value", "note"]].values.tolist()[0]
    ['late', 'alpha', 1.0, 'too few to tell']
    """
    shared, positives = decisions.shared(), decisions.shared().positives()
    usual = [m for m in MEASURES if m != "cohen_kappa" or len(shared.coders) == 2]
    rows = []
    for name in measures or usual:
        drawn, closed = (
            _with_whole(
                shared, name, rng=one, replicates=replicates, confidence=confidence
            )
            for one in (rng, None)
        )
        rows += [(code, name, *_figures(drawn[code], closed[code])) for code in drawn]
    names = ["code", "measure", "value", "standard_error", "low", "high"]
    names += ["closed_low", "closed_high", "base"]
    table = pd.DataFrame(rows, columns=names)
    table["positives"] = table["code"].map({**positives, ALL: positives.sum()})
    few = table["positives"] < minimum_positives
    table["note"] = np.where(few, "too few to tell", "")
    order = {code: n for n, code in enumerate([*shared.codes, ALL])}
    return table.sort_values(
        "code", key=lambda codes: codes.map(order), kind="stable", ignore_index=True
    )


def _with_whole(
    decisions: Decisions,
    measure: str,
    *,
    rng: np.random.Generator | None,
    replicates: int,
    confidence: float,
) -> dict[str, Estimate]:
    """Agreement on each code and, last, on all of them."""
    whole = overall_agreement(
        decisions,
        measure=measure,
        rng=rng,
        replicates=replicates,
        confidence=confidence,
    )
    each = by_code(
        decisions,
        MEASURES[measure][0],
        rng=rng,
        replicates=replicates,
        confidence=confidence,
    )
    return {**each, ALL: whole}


def _figures(drawn: Estimate, closed: Estimate) -> tuple[float, ...]:
    return (
        drawn.value,
        drawn.standard_error,
        drawn.low,
        drawn.high,
        closed.low,
        closed.high,
        drawn.base,
    )
