"""REFI-QDA and Taguette files: out and in without loss, no harm from hostile ones."""

import copy
import io
import re
import struct
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from typer.testing import CliRunner

from analysis import contracts, qda
from analysis.coding import exchange
from analysis.coding.codebook import Code, Codebook
from analysis.coding.exchange.descriptions import describe, read_description
from analysis.intake import readers
from analysis.qda.markup import GUID, local, parse, serialise
from analysis.qda.tables import unread
from analysis.run.command import app
from analysis.settings import TableSource
from analysis.study import StudyError

REFERENCE = Path(__file__).parent / "reference" / "exchange"
SCHEMAS = tomllib.loads((REFERENCE / "schema.toml").read_text(encoding="utf-8"))
THEIRS = "\ufeffI 👍🏽 cafe\u0301 late\r\nthe second line.\r\n"

BOOK = Codebook(
    version="2.1",
    codes=(
        Code(
            id="late",
            name="Late <delivery> & co",
            definition="It came late.\nId: looks like a label",
            use_when="Delay.",
            not_when="Slow\trefunds.",
            example='"Six" days\r\nlate',
            parent="service",
        ),
        Code(id="refund", name="Refund", parent="late"),
        Code(id="price", name="=Price", parent="money matters"),
        Code(id="slow", name="Slow", replaced_by="late"),
    ),
)
TEXTS = pd.DataFrame(
    {
        "document_id": ["R_1", "R_2", "../R_3", "a&b.txt", "empty"],
        "text": [
            "👍🏽 cafe\u0301 came late\r\nvery late",
            "=1+1\ttoo dear\x00\x07",
            "<script>x</script>\n\n  spaces  ",
            "\ufeffmarked",
            "",
        ],
    }
)
GIVEN = [
    ("R_1", "ann", "late", -1, 11, 15, "1", "Ask her: 'when?'\n  <soon>"),
    ("R_1", "ann", "refund", -1, 11, 15, "1", None),
    ("R_1", "bob", "late", 0, 9, 21, "1", None),
    ("R_1", "ann", "none", None, None, None, "2", None),
    ("R_2", "bob", "price", 1, 0, 4, None, None),
    ("R_2", "bob", "price", 1, 0, 13, None, "=cmd()"),
    ("../R_3", "eve", "none", None, None, None, None, None),
    ("a&b.txt", "eve", "late", 1, 1, 1, "1", None),
    ("empty", "eve", "none", 0, None, None, "1", None),
]
COLUMNS = ["document_id", "coder", "code", "valence", "start", "end", "round", "memo"]
CODINGS = pd.DataFrame(GIVEN, columns=COLUMNS)


def project(codings=CODINGS, texts=TEXTS):
    return exchange.make_project(texts, codings=codings, codebook=BOOK, study="demo")


def there_and_back(made, folder):
    return qda.read_project(qda.write_file(made, folder / "a.qdpx"))


def same_rows(found, expected):
    def plain(frame):
        rows = frame.reindex(columns=COLUMNS).astype("object")
        rows = rows.where(rows.notna(), None).to_numpy().tolist()
        return sorted(map(repr, ([float(c) if isinstance(c, int) else c for c in row]
                                 for row in rows)))  # fmt: skip

    return plain(found) == plain(expected)


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def foreign(tmp_path):
    return zipped(
        tmp_path / "theirs.qdpx",
        {
            "Project.qde": (REFERENCE / "project.qde").read_bytes(),
            "Sources/C1.txt": THEIRS.encode(),
            "Sources/C1.docx": b"rich",
            "Sources/C2.pdf": b"%PDF",
        },
    )


def breaches(root, schema):
    """Return what the schema does not allow in a tree."""
    found = []
    for element in root.iter():
        rule = schema.get(local(element))
        if rule is None:
            found.append(f"{local(element)} is unknown")
            continue
        known = rule.get("attributes", "").split()
        found += [
            f"{local(element)} lacks {name}"
            for name in known
            if name.endswith("!") and element.get(name[:-1]) is None
        ]
        allowed = {name.rstrip("!") for name in known}
        found += [
            f"{local(element)} has {name}" for name in {*element.keys()} - allowed
        ]
        found += [
            f"{name}={value}"
            for name, value in element.items()
            if not fits(name, value)
        ]
        order = "".join(f"<{local(child)}>" for child in element)
        pattern = re.sub(
            r"(\w+)([!?*+])",
            lambda m: f"(<{m[1]}>){m[2].replace('!', '')}",
            rule.get("children", "").replace(" ", ""),
        )
        if not re.fullmatch(pattern, order):
            found.append(f"{local(element)} holds {order}")
    return found


def fits(name, value):
    if name.lower().endswith("guid") or name in ("creatingUser", "modifyingUser"):
        return bool(GUID.fullmatch(value))
    if name == "color":
        return bool(re.fullmatch("#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})", value))
    if name in ("startPosition", "endPosition"):
        return value.isdigit()
    return value in ("true", "false") if name == "isCodable" else True


def test_what_we_write_is_valid():
    assert breaches(project().root, SCHEMAS["project"]) == []
    book = exchange.make_codebook(BOOK, study="demo")
    assert breaches(book.root, SCHEMAS["codebook"]) == []
    empty = project(CODINGS.head(0), TEXTS.head(0))
    assert breaches(empty.root, SCHEMAS["project"]) == []
    guids = [one.get("guid") for one in project().root.iter() if one.get("guid")]
    assert len(guids) == len(set(guids))


def test_the_validator_finds_what_is_not():
    broken = project()
    broken.root[0].set("color", "red")
    broken.root.append(copy.deepcopy(broken.root[0]))
    assert breaches(broken.root, SCHEMAS["project"])


def test_codings_come_back_and_the_second_file_is_the_first(tmp_path):
    first = there_and_back(project(), tmp_path)
    path = tmp_path / "a.qdpx"
    assert first.content() == path.read_bytes()
    rows = exchange.read_codings(first, documents=TEXTS, codebook=BOOK, study="demo")
    assert same_rows(rows, CODINGS)
    texts = qda.texts(first)
    assert dict(zip(texts["document_id"], texts["text"], strict=True)) == dict(
        zip(TEXTS["document_id"], TEXTS["text"], strict=True)
    )
    book = exchange.to_codebook(first)
    assert book.version == BOOK.version
    assert {one.id: one for one in book.codes} == {one.id: one for one in BOOK.codes}
    again = exchange.make_project(
        texts.sample(frac=1, random_state=1),
        codings=rows.sample(frac=1, random_state=1),
        codebook=BOOK,
        study="demo",
    )
    assert again.content() == path.read_bytes()


def test_the_codebook_comes_back(tmp_path):
    path = qda.write_file(
        exchange.make_codebook(BOOK, study="demo"), tmp_path / "b.qdc"
    )
    read = qda.read_codebook(path)
    assert exchange.to_codebook(read) == BOOK
    assert read.content() == path.read_bytes()
    colors = qda.codes(read).set_index("name")["color"]
    assert colors["Refund"] == colors["service"]
    assert colors["service"] != colors["Slow"]


def test_identifiers_stay_when_other_things_change():
    more = pd.concat([CODINGS, CODINGS.assign(coder="zoe", valence=1)])
    before, after = qda.codings(project()), qda.codings(project(more))
    assert set(before["guid"]) < set(after["guid"])


def test_an_edit_elsewhere_appears_and_nothing_is_lost(tmp_path):
    made = there_and_back(project(), tmp_path)
    tag = made.tag
    code = next(
        one for one in made.root.iter(tag("Code")) if one.get("name") == "Refund"
    )
    code.set("name", "Money back")
    selection = next(made.root.iter(tag("PlainTextSelection")))
    moved = copy.deepcopy(selection)
    moved.set("guid", "00000000-0000-4000-8000-000000000000")
    for place, position in (("startPosition", "0"), ("endPosition", "1")):
        moved.set(place, position)
    moved.attrib.pop("name", None)
    source = next(made.root.iter(tag("TextSource")))
    source.insert(0, moved)
    edited = qda.read_project(qda.write_file(made, tmp_path / "edited.qdpx"))
    rows = exchange.read_codings(edited, documents=TEXTS, codebook=BOOK, study="demo")
    assert len(rows) == len(CODINGS) + 1
    assert set(rows["code"]) == set(CODINGS["code"])
    assert exchange.to_codebook(edited).names["refund"] == "Money back"


def test_a_project_of_another_program_keeps_codes_and_offsets(foreign, tmp_path):
    read = qda.read_project(foreign)
    rows = qda.codings(read)
    text = qda.texts(read)["text"].item()
    assert text == THEIRS[1:]
    assert qda.texts(read)["document_id"].item() == "Interview 1"
    passages = [
        text[int(a) : int(b)] if pd.notna(a) else None
        for a, b in zip(rows["start"], rows["end"], strict=True)
    ]
    assert passages == [None, "👍🏽 cafe\u0301", "👍🏽 cafe\u0301", "I 👍🏽"]
    assert rows["coder"].tolist() == ["Ann", "BO", "Ann", "Ann"]
    assert rows["code_id"].tolist() == [
        *("late_delivery", "late_delivery", "late_delivery_2", "late_refund")
    ]
    assert rows["memo"].tolist()[1] == "Ask   her again.\nshe laughs"
    assert rows["round"].isna().all()
    assert unread(read) == {"PDFSelection": 1}
    book = exchange.to_codebook(read)
    assert [(one.id, one.parent) for one in book.codes] == [
        ("late_delivery", "Service"),
        ("late_refund", "late_delivery"),
        ("late_delivery_2", None),
    ]


def test_a_project_of_another_program_is_written_again_whole(foreign, tmp_path):
    read = qda.read_project(foreign)
    again = there_and_back(read, tmp_path)
    assert again.files == read.files
    assert again.content() == qda.write_file(again, tmp_path / "c.qdpx").read_bytes()

    def plain(root):
        def seen(text):
            return text if (text or "").strip() else ""

        return [
            (e.tag, dict(e.attrib), seen(e.text), seen(e.tail)) for e in root.iter()
        ]

    assert plain(again.root) == plain(read.root)


def test_codings_are_added_to_a_project_of_another_program(foreign):
    read = qda.read_project(foreign)
    more = pd.DataFrame(
        {
            "document_id": "Interview 1",
            "coder": ["adjudicated", "BO"],
            "code": ["late_refund", "none"],
            "start": [0, np.nan],
            "end": [1, np.nan],
        }
    )
    added = exchange.add_codings(read, more, study="demo")
    assert len(qda.codings(added)) == len(qda.codings(read)) + 2
    assert len(qda.codings(read)) == 4
    assert exchange.add_codings(added, more, study="demo").content() == added.content()
    order = [local(one) for one in added.root.find(added.tag("Sources"))[0]]
    assert order == [
        *["Description", *["PlainTextSelection"] * 4, "Coding", "VariableValue"]
    ]
    assert local(added.root[-1]) == "Window"


@given(st.text(), st.text(), st.text())
def test_any_description_comes_apart_as_it_was_put_together(definition, use, example):
    code = Code(id="a", name="A", definition=definition, use_when=use, example=example)
    read = read_description(describe(code))
    assert Code.model_validate({"name": "A"} | read) == code


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_any_text_keeps_its_positions(texts):
    documents = pd.DataFrame(
        {"document_id": map(str, range(len(texts))), "text": texts}
    )
    codings = pd.DataFrame(
        {
            "document_id": documents["document_id"],
            "coder": "ann",
            "code": "late",
            "start": 0,
            "end": [len(text) for text in texts],
        }
    )
    made = exchange.make_project(
        documents, codings=codings, codebook=BOOK, study="demo"
    )
    root = parse(serialise(made.root), place="x")
    found = qda.codings(qda.Project(root, made.files))
    assert found["end"].tolist() == [len(text) for text in texts]


def test_personal_data_does_not_leave():
    with pytest.raises(StudyError, match="personal data"):
        project(CODINGS.head(0), TEXTS.assign(text="write to jo@example.com"))
    memo = project(CODINGS.head(1).assign(memo="she is jo@example.com"))
    assert b"example.com" not in serialise(memo.root)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"document_id": "R_9"}, "coding of text 'R_9'"),
        ({"code": "unheard"}, "coding of code 'unheard'"),
        ({"end": 99}, "from 11 to 99; expected whole numbers from 0 to 29"),
        ({"start": 1.5}, "whole numbers"),
        ({"start": 16}, "whole numbers"),
    ],
)
def test_codings_that_fit_nothing_are_refused(change, complaint):
    with pytest.raises(StudyError, match=re.escape(complaint)):
        project(CODINGS.head(1).assign(**change))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("B0000000-0000-4000-8000-000000000003", "7", "hexadecimal"),
        (
            'Code guid="B0000000-0000-4000-8000-000000000004',
            'Code guid="{b0000000-0000-4000-8000-000000000002}',
            "another one than 'Late delivery' has",
        ),
        ('CodeRef targetGUID="B0', 'CodeRef targetGUID="BF', "one of the 4 codes"),
        ('NoteRef targetGUID="D0', 'NoteRef targetGUID="DF', "one of the 1 notes"),
        ('creatingUser="{a0', 'creatingUser="{af', "one of the 2 users"),
        ('startPosition="2"', 'startPosition="-2"', "startPosition='-2'"),
        ('startPosition="2"', 'startPosition="two"', "counted in Unicode code points"),
        ('endPosition="10"', 'endPosition="10000"', "expected 0 to 35"),
        ('endPosition="10"', 'endPosition="1"', "start before end"),
        ("internal://C1.txt", "internal://../../etc/passwd", "a file of the archive"),
        ("internal://C1.txt", "internal://%2e%2e/x.txt", "a file of the archive"),
        ("internal://C1.txt", "file:///etc/passwd", "a file of the archive"),
        ("internal://C1.txt", "internal://C9.txt", "not in the archive"),
        ("internal://C1.txt", "internal://C1.docx", None),
        ("urn:QDA-XML:project:1.0", "urn:other", "root element"),
        ("</q:Project>", "", "cannot be read"),
        ("<q:Users>", "<q:Users>" + "<q:a>" * 200 + "</q:a>" * 200, "nested"),
        (
            "<!-- Made",
            '<!DOCTYPE q [<!ENTITY e SYSTEM "file:///etc/passwd">]><!-- Made',
            "a document type",
        ),
    ],
)
def test_a_broken_project_is_refused_by_place(foreign, old, new, complaint):
    xml = (REFERENCE / "project.qde").read_text(encoding="utf-8")
    assert old in xml
    path = zipped(
        foreign.parent / "broken.qdpx",
        {
            "project.qde": xml.replace(old, new),
            "sources/C1.txt": THEIRS,
            "sources/C1.docx": THEIRS,
            "../etc.txt"[3:]: "x",
        },
    )
    if complaint is None:
        assert len(qda.codings(qda.read_project(path))) == 4
        return
    with pytest.raises(StudyError, match=re.escape(complaint)) as caught:
        qda.codings(qda.read_project(path))
    assert "broken.qdpx" in str(caught.value)


def test_a_text_that_is_no_utf8_is_refused(foreign):
    files = {"project.qde": (REFERENCE / "project.qde").read_bytes()}
    path = zipped(foreign, files | {"sources/C1.txt": "naïve".encode("latin-1")})
    with pytest.raises(StudyError, match=r"byte 0xef at 2 .* expected text in UTF-8"):
        qda.texts(qda.read_project(path))


@pytest.mark.parametrize(
    "name", ["../out.txt", "/etc/out", "a/../../b", "C:\\out", "..\\out"]
)
def test_an_archive_that_leads_out_is_refused(tmp_path, name):
    inside = tmp_path / "in"
    inside.mkdir()
    path = zipped(inside / "a.qdpx", {"project.qde": "<a/>", name: "x"})
    with pytest.raises(StudyError, match="leads out of the archive"):
        qda.read_project(path)
    assert [one.name for one in tmp_path.rglob("*")] == ["in", "a.qdpx"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bombs_and_broken_archives_are_refused(tmp_path, monkeypatch):
    bomb = zipped(tmp_path / "a.qdpx", {"project.qde": b"\0" * 5_000_000})
    with pytest.raises(StudyError, match="more than 200 times its packed size"):
        qda.read_project(bomb)
    monkeypatch.setattr("analysis.qda.archive.MOST_BYTES", 100)
    with pytest.raises(StudyError, match="expected at most"):
        qda.read_project(zipped(tmp_path / "b.qdpx", {"project.qde": b"a" * 101}))
    monkeypatch.undo()
    with zipfile.ZipFile(tmp_path / "c.qdpx", "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("A", "2")
    with pytest.raises(StudyError, match="there twice"):
        qda.read_project(tmp_path / "c.qdpx")
    whole = project().content()
    for cut in (b"", b"PK\x03\x04", whole[: len(whole) // 2], b"{" * 100):
        path = tmp_path / "d.qdpx"
        path.write_bytes(cut)
        with pytest.raises(StudyError, match=r"d\.qdpx"):
            qda.read_project(path)
    with pytest.raises(StudyError, match=r"expected project\.qde"):
        qda.read_project(zipped(tmp_path / "e.qdpx", {"readme": "x"}))
    with pytest.raises(StudyError, match="There is no file"):
        qda.read_project(tmp_path / "none.qdpx")


def test_a_size_that_lies_unpacks_no_more_than_it_says(tmp_path):
    path = zipped(tmp_path / "a.qdpx", {"project.qde": b"a" * 100_000})
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(bytes(content))
    with pytest.raises(StudyError, match="cannot be read"):
        qda.read_project(path)


def test_work_that_is_there_is_not_written_over(tmp_path):
    made, path = project(), tmp_path / "sub" / "a.qdpx"
    qda.write_file(made, path)
    qda.write_file(made, path)
    with pytest.raises(StudyError, match="may hold codings"):
        qda.write_file(project(CODINGS.head(1)), path)
    assert [one.name for one in path.parent.iterdir()] == ["a.qdpx"]


def test_a_text_that_is_not_ours_and_a_missing_coder_are_named(tmp_path, foreign):
    made = there_and_back(project(), tmp_path)
    other = TEXTS.assign(text=TEXTS["text"].str.replace("\r\n", "\n"))
    with pytest.raises(StudyError, match="another text than ours from character 18"):
        exchange.read_codings(made, documents=other, codebook=BOOK)
    with pytest.raises(StudyError, match="none of the 1 documents"):
        exchange.read_codings(made, documents=TEXTS.tail(1), codebook=BOOK)
    bare = qda.read_project(foreign)
    for one in bare.root.iter():
        one.attrib.pop("creatingUser", None)
    with pytest.raises(StudyError, match="4 codings without a coder"):
        exchange.read_codings(bare)
    assert set(exchange.read_codings(bare, coder="ann")["coder"]) == {"ann"}


HIGHLIGHTS = [
    ("id", "document", "tag", "content"),
    ("1", "R_1.txt", "service.late", "came late"),
    ("1", "R_1.txt", "Refund", "came late"),
    ("2", "R_1.txt", "late", "late"),
    ("3", "R_1.txt", "late", "late"),
    ("4", "R_2", "=Price", "=1+1"),
    ("5", "R_2", "price", "gone"),
    ("6", "R_7", "price", "late"),
    ("7", "R_1", "", "very late"),
    ("8", "R_1", "late", "late very"),
]


def taguette(path, rows):
    if path.suffix == ".csv":
        lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
        path.write_bytes("\r\n".join(lines).encode())
    else:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_highlights_of_taguette_are_found_or_named(tmp_path, suffix):
    path = taguette(tmp_path / f"highlights{suffix}", HIGHLIGHTS)
    found, lost = exchange.locate_highlights(
        qda.read_highlights(path), TEXTS, coder="ann", codebook=BOOK
    )
    texts = TEXTS.set_index("document_id")["text"]
    cut = [texts[r.document_id][r.start : r.end] for r in found.itertuples()]
    assert cut == [*["came late"] * 2, "late", "late", "=1+1", "late\r\nvery"]
    assert found["start"].tolist()[2:4] == [14, 25]
    codes = ["service_late", "refund", "late", "late", "price", "late"]
    assert found["code"].tolist() == codes
    assert lost[["row", "finding"]].to_numpy().tolist() == [
        [4, "2 times in the text; number 1 was taken"],
        [5, "2 times in the text; number 2 was taken"],
        [7, "not in the text"],
        [8, "no such document"],
        [9, "no tag"],
    ]


def test_tags_of_taguette_are_a_codebook(tmp_path):
    rows = [("tag", "description", "number of highlights"), ("a", "Of a", "1"),
            ("a.b", "", "2")]  # fmt: skip
    tags = qda.read_tags(taguette(tmp_path / "codebook.csv", rows))
    book = exchange.tags_to_codebook(tags, version="1")
    assert [(one.id, one.definition, one.parent) for one in book.codes] == [
        ("a", "Of a", None),
        ("a_b", "", "a"),
    ]
    with pytest.raises(StudyError, match="defined twice"):
        exchange.tags_to_codebook(pd.concat([tags, tags]), version="1")
    with pytest.raises(StudyError, match="expected id, document, tag, content"):
        qda.read_highlights(tmp_path / "codebook.csv")


def test_many_overlapping_selections_are_read(tmp_path):
    n = 20_000
    codings = pd.DataFrame(
        {
            "document_id": "R_1",
            "coder": [f"c{k}" for k in range(n // 200)] * 200,
            "code": "late",
            "start": np.repeat(range(20), n // 20) % 20,
            "end": 25,
            "round": [str(k % 7) for k in range(n)],
        }
    ).drop_duplicates()
    read = there_and_back(project(codings), tmp_path)
    assert len(qda.codings(read)) == len(codings)


def test_the_same_archive_comes_from_any_order():
    files = {"b": b"2", "a": b"1"}
    with zipfile.ZipFile(io.BytesIO(qda.pack(files))) as archive:
        assert [one.filename for one in archive.infolist()] == ["a", "b"]
        assert {one.date_time[0] for one in archive.infolist()} == {1980}


def test_intake_reads_projects_and_highlights(foreign, tmp_path):
    path = qda.write_file(project(), tmp_path / "ours.qdpx")
    rows = readers.read(path, TableSource(files=["ours.qdpx"])).rows
    assert rows["code"].tolist() == qda.codings(project())["code_id"].tolist()
    assert set(rows["valence"]) == {"-1", "0", "1", ""}
    export = readers.read(foreign, TableSource(files=["x"]))
    assert export.rows["coder"].tolist() == ["Ann", "BO", "Ann", "Ann"]
    assert export.rows_in == 5
    path = taguette(tmp_path / "coding_2026Q3_ann.csv", HIGHLIGHTS)
    source = TableSource(files=["x"], format="taguette")
    export = readers.read(path, source)
    assert export.rows.loc[2].tolist() == ["R_1", "ann", "service_late", "2026Q3"]
    assert export.broken["line"].tolist() == [9]
    assert export.rows_in == len(HIGHLIGHTS) - 1
    with pytest.raises(StudyError, match="who coded"):
        readers.read(path.rename(tmp_path / "all_tags.csv"), source)


def test_a_period_is_handed_over_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    raw = tmp_path / "data" / "raw" / "small"
    raw.mkdir(parents=True)
    (raw / "study.toml").write_text(
        'name = "Small"\nseed = 1\n[tables.responses]\nfiles = ["a.csv"]\n'
    )
    (raw / "codebook.toml").write_text(
        'version = "1"\n[[codes]]\nid = "late"\nname = "Late"\n'
    )
    tables = {
        "documents": TEXTS.assign(
            source="survey", occurred_on=pd.Timestamp("2026-08-01"), period="2026Q3"
        ),
        "codings": pd.DataFrame(
            {"document_id": ["R_1"], "coder": ["ann"], "code": ["late"]}
        ),
    }
    words = ["exchange", "small", "2026Q3", "--to", str(tmp_path / "out")]
    assert CliRunner().invoke(app, words).exit_code == 2
    for name, table in tables.items():
        contracts.write("small", "2026Q3", name, table)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    made = qda.read_project(tmp_path / "out" / "project.qdpx")
    assert qda.texts(made)["document_id"].tolist() == ["R_1"]
    assert exchange.read_codings(made)["code"].tolist() == ["late"]
