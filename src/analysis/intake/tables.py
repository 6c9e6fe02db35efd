"""Receive one table of files: read, map, date, check, and count every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.contracts import contract_of
from analysis.contracts.units import document_of
from analysis.intake import duplicates, mapping, rules
from analysis.intake.account import Account, refuse_too_many
from analysis.intake.export import faults
from analysis.intake.inbox import Inbox, inboxes
from analysis.intake.receipt import ABSENT, QUESTIONS, Receipt, Texts, together
from analysis.study import Period, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Rows read from one source, or from all sources of a table.

    `where` holds file and line of each row, `raw` the cells as they were written,
    `rows` their values, and `found` the cells that could not be read, whose `line`
    is the label of the row. All four share one index.
    """

    where: pd.DataFrame
    raw: pd.DataFrame
    rows: pd.DataFrame
    found: pd.DataFrame


def receive_table(
    study: Study, table: str, *, period: Period, texts: Texts | None = None
) -> Receipt:
    """Receive one table from the files of all its sources.

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
        more rows of a source are set aside than the study allows. Duplicates do not
        count there.

    Notes
    -----
    Each source is read by its own settings. From there on the rows are one table: a
    key that two sources give is a duplicate.
    """
    taken = inboxes(study, table)
    batch = _stacked([_read(one, period) for one in taken])
    later = _is_later(batch.rows, table, period)
    if texts is not None:
        spoken_of = _without_unit(batch.rows["document_id"], texts)
        later |= spoken_of.isin(texts.later)
    found = _faults(batch, later, taken[0], texts)
    kept = batch.rows[~later & ~batch.rows.index.isin(found["line"])]
    kept = _as_of(kept, table, period)
    return together(
        [_receipt(one, batch, later=later, found=found, kept=kept) for one in taken]
    )


def _read(inbox: Inbox, period: Period) -> _Batch:
    """Read the cells of one source, by its own settings."""
    stacked = pd.concat(inbox.frames, ignore_index=True)
    where = stacked[["_file", "_line"]]
    raw = stacked.drop(columns=["_file", "_line"])
    _make_keys(raw, where, inbox)
    rows, found = mapping.convert(raw, table=inbox.table, source=inbox.source)
    _date(rows, inbox, period)
    return _Batch(where=where, raw=raw, rows=rows, found=found)


def _stacked(batches: list[_Batch]) -> _Batch:
    """Put the sources below one another; a column that one lacks is missing there."""
    if len(batches) == 1:
        return batches[0]
    starts = np.cumsum([0, *(len(one.rows) for one in batches)])
    shifted = [
        one.found.assign(line=one.found["line"] + start)
        for one, start in zip(batches, starts, strict=False)
    ]
    return _Batch(
        where=pd.concat([one.where for one in batches], ignore_index=True),
        raw=pd.concat([one.raw for one in batches], ignore_index=True),
        rows=pd.concat([one.rows for one in batches], ignore_index=True),
        found=pd.concat(shifted, ignore_index=True),
    )


def _faults(
    batch: _Batch, later: pd.Series, inbox: Inbox, texts: Texts | None
) -> pd.DataFrame:
    """Find what is wrong with the rows that are not for later."""
    now = batch.rows[~later]
    found = pd.concat([
        batch.found[~batch.found["line"].isin(later.index[later])],
        _unlike(rules.broken(now, table=inbox.table, study=inbox.study), batch.found),
        _orphans(now, texts),
    ])  # fmt: skip
    good = now[~now.index.isin(found["line"])]
    twice = _duplicates(good, batch.where, inbox.table)
    return pd.concat([found, twice], ignore_index=True)


def _receipt(
    inbox: Inbox,
    batch: _Batch,
    *,
    later: pd.Series,
    found: pd.DataFrame,
    kept: pd.DataFrame,
) -> Receipt:
    """Account for the rows of one source, and stop if too many are set aside."""
    where = batch.where[batch.where["_file"].isin(inbox.files)]
    later = later[where.index]
    total = Account(
        inbox=inbox,
        where=where,
        later=later,
        found=found[found["line"].isin(where.index)],
    )
    key = duplicates.KEYS[inbox.table][0]
    receipt = Receipt(
        table=inbox.table,
        rows=kept[kept.index.isin(where.index)].reset_index(drop=True),
        counts=total.counts(),
        rules=total.rules(),
        rejected=total.rejected(batch.raw),
        absent=pd.DataFrame(inbox.absent, columns=ABSENT, dtype="str"),
        questions=pd.DataFrame(inbox.questions, columns=QUESTIONS, dtype="str"),
        later=batch.raw.loc[where.index[later], key],
        left_out=dict.fromkeys(sorted(inbox.left_out), inbox.place),
    )
    limit = inbox.study.thresholds.rejected_share
    refuse_too_many(receipt, limit=limit, place=inbox.place)
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
    ids = rows["document_id"]
    home = _without_unit(ids, texts)
    lost = ids[~home.isin(texts.kept)].dropna()
    said = ("a coding of an unknown text", "a document_id of documents")
    told = [(at, "document_id", key, *said) for at, key in lost.items()]
    cut = {*document_of(pd.Series(list(texts.units), dtype="str"))}
    wrong = ids[(home != ids) & home.isin(cut) & ~ids.isin(texts.units)].dropna()
    said = ("a coding of an unknown unit", "a unit as it was given out")
    told += [(at, "document_id", key, *said) for at, key in wrong.items()]
    return faults(told)  # type: ignore[arg-type]


def _without_unit(ids: pd.Series, texts: Texts) -> pd.Series:
    """Name the document that each coding speaks of."""
    return ids.where(ids.isin(texts.kept | texts.later), document_of(ids))


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
