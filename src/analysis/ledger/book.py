"""The only door to a page: figures, sentences, claims and quotes of one notebook."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.contracts.store import replace
from analysis.estimate import Estimate
from analysis.ledger import cells
from analysis.ledger.families import adjusted
from analysis.ledger.quotations import Quotations, refuse_unfit
from analysis.ledger.rows import (
    CLAIM_COLUMNS,
    FIGURE_COLUMNS,
    QUOTE_COLUMNS,
    direction_of,
    numbers_of,
    withheld,
    withhold_second,
)
from analysis.ledger.sections import section_of
from analysis.ledger.sentences import (
    CAUSAL,
    FigureReference,
    Sentence,
    compose,
    fill_words,
    point_at,
)
from analysis.study import Study, notebooks_root

KEY = re.compile(r"[a-z][a-z0-9_]*")


class Ledger:
    """What one notebook publishes.

    A figure is published once, by one cell; the same cell run again replaces its
    own. Figures on a base under the study's minimum are withheld.
    """

    def __init__(self, study: Study, period: str, notebook: str) -> None:
        self.study = study
        self.period = study.period(period)
        self.notebook = notebook
        self._figures: dict[str, dict[str, Any]] = {}
        self._claims: dict[str, dict[str, Any]] = {}
        self._quotes: dict[str, dict[str, Any]] = {}
        self._makers: dict[str, tuple[str, int]] = {}
        self._closed: set[str] = set()
        self._save()

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

    def publish_table(
        self,
        key: str,
        estimates: Mapping[str, Estimate],
        *,
        metric: str,
        by: str,
        family: str | None = None,
        grade: str | None = None,
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
            As in `publish`.
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
            Rows as `publish_table` returns them, at least one with a value.
        template : str
            ``{lowest}`` and ``{highest}`` are the figures, ``{lowest_name}`` and
            ``{highest_name}`` their levels.

        Notes
        -----
        It claims nothing: which one is lowest may be chance.
        """
        ranked = rows.dropna(subset="value").sort_values("value", kind="stable")
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
    ) -> Sentence:
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
        Sentence
            The one that the evidence allows.

        Raises
        ------
        ValueError
            If the figure belongs to no family, or a template speaks of causes
            without an experiment (grade A).
        """
        row = self._figures.get(on)
        if row is None:
            raise KeyError(f"{on!r} is not published, so nothing can be said about it.")
        if not row["family"]:
            raise ValueError(f"{on!r} was tested in no family: name one on publishing.")
        self._claim_key(key)
        self._closed.add(row["family"])
        direction = direction_of(row, self.study.thresholds.false_alarm)
        template = {"rising": rising, "falling": falling, "unclear": unclear}[direction]
        template = point_at(template, on)
        if row["grade"] != "A" and CAUSAL.search(" ".join([rising, falling, unclear])):
            raise ValueError(f"{key!r} speaks of causes, which takes grade A evidence.")
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
        return sentence

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

    @property
    def _path(self) -> Path:
        return notebooks_root() / f"{self.notebook}.ipynb"

    def _row(
        self, key: str, estimate: Estimate, words: dict[str, Any]
    ) -> dict[str, Any]:
        if not isinstance(estimate, Estimate) or not estimate.source:
            raise ValueError(f"{key!r} has no source: publish what a statistic made.")
        is_small = estimate.unit != "count" and estimate.base < self.study.minimum_base
        row = dict.fromkeys(FIGURE_COLUMNS)
        row.update(words, key=key, period=self.period.label, unit=estimate.unit)
        row.update(numbers_of(estimate), q_value=math.nan, withheld=False)
        row["is_break"] = False
        row.update(notebook=self.notebook, source=estimate.source)
        if row["by"] == "period":
            row["period"] = row["level"]
        row["section"] = section_of(self._path, key)
        return withheld(row) if is_small else row

    def _table(
        self,
        key: str,
        estimates: Mapping[str, Estimate],
        words: dict[str, Any],
    ) -> dict[str, dict[str, Any]]:
        rows = {
            f"{key}/{level}": self._row(
                f"{key}/{level}", one, {**words, "level": str(level)}
            )
            for level, one in estimates.items()
        }
        withhold_second(rows)
        return rows

    def _enter(self, rows: dict[str, dict[str, Any]], family: str | None) -> None:
        if family in self._closed and not rows.keys() <= self._figures.keys():
            raise ValueError(
                f"the family {family!r} has been spoken from, so it takes no more tests"
            )
        self._figures.update(rows)
        if family:
            tested = [k for k, row in self._figures.items() if row["family"] == family]
            p_values = pd.Series({k: self._figures[k]["p_value"] for k in tested})
            for key, q_value in adjusted(p_values).items():
                self._figures[str(key)]["q_value"] = q_value
        self._save()

    def _drop(self, key: str) -> None:
        for old in [one for one in self._figures if one.startswith(f"{key}/")]:
            del self._figures[old]

    def _claim_key(self, key: str) -> None:
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key: use small letters, digits and _.")
        cell, run = cells.current_cell()
        held = self._makers.get(key)
        if held and (held[0] != cell or (held[1] == run and run)):
            raise ValueError(f"{key!r} is published by another line already.")
        self._makers[key] = (cell, run)

    def _references(self) -> dict[str, FigureReference]:
        currency = self.study.currency
        return {k: FigureReference(row, currency) for k, row in self._figures.items()}

    def _words(self, words: Mapping[str, object]) -> dict[str, object]:
        now = self.period
        return {"period": now.label, "previous": now.previous.label, **words}

    def _rows(self, keys: list[str]) -> pd.DataFrame:
        return pd.DataFrame(
            [self._figures[key] for key in keys], columns=FIGURE_COLUMNS
        )

    def _save(self) -> None:
        folder = self.study.processed(self.period.label) / "ledger"
        for name, rows, columns in (
            ("figures", self._figures, FIGURE_COLUMNS),
            ("claims", self._claims, CLAIM_COLUMNS),
            ("quotes", self._quotes, QUOTE_COLUMNS),
        ):
            frame = pd.DataFrame(list(rows.values()), columns=columns)
            path = folder / f"{self.notebook}.{name}.csv"
            replace(path, functools.partial(frame.to_csv, index=False))
