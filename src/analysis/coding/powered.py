"""Means of what people decided, sharpened by what a machine says of all documents.

The kernel under theme shares and impacts. People read a random part of the documents;
the machine scored all of them without having learned from the document it scores. Its
mean over all documents less its mean over those that people read corrects the people's
mean for the luck of the draw. Where the machine is wrong the correction is noise, and
is weighted down; it never brings in the machine's own error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FOLDS = 5
# Knuth's multiplicative hash: neighbours in the file fall into different folds.
SPREAD = 2654435761
# What varies by less than this part of what it is held against does not vary.
STILL = 1e-9


@dataclass(frozen=True, eq=False)
class Audit:
    """Documents of one population, some of which people read.

    Parameters
    ----------
    weights : ndarray of float, shape (n_documents,)
        What each document stands for, above 0.
    draws : ndarray of float, shape (n_documents,)
        Weight over the probability that people read it; 0 where they did not.
    people : ndarray of int, shape (n_documents,)
        Number of the person who wrote it, from 0.
    """

    weights: np.ndarray
    draws: np.ndarray
    people: np.ndarray

    @property
    def is_read(self) -> np.ndarray:
        """Whether people read the document."""
        return self.draws > 0

    @property
    def readers_base(self) -> int:
        """Documents that people read."""
        return int(self.is_read.sum())

    @property
    def writers(self) -> int:
        """Persons of whom people read something."""
        return len(np.unique(self.people[self.is_read]))

    def mean(self, values: np.ndarray) -> float:
        """Mean over the documents that people read."""
        return float(self.draws @ values / self.draws.sum())

    def mean_of_all(self, values: np.ndarray) -> float:
        """Mean over all documents."""
        return float(self.weights @ values / self.weights.sum())

    def by_person(self, values: np.ndarray) -> np.ndarray:
        """Sums over the documents of each person."""
        return np.bincount(self.people, values, int(self.people.max()) + 1)

    def kish(self, *, by_person: bool = False) -> float:
        """Kish's effective number of documents read, or of their writers."""
        draws = self.by_person(self.draws) if by_person else self.draws
        return float(draws.sum() ** 2 / (draws**2).sum())


@dataclass(frozen=True, eq=False)
class Powered:
    """What people and machine say together.

    Parameters
    ----------
    shift : float
        What the machine adds to the people's figure.
    influence : ndarray, shape (n_documents,)
        How far each document moves the sum of both.
    alone : ndarray, shape (n_documents,)
        How far it moves the people's figure.
    tuning : float
        How far the machine was trusted: 0 not at all, 1 as a perfect one.
    """

    shift: float
    influence: np.ndarray
    alone: np.ndarray
    tuning: float


def powered(audit: Audit, residuals: np.ndarray, control: np.ndarray) -> Powered:
    r"""Correct a figure of the documents read by what the machine says of all.

    Parameters
    ----------
    audit : Audit
        The documents.
    residuals : ndarray, shape (n_documents,)
        Influence function of the figure on the documents read, with mean zero there,
        such as the human code minus its mean; any number where people did not read.
    control : ndarray, shape (n_documents,)
        The same of the machine's codes, on all documents.

    Returns
    -------
    Powered
        With a `control` that does not vary: no shift, and `influence` is `alone`.

    Notes
    -----
    With weights :math:`w`, draws :math:`d = w/\pi` of the documents read and control
    :math:`g`, the shift is
    :math:`\lambda(\sum w g/\sum w - \sum d g/\sum d)` [1]_. The factor
    :math:`\lambda \ge 0` makes the variance over persons smallest [2]_. It is found
    anew for each fifth of the persons from the other four, so that it does not flatter
    its own error, in the spirit of [3]_.

    References
    ----------
    .. [1] Angelopoulos, A. N. et al. (2023). Prediction-powered inference. Science
       382, 669-674.
    .. [2] Angelopoulos, A. N., Duchi, J. C. and Zrnic, T. (2023). PPI++: Efficient
       prediction-powered inference. arXiv 2311.01453.
    .. [3] Zrnic, T. and Candes, E. J. (2024). Cross-prediction-powered inference.
       PNAS 121(15). arXiv 2309.16598.

    Examples
    --------
    Half of 40 documents were read, of which 5 were late; the machine finds lateness
    well, and found more of it in the other half. Without variation it says nothing:

    >>> audit = Audit(np.ones(40), np.repeat([1.0, 0.0], 20), np.arange(40))
    >>> late = np.repeat([1.0, 0.0, 1.0, 0.0], [5, 15, 9, 11])
    >>> found = powered(audit, late - 0.25, 0.2 + 0.6 * late)
    >>> round(0.25 + found.shift, 2), round(found.tuning, 2)
    (0.35, 1.37)
    >>> powered(audit, late - 0.25, np.full(40, 0.3)).shift
    0.0
    """
    alone = audit.draws * np.where(audit.is_read, residuals, 0.0) / audit.draws.sum()
    if not _varies(audit, residuals, control):
        return Powered(0.0, alone, alone, 0.0)
    own, pull = audit.by_person(alone), audit.by_person(_pull(audit, control))
    folds = np.arange(len(own), dtype=np.uint64) * np.uint64(SPREAD)
    folds = ((folds % np.uint64(2**32)) % np.uint64(FOLDS)).astype(int)
    tuning = _tuning(own, pull, folds)[folds][audit.people]
    trusted = tuning * (control - audit.mean_of_all(control))
    shift = audit.mean_of_all(trusted) - audit.mean(trusted)
    return Powered(shift, alone + _pull(audit, trusted), alone, float(tuning.mean()))


def _varies(audit: Audit, residuals: np.ndarray, control: np.ndarray) -> bool:
    """Whether the machine can tell anything: not if constant, nor of what was read."""
    if not np.ptp(control) > STILL * np.ptp(residuals[audit.is_read]):
        return False
    most = np.abs(audit.draws / audit.draws.sum()).max()
    parts = audit.weights / audit.weights.sum() - audit.draws / audit.draws.sum()
    return bool(np.abs(parts).max() > STILL * most)


def _pull(audit: Audit, control: np.ndarray) -> np.ndarray:
    """How far each document moves the machine's correction."""
    over_all = audit.weights * (control - audit.mean_of_all(control))
    over_read = audit.draws * (control - audit.mean(control))
    return over_all / audit.weights.sum() - over_read / audit.draws.sum()


def _tuning(own: np.ndarray, pull: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Best trust in the machine for each fold, told by the other folds."""
    together = np.bincount(folds, own * pull, FOLDS)
    squares = np.bincount(folds, pull**2, FOLDS)
    below = squares.sum() - squares
    best = -np.divide(
        together.sum() - together, below, out=np.zeros(FOLDS), where=below > 0
    )
    # Chance alone makes scores out of fold run against the codes: never trust that.
    return np.maximum(best, 0.0)
