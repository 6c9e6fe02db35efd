"""Receive a whole study: the one call that notebook 00 makes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.contracts import write
from analysis.contracts.store import replace
from analysis.intake import screens, words
from analysis.intake.duplicates import KEYS
from analysis.intake.given import given_out, write_given
from analysis.intake.manifest import write_manifest
from analysis.intake.receipt import ABSENT, REJECTED, Receipt, Texts
from analysis.intake.settings import Misnamed, refuse_misnamed
from analysis.intake.tables import receive_table
from analysis.intake.warehouse import LINES, receive_warehouse
from analysis.kinds import RELATIONSHIP
from analysis.study import Period, Study, StudyError

FIRST = ["table", "file", "period", "kind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What was received for one period.

    Attributes
    ----------
    study, period : Study, Period
        Of what, and up to when.
    row_counts : DataFrame
        Per file: table, file, rows_in, kept, set_aside, duplicates, later.
    rejected : DataFrame
        Rows set aside per table and rule.
    kinds : DataFrame
        This period's answers per kind of survey.
    missing_answers : DataFrame
        Share of missing answers per kind and question, in this period's responses.
    screens : DataFrame
        This period's answers that look careless: speeding, straight-lining.
    sources : DataFrame
        Documents per source, in this period and the one before.
    absent : DataFrame
        Columns that the study maps and some file lacks, and those of customers that
        it weights by or drew within though it has no customers.
    rewordings : DataFrame
        Questions whose wording differs from one file to the next, with the period
        and kind of the later file; one source is never compared with another.
    unmatched : DataFrame
        Rows whose customer or product is in no table of them.
    redactions : DataFrame
        Pieces of personal data replaced, per table and kind.
    """

    study: Study
    period: Period
    row_counts: pd.DataFrame
    rejected: pd.DataFrame
    kinds: pd.DataFrame
    missing_answers: pd.DataFrame
    screens: pd.DataFrame
    sources: pd.DataFrame
    absent: pd.DataFrame
    rewordings: pd.DataFrame
    unmatched: pd.DataFrame
    redactions: pd.DataFrame


def receive(study: Study, period: str) -> Received:
    """Read, check and keep everything that a study holds for a period.

    Writes the processed tables, the panels made of order lines, ``rejected.csv`` and
    ``manifest.json`` to ``data/processed/<study>/<period>``.

    Parameters
    ----------
    study : Study
        The settings.
    period : str
        The period of the run, such as ``2026Q3``.

    Returns
    -------
    Received
        Counts of what came, what was set aside and what was left for later.

    Raises
    ------
    StudyError
        If something the run needs is not there, a setting names a column that no
        table has, or too much breaks the rules.
    """
    until = study.period(period)
    receipts = _files(study, until)
    waiting = refuse_misnamed(study, receipts)
    tables = {one.table: one.rows for one in receipts}
    _refuse_an_empty_period(tables["responses"], until)
    tables, redactions = _safe(tables)
    receipts += receive_warehouse(
        study,
        until,
        responses=tables["responses"],
        documents=tables.get("documents"),
    )
    for name, rows in tables.items():
        write(study, until.label, name, rows)
    if "documents" in tables:
        write_given(study, until.label, documents=tables["documents"])
    counts = pd.concat([one.counts for one in receipts], ignore_index=True)
    write(study, until.label, "row_counts", counts)
    write(study, until.label, "rewordings", _rewordings(receipts))
    _write_rejected(study, until, receipts)
    write_manifest(study, until.label)
    return _report(
        study,
        until,
        tables=tables,
        receipts=receipts,
        redactions=redactions,
        waiting=waiting,
    )


def _refuse_an_empty_period(responses: pd.DataFrame, until: Period) -> None:
    periods = sorted(set(responses["period"].dropna()))
    if until.label not in periods:
        raise StudyError(
            f"No answer falls into {until.label}. Periods up to then with answers: "
            f"{', '.join(periods) or 'none'}. Run one of these, or add the export."
        )


def _files(study: Study, until: Period) -> list[Receipt]:
    """Receive what comes in files of a moderate size; codings after their texts."""
    wanted = [name for name in study.tables if name not in (*LINES, "codings")]
    receipts = [receive_table(study, name, period=until) for name in wanted]
    if "codings" in study.tables:
        texts = texts_of(study, receipts)
        receipts.append(receive_table(study, "codings", period=until, texts=texts))
    return receipts


def texts_of(study: Study, receipts: list[Receipt]) -> Texts:
    """Gather the keys of the texts that codings may speak of."""
    units = given_out(study, "coding_units")["document_id"]
    kept: set[str] = set()
    later: set[str] = set()
    for one in receipts:
        if one.table in ("responses", "documents"):
            kept.update(one.rows[KEYS[one.table][0]])
            later.update(one.later.dropna())
    return Texts(kept=frozenset(kept), later=frozenset(later), units=frozenset(units))


def _safe(
    tables: dict[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Redact all free text and add survey comments to the documents."""
    counted = {}
    for name in words.TEXTS:
        if name in tables:
            tables[name], counted[name] = words.redacted(tables[name], table=name)
    documents = tables.get("documents", pd.DataFrame())
    comments = words.comments(tables["responses"], besides=documents)
    if len(comments):
        tables["documents"] = pd.concat([comments, documents], ignore_index=True)
    counts = pd.DataFrame(counted).rename_axis("kind").reset_index()
    long = counts.melt("kind", var_name="table", value_name="pieces").dropna()
    return tables, long[long["pieces"] > 0].reset_index(drop=True)


def _write_rejected(study: Study, until: Period, receipts: list[Receipt]) -> None:
    rejected = pd.concat([one.rejected for one in receipts], ignore_index=True)
    rejected["value"] = rejected["value"].fillna("").map(words.harmless)
    path = study.processed(until.label) / "rejected.csv"
    replace(path, lambda at: rejected[REJECTED].to_csv(at, index=False))


def _report(
    study: Study,
    until: Period,
    *,
    tables: dict[str, pd.DataFrame],
    receipts: list[Receipt],
    redactions: pd.DataFrame,
    waiting: list[Misnamed],
) -> Received:
    responses = tables["responses"]
    current = responses[responses["period"] == until.label]
    return Received(
        study=study,
        period=until,
        row_counts=pd.concat([one.counts for one in receipts], ignore_index=True),
        rejected=pd.concat([one.rules for one in receipts], ignore_index=True),
        kinds=screens.kinds(responses, period=until.label),
        missing_answers=screens.missing_answers(responses, period=until.label),
        screens=screens.screens(current, study=study),
        sources=_sources(tables.get("documents"), until),
        absent=_absent(receipts, waiting),
        rewordings=_rewordings(receipts),
        unmatched=_unmatched(tables),
        redactions=redactions,
    )


def _absent(receipts: list[Receipt], waiting: list[Misnamed]) -> pd.DataFrame:
    told = [("customers", "none", one.setting, one.column, "") for one in waiting]
    unmet = pd.DataFrame(told, columns=ABSENT, dtype="str")
    return pd.concat([*(one.absent for one in receipts), unmet], ignore_index=True)


def _sources(documents: pd.DataFrame | None, until: Period) -> pd.DataFrame:
    periods = [until.previous.label, until.label]
    if documents is None:
        return pd.DataFrame(columns=["source", *periods])
    counts = pd.crosstab(documents["source"], documents["period"])
    counts = counts.reindex(columns=periods, fill_value=0).rename_axis(columns=None)
    return counts.reset_index()


def _rewordings(receipts: list[Receipt]) -> pd.DataFrame:
    """Compare the questions of each file with those of the file before it."""
    asked = pd.concat([one.questions for one in receipts], ignore_index=True)
    asked["question"] = asked["question"].str.split().str.join(" ")
    same = asked.groupby(["table", "place", "column"])["question"]
    asked["before"] = same.shift()
    changed = asked["before"].notna() & (asked["question"] != asked["before"])
    found = asked[changed].drop(columns="place")
    firsts = [_first_rows(one) for one in receipts if len(one.questions)]
    first = pd.concat([pd.DataFrame(columns=FIRST, dtype="str"), *firsts])
    return found.merge(first, on=["table", "file"], how="left")


def _first_rows(receipt: Receipt) -> pd.DataFrame:
    """Period and kind of the first row kept of each file; rows are in file order."""
    kept = receipt.counts[receipt.counts["kept"] > 0]
    starts = kept["kept"].cumsum() - kept["kept"]
    first = receipt.rows.reindex(columns=["period", "kind"]).iloc[starts.to_list()]
    if receipt.table == "responses":
        first["kind"] = first["kind"].fillna(RELATIONSHIP)
    first[["table", "file"]] = kept[["table", "file"]].to_numpy()
    return first[FIRST].astype("str")


def _unmatched(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Count rows that name a customer or product nobody knows."""
    found = []
    for key, home in [("customer_id", "customers"), ("product_id", "products")]:
        for name, rows in tables.items():
            if home in tables and name != home and key in rows:
                named = rows[key].dropna()
                lost = int((~named.isin(tables[home][key])).sum())
                found.append((name, key, lost, len(named)))
    return pd.DataFrame(found, columns=["table", "key", "unmatched", "base"])
