"""Weeks or months in which more people wrote, or more of them complained.

Each period is held against those just before it, by an exact test. Published as
one family, the periods share one false-alarm rate: the study's ``false_alarm``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError

Length = Literal["W", "M"]
NAMES = {"W": "weeks", "M": "months"}
# With fewer periods before it nothing is held against them.
BASELINE = 8


@statistic
def volume_spikes(
    documents: pd.DataFrame,
    *,
    until: pd.Timestamp,
    length: Length = "W",
    newest: int = 13,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    r"""People who wrote in each newest period, over what the ones before expect.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id, occurred_on and, where known, customer_id: of one
        source, since sources start and stop.
    until : Timestamp
        The last day of what was received; an unfinished period at the end is left
        out.
    length : {"W", "M"}
        Weeks (Monday to Sunday) or months.
    newest : int
        Periods to look at, 1 or more.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        Per period, by its first day: unit `ratio`, people of the period over the mean
        of the eight before it; the base counts people of both. With a p-value of no
        change, upwards or downwards. Periods with fewer than eight before them since
        the first document are left out.

    Raises
    ------
    StudyError
        If there are too few periods.

    Notes
    -----
    A person counts once a period; a document of nobody known counts as one. Given
    the people :math:`K` of the period and its :math:`m = 8` neighbours, those of the
    period are binomial with chance :math:`1/(m+1)` if nothing changed: an exact
    test of two Poisson rates [1]_, and Clopper and Pearson's interval. Where the
    eight vary more than Poisson counts do, all counts are first divided by their
    dispersion :math:`s^2/\bar k`, and normal tails become those of Student's t with
    seven degrees, so that ordinary bursts do not pass for spikes. A
    season is no part of the rule: the first week of December may be a spike each
    year. In 3,000 simulations without change 2 % of Poisson weeks, and 4 % of weeks
    with four times their variance, had a p-value under .05.

    References
    ----------
    .. [1] Przyborowski, J. and Wilenski, H. (1940). Homogeneity of results in
       testing samples from Poisson series. Biometrika 31(3/4), 313-323.

    Examples
    --------
    >>> days = pd.date_range("2026-01-05", periods=70)
    >>> texts = pd.DataFrame({"document_id": range(80), "customer_id": range(80),
    ...     "occurred_on": [*days, *days[-7:], *days[-3:]]})
    >>> found = volume_spikes(texts, until=pd.Timestamp("2026-03-15"), newest=1)
    >>> round(found["2026-03-09"].value, 2), found["2026-03-09"].base
    (2.43, 73)
    """
    people = _people(documents, length)
    periods = _periods(people, until, length, newest)
    counts = people.groupby("_period").size().reindex(periods, fill_value=0)
    return {
        _name(periods[place]): _rate(
            int(counts.iloc[place]),
            counts.iloc[place - BASELINE : place].to_numpy(float),
            confidence,
        )
        for place in range(max(BASELINE, len(periods) - newest), len(periods))
    }


@statistic
def tone_spikes(
    documents: pd.DataFrame,
    *,
    mark: str,
    until: pd.Timestamp,
    length: Length = "W",
    newest: int = 13,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    r"""Odds of a mark among people of each newest period, over those before.

    Parameters
    ----------
    documents : DataFrame
        As in `volume_spikes`, with the column `mark`. Documents without it are left
        out.
    mark : str
        True or False, such as a rating at the bad end, or a tone under zero.
    until, length, newest, confidence
        As in `volume_spikes`.

    Returns
    -------
    dict of str to Estimate
        Per period, by its first day: unit `ratio`, the odds ratio of the mark against
        the eight periods before, with a half added to each count; the base counts
        people of both. With a p-value of no change. Periods without anybody are left
        out.

    Raises
    ------
    StudyError
        If there are too few periods, or no such column.

    Notes
    -----
    A person counts once a period, and is marked if one of the documents is. Fisher's
    exact test; Gart's logit interval of the odds ratio [1]_, which may disagree with
    the test by a little: the test decides.

    References
    ----------
    .. [1] Gart, J. J. (1966). Alternative analyses of contingency tables. JRSS B
       28(1), 164-179.

    Examples
    --------
    >>> days = pd.date_range("2026-01-05", periods=63)
    >>> texts = pd.DataFrame({"document_id": range(63), "customer_id": range(63),
    ...     "occurred_on": days, "bad": [False] * 56 + [True] * 7})
    >>> found = tone_spikes(texts, mark="bad", until=days[-1], newest=1)
    >>> found["2026-03-02"].p_value < 0.001
    True
    """
    if mark not in documents:
        raise StudyError(f"The documents have no column {mark!r} to count.")
    people = _people(documents.dropna(subset=mark), length, mark)
    periods = _periods(people, until, length, newest)
    marks = people.groupby("_period")[mark].agg(["sum", "size"])
    marks = marks.reindex(periods, fill_value=0).astype("int64")
    found = {}
    for place in range(max(BASELINE, len(periods) - newest), len(periods)):
        now = marks.iloc[place]
        before = marks.iloc[place - BASELINE : place].sum()
        if now["size"] and before["size"]:
            found[_name(periods[place])] = _odds(now, before, confidence)
    return found


@statistic
def spikes_by(
    documents: pd.DataFrame,
    *,
    by: str,
    until: pd.Timestamp,
    newest: int = 13,
    confidence: float = 0.95,
) -> dict[str, dict[str, Estimate]]:
    """People who wrote in each newest week, of each source by itself.

    Parameters
    ----------
    documents : DataFrame
        As in `volume_spikes`.
    by : str
        Column of sources; survey comments are left out, since their weeks are those
        of the invitations.
    until, newest, confidence
        As in `volume_spikes`.

    Returns
    -------
    dict of source to dict of week to Estimate
        Sources with too few weeks are left out.

    Raises
    ------
    StudyError
        If no source has enough weeks.

    Notes
    -----
    As `volume_spikes`; publish them as one family, so that many weeks of many sources
    share one budget of false alarms.

    Examples
    --------
    >>> days = pd.date_range("2026-01-05", periods=63)
    >>> texts = pd.DataFrame({"document_id": range(63), "customer_id": range(63),
    ...     "occurred_on": days, "source": "review"})
    >>> list(spikes_by(texts, by="source", until=days[-1], newest=1)["review"])
    ['2026-03-02']
    """
    found: dict[str, dict[str, Estimate]] = {}
    fault: StudyError | None = None
    for source, own in documents[documents[by] != "survey"].groupby(by):
        try:
            found[str(source)] = volume_spikes(
                own, until=until, newest=newest, confidence=confidence
            )
        except StudyError as error:
            fault = error
    if fault is not None and not found:
        raise fault
    return found


def _people(
    documents: pd.DataFrame, length: Length, mark: str | None = None
) -> pd.DataFrame:
    """One row per person and period."""
    nobody = "document " + documents["document_id"].astype("str")
    person = nobody
    if "customer_id" in documents:
        known = "customer " + documents["customer_id"].astype("str")
        person = known.where(documents["customer_id"].notna(), nobody)
    rows = pd.DataFrame(
        {"_person": person, "_period": documents["occurred_on"].dt.to_period(length)}
    )
    if mark is None:
        return rows.drop_duplicates()
    rows[mark] = documents[mark].astype(bool)
    return rows.groupby(["_person", "_period"])[mark].any().reset_index()


def _name(period: pd.Period) -> str:
    return f"{period.start_time:%Y-%m-%d}"


def _periods(
    people: pd.DataFrame, until: pd.Timestamp, length: Length, newest: int
) -> pd.PeriodIndex:
    """Whole periods from the first document on."""
    last = pd.Period(until, freq=length)
    if until.normalize() < last.end_time.normalize():
        last -= 1
    first = people["_period"].min() if len(people) else last
    periods = pd.period_range(first, last, freq=length)
    if len(periods) <= BASELINE or newest < 1:
        raise StudyError(
            f"Found {len(periods)} whole {NAMES[length]} of documents; a spike is held "
            f"against the {BASELINE} before it, so more than {BASELINE} are needed."
        )
    return periods


def _rate(now: int, before: np.ndarray, confidence: float) -> Estimate:
    total = now + int(before.sum())
    spread = float(before.var(ddof=1) / before.mean()) if before.any() else 1.0
    dispersion = max(1.0, spread)
    few, many = now / dispersion, before.sum() / dispersion
    is_bursty = dispersion > 1
    alpha = 1 - confidence
    if is_bursty:
        alpha = 2 * stats.norm.sf(stats.t.ppf(0.5 + confidence / 2, BASELINE - 1))
    low = stats.beta.ppf(alpha / 2, few, many + 1) if now else 0.0
    high = stats.beta.ppf(1 - alpha / 2, few + 1, many) if before.any() else 1.0
    value = BASELINE * now / before.sum() if before.any() else np.nan
    # The same tails as the interval, so that the two never contradict.
    chance = 1 / (BASELINE + 1)
    above = stats.beta.cdf(chance, few, many + 1) if now else 1.0
    below = stats.beta.sf(chance, few + 1, many) if before.any() else 1.0
    p_value = float(min(1.0, 2 * min(above, below)))
    if is_bursty:
        p_value = float(2 * stats.t.sf(stats.norm.isf(p_value / 2), BASELINE - 1))
    known = bool(before.any())
    return Estimate(
        value=value,
        standard_error=np.nan,
        low=_as_ratio(low) if known else np.nan,
        high=_as_ratio(high) if known else np.nan,
        base=total,
        unit="ratio",
        effective_base=total / dispersion,
        confidence=confidence,
        p_value=p_value,
    )


def _as_ratio(part: float) -> float:
    """Rate over the mean of the baseline, from the part of all that fell now."""
    return BASELINE * part / (1 - part) if part < 1 else np.inf


def _odds(now: pd.Series, before: pd.Series, confidence: float) -> Estimate:
    table = np.array(
        [
            [now["sum"], now["size"] - now["sum"]],
            [before["sum"], before["size"] - before["sum"]],
        ]
    )
    halves = table + 0.5
    log_odds = np.log(halves[0, 0] * halves[1, 1] / (halves[0, 1] * halves[1, 0]))
    error = float(np.sqrt((1 / halves).sum()))
    half = stats.norm.ppf(0.5 + confidence / 2) * error
    return Estimate(
        value=np.exp(log_odds),
        standard_error=np.exp(log_odds) * error,
        low=np.exp(log_odds - half),
        high=np.exp(log_odds + half),
        base=int(table.sum()),
        unit="ratio",
        confidence=confidence,
        p_value=float(stats.fisher_exact(table).pvalue),
    )
