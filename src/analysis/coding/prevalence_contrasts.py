"""Theme shares of one group or period against another, coding error inside."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from analysis.coding.audited import Floors, domains
from analysis.coding.measured import Measured, moments_of
from analysis.estimate import Estimate, statistic, untold
from analysis.study import StudyError
from analysis.survey import Sample
from analysis.survey.design import clusters_of
from analysis.survey.share_contrasts import contrast_shares


@statistic
def prevalence_differences(
    coded: Sample,
    *,
    codes: Sequence[str],
    by: str,
    levels: tuple[str, str],
    floors: Floors | None = None,
) -> dict[str, Estimate]:
    r"""How much more often one group speaks of each code than another.

    Parameters
    ----------
    coded : Sample
        As for `prevalence`, documents of both groups.
    codes : sequence of str
        Codes that may be counted.
    by : str
        Column of groups, such as promoters and detractors or keepers and returners.
    levels : tuple of str
        The group to look at, then the one to compare with.
    floors : Floors, optional
        As for `prevalence`.

    Returns
    -------
    dict of str to Estimate
        Unit `share_difference` with a p-value each: publish them as one family. Without
        numbers where a group is withheld. The base counts what people read in the
        smaller group.

    Raises
    ------
    StudyError
        If a group has no documents.

    Notes
    -----
    The difference of two shares of `prevalence`, each group with the machine's own
    error in it, so a machine that reads one group better than the other does no harm.
    The covariance comes from persons with documents in both. Interval and p-value as
    in `analysis.survey.share_difference`, on the effective bases :math:`n^*`.

    Examples
    --------
    >>> import pandas as pd
    >>> texts = Sample(pd.DataFrame({"late": [1.0] * 15 + [0.0] * 5 + [1.0, 0.0] * 10,
    ...     "group": ["detractor"] * 20 + ["promoter"] * 20}))
    >>> gap = prevalence_differences(texts, codes=["late"], by="group",
    ...     levels=("detractor", "promoter"))["late"]
    >>> gap.value, round(gap.low, 2), round(gap.high, 2)
    (0.25, -0.05, 0.49)
    """
    return {
        code: _gap(coded, code, by=by, levels=levels, floors=floors) for code in codes
    }


@statistic
def prevalence_changes(
    coded: Sample,
    *,
    codes: Sequence[str],
    periods: tuple[str, str],
    breaks: Mapping[str, Collection[str]] | None = None,
    floors: Floors | None = None,
) -> dict[str, Estimate]:
    """Change of each code's share from one period to another.

    Parameters
    ----------
    coded : Sample
        As for `prevalence`, documents of both periods in the column ``period``.
    codes : sequence of str
        Codes that may be counted.
    periods : tuple of str
        The period to look at, then the earlier one.
    breaks : mapping of code to collection of str, optional
        Periods from which on the codebook says otherwise what the code means.
    floors : Floors, optional
        As for `prevalence`.

    Returns
    -------
    dict of str to Estimate
        As `prevalence_differences`. A code whose meaning changed in between has no
        change: it is left out, and shown as a break (`broken`).

    Notes
    -----
    As `prevalence_differences`: persons who wrote in both periods make the change more
    certain. The machine's error is corrected in each period by what people read in
    it, so a machine that grew worse makes no trend.

    Examples
    --------
    >>> import pandas as pd
    >>> texts = Sample(pd.DataFrame({"late": [1.0] * 15 + [0.0] * 5 + [1.0, 0.0] * 10,
    ...     "period": ["2026Q3"] * 20 + ["2026Q2"] * 20}))
    >>> waves = ("2026Q3", "2026Q2")
    >>> prevalence_changes(texts, codes=["late"], periods=waves)["late"].value
    0.25
    >>> prevalence_changes(texts, codes=["late"], periods=waves,
    ...     breaks={"late": ["2026Q3"]})
    {}
    """
    cut = broken(breaks or {}, periods=periods)
    kept = [code for code in codes if code not in cut]
    return {
        code: _gap(coded, code, by="period", levels=periods, floors=floors)
        for code in kept
    }


def broken(
    breaks: Mapping[str, Collection[str]], *, periods: tuple[str, str]
) -> list[str]:
    """Codes that mean something else in a period than in an earlier one.

    Parameters
    ----------
    breaks : mapping of code to collection of str
        Periods from which on the code means something else.
    periods : tuple of str
        The later period and the earlier one, of the same length.

    Returns
    -------
    list of str
        In the order of the mapping.

    Examples
    --------
    >>> broken({"late": ["2026Q2"], "price": []}, periods=("2026Q3", "2026Q1"))
    ['late']
    """
    now, before = periods
    return [
        code
        for code, since in breaks.items()
        if any(before < one <= now for one in since)
    ]


def _gap(
    coded: Sample,
    code: str,
    *,
    by: str,
    levels: tuple[str, str],
    floors: Floors | None,
) -> Estimate:
    found = domains(coded, code, by=by, floors=floors)
    for level in levels:
        if level not in found:
            raise StudyError(f"No documents have {by} = {level!r}.")
    answers = [Measured.of(found[level]) for level in levels]
    moments = moments_of(answers, levels, clusters_of(coded))
    gap = contrast_shares(moments, confidence=coded.confidence)
    is_told = not any(math.isnan(one.value) for one in answers)
    return gap if is_told else untold(gap)
