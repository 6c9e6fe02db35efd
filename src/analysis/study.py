"""The study folder: its settings, its periods and its paths.

A study is a folder below ``data/raw`` with a ``study.toml``. The file holds
settings only, never logic; an unknown key is an error that names the nearest
known one.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field, ValidationError, field_validator, model_validator

from analysis.settings import (
    DEFAULT_SCALES,
    Coding,
    Outcomes,
    Sampling,
    Scale,
    Settings,
    TableSource,
    Thresholds,
    Value,
    Warehouse,
    Weighting,
)

TABLES = (
    "responses",
    "customers",
    "invitations",
    "products",
    "orders",
    "returns",
    "documents",
    "codings",
    "signals",
    "targets",
    "benchmarks",
    "actions",
)
PER_YEAR = {"Q": 4, "M": 12, "Y": 1}
SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class StudyError(ValueError):
    """Raised for a mistake that the analyst can mend; shown without a traceback."""


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter, month or year, by pandas' rules.

    Examples
    --------
    >>> period = Period.parse("2026Q3")
    >>> period.label, period.end.date().isoformat(), period.previous.label
    ('2026Q3', '2026-09-30', '2026Q2')
    """

    calendar: pd.Period

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2026Q3``, ``2026-09`` or ``2026``."""
        if not re.fullmatch(r"\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))?", text):
            raise StudyError(
                f"{text!r} is not a period. Write a quarter (2026Q3), "
                "a month (2026-09) or a year (2026)."
            )
        frequency = "Q" if "Q" in text else "M" if "-" in text else "Y"
        return cls(pd.Period(text, freq=frequency))

    @property
    def label(self) -> str:
        """The name of the period, as written in the settings."""
        return str(self.calendar)

    @property
    def start(self) -> pd.Timestamp:
        """The first day."""
        return self.calendar.start_time.normalize()

    @property
    def end(self) -> pd.Timestamp:
        """The last day."""
        return self.calendar.end_time.normalize()

    @property
    def frequency(self) -> str:
        """``Q``, ``M`` or ``Y``."""
        return self.calendar.freqstr[0]

    @property
    def previous(self) -> Period:
        """The period before."""
        return Period(self.calendar - 1)

    @property
    def year_before(self) -> Period:
        """The same period of the year before."""
        return Period(self.calendar - PER_YEAR[self.frequency])

    @property
    def trailing(self) -> list[str]:
        """The names of the periods of the year that ends with this one, in order.

        Examples
        --------
        >>> Period.parse("2026Q1").trailing
        ['2025Q2', '2025Q3', '2025Q4', '2026Q1']
        """
        steps = range(PER_YEAR[self.frequency] - 1, -1, -1)
        return [str(self.calendar - step) for step in steps]

    def rate(self, per_year: float) -> float:
        """Turn a rate of interest per year into one per period.

        Examples
        --------
        >>> round(Period.parse("2026Q3").rate(0.1), 4)
        0.0241
        """
        return float((1 + per_year) ** (1 / PER_YEAR[self.frequency]) - 1)

    def labels(self, dates: pd.Series) -> pd.Series:
        """Name the period that each date falls in; missing stays missing."""
        return dates.dt.to_period(self.frequency).astype("str").where(dates.notna())


class Study(Settings):
    """Everything that the analyst states about a study.

    Examples
    --------
    >>> study = Study(id="acme", name="Acme", currency="EUR", seed=1,
    ...     tables={"responses": TableSource(files=["survey.csv"])})
    >>> study.scale("recommend").high
    10
    """

    id: str
    name: str
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    seed: int
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    minimum_base: int = Field(default=10, ge=3)
    minimum_text_base: int = Field(default=10, ge=3)
    tables: dict[str, TableSource]
    warehouse: Warehouse | None = None
    scales: dict[str, Scale] = Field(default={}, description="of the questions")
    sampling: Sampling = Sampling()
    weighting: Weighting = Weighting()
    outcomes: Outcomes = Outcomes()
    value: Value = Value()
    coding: Coding = Coding()
    thresholds: Thresholds = Thresholds()
    segments: list[str] = Field(default=[], description="columns to split figures by")
    drivers: dict[str, str] = Field(default={}, description='rating column = "label"')
    stages: list[str] = Field(default=[], description="journey stages, in order")

    @field_validator("tables", mode="before")
    @classmethod
    def _names_known_tables(cls, tables: Any) -> Any:
        # Before each table is looked at: a misspelt one leaves another incomplete.
        for name in tables if isinstance(tables, dict) else ():
            if name not in TABLES:
                raise ValueError(f"{name!r} is no table. {_nearest(name, TABLES)}")
        return tables

    @model_validator(mode="after")
    def _has_responses(self) -> Study:
        if "responses" not in self.tables:
            raise ValueError("tables.responses: the one table that every study needs")
        return self

    @classmethod
    def load(cls, name: str) -> Study:
        """Read ``data/raw/<name>/study.toml``.

        Raises
        ------
        StudyError
            If the study is unknown, or its file cannot be read or breaks a rule.
        """
        path = raw_root() / name / "study.toml"
        if not SAFE_NAME.fullmatch(name) or not path.is_file():
            raise StudyError(f"There is no study {name!r}. {_nearest(name, known())}")
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls(id=name, **settings)
        except tomllib.TOMLDecodeError as error:
            raise StudyError(
                f"{name}/study.toml is not valid TOML: {error}. Mend that line: text "
                'stands in quotes, as in name = "Acme", and each name occurs once.'
            ) from error
        except UnicodeDecodeError as error:
            raise StudyError(f"{name}/study.toml is not UTF-8: {error}") from error
        except ValidationError as error:
            raise StudyError(_explain(error, f"{name}/study.toml")) from error

    @property
    def raw(self) -> Path:
        """The study folder."""
        return raw_root() / self.id

    def period(self, text: str) -> Period:
        """Read a period's name."""
        return Period.parse(text)

    def processed(self, period: str) -> Path:
        """Where a period's tables are kept."""
        return project_root() / "data" / "processed" / self.id / period

    def report(self, period: str) -> Path:
        """Where a period's pages are written."""
        return project_root() / "reports" / self.id / period

    def scale(self, column: str) -> Scale:
        """Return the scale of a question; ratings run from 1 to 5 unless stated."""
        usual = DEFAULT_SCALES.get(column, Scale(low=1, high=5))
        return self.scales.get(column, usual)


def project_root() -> Path:
    """Return the folder that holds ``data`` and ``reports``.

    The environment variable ``ANALYSIS_HOME`` names another one.
    """
    home = os.environ.get("ANALYSIS_HOME")
    return Path(home).resolve() if home else Path(__file__).resolve().parents[2]


def notebooks_root() -> Path:
    """Return the folder of the notebooks, which is part of the checkout."""
    return Path(__file__).resolve().parents[2] / "notebooks"


def raw_root() -> Path:
    """Return the folder that holds the studies."""
    return project_root() / "data" / "raw"


def known() -> list[str]:
    """Name the studies that there are."""
    return sorted(path.parent.name for path in raw_root().glob("*/study.toml"))


def _nearest(name: str, names: Any) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    listed = ", ".join(names) or "none"
    return (f"Did you mean {close[0]!r}? " if close else "") + f"Known: {listed}."


def _explain(error: ValidationError, file: str) -> str:
    lines = [_explain_one(dict(one)) for one in error.errors()]
    return "\n".join([f"{file} needs mending:", *lines])


def _explain_one(error: dict[str, Any]) -> str:
    place = re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, error["loc"])))
    if error["type"] == "extra_forbidden":
        names = _keys_at(error["loc"][:-1])
        return f"  {place}: unknown key. {_nearest(str(error['loc'][-1]), names)}"
    if error["type"] == "missing":
        return f"  {place}: this key is missing; please add it."
    found = "" if isinstance(error["input"], dict) else f", found {error['input']!r}"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":  # the currency alone has one
        message = "expected three capital letters such as EUR"
    return f"  {place or 'study'}: {message}{found}"


def _keys_at(place: tuple[Any, ...]) -> list[str]:
    groups: dict[str, type[Settings]] = {
        "tables": TableSource,
        "scales": Scale,
        "warehouse": Warehouse,
        "sampling": Sampling,
        "weighting": Weighting,
        "outcomes": Outcomes,
        "value": Value,
        "coding": Coding,
        "thresholds": Thresholds,
    }
    model = groups[place[0]] if place else Study
    return [key for key in model.model_fields if not (model is Study and key == "id")]
