"""Read text files whose cells are parted by a comma or another sign."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from analysis.intake.export import Export, assemble
from analysis.intake.files import check_content, encoding_of
from analysis.settings import TableSource
from analysis.study import StudyError

LONGEST_CELL = 10_000_000


def read(path: Path, source: TableSource) -> Export:
    """Read a CSV file: one header row, then one record per row.

    A record may span lines within quotes. Blank rows are no records.

    Raises
    ------
    StudyError
        If the file is empty, is no text in its encoding, or has an open quote.
    """
    lines, records = split(path, source)
    return assemble(records[0], lines[1:], records[1:])


def split(path: Path, source: TableSource) -> tuple[list[int], list[list[str]]]:
    """Cut a text file into records, header rows included.

    Returns
    -------
    tuple of list of int and list of list of str
        The line on which each record begins, and its cells.
    """
    check_content(path, "csv")
    encoding = encoding_of(path, source)
    try:
        pairs = list(_records(path, encoding, source.delimiter))
    except UnicodeDecodeError as error:
        raise StudyError(_not_text(path, encoding)) from error
    except csv.Error as error:
        raise StudyError(
            f"{path.name}: {error}. {_quote_hint(path, encoding)}"
        ) from error
    if not pairs:
        raise StudyError(f"{path.name} is empty. Export it again, or remove it.")
    return [line for line, _ in pairs], [cells for _, cells in pairs]


def header(path: Path, source: TableSource) -> list[str]:
    """Return the names of the columns, without reading on.

    Raises
    ------
    StudyError
        If the file is empty or is no text in its encoding.
    """
    check_content(path, "csv")
    encoding = encoding_of(path, source)
    try:
        _, names = next(_records(path, encoding, source.delimiter))
    except UnicodeDecodeError as error:
        raise StudyError(_not_text(path, encoding)) from error
    except StopIteration:
        raise StudyError(f"{path.name} is empty. Export it, or remove it.") from None
    return [name.strip() for name in names]


def _records(path: Path, encoding: str, sign: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)  # the default refuses a long interview
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=sign, strict=True)
        before = 0
        for cells in reader:
            if any(map(str.strip, cells)):
                yield before + 1, cells
            before = reader.line_num


def _not_text(path: Path, encoding: str) -> str:
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            return (
                f"{path.name}, line {number}: found the byte "
                f"{error.object[error.start]:#x}, which is not {encoding}. "
                "If the file comes from Excel on Windows, "
                'set `encoding = "cp1252"` in study.toml.'
            )
    return f"{path.name} is not {encoding}. Set `encoding` in study.toml."


def _quote_hint(path: Path, encoding: str) -> str:
    text = path.read_text(encoding=encoding)
    odd = next(
        (n for n, line in enumerate(text.split("\n"), 1) if line.count('"') % 2), 1
    )
    return (
        f"Expected quotes in pairs; the first line with an odd number is line {odd}. "
        "Mend the quote, or export again."
    )
