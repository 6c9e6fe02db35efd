import json
import shutil

import pandas as pd
import pytest
import small_study
from openpyxl import Workbook

from analysis import contracts, intake, metrics, sampling, survey
from analysis.contracts.made import RowCounts
from analysis.run.look import look_at
from analysis.study import Study, StudyError

HEAD = small_study.ANSWERS
PERIOD = "2026Q3"


@pytest.fixture(scope="module")
def demo(root, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        shutil.copytree(root / "data/raw/demo", home / "data/raw/demo")
        study = Study.load("demo")
        received = intake.receive(study, PERIOD)
        yield received, contracts.Tables.open(study, PERIOD)


@pytest.fixture
def flaws(root):
    truths = root / "tests" / "reference" / "demo_truths.json"
    return json.loads(truths.read_text(encoding="utf-8"))


def test_the_demo_loses_no_row(demo):
    received, tables = demo
    assert RowCounts.balanced(received.row_counts)
    assert set(received.row_counts["table"]) == set(received.study.tables)
    pd.testing.assert_frame_equal(
        tables.row_counts, received.row_counts, check_dtype=False
    )
    aside = received.row_counts["set_aside"].sum()
    assert 0 < aside < 0.01 * received.row_counts["rows_in"].sum()


def test_every_table_of_the_demo_is_there(demo):
    received, tables = demo
    assert tables.has(*received.study.tables)
    panels = ["customer_periods", "product_periods", "response_outcomes"]
    assert tables.has(*panels, "signal_periods", "row_counts")


def test_answers_of_two_tools_are_kept_apart(demo, flaws):
    received, tables = demo
    counts = received.row_counts.set_index("file")
    kept = counts.loc["purchases_feedback.csv", "kept"]
    assert kept == flaws["sizes"]["transactions"]
    kinds = tables.responses["kind"].value_counts()
    assert kinds["transaction"] == kept
    assert kinds["relationship"] == counts["kept"].filter(like="survey_").sum()
    now = tables.responses.query("period == @PERIOD")["kind"].value_counts()
    assert received.kinds.set_index("kind")["answers"].to_dict() == now.to_dict()
    bought = tables.responses[tables.responses["kind"] == "transaction"]
    assert bought[["order_id", "product_id", "customer_id"]].notna().all(axis=None)
    asked = received.missing_answers.groupby("kind")["column"].agg(set)
    assert asked["transaction"] == {"recommend", "satisfaction", "comment"}
    assert "rating_price" in asked["relationship"]
    assert not received.missing_answers["share"].eq(1).any()


def test_products_asked_about_come_out_at_their_level(demo, flaws):
    _, tables = demo
    bought = tables.responses[tables.responses["kind"] == "transaction"]
    found = bought.groupby("product_id")["satisfaction"].mean()
    products = pd.DataFrame(flaws["transactions"]["products"]).T
    assert found.corr(products["level"], method="spearman") > 0.9


def test_panels_and_lines_agree(demo):
    received, tables = demo
    kept = received.row_counts.set_index("table")["kept"]
    assert tables.customer_periods["lines"].sum() == kept["orders"]
    assert tables.product_periods["lines"].sum() == kept["orders"]
    assert set(tables.response_outcomes["response_id"]) == set(
        tables.responses["response_id"]
    )
    for panel in (tables.customer_periods, tables.product_periods):
        assert (panel["returned_closed_lines"] <= panel["closed_lines"]).all()
        assert (panel["closed_lines"] <= panel["lines"]).all()
        assert (panel["refund"] <= panel["revenue"] + 0.01).all()


def test_survey_comments_are_documents(demo):
    _, tables = demo
    said = tables.responses.dropna(subset="comment").set_index("response_id")
    documents = tables.documents.query("source == 'survey'").set_index("document_id")
    assert documents["text"].to_dict() == said["comment"].to_dict()
    assert (
        documents["rating"].dropna().to_dict() == said["recommend"].dropna().to_dict()
    )


def test_nothing_personal_is_written(demo, flaws):
    received, _ = demo
    folder = received.study.processed(PERIOD)
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.csv")]
    for path in folder.glob("*.parquet"):
        frame = pd.read_parquet(path).astype("str")
        texts += [text for name in frame for text in frame[name].dropna()]
    written = "\n".join(texts)
    personal = [one for one in flaws["canaries"] if one["kind"] != "hostile"]
    assert len(personal) >= 40
    assert [one for one in personal if one["planted"] in written] == []
    assert received.redactions["pieces"].sum() >= len(personal)


def test_a_reworded_question_is_named(demo):
    received, _ = demo
    assert set(received.rewordings["column"]) == {"recommend"}
    assert "survey_2026Q1.csv" in set(received.rewordings["file"])


def test_a_second_run_writes_the_same_bytes(demo):
    received, _ = demo
    folder = received.study.processed(PERIOD)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    intake.receive(received.study, PERIOD)
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert [name for name in before if before[name] != after[name]] == []
    assert set(before) == set(after)


def test_the_manifest_says_what_the_run_was_made_from(demo):
    received, _ = demo
    path = received.study.processed(PERIOD) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest["parameters"] == {"study": "demo", "period": PERIOD}
    assert manifest["seed"] == received.study.seed
    assert len(manifest["raw"]["study.toml"]) == 64
    assert "pandas" in manifest["packages"]
    assert str(received.study.raw) not in path.read_text(encoding="utf-8")


def test_an_earlier_period_sees_nothing_later(root, tmp_path, monkeypatch):
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    shutil.copytree(root / "data/raw/demo", tmp_path / "data/raw/demo")
    study = Study.load("demo")
    early = intake.receive(study, "2025Q4")
    tables = contracts.Tables.open(study, "2025Q4")
    end = tables.period.end + pd.Timedelta(days=1)
    assert tables.responses["responded_on"].max() < end
    assert tables.documents["occurred_on"].max() < end
    assert tables.customers["joined_on"].max() < end
    assert not (tables.customers["left_on"] >= end).any()
    assert tables.customer_periods["period"].max() == "2025Q4"
    assert early.row_counts["later"].sum() > 0
    assert RowCounts.balanced(early.row_counts)


@pytest.fixture
def receive(monkeypatch, tmp_path):
    def run(files, settings=""):
        settings = small_study.SURVEY + settings
        study = small_study.make(monkeypatch, tmp_path, settings, files)
        return intake.receive(study, PERIOD), contracts.Tables.open(study, PERIOD)

    return run


def test_one_file_of_answers_is_enough(receive):
    received, tables = receive({"survey.csv": "responded_on,recommend\n2026-09-01,9\n"})
    assert received.row_counts["kept"].tolist() == [1]
    assert not tables.has("documents")
    assert received.missing_answers["share"].tolist() == [0.0]


def test_careless_answers_are_counted_and_kept(receive):
    text = "responded_on,duration,rating_a,rating_b,rating_c\n"
    text += "2026-09-01,5,3,3,3\n2026-09-01,90,1,2,3\n2026-09-01,90,4,4,\n"
    received, tables = receive({"survey.csv": text})
    shown = received.screens.set_index("screen")[["marked", "base"]]
    assert shown.loc["speeding"].tolist() == [1, 3]
    assert shown.loc["straight-lining"].tolist() == [1, 2]
    assert len(tables.responses) == 3


def test_rejected_values_are_redacted_and_cannot_run(receive):
    text = HEAD + "a,,2026-09-01,=1+1,\nb,,2026-09-01,jo@example.com,\n"
    text += "c,,2026-09-01," + "x" * 200 + ",\n" + "d,,2026-09-01,9,fine\n" * 1
    received, tables = receive(
        {"survey.csv": text}, "[thresholds]\nrejected_share = 1\n"
    )
    path = received.study.processed(PERIOD) / "rejected.csv"
    rejected = pd.read_csv(path, dtype=str)
    assert rejected["value"].tolist() == ["'=1+1", "[email]", "x" * 80]
    assert rejected["line"].tolist() == ["2", "3", "4"]
    assert len(tables.responses) == 1


CODINGS = (
    "document_id,coder,code,valence\na,eva,price,1\nlater,eva,price,1\nzz,eva,price,0\n"
)


def test_codings_follow_their_texts(receive):
    settings = '[tables.codings]\nfiles = ["codings.csv"]\n'
    settings += "[thresholds]\nrejected_share = 0.5\n"
    text = HEAD + "a,,2026-09-01,9,dear\nlater,,2026-10-02,9,cheap\n"
    received, tables = receive({"survey.csv": text, "codings.csv": CODINGS}, settings)
    counts = received.row_counts.query("table == 'codings'")
    assert counts[["rows_in", "kept", "set_aside", "later"]].to_numpy().tolist() == [
        [3, 1, 1, 1]
    ]
    assert tables.codings["document_id"].tolist() == ["a"]


def test_a_document_that_is_a_survey_comment_is_not_counted_twice(receive):
    documents = "document_id,source,occurred_on,text\na,survey,2026-09-01,dear\n"
    text = HEAD + "a,,2026-09-01,9,dear\nb,,2026-09-01,9,cheap\n"
    files = {"survey.csv": text, "documents.csv": documents}
    _, tables = receive(files, '[tables.documents]\nfiles = ["documents.csv"]\n')
    assert sorted(tables.documents["document_id"]) == ["a", "b"]


def test_answers_may_come_from_the_warehouse(monkeypatch, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    settings = '[tables.responses]\ntable = "answers"\n'
    settings += '[warehouse]\nurl = "duckdb://crm.duckdb"\n'
    study = small_study.make(monkeypatch, tmp_path, settings, {})
    with duckdb.connect(study.raw / "crm.duckdb") as crm:
        crm.execute(
            "create table answers as select 'a' as response_id, 9 as recommend, "
            "timestamp '2026-09-01 10:00' as responded_on"
        )
    received = intake.receive(study, PERIOD)
    assert received.row_counts[["file", "kept"]].to_numpy().tolist() == [["answers", 1]]


def test_a_period_without_answers_is_refused_with_those_that_have_some(root, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(tmp_path))
        shutil.copytree(root / "data/raw/demo", tmp_path / "data/raw/demo")
        with pytest.raises(StudyError, match="No answer falls into 2024Q4"):
            intake.receive(Study.load("demo"), "2024Q4")


NAMED = '[tables.customers]\nfiles = ["c.csv"]\nattributes = ["Segment"]\n'
PEOPLE = "customer_id,Segment,Region\nc1,new,N\nc2,old,S\n"
RATED = "responded_on,recommend,rating_price\n2026-09-01,9,3\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('segments = ["segmnt"]\n', "segments: 'segmnt' is .* mean 'Segment'"),
        ('[weighting]\nmargins = ["segment"]\n', "weighting.margins: 'segment' .*Segm"),
        ('[sampling]\nstrata = "Segmant"\n', "sampling.strata: .* mean 'Segment'"),
        ('[sampling]\ncluster = "shop"\n', "sampling.cluster: 'shop' .*Known: Segment"),
        ('[drivers]\nrating_prize = "Price"\n', "drivers: .* mean 'rating_price'"),
        ('segments = ["Region"]\n', "The export of customers has it.*`attributes`"),
    ],
)
def test_a_setting_that_names_no_column_stops_the_run(
    monkeypatch, tmp_path, settings, said
):
    files = {"survey.csv": RATED, "c.csv": PEOPLE}
    top = settings if settings.startswith("segments") else ""
    settings = top + small_study.SURVEY + NAMED + settings.removeprefix(top)
    study = small_study.make(monkeypatch, tmp_path, settings, files)
    with pytest.raises(StudyError, match=f"(?s){said}"):
        intake.receive(study, PERIOD)


def test_margins_wait_for_a_table_of_customers(receive):
    settings = '[weighting]\nmargins = ["segment"]\n[sampling]\nstrata = "region"\n'
    received, _ = receive({"survey.csv": RATED}, settings)
    assert received.absent[["table", "column", "expected"]].to_numpy().tolist() == [
        ["customers", "weighting.margins", "segment"],
        ["customers", "sampling.strata", "region"],
    ]


def workbook(path, marks):
    book = Workbook()
    sheet = book.active
    sheet.title = "coding"
    sheet.append(["document_id", "text", "price", "none", "valence", "memo"])
    for key, mark in marks.items():
        sheet.append([key, "said", mark, None, None, None])
    book.create_sheet("codebook").append(["id"])
    book["codebook"].append(["price"])
    book.save(path)
    return path.read_bytes()


@pytest.mark.parametrize(("coded", "kept"), [("a", 1), ("", 0)])
def test_texts_that_a_coder_has_not_come_to_stop_nothing(
    receive, tmp_path, coded, kept
):
    marks = {key: "x" if key in coded else None for key in "abcdef"}
    text = HEAD + "".join(f"{key},,2026-09-01,9,said {key}\n" for key in marks)
    files = {"survey.csv": text}
    files["coding_2026Q3_eva.xlsx"] = workbook(tmp_path / "made.xlsx", marks)
    settings = '[tables.codings]\nfiles = ["coding_*.xlsx"]\n'
    received, tables = receive(files, settings + 'format = "coding_workbook"\n')
    counts = received.row_counts.query("table == 'codings'").iloc[0]
    assert counts[["rows_in", "kept", "set_aside"]].tolist() == [6, kept, 6 - kept]
    assert len(tables.codings) == kept


BOUGHT = """
[[tables.responses.also]]
files = ["bought_*.csv"]
format = "google_forms"
columns = { responded_on = "When", recommend = "Fine?", customer_id = "Who" }
constants = { kind = "transaction" }
"""


def forms(**wordings):
    return {
        f"bought_{day}.csv": f"When,{question},Who\n2026-09-0{day},1,c{day}\n"
        for day, question in zip((1, 2), wordings.values(), strict=True)
    }


def test_one_survey_is_no_rewording_of_another(monkeypatch, tmp_path):
    form = "Timestamp,How likely?\n2026-08-01,9\n"
    settings = small_study.SURVEY + 'format = "google_forms"\n'
    settings += 'columns = { responded_on = "Timestamp", recommend = "How likely?" }\n'
    files = {"survey_1.csv": form} | forms(one="Fine?", two="Fine?")
    study = small_study.make(monkeypatch, tmp_path, settings + BOUGHT, files)
    assert intake.receive(study, PERIOD).rewordings.empty
    exports = 'format = "qualtrics"\ncolumns = { responded_on = "When", '
    exports += 'recommend = "Q1" }\nconstants = { kind = "transaction" }\n'
    also = '[[tables.responses.also]]\nfiles = ["bought_*.csv"]\n' + exports
    marks = '"{""ImportId"":""a""}","{""ImportId"":""b""}"\n'
    files |= {
        f"bought_{day}.csv": f"When,Q1\nWhen,{asked}\n{marks}2026-09-0{day},1\n"
        for day, asked in ((1, "Fine?"), (2, "All fine?"))
    }
    study = small_study.make(monkeypatch, tmp_path, settings + also, files)
    found = intake.receive(study, PERIOD).rewordings
    assert found[["file", "before", "period", "kind"]].to_numpy().tolist() == [
        ["bought_2.csv", "Fine?", "2026Q3", "transaction"]
    ]
    assert metrics.breaks(found) == {}
    assert metrics.breaks(found, kind="transaction") == {"recommend": [PERIOD]}


MIXED = HEAD + "a,c1,2026-09-01,9,\nb,c2,2026-09-01,3,\n"


def test_transaction_answers_enter_neither_sample_nor_weights(receive):
    people = "customer_id,Segment\nc1,new\nc2,old\nc3,old\n"
    files = {"survey.csv": MIXED, "c.csv": people} | forms(one="Fine?", two="Fine?")
    received, tables = receive(
        files, BOUGHT + NAMED + '[weighting]\nmargins = ["Segment"]\n'
    )
    weights = sampling.weigh(
        tables.responses, tables.customers, study=received.study
    ).weights
    contracts.store.validated("weights", weights)
    waves = survey.respondents(tables.responses, weights=weights)
    assert waves.frame["response_id"].tolist() == ["a", "b"]
    assert waves.frame["weight"].mean() == pytest.approx(1)
    alone = sampling.weigh(
        waves.frame[["response_id", "customer_id", "period"]],
        tables.customers,
        study=received.study,
    )
    assert waves.frame["weight"].tolist() == alone.weights["weight"].tolist()
    bought = survey.respondents(tables.responses, weights=weights, kind="transaction")
    assert bought.frame["weight"].tolist() == [1, 1]
    assert bought.margins == ()
    assert survey.mean(bought, "recommend").value == 1


def test_a_question_of_the_other_survey_only_counts_as_not_asked(receive):
    files = {"survey.csv": "responded_on,effort\n2026-09-01,4\n"}
    _, tables = receive(files | forms(one="Fine?", two="Fine?"), BOUGHT)
    assert tables.has("responses.effort")
    assert not tables.has("responses.recommend")
    assert not tables.has("responses.customer_id")


def test_a_study_may_have_transaction_answers_only(receive):
    text = HEAD.replace("comment", "kind") + "a,c1,2026-09-01,9,transaction\n"
    received, tables = receive({"survey.csv": text})
    assert survey.main_kind(tables.responses) == "transaction"
    assert len(survey.respondents(tables.responses).frame) == 1
    assert received.kinds.to_numpy().tolist() == [["transaction", 1]]
    assert list(intake.unanswered(received)) == ["recommend"]


def test_a_setting_may_name_a_column_of_a_further_source(monkeypatch, tmp_path):
    files = {"survey.csv": RATED} | forms(one="Fine?", two="Fine?")
    settings = 'segments = ["shop"]\n' + small_study.SURVEY + BOUGHT
    files = {name: text.replace("Who", "Who,Shop") for name, text in files.items()}
    files = {n: t.replace(",c", ",x,c") for n, t in files.items()}
    study = small_study.make(monkeypatch, tmp_path, settings, files)
    with pytest.raises(StudyError, match=r"`attributes` of tables.responses.also\[0\]"):
        intake.receive(study, PERIOD)


def test_order_lines_have_one_source(monkeypatch, tmp_path):
    lines = '[tables.orders]\nfiles = ["o.csv"]\n'
    lines += '[[tables.orders.also]]\nfiles = ["p.csv"]\n'
    files = {"survey.csv": RATED, "o.csv": "order_id\n1\n", "p.csv": "order_id\n"}
    study = small_study.make(monkeypatch, tmp_path, small_study.SURVEY + lines, files)
    with pytest.raises(StudyError, match=r"tables.orders.also: .* one source"):
        intake.receive(study, PERIOD)
    found = {one.of: one.fault for one in look_at(study)}
    assert "one source" in found["orders"]


def test_a_look_reads_every_source(monkeypatch, tmp_path):
    files = {"survey.csv": MIXED} | forms(one="Fine?", two="Fine?")
    settings = small_study.SURVEY + BOUGHT
    study = small_study.make(monkeypatch, tmp_path, settings, files)
    (found,) = look_at(study)
    assert found.files == ("survey.csv", "bought_1.csv", "bought_2.csv")
    assert found.rows == 4
