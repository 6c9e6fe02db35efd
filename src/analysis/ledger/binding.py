"""The notebooks' rows, bound into one report's."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.contracts.store import replace
from analysis.display.names import name_level
from analysis.ledger.claims import Claim
from analysis.ledger.families import selected_families
from analysis.ledger.quotations import Quotations
from analysis.ledger.rows import (
    CLAIM_COLUMNS,
    FIGURE_COLUMNS,
    NO_PARTS,
    QUOTE_COLUMNS,
)
from analysis.ledger.sentences import FigureReference, Piece, Sentence, compose
from analysis.study import Study, StudyError

PARTS = {"figures": FIGURE_COLUMNS, "claims": CLAIM_COLUMNS, "quotes": QUOTE_COLUMNS}


LISTED = 16  # so many names of a family are listed

NOTHING_TESTED = Sentence((Piece("Nothing of this kind could be tested here."),))
NOTHING_HOLDS = Sentence((Piece("Nothing here holds over the whole report."),))
ALL_HOLDS = Sentence((Piece("Everything that was tested could be told."),))


@dataclass(frozen=True)
class Bound:
    """A whole report's figures, claims and quotes, and the families of its tests."""

    study: Study
    figures: pd.DataFrame
    claims: pd.DataFrame
    quotes: pd.DataFrame
    families: pd.DataFrame

    def has(self, *keys: str) -> bool:
        """Say whether all figures were published (a table by its own key)."""
        published = set(self.figures["key"])
        published |= {key.split("/", maxsplit=1)[0] for key in published}
        return set(keys) <= published

    def rows(self, *keys: str) -> pd.DataFrame:
        """Return the rows of figures and of whole tables, in the order asked."""
        table = self.figures["key"].str.split("/").str[0]
        parts = [
            self.figures[(self.figures["key"] == key) | (table == key)] for key in keys
        ]
        return pd.concat(parts) if parts else self.figures.iloc[:0]

    def sentence(self, template: str, **words: object) -> Sentence:
        """Write a sentence that quotes figures of any notebook."""
        return compose(template, self._references(), words)

    def findings(self, *, notebook: str) -> list[Sentence]:
        """Return what a notebook claims and what holds over the whole report.

        A claim holds where its family was selected and its q-value meets the level
        within the selected families. One with a grade of evidence is followed by it.
        """
        claims = self.claims[self.claims["notebook"] == notebook]
        if claims.empty:
            return [NOTHING_TESTED]
        return self._said(_graded(claims[claims["is_confirmed"]])) or [NOTHING_HOLDS]

    def verdicts(self, key: str) -> dict[str, Claim]:
        """Return what a table of claims says of each row over the whole report.

        Parameters
        ----------
        key : str
            As `Ledger.claims` got it.

        Returns
        -------
        dict of level to Claim
            What holds over the whole report, and what could not be told on its own
            page. A claim that held there alone is left out.
        """
        rows = self.claims[self.claims["key"].str.startswith(f"{key}/")]
        told = rows[rows["is_confirmed"] | (rows["direction"] == "unclear")]
        names = told["key"].str.split("/", n=1).str[1]
        parts = zip(names, self._said(told), told["direction"], strict=True)
        return {
            str(name): Claim(said.pieces, str(direction))
            for name, said, direction in parts
        }

    def confirmed(self, *, since: str = "") -> pd.DataFrame:
        """Return the tested figures whose direction holds over the whole report.

        Parameters
        ----------
        since : str
            Leave out notebooks whose names sort before this one.

        Returns
        -------
        DataFrame
            Rows of figures.
        """
        return self.figures[self._is_confirmed() & (self.figures["notebook"] >= since)]

    def unknowns(self, *, since: str = "") -> list[Sentence]:
        """Name, family by family, the tested figures that can be told neither way.

        Parameters
        ----------
        since : str
            Leave out notebooks whose names sort before this one.

        Returns
        -------
        list of Sentence
            One per family, each name linked to its figure.
        """
        tested = self.figures["p_value"].notna() & self.figures["family"].notna()
        tested &= self.figures["notebook"] >= since
        if not tested.any():
            return [NOTHING_TESTED]
        open_ = self.figures[tested & ~self._is_confirmed()]
        sizes = self.figures[tested].groupby("family").size()
        families = open_.groupby("family", sort=False)
        return [
            _neither_way(str(name), rows, of=int(sizes[name]))
            for name, rows in families
        ] or [ALL_HOLDS]

    def _is_confirmed(self) -> pd.Series:
        return _is_confirmed(self.figures, self.families)

    def quoted(self) -> Quotations:
        """Return the quotes of the report."""
        quotes: Any = self.quotes.to_dict("records")
        return Quotations(tuple(quotes))

    def _said(self, claims: pd.DataFrame) -> list[Sentence]:
        references = self._references()
        return [compose(text, references, {}) for text in claims["template"]]

    def _references(self) -> dict[str, FigureReference]:
        currency = self.study.currency
        rows: list[dict[str, Any]] = self.figures.to_dict("records")  # type: ignore[assignment]
        return {row["key"]: FigureReference(row, currency) for row in rows}


def bind(study: str | Study, period: str) -> Bound:
    """Bind what the notebooks published into one set of files.

    Writes ``figures.csv``, ``claims.csv`` and ``quotes.csv`` beside the tables.

    Parameters
    ----------
    study : str or Study
        The study, or its name.
    period : str
        Such as ``2026Q3``.

    Returns
    -------
    Bound
        What was published.

    Raises
    ------
    StudyError
        If two notebooks publish one key, or a figure withheld in one notebook
        could be had by subtraction from another.
    """
    loaded = study if isinstance(study, Study) else Study.load(study)
    folder = loaded.processed(period)
    parts = {name: _gather(folder / "ledger", name) for name in PARTS}
    figures, claims = parts["figures"], parts["claims"]
    _refuse_twins(figures)
    _refuse_leaks(figures)
    level = loaded.thresholds.false_alarm
    families = selected_families(figures, level=level)
    held = figures.loc[_is_confirmed(figures, families), "key"]
    # A claim points where its figure does, or says that it cannot tell.
    parts["claims"] = claims.assign(is_confirmed=claims["on"].isin(held))
    for name, frame in parts.items():
        replace(folder / f"{name}.csv", functools.partial(frame.to_csv, index=False))
    return Bound(loaded, figures, parts["claims"], parts["quotes"], families)


def _graded(claims: pd.DataFrame) -> pd.DataFrame:
    """Let each template that was graded end with its grade."""
    grades = claims["grade"].fillna("").astype("str")
    ends = [f" (grade {one})" if one else "" for one in grades]
    return claims.assign(template=[*map(_before_stop, claims["template"], ends)])


def _before_stop(text: str, end: str) -> str:
    return f"{text.removesuffix('.')}{end}." if end else text


def _neither_way(family: str, rows: pd.DataFrame, *, of: int) -> Sentence:
    pieces = [Piece(f"Told neither way, of {family}: ")]
    if len(rows) == of > LISTED:
        return Sentence((*pieces, Piece("all that were looked at.")))
    named = rows.head(LISTED)
    names = named["level"].astype("str").map(name_level)
    if names.duplicated().any():
        names = named["by"].astype("str").map(name_level) + ": " + names
    for key, name in zip(named["key"], names, strict=True):
        pieces += [Piece(name, str(key)), Piece(", ")]
    last = Piece(" and others.") if len(rows) > LISTED else Piece(".")
    return Sentence((*pieces[:-1], last))


def _gather(folder: Path, name: str) -> pd.DataFrame:
    paths = sorted(folder.glob(f"*.{name}.csv"))
    texts = {column: "str" for column in PARTS[name] if column in _WORDS}
    frames = [
        pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=_BLANKS)
        for path in paths
    ]
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame(columns=PARTS[name])
    return pd.concat(filled, ignore_index=True)


_WORDS = {
    "key", "metric", "by", "level", "period", "unit", "family", "grade", "notebook",
    "section", "source", "on", "direction", "text", "template", "topic", "stance",
    "document_id",
}  # fmt: skip
_BLANKS = {
    column: [""]
    for column in ("value", "standard_error", "low", "high", "base", "effective_base",
                   "p_value", "q_value", "family", "grade")
}  # fmt: skip


def _refuse_twins(figures: pd.DataFrame) -> None:
    twins = figures[figures["key"].duplicated(keep=False)]
    if len(twins):
        first = twins.iloc[0]
        where = " and ".join(sorted(set(twins["notebook"])))
        raise StudyError(f"{first['key']!r} is published twice, in {where}.")


def _refuse_leaks(figures: pd.DataFrame) -> None:
    table = figures["key"].str.split("/").str[0]
    for (metric, by, period), rows in figures.groupby(["metric", "by", "period"]):
        hidden = set(rows.loc[rows["withheld"], "level"])
        shown = set(rows.loc[~rows["withheld"], "level"])
        if len(hidden) == 1 and shown and by not in NO_PARTS:
            where = ", ".join(sorted(set(table[rows.index])))
            raise StudyError(
                f"{metric} of {hidden.pop()!r} is withheld, yet the other levels of "
                f"{by} in {period} are published ({where}), so it could be worked out."
            )
        if hidden & shown:
            raise StudyError(
                f"{metric} by {by} is withheld for {sorted(hidden & shown)} in one "
                "notebook and published in another."
            )


def _is_confirmed(figures: pd.DataFrame, families: pd.DataFrame) -> pd.Series:
    rows = figures.merge(families, on=["notebook", "family"], how="left")
    is_sure = rows["q_value"].astype(float) <= rows["within_level"].astype(float)
    one_sided = (rows["low"] > 0) | (rows["high"] < 0)
    return (is_sure & one_sided).set_axis(figures.index)
