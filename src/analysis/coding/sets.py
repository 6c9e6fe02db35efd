"""How far apart two sets of codes are, and documents labelled by their set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.coding.decisions import Decisions

Kinship = Literal["masi", "jaccard"]


@dataclass(frozen=True, eq=False)
class SetDistances:
    """Distances between sets of codes, worked out a few rows at a time.

    Attributes
    ----------
    held : ndarray of float, shape (n_sets, n_codes)
        Which codes each set holds, 0 or 1.
    kinship : {"masi", "jaccard"}
        What counts as near.
    """

    held: np.ndarray
    kinship: Kinship = "masi"

    @property
    def shape(self) -> tuple[int, int]:
        """Sets by sets."""
        return len(self.held), len(self.held)

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Distances of some sets to all."""
        sizes = self.held.sum(axis=1)
        common = self.held[rows] @ self.held.T
        either = sizes[rows][:, None] + sizes[None, :] - common
        near = np.divide(common, either, out=np.ones_like(common), where=either > 0)
        if self.kinship == "masi":
            smaller = np.minimum(sizes[rows][:, None], sizes[None, :])
            inside = np.where(common == smaller, 2 / 3, 1 / 3)
            near = near * np.where(near == 1, 1.0, inside)
        return 1 - near


def masi_distances(sets: np.ndarray) -> np.ndarray:
    """MASI distance between every two sets.

    Parameters
    ----------
    sets : ndarray of 0 and 1, shape (n_sets, n_codes)
        Which codes each set holds.

    Returns
    -------
    ndarray of float, shape (n_sets, n_sets)
        One minus Jaccard similarity times 1 for equal sets, 2/3 if one holds the
        other and 1/3 if they overlap: 0 for equal sets, 1 for sets without a code
        in common.

    References
    ----------
    .. [1] Passonneau, R. (2006). Measuring agreement on set-valued items (MASI)
       for semantic and pragmatic annotation. LREC 2006.

    Examples
    --------
    >>> float(masi_distances(np.array([[1, 1, 0, 0], [1, 1, 1, 1]]))[0, 1])
    0.6666666666666667
    """
    return SetDistances(sets.astype(float))[:]


def jaccard_distances(sets: np.ndarray) -> np.ndarray:
    """Jaccard distance between every two sets.

    Parameters
    ----------
    sets : ndarray of 0 and 1, shape (n_sets, n_codes)
        Which codes each set holds.

    Returns
    -------
    ndarray of float, shape (n_sets, n_sets)
        One minus codes in both over codes in either; two empty sets are equal.

    Examples
    --------
    >>> float(jaccard_distances(np.array([[1, 1, 0, 0], [1, 1, 1, 1]]))[0, 1])
    0.5
    """
    return SetDistances(sets.astype(float), "jaccard")[:]


def label_sets(decisions: Decisions) -> tuple[pd.DataFrame, np.ndarray]:
    """Name the set of codes that each coder gave each document by a number.

    Parameters
    ----------
    decisions : Decisions
        See `analysis.coding.decisions.independent`.

    Returns
    -------
    ratings : DataFrame of float, shape (n_documents, n_coders)
        Numbers of sets; missing where a coder did not read the document.
    sets : ndarray of float, shape (n_sets, n_codes)
        The sets that were given, by their numbers.

    Examples
    --------
    >>> from analysis.coding.decisions import independent
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1"], "coder": ["ann", "bob"],
    ...     "code": ["late", "none"]})
    >>> ratings, sets = label_sets(independent(codings, codes=["late", "rude"]))
    >>> ratings.to_numpy().tolist(), sets.tolist()
    ([[1.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]])
    """
    flat = decisions.applied.reshape(-1, len(decisions.codes))
    read = ~np.isnan(flat[:, 0])
    sets, place = np.unique(flat[read], axis=0, return_inverse=True)
    labels = np.full(len(flat), np.nan)
    labels[read] = place.reshape(-1)
    return pd.DataFrame(
        labels.reshape(len(decisions.documents), -1),
        index=decisions.documents,
        columns=decisions.coders,
    ), sets
