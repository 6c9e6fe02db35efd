"""Hold typed rows to the rules of their contract and of the study."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pandera.errors as pandera_errors
import pandera.pandas as pa

from analysis.contracts import contract_of
from analysis.contracts.columns import rule_of
from analysis.intake.export import faults
from analysis.study import Study

SCORES = ("recommend", "satisfaction", "effort")


def broken(rows: pd.DataFrame, *, table: str, study: Study) -> pd.DataFrame:
    """Return every cell that breaks a rule.

    Parameters
    ----------
    rows : DataFrame
        Rows with types, on a unique index.
    table : str
        The table.
    study : Study
        Gives scales and stages.

    Returns
    -------
    DataFrame
        One row per fault; ``line`` is the index of the row.
    """
    found = [_by_contract(rows, table)]
    if table == "responses":
        found += [
            _by_scale(rows, name, study) for name in map(str, rows) if is_score(name)
        ]
    if table == "documents" and study.stages and "stage" in rows:
        wrong = rows["stage"].notna() & ~rows["stage"].isin(study.stages)
        said = ("not a stage of the study", ", ".join(study.stages))
        found.append(_told(rows.loc[wrong, "stage"], said))
    return pd.concat(found, ignore_index=True)


def is_score(name: str) -> bool:
    """Say whether a column of responses holds answers on a scale.

    Examples
    --------
    >>> is_score("rating_delivery"), is_score("duration")
    (True, False)
    """
    return name in SCORES or name.startswith("rating_")


def _by_contract(rows: pd.DataFrame, table: str) -> pd.DataFrame:
    schema = contract_of(table).to_schema()
    try:
        schema.validate(rows, lazy=True)
    except pandera_errors.SchemaErrors as error:
        cases = error.failure_cases
        whole = cases["schema_context"] == "DataFrameSchema"
        repeated = whole & cases.duplicated(["check", "index"])
        told = [_case(schema, case) for case in cases[~repeated].itertuples()]
        return faults([one for one in told if one is not None])
    return faults([])


def _case(schema: pa.DataFrameSchema, case: Any) -> tuple[Any, ...] | None:
    """Say one failure of pandera in our words; keys are looked at elsewhere."""
    if case.check == "field_uniqueness":
        return None
    if case.check == "not_nullable":
        return case.index, case.column, "", "missing", "a value"
    if case.schema_context == "DataFrameSchema":
        rule, expected = rule_of(schema.checks[case.check_number])
        return case.index, "", "", rule, expected
    check = schema.columns[case.column].checks[case.check_number]
    return case.index, case.column, str(case.failure_case), *rule_of(check)


def _by_scale(rows: pd.DataFrame, name: str, study: Study) -> pd.DataFrame:
    scale = study.scale(name)
    outside = rows[name].notna() & ~rows[name].between(scale.low, scale.high)
    return _told(
        rows.loc[outside, name], ("outside the scale", f"{scale.low} to {scale.high}")
    )


def _told(cells: pd.Series, said: tuple[str, str]) -> pd.DataFrame:
    name = str(cells.name)
    return faults([(at, name, f"{cell}", *said) for at, cell in cells.items()])  # type: ignore[misc]
