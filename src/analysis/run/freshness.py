"""What is up to date and need not run again.

A notebook is up to date when a run left the same digest of everything that it
depends on, and when every file that the run left is still as it was.
"""

import hashlib
import json
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from analysis.run.notebooks import Notebook
from analysis.study import Study, project_root

PACKAGE = Path(__file__).parents[1]
LOCK = PACKAGE.parents[1] / "requirements.lock"
RECORD = "run.json"


@dataclass
class Record:
    """What a run left behind, kept beside its tables.

    Parameters
    ----------
    digests : dict of str to str
        What each notebook that succeeded depended on.
    seconds : dict of str to float
        How long each took.
    files : dict of str to str
        Every file of the period's tables and pages, with its hash.
    """

    digests: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def read_record(study: Study, period: str) -> Record:
    """Return what the last run left; without digests if that is no longer whole."""
    path = study.processed(period) / RECORD
    if not path.is_file():
        return Record()
    record = Record(**json.loads(path.read_text(encoding="utf-8")))
    if record.files != left_files(study, period):
        record.digests = {}
    return record


def write_record(study: Study, period: str, record: Record) -> None:
    """Keep a record, with the files as they are now."""
    record.files = left_files(study, period)
    path = study.processed(period) / RECORD
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(vars(record), indent=1), encoding="utf-8")
    partial.replace(path)


def forget(study: Study, period: str) -> None:
    """Remove the record, so that a run that is cut off leaves nothing up to date."""
    (study.processed(period) / RECORD).unlink(missing_ok=True)


def up_to_date(digests: dict[str, str], record: Record) -> set[str]:
    """Name the notebooks whose last run depended on what is there now."""
    return {name for name in digests if record.digests.get(name) == digests[name]}


def left_files(study: Study, period: str) -> dict[str, str]:
    """Hash the files of a period's tables and pages."""
    folders = study.processed(period), study.report(period)
    paths = [path for folder in folders for path in _files(folder)]
    return {
        str(path.relative_to(project_root())): _hash(path)
        for path in paths
        if path.name != RECORD
    }


def digests(study: Study, period: str, notebooks: Iterable[Notebook]) -> dict[str, str]:
    """Digest what each notebook depends on.

    Parameters
    ----------
    study : Study
        Its folder of raw files counts, and the figures of the periods that the run
        compares with.
    period : str
        The period of the run.
    notebooks : iterable of Notebook
        In the order of their names. What a notebook needs counts into it.

    Returns
    -------
    dict of str to str
        One digest for each notebook.
    """
    shared = [platform.python_version(), study.id, period, *_inputs(study, period)]
    known: dict[str, str] = {}
    for notebook in notebooks:
        parts = [*shared, notebook.source, *(known[name] for name in notebook.needs)]
        known[notebook.name] = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return known


def _inputs(study: Study, period: str) -> list[str]:
    if study.warehouse:  # it may have changed, and nobody can tell
        return [str(time.time_ns())]
    this = study.period(period)
    earlier = (study.processed(one.label) for one in (this.previous, this.year_before))
    paths = [
        LOCK,
        *_files(PACKAGE),
        *_files(study.raw),
        *(path for folder in earlier for path in sorted(folder.glob("*.csv"))),
    ]
    return [f"{path.name} {_hash(path)}" for path in paths if path.is_file()]


def _files(folder: Path) -> list[Path]:
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return sorted(path for path in paths if path.is_file())


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
