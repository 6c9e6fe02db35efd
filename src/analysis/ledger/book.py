"""The only door to a page: figures, sentences, claims and quotes of one notebook."""

from __future__ import annotations

import functools
import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.core.getipython import get_ipython

from analysis import privacy
from analysis.contracts.store import replace
from analysis.estimate import Estimate
from analysis.ledger.families import adjusted
from analysis.ledger.quotations import Quotations
from analysis.ledger.sections import section_of
from analysis.ledger.sentences import FigureReference, Sentence, compose
from analysis.study import Study, notebooks_root

FIGURE_COLUMNS = [
    "key",
    "metric",
    "by",
    "level",
    "period",
    "value",
    "standard_error",
    "low",
    "high",
    "base",
    "effective_base",
    "unit",
    "p_value",
    "q_value",
    "family",
    "grade",
    "withheld",
    "notebook",
    "section",
    "source",
]
CLAIM_COLUMNS = [
    "key",
    "on",
    "direction",
    "text",
    "template",
    "grade",
    "notebook",
    "section",
]
QUOTE_COLUMNS = [
    "key",
    "topic",
    "stance",
    "text",
    "document_id",
    "base",
    "notebook",
    "section",
]
KEY = re.compile(r"[a-z][a-z0-9_]*")
CAUSAL = re.compile(
    r"\b(caus(e|es|ed|ing)|because of|drives?|drove|rais(e|es|ed) the|leads? to|led to"
    r"|reduc(e|es|ed) the|thanks to)\b",
    re.IGNORECASE,
)


class Ledger:
    """What one notebook publishes.

    A figure is published once, by one cell; the same cell run again replaces its
    own. Figures on a base under the study's minimum are withheld.

    Examples
    --------
    >>> ledger = Ledger.open("demo", "2026Q3", "02_metrics")  # doctest: +SKIP
    >>> ledger.publish("nps", score, metric="nps")  # doctest: +SKIP
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
            Templates for above zero, below zero, and cannot tell.
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
            Columns topic, stance (``supports`` or ``disagrees``), text (redacted),
            document_id, and base, the documents that speak of the topic.

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
            self._check_quote(quote)
            name = f"{key}/{number}"
            row = {column: quote.get(column) for column in QUOTE_COLUMNS}
            self._quotes[name] = {**row, "key": name, **place}
        self._save()
        return Quotations(tuple(self._quotes.values()))

    def _check_quote(self, quote: Mapping[Any, Any]) -> None:
        if privacy.redact(quote["text"]).text != quote["text"]:
            raise ValueError(
                f"the quote of {quote['document_id']!r} still holds personal data"
            )
        if quote["base"] < self.study.minimum_text_base:
            raise ValueError(
                f"{quote['topic']!r} rests on {quote['base']} documents: too few"
            )

    @property
    def _path(self) -> Path:
        return notebooks_root() / f"{self.notebook}.ipynb"

    def _row(
        self, key: str, estimate: Estimate, words: dict[str, Any]
    ) -> dict[str, Any]:
        if not isinstance(estimate, Estimate) or not estimate.source:
            raise ValueError(f"{key!r} has no source: publish what a statistic made.")
        is_small = estimate.unit != "count" and estimate.base < self.study.minimum_base
        numbers = {
            "value": estimate.value,
            "standard_error": estimate.standard_error,
            "low": estimate.low,
            "high": estimate.high,
            "base": estimate.base,
            "effective_base": estimate.effective_base,
            "p_value": math.nan if estimate.p_value is None else estimate.p_value,
        }
        row = dict.fromkeys(FIGURE_COLUMNS)
        row.update(words, key=key, period=self.period.label, unit=estimate.unit)
        row.update(numbers, q_value=math.nan, withheld=False)
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
        cell, run = current_cell()
        held = self._makers.get(key)
        if held and (held[0] != cell or (held[1] == run and run)):
            raise ValueError(f"{key!r} is published by another line already.")
        self._makers[key] = (cell, run)

    def _references(self) -> dict[str, FigureReference]:
        currency = self.study.currency
        return {k: FigureReference(row, currency) for k, row in self._figures.items()}

    def _words(self, words: Mapping[str, object]) -> dict[str, object]:
        usual = {"period": self.period.label, "previous": self.period.previous.label}
        return {**usual, **words}

    def _rows(self, keys: list[str]) -> pd.DataFrame:
        rows = [self._figures[key] for key in keys]
        return pd.DataFrame(rows, columns=FIGURE_COLUMNS)

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


def current_cell() -> tuple[str, int]:
    """Return a name for the running cell and the number of its run.

    Outside a notebook every call is a run of one cell.
    """
    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        return "script", 0
    metadata = shell.kernel.get_parent("shell").get("metadata", {})
    source = shell.user_ns.get("In", [""])[-1]
    digest = hashlib.sha256(source.encode()).hexdigest()
    return metadata.get("cellId", digest), shell.execution_count


def direction_of(row: Mapping[str, Any], level: float) -> str:
    """Return ``rising``, ``falling`` or ``unclear`` for a figure.

    Examples
    --------
    >>> row = {"withheld": False, "q_value": 0.01, "low": 2.0, "high": 9.0}
    >>> direction_of(row, 0.05), direction_of(row | {"low": -1.0}, 0.05)
    ('rising', 'unclear')
    """
    is_tested = not row["withheld"] and row["q_value"] <= level
    if is_tested and row["low"] > 0:
        return "rising"
    return "falling" if is_tested and row["high"] < 0 else "unclear"


def withheld(row: dict[str, Any]) -> dict[str, Any]:
    """Return a figure's row without its numbers.

    Examples
    --------
    >>> withheld({"value": 3.0, "base": 4})["withheld"]
    True
    """
    numbers = ["value", "standard_error", "low", "high", "base", "effective_base"]
    hidden = dict.fromkeys([*numbers, "p_value", "q_value"], math.nan)
    return {**row, **hidden, "withheld": True}


def withhold_second(rows: dict[str, dict[str, Any]]) -> None:
    """Withhold the smallest shown row if exactly one row of the table is hidden.

    Examples
    --------
    >>> rows = {"a": withheld({"base": 3}), "b": {"base": 20, "withheld": False},
    ...     "c": {"base": 90, "withheld": False}}
    >>> withhold_second(rows)
    >>> [row["withheld"] for row in rows.values()]
    [True, True, False]
    """
    shown = {key: row for key, row in rows.items() if not row["withheld"]}
    if len(rows) - len(shown) == 1 and shown:
        smallest = min(shown, key=lambda key: shown[key]["base"])
        rows[smallest] = withheld(rows[smallest])


def fill_words(template: str, words: Mapping[str, object]) -> str:
    """Fill the words of a template and leave its figures for later.

    Examples
    --------
    >>> fill_words("In {period} it was {nps:+.0f}.", {"period": "2026Q3"})
    'In 2026Q3 it was {nps:+.0f}.'
    """
    for name, word in words.items():
        template = template.replace("{" + name + "}", str(word))
    return template
