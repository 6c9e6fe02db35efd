"""How far a figure may be trusted to show what leads to what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from analysis.estimate import Estimate, critical_value

PLACEBO, LEAD, CONTROL = "placebo", "placebo lead", "negative control"
CHECKS = (PLACEBO, LEAD, CONTROL)
DESIGNS = ("observed", "experiment")
# A negative control whose error is under this part of the effect's stands still.
STILL = 1 / 3
WORDS = {"A": "changes", "B": "precedes", "C": "precedes", "D": "goes with"}


@dataclass(frozen=True, slots=True)
class Check:
    """A test that a figure could have failed, and whether it passed.

    Parameters
    ----------
    name : str
        ``placebo``, ``placebo lead`` or ``negative control``.
    passed : bool
        Whether what should be nought was shown to be small.
    why : str
        A sentence for the page.
    """

    name: str
    passed: bool
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A grade from A to D with the reasons that the page prints.

    Parameters
    ----------
    grade : str
        ``A`` to ``D``.
    reasons : list of str
        Short sentences.
    """

    grade: str
    reasons: list[str]

    @property
    def words(self) -> str:
        """What the one may be said to do to the other."""
        return WORDS[self.grade]


def placebo_check(
    placebo: Estimate,
    effect: Estimate,
    *,
    name: str = PLACEBO,
    share: float = 0.5,
    power: float = 0.8,
) -> Check:
    r"""Test whether what should be nought is small beside the effect.

    Parameters
    ----------
    placebo : Estimate
        The same model where nothing can be found: on what the same customers did
        before the answer, on a lead, or on an outcome that the answer cannot change.
    effect : Estimate
        The figure that is to be trusted, in the same unit.
    name : str
        ``placebo``, ``placebo lead`` or ``negative control``.
    share : float
        Small means less than this share of the effect; above 0, at most 1.
    power : float
        Least chance that the placebo would have been told from nought, had it been
        as large as the effect.

    Returns
    -------
    Check
        Passed only if the placebo is shown to be small and had the power to fail.

    Raises
    ------
    ValueError
        If the units differ, or `name`, `share` or `power` is out of range.

    Notes
    -----
    Two one-sided tests [1]_ [2]_ at the level :math:`\alpha` of the figures: the
    placebo :math:`p` passes if
    :math:`|p| + z_{1-\alpha} \sqrt{s_p^2 + k^2 s_e^2} < k\,|e|` with :math:`k` the
    share and :math:`s` the standard errors. Without :math:`s_e` this is the interval
    of :math:`1 - 2\alpha` (90 % for .05) within :math:`\pm k|e|`; the bound is itself
    an estimate, and leaving out its error would pass too many. Absence of
    significance proves nothing, so the burden is turned round [3]_: what cannot be
    shown to be small has not passed.

    The power to fail is :math:`\Phi(|e|/s_p - z_{1-\alpha/2})`. For a share of .5 it
    follows from passing (it is .9 or more); for shares near 1 it does not, and then
    it is what keeps a vague placebo from passing. Of a placebo that is not shown to
    be small `why` says whether it could have been: whether a true nought would have
    passed with at least that power. The errors of both figures are taken as
    independent. A negative control that hardly varies would pass whatever lies behind
    the effect: one with an error under a third of the effect's has not passed.

    References
    ----------
    .. [1] Schuirmann, D. J. (1987). A comparison of the two one-sided tests
       procedure and the power approach for assessing the equivalence of average
       bioavailability. J. Pharmacokinetics and Biopharmaceutics 15(6), 657-680.
    .. [2] Lakens, D. (2017). Equivalence tests. Social Psychological and
       Personality Science 8(4), 355-362.
    .. [3] Hartman, E. and Hidalgo, F. D. (2018). An equivalence approach to balance
       and placebo tests. American J. of Political Science 62(4), 1000-1013.

    Examples
    --------
    >>> def slope(value, error):
    ...     low, high = value - 2 * error, value + 2 * error
    ...     return Estimate(value=value, standard_error=error, low=low, high=high,
    ...         base=900, unit="per_hundred")
    >>> placebo_check(slope(-0.1, 0.2), slope(-1.4, 0.2)).passed
    True
    >>> placebo_check(slope(-0.1, 0.6), slope(-1.4, 0.6)).why
    'The placebo is too uncertain to be called small beside the effect.'
    """
    _refuse(placebo, effect, name=name, share=share, power=power)
    subject = f"The {name}"
    if not _is_told(placebo) or not _is_told(effect):
        return Check(name, False, f"{subject} could not be made.")
    if not effect.excludes_zero:
        why = f"The effect itself may be nought, so {_but(subject)} can show nothing."
        return Check(name, False, why)
    if name == CONTROL and placebo.standard_error < STILL * effect.standard_error:
        return Check(name, False, f"{subject} hardly varies, so it could not fail.")
    limit, bound = _limit(placebo, effect, share), share * abs(effect.value)
    could_fail = _chance_seen(placebo, effect) >= power
    if limit < bound and could_fail:
        return Check(name, True, f"{subject} is small beside the effect.")
    chance = _chance_small(placebo, effect, share)
    return Check(name, False, _why_not(placebo, subject, can_pass=chance >= power))


def grade(
    *,
    design: str = "observed",
    lagged: bool = False,
    within: bool = False,
    checks: Sequence[Check] = (),
) -> Evidence:
    """Grade what was run and passed.

    Parameters
    ----------
    design : str
        ``experiment`` if the study states one, else ``observed``.
    lagged : bool
        Whether the answer came before the behaviour.
    within : bool
        Whether customers, or products, are compared with themselves.
    checks : sequence of Check
        What was run; a check that was not run has not passed.

    Returns
    -------
    Evidence
        A for an experiment; B for a comparison within customers or products whose
        answer came first and whose placebo lead and negative control both passed; C
        if the answer came first and a placebo passed; D for all else.

    Raises
    ------
    ValueError
        If the design is not known.

    Notes
    -----
    Words follow the grade: `Evidence.words` is "precedes" at B and C and "goes with"
    at D. The ledger refuses a claim that says more.

    Examples
    --------
    >>> passed = Check("placebo", True, "The placebo is small.")
    >>> grade(lagged=True, checks=[passed]).grade
    'C'
    >>> grade(lagged=True).words
    'goes with'
    """
    if design not in DESIGNS:
        raise ValueError(f"A design is {' or '.join(DESIGNS)}, not {design!r}.")
    passed = {check.name for check in checks if check.passed}
    reasons = _reasons(design, lagged, within, checks)
    found = _letter(design, lagged, within, passed)
    return Evidence(found, reasons)


def grade_each(
    effects: Mapping[str, Estimate], placebos: Mapping[str, Estimate]
) -> dict[str, Evidence]:
    """Grade figures that follow an answer, each by its own placebo.

    Parameters
    ----------
    effects : mapping of str to Estimate
        What followed the answer.
    placebos : mapping of str to Estimate
        The same before the answer; a figure without one is graded D.

    Returns
    -------
    dict of str to Evidence
        In the order of the effects.

    Examples
    --------
    >>> one = Estimate(value=-1.4, standard_error=0.2, low=-1.8, high=-1.0, base=900,
    ...     unit="per_hundred")
    >>> {name: one.grade for name, one in grade_each({"returns": one}, {}).items()}
    {'returns': 'D'}
    """
    return {
        name: grade(
            lagged=True,
            checks=[placebo_check(placebos[name], one)] if name in placebos else [],
        )
        for name, one in effects.items()
    }


def tabulate_evidence(found: Mapping[str, Evidence]) -> pd.DataFrame:
    """List what was graded, how, and why.

    Parameters
    ----------
    found : mapping of str to Evidence
        What each speaks of, with its grade.

    Returns
    -------
    DataFrame
        One row each: finding, grade, words (that the grade allows) and why.

    Examples
    --------
    >>> table = tabulate_evidence({"Returns": grade(lagged=True)})
    >>> table[["finding", "grade", "words"]].values.tolist()
    [['Returns', 'D', 'goes with']]
    """
    rows = [
        (name, one.grade, one.words, " ".join(one.reasons))
        for name, one in found.items()
    ]
    return pd.DataFrame(rows, columns=["finding", "grade", "words", "why"])


def _letter(design: str, lagged: bool, within: bool, passed: set[str]) -> str:
    if design == "experiment":
        return "A"
    if lagged and within and {LEAD, CONTROL} <= passed:
        return "B"
    return "C" if lagged and passed & {PLACEBO, LEAD} else "D"


def _reasons(
    design: str, lagged: bool, within: bool, checks: Sequence[Check]
) -> list[str]:
    if design == "experiment":
        return ["The study states an experiment.", *(one.why for one in checks)]
    first = "The answer came first." if lagged else "Both were measured together."
    whom = (
        "Each is compared with itself at other times."
        if within
        else "Those who answered differently may differ in other ways."
    )
    missing = [] if checks else ["No placebo was run."]
    return [first, whom, *(one.why for one in checks), *missing]


def _limit(placebo: Estimate, effect: Estimate, share: float) -> float:
    """Upper bound of the placebo's size, with the error of what it is held against."""
    z = critical_value(2 * effect.confidence - 1)
    error = math.hypot(placebo.standard_error, share * effect.standard_error)
    return abs(placebo.value) + z * error


def _chance_seen(placebo: Estimate, effect: Estimate) -> float:
    """Chance to tell the placebo from nought, were it as large as the effect."""
    if not placebo.standard_error > 0:
        return 1.0
    size = abs(effect.value) / placebo.standard_error
    return float(stats.norm.cdf(size - critical_value(effect.confidence)))


def _chance_small(placebo: Estimate, effect: Estimate, share: float) -> float:
    """Chance that a placebo of nought is shown to be small beside the effect."""
    error = math.hypot(placebo.standard_error, share * effect.standard_error)
    if not error > 0:
        return 1.0
    room = share * abs(effect.value) / error - critical_value(2 * effect.confidence - 1)
    return max(0.0, float(2 * stats.norm.cdf(room) - 1))


def _why_not(placebo: Estimate, subject: str, *, can_pass: bool) -> str:
    if placebo.excludes_zero:
        return f"{subject} is not nought, as it should be."
    if not can_pass:
        return f"{subject} is too uncertain to be called small beside the effect."
    return f"{subject} is not shown to be small beside the effect."


def _but(subject: str) -> str:
    return subject[0].lower() + subject[1:]


def _is_told(one: Estimate) -> bool:
    return math.isfinite(one.value) and math.isfinite(one.standard_error)


def _refuse(
    placebo: Estimate, effect: Estimate, *, name: str, share: float, power: float
) -> None:
    if name not in CHECKS:
        raise ValueError(f"A check is one of {', '.join(CHECKS)}, not {name!r}.")
    if placebo.unit != effect.unit:
        raise ValueError(
            f"A placebo in {placebo.unit} cannot be held against an effect in "
            f"{effect.unit}: give both the same unit."
        )
    if not 0 < share <= 1 or not 0 < power < 1:
        raise ValueError(f"share {share} and power {power} lie between 0 and 1.")
