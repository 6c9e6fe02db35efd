"""The weighting of a sample, repeated in each of its replicates."""

from __future__ import annotations

import numpy as np

from analysis.survey.calibration import nearest
from analysis.survey.margins import indicators
from analysis.survey.raking import cells_of
from analysis.survey.sample import Sample, weights_of

TOLERANCE = 1e-10
SWEEPS = 500
TRIMS = 50


def readjust(sample: Sample, weights: np.ndarray) -> np.ndarray:
    r"""Adjust replicates of the base weights as the sample was adjusted.

    Parameters
    ----------
    sample : Sample
        With the record of its weighting.
    weights : ndarray, shape (n_rows, n_replicates)
        Base weights times the replicates' factors.

    Returns
    -------
    ndarray, shape (n_rows, n_replicates)
        As they are where the sample was not adjusted.

    Notes
    -----
    All replicates are raked at once, to the sums that the sample's own weights have.
    A level that a replicate has nobody of stays empty in it. The limit of trimming is
    multiplied as the row is: who was drawn twice stands for two. Trimming that does not
    settle in 50 rounds keeps the margins and gives up the limit.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"group": ["a", "a"], "w0": 1.0, "w": 3.0})
    >>> raked = Sample(people, weights="w", base_weights="w0", margins=["group"])
    >>> readjust(raked, np.array([[2.0], [1.0]])).ravel().tolist()
    [4.0, 2.0]
    """
    if not sample.is_adjusted:
        return weights
    names = [*sample.margins, *sample.auxiliaries]
    placed = sample.frame[names].notna().all(axis=1).to_numpy()
    final = weights_of(sample.frame, sample.weights)
    if sample.technique == "calibration":
        frame = sample.frame[placed]
        matrix = indicators(frame, sample.margins, sample.auxiliaries)
        wanted = final[placed] @ matrix
        made = [nearest(matrix, one, wanted) for one in weights[placed].T]
        weights[placed] = np.column_stack(made)
    else:
        weights[placed] = _Raking(sample, placed, final).fit(weights[placed])
    return weights


class _Raking:
    """Cells, their levels and the sums that each level must have."""

    def __init__(self, sample: Sample, placed: np.ndarray, final: np.ndarray) -> None:
        frame = sample.frame[placed]
        self.codes, cells = cells_of(frame, list(sample.margins))
        sums = np.bincount(self.codes, final[placed])
        self.size, self.levels = len(sums), list(cells.values())
        self.totals = [np.bincount(codes, sums) for codes in self.levels]
        self.most = sample.trim * float(final[placed].mean()) if sample.trim else np.inf
        self.base = weights_of(frame, sample.base_weights)[:, None]

    def fit(self, weights: np.ndarray) -> np.ndarray:
        """Rake all replicates, and trim and rake until the limit holds."""
        # Who was drawn twice stands for two people, each with a limit of their own.
        most = weights / self.base * self.most if np.isfinite(self.most) else np.inf
        weights = self._rake(weights)
        for _ in range(TRIMS):
            if not (weights > most * (1 + 1e-6)).any():
                break
            weights = self._rake(_trim(weights, most))
        return weights

    def _rake(self, weights: np.ndarray) -> np.ndarray:
        sums = _add(self.codes, weights, self.size)
        start = sums.copy()
        for _ in range(SWEEPS):
            before = sums.copy()
            for codes, totals in zip(self.levels, self.totals, strict=True):
                sums *= _quotient(totals[:, None], _add(codes, sums, len(totals)))[
                    codes
                ]
            if np.abs(sums - before).max() <= TOLERANCE * self.totals[0].max():
                break
        return weights * _quotient(sums, start)[self.codes]


def _add(codes: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    summed = np.zeros((size, values.shape[1]))
    np.add.at(summed, codes, values)
    return summed


def _quotient(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    # An empty level of a replicate stays empty.
    return np.divide(above, below, out=np.zeros_like(below + above), where=below > 0)


def _trim(weights: np.ndarray, most: np.ndarray | float) -> np.ndarray:
    cut = np.minimum(weights, most)
    free = np.where(weights < most, weights, 0.0)
    taken, left = (weights - cut).sum(axis=0), free.sum(axis=0)
    return cut + free * np.divide(taken, left, out=0 * left, where=left > 0)
