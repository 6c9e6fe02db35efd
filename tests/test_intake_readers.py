import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from analysis.intake import readers
from analysis.intake.export import assemble
from analysis.settings import TableSource
from analysis.study import StudyError


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        raw = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(raw)
        return tmp_path / name

    return write


def source(**settings):
    return TableSource(files=["x"], **settings)


def book(path, **sheets):
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def test_a_record_over_several_lines_keeps_the_line_it_begins_on(put):
    path = put("a.csv", 'id,text\na,"one\ntwo"\n\nb,three\n,\nc,four\n')
    export = readers.read(path, source())
    assert export.rows.index.tolist() == [2, 5, 7]
    assert export.rows["text"].tolist() == ["one\ntwo", "three", "four"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides_the_encoding(put, encoding):
    path = put("a.csv", "id,text\na,größer\n".encode(encoding))
    export = readers.read(path, source())
    assert list(export.rows.columns) == ["id", "text"]
    assert export.rows["text"].tolist() == ["größer"]


def test_rows_that_are_too_short_or_too_long_are_counted(put):
    export = readers.read(put("a.csv", "a,b\n1,2\n3\n4,5,6\n7,8,\n"), source())
    assert export.rows_in == 4
    assert export.broken["line"].tolist() == [3, 4]
    assert export.rows["b"].tolist() == ["2", "8"]


@given(
    records=st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=4), max_size=8)
)
def test_no_record_is_lost(records):
    export = assemble(["a", "b"], range(len(records)), records)
    assert export.rows_in == len(records)


@pytest.mark.parametrize(
    ("name", "content", "settings", "said"),
    [
        ("a.csv", b"%PDF-1.7 ...", {}, "a.csv is a PDF"),
        ("a.csv", b"PK\x03\x04....", {}, 'workbook or another ZIP.*format = "excel"'),
        ("a.csv", b"<!DOCTYPE html>", {}, "a web page.*log-in"),
        ("a.csv", b"", {}, "is empty"),
        ("a.csv", b" \n\n", {}, "is empty"),
        ("a.csv", "a,b\nü,1\n".encode("utf-16-le"), {}, 'encoding = "utf-16-le"'),
        ("a.csv", "a,b\n1,2\nü,1\n".encode("cp1252"), {}, "line 3.*0xfc.*cp1252"),
        ("a.csv", b'a,b\n1,2\n"x,3\n4,5\n', {}, "quotes in pairs.*line 3"),
        ("a.xlsx", b"not a workbook", {}, "is not excel"),
        ("a.xlsx", b"PK\x03\x04 broken", {}, "cannot be read as a workbook"),
        ("a.parquet", b"PAR1 broken", {}, "cannot be read"),
        ("a.parquet", b"a,b\n1,2\n", {}, "is not parquet"),
        ("a.doc", b"a,b\n1,2\n", {}, "format of a .doc file is not known"),
        ("a.csv", b"a,b\n1,2\n", {"format": "spss"}, "no reader for the format 'spss'"),
        ("a.csv", b"a,b\n", {"format": "qualtrics"}, "two or three header rows"),
        ("a.csv", b"a,b\n1,2\n3,4\n", {"format": "qualtrics"}, "no import ids"),
    ],
)
def test_a_file_that_is_something_else_is_refused(put, name, content, settings, said):
    with pytest.raises(StudyError, match=f"(?s){said}"):
        readers.read(put(name, content), source(**settings))


def test_excel_gives_text_as_a_person_sees_it(tmp_path):
    day, moment = datetime.date(2026, 9, 30), datetime.datetime(2026, 9, 30, 8, 51)
    rows = [[], ["id", "score", "day", "at"], ["a", 9.0, day, moment], [None] * 4]
    export = readers.read(book(tmp_path / "a.xlsx", answers=rows), source())
    assert export.rows.index.tolist() == [3]
    assert export.rows.iloc[0].tolist() == [
        "a",
        "9",
        "2026-09-30",
        "2026-09-30 08:51:00",
    ]


def test_excel_with_several_sheets_asks_which(tmp_path):
    path = book(tmp_path / "a.xlsx", notes=[["x"]], answers=[["id"], ["a"]])
    with pytest.raises(StudyError, match=r"2 sheets.*notes, answers"):
        readers.read(path, source())
    with pytest.raises(StudyError, match="no sheet 'wrong'"):
        readers.read(path, source(sheet="wrong"))
    assert len(readers.read(path, source(sheet="answers")).rows) == 1


def test_parquet_gives_text(tmp_path):
    moments = pd.to_datetime(["2026-09-30 08:51", None])
    stored = pd.DataFrame({"n": [9, None], "at": moments, "text": ["x", None]})
    stored.to_parquet(tmp_path / "a.parquet")
    rows = readers.read(tmp_path / "a.parquet", source()).rows
    assert rows["n"].tolist() == ["9", ""]
    assert rows["at"].tolist() == ["2026-09-30 08:51:00", ""]
    assert rows["text"].tolist() == ["x", ""]


QUALTRICS = """RecordedDate,Status,ResponseId,Q1
Recorded Date,Response Type,Response ID,"How likely
are you to recommend us?"
"{""ImportId"":""recordedDate""}","{""ImportId"":""status""}","{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"
2026-09-01 10:00:00,IP Address,R_1,9
2026-09-01 10:00:00,Survey Preview,R_2,1
2026-09-01 10:00:00,Spam,R_3,1
"""
LEGACY = """V1,V2,Q1,Q2,
ResponseID,Status,Choose one.,"Say why,
please",
R_1,0,2,Hello,
R_2,1,3,Test,
"""


def test_qualtrics_with_three_header_rows(put):
    export = readers.read(put("a.csv", QUALTRICS), source(format="qualtrics"))
    assert export.rows["ResponseId"].tolist() == ["R_1"]
    assert export.rows.index.tolist() == [5]
    assert export.questions["Q1"] == "How likely\nare you to recommend us?"
    assert export.broken["rule"].tolist() == [
        "a preview of the survey",
        "marked as spam",
    ]
    assert export.rows_in == 3


def test_legacy_qualtrics_names_its_fixed_columns_in_the_second_row(put):
    export = readers.read(put("a.csv", LEGACY), source(format="qualtrics"))
    assert list(export.rows.columns) == ["ResponseID", "Status", "Q1", "Q2"]
    assert export.rows["Q2"].tolist() == ["Hello"]
    assert export.rows.index.tolist() == [4]
    assert export.broken["line"].tolist() == [5]


def test_google_forms_keeps_the_questions(put):
    path = put("a.csv", "Timestamp,How likely?\n2026/09/01 8:51:12 am CET,9\n")
    export = readers.read(path, source(format="google_forms"))
    assert export.questions["How likely?"] == "How likely?"
