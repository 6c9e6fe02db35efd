"""Values within documents: what coefficients of agreement are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.coding.disagreement import Disagreement
from analysis.study import StudyError

Level = Literal["nominal", "ordinal", "interval", "ratio"]
# Rows of distances that are held at once.
BLOCK = 64


class Distances(Protocol):
    """Squared distances between values, a few rows at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Values by values."""

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Distances of some values to all."""


@dataclass(frozen=True, eq=False)
class Coincidences:
    """Values per document, with equal documents merged.

    Attributes
    ----------
    seen : ndarray, shape (n_values,)
        The values that occur, in order.
    counts : csr_array, shape (n_patterns, n_values)
        How often each value occurs in a document of the pattern.
    documents : ndarray of int, shape (n_patterns,)
        How many documents have the pattern.
    place : ndarray of int, shape (n_rows,)
        Pattern of each row of the ratings, -1 where too few coders read it.
    """

    seen: np.ndarray
    counts: sparse.csr_array
    documents: np.ndarray
    place: np.ndarray

    @property
    def n_documents(self) -> int:
        """Documents that were counted."""
        return int(self.documents.sum())

    @property
    def readers(self) -> np.ndarray:
        """How many coders read a document of each pattern."""
        return np.asarray(self.counts.sum(axis=1), dtype=float)

    def disagreements(self, apart: Distances) -> np.ndarray:
        """Distance summed over the pairs of one document of each pattern."""
        pairs = np.zeros(len(self.documents))
        columns = self.counts.tocsc()
        for rows in blocks(apart):
            to_others = self.counts @ apart[rows].T
            pairs += (columns[:, rows].toarray() * to_others).sum(axis=1)
        return pairs / np.maximum(self.readers - 1, 1)

    def alpha(self, apart: Distances) -> float:
        """One minus observed over expected distance; none without variation."""
        return self.disagreement(apart).value

    def disagreement(self, apart: Distances) -> Disagreement:
        r"""Return what Krippendorff's alpha is made of.

        Parameters
        ----------
        apart : Distances
            Squared distances between the values seen.

        Returns
        -------
        Disagreement
            :math:`D_o` and :math:`D_e`. Distances are read in blocks of rows, so
            many values (sets of codes) need no square table.
        """
        sums, size = self.disagreements(apart), self.readers
        totals = (self.documents @ self.counts).astype(float)
        n = totals.sum()
        spread, reach, widest = _spread(apart, totals[:, None])
        observed = float(self.documents @ sums / n)
        expected = float(spread[0] / (n * (n - 1)))
        # The published errors of alpha, of both reference tables, are those of plain
        # linearisation times n/(n - 1) with n values.
        stretch = self.n_documents / (n - 1)
        fall = expected * size * (1 / n + 1 / (n - 1))
        drawn = 2 * (self.counts @ reach[:, 0]) / (n * (n - 1))
        return Disagreement(
            self.documents,
            observed + stretch * (sums - observed * size),
            expected + stretch * n * (drawn - fall),
            lambda drawn: self._means(drawn, apart, sums),
            widest=widest,
        )

    def _means(
        self, times: np.ndarray, apart: Distances, sums: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        totals = self.counts.astype(times.dtype).T @ times.T
        size = totals.sum(axis=0, dtype=float)
        spread, _, _ = _spread(apart, totals)
        return times @ sums / size, spread / (size * (size - 1))


def blocks(apart: Distances) -> list[slice]:
    """Cut the rows of a table of distances into blocks.

    Examples
    --------
    >>> blocks(np.zeros((100, 100)))
    [slice(0, 64, None), slice(64, 100, None)]
    """
    n = apart.shape[0]
    return [slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK)]


def coincide(ratings: pd.DataFrame, *, readers: int = 2) -> Coincidences:
    """Count the values of each document and merge documents that look alike.

    Parameters
    ----------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Missing where a coder did not read the document.
    readers : int
        Documents read by fewer coders are left out.

    Returns
    -------
    Coincidences
        Of the other documents.

    Raises
    ------
    StudyError
        If no document was read by two coders.

    Examples
    --------
    >>> ratings = pd.DataFrame({"ann": [1, 0, 1], "bob": [1, 1, None]})
    >>> coincide(ratings).counts.toarray().tolist()
    [[1.0, 1.0], [0.0, 2.0]]
    """
    table = ratings.to_numpy(dtype=float)
    known = ~np.isnan(table)
    require_pairs(int((known.sum(axis=1) >= 2).sum()))
    kept = known.sum(axis=1) >= readers
    values = np.unique(table[kept][known[kept]])
    labels = np.where(known, np.searchsorted(values, table), len(values))[kept]
    patterns, place, documents = np.unique(
        np.sort(labels, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    rows, columns = np.nonzero(patterns < len(values))
    cells = (np.ones(len(rows)), (rows, patterns[rows, columns]))
    places = np.full(len(table), -1)
    places[kept] = place.reshape(-1)
    counts = sparse.csr_array(cells, shape=(len(patterns), len(values)))
    return Coincidences(values, counts, documents, places)


def require_pairs(shared: int) -> None:
    """Refuse ratings without a document that two coders read.

    Raises
    ------
    StudyError
        If there is none.

    Examples
    --------
    >>> require_pairs(1)
    """
    if not shared:
        raise StudyError(
            "No document was read by two coders, so agreement cannot be told. Let "
            "two people code the same documents, about 200 of them."
        )


def distances(counted: Coincidences, level: Level) -> np.ndarray:
    r"""Squared distance between every two values.

    Parameters
    ----------
    counted : Coincidences
        Gives the values and, for ordinal ones, how often each occurs.
    level : {"nominal", "ordinal", "interval", "ratio"}
        Kind of scale.

    Returns
    -------
    ndarray of float, shape (n_values, n_values)
        Zero on the diagonal.

    Raises
    ------
    StudyError
        If the level is unknown, or values of a ratio scale are below zero.

    Notes
    -----
    Ordinal: :math:`\left(\sum_{g=c}^{k} n_g - (n_c + n_k)/2\right)^2`; ratio:
    :math:`((c-k)/(c+k))^2`.

    Examples
    --------
    >>> counted = coincide(pd.DataFrame({"ann": [1, 2], "bob": [1, 4]}))
    >>> distances(counted, "interval").tolist()
    [[0.0, 1.0, 9.0], [1.0, 0.0, 4.0], [9.0, 4.0, 0.0]]
    """
    if level == "nominal":
        return 1.0 - np.eye(len(counted.seen))
    if level == "ratio":
        return _relative(counted.seen)
    if level == "interval":
        places = counted.seen
    elif level == "ordinal":
        totals = (counted.documents @ counted.counts).astype(float)
        # The middle rank of each value: its distance to another is the formula's.
        places = np.cumsum(totals) - totals / 2
    else:
        raise StudyError(
            f"A scale is nominal, ordinal, interval or ratio, found {level!r}."
        )
    return np.subtract.outer(places, places) ** 2


def _relative(values: np.ndarray) -> np.ndarray:
    if values.min() < 0:
        raise StudyError(
            f"A ratio scale starts at zero, found {values.min():g}. Use the level "
            "interval or ordinal."
        )
    gaps, sums = np.subtract.outer(values, values), np.add.outer(values, values)
    return np.divide(gaps, sums, out=np.zeros_like(gaps), where=sums > 0) ** 2


def _spread(
    apart: Distances, totals: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Distance summed over pairs of values, per value, and the largest one."""
    spread, widest = np.zeros(totals.shape[1]), 0.0
    reach = np.zeros((len(totals), 1))
    for rows in blocks(apart):
        part = np.asarray(apart[rows], dtype=totals.dtype)
        found = part @ totals
        spread += (found * totals[rows]).sum(axis=0)
        reach[rows] = found[:, :1]
        widest = max(widest, float(part.max(initial=0.0)))
    return spread, reach, widest
