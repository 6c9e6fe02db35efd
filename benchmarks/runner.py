"""How long a run takes, against the usual way: python benchmarks/runner.py.

The usual way is papermill's command line for each notebook and then nbconvert's for
each page. All are measured one after the other on the same machine, in a folder where
nothing has been run, and printed as ratios: the usual way is 1.00. Wall time and time
of all processors, children included.
"""

import os
import resource
import subprocess
import sys
import time

from analysis.run.notebooks import find_notebooks
from analysis.run.refresh import empty_home

STUDY, PERIOD = "demo", "2026Q3"


def measure(*commands: list[str]) -> tuple[float, float]:
    """Run commands one after the other and return wall and processor seconds."""
    begun, used = time.perf_counter(), _processors()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun, _processors() - used


def usual(folder: str) -> list[list[str]]:
    """Return the commands of the usual way, in the order of the notebooks."""
    python = [sys.executable, "-m"]
    commands = []
    for notebook in find_notebooks():
        executed = f"{folder}/{notebook.path.name}"
        parameters = ["-p", "study", STUDY, "-p", "period", PERIOD]
        run = [*python, "papermill", str(notebook.path), executed, *parameters]
        page = [*python, "jupyter", "nbconvert", "--to", "html", executed]
        commands += [run, page]
    return commands


def main() -> None:
    """Measure every way and print the ratios."""
    ours = [sys.executable, "-m", "analysis", "run", STUDY, PERIOD]
    with empty_home() as home:
        measured = {
            "papermill and nbconvert, one by one": measure(*usual(str(home))),
            "make report, everything": measure([*ours, "--force"]),
            "make report, kernels not forked": measure(
                ["env", "ANALYSIS_FORK=0", *ours, "--force"]
            ),
            "make report, nothing changed": measure(ours),
        }
    wall, work = next(iter(measured.values()))
    print(f"{'':38}{'wall':>12}{'processors':>16}   on {os.cpu_count()} processors")
    for name, (seconds, used) in measured.items():
        print(
            f"{name:38}{seconds:6.1f} s {seconds / wall:4.2f}"
            f"{used:9.1f} s {used / work:4.2f}"
        )


def _processors() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
