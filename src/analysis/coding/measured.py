"""A share of people and machine, with the influence of each document on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.coding.audited import TOGETHER, WITHHELD, Domain
from analysis.coding.powered import powered
from analysis.estimate import Estimate, critical_value, untold, wilson_interval
from analysis.survey import Moments


@dataclass(frozen=True, eq=False)
class Measured:
    """A share with its error, before it becomes an estimate.

    Attributes
    ----------
    domain : Domain
        The documents.
    value : float
        The share, from 0 to 1; missing where withheld.
    influence : ndarray, shape (n_documents,)
        How far each document moves it.
    tuning, gain, base : float
        Trust in the machine, what it is worth, and the effective base of both.
    """

    domain: Domain
    value: float
    influence: np.ndarray
    tuning: float
    gain: float
    base: float

    @classmethod
    def of(cls, domain: Domain) -> Measured:
        """Let people speak of a domain, and the machine where it may."""
        audit = domain.audit
        if domain.method == WITHHELD:
            nothing = np.zeros(len(domain.rows))
            return cls(domain, math.nan, nothing, math.nan, math.nan, 0.0)
        mean = audit.mean(domain.human)
        control = domain.machine if domain.method == TOGETHER else np.zeros(1)
        residuals = domain.human - mean
        found = powered(audit, residuals, np.broadcast_to(control, residuals.shape))
        alone = float((audit.by_person(found.alone) ** 2).sum())
        both = float((audit.by_person(found.influence) ** 2).sum())
        gain = alone / both if both > 0 else 1.0
        base = human_base(domain, residuals, alone) * gain
        value = min(1.0, max(0.0, mean + found.shift))
        return cls(domain, value, found.influence, found.tuning, gain, base)

    @property
    def standard_error(self) -> float:
        """Linearised over persons."""
        audit = self.domain.audit
        squares = float((audit.by_person(self.influence) ** 2).sum())
        return math.sqrt(squares * audit.writers / max(audit.writers - 1, 1))

    def described(self) -> dict[str, object]:
        """Who spoke, on what, as a row of a table."""
        return {
            "method": self.domain.method,
            "reason": self.domain.reason,
            "documents": len(self.domain.rows),
            "read": self.domain.audit.readers_base,
            "positives": self.domain.positives,
            "tuning": self.tuning,
            "gain": self.gain,
        }


def human_base(domain: Domain, residuals: np.ndarray, variance: float) -> float:
    """Effective base of the documents that people read, without a machine.

    Parameters
    ----------
    domain : Domain
        The documents.
    residuals : ndarray
        Human codes minus their mean.
    variance : float
        Of that mean, summed over persons.

    Returns
    -------
    float
        Between 0 and Kish's base.

    Examples
    --------
    >>> from analysis.coding.audited import domains
    >>> from analysis.survey import Sample
    >>> texts = Sample(pd.DataFrame({"late": [1.0] * 12 + [0.0] * 8}))
    >>> one = domains(texts, "late")["all"]
    >>> round(human_base(one, one.human - 0.6, 0.24 / 20), 9)
    20.0
    """
    audit = domain.audit
    n, persons = audit.readers_base, audit.writers
    if persons < 2:
        return 0.0
    if not variance > 0:
        # Nobody, or everybody: how alike a person's documents are cannot be told.
        return audit.kish(by_person=True)
    spread = audit.mean(residuals**2) * n / (n - 1)
    base = min(spread / (variance * persons / (persons - 1)), audit.kish())
    if persons == n:
        return base
    return base * (critical_value(0.95, n - 1) / critical_value(0.95, persons - 1)) ** 2


def share_of(answer: Measured, *, confidence: float = 0.95) -> Estimate:
    """Make an estimate of a share: Wilson's interval on the effective base of both.

    Parameters
    ----------
    answer : Measured
        What people, or people and machine, say.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        Unit `share`; without numbers where withheld.

    Examples
    --------
    >>> from analysis.coding.audited import domains
    >>> from analysis.survey import Sample
    >>> texts = Sample(pd.DataFrame({"late": [1.0, 0.0] * 4}))
    >>> share_of(Measured.of(domains(texts, "late")["all"])).value
    nan
    """
    n = answer.domain.audit.readers_base
    if math.isnan(answer.value):
        nothing = Estimate(
            value=0.0, standard_error=0.0, low=0.0, high=0.0, base=n, unit="share"
        )
        return untold(nothing)
    low, high = wilson_interval(answer.value, answer.base, confidence=confidence)
    return Estimate(
        value=answer.value,
        standard_error=answer.standard_error,
        low=low,
        high=high,
        base=n,
        unit="share",
        effective_base=answer.base,
        confidence=confidence,
    )


def moments_of(
    answers: Sequence[Measured], levels: Sequence[str], people: np.ndarray
) -> Moments:
    """Two shares with their covariance, on the effective bases found.

    Parameters
    ----------
    answers : sequence of Measured
        Two of them.
    levels : sequence of str
        Their names.
    people : ndarray of int
        Number of the person of each row of the frame.

    Returns
    -------
    Moments
        For `analysis.survey.share_contrasts.contrast_shares`.

    Examples
    --------
    >>> from analysis.coding.audited import domains
    >>> from analysis.survey import Sample
    >>> texts = Sample(pd.DataFrame({"late": [1.0, 0.0, 0.0] * 10,
    ...     "group": ["a"] * 15 + ["b"] * 15}))
    >>> pair = [Measured.of(one) for one in domains(texts, "late", by="group").values()]
    >>> moments_of(pair, ["a", "b"], np.arange(30)).table["chances"].tolist()
    [inf, inf]
    """
    size = int(people.max()) + 1
    sums = [
        np.bincount(people[one.domain.rows], one.influence, size) for one in answers
    ]
    errors = np.array([one.standard_error for one in answers])
    parts = np.array([math.sqrt(float(one @ one)) for one in sums])
    scale = np.divide(errors, parts, out=np.ones(2), where=parts > 0)
    covariance = np.outer(scale, scale) * (np.array(sums) @ np.array(sums).T)
    bases = np.array([one.base for one in answers])
    n = np.array([one.domain.audit.readers_base for one in answers])
    # The bases are known already: the spread that leads to them, and no further limit.
    table = pd.DataFrame(
        {
            "value": [0.0 if math.isnan(one.value) else one.value for one in answers],
            "standard_error": errors,
            "degrees": n - 1.0,
            "base": n,
            "kish": bases,
            "spread": bases * errors**2,
            "chances": np.inf,
        },
        index=pd.Index(levels, name="level"),
    )
    return Moments(table, covariance)
