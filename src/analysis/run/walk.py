"""The whole run: every notebook in its turn, then the report."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from analysis.run import freshness
from analysis.run.notebooks import Notebook, find_notebooks
from analysis.run.schedule import run_side_by_side
from analysis.study import Study, StudyError

RUNNING, DONE, FRESH = "running", "done", "up to date"
FAILED, NOT_RUN = "failed", "not run"
REPORT = "report"
RECEIVES = "00_intake"
"""The notebook without which nothing was received, and nothing can be reported."""


def _unwatched(name: str, state: str) -> None:
    """Let it happen unseen."""


@dataclass
class WalkResult:
    """What became of each notebook, and where the report is.

    Parameters
    ----------
    states : dict of str to str
        Per notebook: done, up to date, failed or not run.
    seconds : dict of str to float
        How long each notebook that ran took.
    failures : dict of str to str
        Per notebook that failed or was not run, what to tell the analyst.
    report : Path or None
        The first page; None if it could not be built, or if nothing was received.
    """

    states: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    report: Path | None = None

    @property
    def succeeded(self) -> bool:
        """Whether everything ran and the report is whole."""
        return not self.failures


def walk(
    study: str,
    period: str,
    *,
    force: bool = False,
    jobs: int | None = None,
    watch: Callable[[str, str], None] = _unwatched,
) -> WalkResult:
    """Run what is not up to date, side by side where the order allows.

    Parameters
    ----------
    study : str
        The name of the study folder.
    period : str
        Such as ``2026Q3``.
    force : bool
        Run everything, up to date or not.
    jobs : int, optional
        How many notebooks may run at once, at least 1; by default one more than
        there are processors.
    watch : callable
        Told the name of a notebook, or "report", and its state when that changes.

    Returns
    -------
    WalkResult
        Failures are in it: a notebook that fails stops only those that need it.

    Raises
    ------
    StudyError
        If the study, the period or a notebook's parameters are wrong; then nothing
        was run and nothing was removed.
    """
    loaded = Study.load(study)
    label = loaded.period(period).label
    notebooks = find_notebooks()
    digests = freshness.digests(loaded, label, notebooks)
    record = freshness.read_record(loaded, label)
    fresh = set() if force else freshness.up_to_date(digests, record)
    run = _Run(loaded, label, {one.name: one for one in notebooks}, watch)
    run.skip(fresh)
    if len(fresh) < len(notebooks):
        run.clear()
        run.execute_all(jobs or _processors() + 1, record.seconds)
    if len(fresh) < len(notebooks) or not run.page.is_file():
        run.build_report()
        run.keep_record(digests, record.seconds)
    run.result.report = run.page if run.page.is_file() else None
    return run.result


@dataclass
class _Run:
    study: Study
    period: str
    notebooks: dict[str, Notebook]
    watch: Callable[[str, str], None]
    result: WalkResult = field(default_factory=WalkResult)

    @property
    def folder(self) -> Path:
        return self.study.processed(self.period)

    @property
    def executed(self) -> Path:
        return self.folder / "notebooks"

    @property
    def page(self) -> Path:
        return self.study.report(self.period) / "index.html"

    @property
    def stale(self) -> list[str]:
        return [one for one in self.notebooks if self.result.states.get(one) != FRESH]

    def skip(self, names: set[str]) -> None:
        for name in sorted(names):
            self._enter(name, FRESH)

    def clear(self) -> None:
        """Remove what the notebooks left that are about to run."""
        freshness.forget(self.study, self.period)
        whole = len(self.stale) == len(self.notebooks)
        patterns = ["*"] if whole else [f"*/{name}.*" for name in self.stale]
        for path in [path for one in patterns for path in self.folder.glob(one)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def execute_all(self, jobs: int, seconds: dict[str, float]) -> None:
        from analysis.run import kernels  # noqa: PLC0415 (Jupyter loads slowly)

        kernels.prefer_forks()
        longest = sorted(self.stale, key=lambda name: -seconds.get(name, 0))
        needs = {
            name: [one for one in self.notebooks[name].needs if one in longest]
            for name in longest
        }
        done = run_side_by_side(needs, self._execute, jobs=jobs)
        for name in (name for name in self.stale if name not in done):
            missing = ", ".join(one for one in needs[name] if not done.get(one))
            self.result.failures[name] = f"{name} was not run: it needs {missing}."
            self._enter(name, NOT_RUN)

    def build_report(self) -> None:
        from analysis import ledger, report  # noqa: PLC0415 (pages load slowly)

        if RECEIVES in self.result.failures:
            shutil.rmtree(self.page.parent, ignore_errors=True)  # no stale page
            self.watch(REPORT, NOT_RUN)
            return
        self.watch(REPORT, RUNNING)
        failures = dict(self.result.failures)
        try:
            ledger.bind(self.study, self.period)
            report.build(self.study, self.period, self.executed, failures=failures)
        except StudyError as error:
            shutil.rmtree(self.page.parent, ignore_errors=True)  # no stale page
            self.result.failures[REPORT] = str(error)
            self.watch(REPORT, FAILED)
        else:
            self.watch(REPORT, DONE)

    def keep_record(self, digests: dict[str, str], seconds: dict[str, float]) -> None:
        failed = self.result.failures
        kept = {name: one for name, one in digests.items() if name not in failed}
        record = freshness.Record(kept, seconds | self.result.seconds)
        freshness.write_record(self.study, self.period, record)

    def _execute(self, name: str) -> bool:
        from analysis.run import engine  # noqa: PLC0415 (papermill loads slowly)

        self._enter(name, RUNNING)
        parameters = {"study": self.study.id, "period": self.period}
        execution = engine.execute(self.notebooks[name].path, parameters)
        self.result.seconds[name] = execution.seconds
        engine.write_notebook(execution.notebook, self.executed / f"{name}.ipynb")
        if execution.failure:
            self.result.failures[name] = str(execution.failure)
        self._enter(name, FAILED if execution.failure else DONE)
        return not execution.failure

    def _enter(self, name: str, state: str) -> None:
        self.result.states[name] = state
        self.watch(name, state)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
