"""What coders decided, as one table of documents by coders for each code.

The long table of codings has one row per code given. What a coder did *not* give
is a decision too, but only in documents that the coder read: a document counts as
read by everyone who has at least one row on it, be it ``none``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.study import StudyError

NONE = "none"
ADJUDICATED = "adjudicated"


@dataclass(frozen=True, eq=False)
class Decisions:
    """Who gave which code to which document.

    Attributes
    ----------
    documents, coders, codes : Index
        The axes of `applied`.
    applied : ndarray of float, shape (n_documents, n_coders, n_codes)
        1 if given, 0 if read and not given, missing if not read.
    """

    documents: pd.Index
    coders: pd.Index
    codes: pd.Index
    applied: np.ndarray

    def ratings(self, code: str) -> pd.DataFrame:
        """Decisions on one code: a row per document, a column per coder.

        Parameters
        ----------
        code : str
            One of `codes`.

        Returns
        -------
        DataFrame of float
            1, 0, or missing where the coder did not read the document.

        Raises
        ------
        StudyError
            If the code is not among `codes`.
        """
        if code not in self.codes:
            raise StudyError(
                f"Code {code!r} was not among the codes to compare: "
                f"{', '.join(self.codes)}."
            )
        values = self.applied[:, :, self.codes.get_loc(code)]
        return pd.DataFrame(values, index=self.documents, columns=self.coders)

    def shared(self) -> Decisions:
        """Return the decisions on documents that at least two coders read.

        Returns
        -------
        Decisions
            The same coders and codes.
        """
        n_readers = (~np.isnan(self.applied[:, :, 0])).sum(axis=1)
        keep = n_readers >= 2
        return Decisions(
            self.documents[keep], self.coders, self.codes, self.applied[keep]
        )

    def positives(self) -> pd.Series:
        """Documents that carry each code, in the eyes of a typical coder.

        Returns
        -------
        Series of float
            Per code the sum over documents of the share of readers who gave it.
        """
        totals = np.nanmean(self.applied, axis=1).sum(axis=0)
        return pd.Series(totals, index=self.codes, name="positives")


def independent(codings: pd.DataFrame, *, codes: Sequence[str]) -> Decisions:
    """Decisions made before coders talked: each one's first round.

    Parameters
    ----------
    codings : DataFrame
        Columns document_id, coder, code and, if there were several, round.
    codes : sequence of str
        Codes to compare, in the order of the codebook. Others are ignored, but
        show that their document was read.

    Returns
    -------
    Decisions
        Of all rounds but ``adjudicated``. A coder who read a document again in a
        later round is taken at the first word, since the second is no longer
        independent.

    Raises
    ------
    StudyError
        If no code or no coding is given.

    Examples
    --------
    >>> codings = pd.DataFrame({
    ...     "document_id": ["d1", "d1", "d2"], "coder": ["ann", "bob", "ann"],
    ...     "code": ["late", "none", "late"]})
    >>> independent(codings, codes=["late"]).ratings("late").to_numpy().tolist()
    [[1.0, 0.0], [1.0, nan]]
    """
    own = codings[_rounds(codings) != ADJUDICATED]
    return _arrange(_round_of(own, "first"), codes)


def final(codings: pd.DataFrame, *, codes: Sequence[str]) -> Decisions:
    """Decisions that stand: adjudicated where they were, else each one's last.

    Parameters
    ----------
    codings : DataFrame
        Columns document_id, coder, code and, if there were several, round.
    codes : sequence of str
        Codes to look at.

    Returns
    -------
    Decisions
        In an adjudicated document only the adjudicator's decisions remain.

    Raises
    ------
    StudyError
        If no code or no coding is given.

    Examples
    --------
    >>> codings = pd.DataFrame({
    ...     "document_id": ["d1", "d1", "d1"], "coder": ["ann", "bob", "eve"],
    ...     "code": ["late", "none", "late"], "round": ["1", "1", "adjudicated"]})
    >>> final(codings, codes=["late"]).positives().item()
    1.0
    """
    settled = _rounds(codings) == ADJUDICATED
    is_open = ~codings["document_id"].isin(codings.loc[settled, "document_id"])
    return _arrange(_round_of(codings[settled | is_open], "last"), codes)


def tabulate_disagreements(
    decisions: Decisions, documents: pd.DataFrame
) -> pd.DataFrame:
    """Documents that coders read differently, side by side.

    Parameters
    ----------
    decisions : Decisions
        See `independent`.
    documents : DataFrame
        Columns document_id and text.

    Returns
    -------
    DataFrame
        One row per document and code: code, document_id, text, then one column
        per coder with ``yes``, ``no`` or nothing.

    Examples
    --------
    >>> codings = pd.DataFrame({"document_id": ["d1", "d1"], "coder": ["ann", "bob"],
    ...     "code": ["late", "none"]})
    >>> texts = pd.DataFrame({"document_id": ["d1"], "text": ["It came."]})
    >>> both = independent(codings, codes=["late"])
    >>> tabulate_disagreements(both, texts).iloc[0].tolist()
    ['late', 'd1', 'It came.', 'yes', 'no']
    """
    texts = documents.set_index("document_id")["text"]
    parts = []
    for code in decisions.codes:
        ratings = decisions.ratings(code)
        split = ratings[ratings.min(axis=1) < ratings.max(axis=1)]
        words = split.replace({1.0: "yes", 0.0: "no"}).astype("str").fillna("")
        words.insert(0, "text", texts.reindex(split.index))
        words.insert(0, "document_id", split.index)
        words.insert(0, "code", code)
        parts.append(words)
    return pd.concat(parts, ignore_index=True)


def changed_codings(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """List what was decided before and no longer stands as it was.

    Parameters
    ----------
    before : DataFrame
        The codings of an earlier run: document_id, coder, code and round.
    now : DataFrame
        The codings of this run.

    Returns
    -------
    DataFrame
        One row per document, coder and round whose codes are not those of before:
        document_id, coder, round, before and now (codes in order, or nothing).
        Empty if codings were only added.

    Notes
    -----
    Codings are only ever added: who changes their mind codes the document again in
    a later round. Else agreement would be that of coders who had talked.

    Examples
    --------
    >>> before = pd.DataFrame({"document_id": ["d1"], "coder": ["ann"],
    ...     "code": ["late"], "round": ["1"]})
    >>> changed_codings(before, before.assign(code="none"))["now"].item()
    'none'
    """
    told = _sets_of(before).to_frame("before").join(_sets_of(now).rename("now"))
    changed = told[told["before"] != told["now"]]
    return changed.fillna("").astype("str").reset_index()


def _sets_of(codings: pd.DataFrame) -> pd.Series:
    """Codes of each document, coder and round, as one text."""
    keys = codings[["document_id", "coder"]].assign(round=_rounds(codings))
    groups = codings["code"].groupby([keys[name] for name in keys])
    return groups.agg(lambda codes: ", ".join(sorted(set(codes)))).astype("str")


def _rounds(codings: pd.DataFrame) -> pd.Series:
    if "round" not in codings:
        return pd.Series("", index=codings.index)
    return codings["round"].fillna("").astype("str")


def _round_of(codings: pd.DataFrame, which: str) -> pd.DataFrame:
    """Rows of each coder's first or last round on each document."""
    rounds = _rounds(codings)
    places = rounds.map({name: n for n, name in enumerate(sorted(rounds.unique()))})
    pairs = [codings["document_id"], codings["coder"]]
    groups = places.groupby(pairs)
    chosen = groups.transform("min" if which == "first" else "max")
    return codings[places == chosen]


def _arrange(codings: pd.DataFrame, codes: Sequence[str]) -> Decisions:
    if codings.empty or not len(codes):
        raise StudyError(
            "There is nothing to compare: expected codings of at least one coder and "
            "at least one code. Check the tables `codings` and the codebook."
        )
    document, documents = pd.factorize(codings["document_id"], sort=True)
    coder, coders = pd.factorize(codings["coder"], sort=True)
    names = pd.Index(list(codes), name="code")
    code = names.get_indexer(pd.Index(codings["code"]))
    applied = np.full((len(documents), len(coders), len(names)), np.nan)
    applied[document, coder] = 0.0
    known = code >= 0
    applied[document[known], coder[known], code[known]] = 1.0
    return Decisions(
        pd.Index(documents, name="document_id"), pd.Index(coders), names, applied
    )
