"""What came of receiving one table."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

COUNTS = ["table", "file", "rows_in", "kept", "set_aside", "duplicates", "later"]
REJECTED = ["table", "file", "line", "column", "value", "rule", "expected"]
ABSENT = ["table", "file", "column", "expected", "nearest"]
QUESTIONS = ["table", "place", "file", "column", "question"]
RULES = ["table", "rule", "rows"]
# So many faulty cells are listed per rule and file; all are counted.
LISTED = 1000


def empty(columns: list[str]) -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The keys of the texts that codings may speak of.

    Attributes
    ----------
    kept, later : frozenset of str
        Documents of the run, and those of later ones.
    units : frozenset of str
        Units that were given out for coding.
    """

    kept: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


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
        The wording of each mapped column in each file that gives it, with the place
        of the file's source in the study file.
    later : Series of str
        Keys of the rows that were left for a later period.
    left_out : dict of str to str
        Columns of the files that are not kept, and the place of their source.
    """

    table: str
    rows: pd.DataFrame
    counts: pd.DataFrame
    rules: pd.DataFrame = field(default_factory=lambda: empty(RULES))
    rejected: pd.DataFrame = field(default_factory=lambda: empty(REJECTED))
    absent: pd.DataFrame = field(default_factory=lambda: empty(ABSENT))
    questions: pd.DataFrame = field(default_factory=lambda: empty(QUESTIONS))
    later: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    left_out: dict[str, str] = field(default_factory=dict)


def together(parts: list[Receipt]) -> Receipt:
    """Put the receipts of the sources of one table together.

    Parameters
    ----------
    parts : list of Receipt
        One per source, in the order of the study file.

    Returns
    -------
    Receipt
        Rows and files in that order; a rule that several broke is counted once.
    """
    if len(parts) == 1:
        return parts[0]

    def stacked(name: str) -> pd.DataFrame:
        return pd.concat([getattr(one, name) for one in parts], ignore_index=True)

    rules = stacked("rules").groupby(["table", "rule"])[["rows"]].sum()
    return Receipt(
        table=parts[0].table,
        rows=stacked("rows"),
        counts=stacked("counts"),
        rules=rules.reset_index(),
        rejected=stacked("rejected"),
        absent=stacked("absent"),
        questions=stacked("questions"),
        later=pd.concat([one.later for one in parts]),
        left_out={name: at for one in parts[::-1] for name, at in one.left_out.items()},
    )
