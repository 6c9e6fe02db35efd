"""The data dictionary, ``docs/data.md``, made from the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.contracts.columns import Contract, rule_of
from analysis.contracts.store import CONTRACTS

HEAD = """# Data dictionary

Made by `python -m analysis.contracts.dictionary` from the contracts; do not edit.
A column in **bold** must be there. Tables from `customer_periods` on are made by the
run. A row that breaks a rule is set aside in `rejected.csv` with file, line and rule.
Scores are checked against the scales that the study states. Numbers have a decimal
point; a table that writes 1.246,78 says so by `decimal = ","` in the study file.
"""
TYPES = {
    "string[pyarrow]": "text",
    "datetime64[ns]": "date",
    "float64": "number",
    "int64": "whole number",
    "boolean": "yes or no",
    "bool": "yes or no",
}


def dictionary() -> str:
    """Return the data dictionary as Markdown.

    Examples
    --------
    >>> "Each row is one order line." in dictionary()
    True
    """
    sections = (_section(name, contract) for name, contract in CONTRACTS.items())
    return "\n".join([HEAD, *sections])


def _section(name: str, contract: type[Contract]) -> str:
    sentence = str(contract.__doc__).split("\n", maxsplit=1)[0]
    head = f"## {name}\n\n{sentence}\n\n"
    return head + "\n".join([*_table(contract), *_rules(contract)]) + "\n"


def _table(contract: type[Contract]) -> Iterator[str]:
    yield "| column | type | unit | rule | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    for name, column in contract.to_schema().columns.items():
        shown = name.replace(".+", "…")
        key = f"**{shown}**" if column.required else shown
        kind = TYPES[str(column.dtype)]
        unit = (column.metadata or {}).get("unit", "")
        rules = ", ".join(_column_rules(column))
        yield f"| {key} | {kind} | {unit} | {rules} | {column.description} |"


def _column_rules(column: Any) -> Iterator[str]:
    if column.unique:
        yield "unique"
    if column.nullable:
        yield "may be missing"
    yield from (rule_of(check)[1] for check in column.checks)


def _rules(contract: type[Contract]) -> Iterator[str]:
    for check in contract.to_schema().checks:
        yield f"\nRule *{rule_of(check)[0]}*: {check.description}."


if __name__ == "__main__":
    from analysis.study import project_root

    (project_root() / "docs" / "data.md").write_text(dictionary(), encoding="utf-8")
