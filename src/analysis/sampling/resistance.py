"""Early against late answers: the late ones may be more like the silent."""

from __future__ import annotations

import pandas as pd

from analysis.estimate import Estimate, statistic
from analysis.study import StudyError
from analysis.survey import Sample, difference

SPEEDS = ("first third", "second third", "last third")


def with_speed(sample: Sample, invitations: pd.DataFrame) -> Sample:
    """Sort answers into thirds by the days they took.

    Parameters
    ----------
    sample : Sample
        Answers of one period with customer_id, period and responded_on.
    invitations : DataFrame
        With customer_id, period and invited_on.

    Returns
    -------
    Sample
        With the columns `days_taken` and `speed`, one of `SPEEDS`; missing where
        the invitation is not known. Answers of equal days may fall on both sides
        of a cut: the order of time decides.

    Raises
    ------
    StudyError
        If fewer than three answers can be dated from their invitation.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-08-02", "2026-08-09", "2026-08-05"])
    >>> answers = pd.DataFrame({"customer_id": list("abc"), "period": "2026Q3",
    ...     "responded_on": days})
    >>> asked = answers[["customer_id", "period"]].assign(
    ...     invited_on=pd.Timestamp("2026-08-01"))
    >>> with_speed(Sample(answers), asked).frame["speed"].tolist()
    ['first third', 'last third', 'second third']
    """
    keys = ["customer_id", "period"]
    sent = invitations.dropna(subset=["invited_on"]).groupby(keys)["invited_on"].min()
    places = pd.MultiIndex.from_frame(sample.frame[keys])
    asked_on = pd.Series(sent.reindex(places).to_numpy(), index=sample.frame.index)
    taken = sample.frame["responded_on"] - asked_on
    days = taken.dt.total_seconds() / 86_400
    days = days.where(days >= 0)
    if days.notna().sum() < len(SPEEDS):
        raise StudyError(
            "Fewer than three answers came after a known invitation: early and late "
            "answers cannot be compared."
        )
    ranks = days.rank(method="first")
    parts = pd.qcut(ranks, len(SPEEDS), labels=list(SPEEDS)).astype("str")
    return sample.with_columns(days_taken=days, speed=parts.where(days.notna()))


@statistic
def late_minus_early(
    sample: Sample, column: str, *, unit: str = "score_difference"
) -> Estimate:
    r"""The last third of the answers minus the first third.

    Parameters
    ----------
    sample : Sample
        Made by `with_speed`.
    column : str
        Numeric or boolean, such as a rating.
    unit : str
        Unit of the difference.

    Returns
    -------
    Estimate
        With `p_value` of no difference.

    Notes
    -----
    If those who answer late are on the way to those who never do (the continuum of
    resistance [1]_), a difference here points to where the silent stand. It is a
    hint and no correction: the late may be late for other reasons.

    References
    ----------
    .. [1] Lin, I.-F. and Schaeffer, N. C. (1995). Using survey participants to
       estimate the impact of nonparticipation. Public Opinion Quarterly 59(2),
       236-258.

    Examples
    --------
    >>> answers = pd.DataFrame({"score": [9, 8, 9, 5, 6, 4],
    ...     "speed": ["first third"] * 3 + ["last third"] * 3})
    >>> round(late_minus_early(Sample(answers), "score").value, 2)
    -3.67
    """
    levels = (SPEEDS[-1], SPEEDS[0])
    return difference(sample, column, by="speed", levels=levels, unit=unit)
