import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import contracts
from analysis.run import walk as walking
from analysis.run.command import app
from analysis.run.newcomer import create_study
from analysis.run.walk import WalkResult
from analysis.study import TABLES, Study, StudyError


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    folder = tmp_path / "data" / "raw" / "small"
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(
        'name = "Small"\nseed = 1\n[tables.responses]\nfiles = ["*.csv"]\n'
    )
    (folder / "answers.csv").write_text(
        "responded_on,recommend\n2026-05-01,9\n2026-08-01,3\n2026-08-02,10\n"
    )
    return tmp_path


def call(*words):
    return CliRunner().invoke(app, list(words))


def test_a_mistake_is_told_in_one_message_without_traceback(home):
    result = call("run", "smal", "2026Q3")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "There is no study 'smal'. Did you mean 'small'? Known: small.\n"
    )


@pytest.mark.parametrize(
    ("failures", "status"), [({}, 0), ({"02_metrics": "02_metrics: [odd] markup"}, 1)]
)
def test_the_status_tells_whether_all_went_well(home, monkeypatch, failures, status):
    page = home / "index.html"

    def walk(study, period, **settings):
        settings["watch"]("02_metrics", "running")
        settings["watch"]("02_metrics", "failed" if failures else "done")
        return WalkResult(failures=failures, report=page)

    monkeypatch.setattr(walking, "walk", walk)
    result = call("run", "small", "2026Q3")
    assert result.exit_code == status
    title = "Incomplete report" if failures else "Report"
    assert f"{title}: {page}" in result.stdout.splitlines()
    assert ("02_metrics: [odd] markup" in result.stdout) == bool(failures)


def test_check_says_what_is_there_and_runs_nothing(home):
    result = call("check", "small")
    assert result.exit_code == 0
    assert "responses: 3 rows; 2026Q2 to 2026Q3 (answers.csv)" in result.stdout
    assert not (home / "data" / "processed").exists()


def test_check_says_all_that_must_be_mended(home):
    toml = home / "data" / "raw" / "small" / "study.toml"
    toml.write_text(toml.read_text() + '[tables.products]\nfiles = ["goods.csv"]\n')
    result = call("check", "small")
    assert result.exit_code == 1
    assert (
        "products: tables.products.files: nothing matches 'goods.csv'" in result.stdout
    )
    assert "responses: 3 rows" in result.stdout


ORDERS = "order_id,line,product_id,ordered_on,quantity,revenue,currency\n"
RETURNS = "order_id,line,returned_on,quantity,refund\n"


def look(home, files, settings):
    folder = home / "data" / "raw" / "small"
    for name, text in files.items():
        (folder / name).write_text(text)
    toml = folder / "study.toml"
    toml.write_text(toml.read_text().replace("*.csv", "answers.csv") + settings)
    return call("check", "small")


def test_check_reads_the_first_order_lines(home):
    good = "".join(f"o{n},1,p,2026-08-01,1,9,EUR\n" for n in range(1200))
    wrong = "x,1,p,2026-08-01,1,ten,EUR\ny,1,p,2026-08-01,1,ten,EUR\n"
    files = {
        "orders.csv": ORDERS + wrong + "z,1,p,2026-08-01,1,9,USD\n" + good,
        "returns.csv": RETURNS + "o1199,1,2026-08-09,1,9\n",
    }
    settings = '[tables.orders]\nfiles = ["orders.csv"]\n'
    settings += '[tables.returns]\nfiles = ["returns.csv"]\n'
    result = look(home, files, settings)
    assert result.exit_code == 0, result.stdout
    assert (
        "✓ orders: 997 rows, 3 set aside, most often: not a number (2); only the "
        "first 1,000 of each file were read (orders.csv)"
    ) in result.stdout
    assert "✓ returns: 1 rows (returns.csv)" in result.stdout
    assert not (home / "data" / "processed").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ORDERS.replace("quantity", "qty"), "no column 'quantity'"),
        (ORDERS + "o1,1,p,01.08.2026,1,9,EUR\n", "expected a date such as 2026"),
        (ORDERS + 'o1,1,p,2026-08-01,1,"9,5",EUR\n', 'set `decimal = ","`'),
    ],
)
def test_check_finds_what_is_wrong_with_order_lines(home, text, said):
    settings = '[tables.orders]\nfiles = ["orders.csv"]\n'
    result = look(home, {"orders.csv": text}, settings)
    assert result.exit_code == 1
    assert "✗ orders:" in result.stdout
    assert said in result.stdout


def test_check_judges_codings_beside_their_texts(home):
    settings = '[tables.codings]\nfiles = ["codings.csv"]\n'
    text = "document_id,coder,code,valence\nnone.csv:9,eva,price,1\n"
    result = look(home, {"codings.csv": text}, settings)
    assert result.exit_code == 1
    assert "a coding of an unknown text: 1 rows" in result.stdout


def test_check_names_settings_that_name_no_column(home):
    settings = '[weighting]\nmargins = ["segment"]\n[drivers]\nrecomend = "x"\n'
    result = look(home, {}, settings)
    assert result.exit_code == 1
    assert "✗ study.toml: drivers: 'recomend' is" in result.stdout
    assert "Did you mean 'recommend'?" in result.stdout
    assert "· study.toml: weighting.margins: 'segment' is of no use" in result.stdout


def test_a_new_study_can_be_loaded_as_it_is(home):
    result = call("new", "acme")
    assert result.exit_code == 0
    study = Study.load("acme")
    assert list(study.tables) == ["responses"]
    assert "Then: .venv/bin/python -m analysis check acme" in result.stdout
    assert "{name}" not in (study.raw / "study.toml").read_text()


def test_every_line_of_the_template_that_is_off_can_be_turned_on(home):
    path = create_study("acme")
    lines = path.read_text().splitlines()
    settings = [
        line for line in lines if line.startswith(("# [", "# ")) and is_setting(line)
    ]
    assert len(settings) > 50
    on = [line.removeprefix("# ") if line in settings else line for line in lines]
    path.write_text("\n".join(on))
    study = Study.load("acme")
    assert set(study.tables) == set(TABLES)
    stated = {"tables", "warehouse"} | study.model_fields_set
    assert set(Study.model_fields) == stated
    assert study.tables["responses"].decimal == ","


def is_setting(line):
    text = line.removeprefix("# ")
    return text.startswith("[") or text.split(" = ")[0].replace("_", "a").isalpha()


@pytest.mark.parametrize("name", ["small", "../x", "A", "", "a b", "x" * 65, "a/b"])
def test_unsafe_and_taken_names_are_refused(home, name):
    with pytest.raises(StudyError):
        create_study(name)
    assert [path.name for path in (home / "data" / "raw").iterdir()] == ["small"]


def test_the_version_is_told_at_once():
    begun = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "analysis", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert begun.stdout == "0.1.0\n"
    slow = {"pandas", "papermill", "nbformat", "jupyter_client", "statsmodels"}
    loaded = {line.rpartition("|")[2].strip() for line in begun.stderr.splitlines()}
    assert not slow & loaded


def test_draw_writes_a_list_of_keys_and_says_how_it_was_allocated(home):
    toml = home / "data" / "raw" / "small" / "study.toml"
    toml.write_text(toml.read_text() + '[sampling]\nstrata = "segment"\n')
    assert call("draw", "small", "2026Q3").exit_code == 2
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(40)],
            "segment": ["new", "new", "new", "old"] * 10,
        }
    )
    contracts.write("small", "2026Q3", "customers", customers)
    result = call("draw", "small", "2026Q3", "--size", "8")
    assert result.exit_code == 0, result.stderr
    path = home / "data" / "processed" / "small" / "2026Q3" / "invitations_next.csv"
    assert f"List: {path}" in result.stdout
    drawn = pd.read_csv(path)
    assert list(drawn) == ["customer_id", "stratum", "inclusion_probability"]
    assert drawn["stratum"].value_counts().to_dict() == {"new": 6, "old": 2}
    other = home / "list.csv"
    call("draw", "small", "2026Q3", "--size", "8", "--to", str(other))
    assert other.read_text() == path.read_text()
