"""What a reader hands on: the records of one file, as strings, with their lines."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

FAULT = ["line", "column", "value", "rule", "expected"]
# What a coder has not come to: work to do, and no broken row.
NOT_CODED = "not coded"
NOT_DECIDED = "not decided"
UNDONE = (NOT_CODED, NOT_DECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The records of one file.

    Attributes
    ----------
    rows : DataFrame of str
        One row per record, the file's own column names; the index is the line on
        which the record begins.
    questions : dict of str to str
        The wording of each column, where the file gives it.
    broken : DataFrame
        Records that could not be cut into cells: line, column, value, rule, expected.
    """

    rows: pd.DataFrame
    questions: dict[str, str] = field(default_factory=dict)
    broken: pd.DataFrame = field(default_factory=lambda: faults([]))

    @property
    def rows_in(self) -> int:
        """The number of records in the file."""
        return len(self.rows) + len(self.broken)


def faults(rows: Sequence[tuple[int, str, str, str, str]]) -> pd.DataFrame:
    """Return a table of faults: line, column, value, rule, expected.

    Examples
    --------
    >>> faults([(7, "recommend", "11", "outside the scale", "0 to 10")]).loc[0, "line"]
    np.int64(7)
    """
    if not rows:
        return _no_faults().copy()
    table = pd.DataFrame(list(rows), columns=FAULT)
    return table.astype({"line": "int64", **dict.fromkeys(FAULT[1:], "str")})


@functools.cache
def _no_faults() -> pd.DataFrame:
    # Most columns of most files have none: this table is asked for often.
    texts = {name: pd.Series(dtype="str") for name in FAULT[1:]}
    return pd.DataFrame({"line": pd.Series(dtype="int64"), **texts})


def assemble(
    header: Sequence[str], lines: Sequence[int], records: Sequence[Sequence[str]]
) -> Export:
    """Make an export of records that may be longer or shorter than the header.

    Parameters
    ----------
    header : sequence of str
        The names of the columns; a column without a name is left out.
    lines : sequence of int
        The line on which each record begins.
    records : sequence of sequences of str
        The cells. Empty cells beyond the header are ignored; any other record whose
        length differs from the header's is broken, since its cells may have shifted.

    Returns
    -------
    Export
        The records that fit, and the broken ones.

    Examples
    --------
    >>> export = assemble(["id", "score"], [2, 3], [["a", "9"], ["b"]])
    >>> len(export.rows), export.broken.loc[0, "rule"]
    (1, 'wrong number of cells')
    """
    names, width = [name.strip() for name in header], len(header)
    fits = [len(r) == width or _fits(r, width) for r in records]
    good = [record[:width] for record, fit in zip(records, fits, strict=True) if fit]
    index = [line for line, fit in zip(lines, fits, strict=True) if fit]
    rows = pd.DataFrame(good, columns=names, index=index, dtype="str")
    broken = [
        (line, "", f"{len(r)} cells: {' | '.join(r)}", "wrong number of cells",
         f"{width} cells, as in the header")
        for r, line, fit in zip(records, lines, fits, strict=True)
        if not fit
    ]  # fmt: skip
    return Export(rows=rows.loc[:, [name != "" for name in names]],
                  broken=faults(broken))  # fmt: skip


def as_text(stored: pd.DataFrame, *, decimal: str = ".") -> pd.DataFrame:
    """Write typed values as the text that a CSV of them would hold.

    Parameters
    ----------
    stored : DataFrame
        Rows of any types.
    decimal : str
        The sign before the decimals.

    Returns
    -------
    DataFrame of str
        Missing cells are empty, whole numbers have no ``.0``; rows are numbered
        from 1.

    Examples
    --------
    >>> as_text(pd.DataFrame({"score": [9.0, None]}))["score"].tolist()
    ['9', '']
    """
    columns = {name: _written(stored[name], decimal) for name in stored.columns}
    return pd.DataFrame(columns).set_axis(range(1, len(stored) + 1))


def amount(value: float | Decimal, decimal: str) -> str:
    """Write a number that is no text in the file with the sign before decimals.

    Examples
    --------
    >>> amount(9.0, "."), amount(1246.78, ",")
    ('9', '1246,78')
    """
    written = f"{value:.15g}" if isinstance(value, float) else str(value)
    return written.replace(".", decimal)


def _written(values: pd.Series, decimal: str) -> pd.Series:
    if pd.api.types.is_float_dtype(values):
        values = values.map(lambda one: amount(one, decimal), na_action="ignore")
    elif values.dtype == object:  # money is stored as Decimal
        values = values.map(
            lambda one: amount(one, decimal) if isinstance(one, Decimal) else one
        )
    return values.astype("str").fillna("")


def _fits(record: Sequence[str], width: int) -> bool:
    return len(record) > width and not any(cell.strip() for cell in record[width:])
