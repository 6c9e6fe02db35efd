"""The ledger is the only door, and it keeps its rules."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import Estimate, count
from analysis.ledger import Ledger, bind, cells
from analysis.ledger.families import adjusted, selected_families
from analysis.ledger.sections import headings, publishing_cell
from analysis.settings import TableSource
from analysis.study import Study, StudyError


@pytest.fixture
def study(tmp_path, monkeypatch) -> Study:
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    tables = {"responses": TableSource(files=["survey.csv"])}
    return Study(id="acme", name="Acme", seed=1, tables=tables)


@pytest.fixture
def ledger(study) -> Ledger:
    return Ledger.open(study, "2026Q3", "02_metrics")


@pytest.fixture
def cell(monkeypatch):
    """Let each call of the fixture start a new cell."""
    place = {"cell": "first", "run": 1}
    monkeypatch.setattr(cells, "current_cell", lambda: (place["cell"], place["run"]))

    def start(name: str, run: int) -> None:
        place.update(cell=name, run=run)

    return start


def score(value: float = 31.2, **changes) -> Estimate:
    usual = Estimate(
        value=value,
        standard_error=2.0,
        low=value - 4,
        high=value + 4,
        base=800,
        unit="points",
        source="analysis.metrics.scores.net_promoter",
    )
    return dataclasses.replace(usual, **changes)


def test_a_figure_is_written_with_its_maker(study, ledger):
    ledger.publish("nps", score(), metric="nps")
    saved = pd.read_csv(study.processed("2026Q3") / "ledger" / "02_metrics.figures.csv")
    assert saved.loc[0, "value"] == 31.2
    assert saved.loc[0, "source"] == "analysis.metrics.scores.net_promoter"


def test_another_cell_cannot_publish_a_key_again(ledger, cell):
    ledger.publish("nps", score(), metric="nps")
    cell("second", 2)
    with pytest.raises(ValueError, match="another line"):
        ledger.publish("nps", score(), metric="nps")


def test_the_same_cell_run_again_replaces_its_own(ledger, cell):
    levels = {"new": score(10), "old": score(20)}
    ledger.publish_table("nps_segment", levels, metric="nps", by="segment")
    cell("first", 2)
    rows = ledger.publish_table(
        "nps_segment", {"new": score(11)}, metric="nps", by="segment"
    )
    assert rows["value"].tolist() == [11]
    assert "nps_segment/old" not in ledger._figures


def test_one_cell_cannot_publish_a_key_twice_in_one_run(ledger, cell):
    cell("first", 1)
    ledger.publish("nps", score(), metric="nps")
    with pytest.raises(ValueError, match="another line"):
        ledger.publish("nps", score(), metric="nps")


def test_a_number_without_a_source_is_refused(ledger):
    with pytest.raises(ValueError, match="no source"):
        ledger.publish("nps", score(source=""), metric="nps")
    with pytest.raises(ValueError, match="no source"):
        ledger.publish("nps", 31.2, metric="nps")


def test_a_small_base_is_withheld_and_its_number_is_nowhere(study, ledger):
    ledger.publish("nps", score(-77.7, base=9), metric="nps")
    text = "".join(
        path.read_text() for path in study.processed("2026Q3").rglob("*.csv")
    )
    assert "77.7" not in text
    assert "withheld" in repr(ledger.sentence("It is {nps}."))


def test_a_count_is_never_too_small(ledger):
    assert not ledger.publish("rows", count(3), metric="rows")["withheld"].any()


def test_the_second_smallest_level_is_withheld_with_the_smallest(ledger):
    levels = {"a": score(base=4), "b": score(base=30), "c": score(base=300)}
    rows = ledger.publish_table("nps_segment", levels, metric="nps", by="segment")
    assert rows["withheld"].tolist() == [True, True, False]


def test_a_leak_across_notebooks_is_refused(study, ledger):
    levels = {"a": score(base=4), "b": score(base=30), "c": score(base=300)}
    ledger.publish_table("nps_segment", levels, metric="nps", by="segment")
    other = Ledger.open(study, "2026Q3", "03_outcomes")
    other.publish_table("nps_again", {"b": score()}, metric="nps", by="segment")
    with pytest.raises(StudyError, match="withheld"):
        bind(study, "2026Q3")


def test_two_notebooks_cannot_publish_one_key(study, ledger):
    ledger.publish("nps", score(), metric="nps")
    Ledger.open(study, "2026Q3", "03_outcomes").publish("nps", score(), metric="nps")
    with pytest.raises(StudyError, match="published twice"):
        bind(study, "2026Q3")


def test_a_sentence_links_every_figure_and_escapes_every_word(ledger):
    ledger.publish("nps", score(-3.4), metric="nps")
    levels = {"<new>": score(12.0)}
    ledger.publish_table("nps_segment", levels, metric="nps", by="segment")
    sentence = ledger.sentence(
        "{name}: {nps:+.0f} ({nps.interval}), new {nps_segment[<new>]:.0f}.",
        name="<b>Acme</b>",
    )
    assert repr(sentence).startswith("<b>Acme</b>: −3 (")
    assert "&lt;b&gt;Acme" in sentence._repr_html_()
    assert 'data-figure="nps"' in sentence._repr_html_()
    assert sentence.keys == ["nps", "nps", "nps_segment/<new>"]


def test_a_sentence_cannot_quote_what_was_not_published(ledger):
    with pytest.raises(KeyError, match="not published"):
        ledger.sentence("It is {nps}.")


WORDS = {"rising": "It rose.", "falling": "It fell.", "unclear": "We cannot tell."}


@pytest.mark.parametrize(
    ("value", "p_value", "said"),
    [
        (9.0, 0.001, "It rose."),
        (-9.0, 0.001, "It fell."),
        (9.0, 0.2, "We cannot tell."),
        (1.0, 0.001, "We cannot tell."),
    ],
)
def test_a_direction_needs_interval_and_q_value(ledger, value, p_value, said):
    change = score(value, p_value=p_value)
    ledger.publish("change", change, metric="nps_change", family="what changed")
    assert repr(ledger.claim("changed", on="change", **WORDS)) == said


def test_a_claim_needs_a_family(ledger):
    ledger.publish("change", score(p_value=0.01), metric="nps_change")
    with pytest.raises(ValueError, match="no family"):
        ledger.claim("changed", on="change", **WORDS)


def test_a_family_that_was_spoken_from_takes_no_more_tests(ledger):
    ledger.publish("one", score(p_value=0.01), metric="nps_change", family="f")
    ledger.claim("changed", on="one", **WORDS)
    with pytest.raises(ValueError, match="no more tests"):
        ledger.publish("two", score(p_value=0.01), metric="nps_change", family="f")


def test_words_of_cause_need_an_experiment(ledger):
    ledger.publish("effect", score(p_value=0.01), metric="x", family="f", grade="C")
    words = WORDS | {"rising": "Satisfaction raised the sales."}
    with pytest.raises(ValueError, match="grade A"):
        ledger.claim("effect_said", on="effect", **words)


@pytest.mark.parametrize("grade", ["A", "B", "C", "D", None])
def test_words_of_order_need_to_know_what_came_first(ledger, grade):
    effect = score(p_value=0.01)
    ledger.publish("effect", effect, metric="x", family="f", grade=grade)
    words = WORDS | {"unclear": "We cannot tell what satisfied customers do Later."}
    if grade in ("A", "B", "C"):
        assert repr(ledger.claim("effect_said", on="effect", **words)) == "It rose."
    else:
        with pytest.raises(ValueError, match='says "Later", which takes grade A, B or'):
            ledger.claim("effect_said", on="effect", **words)


def test_words_of_measurement_are_no_words_of_order(ledger):
    ledger.publish("effect", score(p_value=0.01), metric="x", family="f", grade="D")
    words = WORDS | {"rising": "Raised since the last period, after a purchase: {on}."}
    assert "since" in repr(ledger.claim("effect_said", on="effect", **words))


def quote(text: str, base: int = 50) -> pd.DataFrame:
    row = {
        "topic": "<b>price</b>",
        "stance": "from a mostly critical comment",
        "text": text,
        "document_id": "d1",
        "base": base,
    }
    return pd.DataFrame([row])


def test_a_quote_with_personal_data_or_few_documents_is_refused(ledger):
    with pytest.raises(ValueError, match="personal data"):
        ledger.publish_quotes("q", quote("Write to ann@example.com"))
    with pytest.raises(ValueError, match="too few"):
        ledger.publish_quotes("q", quote("Too dear.", base=9))
    assert "Too dear." in repr(ledger.publish_quotes("q", quote("Too dear.", base=10)))


def test_the_summary_speaks_only_from_selected_families(study, ledger):
    ledger.publish("sure", score(9.0, p_value=1e-6), metric="a", family="sure")
    ledger.claim("sure_said", on="sure", **WORDS)
    ledger.publish("weak", score(9.0, p_value=0.04), metric="b", family="weak")
    ledger.claim("weak_said", on="weak", **WORDS)
    for number in range(6):
        key = f"nothing_{number}"
        ledger.publish(key, score(1.0, p_value=0.7), metric=key, family=key)
    bound = bind(study, "2026Q3")
    assert bound.claims["text"].tolist() == ["It rose.", "It rose."]
    assert bound.claims["is_confirmed"].tolist() == [True, False]
    found = bound.findings(notebook="02_metrics")
    assert [repr(one) for one in found] == ["It rose."]
    assert bound.confirmed()["key"].tolist() == ["sure"]
    unknown = [repr(one) for one in bound.unknowns()]
    assert unknown[0] == "Told neither way, of weak: all."
    assert len(unknown) == 7


def test_bound_figures_come_back_as_they_were_published(study, ledger):
    ledger.publish("nps", score(1 / 3), metric="nps")
    levels = {"none": score(2.0), "NA": score(3.0)}
    ledger.publish_table("nps_region", levels, metric="nps", by="region")
    figures = bind(study, "2026Q3").figures
    assert figures["value"].tolist() == [1 / 3, 2.0, 3.0]
    assert figures["level"].tolist() == ["all", "none", "NA"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_are_no_smaller_than_p_values_and_keep_their_order(p_values):
    p = pd.Series(p_values)
    q = adjusted(p)
    assert (q >= p - 1e-12).all()
    assert (q.iloc[np.argsort(p)].diff().dropna() >= -1e-12).all()


# Benjamini and Hochberg (1995), section 3.3: of 15 tests four are rejected.
P_1995 = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
    0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_benjamini_and_hochberg_reject_four_of_their_fifteen():
    assert (adjusted(pd.Series(P_1995)) <= 0.05).sum() == 4


def test_the_level_within_selected_families_shrinks_with_the_unselected():
    rows = pd.DataFrame(
        {
            "notebook": "n",
            "family": ["a", "b", "c", "d"],
            "p_value": [1e-5, 0.5, 0.6, 0.7],
        }
    )
    found = selected_families(rows, level=0.05)
    assert found["is_selected"].tolist() == [True, False, False, False]
    assert found.loc[0, "within_level"] == pytest.approx(0.05 / 4)


def test_a_key_is_found_in_its_cell_and_under_its_heading():
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "## How many?\n", "nps"]},
        {"cell_type": "code", "source": ["ledger.publish(\n", '    "nps", x)']},
        {"cell_type": "code", "source": 'ledger.publish("nps_segment", x)'},
    ]
    notebook = {"cells": cells}
    assert publishing_cell(notebook, "nps") == 1
    assert publishing_cell(notebook, "nps_segment/new") == 2
    assert publishing_cell(notebook, "absent") is None
    assert headings(notebook)[1] == "How many?"


def test_levels_of_several_columns_are_withheld_column_by_column(ledger):
    splits = {
        "segment": {"a": score(base=4), "b": score(base=30), "c": score(base=300)},
        "region": {"n": score(base=30), "s": score(base=300)},
    }
    rows = ledger.publish_tables("nps_of", splits, metric="nps")
    assert rows["withheld"].tolist() == [True, True, False, False, False]
    assert rows["key"].iloc[-1] == "nps_of/region/s"


def test_a_quote_cannot_become_markup(study, ledger):
    ledger.publish_quotes("q", quote("<img src=x onerror=alert(1)> too dear"))
    page = bind(study, "2026Q3").quoted()._repr_html_()
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;img src=x" in page


def test_a_claim_may_point_at_the_figure_that_decides(ledger):
    levels = {"nps": score(9.0, p_value=0.001)}
    ledger.publish_table("change", levels, metric="change", by="metric", family="f")
    words = WORDS | {"rising": "It rose by {on.size} ({on.interval})."}
    said = ledger.claim("changed", on="change/nps", **words)
    assert repr(said) == "It rose by 9.0 points (+5.0 to +13.0)."
    assert said.keys == ["change/nps", "change/nps"]


def test_a_reworded_question_is_a_break_of_its_series(study, ledger):
    waves = {"2026Q2": score(10.0), "2026Q3": score(20.0)}
    ledger.publish_table("nps_in", waves, metric="nps", by="period", breaks=["2026Q3"])
    assert bind(study, "2026Q3").figures["is_break"].tolist() == [False, True]


def test_the_extremes_of_a_table_are_named_and_linked(ledger):
    levels = {"new": score(12.0), "old": score(30.0), "few": score(99.0, base=4)}
    rows = ledger.publish_table("nps_segment", levels, metric="nps", by="segment")
    said = ledger.extremes(rows, "{lowest_name} at {lowest}, {highest_name} {highest}.")
    assert repr(said) == "old at +30.0, old +30.0."
    rows = ledger.publish_table(
        "nps_age", {"a": score(12.0), "b": score(30.0)}, metric="nps", by="age"
    )
    said = ledger.extremes(rows, "{lowest_name} at {lowest}, {highest_name} {highest}.")
    assert repr(said) == "a at +12.0, b +30.0."
    assert said.keys == ["nps_age/a", "nps_age/b"]


def test_values_of_several_metrics_are_rows_of_their_own(study):
    ledger = Ledger.open(study, "2026Q3", "02_metrics")
    values = {"nps": score(9.0), "csat": score(0.5, base=3), "ces": score(5.1)}
    rows = ledger.publish_values("now", values)
    assert rows["key"].tolist() == ["now/nps", "now/csat", "now/ces"]
    assert rows["metric"].tolist() == list(values)
    assert set(rows["by"]) == {"all"}
    assert rows["withheld"].tolist() == [False, True, False]


def test_claims_speak_of_each_row_of_a_table(study):
    ledger = Ledger.open(study, "2026Q3", "02_metrics")
    moved = {"nps": score(9.0, p_value=0.001), "ces": score(-1.0, p_value=0.7)}
    ledger.publish_table("change", moved, metric="change", by="metric", family="what")
    words = {"rising": "{subject} rose.", "falling": "{subject} fell."}
    said = ledger.claims(
        "changed",
        on="change",
        subjects={"nps": "The score", "ces": "Ease", "csat": "Satisfaction"},
        unclear="We cannot tell whether {subject} moved.",
        **words,
    )
    assert {name: one.direction for name, one in said.items()} == {
        "nps": "rising",
        "ces": "unclear",
    }
    assert repr(said["nps"]) == "The score rose."


def test_a_figure_whose_maker_found_too_little_is_withheld(study):
    ledger = Ledger.open(study, "2026Q3", "02_metrics")
    row = ledger.publish("revenue", score(float("nan")), metric="revenue")
    assert row["withheld"].all()


def test_metrics_by_groups_withhold_within_each_metric(study):
    ledger = Ledger.open(study, "2026Q3", "02_metrics")
    few = {"a": score(1.0, base=3), "b": score(2.0, base=40), "c": score(3.0)}
    rows = ledger.publish_groups("groups", {"segment": {"nps": few, "ces": few}})
    assert rows["key"].iloc[0] == "groups/segment/nps/a"
    assert rows.groupby("metric")["withheld"].sum().to_dict() == {"nps": 2, "ces": 2}
    assert set(rows["by"]) == {"segment"}
