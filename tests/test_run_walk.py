import json
import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from analysis.run import freshness
from analysis.run.notebooks import find_notebooks, section_of
from analysis.run.walk import walk
from analysis.study import StudyError

STUDY = 'name = "Small"\nseed = 1\n[tables.responses]\nfiles = ["answers.csv"]\n'
WRITE = """
from analysis.study import Study
folder = Study.load(study).processed(period)
folder.mkdir(parents=True, exist_ok=True)
(folder / "{name}.txt").write_text(period)
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Make a project with a study and three small notebooks, two of them parallel."""
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    package = tmp_path / "src"
    package.mkdir()
    (package / "code.py").write_text("1")
    monkeypatch.setattr(freshness, "PACKAGE", package)
    monkeypatch.setattr(freshness, "LOCK", tmp_path / "requirements.lock")
    for module in ("analysis.run.notebooks", "analysis.report.assemble"):
        monkeypatch.setattr(f"{module}.notebooks_root", lambda: tmp_path / "notebooks")
    raw = tmp_path / "data" / "raw" / "small"
    raw.mkdir(parents=True)
    (raw / "study.toml").write_text(STUDY)
    (raw / "answers.csv").write_text("responded_on,recommend\n2026-08-01,9\n")
    (tmp_path / "requirements.lock").write_text("numpy==2.4.0")
    for name in ("00_intake", "01_sampling", "02_metrics"):
        write(tmp_path, name, WRITE.format(name=name))
    return tmp_path


def write(home, name, *sources):
    parameters = new_code_cell('study = "demo"\nperiod = "2026Q3"')
    parameters.metadata["tags"] = ["parameters"]
    cells = [new_markdown_cell(f"# What is {name}?"), parameters]
    cells += [new_code_cell(source) for source in sources]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = home / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def processed(home):
    return home / "data" / "processed" / "small" / "2026Q3"


def states(**settings):
    return walk("small", "2026Q3", **settings).states


NOTHING = dict.fromkeys(("00_intake", "01_sampling", "02_metrics"), "up to date")
ALL = dict.fromkeys(NOTHING, "done")


def test_a_run_leaves_tables_pages_and_executed_notebooks(home):
    seen = []
    result = walk("small", "2026Q3", watch=lambda *event: seen.append(event))
    assert result.succeeded
    assert result.states == ALL
    assert result.report == home / "reports" / "small" / "2026Q3" / "index.html"
    assert result.report.is_file()
    assert (processed(home) / "02_metrics.txt").read_text() == "2026Q3"
    executed = nbformat.read(processed(home) / "notebooks" / "00_intake.ipynb", 4)
    assert executed.cells[2].source.splitlines()[1:] == [
        'study = "small"',
        'period = "2026Q3"',
    ]
    assert [event for event in seen if event[0] == "report"][-1] == ("report", "done")
    assert not list(home.rglob("*.partial"))


def test_nothing_runs_twice_unless_something_changed(home):
    assert states() == ALL
    assert states() == NOTHING
    assert states(force=True) == ALL
    write(home, "02_metrics", WRITE.format(name="02_metrics"), "1 + 1")
    assert states() == NOTHING | {"02_metrics": "done"}
    write(home, "01_sampling", WRITE.format(name="01_sampling"), "1 + 1")
    assert states() == ALL | {"00_intake": "up to date"}


def earlier_figures(home):
    folder = processed(home).with_name("2026Q2")
    folder.mkdir()
    (folder / "figures.csv").write_text("key,value\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda home: (home / "src" / "code.py").write_text("2"),
        lambda home: (home / "requirements.lock").write_text("numpy==2.4.1"),
        lambda home: (home / "data/raw/small/answers.csv").write_text("responded_on\n"),
        lambda home: (home / "data/raw/small/codebook.toml").write_text(""),
        lambda home: (processed(home) / "00_intake.txt").write_text("mended by hand"),
        lambda home: (processed(home) / "00_intake.txt").unlink(),
        lambda home: (home / "reports/small/2026Q3/index.html").unlink(),
        lambda home: (processed(home) / "run.json").unlink(),
        earlier_figures,
    ],
)
def test_what_a_run_depends_on_makes_it_stale(home, change, monkeypatch):
    notebooks = find_notebooks()
    study = freshness.Study.load("small")
    digests = freshness.digests(study, "2026Q3", notebooks)
    for part in (
        processed(home) / "00_intake.txt",
        study.report("2026Q3") / "index.html",
    ):
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text("made")
    freshness.write_record(study, "2026Q3", freshness.Record(digests))
    assert stale(study, notebooks) == set()
    change(home)
    assert stale(study, notebooks) == set(ALL)


def stale(study, notebooks):
    digests = freshness.digests(study, "2026Q3", notebooks)
    record = freshness.read_record(study, "2026Q3")
    return set(digests) - freshness.up_to_date(digests, record)


def test_outputs_and_compiled_files_do_not_count(home):
    notebooks = find_notebooks()
    study = freshness.Study.load("small")
    before = freshness.digests(study, "2026Q3", notebooks)
    path = home / "notebooks" / "00_intake.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][1]["execution_count"] = 7
    notebook["metadata"]["language_info"] = {"name": "python"}
    path.write_text(json.dumps(notebook))
    (home / "src" / "__pycache__").mkdir()
    (home / "src" / "__pycache__" / "code.pyc").write_text("")
    assert freshness.digests(study, "2026Q3", find_notebooks()) == before
    assert freshness.digests(study, "2026Q2", find_notebooks()) != before


def test_a_failure_stops_only_those_that_need_it(home):
    write(home, "02_metrics", "raise ValueError('no answers')")
    write(home, "03_outcomes", WRITE.format(name="03_outcomes"))
    write(home, "05_summary", "1")
    result = walk("small", "2026Q3")
    assert result.states == {
        "00_intake": "done",
        "01_sampling": "done",
        "02_metrics": "failed",
        "03_outcomes": "done",
        "05_summary": "not run",
    }
    assert not result.succeeded
    assert result.failures == {
        "02_metrics": "02_metrics, section “What is 02_metrics?”: "
        "ValueError: no answers",
        "05_summary": "05_summary was not run: it needs 02_metrics.",
    }
    assert "no answers" in (result.report.parent / "02_metrics.html").read_text()
    write(home, "02_metrics", "1")
    mended = walk("small", "2026Q3")
    assert mended.succeeded
    assert [name for name, state in mended.states.items() if state == "done"] == [
        "02_metrics",
        "05_summary",
    ]


def test_nothing_of_an_earlier_run_survives_a_failure(home):
    walk("small", "2026Q3")
    ledger = processed(home) / "ledger"
    ledger.mkdir()
    for name in ("01_sampling", "02_metrics"):
        (ledger / f"{name}.figures.csv").write_text("key\n")
    study = freshness.Study.load("small")
    record = freshness.read_record(study, "2026Q3")
    record.digests = freshness.digests(study, "2026Q3", find_notebooks())
    freshness.write_record(study, "2026Q3", record)
    write(home, "02_metrics", "1 / 0")
    walk("small", "2026Q3")
    assert [path.name for path in ledger.iterdir()] == ["01_sampling.figures.csv"]
    write(home, "00_intake", "1 / 0")
    walk("small", "2026Q3")
    left = {path.name for path in processed(home).rglob("*.ipynb")}
    assert left == {"00_intake.ipynb"}
    assert not list(processed(home).glob("*.txt"))


def test_without_anything_received_there_is_no_report(home):
    seen = []
    page = walk("small", "2026Q3").report
    write(home, "00_intake", "raise ValueError('no file')")
    result = walk("small", "2026Q3", watch=lambda *event: seen.append(event))
    assert result.report is None
    assert not page.parent.exists()
    assert set(result.failures) == set(NOTHING)
    assert [state for name, state in seen if name == "report"] == ["not run"]


def test_a_report_that_cannot_be_built_leaves_no_stale_page(home, monkeypatch):
    from analysis import report

    assert walk("small", "2026Q3").report
    build = report.build
    monkeypatch.setattr(report, "build", refuse)
    result = walk("small", "2026Q3", force=True)
    assert (result.report, result.failures) == (None, {"report": "No page."})
    monkeypatch.setattr(report, "build", build)
    again = walk("small", "2026Q3")
    assert again.states == NOTHING
    assert again.report.is_file()


def refuse(*_, **__):
    raise StudyError("No page.")


@pytest.mark.parametrize(
    ("study", "period"),
    [("smal", "2026Q3"), ("small", "2026Q5"), ("../small", "2026Q3")],
)
def test_wrong_names_are_refused_before_anything_runs(home, study, period):
    with pytest.raises(StudyError):
        walk(study, period)
    assert not (home / "data" / "processed").exists()


@pytest.mark.parametrize("code", ['study = "a"', 'study = period = wave = "a"', "1"])
def test_parameters_must_be_those_of_a_run(home, code):
    path = write(home, "02_metrics")
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source = code
    nbformat.write(notebook, path)
    with pytest.raises(StudyError, match=r"02_metrics.ipynb must have one cell"):
        walk("small", "2026Q3")


def test_a_warehouse_is_never_up_to_date(home):
    toml = home / "data" / "raw" / "small" / "study.toml"
    toml.write_text(STUDY + '[warehouse]\nurl = "duckdb://shop.duckdb"\n')
    study, notebooks = freshness.Study.load("small"), find_notebooks()
    first = freshness.digests(study, "2026Q3", notebooks)
    assert freshness.digests(study, "2026Q3", notebooks) != first


def test_the_order_of_the_notebooks(home):
    for name in ("03_outcomes", "04_coding", "05_summary", "06_own"):
        write(home, name)
    needs = {one.name: one.needs for one in find_notebooks()}
    assert needs["03_outcomes"] == needs["04_coding"] == ("01_sampling",)
    assert len(needs["05_summary"]) == 5
    assert len(needs["06_own"]) == 6


def test_a_section_is_the_nearest_heading_above():
    cells = [
        {
            "cell_type": "markdown",
            "source": ["# Title\n", "text\n", "## First?\n", "so"],
        },
        {"cell_type": "code", "source": "1"},
        {"cell_type": "markdown", "source": "no heading"},
        {"cell_type": "code", "source": "# a comment"},
    ]
    assert [section_of(cells, place) for place in (1, 3)] == ["First?", "First?"]
    assert section_of(cells[1:], 2) == ""


def test_the_working_directory_does_not_matter(home, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert states() == ALL
    assert not list(Path.cwd().iterdir())
    assert os.environ["ANALYSIS_HOME"] == str(home)
