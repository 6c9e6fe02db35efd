"""Zip files that are read and made in memory: nothing is ever extracted to a disk."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from analysis.study import StudyError

MOST_FILES = 100_000
MOST_BYTES = 500_000_000
SMALL = 1_000_000  # a short text may well be one letter ten thousand times
MOST_TIMES = 200
EARLIEST = (1980, 1, 1, 0, 0, 0)
DRIVE = re.compile(r"^[A-Za-z]:")


def unpack(path: Path) -> dict[str, bytes]:
    """Read all files of a zip archive into memory.

    Parameters
    ----------
    path : Path
        The archive.

    Returns
    -------
    dict of str to bytes
        The content of each file by its name in the archive; folders are left out.

    Raises
    ------
    StudyError
        If it is no whole zip archive, is encrypted, holds a name twice or one that
        leads out of it, or would unpack to more than 500 MB, to more than 100,000
        files, or a file to more than 200 times its packed size.

    Notes
    -----
    Sizes are checked before anything is unpacked. An archive that states too small
    a size is found out by its check sum, having unpacked no more than it stated.
    """
    with _opened(path) as archive:
        return {one.filename: archive.read(one) for one in _members(path, archive)}


def inspect(path: Path) -> None:
    """Refuse a zip archive, such as a workbook, that is no safe one.

    Parameters
    ----------
    path : Path
        The archive.

    Raises
    ------
    StudyError
        As in `unpack`; nothing is unpacked.
    """
    with _opened(path) as archive:
        _members(path, archive)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Make a zip archive, the same files always as the same bytes.

    Parameters
    ----------
    files : mapping of str to bytes
        The content of each file by its name.

    Returns
    -------
    bytes
        The archive: files in the order of their names, dated 1980-01-01.

    Examples
    --------
    >>> pack({"a": b"1", "b": b"2"}) == pack({"b": b"2", "a": b"1"})
    True
    """
    held = io.BytesIO()
    with ZipFile(held, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name, EARLIEST)
            entry.compress_type, entry.create_system = ZIP_DEFLATED, 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return held.getvalue()


def is_safe(name: str) -> bool:
    """Say whether a name stays inside the archive.

    Examples
    --------
    >>> is_safe("sources/a.txt"), is_safe("../a.txt"), is_safe("C:a.txt")
    (True, False, False)
    """
    if not name or "\\" in name or "\0" in name or DRIVE.match(name):
        return False
    return not name.startswith("/") and ".." not in name.split("/")


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise StudyError(f"There is no file {path.name} in {path.parent}.") from None
    except (BadZipFile, OSError, EOFError, zlib.error, NotImplementedError) as error:
        raise StudyError(
            f"{path.name}: found an archive that cannot be read ({error}); expected a "
            "whole zip file. Export it again."
        ) from error


def _members(path: Path, archive: ZipFile) -> list[ZipInfo]:
    members = [one for one in archive.infolist() if not one.is_dir()]
    _check(path.name, members)
    return members


def _check(file: str, members: list[ZipInfo]) -> None:
    total = sum(one.file_size for one in members)
    if total > MOST_BYTES or len(members) > MOST_FILES:
        raise StudyError(
            f"{file}: found {len(members):,} files of {total:,} bytes unpacked; "
            f"expected at most {MOST_FILES:,} files of {MOST_BYTES:,} bytes. Leave out "
            "recordings and pictures, or divide the project."
        )
    seen: set[str] = set()
    for one in members:
        _check_member(file, one, one.filename.casefold() in seen)
        seen.add(one.filename.casefold())


def _check_member(file: str, one: ZipInfo, is_again: bool) -> None:
    # `orig_filename` is what the archive says, before Python mends it.
    if not (is_safe(one.filename) and is_safe(one.orig_filename)):
        problem = "which leads out of the archive"
    elif is_again:
        problem = "which is there twice"
    elif one.flag_bits & 1:
        problem = "which is encrypted"
    elif one.file_size > max(SMALL, MOST_TIMES * one.compress_size):
        problem = f"which unpacks to more than {MOST_TIMES} times its packed size"
    else:
        return
    raise StudyError(
        f"{file}: found the file {one.orig_filename!r} in it, {problem}; expected a "
        "project as programs for coding export it. Nothing was read or written."
    )
