"""How often customers speak of each theme, from documents that people coded.

What counts as having a code: the adjudicated decision where there is one, else the
mean of the coders' decisions. With two coders a document that they split on counts
half, so a share lies between "both saw it" and "either saw it"; how many documents
were split is published beside it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.coding.decisions import Decisions
from analysis.estimate import Estimate, statistic, wilson_interval
from analysis.settings import Scale
from analysis.study import StudyError
from analysis.survey import Result, Sample, share

GROUPS = ("detractor", "passive", "promoter")


def code_documents(decisions: Decisions, documents: pd.DataFrame) -> pd.DataFrame:
    """Documents with one column per code: which part of the readers gave it.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.final`.
    documents : DataFrame
        Column document_id, unique, and what shares are split or weighted by.

    Returns
    -------
    DataFrame
        One row per coded document, with the columns of `documents` and of the
        codes (0 to 1). Weights belong into `documents`.

    Raises
    ------
    StudyError
        If a coded document is not in `documents`, or a code has the name of a
        column.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1"], "coder": ["ann", "bob"],
    ...     "code": ["late", "none"]})
    >>> texts = pd.DataFrame({"document_id": ["d1", "d2"], "rating": [3, 9]})
    >>> code_documents(final(codings, codes=["late"]), texts).values.tolist()
    [['d1', 3, 0.5]]
    """
    missing = decisions.documents.difference(pd.Index(documents["document_id"]))
    if len(missing):
        raise StudyError(
            f"{len(missing)} coded documents are not in the table `documents`, "
            f"{missing[0]!r} for one. Check the ids in the coding workbook."
        )
    twice = sorted(set(decisions.codes) & set(documents.columns))
    if twice:
        raise StudyError(
            f"{twice[0]!r} is a code and a column of documents: rename it."
        )
    given = pd.DataFrame(
        np.nanmean(decisions.applied, axis=1),
        index=decisions.documents,
        columns=list(decisions.codes),
    )
    return documents.merge(
        given, left_on="document_id", right_index=True, validate="one_to_one"
    ).reset_index(drop=True)


def code_answers(respondents: Sample, decisions: Decisions) -> Sample:
    """Put the codes of comments beside the answers that they were written with.

    Parameters
    ----------
    respondents : Sample
        Answers with their weights. All of them stay in, coded or not, so that the
        errors know how the weights were made.
    decisions : Decisions
        Of survey comments, whose document_id is the answer's response_id.

    Returns
    -------
    Sample
        With one column per code, missing for answers that were not coded. A share
        of such a column speaks of customers who write a comment.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> codings = pd.DataFrame({"document_id": ["r1"], "coder": ["ann"],
    ...     "code": ["late"]})
    >>> answers = Sample(pd.DataFrame({"response_id": ["r1", "r2"]}))
    >>> code_answers(answers, final(codings, codes=["late"])).frame["late"].tolist()
    [1.0, nan]
    """
    frame = respondents.frame
    ids = pd.DataFrame({"document_id": decisions.documents})
    coded = code_documents(decisions, ids).set_index("document_id")
    codes = coded.reindex(frame["response_id"]).set_axis(frame.index)
    return respondents.with_columns(**codes)


def score_group(ratings: pd.Series, scale: Scale) -> pd.Series:
    """Name detractors, passives and promoters; missing stays missing.

    Parameters
    ----------
    ratings : Series of float
        Answers on the scale.
    scale : Scale
        From 0 to 10: 0-6, 7-8 and 9-10. On other scales the lower half including
        the middle, nothing, and the best fifth at the good end.

    Returns
    -------
    Series of str
        One of `GROUPS`.

    Examples
    --------
    >>> score_group(pd.Series([6, 7, 9]), Scale(low=0, high=10)).tolist()
    ['detractor', 'passive', 'promoter']
    """
    position = (ratings - scale.low) / (scale.high - scale.low)
    if scale.good == "low":
        position = 1 - position
    # 0.65 and 0.85 lie between 6 and 7 and between 8 and 9 of ten.
    places = np.digitize(position.fillna(0), [0.65, 0.85])
    names = pd.Series(np.array(GROUPS)[places], index=ratings.index, dtype="str")
    return names.where(ratings.notna())


@statistic
def theme_share(coded: Sample, code: str, *, by: str | None = None) -> Result:
    r"""Share of documents that carry a code, overall or per level.

    Parameters
    ----------
    coded : Sample
        Documents from `code_documents`, with weights and the person as cluster.
    code : str
        Column of values from 0 to 1.
    by : str, optional
        Column of levels, such as the source or the stage.

    Returns
    -------
    Estimate or dict of str to Estimate
        Unit `share`; the base counts documents.

    Raises
    ------
    StudyError
        If no document has a value.

    Notes
    -----
    Wilson's interval on the effective base :math:`s^2/\mathrm{SE}^2`, where the
    error is design-based and :math:`s^2` the weighted variance of the values. It is
    not :math:`p(1-p)`, since halves for split documents would then make
    disagreement look like precision. The interval holds the drawing of documents
    and not what both coders overlooked: publish only codes that pass
    `analysis.coding.gate.judge_codes`.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"late": [1.0, 0.5, 0.0, 0.0]}))
    >>> late = theme_share(texts, "late")
    >>> late.value, round(late.low, 2), round(late.high, 2)
    (0.375, 0.08, 0.81)
    """
    found = share(coded, code, by=by)
    if isinstance(found, Estimate):
        return _on_own_variance(found, coded, coded.frame[code].notna(), code)
    levels = coded.frame[str(by)].astype("str")
    return {
        level: _on_own_variance(one, coded, levels == level, code)
        for level, one in found.items()
    }


@statistic
def split_share(
    decisions: Decisions, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Share of documents on which readers were split, per code.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.final` or `independent`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Unit `share`, over documents that two or more coders read.

    Notes
    -----
    Wilson's interval, documents taken as independent.

    Examples
    --------
    >>> from analysis.coding.decisions import final
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1"], "coder": ["ann", "bob"],
    ...     "code": ["late", "none"]})
    >>> split_share(final(codings, codes=["late"]))["late"].value
    1.0
    """
    shared = decisions.shared()
    n = len(shared.documents)
    if not n:
        raise StudyError("No document was read by two coders, so none can be split.")
    low, high = np.nanmin(shared.applied, axis=1), np.nanmax(shared.applied, axis=1)
    rates = (low < high).mean(axis=0)
    return {
        code: _simple_share(float(rate), n, confidence)
        for code, rate in zip(shared.codes, rates, strict=True)
    }


def _simple_share(value: float, n: int, confidence: float) -> Estimate:
    low, high = wilson_interval(value, n, confidence=confidence)
    return Estimate(
        value=value,
        standard_error=math.sqrt(value * (1 - value) / n),
        low=low,
        high=high,
        base=n,
        unit="share",
        confidence=confidence,
    )


def _on_own_variance(
    found: Estimate, coded: Sample, rows: pd.Series, code: str
) -> Estimate:
    frame = coded.frame[rows].dropna(subset=[code])
    weights = frame[coded.weights] if coded.weights else np.ones(len(frame))
    spread = np.average((frame[code] - found.value) ** 2, weights=weights)
    if not found.standard_error > 0 or not spread > 0:
        return found
    base = float(spread / found.standard_error**2)
    low, high = wilson_interval(found.value, base, confidence=found.confidence)
    return replace(found, low=low, high=high, effective_base=base)
