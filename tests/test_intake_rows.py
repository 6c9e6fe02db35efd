import pandas as pd
import pytest
import small_study
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from analysis.contracts.made import RowCounts
from analysis.intake.duplicates import same_answer
from analysis.intake.tables import receive_table
from analysis.study import StudyError

HEAD = small_study.ANSWERS


@pytest.fixture
def take(monkeypatch, tmp_path):
    def receive(files, settings="", table="responses", period="2026Q3"):
        survey = settings if "[tables.responses]" in settings else ""
        settings = survey or small_study.SURVEY + settings
        study = small_study.make(monkeypatch, tmp_path, settings, files)
        return receive_table(study, table, period=study.period(period))

    return receive


def row(key, customer="", on="2026-09-01", score="9", comment=""):
    return f"{key},{customer},{on},{score},{comment}\n"


def many(first, size=20, **cells):
    return "".join(row(f"{first}{n}", **cells) for n in range(size))


def test_every_row_is_accounted_for(take):
    text = HEAD + row("a") + row("b", score="11") + row("c", on="2026-10-01")
    text += row("a", score="1") + row("d", on="31/08/2026") + "e,,2026-09-01\n"
    text += many("x")
    received = take({"survey.csv": text})
    counts = received.counts.iloc[0]
    assert counts[["rows_in", "kept", "set_aside", "duplicates", "later"]].tolist() == [
        26, 21, 4, 1, 1,
    ]  # fmt: skip
    assert dict(zip(received.rules["rule"], received.rules["rows"], strict=True)) == {
        "outside the scale": 1,
        "not a date": 1,
        "duplicate: the same key": 1,
        "wrong number of cells": 1,
    }
    told = received.rejected.set_index("rule")
    assert told.loc["outside the scale"].tolist() == [
        "responses", "survey.csv", 3, "recommend", "11", "0 to 10",
    ]  # fmt: skip
    assert told.loc["not a date", "value"] == "31/08/2026"


CELLS = st.sampled_from(["9", "11", "", "x", "-1", "2026-09-01", "2026-10-05", "a"])


@settings(max_examples=30)  # each reads a study from the disk
@given(cells=st.lists(st.lists(CELLS, min_size=1, max_size=7), min_size=1, max_size=9))
def test_no_row_is_ever_lost(cells, tmp_path_factory):
    text = HEAD + "x,,2026-09-01,9,\n" + "".join(",".join(one) + "\n" for one in cells)
    stated = small_study.SURVEY + "[thresholds]\nrejected_share = 1.0\n"
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        study = small_study.make(patch, home, stated, {"survey.csv": text})
        received = receive_table(study, "responses", period=study.period("2026Q3"))
    assert RowCounts.balanced(received.counts)
    assert received.counts["rows_in"].sum() == 1 + sum(any(one) for one in cells)
    assert len(received.rows) == received.counts["kept"].sum()


def test_a_declared_missing_code_is_no_score(take):
    text = HEAD + row("a", score="11") + row("b", score="11.0") + row("c")
    received = take(
        {"survey.csv": text}, "[tables.responses.missing]\nrecommend = [11]\n"
    )
    assert received.rows["recommend"].isna().tolist() == [True, True, False]
    assert received.counts["set_aside"].sum() == 0


COMMA = '[tables.responses]\nfiles = ["survey.*"]\ndelimiter = ";"\ndecimal = ","\n'


def test_numbers_with_a_decimal_comma(take):
    text = "responded_on;rating_price;duration\n"
    text += "2026-09-01;4,5;1.246,78\n2026-09-01;9,9;12\n"
    stated = COMMA + "[tables.responses.missing]\nrating_price = [9.9]\n"
    rows = take({"survey.csv": text}, stated).rows
    assert rows["rating_price"].iloc[0] == 4.5
    assert pd.isna(rows["rating_price"].iloc[1])
    assert rows["duration"].tolist() == [1246.78, 12.0]


def test_cells_that_are_numbers_in_the_file_need_no_comma(take, tmp_path):
    book = Workbook()
    rows = [["responded_on", "rating_price", "duration"],
            ["2026-09-01", "4,5", 1246.78], ["2026-09-01", 3.25, 1.246]]  # fmt: skip
    for one in rows:
        book.active.append(one)
    book.save(tmp_path / "survey.xlsx")
    content = (tmp_path / "survey.xlsx").read_bytes()
    kept = take({"survey.xlsx": content}, COMMA).rows
    assert kept["rating_price"].tolist() == [4.5, 3.25]
    assert kept["duration"].tolist() == [1246.78, 1.246]


def test_dates_in_the_order_of_a_country_are_answered_with_the_setting(take):
    with pytest.raises(StudyError, match='for this set `dates = "day_first"`'):
        take({"survey.csv": "responded_on,recommend\n30.09.2026,9\n"})


def test_an_unread_comma_is_answered_with_the_setting(take):
    text = "responded_on,duration\n" + '2026-09-01,"12,5"\n'
    with pytest.raises(StudyError, match='for this set `decimal = ","`'):
        take({"survey.csv": text})


def test_too_many_rejected_rows_stop_the_run(take):
    text = HEAD + row("a", score="11") + row("b", score="12") + row("c")
    with pytest.raises(StudyError) as stop:
        take({"survey.csv": text})
    for part in ["2 of 3 rows", "0.2", "survey.csv, line 2, column recommend",
                 "found '11'", "expected 0 to 10", "Mend"]:  # fmt: skip
        assert part in str(stop.value)


def test_an_error_shows_no_personal_data(take):
    text = HEAD + row("a", score="jo@example.com")
    with pytest.raises(StudyError) as stop:
        take({"survey.csv": text})
    assert "[email]" in str(stop.value)
    assert "jo@example.com" not in str(stop.value)


def test_a_later_row_is_not_judged_and_hides_no_duplicate(take):
    text = HEAD + row("a", on="2026-10-02", score="99") + row("a") + many("x")
    received = take({"survey.csv": text})
    assert received.counts["later"].sum() == 1
    assert received.counts["kept"].sum() == 21


def test_the_last_day_of_the_period_is_in_it(take):
    text = HEAD + row("a", on="2026-09-30 23:59:59") + row("b", on="2026-10-01 00:00")
    received = take({"survey.csv": text})
    assert received.rows["response_id"].tolist() == ["a"]


def test_an_old_period_gives_what_it_gave(take):
    old = HEAD + row("a", on="2026-05-01") + row("b", on="2026-06-30")
    first = take({"survey_1.csv": old}, period="2026Q2")
    new = HEAD + row("c", on="2026-08-01") + row("a", on="2026-08-02", score="0")
    again = take({"survey_1.csv": old, "survey_2.csv": new}, period="2026Q2")
    pd.testing.assert_frame_equal(first.rows, again.rows)


def test_a_missing_key_is_made_of_file_and_line(take):
    text = "responded_on,recommend\n2026-09-01,9\n2026-09-01,9\n"
    received = take({"survey.csv": text})
    assert received.rows["response_id"].tolist() == ["survey.csv:2", "survey.csv:3"]


def test_a_file_without_dates_is_dated_by_its_period(take):
    settings = '[tables.responses]\nfiles = ["survey.csv"]\nperiod = "2026Q2"\n'
    received = take({"survey.csv": "recommend\n9\n8\n"}, settings)
    assert set(received.rows["responded_on"]) == {pd.Timestamp("2026-06-30")}
    assert set(received.rows["period"]) == {"2026Q2"}
    assert take({}, settings, period="2026Q1").counts["later"].sum() == 2


FORM = """
[tables.responses]
files = ["form_*.csv"]
format = "google_forms"
dates = "month_first"
columns = { responded_on = "Timestamp", recommend = "How likely?", comment = "Why?" }
"""


def test_a_survey_imported_in_two_time_formats_counts_once(take):
    header = "Timestamp,How likely?,Why?\n"
    one = header + "11/1/2026 8:51:12,9,Fast\n11/2/2026 9:00:00,3,\n"
    two = header + "2026-11-01 08:51:12.402,9,Fast\n2026-11-02 09:00:00.1,3,\n"
    received = take({"form_1.csv": one, "form_2.csv": two}, FORM, period="2026Q4")
    assert received.counts["kept"].tolist() == [2, 0]
    assert received.counts["duplicates"].tolist() == [0, 2]


def said(files, **columns):
    base = {"response_id": [f"r{n}" for n in range(len(files))], "recommend": 9.0}
    rows = pd.DataFrame(base | columns)
    rows["responded_on"] = pd.to_datetime(columns["responded_on"])
    return same_answer(rows, files=pd.Series(files), table="responses").tolist()


@pytest.mark.parametrize(
    ("files", "columns", "twice"),
    [
        (["1", "1"], {"responded_on": ["2026-09-01 10:00:00"] * 2}, False),
        (["1", "2"], {"responded_on": ["2026-09-01"] * 2}, False),
        (["1", "2"], {"responded_on": ["2026-09-01 10:00", "2026-09-01 10:01"]}, False),
        (["1", "2"], {"responded_on": ["2026-09-01 10:00:00.1",
                                       "2026-09-01 10:00:00.9"]}, True),
        (["1", "2"], {"responded_on": ["2026-09-01"] * 2,
                      "customer_id": ["c", "c"]}, True),
        (["1", "1"], {"responded_on": ["2026-09-01"] * 2,
                      "customer_id": ["c", "c"]}, True),
        (["1", "2"], {"responded_on": ["2026-09-01 10:00"] * 2,
                      "customer_id": ["c", "d"]}, False),
        (["1", "2"], {"responded_on": ["2026-09-01 10:00"] * 2,
                      "customer_id": ["c", None]}, False),
        (["1", "2"], {"responded_on": ["2026-09-01 10:00"] * 2,
                      "recommend": [9.0, 8.0]}, False),
    ],
)  # fmt: skip
def test_when_two_rows_are_the_same_answer(files, columns, twice):
    assert said(files, **columns) == [False, twice]


def test_a_customer_who_left_later_had_not_left(take):
    settings = (
        '[tables.customers]\nfiles = ["customers.csv"]\nattributes = ["region"]\n'
    )
    text = "customer_id,joined_on,left_on,region\n"
    text += "a,2024-01-01,2026-09-30,N\nb,2024-01-01,2026-10-01,N\nc,2026-10-01,,S\n"
    text += "d,2024-01-01,2023-01-01,N\n" + "".join(
        f"x{n},2024-01-01,,N\n" for n in range(9)
    )
    received = take({"customers.csv": text, "survey.csv": HEAD}, settings, "customers")
    kept = received.rows.set_index("customer_id")
    assert kept.loc["a", "left_on"] == pd.Timestamp("2026-09-30")
    assert pd.isna(kept.loc["b", "left_on"])
    assert set(kept["region"]) == {"N"}
    assert received.counts["later"].tolist() == [1]
    assert received.rules["rule"].tolist() == ["left before joining"]


SNAPSHOTS = "customer_id,period,segment\na,2026Q2,new\na,2026Q3,old\na,2026Q4,old\n"


def test_customers_may_come_in_snapshots(take):
    settings = '[tables.customers]\nfiles = ["c.csv"]\nattributes = ["segment"]\n'
    received = take({"c.csv": SNAPSHOTS, "survey.csv": HEAD}, settings, "customers")
    assert received.rows["period"].tolist() == ["2026Q2", "2026Q3"]
    assert received.counts["later"].tolist() == [1]


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        (HEAD, "", "survey.csv holds a header but no rows"),
        ("id,when\n1,2\n", "", "no column 'responded_on'"),
        (
            "ResponseId,RecordedDat,Q1\na,2026-09-01,9\n",
            '[tables.responses.columns]\nresponded_on = "RecordedDate"\n',
            "survey.csv: there is no column 'RecordedDate'.*mean 'RecordedDat'",
        ),
        (
            "responded_on,Q_1\n2026-09-01,9\n",
            '[tables.responses.columns]\nrecommend = "Q1"\n',
            "no column 'Q1' .recommend. in survey.csv. Did you mean 'Q_1'",
        ),
        (
            "responded_on;recommend\n2026-09-01;9\n",
            "",
            'cut at the semicolon: set `delimiter = ";"`',
        ),
        (
            "responded_on,recommend,recommend\n2026-09-01,9,9\n",
            "",
            "2 columns are called 'recommend'",
        ),
        (
            "responded_on,recommend\n2026-09-01,9\n",
            '[tables.responses.columns]\nrecommendd = "recommend"\n',
            "'recommendd' is no column of responses. Did you mean 'recommend'",
        ),
    ],
)
def test_an_error_says_what_was_found_and_what_to_do(take, text, settings, said):
    with pytest.raises(StudyError, match=f"(?s){said}"):
        take({"survey.csv": text}, settings)


def test_a_missing_file_and_a_path_out_of_the_folder(take):
    with pytest.raises(StudyError, match=r"nothing matches 'survey\*.csv'.*study.toml"):
        take({})
    away = '[tables.responses]\nfiles = ["../other/*.csv"]\n'
    with pytest.raises(StudyError, match="leaves the study folder"):
        take({}, away)


def test_a_column_that_only_some_files_have_is_reported(take):
    settings = '[tables.responses.columns]\neffort = "Q3"\n'
    old, new = "responded_on\n2026-05-01\n", "responded_on,Q3\n2026-08-01,5\n"
    received = take({"survey_1.csv": old, "survey_2.csv": new}, settings)
    assert received.absent[["file", "column"]].to_numpy().tolist() == [
        ["survey_1.csv", "effort"]
    ]
    assert received.rows["effort"].isna().tolist() == [True, False]


ALSO = """
[[tables.responses.also]]
files = ["bought*.csv"]
format = "google_forms"
dates = "day_first"
delimiter = ";"
columns = { responded_on = "When", order_id = "Order", satisfaction = "Happy?" }
constants = { kind = "transaction" }
missing = { satisfaction = [9] }
"""
TOLD = "When;Order;Happy?\n"


def test_a_table_may_come_from_several_sources(take):
    one = HEAD + row("a") + row("b", score="11") + row("c", on="2026-10-01")
    two = TOLD + "03/09/2026;o1;9\n04/09/2026;o2;5\n31/13/2026;o3;5\n"
    two += "05/10/2026;o4;5\n" + "06/09/2026;o5;4\n" * 9
    received = take({"survey.csv": one + many("x"), "bought.csv": two}, ALSO)
    counts = received.counts.set_index("file")
    assert counts.loc["survey.csv"].tolist() == ["responses", 23, 21, 1, 0, 1]
    assert counts.loc["bought.csv"].tolist() == ["responses", 13, 11, 1, 0, 1]
    assert received.rejected[["file", "line", "value"]].to_numpy().tolist() == [
        ["survey.csv", 3, "11"],
        ["bought.csv", 4, "31/13/2026"],
    ]
    bought = received.rows[received.rows["kind"] == "transaction"]
    assert bought["response_id"].iloc[0] == "bought.csv:2"
    assert bought["satisfaction"].isna().sum() == 1
    assert bought["recommend"].isna().all()
    assert len(received.rows) == received.counts["kept"].sum()


def test_two_sources_may_not_give_the_same_key(take):
    settings = SURVEY_ONE + '[[tables.responses.also]]\nfiles = ["b.csv"]\n'
    received = take({"a.csv": HEAD + row("k"), "b.csv": HEAD + row("k")}, settings)
    assert received.counts["duplicates"].tolist() == [0, 1]


SURVEY_ONE = '[tables.responses]\nfiles = ["a.csv"]\n'
FURTHER = SURVEY_ONE + '[[tables.responses.also]]\nfiles = ["b*.csv"]\n'
PLACE = r"tables\.responses\.also\[0\]"


@pytest.mark.parametrize(
    ("settings", "second", "said"),
    [
        (FURTHER, None, f"{PLACE}.files: nothing matches"),
        (FURTHER, "id,when\n1,2\n", f"{PLACE}.columns.responded_on in study.toml"),
        (FURTHER, HEAD, f"{PLACE}: b.csv holds a header but no rows"),
        (
            FURTHER,
            HEAD + row("z", score="11"),
            f"{PLACE}: 1 of 1 rows break a rule.*b.csv, line 2",
        ),
        (
            FURTHER + 'columns = { effort = "Q3" }\n',
            HEAD + row("z"),
            rf"{PLACE}: there is no column 'Q3' \(effort\) in b.csv",
        ),
        (
            FURTHER + 'columns = { recomend = "recommend" }\n',
            HEAD + row("z"),
            f"{PLACE}: 'recomend' is no column of responses",
        ),
        (
            FURTHER.replace("b*", "?"),
            HEAD + row("z"),
            f"{PLACE}: a.csv is also a file of tables.responses",
        ),
        (FURTHER + 'colums = { a = "b" }\n', None, f"{PLACE}.colums: unknown key"),
        (FURTHER + 'dates = "dmy"\n', None, f"{PLACE}.dates: expected iso"),
        (
            FURTHER + '[[tables.responses.also.also]]\nfiles = ["c.csv"]\n',
            None,
            "tables.responses.*`also` stands in no `also`",
        ),
    ],
)
def test_an_error_names_the_source(take, settings, second, said):
    files = {"a.csv": HEAD + many("x")} | ({"b.csv": second} if second else {})
    with pytest.raises(StudyError, match=f"(?s){said}"):
        take(files, settings)
