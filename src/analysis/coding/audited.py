"""Documents beside what people and a machine say of them, ready to be counted.

One row per document in an `analysis.survey.Sample`: its weights and the person as
cluster, one column per code with the human decision (0 to 1, missing where people did
not read), one with the machine's probability (`MACHINE` before the code's name) and
the probability that people read the document (`INCLUSION`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.coding.powered import Audit
from analysis.study import StudyError
from analysis.survey import Sample
from analysis.survey.design import clusters_of
from analysis.survey.sample import level_codes, require, weights_of

MACHINE = "machine_"
INCLUSION = "inclusion_probability"
TOGETHER, ALONE, WITHHELD = "people and machine", "people alone", "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """Below what a machine is not asked, and below what nothing is told.

    Attributes
    ----------
    positives : int
        Persons with the code among what people read, and as many without it, for the
        machine to be asked.
    documents : int
        Documents that people read, for a figure to be told.
    """

    positives: int = 10
    documents: int = 10


@dataclass(frozen=True, eq=False)
class Domain:
    """Documents of one level, with what is said of them.

    Attributes
    ----------
    rows : ndarray of int
        Places of the documents in the sample's frame.
    audit : Audit
        Their weights, draws and persons.
    human, machine : ndarray of float
        Codes from 0 to 1; the human ones mean nothing where people did not read.
    positives : float
        Documents with the code among those that people read.
    method : str
        One of ``people and machine``, ``people alone`` and ``withheld``.
    reason : str
        Why not both; empty if both.
    """

    rows: np.ndarray
    audit: Audit
    human: np.ndarray
    machine: np.ndarray
    positives: float
    method: str
    reason: str


def with_machine(
    coded: Sample,
    probabilities: pd.DataFrame,
    *,
    inclusion: pd.Series | None = None,
    key: str = "response_id",
) -> Sample:
    """Put the machine's probabilities beside the codes of people.

    Parameters
    ----------
    coded : Sample
        With one column per code, see `analysis.coding.shares.code_answers`.
    probabilities : DataFrame, indexed by document_id
        One column per code, 0 to 1, for *every* document of the population. A document
        that people read must be scored by a model that saw no document of its writer;
        the others by the mean of the same models, and not by one of its own, which
        would differ in level.
    inclusion : Series, indexed by document_id, optional
        Probability that people were given the document; equal ones if not given.
    key : str
        Column of the sample that holds the document_id.

    Returns
    -------
    Sample
        With a column `MACHINE` + code for each, and `INCLUSION` if given.

    Raises
    ------
    StudyError
        If a document occurs twice, or a probability lies outside 0 to 1.

    Examples
    --------
    >>> answers = Sample(pd.DataFrame({"response_id": ["r1", "r2"], "late": [1, None]}))
    >>> said = pd.DataFrame({"late": [0.7, 0.2]}, index=["r1", "r2"])
    >>> with_machine(answers, said).frame["machine_late"].tolist()
    [0.7, 0.2]
    """
    require(coded.frame, [key])
    if not probabilities.index.is_unique:
        raise StudyError("The machine scored a document twice; expected one row each.")
    values = probabilities.to_numpy(dtype=float, na_value=np.nan)
    if ((values < 0) | (values > 1)).any():
        raise StudyError("The machine's probabilities must lie between 0 and 1.")
    beside = probabilities.add_prefix(MACHINE)
    if inclusion is not None:
        beside[INCLUSION] = inclusion.reindex(beside.index)
    found = beside.reindex(coded.frame[key]).set_axis(coded.frame.index)
    return coded.with_columns(**{str(name): found[name] for name in found})


def domains(
    coded: Sample, code: str, *, by: str | None = None, floors: Floors | None = None
) -> dict[str, Domain]:
    """Documents of each level, and who may speak of it.

    Parameters
    ----------
    coded : Sample
        One row per document; rows with neither a human nor a machine code are none.
    code : str
        Column of the human codes, 0 to 1.
    by : str, optional
        Column of levels; one level, ``all``, if not given.
    floors : Floors, optional
        Ten of each by default.

    Returns
    -------
    dict of str to Domain
        Levels in sorted order, those without documents left out.

    Raises
    ------
    StudyError
        If a code lies outside 0 to 1, or an inclusion probability is missing or not
        above 0 where people read.

    Examples
    --------
    >>> texts = Sample(pd.DataFrame({"late": [1.0] * 12 + [0.0] * 8}))
    >>> found = domains(texts, "late")["all"]
    >>> found.method, found.reason
    ('people alone', 'no machine')
    """
    require(coded.frame, [name for name in (code, by) if name])
    limits = floors or Floors()
    rows = _Rows(coded, code)
    if by is None:
        return {"all": rows.domain(np.flatnonzero(rows.counts), limits)}
    numbers, names = level_codes(coded.frame[by])
    places = (np.flatnonzero(rows.counts & (numbers == n)) for n in range(len(names)))
    found = zip(names, places, strict=True)
    return {name: rows.domain(at, limits) for name, at in found if len(at)}


class _Rows:
    """Codes, weights and persons of all rows, taken from the frame once."""

    def __init__(self, coded: Sample, code: str) -> None:
        frame = coded.frame
        self.human = _codes(frame, code)
        self.machine = _codes(frame, MACHINE + code)
        self.is_read = ~np.isnan(self.human)
        self.counts = self.is_read | ~np.isnan(self.machine)
        if not self.is_read.any():
            raise StudyError(f"People read no document for {code!r}: nothing to count.")
        self.weights = weights_of(frame, coded.weights)
        self.draws = self.weights * self.is_read / _inclusion(frame, self.is_read)
        self.people = clusters_of(coded)

    def domain(self, at: np.ndarray, floors: Floors) -> Domain:
        """The documents of one level."""
        people = np.unique(self.people[at], return_inverse=True)[1]
        audit = Audit(self.weights[at], self.draws[at], people)
        human, machine = np.nan_to_num(self.human[at]), self.machine[at]
        positives = float(human[audit.is_read].sum())
        method, reason = _method(audit, human, machine, floors)
        return Domain(at, audit, human, machine, positives, method, reason)


def _method(
    audit: Audit, human: np.ndarray, machine: np.ndarray, floors: Floors
) -> tuple[str, str]:
    read = audit.readers_base
    if read < floors.documents:
        return WITHHELD, f"people read {read} documents, fewer than {floors.documents}"
    unscored = int(np.isnan(machine).sum())
    if unscored:
        everything = unscored == len(machine)
        return ALONE, "no machine" if everything else f"{unscored} without a score"
    for word, given in (("with", human), ("without", 1 - human)):
        persons = int(_writers(audit, given))
        if persons < floors.positives:
            return ALONE, f"{persons} persons {word} the code, under {floors.positives}"
    return TOGETHER, ""


def _writers(audit: Audit, given: np.ndarray) -> float:
    """Persons who wrote a document that was given something; halves count half."""
    most = np.zeros(int(audit.people.max()) + 1)
    np.maximum.at(most, audit.people, given * audit.is_read)
    return float(most.sum())


def _codes(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), np.nan)
    values = frame[name].to_numpy(dtype=float, na_value=np.nan)
    outside = (values < 0) | (values > 1)
    if outside.any():
        raise StudyError(
            f"{name} holds {values[outside][0]:g}; a code lies between 0 and 1."
        )
    return values


def _inclusion(frame: pd.DataFrame, is_read: np.ndarray) -> np.ndarray:
    """Probability of being read; one where people did not read, as it has no use."""
    if INCLUSION not in frame:
        return np.ones(len(frame))
    chances = frame[INCLUSION].to_numpy(dtype=float, na_value=np.nan)
    bad = is_read & ~((chances > 0) & (chances <= 1))
    if bad.any():
        raise StudyError(
            f"{bad.sum()} documents that people read have no {INCLUSION} "
            "above 0 and up to 1. Take it from the plan of the coding sample."
        )
    return np.where(is_read, chances, 1.0)
