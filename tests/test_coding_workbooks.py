"""The codebook, the workbooks that coders get, and what comes back from them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from analysis.coding.codebook import Codebook, lint, load_codebook, tabulate_codebook
from analysis.coding.workbooks import write_workbook
from analysis.intake.readers import coding_workbook
from analysis.settings import TableSource
from analysis.study import StudyError

BOOK = """
version = "1.0"
[[codes]]
id = "late"
name = "Late delivery"
definition = "It came later than promised."
use_when = "Delay."
not_when = "Slow refunds."
example = "Six days late."
[[codes]]
id = "price"
name = "=Price"
definition = "<b>Too dear</b>"
parent = "money"
[[codes]]
id = "slow"
name = "Slow"
replaced_by = "late"
"""
HOSTILE = [
    '=HYPERLINK("http://example.com","x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "<script>alert(1)</script>",
    "nul\x00l and bell\x07",
    "'quoted",
    "x" * 40_000,
    "مرحبا 👍🏽 e\u0301",
    "two\nlines",
]


@pytest.fixture
def book(tmp_path: Path) -> Codebook:
    path = tmp_path / "codebook.toml"
    path.write_text(BOOK, encoding="utf-8")
    return load_codebook(path)


@pytest.fixture
def workbook(book: Codebook, tmp_path: Path) -> Path:
    documents = pd.DataFrame(
        {"text": HOSTILE, "rating": 3, "segment": "loyal"},
    ).assign(document_id=[f"d{n}" for n in range(len(HOSTILE))])
    return write_workbook(
        tmp_path,
        documents,
        codebook=book,
        coder="ann",
        period="2026Q3",
        rng=np.random.default_rng(1),
    )


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_codebook(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("use_when", "use_wen", "Did you mean 'use_when'?"),
        ('replaced_by = "late"', 'replaced_by = "lat"', "Did you mean 'late'?"),
        ('id = "price"', 'id = "late"', "'late' is defined twice"),
        ('id = "price"', 'id = "none"', "reserved name"),
        ('name = "=Price"', "", "this key is missing"),
        ('version = "1.0"', 'versio = "1.0"', "Did you mean 'version'?"),
        ('parent = "money"', 'parent = "price"', "above itself"),
        ('id = "late"', "id = late", "not valid TOML"),
    ],
)
def test_mistakes_in_the_codebook_are_named(tmp_path, before, after, said):
    assert said in refused(tmp_path, BOOK.replace(before, after, 1))


def test_a_missing_codebook_says_what_to_do(tmp_path):
    with pytest.raises(StudyError, match=r"no codebook\.toml.*copy the demo's"):
        load_codebook(tmp_path / "codebook.toml")


def test_lint_finds_gaps_lone_headings_and_codes_out_of_step(book):
    found = lint(book, used=["late", "slow", "rude", "none"])
    pairs = set(zip(found["code"], found["finding"], strict=True))
    assert pairs == {
        ("price", "no `use_when`"),
        ("price", "no `not_when`"),
        ("price", "no `example`"),
        ("price", "parent 'money' is no code and no other code's parent"),
        ("price", "never given"),
        ("rude", "given, but not in the book"),
        ("slow", "given, but replaced"),
    }


def test_the_book_as_a_table_keeps_order_and_text(book):
    table = tabulate_codebook(book)
    assert table["id"].tolist() == ["late", "price", "slow"]
    assert table.loc[1, "definition"] == "<b>Too dear</b>"
    assert book.active == ["late", "price"]


def test_coders_see_texts_in_random_order_and_nothing_else(workbook):
    sheet = load_workbook(workbook)["coding"]
    header = [cell.value for cell in sheet[1]]
    assert header == ["document_id", "text", "late", "price", "none", "valence", "memo"]
    ids = [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert sorted(ids) == sorted(f"d{n}" for n in range(len(HOSTILE)))
    assert ids != sorted(ids)
    assert not [
        cell.value
        for row in sheet.iter_rows(2, min_col=3)
        for cell in row
        if cell.value
    ]


def test_no_cell_of_a_workbook_is_a_formula(workbook):
    cells = [
        cell
        for sheet in load_workbook(workbook).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    texts = {cell.value for cell in cells}
    assert set(HOSTILE[:6]) - {"\t=1+1"} <= texts
    assert "nul\ufffdl and bell\ufffd" in texts


def test_marks_have_drop_downs(workbook):
    rules = load_workbook(workbook)["coding"].data_validations.dataValidation
    offered = {(rule.formula1, str(rule.sqref)) for rule in rules}
    assert offered == {('"x"', "C2:E12"), ('"-1,0,1"', "F2:F12")}


def test_a_workbook_is_never_overwritten(workbook, book):
    documents = pd.DataFrame({"document_id": ["d1"], "text": ["a"]})
    rng = np.random.default_rng(1)
    with pytest.raises(StudyError, match="may hold codings"):
        write_workbook(
            workbook.parent,
            documents,
            codebook=book,
            coder="ann",
            period="2026Q3",
            rng=rng,
        )
    with pytest.raises(StudyError, match="coder's name"):
        write_workbook(
            workbook.parent,
            documents,
            codebook=book,
            coder="../a",
            period="2026Q3",
            rng=rng,
        )


def fill(workbook: Path, marks: dict[str, object]) -> Path:
    book = load_workbook(workbook)
    for cell, value in marks.items():
        book["coding"][cell].value = value
    book.save(workbook)
    return workbook


SOURCE = TableSource(files=["coding_*.xlsx"], format="coding_workbook")
ALL_NONE = {f"E{row}": "x" for row in range(2, 2 + len(HOSTILE))}


def test_marks_come_back_as_codings_with_their_row(workbook):
    marks = ALL_NONE | {"C3": "x", "D3": " X ", "E3": None, "F3": -1, "G3": "memo"}
    export = coding_workbook.read(fill(workbook, marks), SOURCE)
    ids = [row[0].value for row in load_workbook(workbook)["coding"].iter_rows(2)]
    third = export.rows.loc[[3]]
    assert third.to_numpy().tolist() == [
        [ids[1], "ann", "late", "-1", "2026Q3", "memo"],
        [ids[1], "ann", "price", "-1", "2026Q3", ""],
    ]
    assert export.rows.loc[2].tolist() == [ids[0], "ann", "none", "", "2026Q3", ""]
    assert export.broken.empty
    assert export.rows_in == len(HOSTILE) + 1


@pytest.mark.parametrize(
    ("marks", "cell", "rule"),
    [
        ({"C4": "y"}, "coding!C4", "not a mark for late"),
        ({"F4": 2}, "coding!F4", "not a valence"),
        ({"C4": "x"}, "coding!E4", "`none` beside codes"),
        ({"E4": None}, "coding!E4", "not coded"),
        ({"A4": None}, "coding!A4", "no document"),
        ({"C4": "?"}, "coding!C4", "not decided"),
    ],
)
def test_a_row_with_a_mistake_is_set_aside_whole(workbook, marks, cell, rule):
    export = coding_workbook.read(fill(workbook, ALL_NONE | marks), SOURCE)
    assert export.broken[["line", "column", "rule"]].to_numpy().tolist() == [
        [4, cell, rule]
    ]
    assert 4 not in export.rows.index
    assert export.rows_in == len(HOSTILE)


def test_an_unknown_code_column_is_refused_by_cell(workbook):
    fill(workbook, ALL_NONE | {"C1": "lte"})
    with pytest.raises(
        StudyError, match="sheet coding, cell C1: found the column 'lte'"
    ):
        coding_workbook.read(workbook, SOURCE)


def test_columns_may_move_and_none_may_be_lost(workbook):
    book = load_workbook(fill(workbook, ALL_NONE | {"C4": "y", "G3": "note"}))
    sheet = book["coding"]
    before = coding_workbook.read(workbook, SOURCE)
    sheet.insert_cols(2)
    sheet.move_range("A1:A20", cols=9)
    book.save(workbook)
    after = coding_workbook.read(workbook, SOURCE)
    pd.testing.assert_frame_equal(before.rows, after.rows)
    assert after.broken["column"].tolist() == ["coding!D4"]
    sheet["D1"].value = None
    book.save(workbook)
    with pytest.raises(StudyError, match=r"cell D4: found 'y' in a column without a"):
        coding_workbook.read(workbook, SOURCE)
    sheet.delete_cols(4)
    book.save(workbook)
    with pytest.raises(StudyError, match=r"row 1: there is no column for .* 'late'"):
        coding_workbook.read(workbook, SOURCE)


def test_a_document_that_stands_twice_is_decided_once(workbook):
    ids = [row[0].value for row in load_workbook(workbook)["coding"].iter_rows(2)]
    export = coding_workbook.read(fill(workbook, ALL_NONE | {"A5": ids[0]}), SOURCE)
    assert export.broken[["column", "rule", "expected"]].to_numpy().tolist() == [
        ["coding!A5", "the document a second time", "once, as in row 2"]
    ]


def test_a_note_on_a_row_without_a_mark_is_told(workbook):
    export = coding_workbook.read(
        fill(workbook, ALL_NONE | {"E4": None, "G4": "unclear"}), SOURCE
    )
    assert export.broken["value"].tolist() == ["unclear"]


def test_coder_and_round_may_come_from_the_study_file(workbook):
    fill(workbook, ALL_NONE)
    other = workbook.rename(workbook.with_name("returned (2).xlsx"))
    with pytest.raises(StudyError, match="who coded, and when"):
        coding_workbook.read(other, SOURCE)
    named = SOURCE.model_copy(update={"constants": {"coder": "bob", "round": "1"}})
    assert set(coding_workbook.read(other, named).rows["coder"]) == {"bob"}
