"""The made-up company: reproducible, as large as asked, and true to its truths."""

import csv
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis import example
from analysis.example.__main__ import main
from analysis.example.coders import CODED_WAVES, CODERS
from analysis.example.comments import code_chances, phrases
from analysis.example.dangerous_text import has_valid_checksum
from analysis.example.documents import moods
from analysis.example.people import eligible
from analysis.example.planted import CODES, END, RATINGS, WAVES, Truths, moments
from analysis.study import Study

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data" / "raw" / "demo"
TRUTHS = ROOT / "tests" / "reference" / "demo_truths.json"
REDRAW = "python -m analysis.example --truths tests/reference/demo_truths.json"
# The sampling of a population of this size moves a slope by about this much.
SLOPE_NOISE = 0.002


@pytest.fixture(scope="module")
def company():
    return example.invent(np.random.default_rng(example.SEED))


@pytest.fixture(scope="module")
def found(company):
    return example.truths(company)


@pytest.fixture(scope="module")
def drawn(company, tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw") / "demo"
    example.write(company, folder)
    return folder


def contents(path):
    """What a file says, whatever the compression library of this machine."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return {name: book.read(name) for name in book.namelist()}
    return path.read_bytes()


def small(seed):
    return example.invent(np.random.default_rng(seed), scale=0.05)


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


# --- reproducible -----------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        example.draw(tmp_path / name, seed=3, scale=0.05)
    one, two = (files_of(tmp_path / name) for name in ("one", "two"))
    assert [path.name for path in one] == [path.name for path in two]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True))


def test_workbooks_carry_no_time_of_writing(drawn):
    with zipfile.ZipFile(drawn / "coding_2026Q3_coder_a.xlsx") as book:
        assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        stamps = re.findall(
            r"\d{4}-\d\d-\d\dT", book.read("docProps/core.xml").decode()
        )
    assert set(stamps) == {"2026-09-21T"}


def test_the_committed_demo_is_what_the_seed_draws(drawn):
    files = [str(path.relative_to(drawn)) for path in files_of(drawn)]
    assert files == [str(path.relative_to(DEMO)) for path in files_of(DEMO)]
    different = [f for f in files if contents(drawn / f) != contents(DEMO / f)]
    assert not different, f"run `{REDRAW}` and commit"


def test_the_committed_truths_are_those_of_the_demo(found):
    stated = json.loads(TRUTHS.read_text(encoding="utf-8"))
    assert _flat(stated) == pytest.approx(_flat(json.loads(json.dumps(found))))


def _flat(tree, key=""):
    if isinstance(tree, dict):
        return {
            k: v for n, t in tree.items() for k, v in _flat(t, f"{key}/{n}").items()
        }
    if isinstance(tree, list):
        return _flat(dict(enumerate(tree)), key)
    return {key: tree}


def test_another_seed_has_other_people_and_other_personal_data():
    one, two = small(1), small(2)
    planted = [
        set(c.canaries.loc[c.canaries["kind"] != "hostile", "planted"])
        for c in (one, two)
    ]
    assert len(planted[0] & planted[1]) <= 2
    assert set(one.responses["response_id"]).isdisjoint(two.responses["response_id"])


# --- size -------------------------------------------------------------------------


def test_the_demo_has_the_promised_size(company, found):
    sizes = found["sizes"]
    assert sizes["customers"] == 12_000
    assert len(company.products) == 25
    assert company.products["category"].nunique() == 5
    assert 60_000 <= sizes["order_lines"] <= 75_000
    assert 4_900 <= sizes["comments"] + sizes["documents"] <= 5_300
    assert company.invitations.groupby("wave").size().eq(3_200).all()
    assert company.responses.groupby("wave").size().between(700, 950).all()
    assert found["returns"]["respondents_lines_after"] >= 4_000
    assert company.responses["customer"].value_counts().ge(2).sum() > 1_000
    assert 3_000 <= sizes["transactions"] <= 4_500
    assert 150 <= company.transactions["text"].notna().sum() <= 350


def test_the_raw_files_stay_small():
    assert sum(path.stat().st_size for path in files_of(DEMO)) < 8e6


@pytest.mark.parametrize("scale", [0.02, 0.2])
def test_size_follows_the_scale(scale):
    company = example.invent(np.random.default_rng(1), scale=scale)
    assert len(company.customers) == pytest.approx(12_000 * scale, rel=0.01)
    assert len(company.orders) == pytest.approx(68_000 * scale, rel=0.2)
    assert len(company.invitations) == pytest.approx(22_400 * scale, rel=0.02)
    assert len(company.products) == 25


def test_too_small_a_company_is_refused():
    with pytest.raises(ValueError, match=r"scale is 0\.01; the smallest"):
        example.invent(np.random.default_rng(1), scale=0.01)


# --- truths -----------------------------------------------------------------------


def test_the_score_is_realistic_and_falls_in_the_last_wave(found):
    scores = [found["score"][wave]["all"] for wave in WAVES]
    assert all(25 < score < 42 for score in scores[:-1])
    bridge = found["bridge"]
    assert -16 < bridge["change"] < -8
    assert bridge["mix"] + bridge["within"] == pytest.approx(bridge["change"])
    assert bridge["mix"] < -2
    assert bridge["within"] < -6


def test_only_new_customers_of_the_south_fall(found):
    before, after = (found["score"][wave] for wave in WAVES[-2:])
    change = {
        s: after["segments"][s] - before["segments"][s] for s in after["segments"]
    }
    assert change["new"] < -15
    assert abs(change["regular"]) < 4
    assert abs(change["loyal"]) < 4
    assert after["regions"]["South"] < before["regions"]["South"] - 25
    assert after["shares"]["new"] > before["shares"]["new"] + 0.08


def test_respondents_alone_flatter_the_company(found):
    excess = [
        found["score"][w]["respondents"] - found["score"][w]["all"] for w in WAVES
    ]
    assert np.mean(excess) > 3
    assert excess[-1] > 10


def test_weighting_by_segment_and_region_repairs_most(company):
    rng = np.random.default_rng(5)
    draws = [example.survey_again(company, rng)[1] for _ in range(20)]
    bias = [_bias(company, responses) for responses in draws]
    plain, weighted = np.mean(bias, axis=0)
    assert plain > 10
    assert 0 < weighted < 0.3 * plain


def _bias(company, responses):
    """Bias of the last wave's score, plain and weighted to segment by region."""
    wave = len(WAVES) - 1
    who = responses.loc[responses["wave"] == wave, "customer"].to_numpy()
    answers = company.answers["recommend"][:, wave]
    points = 100.0 * ((answers >= 9).astype(int) - (answers <= 6))
    cells = company.customers["segment"] + company.customers["region"]
    present = eligible(company.customers)[:, wave]
    cell_means = pd.Series(points[who]).groupby(cells.to_numpy()[who]).mean()
    shares = cells[present].value_counts(normalize=True)
    truth = points[present].mean()
    return points[who].mean() - truth, (cell_means * shares).sum() - truth


def test_satisfaction_lowers_later_returns_and_not_earlier_ones(found):
    returns = found["returns"]
    assert returns["slope_after"] == pytest.approx(-0.015, abs=SLOPE_NOISE)
    assert returns["slope_before"] == pytest.approx(0.0, abs=SLOPE_NOISE)


def test_drawn_returns_follow_their_chance(company):
    back = np.zeros(len(company.orders))
    back[company.returns["order"]] = 1.0
    known = moments(company.orders["ordered"].to_numpy()) < np.datetime64("2026-08-01")
    chance, back = company.chance[known], back[known]
    slope = np.polyfit(chance, back, 1)[0]
    error = np.sqrt((chance * (1 - chance)).mean() / len(chance)) / chance.std()
    assert slope == pytest.approx(1.0, abs=4 * error)


def test_satisfied_customers_buy_more(found):
    lines = found["purchases"]
    assert lines["detractors"] < lines["passives"] < lines["promoters"]


def test_promotions_raise_both_reviews_and_returns(company, found):
    assert found["returns"]["rate_in_promotion"] > (
        found["returns"]["rate_outside_promotion"] + 0.04
    )
    promoted = company.orders["promotion"].mean()
    assert 0.15 < promoted < 0.35


def test_quality_and_delivery_drive_service_is_a_halo_website_nothing(found):
    drivers = found["drivers"]
    slope = {name: drivers[f"rating_{name}"]["slope"] for name in RATINGS}
    together = {name: drivers[f"rating_{name}"]["correlation"] for name in RATINGS}
    assert slope["quality"] > slope["delivery"] > 2 * slope["price"]
    assert together["service"] > 0.4
    assert slope["service"] < 0.35 * slope["delivery"]
    assert abs(slope["website"]) < 0.03
    assert abs(together["website"]) < 0.03


def test_detractors_talk_about_other_things(found):
    promoters, detractors = found["codes"]["promoters"], found["codes"]["detractors"]
    for code in ("delivery_late", "quality_poor", "service_slow"):
        assert detractors[code] > 1.8 * promoters[code]
    for code in ("delivery_fast", "quality_good", "service_helpful"):
        assert promoters[code] > 1.8 * detractors[code]


def test_customers_of_the_last_wave_have_more_late_deliveries(found):
    everyone = found["codes"]["everyone"]
    late = [everyone[wave]["delivery_late"] for wave in WAVES]
    assert np.ptp(late[:-1]) < 0.01
    assert 0.05 < late[-1] - late[-2] < 0.12


def test_codes_are_drawn_with_their_chances(company):
    people = company.responses.iloc[company.comments["response"].to_numpy()]
    spans = people["wave"].to_numpy() + 1
    mood = moods(company.feelings, people["customer"].to_numpy(), spans)
    chance = code_chances(mood).mean(axis=0)
    # Hostile texts have no code: they take about one in 160 away.
    assert company.codes.mean(axis=0) == pytest.approx(chance, abs=0.02)


def test_satisfaction_with_a_purchase_follows_product_experience_and_return(found):
    stated, asked = Truths(), found["transactions"]
    products = pd.DataFrame(asked["products"]).T
    slope = np.polyfit(products["level"], products["satisfaction"], 1)[0]
    assert slope == pytest.approx(stated.purchase_product, rel=0.1)
    assert asked["slope_on_experience"] == pytest.approx(
        stated.purchase_experience, rel=0.1
    )
    # Dear products come back more and are rated lower, which adds to the gap.
    gap = asked["sent_back"] - asked["kept"]
    assert stated.purchase_return - 0.2 < gap < stated.purchase_return + 0.1
    assert products["level"].corr(products["return_rate"], method="spearman") < -0.5


def test_answers_after_a_purchase_recover_what_all_buyers_would_say(company, found):
    answers = company.transactions.dropna(subset="satisfaction")
    product = company.orders["product"].to_numpy()[answers["order"]]
    by = answers["satisfaction"].groupby(company.products["product_id"][product].array)
    products = pd.DataFrame(found["transactions"]["products"]).T
    z = (by.mean() - products["satisfaction"]) / (by.std() / by.size() ** 0.5)
    assert (z**2).sum() < 25 + 3 * 50**0.5
    assert by.mean().corr(products["level"], method="spearman") > 0.9


def test_the_survey_after_a_purchase_asks_about_one_line_of_an_order(company):
    answers = company.transactions
    lines = company.orders.iloc[answers["order"].to_numpy()]
    assert lines["order_id"].is_unique
    gap = answers["answered"].to_numpy() - lines["ordered"].to_numpy()
    assert (gap > 13).all()
    assert (gap < 22).all()
    assert answers["response_id"].is_unique
    assert moments(answers["answered"].to_numpy()).max() < np.datetime64(END)
    back = company.returns.set_index("order")["returned"]
    sent_back = company.verdicts.loc[answers["order"], "sent_back"].to_numpy()
    came_back = back.reindex(answers["order"]).to_numpy() < answers["answered"]
    assert (sent_back == came_back.to_numpy()).all()


def test_companies_that_break_the_usual_assumptions_can_be_drawn():
    hard = Truths(answering_interaction=-2.0, spending_spread=1.5)
    usual, odd = (
        example.invent(np.random.default_rng(6), scale=0.2, settings=one)
        for one in (Truths(), hard)
    )
    shares = [_share_of_new_south(company) for company in (usual, odd)]
    assert shares[1] < 0.4 * shares[0]
    spent = [company.orders["revenue"] for company in (usual, odd)]
    spread = [one.std() / one.mean() for one in spent]
    assert spread[1] > 1.5 * spread[0]


def _share_of_new_south(company):
    who = company.customers.iloc[company.responses["customer"].to_numpy()]
    return (who["segment"].eq("new") & who["region"].eq("South")).mean()


# --- coders -----------------------------------------------------------------------


def test_two_coders_code_the_same_300_comments_in_two_waves(company):
    sizes = company.codings.groupby(["round", "coder"]).size()
    assert sizes.eq(300).all()
    assert set(sizes.index) == {(w, c) for w in CODED_WAVES for c in CODERS}
    for _, sheet in company.codings.groupby("round"):
        first, second = (sheet.loc[sheet["coder"] == c, "document_id"] for c in CODERS)
        assert first.tolist() == second.tolist()


def test_one_code_is_unreliable_and_the_others_are_not(company):
    alphas = {code: _alpha(company.codings, code) for code in CODES}
    assert alphas.pop("packaging") < 0.6
    assert min(alphas.values()) > 0.7
    assert max(alphas.values()) < 0.97


def _alpha(codings, code):
    """Krippendorff's alpha of two coders and a yes-or-no code, no value missing."""
    one, two = (codings.loc[codings["coder"] == c, code].to_numpy() for c in CODERS)
    values = np.concatenate([one, two])
    share = values.mean()
    expected = 2 * share * (1 - share) * len(values) / (len(values) - 1)
    return 1 - (one != two).mean() / expected


def test_workbooks_have_the_agreed_layout_and_no_formula(drawn, company):
    book = openpyxl.load_workbook(drawn / "coding_2026Q3_coder_b.xlsx")
    assert book.sheetnames == ["coding", "codebook"]
    rows = list(book["coding"].iter_rows(values_only=True))
    assert rows[0] == ("document_id", "text", *CODES, "none", "valence", "memo")
    assert {one for row in rows[1:] for one in row[2:-2]} == {"x", None}
    assert {row[-2] for row in rows[1:]} == {-1, 0, 1}
    kinds = {cell.data_type for row in book["coding"].iter_rows() for cell in row}
    assert "f" not in kinds
    ids = [row[0] for row in book["codebook"].iter_rows(values_only=True)]
    assert ids == ["id", *CODES]
    text = " ".join(row[1] for row in rows[1:])
    personal = company.canaries.loc[company.canaries["kind"] != "hostile", "planted"]
    assert not [one for one in personal if one in text]


# --- text -------------------------------------------------------------------------


def test_comments_are_varied(company):
    fragments = [
        one
        for entry in phrases()["codes"].values()
        for tongue in ("en", "de", "es", "fr")
        for one in entry[tongue]
    ]
    assert len(set(fragments)) > 300
    texts = company.comments["text"]
    assert texts.nunique() > 0.85 * len(texts)
    assert set(company.comments["language"]) == {"en", "de", "es", "fr"}


def test_planted_strings_are_where_the_list_says(company):
    texts = dict(
        zip(company.comments["document_id"], company.comments["text"], strict=True)
    ) | dict(
        zip(company.documents["document_id"], company.documents["text"], strict=True)
    )
    said = company.transactions.dropna(subset="text")
    texts |= dict(zip(said["response_id"], said["text"], strict=True))
    planted = example.canaries(company)
    personal = [one for one in planted if one["kind"] != "hostile"]
    assert len(personal) >= 40
    assert {one["kind"] for one in personal} == {
        "name",
        "email",
        "phone",
        "card",
        "address",
    }
    assert all(one["planted"] in texts[one["document_id"]] for one in planted)
    cards = [one["planted"] for one in personal if one["kind"] == "card"]
    assert all(has_valid_checksum(card) for card in cards)


def test_hostile_texts_try_everything(company):
    hostile = [
        c["planted"] for c in example.canaries(company) if c["kind"] == "hostile"
    ]
    beginnings = {text[:1] for text in hostile}
    assert {"<", "=", "+", "-", "@", "\t", ""} <= beginnings
    assert "\u202e" in "".join(hostile)
    assert "\u200b" in "".join(hostile)
    assert max(map(len, hostile)) == 5_000


# --- exports ----------------------------------------------------------------------


def test_the_study_file_is_valid(drawn, monkeypatch):
    monkeypatch.setenv("ANALYSIS_HOME", str(ROOT))
    study = Study.load("demo")
    assert (drawn / "study.toml").read_bytes() == (DEMO / "study.toml").read_bytes()
    for table in study.tables.values():
        for source in (table, *table.also):
            assert all(list(drawn.glob(pattern)) for pattern in source.files)
    assert list(study.drivers) == [f"rating_{name}" for name in RATINGS]


def test_survey_files_have_three_header_rows_and_the_stated_flaws(drawn, company):
    flaws, rows, wordings = company.flaws, [], {}
    for wave in WAVES:
        path = drawn / f"survey_{wave}.csv"
        with path.open(encoding="utf-8-sig", newline="") as stream:
            names, texts, marks, *lines = csv.reader(stream)
        assert all("ImportId" in json.loads(mark) for mark in marks)
        wordings[wave] = texts[names.index("Q1")]
        rows += [dict(zip(names, line, strict=True)) for line in lines]
    assert len(rows) == len(company.responses) + len(flaws["duplicates"])
    scores = [row["Q1"] for row in rows]
    assert scores.count("11") == len(flaws["declared_missing"])
    odd = {r["ResponseId"] for r in rows if r["Q1"] == "99" or r["Q2"] == "9"}
    assert odd == set(flaws["out_of_scale"])
    twice = pd.Series([row["ResponseId"] for row in rows]).value_counts()
    assert set(twice.index[twice == 2]) == set(flaws["duplicates"])
    changed = {w for w, text in wordings.items() if text != wordings[WAVES[0]]}
    assert changed == {flaws["reworded"]}


def test_impossible_returns_are_counted(drawn, company):
    returns = pd.read_csv(drawn / "returns.csv", parse_dates=["RETURNED_AT"])
    orders = pd.read_parquet(drawn / "orders.parquet")
    merged = returns.merge(orders, on=["ORDER_ID", "LINE_NO"], how="left")
    lost = merged["ORDERED_AT"].isna()
    early = merged["RETURNED_AT"] < merged["ORDERED_AT"]
    assert set(merged.loc[lost, "ORDER_ID"]) == set(
        company.flaws["return_without_order"]
    )
    assert set(merged.loc[early, "ORDER_ID"]) == set(
        company.flaws["return_before_order"]
    )
    assert returns["RETURNED_AT"].max() < pd.Timestamp(END)


def test_warehouse_tables_shout_and_have_keys(drawn):
    for name, key in (
        ("customers", ["CUSTOMER_ID"]),
        ("orders", ["ORDER_ID", "LINE_NO"]),
    ):
        table = pd.read_parquet(drawn / f"{name}.parquet")
        assert all(column == column.upper() for column in table.columns)
        assert not table.duplicated(key).any()
    orders = pd.read_parquet(drawn / "orders.parquet")
    customers = pd.read_parquet(drawn / "customers.parquet")
    both = orders.merge(customers, on="CUSTOMER_ID", validate="many_to_one")
    assert len(both) == len(orders)
    joined, left = (pd.to_datetime(both[f"{n}_DATE"]) for n in ("JOIN", "LEFT"))
    day = both["ORDERED_AT"].dt.normalize()
    assert (day >= joined).all()
    assert (left.isna() | (day <= left)).all()


def test_the_truths_stay_out_of_the_study_folder():
    assert not [path for path in files_of(DEMO) if "truth" in path.name]
    assert {path.suffix for path in files_of(DEMO)} == {
        ".csv",
        ".parquet",
        ".toml",
        ".xlsx",
    }


def test_the_command_says_where(tmp_path, capsys):
    assert main(["--seed", "2", "--scale", "0.02", "--to", str(tmp_path / "new")]) == 0
    assert "241 customers" in capsys.readouterr().out
    assert (tmp_path / "new" / "study.toml").is_file()
