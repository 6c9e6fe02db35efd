"""Groups among texts that no code catches. They propose codes and count nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize

from analysis.coding.assistance.valence import distinctive_words
from analysis.coding.assistance.vectors import Matrix, Vectors
from analysis.coding.assistance.wording import readable, words

SMALLEST = 10
MOST = 12
RUNS = 20
PART = 0.8
STABLE = 0.6
FACTORS = 50
LARGEST = 5000
STATUS = "candidate"
COLUMNS = ["theme", "status", "documents", "stability", "words", "examples"]


@dataclass(frozen=True, eq=False)
class Themes:
    """Groups of texts that may deserve a code.

    Attributes
    ----------
    table : DataFrame
        A row per theme, the largest first: theme (its number), status (always
        ``candidate``), documents, stability (0 to 1), words (joined by commas) and
        examples (three document ids, joined by blanks).
    members : Series of int, indexed by document_id
        The theme of each document that has one.
    groups : int
        Groups looked at.
    unstable : int
        Groups dropped because other drawings of the same texts do not find them.
    small : int
        Groups dropped because they have too few documents or no words of their own.
    """

    table: pd.DataFrame
    members: pd.Series
    groups: int
    unstable: int
    small: int

    @property
    def told(self) -> str:
        """A sentence that tells the reader what was found and what was dropped."""
        if not self.groups:
            return "Too few texts are left without a code to look for groups in them."
        return (
            f"{len(self.table)} of {self.groups} groups are proposed: {self.unstable} "
            f"were not found again in other drawings of the same texts, {self.small} "
            "are too small or have no words of their own. A group is a question to "
            "the coders and no finding."
        )


def candidate_themes(
    documents: pd.DataFrame,
    *,
    vectors: Vectors,
    rng: np.random.Generator,
    smallest: int = SMALLEST,
) -> Themes:
    r"""Look for groups in texts that no code catches.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id and text: those of
        `analysis.coding.assistance.classifier.uncaught`.
    vectors : Vectors
        Of these documents and any others.
    rng : Generator
        Draws the starts and the parts.
    smallest : int
        Fewest documents of a theme, and so the minimum base for its words.

    Returns
    -------
    Themes
        None if fewer than twice `smallest` different texts are left.

    Notes
    -----
    k-means on the vectors; of counts of words first 50 factors are taken. The number
    of groups, 2 to 12, is the one with the largest mean silhouette [1]_ (at most 5,000
    texts are looked at for it). The groups are then made anew 20 times from other
    starts and another 80 % of the texts. The stability of a group is the mean over
    these of the Jaccard overlap with the most similar new group; under 0.6 it is
    dropped [2]_. Its words are held by at least 3 of its documents and more often than
    elsewhere (see `analysis.coding.assistance.valence.telling_words`); its examples
    are nearest to its centre. Same texts count once for all this. Give one language
    at a time, else the groups are languages. Not for shares: a group is not a code
    until people have defined it.

    References
    ----------
    .. [1] Rousseeuw, P. J. (1987). Silhouettes. Journal of Computational and Applied
       Mathematics 20, 53-65.
    .. [2] Hennig, C. (2007). Cluster-wise assessment of cluster stability.
       Computational Statistics and Data Analysis 52(1), 258-271.

    Examples
    --------
    >>> from analysis.coding.assistance.vectors import vectorise
    >>> said = [f"the app crashed at step {n}" for n in range(20)]
    >>> said += [f"gift wrapping costs {n} euros" for n in range(20)]
    >>> texts = pd.DataFrame({"document_id": [f"d{n}" for n in range(40)],
    ...     "text": said})
    >>> found = candidate_themes(texts, vectors=vectorise(texts, kind="words"),
    ...     rng=np.random.default_rng(1))
    >>> found.table["documents"].tolist()
    [20, 20]
    """
    texts = readable(documents.set_index("document_id")["text"])
    kept = texts[(texts != "") & ~texts.str.casefold().duplicated()]
    if len(kept) < 2 * smallest:
        return _nothing(kept.index)
    rows = _dense(vectors.rows(kept.index), rng)
    labels, centres = _grouped(rows, _number(rows, rng), rng)
    far = ((rows - centres[labels]) ** 2).sum(axis=1)
    groups = pd.DataFrame({"text": kept, "group": labels, "far": far})
    return _told(groups, _stability(rows, labels, rng), smallest=smallest)


def _dense(matrix: Matrix, rng: np.random.Generator) -> np.ndarray:
    if not sparse.issparse(matrix):
        return np.asarray(matrix, dtype=np.float64)
    factors = min(FACTORS, min(matrix.shape) - 1)
    if factors < 2:
        return np.asarray(sparse.csr_matrix(matrix).toarray(), dtype=np.float64)
    found = TruncatedSVD(factors, random_state=_seed(rng)).fit_transform(matrix)
    return np.asarray(normalize(found))


def _number(rows: np.ndarray, rng: np.random.Generator) -> int:
    """Number of groups with the largest mean silhouette."""
    if len(rows) > LARGEST:
        rows = rows[np.sort(rng.choice(len(rows), LARGEST, replace=False))]
    found = {}
    for number in range(2, min(MOST, len(rows) // 3) + 1):
        labels, _ = _grouped(rows, number, rng)
        if len(np.unique(labels)) > 1:
            found[number] = silhouette_score(rows, labels)
    return max(found, key=found.__getitem__) if found else 2


def _grouped(
    rows: np.ndarray, number: int, rng: np.random.Generator, starts: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    model = KMeans(number, n_init=starts, random_state=_seed(rng)).fit(rows)
    return model.labels_, model.cluster_centers_


def _stability(
    rows: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Mean overlap of each group with its likest in other drawings."""
    number = int(labels.max()) + 1
    overlaps = np.zeros((RUNS, number))
    for run in range(RUNS):
        part = rng.choice(len(rows), int(PART * len(rows)), replace=False)
        again, _ = _grouped(rows[part], number, rng, starts=1)
        both = np.zeros((number, number))
        np.add.at(both, (labels[part], again), 1)
        either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
        overlaps[run] = (both / np.maximum(either, 1)).max(axis=1)
    return overlaps.mean(axis=0)


def _told(groups: pd.DataFrame, stability: np.ndarray, *, smallest: int) -> Themes:
    """Say of each group whether it is proposed, the largest first."""
    held = [set(words(text)) for text in groups["text"]]
    members = pd.Series(0, index=groups.index, name="theme")
    found: list[dict[str, object]] = []
    sizes = groups["group"].value_counts(sort=False).sort_index()
    stable = sizes[stability[sizes.index] >= STABLE]
    for group in stable.sort_values(ascending=False, kind="stable").index:
        inside = (groups["group"] == group).to_numpy()
        telling = distinctive_words(held, inside, most=6, fewest=3)
        if inside.sum() < smallest or not telling:
            continue
        near = groups[inside].sort_values("far", kind="stable").index[:3]
        members[inside] = len(found) + 1
        values = [len(found) + 1, STATUS, int(inside.sum()), float(stability[group]),
                  ", ".join(telling), " ".join(near)]  # fmt: skip
        found.append(dict(zip(COLUMNS, values, strict=True)))
    return Themes(
        pd.DataFrame(found, columns=COLUMNS),
        members[members > 0],
        groups=len(sizes),
        unstable=len(sizes) - len(stable),
        small=len(stable) - len(found),
    )


def _nothing(index: pd.Index) -> Themes:
    none = pd.Series(dtype="int64", index=index[:0], name="theme")
    return Themes(pd.DataFrame(columns=COLUMNS), none, groups=0, unstable=0, small=0)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
