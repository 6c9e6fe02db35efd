"""Receive one table of files: read, map, date, check, and count every row."""

from __future__ import annotations

import pandas as pd

from analysis.contracts import contract_of
from analysis.intake import account, duplicates, mapping, rules
from analysis.intake.export import faults
from analysis.intake.inbox import Inbox, exports
from analysis.intake.receipt import ABSENT, QUESTIONS, Receipt, Texts
from analysis.study import Period, Study


def receive_table(
    study: Study, table: str, *, period: Period, texts: Texts | None = None
) -> Receipt:
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
    texts : Texts, optional
        For codings: a decision about a later text is for later, and one about a text
        that nobody knows is set aside.

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
    inbox = Inbox(study, table, source)
    for file, export in exports(study, table):
        inbox.take(file, export)
    inbox.refuse_nothing()
    return _settle(inbox, period, texts)


def _settle(inbox: Inbox, period: Period, texts: Texts | None) -> Receipt:
    stacked = pd.concat(inbox.frames, ignore_index=True)
    where = stacked[["_file", "_line"]]
    raw = stacked.drop(columns=["_file", "_line"])
    _make_keys(raw, where, inbox)
    rows, found = mapping.convert(raw, table=inbox.table, source=inbox.source)
    _date(rows, inbox, period)
    later = _is_later(rows, inbox.table, period)
    if texts is not None:
        later |= rows["document_id"].isin(texts.later)
    now = rows[~later]
    found = pd.concat([
        found[~found["line"].isin(rows.index[later])],
        _unlike(rules.broken(now, table=inbox.table, study=inbox.study), found),
        _orphans(now, texts),
    ])  # fmt: skip
    good = now[~now.index.isin(found["line"])]
    twice = _duplicates(good, where, inbox.table)
    found = pd.concat([found, twice], ignore_index=True)
    kept = _as_of(good[~good.index.isin(twice["line"])], inbox.table, period)
    total = account.Account(inbox=inbox, where=where, later=later, found=found)
    receipt = Receipt(
        table=inbox.table,
        rows=kept.reset_index(drop=True),
        counts=total.counts(),
        rules=total.rules(),
        rejected=total.rejected(raw),
        absent=pd.DataFrame(inbox.absent, columns=ABSENT, dtype="str"),
        questions=pd.DataFrame(inbox.questions, columns=QUESTIONS, dtype="str"),
        later=raw.loc[later, duplicates.KEYS[inbox.table][0]],
        left_out=tuple(sorted(inbox.left_out)),
    )
    account.refuse_too_many(receipt, limit=inbox.study.thresholds.rejected_share)
    return receipt


def _make_keys(raw: pd.DataFrame, where: pd.DataFrame, inbox: Inbox) -> None:
    """Give rows without a key one made of file and line."""
    key = duplicates.KEYS[inbox.table][0]
    if key not in mapping.MADE:
        return
    made = where["_file"] + ":" + where["_line"].astype("str")
    raw[key] = raw[key].fillna(made) if key in raw else made


def _date(rows: pd.DataFrame, inbox: Inbox, period: Period) -> None:
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


def _orphans(rows: pd.DataFrame, texts: Texts | None) -> pd.DataFrame:
    """Set aside decisions about texts that are not there."""
    if texts is None:
        return faults([])
    lost = rows["document_id"][~rows["document_id"].isin(texts.kept)].dropna()
    said = ("a coding of an unknown text", "a document_id of documents")
    return faults([(at, "document_id", key, *said) for at, key in lost.items()])  # type: ignore[misc]


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
    told = [
        (at, key, "", duplicates.SAME_KEY, "one row per key")
        for at in good.index[twice]
    ]
    told += [
        (at, key, "", duplicates.SAME_ANSWER, "each answer once")
        for at in first.index[again]
    ]
    return faults(told)
