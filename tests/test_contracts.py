import pandas as pd
import pytest
import small_study

from analysis import contracts
from analysis.contracts.dictionary import dictionary
from analysis.study import TABLES, StudyError


@pytest.fixture
def study(monkeypatch, tmp_path):
    return small_study.make(monkeypatch, tmp_path, small_study.SURVEY, {})


def answers(**columns):
    made = {
        "response_id": ["a", "b"],
        "responded_on": pd.to_datetime(["2026-07-01", "2026-08-01"]),
        "period": "2026Q3",
    }
    return pd.DataFrame(made | columns)


def test_the_committed_dictionary_is_current(root):
    assert (root / "docs" / "data.md").read_text(encoding="utf-8") == dictionary()


def test_every_table_of_a_study_has_a_contract():
    assert set(TABLES) <= set(contracts.CONTRACTS)


@pytest.mark.parametrize("name", contracts.CONTRACTS)
def test_each_contract_says_what_a_row_and_each_column_is(name):
    contract = contracts.CONTRACTS[name]
    assert contract.__doc__.startswith("Each row is one ")
    for column in contract.to_schema().columns.values():
        assert column.description.endswith(".")


def test_what_is_written_is_read_back(study):
    written = answers(recommend=[9.0, None], comment=["fine", None])
    contracts.write(study, "2026Q3", "responses", written)
    back = contracts.read("small", "2026Q3", "responses")
    pd.testing.assert_frame_equal(back, written, check_dtype=False)


def test_a_table_that_breaks_its_contract_is_not_written(study):
    with pytest.raises(StudyError, match="response_id"):
        contracts.write(study, "2026Q3", "responses", answers(response_id=["a", "a"]))
    assert not study.processed("2026Q3").exists()


def test_a_failed_write_leaves_the_old_file_and_no_other(study, monkeypatch):
    path = contracts.write(study, "2026Q3", "responses", answers())
    before = path.read_bytes()

    def fail(*_args, **_kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    with pytest.raises(OSError, match="disk full"):
        contracts.write(study, "2026Q3", "responses", answers(recommend=[1.0, 2.0]))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_name_cannot_leave_the_folder(study):
    with pytest.raises(StudyError, match="cannot name a table"):
        contracts.write(study, "2026Q3", "../evil", answers())


def test_order_lines_are_never_loaded(study):
    with pytest.raises(StudyError, match="customer_periods"):
        contracts.read(study, "2026Q3", "orders")


def test_an_unknown_table_names_the_nearest(study):
    with pytest.raises(StudyError, match="Did you mean 'responses'"):
        contracts.read(study, "2026Q3", "reponses")


def test_tables_say_what_is_missing_and_for_what(study, capsys):
    contracts.write(study, "2026Q3", "responses", answers(effort=[None, None]))
    tables = contracts.Tables.open("small", "2026Q3")
    assert tables.has("responses", "responses.period")
    assert not tables.has("responses.effort")
    assert not tables.has("orders")
    assert not tables.has("customers", to="show the response rate")
    capsys.readouterr()


def test_the_sentence_shown_for_a_missing_table(study, monkeypatch):
    shown = []
    monkeypatch.setattr("analysis.contracts.store.display", shown.append)
    tables = contracts.Tables.open(study, "2026Q3")
    assert not tables.has("customers", to="show the response rate of each stratum")
    assert shown[0].data == (
        '<p class="missing">This section would show the response rate of each stratum. '
        "It needs the table <code>customers</code> (one customer, or one customer in "
        "one period's snapshot per row), which this study does not have.</p>"
    )


def test_a_notebook_cannot_change_a_table_for_the_next_cell(study):
    contracts.write(study, "2026Q3", "responses", answers(recommend=[9.0, 8.0]))
    tables = contracts.Tables.open(study, "2026Q3")
    responses = tables.responses
    responses["recommend"] = 0.0
    assert tables.responses["recommend"].tolist() == [9.0, 8.0]
