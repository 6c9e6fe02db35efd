"""Texts of all sources beside their codes, and trends cut at a new codebook."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.coding.bridge import bridge_versions
from analysis.coding.decisions import final
from analysis.coding.feedback import (
    code_feedback,
    drawn_only,
    heard,
    keepers,
    prevalences_by,
    tabulate_sources,
    writers,
)
from analysis.coding.journey import stage_tones, theme_tones
from analysis.coding.prevalence import prevalence
from analysis.coding.prevalence_contrasts import prevalence_changes
from analysis.coding.quotes import draw_quotes
from analysis.coding.spike_texts import spike_quotes
from analysis.coding.spikes import spikes_by
from analysis.study import Study, StudyError
from analysis.survey import Sample

LATE = "The parcel came a week after the promised day"


def given(codes, coder="ann", turn="2026Q3"):
    rows = [(document, coder, code, turn) for document, code in codes.items()]
    return pd.DataFrame(rows, columns=["document_id", "coder", "code", "round"])


# --- all sources ------------------------------------------------------------------


def test_texts_of_another_survey_and_empty_ones_are_not_heard():
    texts = pd.DataFrame({
        "document_id": list("abcd"),
        "response_id": ["r1", "r2", None, None],
        "source": ["survey", "survey", "review", "social"],
        "text": ["Late.", "Late.", "Fine.", "  "],
        "period": "2026Q3",
    })  # fmt: skip
    answers = Sample(pd.DataFrame({"response_id": ["r1"]}))
    kept = heard(texts, answers, periods=["2026Q3"])
    assert kept["document_id"].tolist() == ["a", "c"]
    counts = tabulate_sources(kept, given({"c#0001": "late"}))
    assert counts.set_index("source")["read"].to_dict() == {"survey": 0, "review": 1}


def test_feedback_speaks_of_texts_and_a_small_source_is_withheld():
    texts = pd.DataFrame({
        "document_id": [f"d{n}" for n in range(28)] + ["s1"],
        "source": ["review"] * 20 + ["social"] * 8 + ["survey"],
        "customer_id": [f"c{n // 2}" for n in range(28)] + ["c0"],
    })  # fmt: skip
    codes = {f"d{n}": "late" if n % 4 == 0 else "none" for n in range(28)}
    decisions = final(given(codes | {"s1": "late"}), codes=["late"])
    customers = pd.DataFrame({"customer_id": ["c0"], "segment": ["new"]})
    said = code_feedback(texts, decisions, customers=customers)
    assert len(said.frame) == 28
    assert said.clusters == "customer_id"
    found = prevalences_by(said, codes=["late"], by=["source", "region"])
    assert list(found) == ["source"]
    assert found["source"]["late"]["review"].value == 0.25
    assert np.isnan(found["source"]["late"]["social"].value)


def test_shares_by_group_are_those_of_the_group():
    frame = pd.DataFrame({
        "late": [1.0] * 12 + [0.0] * 28,
        "score": ["detractor"] * 20 + ["promoter"] * 20,
    })  # fmt: skip
    coded = Sample(frame)
    ours = prevalences_by(coded, codes=["late"], by=["score"])["score"]["late"]
    alone = prevalence(Sample(frame.head(20)), "late")
    assert ours["detractor"].value == pytest.approx(alone.value)
    assert ours["detractor"].low == pytest.approx(alone.low)


def test_only_drawn_texts_speak_where_a_draw_is_on_record():
    frame = pd.DataFrame({
        "response_id": list("abcd"),
        "period": ["2026Q2", "2026Q3", "2026Q3", "2026Q3"],
        "late": [1.0, 1.0, 0.0, 1.0],
    })  # fmt: skip
    drawn = pd.DataFrame(
        {"document_id": ["b", "c"], "inclusion_probability": [0.2, 0.4]}
    )
    told = drawn_only(Sample(frame), drawn, codes=["late"]).frame
    assert told["late"].tolist()[:3] == [1.0, 1.0, 0.0]
    assert np.isnan(told["late"].iloc[3])
    assert told["inclusion_probability"].tolist()[:3] == [1.0, 0.2, 0.4]


def test_unequal_chances_are_undone():
    """Half of the late texts were drawn, a tenth of the others: the share is theirs."""
    rng = np.random.default_rng(3)
    late = rng.random(4_000) < 0.2
    chance = np.where(late, 0.5, 0.1)
    picked = rng.random(4_000) < chance
    frame = pd.DataFrame({"response_id": [f"r{n}" for n in range(4_000)]})
    frame["period"], frame["late"] = "2026Q3", np.where(picked, late * 1.0, np.nan)
    drawn = pd.DataFrame({"document_id": frame["response_id"][picked],
                          "inclusion_probability": chance[picked]})  # fmt: skip
    told = prevalence(drawn_only(Sample(frame), drawn, codes=["late"]), "late")
    naive = prevalence(Sample(frame), "late")
    assert told.low < late.mean() < told.high
    assert naive.low > late.mean()


def test_writers_and_keepers():
    bought = pd.DataFrame({
        "customer_id": ["a", "b", "c"], "period": ["2026Q3", "2026Q3", "2025Q1"],
        "lines": [4, 2, 9], "revenue": [10.0, 0.0, 5.0], "returned_lines": [1, 0, 9],
    })  # fmt: skip
    assert keepers(bought, periods=["2026Q3"]).to_dict() == {
        "a": "returner",
        "b": "keeper",
    }
    said = Sample(pd.DataFrame({"customer_id": ["a", "d", None], "late": [1, 0, 1.0]}))
    table = writers(said, codes=["late"], customer_periods=bought, periods=["2026Q3"])
    assert table.loc["a", "returned"] == 0.25
    assert table.loc["d"].tolist() == [0, 0, 0, 0]


def test_the_tone_of_a_theme_is_that_of_its_texts_and_halves_count_half():
    frame = pd.DataFrame({
        "late": [1.0, 1.0, 0.5, 0.0], "price": [0.0, 0.0, 0.0, 1.0],
        "tone": [-1.0, 0.0, 1.0, 1.0], "weight": [1.0, 1.0, 2.0, 1.0],
    })  # fmt: skip
    found = theme_tones(Sample(frame, weights="weight"), codes=["late", "price"])
    assert found["late"].value == pytest.approx(0.0)
    assert found["price"].value == 1.0
    assert found["late"].base == 3
    alone = frame.head(2).assign(stage="late")
    same = stage_tones(Sample(alone), stages=["late"])["late"]
    assert theme_tones(Sample(alone), codes=["late"])["late"].low == same.low


# --- weeks ------------------------------------------------------------------------


def test_a_burst_of_complaints_is_found_and_quoted_and_the_survey_left_out():
    days = pd.date_range("2026-01-05", periods=70)
    texts = pd.DataFrame({"occurred_on": [*days, *[days[-1]] * 30]})
    texts["document_id"] = [f"d{n}" for n in range(100)]
    texts["customer_id"] = texts["document_id"]
    texts["source"], texts["text"] = "complaint", [f"{LATE}, {n}." for n in range(100)]
    texts = pd.concat([texts, texts.assign(source="survey")])
    found = spikes_by(texts, by="source", until=days[-1], newest=1)
    assert list(found) == ["complaint"]
    (week, one), *_ = found["complaint"].items()
    assert one.p_value < 0.001
    out = pd.DataFrame({"by": ["complaint"], "level": [week]})
    quotes = spike_quotes(texts, out, seed=1, tones={"d99": -1.0})
    assert len(quotes) == 3
    assert set(quotes["base"]) == {37}
    with pytest.raises(StudyError):
        spikes_by(texts, by="source", until=days[20])


def test_few_texts_are_not_quoted_and_the_draw_does_not_hang_on_their_order():
    texts = pd.DataFrame({"document_id": [f"d{n}" for n in range(12)]})
    texts["text"], texts["tone"] = [f"{LATE}, {n}." for n in range(12)], np.nan
    assert draw_quotes(texts.head(9), topic="x", seed=1).empty
    one = draw_quotes(texts, topic="x", seed=1)
    two = draw_quotes(texts.sample(frac=1, random_state=2), topic="x", seed=1)
    assert one["document_id"].tolist() == two["document_id"].tolist()


# --- a new codebook ---------------------------------------------------------------

OLD = """version = "1.9"
[[codes]]
id = "late"
name = "Late"
definition = "Later than promised."
"""
NEW = OLD.replace("1.9", "1.10").replace("promised", "wished")


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """A study whose book says otherwise what `late` means."""
    home = Path(__file__).parents[1]
    place = tmp_path / "data" / "raw" / "demo"
    place.mkdir(parents=True)
    shutil.copy(home / "data" / "raw" / "demo" / "study.toml", place)
    (place / "codebook.toml").write_text(NEW)
    (place / "codebook-1.9.toml").write_text(OLD)
    (place / "codebook-1.2.toml").write_text(OLD.replace("1.9", "1.2"))
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    return Study.load("demo")


@pytest.mark.parametrize("flip", [0, 15])
def test_a_trend_is_cut_where_old_and_new_book_disagree(changed, flip):
    new = {f"d{n}": "late" if n < 20 else "none" for n in range(60)}
    old = {f"d{n}": "late" if flip <= n < 20 + flip else "none" for n in range(60)}
    codings = pd.concat([given(new), given(old, turn="2026Q3-v1.9")])
    rng = np.random.default_rng(1)
    bridge = bridge_versions(changed, codings, period="2026Q3", rng=rng)
    assert bridge.changes["change"].tolist() == ["redefined"]
    assert bridge.agreement["late"].base == 60
    assert (bridge.breaks == {}) == (flip == 0)
    assert bridge.breaks.get("late", ["2026Q3"]) == ["2026Q3"]
    coded = Sample(pd.DataFrame({
        "late": [1.0, 0.0] * 20, "period": ["2026Q3"] * 20 + ["2026Q2"] * 20,
    }))  # fmt: skip
    waves = ("2026Q3", "2026Q2")
    words = {"codes": ["late"], "periods": waves, "breaks": bridge.breaks}
    assert (prevalence_changes(coded, **words) == {}) == (flip > 0)


def test_a_book_that_nobody_bridged_cuts_the_trend(changed):
    rng = np.random.default_rng(1)
    bridge = bridge_versions(changed, given({}), period="2026Q4", rng=rng)
    assert bridge.breaks == {"late": ["2026Q4"]}
    assert "not coded under both" in bridge.changes["trend"].item()
