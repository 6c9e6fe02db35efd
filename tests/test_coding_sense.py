"""Units of talks, versions of the codebook, and what is made of codes and words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from analysis.coding.checklist import (
    HEADER,
    publishable,
    read_checklist,
    write_checklist,
)
from analysis.coding.codebook import Code, Codebook
from analysis.coding.decisions import independent
from analysis.coding.journey import stage_tones, stage_tones_within
from analysis.coding.method_note import coding_facts, method_sentences
from analysis.coding.personas import (
    draw_together,
    persona_profiles,
    persona_stability,
)
from analysis.coding.spike_texts import documents_of
from analysis.coding.spikes import (
    _rate,
    tone_spikes,
    volume_spikes,
)
from analysis.coding.units import refuse_changed_units, split_units
from analysis.coding.versions import (
    broken_codes,
    coded_under,
    compare_codebooks,
    predecessors,
    version_agreement,
    version_shift,
)
from analysis.coding.words import telling_words, word_odds, words_of
from analysis.estimate import Estimate, adjusted_wald_interval
from analysis.ledger import Ledger
from analysis.settings import Coding, TableSource
from analysis.study import Study, StudyError
from analysis.survey import Sample


def talk(text: str, source: str = "interview") -> pd.DataFrame:
    columns = {"document_id": ["i1"], "source": [source], "text": [text]}
    return pd.DataFrame(columns)


TRANSCRIPT = """Recorded in Leeds.
Moderator: And the delivery?
[00:01:12] Anna K.: It came late. See https://example.com: no notice!
It was “late”. Again.

SPEAKER 2 : 我很生气。真的。 Mañana: nunca.
Note that this is not a label: it has too many words.
[name]:
"""


def test_turns_of_speakers_become_units():
    units = split_units(talk(TRANSCRIPT))
    assert units[["document_id", "speaker", "text"]].fillna("").to_numpy().tolist() == [
        ["i1#0001", "", "Recorded in Leeds."],
        ["i1#0002", "Moderator", "And the delivery?"],
        [
            "i1#0003",
            "Anna K.",
            "It came late. See https://example.com: no notice!\nIt was “late”. Again.",
        ],
        [
            "i1#0004",
            "SPEAKER 2",
            "我很生气。真的。 Mañana: nunca.\n"
            "Note that this is not a label: it has too many words.",
        ],
    ]
    named = split_units(talk(TRANSCRIPT), speakers={"moderator"})
    assert named["speaker"].dropna().tolist() == ["Moderator"]


def test_long_turns_are_split_at_the_ends_of_sentences():
    units = split_units(talk("Ann: " + "This is a sentence. " * 9), longest=45)
    assert set(units["text"][:4]) == {"This is a sentence. This is a sentence."}
    assert units["text"].iloc[4] == "This is a sentence."
    assert set(units["speaker"]) == {"Ann"}


words = st.text(alphabet="ab.! \n:é👍🏽。[", max_size=400)


@settings(max_examples=150, deadline=None)
@given(text=words, longest=st.integers(40, 90))
@example(text="x" * 50_000, longest=600)
@example(text="Ann: " + "Ã¼ber \ufffd " * 5000, longest=600)
def test_units_hold_every_word_once_and_in_order(text, longest):
    units = split_units(talk(text), longest=longest)
    end, gaps = 0, ""
    for unit in units.itertuples():
        assert end <= unit.start
        assert 0 < unit.end - unit.start <= longest
        assert text[unit.start : unit.end] == unit.text == unit.text.strip()
        gaps, end = gaps + text[end : unit.start], unit.end
    gaps += text[end:]
    # Only labels and spaces lie between units.
    assert all(":" in line for line in gaps.split("\n") if line.strip())


def test_other_documents_stay_whole_unless_no_cell_holds_them():
    short = split_units(talk("Ann: Late. " * 200, "review"), longest=40)
    assert short["document_id"].tolist() == ["i1"]
    long = split_units(talk("It came late. " * 5_000, "complaint"))
    assert len(long) > 100
    assert split_units(talk("  ")).empty
    with pytest.raises(StudyError, match="too short"):
        split_units(talk("a"), longest=3)


def test_a_unit_given_out_may_not_change():
    units = split_units(talk(TRANSCRIPT))
    refuse_changed_units(units, pd.concat([units, talk("More.")]))
    moved = split_units(talk("Ann: Hello.\n" + TRANSCRIPT))
    with pytest.raises(StudyError, match="'i1#0001' for one"):
        refuse_changed_units(units, moved)


def book(version: str, **codes: str | None) -> Codebook:
    """A book of codes with their definitions; none where `late` replaces them."""
    made = [
        Code(id=name, name=name, definition=text or "", replaced_by=heir)
        for name, text in codes.items()
        for heir in [None if text else "late"]
    ]
    return Codebook(version=version, codes=tuple(made))


OLD = book("1", slow="Slow.", late="Late.", price="Dear.", rude="Rude.")
NEW = book(
    "2", slow=None, late="Late.", price="Dear or unfair.", rude="Rude.", box="B."
)


def decided(under: str, given: dict[str, list[int]], n: int = 40):
    rows = [
        (f"d{k}", "ann", code, under)
        for k in range(n)
        for code in [name for name, ids in given.items() if k in ids] or ["none"]
    ]
    names = ["document_id", "coder", "code", "round"]
    return pd.DataFrame(rows, columns=names)


def test_changes_between_books_are_listed():
    assert compare_codebooks(OLD, NEW).to_numpy().tolist() == [
        ["slow", "replaced", "by late"],
        ["price", "redefined", "definition"],
        ["box", "added", ""],
    ]
    assert predecessors(OLD, NEW) == {
        "late": ["slow", "late"],
        "price": ["price"],
        "rude": ["rude"],
    }


def test_a_trend_is_cut_where_two_books_do_not_measure_the_same():
    first, many = list(range(12)), list(range(24))
    old = decided("2026Q3-v1", {"slow": first[:5], "late": first[5:], "price": first})
    new = decided("2026Q3", {"late": first, "price": many})
    both = pd.concat([old, new])
    before = independent(coded_under(both, "1"), codes=OLD.active)
    after = independent(coded_under(both), codes=NEW.active)
    pairs = predecessors(OLD, NEW)
    rng = np.random.default_rng(1)
    alphas = version_agreement(before, after, pairs=pairs, rng=rng)
    assert alphas["late"].value == 1
    assert alphas["price"].value < 0.5
    shift = version_shift(before, after, pairs=pairs)
    assert shift["late"].value == 0
    assert shift["price"].value == pytest.approx(0.3)
    assert shift["price"].low > 0
    # Newcombe's interval for paired shares: the documents are the same.
    assert shift["price"].high - shift["price"].low < 0.33
    broken = broken_codes(OLD, NEW, agreement=alphas, settings=Coding())
    assert list(broken) == ["price", "box"]
    unbridged = broken_codes(OLD, NEW, agreement={}, settings=Coding())
    assert unbridged["late"] == "changed in version 2 and not coded under both"


def test_books_without_shared_documents_cannot_be_bridged():
    before = independent(decided("1", {"late": [1]}), codes=["late"])
    other = decided("2", {"late": [1]}).assign(document_id="e1")
    after = independent(other, codes=["late"])
    with pytest.raises(StudyError, match="under both versions"):
        version_shift(before, after, pairs={"late": ["late"]})


QUOTES = pd.DataFrame(
    {
        "document_id": ["d1", "d2", "d3"],
        "topic": "late",
        "stance": "from a mixed or neutral comment",
        "text": ["=1+1 of [name]\x07\nby [phone]", "A week!", "Never again."],
        "base": 20,
    }
)


def checked(folder: Path, *answers: object) -> Path:
    path = write_checklist(folder, QUOTES, period="2026Q3")
    book = load_workbook(path)
    for row, answer in enumerate(answers, start=2):
        book["quotes"].cell(row, HEADER.index("publish") + 1).value = answer
    book["quotes"].move_range("F1:F4", cols=5)
    book.save(path)
    return path


def test_quotes_are_checked_before_they_are_published(tmp_path):
    sheet = load_workbook(write_checklist(tmp_path, QUOTES, period="2026Q3"))["quotes"]
    assert [cell.value for cell in sheet[2]][3:6] == [
        "=1+1 of [name]\ufffd\nby [phone]",
        "1 name, 1 phone",
        None,
    ]
    assert {c.data_type for row in sheet.iter_rows() for c in row if c.value} == {"s"}
    checks = read_checklist(checked(tmp_path, " Yes", "no"))
    free = publishable(QUOTES, checks, required=False)
    assert free["document_id"].tolist() == ["d1", "d3"]
    assert free["is_checked"].tolist() == [True, False]
    assert publishable(QUOTES, checks, required=True)["document_id"].tolist() == ["d1"]
    changed = QUOTES.assign(text="Now with a name.")
    assert publishable(changed, checks, required=True).empty
    assert publishable(QUOTES, None, required=True).empty


def test_a_list_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(StudyError, match=r"cell K3: found 'maybe', expected yes or no"):
        read_checklist(checked(tmp_path, "yes", "maybe"))
    with pytest.raises(StudyError, match=r"There is no other\.xlsx"):
        read_checklist(tmp_path / "other.xlsx")
    broken = tmp_path / "broken.xlsx"
    broken.write_text("not a workbook")
    with pytest.raises(StudyError, match="cannot be read as a workbook"):
        read_checklist(broken)
    book = load_workbook(checked(tmp_path, "yes"))
    book["quotes"].delete_cols(4)
    book.save(broken)
    with pytest.raises(StudyError, match="no column 'text'"):
        read_checklist(broken)
    with pytest.raises(StudyError, match="no quote to check"):
        write_checklist(tmp_path, QUOTES.head(0), period="2026Q3")


STAGES = ["delivery", "use", "return"]


def toned(n: int, rng: np.random.Generator, each: int = 1) -> Sample:
    """Persons with some documents each, who have a tone of their own."""
    own = rng.choice([-0.5, 0.3], size=n, p=[0.6, 0.4])
    tone = np.repeat(own, each) + rng.choice([-0.5, 0.0, 0.5], size=n * each)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{k // each}" for k in range(n * each)],
            "stage": "delivery",
            "tone": tone,
            "segment": rng.choice(["new", "old"], n * each),
        }
    )
    return Sample(frame, clusters="customer_id")


def test_tones_along_the_journey_cover_the_truth():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(300):
        found = stage_tones(toned(40, rng, each=3), stages=STAGES)["delivery"]
        hits += found.low <= -0.18 <= found.high
        assert found.base == 120
    # The 99 % band of 300 draws at 95 %.
    assert 0.915 <= hits / 300 <= 0.985


def test_one_tone_alone_does_not_make_certain():
    sample = toned(10, np.random.default_rng(1), each=2)
    found = stage_tones(sample.with_columns(tone=-1.0), stages=STAGES)
    assert found["delivery"].value == -1
    assert found["delivery"].effective_base == pytest.approx(10)
    # Rocks' interval of ten detractors.
    high = adjusted_wald_interval(0.0, 1.0, 10)[1] / 100
    assert found["delivery"].high == pytest.approx(high)
    assert found["use"].base == 0
    assert np.isnan(found["use"].value)
    lone = stage_tones(Sample(sample.frame.head(1)), stages=STAGES)["delivery"]
    assert lone.low < -0.5
    assert lone.high > 0.5
    nobody = sample.with_columns(tone=np.nan)
    assert stage_tones(nobody, stages=STAGES)["delivery"].base == 0


def test_tones_within_groups_are_those_of_each_group():
    sample = toned(60, np.random.default_rng(2))
    within = stage_tones_within(sample, stages=STAGES, by="segment")
    assert list(within) == ["new", "old"]
    alone = stage_tones(sample.only("segment", "old"), stages=STAGES)
    assert within["old"]["delivery"].low == alone["delivery"].low
    assert within["old"]["delivery"].source.endswith("stage_tones_within")


DAY = pd.Timestamp("2026-09-27")


def written(counts: list[int], *, people: int = 100_000, seed: int = 1):
    """Documents of so many a week, the newest week ending on `DAY`."""
    rng = np.random.default_rng(seed)
    days = [
        DAY - pd.Timedelta(days=int(7 * (len(counts) - 1 - week) + rng.integers(7)))
        for week, count in enumerate(counts)
        for _ in range(count)
    ]
    return pd.DataFrame(
        {
            "document_id": [f"d{n}" for n in range(len(days))],
            "customer_id": [f"c{n}" for n in rng.integers(people, size=len(days))],
            "occurred_on": days,
        }
    )


def test_a_week_of_many_stands_out_and_its_comments_are_named():
    documents = written([20] * 12 + [55])
    found = volume_spikes(documents, until=DAY)
    assert len(found) == 5
    newest = found["2026-09-21"]
    assert newest.value == pytest.approx(55 / 20, abs=0.02)
    assert newest.p_value < 1e-3
    # scipy.stats.binomtest(55, 215, 1 / 9).proportion_ci() as a ratio of rates.
    even = _rate(55, np.full(8, 20.0), 0.95)
    ends = [8 * part / (1 - part) for part in (0.1989036935891818, 0.31959123165188197)]
    assert [even.low, even.high] == pytest.approx(ends)
    assert found["2026-09-14"].p_value > 0.5
    made = documents_of(documents, ["2026-09-21"])
    assert len(made) == 55
    assert made["occurred_on"].min() >= pd.Timestamp("2026-09-21")
    early = volume_spikes(documents, until=DAY - pd.Timedelta(days=1))
    assert "2026-09-21" not in early


def test_one_person_who_writes_often_is_no_spike():
    documents = written([20] * 12 + [55])
    last = documents["occurred_on"] >= "2026-09-21"
    documents.loc[last, "customer_id"] = "c0"
    assert volume_spikes(documents, until=DAY)["2026-09-21"].value < 0.1


def test_false_alarms_are_as_rare_as_stated():
    rng = np.random.default_rng(3)
    plain = [rng.poisson(15, 9) for _ in range(1500)]
    bursty = [rng.negative_binomial(5, 0.25, 9) for _ in range(1500)]
    for weeks in (plain, bursty):
        found = [_rate(int(k[-1]), k[:-1].astype(float), 0.95) for k in weeks]
        alarms = np.array([one.p_value for one in found])
        # The upper end of the 99 % band of 1,500 draws.
        assert np.mean(alarms < 0.05) <= 0.0645
        assert np.mean(alarms < 0.01) <= 0.0166
        outside = np.array([one.low > 1 or one.high < 1 for one in found])
        assert (outside == (alarms < 0.05)).all()


def test_a_week_of_complaints_stands_out_among_as_many_comments():
    documents = written([30] * 13)
    rng = np.random.default_rng(5)
    last = documents["occurred_on"] >= "2026-09-21"
    chance = np.where(last, 0.7, 0.2)
    documents["bad"] = pd.array(rng.random(len(documents)) < chance, dtype="boolean")
    documents.loc[:3, "bad"] = pd.NA
    found = tone_spikes(documents, mark="bad", until=DAY)
    assert found["2026-09-21"].p_value < 1e-4
    assert found["2026-09-21"].low > 1
    assert found["2026-09-14"].p_value > 0.05
    months = tone_spikes(
        written([30] * 60).assign(bad=False), mark="bad", until=DAY, length="M"
    )
    assert all(one.p_value == 1 for one in months.values())


def test_too_short_a_history_says_so():
    with pytest.raises(StudyError, match="Found 4 whole weeks"):
        volume_spikes(written([5] * 4), until=DAY)


GROUPS = ("detractor", "promoter")
NAMES = np.array([f"w{chr(97 + n)}x" for n in range(20)])


def chatter(rng: np.random.Generator, people: int = 120) -> pd.DataFrame:
    """People with several comments and words of their own, alike in both groups."""
    each = rng.integers(1, 12, people)
    person = np.repeat(np.arange(people), each)
    habits = rng.beta(0.4, 4, (people, len(NAMES)))[person]
    said = rng.random((len(person), len(NAMES))) < habits
    sides = np.where(rng.random(people) < 0.3, *GROUPS)[person]
    return pd.DataFrame(
        {
            "text": [" ".join(NAMES[row]) for row in said],
            "group": sides,
            "customer_id": person.astype(str),
            "weight": rng.uniform(0.4, 2.4, len(person)),
        }
    )


def test_words_tell_apart_only_what_is_apart():
    rng = np.random.default_rng(11)
    found, naive, any_told = [], [], 0
    for _ in range(60):
        frame = chatter(rng)
        sample = Sample(frame, clusters="customer_id", weights="weight")
        odds = word_odds(sample, by="group", levels=GROUPS)
        found += [one.p_value for one in odds.values()]
        alone = word_odds(Sample(frame), by="group", levels=GROUPS)
        naive += [one.p_value for one in alone.values()]
        any_told += bool(telling_words(odds))
    assert np.mean(np.array(found) < 0.05) < 0.07
    # Comments of one person taken as those of several: the negative control.
    assert np.mean(np.array(naive) < 0.05) > 0.07
    assert any_told <= 8
    late = (frame["group"] == "detractor") & (rng.random(len(frame)) < 0.5)
    frame["text"] += np.where(late, " late", "") + np.where(~late, " keen", "")
    odds = word_odds(Sample(frame, clusters="customer_id"), by="group", levels=GROUPS)
    told = telling_words(odds)
    assert next(iter(told)) == "late"
    assert list(told)[-1] == "keen"
    assert told["late"].high > odds["late"].high
    assert told["late"].p_value >= odds["late"].p_value
    assert telling_words({}) == {}


def test_a_word_of_few_people_is_withheld_however_often_it_is_said():
    frame = pd.DataFrame(
        {
            "text": ["Zorro late"] * 50 + ["Zorro late"] * 9 + ["late fine"] * 50,
            "customer_id": ["c0"] * 50 + [f"c{n}" for n in range(1, 60)],
            "group": ["detractor"] * 59 + ["promoter"] * 50,
        }
    )
    frame.loc[50, "text"] = "late"
    sample = Sample(frame, clusters="customer_id")
    odds = word_odds(sample, by="group", levels=GROUPS)
    assert list(odds) == ["fine", "late"]
    assert odds["late"].base == 60
    with pytest.raises(StudyError, match="No comment has group = 'passive'"):
        word_odds(sample, by="group", levels=("passive", "promoter"))


@given(st.text(max_size=300))
@example("<script>alert('x')</script> =HYPERLINK(1) [name] [email] [no]")
@example("Ã¼ber \ufffd 我很生气 ﬁne")
def test_no_word_can_run_or_name_anybody(text):
    for word in words_of(text):
        assert word.replace("'", "").isalpha()
    assert not words_of("[name] [email] [phone]")


VERDICTS = pd.DataFrame({"code": ["late", "rude"], "verdict": ["count", "quote only"]})


@pytest.fixture
def ledger(tmp_path, monkeypatch) -> Ledger:
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    tables = {"responses": TableSource(files=["survey.csv"])}
    study = Study(id="acme", name="Acme", seed=1, tables=tables)
    return Ledger.open(study, "2026Q3", "04_coding")


def coded_twice(n: int) -> pd.DataFrame:
    ids = [f"d{k}" for k in range(n)]
    columns = {"document_id": ids * 2, "coder": ["ann"] * n + ["bob"] * n}
    return pd.DataFrame(columns).assign(code="late", round="2026Q3")


def test_the_method_is_told_from_published_figures(ledger):
    documents = pd.DataFrame({"document_id": [f"d{k}" for k in range(40)], "text": "a"})
    documents.loc[39, "text"] = " "
    codings = coded_twice(30)
    third = codings.head(3).assign(coder="eve", round="adjudicated")
    alone = pd.DataFrame({"document_id": ["d35"], "coder": "ann", "code": "none"})
    codings = pd.concat([codings, third, alone.assign(round="2026Q3")])
    drawn = pd.DataFrame({"document_id": documents["document_id"][:36], "stratum": "a"})
    facts = coding_facts(
        documents, codings, verdicts=VERDICTS, drawn=drawn, machine=1200
    )
    ledger.publish_values("method", facts)
    alpha = Estimate(
        value=0.81,
        standard_error=0.1,
        low=0.7,
        high=0.9,
        base=30,
        unit="correlation",
        source="analysis.coding.alpha.krippendorff_alpha",
    )
    rows = ledger.publish_table("agreement", {"late": alpha}, metric="alpha", by="code")
    said = method_sentences(ledger, key="method", agreement=rows)
    assert [repr(one) for one in said] == [
        "Of 39 comments with a text 36 were drawn at random, each with a known chance "
        "(strata: 1). Of all comments 31 have been coded, from workbooks in random "
        "order that show neither score nor segment.",
        "2 people coded them with 2 codes; 30 comments were read by two or more.",
        "Where readers differed, 3 comments were decided by a further one.",
        "Krippendorff's alpha between readers ran from 0.81 (late) to 0.81 (late).",
        "1 of the 2 codes agreed as well as the study file asks and may be counted; "
        "the others may only be quoted.",
        "A machine that learned from these codes labelled 1,200 further comments. Its "
        "labels are counted only as far as people's codes of the random sample confirm "
        "them, and that correction is inside the intervals.",
    ]
    assert all(one.keys for one in said)


def test_a_choice_that_is_not_on_record_is_said(ledger):
    documents = pd.DataFrame({"document_id": [f"d{k}" for k in range(40)], "text": "a"})
    facts = coding_facts(documents, coded_twice(30), verdicts=VERDICTS)
    ledger.publish_values("method", facts)
    said = [repr(one) for one in method_sentences(ledger, key="method")]
    assert "not on record" in said[0]
    assert (
        said[2]
        == "Nobody decided where readers differed: such a comment counts in part."
    )
    assert said[-1] == "People alone gave the codes; no machine suggested or added any."
    with pytest.raises(StudyError, match="no method to describe"):
        coding_facts(documents.tail(1), coded_twice(30), verdicts=VERDICTS)


def customers(rng: np.random.Generator, apart: float, n: int = 150) -> pd.DataFrame:
    """Three kinds of customers, so far apart in what they say and do."""
    kind = np.repeat([0, 1, 2], n // 3)
    late = rng.random(n) < 0.1 + 0.8 * apart * (kind == 1)
    return pd.DataFrame(
        {
            "late": late.astype(float),
            "orders": rng.normal(size=n) + 6 * apart * (kind == 2),
            "returns": rng.normal(size=n) + 6 * apart * (kind == 1),
        },
        index=[f"c{k}" for k in range(n)],
    )


def test_customers_who_are_alike_are_found_and_described():
    table = customers(np.random.default_rng(4), apart=1.0)
    found = draw_together(table, rng=np.random.default_rng(1), most=4)
    assert found.is_shown()
    assert not found.is_shown(minimum_base=60)
    kinds = [set(found.groups.iloc[k : k + 50].mode()) for k in (0, 50, 100)]
    assert set.union(*kinds) == {"group 1", "group 2", "group 3"}
    assert persona_stability(found).p_value == 0.05
    profiles = persona_profiles(table, found)
    assert sorted(tuple(one) for one in profiles.values()) == [
        (),
        ("late", "returns"),
        ("orders",),
    ]
    same = draw_together(table, rng=np.random.default_rng(1), most=4)
    pd.testing.assert_series_equal(found.groups, same.groups)


def test_where_nobody_is_alike_nothing_is_shown():
    shown = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        found = draw_together(customers(rng, apart=0.0, n=102), rng=rng, most=2)
        shown += found.is_shown()
    # Three or more of eight would be a chance of 1 in 170 at one in twenty.
    assert shown <= 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.head(20), "too few for groups"),
        (lambda table: table.assign(late=1.0, orders=0.0, returns=2.0), "are alike"),
        (lambda table: table.where(table["orders"] < 2), "missing values"),
    ],
)
def test_customers_who_cannot_be_grouped_say_why(change, said):
    rng = np.random.default_rng(1)
    with pytest.raises(StudyError, match=said):
        draw_together(change(customers(rng, apart=1.0)), rng=rng)
