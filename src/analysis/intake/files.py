"""Find a table's files and see what they really are."""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path

from analysis.settings import TableSource
from analysis.study import Study, StudyError

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".qdpx": "qdpx",
}
MAGIC = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "an Excel workbook or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a GZIP archive",
    b"\x89PNG": "a picture",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}
MEANT = {
    b"PK\x03\x04": 'If it is a workbook, set `format = "excel"`; else unpack it.',
    b"PAR1": 'Set `format = "parquet"`.',
    b"<!DOCTYPE": "The download may have met a log-in page: export it again.",
    b"<html": "The download may have met a log-in page: export it again.",
}
ZIPPED = ("excel", "coding_workbook", "qdpx")
STARTS = {"parquet": b"PAR1", **dict.fromkeys(ZIPPED, b"PK\x03\x04")}
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def sources(study: Study, name: str) -> dict[str, TableSource]:
    """Return the sources of a table, named by their place in the study file.

    Examples
    --------
    >>> study = Study.model_validate({"id": "a", "name": "A", "seed": 1, "tables": {
    ...     "responses": {"files": ["a.csv"], "also": [{"files": ["b.csv"]}]}}})
    >>> list(sources(study, "responses"))
    ['tables.responses', 'tables.responses.also[0]']
    """
    first, place = study.tables[name], f"tables.{name}"
    further = {f"{place}.also[{n}]": one for n, one in enumerate(first.also)}
    return {place: first} | further


def locate(study: Study, place: str, source: TableSource) -> list[Path]:
    """Return the files of a source, sorted by name.

    Parameters
    ----------
    study : Study
        The study, whose folder holds the files.
    place : str
        Where the study file states the source, such as ``tables.responses``.
    source : TableSource
        The source.

    Returns
    -------
    list of Path
        Each file once, however many patterns it matches.

    Raises
    ------
    StudyError
        If a pattern matches nothing or leaves the study folder.
    """
    found = (path for one in source.files for path in _matches(study, place, one))
    return sorted(set(found))


def format_of(path: Path, source: TableSource) -> str:
    """Return the format of a file: as the study says, or else by the suffix.

    Raises
    ------
    StudyError
        If the suffix is unknown and no format is given.
    """
    if source.format:
        return source.format
    if path.suffix.lower() in SUFFIXES:
        return SUFFIXES[path.suffix.lower()]
    raise StudyError(
        f"{path.name}: the format of a {path.suffix or 'nameless'} file is not known. "
        f"Expected one of {', '.join(SUFFIXES)}, or `format` in study.toml."
    )


def check_content(path: Path, kind: str) -> None:
    """Refuse a file whose first bytes are not those of its format.

    Raises
    ------
    StudyError
        If the file is empty, or is something else than its name says.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if not head.strip():
        raise StudyError(f"{path.name} is empty. Export it again, or remove it.")
    expected = STARTS.get(kind)
    if expected and head.startswith(expected):
        return
    for magic, what in MAGIC.items():
        if head.lstrip().startswith(magic):
            hint = MEANT.get(magic, "Export the table as CSV, Parquet or Excel.")
            raise StudyError(f"{path.name} is {what}, expected {kind}. {hint}")
    if expected:
        raise StudyError(f"{path.name} is not {kind}. Set `format`, or export again.")


def encoding_of(path: Path, source: TableSource) -> str:
    """Return the encoding of a text file.

    A byte-order mark decides; UTF-16 with one is read as UTF-16. Without a mark, the
    study file's `encoding` holds, which is UTF-8 unless stated.

    Raises
    ------
    StudyError
        If the file looks like UTF-16 but has no mark and the study does not say so.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            return encoding
    if head.count(0) > len(head) / 4 and "16" not in source.encoding:
        order = "utf-16-be" if head[0] == 0 else "utf-16-le"
        raise StudyError(
            f"{path.name} looks like UTF-16 without a byte-order mark, expected "
            f'{source.encoding}. Set `encoding = "{order}"` in study.toml.'
        )
    return source.encoding


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _matches(study: Study, place: str, pattern: str) -> list[Path]:
    if ".." in Path(pattern).parts or Path(pattern).is_absolute():
        raise StudyError(
            f"{place}.files: {pattern!r} leaves the study folder. "
            "Give a name or pattern inside it."
        )
    found = [path for path in study.raw.glob(pattern) if path.is_file()]
    if not found:
        there = ", ".join(sorted(path.name for path in study.raw.iterdir())) or "none"
        raise StudyError(
            f"{place}.files: nothing matches {pattern!r} in {study.raw}. "
            f"Files there: {there}."
        )
    return found
