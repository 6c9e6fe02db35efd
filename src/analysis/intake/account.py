"""Account for every row of a table: kept, set aside and why, or for later."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.intake.duplicates import SAME_ANSWER, SAME_KEY
from analysis.intake.export import UNDONE
from analysis.intake.inbox import Inbox
from analysis.intake.receipt import COUNTS, LISTED, REJECTED, RULES, Receipt
from analysis.intake.words import harmless
from analysis.study import StudyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of the rows of one source.

    Attributes
    ----------
    inbox : Inbox
        The files.
    where : DataFrame
        File and line of each row.
    later : Series of bool
        Rows for a later run.
    found : DataFrame
        Faults; their `line` is the label of the row in `where`.
    """

    inbox: Inbox
    where: pd.DataFrame
    later: pd.Series
    found: pd.DataFrame

    def counts(self) -> pd.DataFrame:
        """Count rows per file."""
        files, broken = self.where["_file"], pd.concat(self.inbox.broken)
        twice = self.found["rule"].isin([SAME_KEY, SAME_ANSWER])
        aside = files.index.isin(self.found["line"])
        again = files.index.isin(self.found["line"][twice])
        lost = broken["file"].value_counts()
        per_file = {
            "rows_in": pd.Series(self.inbox.files),
            "set_aside": files[aside].value_counts().add(lost, fill_value=0),
            "duplicates": files[again].value_counts(),
            "later": files[self.later].value_counts(),
        }
        index = pd.Index(list(self.inbox.files), name="file")
        counts = pd.DataFrame(per_file, index=index).fillna(0).astype("int64")
        counts["kept"] = counts["rows_in"] - counts["set_aside"] - counts["later"]
        return counts.reset_index().assign(table=self.inbox.table)[COUNTS]

    def rules(self) -> pd.DataFrame:
        """Count rows set aside per rule; a row may break several."""
        broken = pd.concat(self.inbox.broken)["rule"].value_counts()
        rows = self.found.groupby("rule")["line"].nunique().add(broken, fill_value=0)
        table = rows.astype("int64").rename_axis("rule").reset_index(name="rows")
        return table.assign(table=self.inbox.table)[RULES]

    def rejected(self, raw: pd.DataFrame) -> pd.DataFrame:
        """List faulty cells as they were written, at most so many per rule and file.

        Parameters
        ----------
        raw : DataFrame of str
            The rows under our names, before they were read.
        """
        at = self.found["line"].to_numpy()
        place = self.where.loc[at]
        named = self.found.assign(
            file=place["_file"].to_numpy(), line=place["_line"].to_numpy()
        )
        written = raw.to_dict("series")
        named["value"] = [
            written[name].loc[row] if name in written else value
            for row, name, value in zip(
                at, named["column"], named["value"], strict=True
            )
        ]
        table = pd.concat([*self.inbox.broken, named]).assign(table=self.inbox.table)
        table = table.sort_values(["file", "line"], kind="stable")
        return table[table.groupby(["rule", "file"]).cumcount() < LISTED][REJECTED]


def refuse_too_many(receipt: Receipt, *, limit: float, place: str = "") -> None:
    """Stop if too many rows break a rule.

    Parameters
    ----------
    receipt : Receipt
        One table, or one source of it, as received.
    limit : float
        The largest share (0 to 1) of the rows due that may be set aside. Duplicates
        do not count, nor texts that a coder has not come to: they say nothing against
        the rest.
    place : str
        Where the study file states the source; ``tables.<table>`` if not given.

    Raises
    ------
    StudyError
        With the count per rule and the first example.
    """
    counts = receipt.counts
    faulty = int((counts["set_aside"] - counts["duplicates"]).sum()) - _undone(receipt)
    due = int((counts["rows_in"] - counts["later"]).sum())
    if faulty <= limit * due:
        return
    per_rule = receipt.rules.sort_values("rows", ascending=False)
    told = "; ".join(f"{one.rule}: {one.rows} rows" for one in per_rule.itertuples())
    place = place or f"tables.{receipt.table}"
    raise StudyError(
        f"{place}: {faulty} of {due} rows break a rule, more than the "
        f"share of {limit:g} that thresholds.rejected_share allows. {told}. "
        f"{_example(receipt.rejected)}Mend the mapping in study.toml (columns, "
        "missing, dates, decimal, scales), or raise the limit."
    )


def _undone(receipt: Receipt) -> int:
    rules = receipt.rules
    return int(rules.loc[rules["rule"].isin(UNDONE), "rows"].sum())


def _example(rejected: pd.DataFrame) -> str:
    bad = rejected[~rejected["rule"].isin([SAME_KEY, SAME_ANSWER, *UNDONE])]
    one = bad.iloc[0].fillna("")
    column = f", column {one['column']}" if one["column"] else ""
    found = repr(harmless(one["value"])) if one["value"] else "nothing"
    return (
        f"First: {one['file']}, line {one['line']}{column}: found {found}, expected "
        f"{one['expected']}. "
    )
