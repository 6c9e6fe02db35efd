"""A second draw from what the first one left: the chances of both together."""

from __future__ import annotations

import pandas as pd

from analysis.coding.plan import Drawn
from analysis.study import StudyError

CHANCES = ["inclusion_probability", "double_probability"]


def joined_draws(before: pd.DataFrame, more: Drawn) -> pd.DataFrame:
    r"""Return the coding sample after a further draw.

    Parameters
    ----------
    before : DataFrame
        The table ``coding_sample`` of the same documents; may be empty.
    more : Drawn
        Drawn from the documents that were not in it, within the same strata; see
        `analysis.coding.plan.draw_coding_sample`.

    Returns
    -------
    DataFrame
        The rows of both, with the chance to be in either.

    Raises
    ------
    StudyError
        If documents came or went between the draws.

    Notes
    -----
    Within a stratum :math:`\pi = \pi_1 + (1 - \pi_1) \pi_2`, which is
    :math:`(n_1 + n_2) / N`: both draws are one simple random sample in two parts [1]_.
    This holds only if how many are read next does not hang on what was found first.

    References
    ----------
    .. [1] Särndal, C.-E., Swensson, B. and Wretman, J. (1992). Model Assisted Survey
       Sampling, chapter 9. Springer.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.coding.plan import draw_coding_sample
    >>> texts = pd.DataFrame({"document_id": list("abcdefgh"), "text": "Too late."})
    >>> how = {"rng": np.random.default_rng(1), "coders": ["ann"], "double": 0}
    >>> first = draw_coding_sample(texts, size=2, **how).documents
    >>> left = texts[~texts["document_id"].isin(first["document_id"])]
    >>> both = joined_draws(first, draw_coding_sample(left, size=2, **how))
    >>> both["inclusion_probability"].tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    _refuse_other_texts(before, more.plan)
    plan = more.plan.set_index("stratum")
    second = plan[["drawn", "read_twice"]].div(plan["documents"], axis=0)
    second.columns = CHANCES
    first = before.groupby("stratum")[CHANCES].first()
    rows = pd.concat([before, more.documents], ignore_index=True)
    one = first.reindex(rows["stratum"]).fillna(0.0).to_numpy()
    two = second.reindex(rows["stratum"]).fillna(0.0).to_numpy()
    rows[CHANCES] = one + (1 - one[:, :1]) * two
    return rows.sort_values("document_id", ignore_index=True)


def _refuse_other_texts(before: pd.DataFrame, plan: pd.DataFrame) -> None:
    """Stop if a stratum has not as many documents left as the first draw left."""
    chances = before.groupby("stratum")["inclusion_probability"].agg(["size", "first"])
    left = (chances["size"] / chances["first"] - chances["size"]).round()
    there = plan.set_index("stratum")["documents"].reindex(left.index).fillna(0)
    changed = left.index[left != there]
    if len(changed):
        name = str(changed[0])
        raise StudyError(
            f"The texts of {name!r} are not those that the first sample was drawn "
            f"from: it left {left[name]:.0f}, now there are {there[name]:.0f}. Chances "
            "to be drawn would be wrong. Put the exports back as they were, or draw "
            "from other sources."
        )
