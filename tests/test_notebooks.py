"""The notebooks keep to the house's rules, and give what they show."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)
from notebook_rules import complaints

from analysis.run import kernels
from analysis.run.refresh import empty_home

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
WALK = (
    "00_intake",
    "01_sampling",
    "02_metrics",
    "03_outcomes",
    "04_coding",
    "05_summary",
)
NBVAL = """
import sys
sys.modules["rfc3987_syntax"] = None  # costs a second, serves nobody
import pytest
raise SystemExit(pytest.main(sys.argv[1:]))
"""


def test_the_notebooks_are_those_of_the_walk():
    assert tuple(path.stem for path in PATHS) == WALK


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_keeps_to_the_rules(path):
    assert complaints(nbformat.read(path, as_version=4)) == []


def test_the_notebooks_are_light():
    assert sum(path.stat().st_size for path in PATHS) < 1_500_000


def compare(paths, home):
    """Execute notebooks in order and compare with the outputs that they carry."""
    assert paths
    options = ["--nbval", "--nbval-cell-timeout", "120", "-q", "-x"]
    options += ["--nbval-sanitize-with", str(Path(__file__).with_name("nbval.cfg"))]
    options += ["-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider"]
    environment = {
        "ANALYSIS_HOME": str(home),
        "JUPYTER_DEFAULT_PROVISIONER_NAME": kernels.PROVISIONER,
    }
    return subprocess.run(
        [sys.executable, "-c", NBVAL, *options, *map(str, paths)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_notebooks_give_what_they_show():
    with empty_home() as home:
        result = compare(PATHS, home)
    assert result.returncode == 0, result.stdout[-8000:]


def example():
    """Return a small notebook that keeps to all rules."""
    parameters = new_code_cell('study = "demo"\nperiod = "2026Q3"', execution_count=1)
    parameters.metadata["tags"] = ["parameters"]
    shown = new_code_cell("show(draw_score(rows), caption=words)", execution_count=2)
    shown.outputs = [
        new_output(
            "display_data",
            data={"image/svg+xml": "<svg/>", "text/plain": "Figure"},
            metadata={"caption": "The score", "alt": "A line that rises"},
        )
    ]
    cells = [
        new_markdown_cell("# How is it?\nWe ask. All 5 questions count."),
        parameters,
        new_markdown_cell("## How likely are customers to recommend us?"),
        shown,
        new_markdown_cell("## What this page cannot tell you"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def test_a_notebook_that_keeps_to_the_rules_is_not_complained_of():
    assert complaints(example()) == []


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("def f(): pass", "f is defined"),
        ("class A: pass", "A is defined"),
        ("%run 00_intake.ipynb", "no plain Python"),
        ("%load_ext autoreload", "no plain Python"),
        ("import warnings", "warnings are handled"),
        ("from warnings import filterwarnings", "warnings are handled"),
        ("for path in folder.glob(pattern): read(path)", "files are handled (glob)"),
        ('rows = read("../data/raw/demo/survey")', "a path is written"),
        ('rows = read("survey_2026Q3.csv")', "a path is written"),
        ("\n".join(f"line_{n} = {n}" for n in range(9)), "9 lines"),
        ("show(draw_score(rows))", "0 figures were shown"),
        ('ledger.publish("nps", score)', "shown raw"),
    ],
)
def test_code_that_breaks_a_rule_is_found(code, complaint):
    notebook = example()
    notebook.cells.insert(4, new_code_cell(code, execution_count=3))
    (found,) = complaints(notebook)
    assert complaint in found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("## The score", "is no question"),
        ("The score rose by 4 points.", "typed by hand"),
        ("About 12 % answered.", "typed by hand"),
        ("About 12 percent answered.", "typed by hand"),
    ],
)
def test_prose_that_breaks_a_rule_is_found(text, complaint):
    notebook = example()
    notebook.cells.insert(2, new_markdown_cell(text))
    (found,) = complaints(notebook)
    assert complaint in found


def untag(notebook):
    notebook.cells[1].metadata["tags"] = []


def skip(notebook):
    notebook.cells[3].execution_count = None


def run_again(notebook):
    notebook.cells[3].execution_count = 5


def drop_the_figure(notebook):
    notebook.cells[3].outputs = []


def drop_the_alt(notebook):
    notebook.cells[3].outputs[0].metadata["alt"] = ""


def fail(notebook):
    notebook.cells[1].outputs = [
        new_output("error", ename="E", evalue="", traceback=[])
    ]


def warn(notebook):
    notebook.cells[1].outputs = [new_output("stream", name="stderr", text="careful")]


def tell_the_path(notebook):
    notebook.cells[1].outputs = [new_output("stream", text="/home/ada/study/a.csv")]


def end_early(notebook):
    del notebook.cells[4]


def rename_the_kernel(notebook):
    notebook.metadata["kernelspec"]["name"] = "ada"


@pytest.mark.parametrize(
    ("breach", "complaint"),
    [
        (untag, "0 cells are tagged"),
        (skip, "not executed once"),
        (run_again, "not executed once"),
        (drop_the_figure, "0 figures were shown"),
        (drop_the_alt, "no alt text"),
        (fail, "an error or warning"),
        (warn, "an error or warning"),
        (tell_the_path, "a path of some machine"),
        (end_early, "the last heading is not"),
        (rename_the_kernel, "not called python3"),
    ],
)
def test_a_breach_of_form_is_found(breach, complaint):
    notebook = copy.deepcopy(example())
    breach(notebook)
    (found,) = complaints(notebook)
    assert complaint in found


@pytest.mark.parametrize(("shown", "status"), [("[0, 1, 2]", 0), ("[0, 1, 3]", 1)])
def test_outputs_that_differ_are_found(tmp_path, shown, status):
    code = new_code_cell("import sys, time\nlist(range(3))", execution_count=1)
    code.outputs = [
        new_output("execute_result", data={"text/plain": shown}, execution_count=1)
    ]
    loaded = new_code_cell("'statsmodels' in sys.modules", execution_count=2)
    warm = str(kernels.can_fork())
    loaded.outputs = [
        new_output("execute_result", data={"text/plain": warm}, execution_count=2)
    ]
    path = tmp_path / "small.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=[code, loaded], metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)
    result = compare([path], tmp_path)
    assert result.returncode == status, result.stdout
