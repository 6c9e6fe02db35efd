"""Coding work from the command to the codings: drawn, coded, read back, decided."""

import shutil

import pandas as pd
import pytest
import small_study
from openpyxl import load_workbook
from typer.testing import CliRunner

from analysis import coding, contracts, intake
from analysis.coding.units import with_units
from analysis.run.command import app
from analysis.study import Study

PERIOD = "2026Q3"
BOOK = """
version = "1"
[[codes]]
id = "late"
name = "Late delivery"
[[codes]]
id = "price"
name = "Price"
[[codes]]
id = "slow"
name = "Slow"
replaced_by = "late"
"""
SETTINGS = """
[tables.responses]
files = ["survey.csv"]
[tables.documents]
files = ["feedback.csv"]
"""
CODINGS = """
[tables.codings]
files = ["coding_*/coding_*.xlsx"]
format = "coding_workbook"
"""
TALK = (
    "Moderator: And the parcel?\nGuest: It came late. Very late.\n"
    "Other guest: مرحبا, tout va bien 👍🏽."
)
LONG = "Ã¼ber the post. " * 3200 + "The end."
TEXTS = {
    "mojibake": "Die LieferÃ¼ng kam spÃ¤t â€” nie wieder",
    "mixed": "Très cher! 太贵了。 too dear, слишком дорого",
    "hostile": '=HYPERLINK("http://example.com","x")',
    "private": "Late again, write to jo.miller@example.com",
    "control": "bell\x07 and tab\t here",
    "empty": "   ",
    "0012": "A number for a name",
    "T#1234": "A number sign in its name",
}


def quoted(*cells):
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"


def feedback():
    head = "document_id,source,occurred_on,customer_id,rating,text\n"
    rows = [("i1", "interview", TALK), ("long", "complaint", LONG)]
    rows += [(name, "review", text) for name, text in TEXTS.items()]
    lines = [quoted(key, kind, "2026-08-03", "", "1", text) for key, kind, text in rows]
    return head + "".join(lines)


def answers(waves=(PERIOD, "2026Q4")):
    days = {PERIOD: "2026-08-02", "2026Q4": "2026-11-02"}
    lines = [
        f"{wave}-{n},c{n},{days[wave]},{n % 11},Comment {n} of the wave\n"
        for wave in waves
        for n in range(60)
    ]
    return small_study.ANSWERS + "".join(lines)


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    files = {"survey.csv": answers(), "feedback.csv": feedback()}
    files["codebook.toml"] = BOOK
    home = tmp_path_factory.mktemp("received")
    with pytest.MonkeyPatch.context() as patch:
        intake.receive(small_study.make(patch, home, SETTINGS, files), PERIOD)
    return home


@pytest.fixture
def study(received, tmp_path, monkeypatch):
    shutil.copytree(received, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    return Study.load("small")


def call(*words):
    return CliRunner().invoke(app, ["code", "small", *words])


def give_out(*words, period=PERIOD):
    result = call(period, "--coders", "ann,bob", *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def rename(study, settings):
    path = study.raw / "study.toml"
    path.write_text(small_study.HEAD + SETTINGS + settings, encoding="utf-8")
    return Study.load("small")


def receive(period=PERIOD):
    """Clear what a run left, as the next run does, and receive again."""
    study = rename(Study.load("small"), CODINGS)
    shutil.rmtree(study.processed(period), ignore_errors=True)
    received = intake.receive(study, period)
    return received, contracts.Tables.open(study, period)


def fill(path, decide):
    """Code a workbook as a coder would; `decide` gives code, valence and memo."""
    book = load_workbook(path)
    sheet = book["coding"]
    at = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        document = sheet.cell(row, at["document_id"]).value
        code, valence, memo = decide(document, sheet.cell(row, at["text"]).value)
        sheet.cell(row, at[code]).value = "x"
        sheet.cell(row, at["valence"]).value = valence
        sheet.cell(row, at["memo"]).value = memo
    book.save(path)


def simply(document, text):
    return ("late" if "late" in text.lower() else "none"), -1, f"on {document}"


def sheets(study, folder=f"coding_{PERIOD}"):
    return sorted((study.raw / folder).glob("*.xlsx"))


def texts_of(path):
    rows = load_workbook(path)["coding"].iter_rows(min_row=2, values_only=True)
    return {row[0]: row[1] for row in rows}


def test_what_coders_gave_arrives(study):
    told = give_out("--size", "500")
    assert 'files = ["coding_*/coding_*.xlsx"]' in told
    ann, bob = sheets(study)
    header = [cell.value for cell in load_workbook(ann)["coding"][1]]
    assert header == ["document_id", "text", "late", "price", "none", "valence", "memo"]
    given = texts_of(ann) | texts_of(bob)

    def decide(document, text):
        return "price", 0, "ring Jo on 0171 234 5678, or jo@example.com"

    fill(ann, decide)
    fill(bob, simply)
    received, tables = receive()
    codings = tables.codings
    assert set(codings["document_id"]) == set(given)
    assert received.rejected.query("table == 'codings'").empty
    mine = codings[codings["coder"] == "ann"]
    assert set(mine["code"]) == {"price"}
    assert set(mine["valence"]) == {0}
    assert set(mine["round"]) == {PERIOD}
    assert set(mine["memo"]) == {"ring Jo on [phone], or [email]"}
    assert "codings" in set(received.redactions["table"])
    sample = tables.coding_sample
    assert sample["inclusion_probability"].eq(1).all()
    assert set(sample["document_id"]) == set(given)
    # Codes and texts find each other again, talks by their units.
    read = with_units(tables.documents, tables.coding_units)
    decisions = coding.final(codings, codes=["late", "price"])
    coded = coding.code_documents(decisions, read)
    assert len(coded) == len(given)
    shares = coding.drawn_sample(coded, sample)
    assert shares.clusters == "person"
    talk = shares.frame[shares.frame["parent_id"] == "i1"]
    assert talk["document_id"].tolist() == ["i1#0001", "i1#0002", "i1#0003"]
    assert set(talk["person"]) == {"i1"}


def test_texts_of_all_kinds_go_to_coders_and_back_unharmed(study):
    give_out("--size", "500")
    ann, bob = sheets(study)
    given = texts_of(ann) | texts_of(bob)
    assert {given[name] for name in ("mojibake", "mixed", "hostile")} == {
        TEXTS[name] for name in ("mojibake", "mixed", "hostile")
    }
    assert given["private"] == "Late again, write to [email]"
    assert given["control"] == "bell\ufffd and tab\t here"
    assert "empty" not in given
    assert given["i1#0003"] == "مرحبا, tout va bien 👍🏽."
    pieces = {key: text for key, text in given.items() if key.startswith("long#")}
    whole = " ".join(pieces[key] for key in sorted(pieces))
    assert whole == LONG.strip()
    assert max(map(len, given.values())) < 1000
    for path in (ann, bob):
        order = list(texts_of(path))
        mine = [place for place, key in enumerate(order) if key.startswith("long#")]
        assert mine == list(range(mine[0], mine[0] + len(mine)))
        assert [order[place] for place in mine] == sorted(
            order[place] for place in mine
        )
        assert order != sorted(order)
    for path in (ann, bob):
        fill(path, simply)
    _, tables = receive()
    late = tables.codings.loc[tables.codings["code"] == "late", "document_id"]
    assert set(late) == {"private", "i1#0002"}
    assert {"0012", "T#1234"} <= set(tables.codings["document_id"])
    # On to another program, units as texts of their own ...
    handed = CliRunner().invoke(app, ["exchange", "small", PERIOD])
    assert handed.exit_code == 0, handed.stderr
    # ... and back from there, with what coders noted.
    shutil.copy(study.processed(PERIOD) / "project.qdpx", study.raw)
    intake.receive(rename(study, '[tables.codings]\nfiles = ["project.qdpx"]'), PERIOD)
    names = ["document_id", "coder", "code", "valence", "round", "memo"]
    again = contracts.read(study, PERIOD, "codings")[names]
    pd.testing.assert_frame_equal(
        again.sort_values(names, ignore_index=True),
        tables.codings[names].sort_values(names, ignore_index=True),
    )


def test_chances_survive_a_run_and_an_older_period_keeps_its_own(study):
    give_out("--size", "40", "--source", "survey", "--double", "10")
    first = contracts.read(study, PERIOD, "coding_sample")
    assert len(first) == 40
    assert first["second_coder"].notna().sum() == 10
    assert first["inclusion_probability"].eq(40 / 60).all()
    intake.receive(Study.load("small"), "2026Q4")
    assert len(contracts.read(study, "2026Q4", "coding_sample")) == 40
    give_out("--size", "30", "--source", "survey", period="2026Q4")
    _, tables = receive()
    pd.testing.assert_frame_equal(tables.coding_sample, first)
    _, tables = receive("2026Q4")
    assert len(tables.coding_sample) == 70


def test_a_further_draw_adds_and_overwrites_nothing(study):
    give_out("--size", "20", "--source", "survey", "--double", "0")
    before = {path: path.read_bytes() for path in sheets(study)}
    told = give_out("--size", "25", "--source", "survey", "--double", "5")
    assert "Left out: 20 drawn before" in told
    assert {path: path.read_bytes() for path in before} == before
    again = [
        key for one in sheets(study, f"coding_{PERIOD}_2") for key in texts_of(one)
    ]
    assert not set(again) & {key for path in before for key in texts_of(path)}
    sample = contracts.read(study, PERIOD, "coding_sample")
    assert sample["inclusion_probability"].to_numpy() == pytest.approx(45 / 60)
    assert sample["double_probability"].to_numpy() == pytest.approx(5 / 60)
    give_out("--margin", "0.04", "--source", "survey", "--double", "0")
    assert len(contracts.read(study, PERIOD, "coding_sample")) == 55
    refused = call(PERIOD, "--coders", "ann,bob", "--source", "survey")
    assert refused.exit_code == 2
    assert "drawn already, enough for a margin of 0.05" in refused.stderr
    (study.raw / "survey.csv").write_text(answers() + "x,,2026-08-02,3,A new one\n")
    intake.receive(study, PERIOD)
    refused = call(PERIOD, "--coders", "ann,bob", "--size", "3", "--source", "survey")
    assert "it left 5, now there are 6" in refused.stderr
    assert not list(study.raw.glob(".coding*"))


def test_the_same_study_draws_the_same(study):
    give_out("--size", "30")
    first = contracts.read(study, PERIOD, "coding_sample")
    texts = [list(texts_of(path)) for path in sheets(study)]
    shutil.rmtree(study.raw / f"coding_{PERIOD}")
    give_out("--size", "30")
    pd.testing.assert_frame_equal(contracts.read(study, PERIOD, "coding_sample"), first)
    assert [list(texts_of(path)) for path in sheets(study)] == texts


def test_a_coder_who_coded_nothing_stops_nobody(study):
    give_out("--size", "500")
    received, tables = receive()
    assert not tables.has("codings")
    assert received.rejected.query("table == 'codings'")["rule"].tolist() == [
        "not coded"
    ]
    fill(sheets(study)[0], simply)
    received, tables = receive()
    assert set(tables.codings["coder"]) == {"ann"}
    listed = pd.read_csv(study.processed(PERIOD) / "rejected.csv")
    listed = listed[listed["table"] == "codings"].reset_index()
    assert listed.loc[0, ["file", "line", "column", "rule"]].tolist() == [
        f"coding_{PERIOD}/coding_{PERIOD}_bob.xlsx",
        2,
        "coding!E2",
        "not coded",
    ]
    rest = call(PERIOD, "--coders", "ann,bob")
    assert "No text of any source is left" in rest.stderr


def test_a_unit_that_nobody_gave_out_is_set_aside(study):
    give_out("--size", "500")
    for path in sheets(study):
        book = load_workbook(path)
        for row in book["coding"].iter_rows(min_row=2):
            ids = {"i1#0001": "i1#0099", "i1#0002": "i1", "i1#0003": "i2#0001"}
            row[0].value = ids.get(row[0].value, row[0].value)
        book.save(path)
        fill(path, simply)
    received, tables = receive()
    aside = received.rejected.query("table == 'codings'").set_index("rule")["rows"]
    assert set(aside.index) == {
        "a coding of an unknown text",
        "a coding of an unknown unit",
    }
    assert set(tables.codings["document_id"]) >= {"i1", "long#0001"}


def test_units_stay_as_they_were_given_out(study):
    give_out("--size", "3", "--source", "interview", "--double", "0")
    changed = feedback().replace("Very late.", "Late indeed.")
    (study.raw / "feedback.csv").write_text(changed, encoding="utf-8")
    _, tables = receive()
    assert tables.coding_units["text"].tolist()[1] == "It came late. Very late."
    refused = call(PERIOD, "--coders", "ann,bob")
    assert "1 units are not what was given out" in refused.stderr


def test_what_coders_differ_on_is_decided(study):
    refused = call(PERIOD, "--adjudicate", "eve")
    assert refused.exit_code == 2
    assert "There are no codings" in refused.stderr
    give_out("--size", "500")
    for path in sheets(study):
        fill(path, simply)
    book = load_workbook(sheets(study)[0])
    for row in book["coding"].iter_rows(min_row=2):
        if row[0].value == "i1#0001":
            row[2].value, row[4].value = "x", None
    book.save(sheets(study)[0])
    receive()
    told = call(PERIOD, "--adjudicate", "eve")
    assert told.exit_code == 0, told.stderr
    assert "study.toml" not in told.stdout
    path = study.raw / f"coding_{PERIOD}_adjudicated/coding_adjudicated_eve-2026q3.xlsx"
    assert texts_of(path) == {"i1#0001": "And the parcel?"}
    received, _ = receive()
    aside = received.rejected.query("table == 'codings'")
    assert aside["rule"].tolist() == ["not decided"]
    book = load_workbook(path)
    book["coding"]["C2"].value, book["coding"]["E2"].value = None, "x"
    book.save(path)
    _, tables = receive()
    stands = coding.final(tables.codings, codes=["late"]).ratings("late")
    assert stands.loc["i1#0001"].dropna().to_dict() == {"eve-2026q3": 0.0}
    assert "may hold codings" in call(PERIOD, "--adjudicate", "eve").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name either who reads"),
        (["--coders", "ann", "--adjudicate", "eve"], "Name either who reads"),
        (["--coders", "ann"], "expected at least 2"),
        (["--coders", "ann,../bob"], "cannot be a coder's name"),
        (["--coders", "ann,bob", "--source", "fax"], "No text of fax is left"),
        (["--coders", "ann,bob", "--margin", "2"], "cannot be made"),
    ],
)
def test_what_cannot_be_given_out_leaves_nothing_behind(study, words, said):
    there = sorted(study.raw.iterdir())
    result = call(PERIOD, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert sorted(study.raw.iterdir()) == there


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", 'this:\n[tables.codings]\nfiles = ["coding_*/coding_*.xlsx"]\nformat'),
        (
            CODINGS.replace("coding_*/coding_*.xlsx", "old.xlsx"),
            'under tables.codings:\nfiles = ["old.xlsx", "coding_*/coding_*.xlsx"]',
        ),
        ('[tables.codings]\nfiles = ["a.qdpx"]', "[[tables.codings.also]]\nfiles"),
        (CODINGS, ""),
    ],
)
def test_the_settings_that_are_missing_are_told(study, settings, said):
    rename(study, settings)
    told = give_out("--size", "5", "--double", "0")
    assert said in told
    assert ("put into study.toml" in told) == bool(said)
