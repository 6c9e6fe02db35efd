"""The groups of settings that a study file may state."""

from __future__ import annotations

import codecs
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DATE_ORDERS = ("iso", "day_first", "month_first")


class Settings(BaseModel):
    """A group of settings that cannot change and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableSource(Settings):
    """Where one table comes from and how its columns are named there."""

    files: list[str] = Field(default=[], description="patterns in the study folder")
    table: str | None = Field(default=None, description="a table of the warehouse")
    format: str | None = Field(default=None, description="by the suffix if not given")
    columns: dict[str, str] = Field(default={}, description='ours = "theirs"')
    attributes: list[str] = Field(default=[], description="further columns to keep")
    constants: dict[str, str] = Field(default={}, description="one value for all rows")
    missing: dict[str, list[int | float | str]] = Field(
        default={}, description="values that mean no answer, per column"
    )
    dates: str = Field(default="iso", description="an order, or a %-pattern")
    period: str | None = Field(default=None, description="for files without dates")
    delimiter: str = ","
    decimal: Literal[".", ","] = Field(default=".", description="before decimals")
    encoding: str = "utf-8-sig"
    sheet: str | None = None
    also: list[TableSource] = Field(default=[], description="further sources")

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ValueError('no encoding; expected "utf-8", "cp1252" …') from None
        return name

    @field_validator("dates")
    @classmethod
    def _is_an_order_of_dates(cls, order: str) -> str:
        if order not in DATE_ORDERS and "%" not in order:
            orders = ", ".join(DATE_ORDERS)
            raise ValueError(f"expected {orders} or a pattern such as %d.%m.%Y")
        return order

    @field_validator("columns")
    @classmethod
    def _names_each_once(cls, columns: dict[str, str]) -> dict[str, str]:
        for theirs in columns.values():
            ours = [name for name, one in columns.items() if one == theirs]
            if len(ours) > 1:
                said = f"{theirs!r} is named by {' and '.join(ours)}"
                raise ValueError(f"{said}; keep the right one")
        return columns

    @model_validator(mode="after")
    def _has_one_origin(self) -> TableSource:
        if bool(self.files) == bool(self.table):
            raise ValueError("give either `files` or `table`")
        if any(one.also for one in self.also):
            raise ValueError("`also` stands in no `also`; list each under the table")
        return self


class Warehouse(Settings):
    """The database that holds the tables named by `table`."""

    url: str = Field(description="an Ibis address, such as duckdb://shop.duckdb")


class Scale(Settings):
    """One question: its range, which end is good, and its wording."""

    low: int
    high: int
    good: Literal["high", "low"] = "high"
    question: str = ""

    @model_validator(mode="after")
    def _runs_upwards(self) -> Scale:
        if self.low >= self.high:
            raise ValueError("`low` must be below `high`")
        return self


class Sampling(Settings):
    """How the invitations were drawn."""

    strata: str | None = Field(default=None, description="a column of customers")
    cluster: str | None = Field(
        default=None, description="a column of customers, to ask whole groups"
    )
    allocation: Literal["proportional", "neyman"] = "proportional"
    rest_days: int = Field(
        default=90, ge=0, description="nobody is asked twice within so many days"
    )


class Weighting(Settings):
    """What respondents are weighted to, and how."""

    method: Literal["rake", "poststratify", "propensity"] = "rake"
    margins: list[str] = Field(default=[], description="columns of customers")
    trim: float = Field(default=5.0, gt=1, description="largest weight over the mean")


class Outcomes(Settings):
    """The time windows of behaviour, in days."""

    return_days: int = Field(default=30, gt=0)
    after_days: int = Field(default=90, gt=0)
    holdout_days: int = Field(default=180, gt=0)
    durability_days: int = Field(default=180, gt=0)


class Value(Settings):
    """What a customer's value is counted over."""

    months: int = Field(default=12, ge=1, description="from the period's end on")
    discount: float = Field(default=0.1, ge=0, description="rate per year")
    margin: float = Field(default=1.0, gt=0, le=1, description="1.0 counts revenue")
    contract: bool = Field(default=False, description="customers stay until they leave")


class Coding(Settings):
    """Who codes, and what agreement a code needs to be counted."""

    alpha: float = Field(default=0.667, ge=0, le=1)
    alpha_low: float = Field(default=0.5, ge=0, le=1)
    minimum_positives: int = Field(default=10, ge=1)
    checked_quotes: bool = Field(
        default=False, description="publish only quotes that somebody has checked"
    )


class Thresholds(Settings):
    """Limits at which the run stops or a screen speaks."""

    rejected_share: float = Field(default=0.2, ge=0, le=1)
    false_alarm: float = Field(default=0.05, gt=0, lt=0.5)
    fastest_seconds: float = Field(default=20.0, ge=0)


DEFAULT_SCALES = {
    "recommend": Scale(low=0, high=10),
    "satisfaction": Scale(low=1, high=5),
    "effort": Scale(low=1, high=7),
}
