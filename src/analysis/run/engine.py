"""How one notebook is executed, and how its failure is told.

papermill does the work. What is added is its engine: a kernel that dies or takes
too long leaves an error in the cell that was running, as any other failure does.
"""

import asyncio
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers
from papermill.log import logger

from analysis.run.notebooks import section_of

CELL_SECONDS = 3600
"""How long one cell may take before the notebook counts as failed."""

SETTINGS = {
    "engine_name": "analysis",
    "progress_bar": False,
    "request_save_on_cell_execute": False,
    "autosave_cell_every": 0,
    "record_timing": False,
    "shutdown_kernel": "immediate",
    "iopub_timeout": 60,  # a busy machine is no failure
}


_MESSAGES = {
    CellTimeoutError: "this cell took too long and was stopped",
    DeadKernelError: "the kernel died; often the memory of the machine is too small",
}


@dataclass(frozen=True)
class Failure:
    """What went wrong in a notebook, where, and in which words.

    Parameters
    ----------
    notebook : str
        The name of the notebook.
    section : str
        The nearest heading above the cell that failed.
    error : str
        The message; with the kind of error, unless it is one for the analyst.
    """

    notebook: str
    section: str
    error: str

    def __str__(self) -> str:
        section = f", section “{self.section}”" if self.section else ""
        return f"{self.notebook}{section}: {self.error}"


@dataclass(frozen=True)
class Execution:
    """A notebook that was executed, whole or up to its failure."""

    notebook: NotebookNode
    seconds: float
    failure: Failure | None


class Engine(NBClientEngine):
    """papermill's own engine, which also hands over a notebook that failed."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, kept: list[Any], **settings: Any
    ) -> None:
        """Execute the cells; `kept` receives the notebook, whatever happens."""
        kept.append(nb_man)
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **settings)
        except (RuntimeError, CellTimeoutError) as error:  # died, mute or slow
            _leave_in_cell(nb_man.nb, error)


papermill_engines.register("analysis", Engine)


def execute(
    path: Path, parameters: dict[str, str], *, cell_seconds: float = CELL_SECONDS
) -> Execution:
    """Execute a notebook in a kernel of its own.

    Parameters
    ----------
    path : Path
        The notebook, which stays as it is.
    parameters : dict of str to str
        What to set below the cell tagged `parameters`; may be empty.
    cell_seconds : float
        How long one cell may take.

    Returns
    -------
    Execution
        The executed notebook, without times and paths of this run.
    """
    logger.setLevel(logging.CRITICAL)  # errors are told once, as failures
    begun = time.perf_counter()
    kept: list[Any] = []
    # An error of a cell is in that cell as well.
    with _closed_at_last(ensure_event_loop()), suppress(PapermillExecutionError):
        papermill.execute_notebook(
            str(path),
            None,
            parameters,
            kept=kept,
            execution_timeout=cell_seconds,
            **SETTINGS,
        )
    notebook = _without_traces(remove_error_markers(kept[0].nb))
    failure = _failure(path.stem, notebook.cells)
    return Execution(notebook, time.perf_counter() - begun, failure)


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    nbformat.write(notebook, partial)
    partial.replace(path)


@contextmanager
def _closed_at_last(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    try:
        yield
    finally:
        if not loop.is_running():  # as it is inside JupyterLab
            loop.close()


def _leave_in_cell(notebook: NotebookNode, error: Exception) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    begun = [cell for cell in code if cell.metadata.papermill.start_time]
    message = _MESSAGES.get(type(error), str(error))
    content = {"ename": type(error).__name__, "evalue": message, "traceback": [message]}
    (begun or code)[-1].outputs.append(
        output_from_msg({"header": {"msg_type": "error"}, "content": content})
    )


def _without_traces(notebook: NotebookNode) -> NotebookNode:
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"  # the same one in every run
    return notebook


def _failure(name: str, cells: list[NotebookNode]) -> Failure | None:
    for place, cell in enumerate(cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        errors = [one for one in cell.outputs if one.output_type == "error"]
        if errors:
            return Failure(name, section_of(cells, place), _told(errors[0]))
        if cell.execution_count is None:
            stopped = "this cell did not run, though no error was raised"
            return Failure(name, section_of(cells, place), stopped)
    return None


def _told(error: NotebookNode) -> str:
    if error.ename == "SystemExit":
        return "the notebook ended itself (SystemExit); nothing below was run"
    ours = {kind.__name__ for kind in _MESSAGES} | _kinds_of_study_error()
    if error.ename in ours:
        return str(error.evalue)
    return f"{error.ename}: {error.evalue}" if error.evalue else str(error.ename)


def _kinds_of_study_error() -> set[str]:
    # The error was raised in another process: only the name of its class is known.
    package = Path(__file__).parents[1]
    texts = (path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    found = [re.findall(r"^class (\w+)\(StudyError\)", text, re.M) for text in texts]
    return {"StudyError"}.union(*found)
