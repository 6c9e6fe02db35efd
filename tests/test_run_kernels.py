import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from analysis.run import kernels
from analysis.run.engine import execute
from analysis.run.forkserver import ONE_THREAD, WARM

linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels fork on Linux only")


@pytest.fixture(params=["forked", "ordinary"])
def way(request, monkeypatch):
    """Run a test with kernels that fork and with ordinary ones."""
    monkeypatch.setenv("ANALYSIS_FORK", "1" if request.param == "forked" else "0")
    kernels.prefer_forks()
    if request.param == "forked" and not kernels.can_fork():
        pytest.skip("kernels fork on Linux only")
    return request.param


@pytest.fixture
def run(tmp_path):
    """Return a function that executes cells of code and returns the execution."""

    def run_cells(*sources, **settings):
        cells = [
            new_markdown_cell(one) if one.startswith("#") else new_code_cell(one)
            for one in sources
        ]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = tmp_path / "some.ipynb"
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, path)
        return execute(path, {}, **settings)

    return run_cells


def printed(execution):
    assert execution.failure is None, execution.failure
    streams = [
        one for cell in execution.notebook.cells for one in cell.get("outputs", [])
    ]
    return "".join(one.text for one in streams if one.output_type == "stream").split()


def test_the_libraries_are_loaded_in_a_forked_kernel_only(way, run):
    loaded = printed(run("import sys; print('statsmodels.api' in sys.modules)"))
    assert loaded == [str(way == "forked")]


def test_every_way_shows_the_same(run, monkeypatch):
    cells = [
        "import pandas as pd; import matplotlib.pyplot as plt; import os, sys",
        "pd.DataFrame({f'a long name {n}': range(70) for n in range(25)})",
        "plt.plot([1, 2]);",
        "figure, axes = plt.subplots(); axes.bar([1], [2]); figure",
        "print(os.environ['OPENBLAS_NUM_THREADS'], os.getcwd(), __name__, sys.path[0])",
        "import warnings; warnings.warn('careful')",
    ]
    outputs = []
    for fork in "10":
        monkeypatch.setenv("ANALYSIS_FORK", fork)
        kernels.prefer_forks()
        cells_run = run(*cells).notebook.cells
        shown = [one for cell in cells_run for one in cell.outputs]
        for one in shown:
            one.text = ""
        outputs.append(shown)
    forked, ordinary = outputs
    assert forked == ordinary
    assert sum("image/png" in one.get("data", {}) for one in forked) == 3


def test_kernels_draw_different_numbers_and_share_nothing(way, run):
    code = (
        "import numpy; print(numpy.random.rand()); print('left' in globals()); left = 1"
    )
    (first, had), (second, has) = printed(run(code)), printed(run(code))
    assert (had, has) == ("False", "False")
    assert first != second


def test_threads_and_processes_work_inside(way, run):
    code = """
    import duckdb, polars, subprocess
    from concurrent.futures import ThreadPoolExecutor
    frame = polars.DataFrame({"a": range(9999)}).lazy().group_by("a").len().collect()
    rows, = duckdb.sql("select count(*) from range(99999) ").fetchone()
    three = sum(ThreadPoolExecutor(2).map(int, "12"))
    print(len(frame), rows, three, subprocess.run(["true"], check=True).returncode)
    """
    assert printed(run(code)) == ["9999", "99999", "3", "0"]


def test_a_failure_names_section_and_error(way, run):
    failure = run("# Title?", "1", "## Who answered?", "1 / 0", "## Next?").failure
    assert str(failure) == (
        "some, section “Who answered?”: ZeroDivisionError: division by zero"
    )


def test_a_message_for_the_analyst_comes_without_its_kind(run):
    code = "from analysis.study import StudyError; raise StudyError('Add a date.')"
    assert run(code).failure.error == "Add a date."


def test_a_kernel_that_dies_fails_its_notebook_alone(way, run):
    dead = run(
        "# Why?", "import os, signal", "os.kill(os.getpid(), signal.SIGKILL)", "1"
    )
    assert (dead.failure.section, "died" in dead.failure.error) == ("Why?", True)
    assert printed(run("print('alive')")) == ["alive"]


def test_a_cell_that_takes_too_long_is_stopped(way, run):
    late = run("1", "## Slow?", "import time; time.sleep(60)", cell_seconds=1)
    assert late.seconds < 30
    assert str(late.failure) == (
        "some, section “Slow?”: this cell took too long and was stopped"
    )


def test_a_notebook_that_ends_itself_has_failed(way, run):
    assert "ended itself" in run("import sys; sys.exit(0)", "1").failure.error


def test_nothing_of_the_run_is_left_in_the_notebook(run):
    notebook = run("1").notebook
    assert "papermill" not in notebook.metadata
    assert all("papermill" not in cell.metadata for cell in notebook.cells)
    assert "execution" not in notebook.cells[0].metadata


@linux
def test_the_server_may_die_and_takes_its_kernels_along(run, tmp_path):
    kernels.prefer_forks()
    orphan = kernels.server.fork([], {"HOME": str(tmp_path)}, None)
    kernels.server._process.kill()
    kernels.server._process.wait()
    assert printed(run("print(1)")) == ["1"]
    ended, _, _ = select.select([orphan._handle], [], [], 10)
    assert ended


@linux
def test_a_server_that_cannot_load_leaves_ordinary_kernels(run, monkeypatch, caplog):
    kernels.server.stop()
    monkeypatch.setattr(kernels, "COMMAND", [sys.executable, "-c", "raise SystemExit"])
    assert printed(run("import sys; print('pandas' in sys.modules)")) == ["False"]
    kernels.server.stop()


@linux
def test_kernels_end_when_the_runner_is_killed():
    code = """
import time
from analysis.run.kernels import server
environment = {"PATH": "/usr/bin:/bin", "HOME": "/tmp"}
print(server.fork(["-f", "/tmp/connection-%d.json"], environment, None).pid, flush=True)
time.sleep(60)
""".replace("%d", str(os.getpid()))
    runner = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    kernel = int(runner.stdout.readline())
    time.sleep(1)
    assert Path(f"/proc/{kernel}").exists()
    runner.send_signal(signal.SIGKILL)
    runner.communicate()
    until = time.monotonic() + 10
    while Path(f"/proc/{kernel}").exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not Path(f"/proc/{kernel}").exists()


@linux
def test_nothing_that_is_loaded_before_the_fork_runs_a_thread():
    code = """
import os
from analysis.run.forkserver import COLD, WARM, load
load(WARM, COLD)
tasks = os.listdir("/proc/self/task")
print(*[open(f"/proc/self/task/{task}/comm").read().strip() for task in tasks])
"""
    output = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | ONE_THREAD,
        capture_output=True,
        text=True,
        check=True,
    )
    names = output.stdout.split()
    # The allocator of pyarrow stops its thread before a fork and starts it after.
    assert len([name for name in names if name != "jemalloc_bg_thd"]) == 1, names


def test_what_notebooks_need_most_is_loaded():
    assert {"numpy", "pandas", "statsmodels.api", "matplotlib.pyplot"} <= set(WARM)
