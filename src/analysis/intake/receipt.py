"""What came of receiving one table."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

COUNTS = ["table", "file", "rows_in", "kept", "set_aside", "duplicates", "later"]
REJECTED = ["table", "file", "line", "column", "value", "rule", "expected"]
ABSENT = ["table", "file", "column", "expected", "nearest"]
QUESTIONS = ["table", "file", "column", "question"]
RULES = ["table", "rule", "rows"]
# So many faulty cells are listed per rule and file; all are counted.
LISTED = 1000


def empty(columns: list[str]) -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The keys of the texts that codings may speak of: kept ones, and later ones."""

    kept: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One table as received.

    Attributes
    ----------
    table : str
        Its name.
    rows : DataFrame
        The rows kept, with their types; empty for tables of the warehouse.
    counts : DataFrame
        Per file: rows_in, kept, set_aside, duplicates, later.
    rules : DataFrame
        Rows set aside per rule, all of them.
    rejected : DataFrame
        The faulty cells, listed up to a limit per rule.
    absent : DataFrame
        Columns that the study maps and a file lacks.
    questions : DataFrame
        The wording of each mapped column in each file that gives it.
    later : Series of str
        Keys of the rows that were left for a later period.
    left_out : tuple of str
        Columns of the files that are not kept.
    """

    table: str
    rows: pd.DataFrame
    counts: pd.DataFrame
    rules: pd.DataFrame = field(default_factory=lambda: empty(RULES))
    rejected: pd.DataFrame = field(default_factory=lambda: empty(REJECTED))
    absent: pd.DataFrame = field(default_factory=lambda: empty(ABSENT))
    questions: pd.DataFrame = field(default_factory=lambda: empty(QUESTIONS))
    later: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    left_out: tuple[str, ...] = ()
