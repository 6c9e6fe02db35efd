"""One vector per document, near one another where the texts are alike.

Two ways behind one door. With the extra `text` a small model reads the meaning;
without it words, pairs of words and pieces of words are counted. Either way the
vectors are kept for the next run, by the content of the texts and without a word of
them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from analysis.coding.assistance.sentences import WIDTH, Encoder, has_model
from analysis.coding.assistance.wording import fingerprint, readable
from analysis.contracts.store import replace
from analysis.study import StudyError

WORDS, SENTENCES = "words", "sentences"
Matrix: TypeAlias = np.ndarray | sparse.csr_matrix
# Changes when the same text would give other counts.
COUNTED = "words-1"
SLOTS = 2**18
MOST_COLUMNS = 60_000
TOLD = {
    SENTENCES: "Texts were compared by meaning, with the language model "
    "all-MiniLM-L6-v2, which runs on this machine alone. It knows English best and "
    "reads the first 256 tokens of a text.",
    WORDS: "Texts were compared by their words and pieces of words, since the extra "
    "`text` with its language model is not in use: two ways to say the same thing "
    "look different.",
}


@dataclass(frozen=True, eq=False)
class Vectors:
    """One vector per document.

    Attributes
    ----------
    documents : Index of str
        The document of each row.
    matrix : ndarray or sparse matrix, shape (n_documents, n_columns)
        Rows of length one, or of zeros where there was nothing to read.
    kind : str
        ``sentences`` (meaning) or ``words`` (counts of words).
    remembered : int
        Rows that an earlier run had left.
    """

    documents: pd.Index
    matrix: Matrix
    kind: str
    remembered: int = 0

    @property
    def told(self) -> str:
        """A sentence that tells the reader how texts were compared."""
        return TOLD[self.kind]

    def rows(self, documents: Iterable[str]) -> Matrix:
        """Return the vectors of some documents, in their order.

        Raises
        ------
        StudyError
            If one of them has no vector.
        """
        wanted = pd.Index(documents)
        places = self.documents.get_indexer(wanted)
        if (places < 0).any():
            raise StudyError(
                f"Document {wanted[places < 0][0]!r} has no vector. Make vectors of "
                "all documents that were coded."
            )
        return self.matrix[places]


def vectorise(
    documents: pd.DataFrame, *, folder: Path | None = None, kind: str | None = None
) -> Vectors:
    r"""Give each document a vector.

    Parameters
    ----------
    documents : DataFrame
        Columns document_id, unique, and text, redacted.
    folder : Path, optional
        Where vectors are kept between runs; nowhere if not given. The files hold
        hashes and numbers, and a broken one is made anew.
    kind : str, optional
        ``sentences`` or ``words``; by default the first where the extra `text` is
        installed.

    Returns
    -------
    Vectors
        In the order of the documents.

    Raises
    ------
    StudyError
        If there is no document, one occurs twice, the kind is unknown, or sentences
        are asked for without the extra.

    Notes
    -----
    Words: words and pairs of words, and pieces of 3 and 4 characters within words,
    each half of the vector. Terms count :math:`1+\log n` times
    :math:`\log\frac{1+N}{1+d}+1`, with :math:`d` of :math:`N` documents holding
    them [1]_; of the terms in two or more documents the 60,000 commonest stay. They
    are kept as hashes, so two terms may share a column. Not for counting anything.

    References
    ----------
    .. [1] Salton, G. and Buckley, C. (1988). Term-weighting approaches in automatic
       text retrieval. Information Processing and Management 24(5), 513-523.

    Examples
    --------
    >>> texts = pd.DataFrame({"document_id": ["d1", "d2", "d3"],
    ...     "text": ["It came late.", "It came so late!", "Lovely fabric"]})
    >>> found = vectorise(texts, kind="words")
    >>> near = (found.matrix @ found.matrix.T).toarray()
    >>> bool(near[0, 1] > near[0, 2]), found.kind
    (True, 'words')
    """
    kind = kind or (SENTENCES if has_model() else WORDS)
    _check(documents, kind)
    texts = readable(documents["text"])
    make = _by_meaning if kind == SENTENCES else _by_words
    matrix, remembered = make(texts, folder)
    ids = pd.Index(documents["document_id"], name="document_id")
    return Vectors(ids, matrix, kind, remembered)


def _check(documents: pd.DataFrame, kind: str) -> None:
    if kind not in TOLD:
        raise StudyError(f"There are no vectors of {kind!r}: known are {list(TOLD)}.")
    if documents.empty:
        raise StudyError("There is no document to compare. Check the table documents.")
    ids = documents["document_id"]
    if ids.duplicated().any():
        raise StudyError(
            f"Document {ids[ids.duplicated()].iloc[0]!r} occurs twice. Each document "
            "has one vector: drop the second row."
        )


def _by_meaning(texts: pd.Series, folder: Path | None) -> tuple[Matrix, int]:
    """Vectors of the texts, of which only those never seen go through the model."""
    encoder = Encoder.installed()
    path = folder / f"sentences-{encoder.name}.npz" if folder else None
    kept = _kept_sentences(path)
    keys = texts.map(fingerprint)
    fresh = texts[~keys.isin(kept.index)].set_axis(keys[~keys.isin(kept.index)])
    fresh = fresh[~fresh.index.duplicated()]
    if len(fresh):
        made = pd.DataFrame(encoder.encode(fresh.tolist()), index=fresh.index)
        kept = pd.concat([kept, made])
        if path:
            _keep(path, keys=np.array(kept.index, dtype="S32"), rows=kept.to_numpy())
    remembered = int((~keys.isin(fresh.index)).sum())
    return kept.loc[keys].to_numpy(), remembered


def _by_words(texts: pd.Series, folder: Path | None) -> tuple[Matrix, int]:
    """Vectors of the texts; how much a term counts depends on all of them."""
    path = folder / f"{COUNTED}.npz" if folder else None
    key = fingerprint("".join(texts.map(fingerprint)))
    kept = _kept_words(path, key, len(texts))
    if kept is not None:
        return kept, len(texts)
    matrix = _weighed(_counted(texts))
    if path:
        _keep(
            path,
            key=np.array(key, dtype="S32"),
            data=matrix.data,
            indices=matrix.indices,
            indptr=matrix.indptr,
            shape=np.array(matrix.shape),
        )
    return matrix, 0


def _counted(texts: pd.Series) -> list[sparse.csr_matrix]:
    ways = [
        {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
        {"analyzer": "char_wb", "ngram_range": (3, 4)},
    ]
    return [
        HashingVectorizer(
            n_features=SLOTS, alternate_sign=False, norm=None, dtype=np.float32, **way
        ).transform(texts.tolist())
        for way in ways
    ]


def _weighed(parts: list[sparse.csr_matrix]) -> sparse.csr_matrix:
    weighed = []
    for part in parts:
        held = part.getnnz(axis=0)
        # A term of one document joins it with none; in a handful all may stay.
        places = np.flatnonzero(held >= (2 if part.shape[0] >= 100 else 1))
        order = places[np.argsort(-held[places], kind="stable")]
        columns = np.sort(order[: MOST_COLUMNS // 2])
        if len(columns):
            terms = TfidfTransformer(sublinear_tf=True).fit_transform(part[:, columns])
            weighed.append(terms)
    if not weighed:
        return sparse.csr_matrix((parts[0].shape[0], 1), dtype=np.float32)
    whole = normalize(sparse.hstack(weighed, format="csr"))
    return sparse.csr_matrix(whole, dtype=np.float32)


def _kept_sentences(path: Path | None) -> pd.DataFrame:
    kept = _open(path)
    rows = kept.get("rows", np.zeros((0, WIDTH), np.float32))
    keys = kept.get("keys", np.zeros(0, "S32"))
    if rows.ndim != 2 or rows.shape != (len(keys), WIDTH):
        return _kept_sentences(None)
    return pd.DataFrame(rows, index=pd.Index(keys.astype("U32"), dtype="str"))


def _kept_words(path: Path | None, key: str, n: int) -> sparse.csr_matrix | None:
    kept = _open(path)
    if kept.get("key", np.array(b"")).item() != key.encode():
        return None
    matrix = sparse.csr_matrix(
        (kept["data"], kept["indices"], kept["indptr"]), shape=tuple(kept["shape"])
    )
    return matrix if matrix.shape[0] == n else None


def _open(path: Path | None) -> dict[str, np.ndarray]:
    """Arrays of a file; none if it is not there or broken."""
    if path is None or not path.is_file():
        return {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return dict(kept)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return {}


def _keep(path: Path, **arrays: Any) -> None:
    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)

    replace(path, fill)
