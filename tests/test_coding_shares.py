"""Theme shares, differences between groups, and quotes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.coding.decisions import final
from analysis.coding.prevalence_contrasts import prevalence_differences
from analysis.coding.quotes import (
    CRITICAL,
    FAVOURABLE,
    MIXED,
    Rule,
    choose_quotes,
    tones,
)
from analysis.coding.shares import (
    code_documents,
    score_group,
    split_share,
    theme_share,
)
from analysis.estimate import wilson_interval
from analysis.settings import Scale
from analysis.study import StudyError
from analysis.survey import Sample

LATE = "The parcel came a week after the promised day"


def double_coded(ann: list[bool], bob: list[bool]) -> pd.DataFrame:
    rows = [
        (f"d{n}", coder, "late" if given else "none", -1.0 if given else 1.0)
        for n, both in enumerate(zip(ann, bob, strict=True))
        for coder, given in zip(("ann", "bob"), both, strict=True)
    ]
    return pd.DataFrame(rows, columns=["document_id", "coder", "code", "valence"])


def texts(n: int) -> pd.DataFrame:
    return pd.DataFrame({"document_id": [f"d{k}" for k in range(n)], "text": LATE})


def sample(values: list[float], **columns: object) -> Sample:
    frame = pd.DataFrame({"late": values, **columns})
    return Sample(
        frame,
        weights="weight" if "weight" in frame else None,
        clusters="person" if "person" in frame else None,
    )


def test_a_split_document_counts_half_and_is_reported():
    decided = final(
        double_coded([True, True, False, False], [True, False] * 2), codes=["late"]
    )
    coded = code_documents(decided, texts(4))
    assert coded["late"].tolist() == [1.0, 0.5, 0.5, 0.0]
    assert theme_share(Sample(coded), "late").value == 0.5
    assert split_share(decided)["late"].value == 0.5


def test_without_weights_or_splits_the_interval_is_wilsons():
    found = theme_share(sample([1.0] * 10 + [0.0] * 190), "late")
    # Linearisation divides by n - 1 where Wilson has n.
    assert (found.low, found.high) == pytest.approx(wilson_interval(0.05, 199))
    assert found.base == 200


def test_splits_do_not_pass_for_precision():
    whole = theme_share(sample([1.0] * 50 + [0.0] * 150), "late")
    halves = theme_share(sample([0.5] * 100 + [0.0] * 100), "late")
    assert halves.value == whole.value
    assert halves.effective_base <= whole.effective_base + 1e-9
    assert halves.high - halves.low >= whole.high - whole.low - 1e-9


def test_people_with_several_documents_widen_the_interval():
    values = [1.0] * 40 + [0.0] * 160
    alone = theme_share(sample(values), "late")
    people = [n // 4 for n in range(200)]
    clustered = theme_share(sample(values, person=people), "late")
    assert clustered.value == alone.value
    assert clustered.high - clustered.low > 1.5 * (alone.high - alone.low)


def test_weights_move_the_share():
    found = theme_share(sample([1.0, 0.0, 0.0], weight=[2.0, 1.0, 1.0]), "late")
    assert found.value == 0.5


def test_shares_by_level():
    frame = pd.DataFrame(
        {
            "late": [1.0, 0, 0, 0],
            "price": [0.0] * 4,
            "source": ["survey", "survey", "review", "review"],
        }
    )
    by = theme_share(Sample(frame), "late", by="source")
    assert {level: one.value for level, one in by.items()} == {
        "review": 0.0,
        "survey": 0.5,
    }


def test_differences_between_groups_find_a_planted_gap_and_nothing_else():
    draw = np.random.default_rng(4)
    group = np.repeat(["detractor", "promoter"], 400)
    late = draw.random(800) < np.where(group == "detractor", 0.3, 0.1)
    price = draw.random(800) < 0.2
    coded = Sample(
        pd.DataFrame({"late": late * 1.0, "price": price * 1.0, "group": group})
    )
    found = prevalence_differences(
        coded, codes=["late", "price"], by="group", levels=("detractor", "promoter")
    )
    assert found["late"].p_value < 0.001
    assert found["late"].low <= 0.2 <= found["late"].high
    assert found["price"].low <= 0 <= found["price"].high
    assert found["late"].base == 400


def test_a_theme_of_few_marks_is_not_tested():
    coded = sample(
        [1.0] * 3 + [0.0] * 197, group=["detractor"] * 50 + ["promoter"] * 150
    )
    sides = ("detractor", "promoter")
    found = prevalence_differences(coded, codes=["late"], by="group", levels=sides)
    assert found["late"].p_value is None
    assert found["late"].base == 50


def test_false_alarms_of_differences_keep_their_rate():
    draw = np.random.default_rng(5)
    alarms = []
    for _ in range(400):
        frame = pd.DataFrame({
            "late": (draw.random(300) < 0.15) * 1.0,
            "group": np.repeat(["detractor", "promoter"], 150),
            "weight": draw.uniform(0.5, 2, 300),
        })  # fmt: skip
        gap = prevalence_differences(
            Sample(frame, weights="weight"),
            codes=["late"],
            by="group",
            levels=("detractor", "promoter"),
        )
        alarms.append(gap["late"].p_value < 0.05)
    assert abs(np.mean(alarms) - 0.05) <= 2.576 * np.sqrt(0.05 * 0.95 / 400)


def test_documents_and_codings_must_fit():
    decided = final(double_coded([True], [True]), codes=["late"])
    with pytest.raises(StudyError, match="'d0' for one"):
        code_documents(decided, texts(1).assign(document_id="other"))
    with pytest.raises(StudyError, match="a code and a column"):
        code_documents(decided, texts(1).assign(late=1))


@pytest.mark.parametrize("rating", range(11))
def test_groups_on_the_usual_scale(rating):
    expected = "detractor" if rating <= 6 else "passive" if rating <= 8 else "promoter"
    ratings = pd.Series([float(rating), np.nan])
    groups = score_group(ratings, Scale(low=0, high=10))
    assert groups[0] == expected
    assert groups.isna().tolist() == [False, True]


def quotable(n: int, *, tone: list[float], **columns: object) -> tuple:
    codings = double_coded([True] * n, [True] * n)
    return final(codings, codes=["late"]), texts(n).assign(tone=tone, **columns)


@pytest.mark.parametrize(
    ("tone", "stances"),
    [
        ([-1.0] * 17 + [0.5] * 3, [CRITICAL, FAVOURABLE]),
        ([1.0] * 17 + [-0.5] * 3, [FAVOURABLE, CRITICAL]),
        ([-1.0] * 9 + [1.0] * 9 + [0.0] * 2, [MIXED]),
        ([-1.0] * 20, [CRITICAL]),
    ],
)
def test_quotes_are_named_after_the_comment_they_come_from(tone, stances):
    decided, documents = quotable(20, tone=tone)
    quotes = choose_quotes(decided, documents, seed=7)
    assert quotes["stance"].tolist() == stances
    assert set(quotes["base"]) == {20}


def test_a_theme_under_the_minimum_base_is_not_quoted():
    decided, documents = quotable(9, tone=[-1.0] * 9)
    assert choose_quotes(decided, documents, seed=7).empty
    assert (
        len(choose_quotes(decided, documents, seed=7, rule=Rule(minimum_base=9))) == 1
    )


def test_small_groups_are_not_quoted():
    groups = ["detractor"] * 17 + ["promoter"] * 3
    decided, documents = quotable(20, tone=[-1.0] * 17 + [1.0] * 3, group=groups)
    quotes = choose_quotes(decided, documents, seed=7)
    assert quotes["group"].tolist() == ["detractor"]


@pytest.mark.parametrize(
    "text",
    [
        "Late.",
        LATE * 6,
        f"{LATE} [name] [email]",
        f"{LATE}, write to jo@example.com",
        None,
    ],
)
def test_unfit_texts_are_not_quoted(text):
    decided, documents = quotable(12, tone=[-1.0] * 12)
    assert choose_quotes(decided, documents.assign(text=text), seed=7).empty


def test_documents_that_coders_split_on_are_not_quoted():
    decided = final(double_coded([True] * 12, [False] * 12), codes=["late"])
    documents = texts(12).assign(tone=-1.0)
    assert choose_quotes(decided, documents, seed=7, rule=Rule(minimum_base=3)).empty


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://example.com")',
        "**[x](javascript:1)**",
    ],
)
def test_hostile_quotes_pass_to_the_letter(hostile):
    decided, documents = quotable(12, tone=[-1.0] * 12)
    quotes = choose_quotes(decided, documents.assign(text=f"{hostile} {LATE}"), seed=7)
    assert quotes["text"].tolist() == [f"{hostile} {LATE}"]


@given(st.randoms(use_true_random=False), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_the_choice_depends_on_seed_and_ids_alone(random, seed):
    decided, documents = quotable(20, tone=[-1.0] * 17 + [1.0] * 3)
    shuffled = documents.iloc[random.sample(range(20), 20)]
    first = choose_quotes(decided, documents, seed=seed)
    second = choose_quotes(decided, shuffled, seed=seed)
    pd.testing.assert_frame_equal(first, second)


def test_the_tone_of_a_document_weighs_coders_alike():
    codings = pd.DataFrame(
        {
            "document_id": ["d1"] * 4,
            "coder": ["ann"] * 3 + ["bob"],
            "valence": [-1.0, -1.0, -1.0, 1.0],
        }
    )
    assert tones(codings)["d1"] == 0
