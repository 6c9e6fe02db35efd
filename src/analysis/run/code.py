"""Give texts out to coders: a random sample, a workbook each, and what they differ on.

All that is given out is kept in a folder ``coding_…`` of the study: the workbooks, the
sample with its chances, and the units that long talks were split into. A run reads
them from there (`analysis.intake.given`).
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.coding.adjudication import write_adjudication
from analysis.coding.codebook import load_codebook
from analysis.coding.further import joined_draws
from analysis.coding.plan import Drawn, documents_for_margin, draw_coding_sample
from analysis.coding.units import refuse_changed_units, split_units, with_units
from analysis.coding.workbooks import write_workbooks
from analysis.contracts import Tables
from analysis.contracts.store import validated
from analysis.intake.files import sources
from analysis.intake.given import FILES, given_out, write_given
from analysis.study import Study, StudyError

STRATA = ("source",)
WORKBOOK = "coding_workbook"
PATTERN = "coding_*/coding_*.xlsx"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many texts are to be read, and by whom.

    Parameters
    ----------
    coders : sequence of str
        Who reads: small letters, digits and hyphens.
    size : int, optional
        Texts to draw.
    margin : float
        Without `size`: half the width wanted of the interval of a share.
    double : int
        Texts that two people read; all, if fewer are drawn.
    sources : sequence of str
        Where the texts come from; all sources if empty.
    """

    coders: Sequence[str]
    size: int | None = None
    margin: float = 0.05
    double: int = 200
    sources: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class GivenOut:
    """What was given out.

    Parameters
    ----------
    paths : list of Path
        One workbook per coder.
    plan : DataFrame
        Texts per source: documents to draw from, without_text, drawn, read_twice.
    drawn_before, coded_before : int
        Texts of the period that an earlier draw gave out, and others that were coded
        already: they were not drawn from.
    """

    paths: list[Path]
    plan: pd.DataFrame
    drawn_before: int
    coded_before: int


def give_out(study: str, period: str, plan: Plan) -> GivenOut:
    """Draw texts to code and write a workbook for each coder.

    Parameters
    ----------
    study : str
        The study's folder, with a codebook.
    period : str
        A period that has been run: its texts are drawn from.
    plan : Plan
        How many, and by whom.

    Returns
    -------
    GivenOut

    Raises
    ------
    StudyError
        If the period has not been run, nothing is left to code, or the plan cannot
        be drawn. Then nothing was written.

    Notes
    -----
    Simple random sampling within sources. The same settings, period, plan and texts
    give the same sample. Texts that somebody coded and texts drawn before are left
    out; the chances of a further draw are those of all draws together. Talks, and
    texts that no cell holds, are split into units first and drawn as units.
    """
    tables = Tables.open(study, period)
    label, settings = tables.period.label, tables.study
    book, texts = load_codebook(settings), _texts(tables, plan)
    folder, number = _folder(settings, label)
    rng = np.random.default_rng([settings.seed, *f"code {label}".encode(), number])
    drawn = _drawn(settings, texts, plan, rng=rng)
    with _whole(folder) as part:
        write_workbooks(
            part,
            texts.left,
            drawn=drawn.documents,
            codebook=book,
            period=label,
            rng=rng,
        )
        _keep(part, "coding_sample", joined_draws(texts.before, drawn))
        _keep(part, "coding_units", texts.units)
    write_given(settings, label, documents=tables.documents)
    return GivenOut(
        paths=sorted(folder.glob("*.xlsx")),
        plan=drawn.plan,
        drawn_before=len(texts.before),
        coded_before=texts.coded,
    )


def ask_again(study: str, period: str, *, adjudicator: str) -> Path:
    """Write the workbook of the texts that coders read differently.

    Parameters
    ----------
    study : str
        The study's folder.
    period : str
        A period that has been run since the coders' workbooks came back.
    adjudicator : str
        Who decides: small letters, digits and hyphens.

    Returns
    -------
    Path
        The workbook, in the folder ``coding_<period>_adjudicated`` of the study.

    Raises
    ------
    StudyError
        If the period has no codings, nobody differs, or the workbook is there.
    """
    tables = Tables.open(study, period)
    if not tables.has("codings"):
        raise StudyError(
            f"There are no codings of {study} {period} to decide between. Put the "
            f"filled workbooks back, name them under [tables.codings] of study.toml, "
            f"then: python -m analysis run {study} {period}"
        )
    label = tables.period.label
    texts = with_units(_documents(tables), given_out(tables.study, "coding_units"))
    return write_adjudication(
        tables.study.raw / f"coding_{label}_adjudicated",
        tables.codings,
        texts,
        codebook=load_codebook(tables.study),
        adjudicator=adjudicator,
        period=label,
    )


def to_be_named(study: str, paths: Sequence[Path]) -> str:
    """Say what study.toml needs so that workbooks are read back.

    Parameters
    ----------
    study : str
        The study's folder.
    paths : sequence of Path
        The workbooks.

    Returns
    -------
    str
        Lines for study.toml; empty if it reads all of them already.
    """
    settings = Study.load(study)
    there = sources(settings, "codings") if "codings" in settings.tables else {}
    mine = [one for one in there.values() if one.format == WORKBOOK]
    patterns = [pattern for one in mine for pattern in one.files]
    if set(paths) <= {path for one in patterns for path in settings.raw.glob(one)}:
        return ""
    if mine:
        files = ", ".join(f'"{one}"' for one in [*mine[0].files, PATTERN])
        place = next(name for name, one in there.items() if one is mine[0])
        return f"under {place}:\nfiles = [{files}]"
    head = "[[tables.codings.also]]" if there else "[tables.codings]"
    return f'this:\n{head}\nfiles = ["{PATTERN}"]\nformat = "{WORKBOOK}"'


def _documents(tables: Tables) -> pd.DataFrame:
    label = tables.period.label
    rows = tables.documents if tables.has("documents") else None
    if rows is None or not (rows["period"] == label).any():
        raise StudyError(
            f"There are no texts of {tables.study.id} {label} to code. The study needs "
            "comments or the table `documents`; then: python -m analysis run "
            f"{tables.study.id} {label}"
        )
    return rows[rows["period"] == label]


@dataclass(frozen=True, kw_only=True)
class _Texts:
    """Texts of a period: those left to draw from, and what became of the others."""

    left: pd.DataFrame
    before: pd.DataFrame
    units: pd.DataFrame
    coded: int


def _texts(tables: Tables, plan: Plan) -> _Texts:
    documents = _documents(tables)
    units = _units(tables, documents, plan)
    texts = with_units(documents, units)
    sample = given_out(tables.study, "coding_sample")
    before = sample[sample["document_id"].isin(texts["document_id"])]
    given = texts["document_id"].isin(before["document_id"])
    coded = texts["document_id"].isin(_coded(tables))
    return _Texts(
        left=texts[~given & ~coded],
        before=before,
        units=units,
        coded=int((coded & ~given).sum()),
    )


def _coded(tables: Tables) -> pd.Series:
    """Documents and units that somebody has coded."""
    if tables.has("codings"):
        return tables.codings["document_id"]
    return pd.Series(dtype="str")


def _units(tables: Tables, documents: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Split talks into units, or take those that were given out before."""
    now = split_units(documents)
    now = now[now["document_id"] != now["parent_id"]]
    kept = given_out(tables.study, "coding_units")
    kept = kept[kept["parent_id"].isin(documents["document_id"])]
    refuse_changed_units(kept, now)
    # A talk that was coded whole stays whole.
    other = now["parent_id"].isin([*kept["parent_id"], *_coded(tables)])
    if plan.sources:
        other |= ~now["source"].isin(plan.sources)
    return pd.concat([kept, now.loc[~other, list(kept.columns)]], ignore_index=True)


def _drawn(
    study: Study, texts: _Texts, plan: Plan, *, rng: np.random.Generator
) -> Drawn:
    left, n_before = _of_sources(texts, plan.sources)
    return draw_coding_sample(
        left,
        size=plan.size or _wanted(study, plan, n_before=n_before, n_left=len(left)),
        rng=rng,
        coders=plan.coders,
        strata=STRATA,
        double=plan.double,
    )


def _of_sources(texts: _Texts, chosen: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Texts left of some sources, and how many of these were drawn before."""
    there = sorted(set(texts.left["source"]))
    unknown = [one for one in chosen if one not in there]
    if unknown or not there:
        raise StudyError(
            f"No text of {', '.join(unknown) or 'any source'} is left to code in this "
            "period. Sources with texts that nobody has coded or was given: "
            f"{', '.join(there) or 'none'}."
        )
    sources = chosen or there
    of_these = texts.before["stratum"].isin(sources)
    return texts.left[texts.left["source"].isin(sources)], int(of_these.sum())


def _keep(folder: Path, table: str, rows: pd.DataFrame) -> None:
    """Keep what was given out, if anything, for the runs to come."""
    if len(rows):
        validated(table, rows).to_parquet(folder / FILES[table], index=False)


def _wanted(study: Study, plan: Plan, *, n_before: int, n_left: int) -> int:
    """Texts still to be drawn for the margin."""
    wanted = documents_for_margin(
        plan.margin, confidence=study.confidence, population=n_before + n_left
    )
    if wanted.value <= n_before:
        raise StudyError(
            f"{n_before} texts are drawn already, enough for a margin of "
            f"{plan.margin:g} ({wanted.value:.0f}). Ask for a smaller margin, or for a "
            "size."
        )
    return int(wanted.value) - n_before


def _folder(study: Study, label: str) -> tuple[Path, int]:
    """Name a folder that is not there yet, and say which of the period it is."""
    number = 1
    while (folder := _named(study, label, number)).exists():
        number += 1
    return folder, number


def _named(study: Study, label: str, number: int) -> Path:
    return study.raw / f"coding_{label}{f'_{number}' if number > 1 else ''}"


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Fill a folder elsewhere and put it in its place whole, or not at all."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        yield part
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
