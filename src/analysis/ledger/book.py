"""The only door to a page: figures, sentences, claims and quotes of one notebook."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from analysis.estimate import Estimate
from analysis.ledger.claims import Claim, decided
from analysis.ledger.entries import Entries
from analysis.ledger.quotations import Quotations, refuse_unfit
from analysis.ledger.rows import (
    QUOTE_COLUMNS,
)
from analysis.ledger.sections import section_of
from analysis.ledger.sentences import (
    Piece,
    Sentence,
    compose,
    fill_words,
    point_at,
)
from analysis.study import Study

ALL_WITHHELD = Sentence((Piece("All of these figures are withheld: too few."),))


class Ledger(Entries):
    """What one notebook publishes.

    A figure is published once, by one cell; the same cell run again replaces its
    own. Figures on a base under the study's minimum are withheld.
    """

    @classmethod
    def open(cls, study: str | Study, period: str, notebook: str) -> Ledger:
        """Open an empty ledger for a notebook, named by its file without suffix."""
        loaded = study if isinstance(study, Study) else Study.load(study)
        return cls(loaded, period, notebook)

    def publish(
        self,
        key: str,
        estimate: Estimate,
        *,
        metric: str,
        family: str | None = None,
        grade: str | None = None,
    ) -> pd.DataFrame:
        """Publish one figure and return its row.

        Parameters
        ----------
        key : str
            A name of its own: small letters, digits and underscores.
        estimate : Estimate
            Made by a statistic; one without a source is refused.
        metric : str
            What was measured, such as ``nps``.
        family : str, optional
            The question that its test belongs to.
        grade : str, optional
            Evidence grade, A to D.

        Returns
        -------
        DataFrame
            One row in the columns of ``figures.csv``.

        Raises
        ------
        ValueError
            If another cell holds the key, or the estimate has no source.
        """
        self._claim_key(key)
        words = {"metric": metric, "by": "all", "level": "all"}
        row = self._row(key, estimate, {**words, "family": family, "grade": grade})
        self._enter({key: row}, family)
        return self._rows([key])

    def publish_values(
        self, key: str, estimates: Mapping[str, Estimate]
    ) -> pd.DataFrame:
        """Publish the values of several metrics and return their rows.

        Parameters
        ----------
        key : str
            Name of the set; its rows are ``key/metric``.
        estimates : mapping of metric to Estimate
            In the order of display.

        Returns
        -------
        DataFrame
            One row per metric, over all.
        """
        self._claim_key(key)
        self._drop(key)
        rows = {
            f"{key}/{name}": self._row(
                f"{key}/{name}", one, {"metric": name, "by": "all", "level": "all"}
            )
            for name, one in estimates.items()
        }
        self._enter(rows, None)
        return self._rows(list(rows))

    def publish_table(
        self,
        key: str,
        estimates: Mapping[str, Estimate],
        *,
        metric: str,
        by: str,
        family: str | None = None,
        grade: str | Mapping[str, str] | None = None,
        breaks: Collection[str] = (),
    ) -> pd.DataFrame:
        """Publish one figure per level and return their rows.

        Parameters
        ----------
        key : str
            Name of the table; its rows are ``key/level``.
        estimates : mapping of level to Estimate
            In the order of display.
        metric, by : str
            What was measured, and the column of the levels.
        family, grade : str, optional
            As in `publish`; a mapping gives each level a grade of its own.
        breaks : collection of str
            Levels that cannot be compared with the ones before, such as periods
            that asked a reworded question.

        Returns
        -------
        DataFrame
            One row per level.

        Notes
        -----
        Where exactly one level is too small, the smallest of the others is
        withheld too: with the total it would give the first away.
        """
        self._claim_key(key)
        self._drop(key)
        words = {"metric": metric, "family": family, "grade": grade}
        rows = self._table(key, estimates, {**words, "by": by})
        for row in rows.values():
            row["is_break"] = row["level"] in breaks
            if isinstance(grade, Mapping):
                row["grade"] = grade.get(row["level"])
        self._enter(rows, family)
        return self._rows(list(rows))

    def publish_tables(
        self,
        key: str,
        estimates: Mapping[str, Mapping[str, Estimate]],
        *,
        metric: str,
        family: str | None = None,
        grade: str | None = None,
    ) -> pd.DataFrame:
        """Publish one metric split by several columns, and return the rows.

        Parameters
        ----------
        key : str
            Name of the tables; their rows are ``key/column/level``.
        estimates : mapping of column to mapping of level to Estimate
            Each column on its own adds up to the whole.
        metric : str
            What was measured.
        family, grade : str, optional
            As in `publish`.

        Returns
        -------
        DataFrame
            One row per column and level; `by` names the column.
        """
        self._claim_key(key)
        self._drop(key)
        words = {"metric": metric, "family": family, "grade": grade}
        rows = {}
        for by, levels in estimates.items():
            rows.update(self._table(f"{key}/{by}", levels, {**words, "by": by}))
        self._enter(rows, family)
        return self._rows(list(rows))

    def publish_groups(
        self,
        key: str,
        estimates: Mapping[str, Mapping[str, Mapping[str, Estimate]]],
    ) -> pd.DataFrame:
        """Publish several metrics split by several columns, and return the rows.

        Parameters
        ----------
        key : str
            Name of the set; its rows are ``key/column/metric/level``.
        estimates : mapping of column to mapping of metric to mapping of level
            Each metric and column on its own adds up to the whole.

        Returns
        -------
        DataFrame
            One row per column, metric and level.
        """
        self._claim_key(key)
        self._drop(key)
        rows = {}
        for by, metrics in estimates.items():
            for metric, levels in metrics.items():
                words = {"metric": metric, "by": by}
                rows.update(self._table(f"{key}/{by}/{metric}", levels, words))
        self._enter(rows, None)
        return self._rows(list(rows))

    def has(self, *keys: str) -> bool:
        """Say whether all figures were published."""
        return all(key in self._figures for key in keys)

    def sentence(self, template: str, **words: object) -> Sentence:
        """Write a sentence that quotes published figures; see `compose`."""
        return compose(template, self._references(), self._words(words))

    def extremes(self, rows: pd.DataFrame, template: str) -> Sentence:
        """Write a sentence on the lowest and the highest of published figures.

        Parameters
        ----------
        rows : DataFrame
            Rows as `publish_table` returns them.
        template : str
            ``{lowest}`` and ``{highest}`` are the figures, ``{lowest_name}`` and
            ``{highest_name}`` their levels.

        Notes
        -----
        It claims nothing: which one is lowest may be chance.
        """
        ranked = rows.dropna(subset="value").sort_values("value", kind="stable")
        if ranked.empty:
            return ALL_WITHHELD
        first, last = ranked.iloc[0], ranked.iloc[-1]
        template = point_at(template, first["key"], name="lowest")
        template = point_at(template, last["key"], name="highest")
        names = {"lowest_name": first["level"], "highest_name": last["level"]}
        return self.sentence(template, **names)

    def claim(
        self,
        key: str,
        *,
        on: str,
        rising: str,
        falling: str,
        unclear: str,
        **words: object,
    ) -> Claim:
        """Say in which direction a figure points, if the evidence allows.

        Parameters
        ----------
        key : str
            Name of the claim.
        on : str
            The figure that decides: it needs an interval without zero and a
            q-value under the study's false-alarm level.
        rising, falling, unclear : str
            Templates for above zero, below zero, and cannot tell; ``{on}`` is the
            figure that decides.
        **words : object
            Further words of the templates.

        Returns
        -------
        Claim
            The sentence that the evidence allows.

        Raises
        ------
        ValueError
            If the figure belongs to no family, or a template says more than the
            figure's grade of evidence allows (words of cause or of order).
        """
        self._claim_key(key)
        templates = {"rising": rising, "falling": falling, "unclear": unclear}
        return self._say(key, on, templates, words)

    def claims(
        self,
        key: str,
        *,
        on: str,
        subjects: Mapping[str, str],
        rising: str,
        falling: str,
        unclear: str,
        **words: object,
    ) -> dict[str, Claim]:
        """Say of each row of a published table in which direction it points.

        Parameters
        ----------
        key : str
            Name of the claims; they are ``key/level``.
        on : str
            The table, as `publish_table` got it.
        subjects : mapping of level to str
            What each sentence speaks of: ``{subject}`` in the templates. Levels that
            were not published are left out.
        rising, falling, unclear : str
            As in `claim`.
        **words : object
            Further words of the templates.

        Returns
        -------
        dict of level to Claim
            In the order of the subjects.
        """
        self._claim_key(key)
        templates = {"rising": rising, "falling": falling, "unclear": unclear}
        there = {level: f"{on}/{level}" for level in subjects}
        return {
            level: self._say(
                f"{key}/{level}", row, templates, {**words, "subject": subjects[level]}
            )
            for level, row in there.items()
            if row in self._figures
        }

    def _say(
        self, key: str, on: str, templates: dict[str, str], words: dict[str, object]
    ) -> Claim:
        row = self._figures.get(on)
        level = self.study.thresholds.false_alarm
        direction = decided(key, on, row, templates=templates, level=level)
        assert row is not None  # else nothing was decided
        self._closed.add(row["family"])
        template = point_at(templates[direction], on)
        sentence = self.sentence(template, **words)
        self._claims[key] = {
            "key": key,
            "on": on,
            "direction": direction,
            "text": repr(sentence),
            "template": fill_words(template, self._words(words)),
            "grade": row["grade"],
            "notebook": self.notebook,
            "section": section_of(self._path, key),
        }
        self._save()
        return Claim(sentence.pieces, direction)

    def publish_quotes(self, key: str, quotes: pd.DataFrame) -> Quotations:
        """Publish customers' words.

        Parameters
        ----------
        key : str
            Name of the set; its quotes are ``key/1``, ``key/2`` and so on.
        quotes : DataFrame
            Columns topic, stance (the tone of the comment, such as ``from a mostly
            critical comment``), text (redacted), document_id, and base, the
            documents that speak of the topic.

        Returns
        -------
        Quotations
            The quotes, to be shown.

        Raises
        ------
        ValueError
            If personal data is left in a text, or a base is under the minimum.
        """
        self._claim_key(key)
        for old in [one for one in self._quotes if one.startswith(f"{key}/")]:
            del self._quotes[old]
        section = section_of(self._path, key)
        place = {"notebook": self.notebook, "section": section}
        for number, quote in enumerate(quotes.to_dict("records"), start=1):
            refuse_unfit(quote, minimum_base=self.study.minimum_text_base)
            name = f"{key}/{number}"
            row = {column: quote.get(column) for column in QUOTE_COLUMNS}
            self._quotes[name] = {**row, "key": name, **place}
        self._save()
        return Quotations(tuple(self._quotes.values()))
