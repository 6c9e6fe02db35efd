"""Receive one table of files: read, map, date, check, and count every row."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.contracts import contract_of
from analysis.intake import duplicates, mapping, readers, rules
from analysis.intake.export import faults
from analysis.intake.files import locate
from analysis.intake.receipt import (
    ABSENT,
    COUNTS,
    QUESTIONS,
    REJECTED,
    Receipt,
)
from analysis.study import Period, Study, StudyError, TableSource

SAME_KEY = "duplicate: the same key"
SAME_ANSWER = "duplicate: the same answer again"
LISTED = 1000


def receive_table(study: Study, table: str, *, period: Period) -> Receipt:
    """Receive one table from its files.

    Parameters
    ----------
    study : Study
        The settings.
    table : str
        The table.
    period : Period
        Rows dated after its last day are left for a later run, unchecked, so that an
        old period can be run again and gives the same figures.

    Returns
    -------
    Receipt
        The rows kept and an account of all others.

    Raises
    ------
    StudyError
        If a file cannot be read, a needed column is not there, no row is there, or
        more rows are set aside than the study allows. Duplicates do not count there.
    """
    source = study.tables[table]
    inbox = _Inbox(study, table, source)
    for path in locate(study, table):
        inbox.take(path)
    inbox.refuse_nothing()
    return _settle(inbox, period)


class _Inbox:
    """The files of one table, under our names, before any cell is read."""

    def __init__(self, study: Study, table: str, source: TableSource) -> None:
        self.study, self.table, self.source = study, table, source
        self.frames: list[pd.DataFrame] = []
        self.broken: list[pd.DataFrame] = []
        self.absent: list[tuple[str, ...]] = []
        self.questions: list[tuple[str, ...]] = []
        self.files: dict[str, int] = {}

    def take(self, path: Path) -> None:
        """Add one file."""
        file = path.relative_to(self.study.raw).as_posix()
        export = readers.read(path, self.source)
        mapped = mapping.rename(
            export.rows, file=file, table=self.table, source=self.source
        )
        self.frames.append(mapped.rows.assign(_file=file, _line=mapped.rows.index))
        self.broken.append(export.broken.assign(file=file))
        self.files[file] = export.rows_in
        self.absent += [(self.table, file, *one) for one in mapped.absent]
        names = mapping.names_of(self.table, self.source, list(export.rows.columns))
        self.questions += [
            (self.table, file, ours, export.questions[theirs])
            for ours, theirs in names.items()
            if theirs in export.questions
        ]

    def refuse_nothing(self) -> None:
        """Stop if there is no row, or a mapped column is in no file."""
        listed = ", ".join(self.files)
        if not sum(self.files.values()):
            raise StudyError(
                f"tables.{self.table}: {listed} holds a header but no rows. Expected "
                f"{contract_of(self.table).__doc__} Export again, or remove the table."
            )
        for _, _, ours, theirs, nearest in self.absent:
            if sum(one[2] == ours for one in self.absent) == len(self.files):
                hint = f"Did you mean {nearest!r}? " if nearest else ""
                raise StudyError(
                    f"tables.{self.table}: there is no column {theirs!r} ({ours}) in "
                    f"{listed}. {hint}Set tables.{self.table}.columns.{ours} in "
                    "study.toml to the right one, or take the line out."
                )


def _settle(inbox: _Inbox, period: Period) -> Receipt:
    stacked = pd.concat(inbox.frames, ignore_index=True)
    where = stacked[["_file", "_line"]]
    raw = stacked.drop(columns=["_file", "_line"])
    _make_keys(raw, where, inbox)
    rows, found = mapping.convert(raw, table=inbox.table, source=inbox.source)
    _date(rows, inbox, period)
    later = _is_later(rows, inbox.table, period)
    now = rows[~later]
    found = pd.concat([
        found[~found["line"].isin(rows.index[later])],
        _unlike(rules.broken(now, table=inbox.table, study=inbox.study), found),
    ])  # fmt: skip
    good = now.drop(index=found["line"].unique())
    twice = _duplicates(good, where, inbox.table)
    found = pd.concat([found, twice], ignore_index=True)
    kept = _as_of(good.drop(index=twice["line"]), inbox.table, period)
    counts = _count(inbox, where, later, found)
    _refuse_too_many(inbox, counts, found)
    return Receipt(
        table=inbox.table,
        rows=kept.reset_index(drop=True),
        counts=counts,
        rules=_per_rule(inbox, found),
        rejected=_list(inbox, raw, where, found),
        absent=pd.DataFrame(inbox.absent, columns=ABSENT, dtype="str"),
        questions=pd.DataFrame(inbox.questions, columns=QUESTIONS, dtype="str"),
        later=raw.loc[later, duplicates.KEYS[inbox.table][0]],
    )


def _make_keys(raw: pd.DataFrame, where: pd.DataFrame, inbox: _Inbox) -> None:
    """Give rows without a key one made of file and line."""
    key = duplicates.KEYS[inbox.table][0]
    if key not in mapping.MADE:
        return
    made = where["_file"] + ":" + where["_line"].astype("str")
    raw[key] = raw[key].fillna(made) if key in raw else made


def _date(rows: pd.DataFrame, inbox: _Inbox, period: Period) -> None:
    """Date rows by the period of their file, and name the period of each row."""
    dated = mapping.DATED.get(inbox.table, "")
    columns = contract_of(inbox.table).to_schema().columns
    if inbox.source.period and dated:
        rows[dated] = inbox.study.period(inbox.source.period).end
    if "period" in columns and columns["period"].required:
        rows["period"] = period.labels(rows[dated])


def _is_later(rows: pd.DataFrame, table: str, period: Period) -> pd.Series:
    dated, later = mapping.DATED.get(table), pd.Series(False, index=rows.index)
    if dated in rows:
        later |= rows[dated].dt.normalize() > period.end
    if table == "customers" and "period" in rows:
        ends = {one: Period.parse(one).end for one in rows["period"].dropna().unique()}
        later |= rows["period"].map(ends) > period.end
    return later


def _as_of(rows: pd.DataFrame, table: str, period: Period) -> pd.DataFrame:
    """Take back what had not happened by the end of the period."""
    for name in {"customers": ["left_on"], "actions": ["closed_on"]}.get(table, []):
        if name in rows:
            rows[name] = rows[name].where(rows[name].dt.normalize() <= period.end)
    return rows


def _unlike(broken: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Leave out cells already faulted: an unreadable date is not also missing."""
    cells = pd.MultiIndex.from_frame(broken[["line", "column"]])
    told = pd.MultiIndex.from_frame(found[["line", "column"]])
    dateless = broken["column"].eq("period")  # follows from the date
    return broken[~cells.isin(told) & ~dateless]


def _duplicates(good: pd.DataFrame, where: pd.DataFrame, table: str) -> pd.DataFrame:
    key = duplicates.KEYS[table][0]
    twice = duplicates.same_key(good, table=table)
    first = good[~twice]
    again = duplicates.same_answer(
        first, files=where.loc[first.index, "_file"], table=table
    )
    told = [(at, key, "", SAME_KEY, "one row per key") for at in good.index[twice]]
    told += [
        (at, key, "", SAME_ANSWER, "each answer once") for at in first.index[again]
    ]
    return faults(told)


def _count(
    inbox: _Inbox, where: pd.DataFrame, later: pd.Series, found: pd.DataFrame
) -> pd.DataFrame:
    files = where["_file"]
    aside = files.index.isin(found["line"])
    twins = files.index.isin(found["line"][found["rule"].isin([SAME_KEY, SAME_ANSWER])])
    lost = pd.concat(inbox.broken)["file"].value_counts()
    counts = pd.DataFrame(
        {"rows_in": inbox.files, "set_aside": files[aside].value_counts().add(lost, fill_value=0),
         "duplicates": files[twins].value_counts(), "later": files[later].value_counts()},
        index=list(inbox.files),
    ).fillna(0).astype("int64")  # fmt: skip
    counts["kept"] = counts["rows_in"] - counts["set_aside"] - counts["later"]
    counts = counts.rename_axis("file").reset_index().assign(table=inbox.table)
    return counts[COUNTS]


def _refuse_too_many(inbox: _Inbox, counts: pd.DataFrame, found: pd.DataFrame) -> None:
    faulty = (counts["set_aside"] - counts["duplicates"]).sum()
    due = (counts["rows_in"] - counts["later"]).sum()
    limit = inbox.study.thresholds.rejected_share
    if faulty <= limit * due:
        return
    per_rule = _per_rule(inbox, found).sort_values("rows", ascending=False)
    worst = "; ".join(f"{one.rule}: {one.rows} rows" for one in per_rule.itertuples())
    raise StudyError(
        f"tables.{inbox.table}: {faulty} of {due} rows break a rule, more than the "
        f"share of {limit:g} that thresholds.rejected_share allows. {worst}. "
        f"{_example(inbox, found)}"
        "Mend the mapping in study.toml (missing, dates, scales), or raise the limit."
    )


def _example(inbox: _Inbox, found: pd.DataFrame) -> str:
    bad = found[~found["rule"].isin([SAME_KEY, SAME_ANSWER])]
    if bad.empty:
        return ""
    one = bad.iloc[0]
    stacked = pd.concat(inbox.frames, ignore_index=True).loc[one["line"]]
    value = one["value"] or "nothing"
    return (
        f"First: {stacked['_file']}, line {stacked['_line']}, column "
        f"{one['column']}: found {value!r}, expected {one['expected']}. "
    )


def _per_rule(inbox: _Inbox, found: pd.DataFrame) -> pd.DataFrame:
    broken = pd.concat(inbox.broken)["rule"].value_counts()
    rows = found.groupby("rule")["line"].nunique().add(broken, fill_value=0)
    table = rows.astype("int64").rename_axis("rule").reset_index(name="rows")
    return table.assign(table=inbox.table)[["table", "rule", "rows"]]


def _list(
    inbox: _Inbox, raw: pd.DataFrame, where: pd.DataFrame, found: pd.DataFrame
) -> pd.DataFrame:
    """List faulty cells as they were written, at most so many per rule and file."""
    at = found["line"].to_numpy()
    named = found.assign(
        file=where["_file"].to_numpy()[at], line=where["_line"].to_numpy()[at]
    )
    named["value"] = [
        raw.at[row, name] if name in raw and not value else value
        for row, name, value in zip(at, found["column"], found["value"], strict=True)
    ]
    rejected = pd.concat([*inbox.broken, named]).assign(table=inbox.table)
    rejected = rejected.sort_values(["file", "line"], kind="stable")
    return rejected[rejected.groupby(["rule", "file"]).cumcount() < LISTED][REJECTED]
