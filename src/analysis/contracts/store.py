"""Read and write the processed tables of one period of one study."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pandera.errors as pandera_errors
from IPython.display import HTML, display

from analysis.contracts.columns import Contract
from analysis.contracts.made import (
    CodingSample,
    CodingUnits,
    CustomerHistories,
    CustomerPeriods,
    LineAges,
    ProductPeriods,
    ResponseOutcomes,
    ReturnReasons,
    Rewordings,
    RowCounts,
    SignalDays,
    SignalPeriods,
    Weights,
)
from analysis.contracts.received import (
    Actions,
    Benchmarks,
    Codings,
    Customers,
    Documents,
    Invitations,
    Orders,
    Products,
    Responses,
    Returns,
    Signals,
    Targets,
)
from analysis.kinds import of_kind
from analysis.study import SAFE_NAME, Study, StudyError

CONTRACTS: dict[str, type[Contract]] = {
    "responses": Responses,
    "customers": Customers,
    "invitations": Invitations,
    "products": Products,
    "orders": Orders,
    "returns": Returns,
    "documents": Documents,
    "codings": Codings,
    "signals": Signals,
    "targets": Targets,
    "benchmarks": Benchmarks,
    "actions": Actions,
    "customer_periods": CustomerPeriods,
    "product_periods": ProductPeriods,
    "customer_histories": CustomerHistories,
    "return_reasons": ReturnReasons,
    "line_ages": LineAges,
    "response_outcomes": ResponseOutcomes,
    "signal_periods": SignalPeriods,
    "signal_days": SignalDays,
    "weights": Weights,
    "coding_sample": CodingSample,
    "coding_units": CodingUnits,
    "row_counts": RowCounts,
    "rewordings": Rewordings,
}
# These stay in the engine; what notebooks see of them are the panels.
WAREHOUSE = {
    "orders": "customer_periods",
    "returns": "customer_periods",
    "signals": "signal_periods",
}


class Tables:
    """The processed tables of one period, read when they are first asked for.

    Examples
    --------
    >>> tables = Tables.open("demo", "2026Q3")  # doctest: +SKIP
    >>> tables.responses["recommend"].mean()  # doctest: +SKIP
    7.1
    """

    def __init__(self, study: Study, period: str) -> None:
        self.study = study
        self.period = study.period(period)
        self._frames: dict[str, pd.DataFrame] = {}

    @classmethod
    def open(cls, study: str | Study, period: str) -> Tables:
        """Open a period of a study, given by name or as loaded settings."""
        return cls(study if isinstance(study, Study) else Study.load(study), period)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = read(self.study, self.period.label, name)
        return self._frames[name].copy(deep=False)

    def has(self, *needs: str, to: str = "") -> bool:
        """Say whether tables and columns are there, and display a sentence if not.

        Parameters
        ----------
        *needs : str
            Tables (``customers``) and columns (``responses.effort``). A column
            without any value counts as missing. A column of responses is looked for
            in answers of the study's main kind (`analysis.kinds.main_kind`).
        to : str
            What the section would do with them, as in "show the response rate".
            Nothing is displayed without it.

        Returns
        -------
        bool
            True if nothing is missing.

        Raises
        ------
        StudyError
            If a need names no table of the house.
        """
        missing = next((need for need in needs if not self._has_one(need)), None)
        if missing and to:
            display(HTML(f'<p class="missing">{_excuse(missing, to)}</p>'))
        return missing is None

    def _has_one(self, need: str) -> bool:
        table, _, column = need.partition(".")
        contract_of(table)
        source = WAREHOUSE.get(table)
        if source:
            return table in self.study.tables and self._has_one(source)
        if not _path(self.study, self.period.label, table).is_file():
            return False
        frame = of_kind(self[table]) if table == "responses" else self[table]
        return len(frame) > 0 and (not column or _filled(frame, column))


def contract_of(name: str) -> type[Contract]:
    """Return the contract of a table.

    Raises
    ------
    StudyError
        If there is no such table, with the nearest one that there is.

    Examples
    --------
    >>> contract_of("weights").__name__
    'Weights'
    """
    if name in CONTRACTS:
        return CONTRACTS[name]
    close = difflib.get_close_matches(name, CONTRACTS, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise StudyError(f"There is no table {name!r}. {hint}Known: {', '.join(CONTRACTS)}")


def row_is(name: str) -> str:
    """Return what one row of a table is.

    Examples
    --------
    >>> row_is("orders")
    'one order line'
    """
    sentence = str(contract_of(name).__doc__).split("\n", maxsplit=1)[0]
    return sentence.removeprefix("Each row is ").removesuffix(".")


def read(study: Study | str, period: str, name: str) -> pd.DataFrame:
    """Read one processed table and hold it to its contract.

    Raises
    ------
    StudyError
        If the table has not been made, or is not as its contract says.
    """
    contract_of(name)
    if name in WAREHOUSE:
        raise StudyError(
            f"The table {name!r} stays in the warehouse: its lines are never loaded. "
            f"Read {WAREHOUSE[name]!r}, which is made from it."
        )
    path = _path(study, period, name)
    if not path.is_file():
        raise StudyError(
            f"The table {name!r} is not there for {period} (looked for {path.name} in "
            f"{path.parent}). Run the notebook that makes it; 00_intake comes first."
        )
    return validated(name, pd.read_parquet(path))


def write(study: Study | str, period: str, name: str, frame: pd.DataFrame) -> Path:
    """Write one processed table whole, or not at all.

    Parameters
    ----------
    study : Study or str
        The study, or its name.
    period : str
        The label of the period, such as ``2026Q3``.
    name : str
        The table. One with a contract is held to it; any other is kept as it is.
    frame : DataFrame
        The rows. The index is not kept.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    StudyError
        If the rows break the contract, or the name cannot be a file's.
    """
    if not SAFE_NAME.fullmatch(name):
        raise StudyError(f"{name!r} cannot name a table: use small letters and _.")
    kept = validated(name, frame) if name in CONTRACTS else frame
    path = _path(study, period, name)
    replace(path, lambda temporary: kept.to_parquet(temporary, index=False))
    return path


def replace(path: Path, fill: Callable[[Path], object]) -> None:
    """Fill a temporary file and put it in a file's place in one step.

    Parameters
    ----------
    path : Path
        The file to replace; its folder is made if need be.
    fill : callable of one Path
        Writes the content to the path it is given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        fill(Path(name))
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def validated(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the types of its contract.

    Raises
    ------
    StudyError
        If a rule is broken: the first broken rules, each with one value.
    """
    try:
        return contract_of(name).to_schema().validate(frame, lazy=True)
    except pandera_errors.SchemaErrors as error:
        cases = error.failure_cases.drop_duplicates(["column", "check"]).head(5)
        told = "; ".join(
            f"{case.column}: {case.check} (found {case.failure_case!r})"
            for case in cases.itertuples()
        )
        raise StudyError(f"The table {name!r} breaks its contract: {told}") from error


def _path(study: Study | str, period: str, name: str) -> Path:
    settings = study if isinstance(study, Study) else Study.load(study)
    return settings.processed(settings.period(period).label) / f"{name}.parquet"


def _filled(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and bool(frame[column].notna().any())


def _excuse(need: str, to: str) -> str:
    table, _, column = need.partition(".")
    what = f"the column <code>{column}</code> of " if column else ""
    return (
        f"This section would {to.rstrip('.')}. It needs {what}the table "
        f"<code>{table}</code> ({row_is(table)} per row), which this study does not "
        "have."
    )
