"""The outputs that are kept with the notebooks, made anew.

The notebooks in the repository carry the outputs of the demo study, so that they can
be read where the code is read. This executes them again, in place.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from analysis.run import kernels
from analysis.run.engine import execute, write_notebook
from analysis.run.notebooks import find_notebooks, source_of
from analysis.run.schedule import run_side_by_side
from analysis.study import StudyError, raw_root


def refresh() -> dict[str, list[str]]:
    """Execute the notebooks with their own parameters and keep their outputs.

    The tables are made in a folder for the occasion, so what other runs left has no
    influence.

    Returns
    -------
    dict of str to list of str
        Per notebook, the first lines of the cells whose outputs changed.

    Raises
    ------
    StudyError
        If a notebook fails; it and those that need it stay as they were.
    """
    kernels.prefer_forks()
    notebooks = {one.name: one for one in find_notebooks()}
    needs = {name: one.needs for name, one in notebooks.items()}
    changes: dict[str, list[str]] = {}
    failures: list[str] = []

    def work(name: str) -> bool:
        path = notebooks[name].path
        execution = execute(path, {})
        if execution.failure:
            failures.append(str(execution.failure))
        else:
            before = nbformat.read(path, as_version=4)
            changes[name] = _changes(before.cells, execution.notebook.cells)
            write_notebook(execution.notebook, path)
        return not execution.failure

    with empty_home():
        run_side_by_side(needs, work, jobs=2)
    if failures:
        raise StudyError("\n".join(failures))
    return {name: changes[name] for name in notebooks}


@contextmanager
def empty_home() -> Iterator[Path]:
    """Work in a folder with the same raw data, where nothing has been run."""
    raw, before = raw_root(), os.environ.get("ANALYSIS_HOME")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "data").mkdir()
        (home / "data" / "raw").symlink_to(raw, target_is_directory=True)
        os.environ["ANALYSIS_HOME"] = folder
        try:
            yield home
        finally:
            os.environ.pop("ANALYSIS_HOME")
            if before is not None:
                os.environ["ANALYSIS_HOME"] = before


def _changes(before: list[Any], after: list[Any]) -> list[str]:
    pairs = zip(before, after, strict=True)
    return [
        source_of(new).partition("\n")[0]
        for old, new in pairs
        if old.get("outputs") != new.get("outputs")
    ]
