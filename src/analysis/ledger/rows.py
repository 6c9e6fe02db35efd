"""The rows of the ledger: their columns, and which of them are withheld."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.estimate import Estimate

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
    "is_break",
    "notebook",
    "section",
    "source",
]
# Splits whose levels are no parts of a whole: none can be had from the others.
NO_PARTS = {
    *("all", "metric", "question", "weighing", "goal", "benchmark", "check"),
    *("pair of codes", "code"),
}
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


def numbers_of(estimate: Estimate) -> dict[str, float]:
    """Return the columns of a row that come from its estimate.

    Examples
    --------
    >>> from analysis.estimate import count
    >>> numbers_of(count(39))["value"]
    39.0
    """
    return {
        "value": estimate.value,
        "standard_error": estimate.standard_error,
        "low": estimate.low,
        "high": estimate.high,
        "base": estimate.base,
        "effective_base": estimate.effective_base,
        "p_value": math.nan if estimate.p_value is None else estimate.p_value,
    }


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
