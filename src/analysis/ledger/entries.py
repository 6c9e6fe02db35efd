"""What one notebook has published so far, and the files that keep it."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.contracts.store import replace
from analysis.estimate import Estimate
from analysis.ledger import cells
from analysis.ledger.families import adjusted
from analysis.ledger.rows import (
    CLAIM_COLUMNS,
    FIGURE_COLUMNS,
    NO_PARTS,
    QUOTE_COLUMNS,
    numbers_of,
    withheld,
    withhold_second,
)
from analysis.ledger.sections import section_of
from analysis.ledger.sentences import FigureReference
from analysis.study import Study, notebooks_root

KEY = re.compile(r"[a-z][a-z0-9_]*")


class Entries:
    """The rows of one notebook's ledger; saved after every change.

    Parameters
    ----------
    study : Study
        Its minimum base and false-alarm level.
    period : str
        Such as ``2026Q3``.
    notebook : str
        The notebook's file without suffix.
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

    @property
    def _path(self) -> Path:
        return notebooks_root() / f"{self.notebook}.ipynb"

    def _row(
        self, key: str, estimate: Estimate, words: dict[str, Any]
    ) -> dict[str, Any]:
        if not isinstance(estimate, Estimate) or not estimate.source:
            raise ValueError(f"{key!r} has no source: publish what a statistic made.")
        is_small = estimate.unit != "count" and estimate.base < self.study.minimum_base
        is_small |= math.isnan(estimate.value)  # its maker found too little to tell
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
        if words["by"] not in NO_PARTS:
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
