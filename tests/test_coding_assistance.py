"""What a machine suggests: vectors, guesses, tone, languages and themes."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.coding.assistance import sentences, vectors
from analysis.coding.assistance.classifier import (
    Suggestions,
    learn_codes,
    tabulate_suggestions,
    uncaught,
)
from analysis.coding.assistance.judging import accuracy, ranking
from analysis.coding.assistance.language import guess_languages
from analysis.coding.assistance.sentences import WIDTH, Encoder, has_model
from analysis.coding.assistance.themes import candidate_themes
from analysis.coding.assistance.valence import (
    clause_valence,
    document_valence,
    pair_valence,
    telling_words,
    valence_agreement,
)
from analysis.coding.assistance.vectors import vectorise
from analysis.coding.decisions import final
from analysis.study import StudyError

HOSTILE = ["", " ", "?!", "Ã¼ber spÃ¤t", "<script>x</script>",
           "x " * 25_000, "日本語の文章です", "😀😀", "late late"]  # fmt: skip
LATE = ["came days late", "still waiting for the parcel", "delivery took three weeks"]
SOFT = ["lovely soft fabric", "the wool feels nice", "well made, good seams"]


def texts_of(said):
    ids = [f"d{n:04d}" for n in range(len(said))]
    return pd.DataFrame({"document_id": ids, "text": said}).astype("str")


def company(n, *, read, seed, late=0.3, people=None):
    """Documents with and without a code, of which the first are read."""
    rng = np.random.default_rng(seed)
    is_late = rng.random(n) < late
    # Each text has a part that says nothing, and one in ten says the other thing.
    told = np.where(rng.random(n) < 0.1, ~is_late, is_late)
    said = [f"{rng.choice(LATE if t else SOFT)} order {rng.integers(99)}" for t in told]
    documents = texts_of(said)
    documents["customer_id"] = people if people is not None else documents.index
    documents["customer_id"] = documents["customer_id"].astype("str")
    codings = documents.head(read)[["document_id"]].assign(
        coder="ann", code=np.where(is_late[:read], "late", "none")
    )
    return documents, final(codings, codes=["late"]), is_late


def guessed(documents, decisions, **options):
    made = vectorise(documents, kind="words")
    return learn_codes(decisions, documents, vectors=made, seed=1, **options)


# Vectors


def test_likes_are_near_and_length_is_one():
    found = vectorise(texts_of([*LATE, *SOFT]), kind="words")
    lengths = np.sqrt(found.matrix.multiply(found.matrix).sum(axis=1))
    assert lengths == pytest.approx(1, abs=1e-5)
    assert "language model" in found.told


@pytest.mark.parametrize("said", [HOSTILE, HOSTILE[:3], ["same"] * 5, [""] * 3])
def test_any_text_gets_a_vector(said):
    found = vectorise(texts_of(said), kind="words")
    assert found.matrix.shape[0] == len(said)
    assert np.isfinite(found.matrix.toarray()).all()


def test_the_second_run_is_from_what_was_kept_and_holds_no_word(tmp_path):
    documents = texts_of(["Zanzibar delivery", "quiet Zanzibar", "late"])
    first = vectorise(documents, kind="words", folder=tmp_path)
    again = vectorise(documents, kind="words", folder=tmp_path)
    assert (first.remembered, again.remembered) == (0, 3)
    assert (first.matrix != again.matrix).nnz == 0
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()).lower()
    assert b"zanzibar" not in kept
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_changed_texts_and_a_broken_file_are_made_anew(tmp_path):
    vectorise(texts_of(LATE), kind="words", folder=tmp_path)
    other = vectorise(texts_of(SOFT), kind="words", folder=tmp_path)
    assert other.remembered == 0
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    assert vectorise(texts_of(SOFT), kind="words", folder=tmp_path).remembered == 0
    path.write_text("not an archive")
    assert vectorise(texts_of(SOFT), kind="words", folder=tmp_path).remembered == 0


def test_bad_requests_are_told():
    with pytest.raises(StudyError, match="'d0000' occurs twice"):
        vectorise(pd.concat([texts_of(["a"])] * 2), kind="words")
    with pytest.raises(StudyError, match="no document"):
        vectorise(texts_of([]), kind="words")
    with pytest.raises(StudyError, match="known are"):
        vectorise(texts_of(["a"]), kind="magic")
    with pytest.raises(StudyError, match="has no vector"):
        vectorise(texts_of(["a"]), kind="words").rows(["d0001"])


def test_sentences_without_the_extra_are_refused(monkeypatch):
    monkeypatch.setattr(sentences, "find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"extra `text`.*not installed"):
        Encoder.installed()


class Letters:
    """A tokenizer and a model whose layer holds the token's number."""

    def __init__(self):
        self.seen = []

    def encode_batch(self, texts):
        self.seen += texts
        return [SimpleNamespace(ids=[ord(c) % 97 for c in text]) for text in texts]

    def run(self, _, feeds):
        ids = feeds["input_ids"]
        layer = np.zeros((*ids.shape, WIDTH), np.float32)
        layer[..., 0], layer[..., 1] = ids, 1
        # What stands behind the text must not count.
        layer[feeds["attention_mask"] == 0] = 1e6
        return (layer,)


def test_meaning_is_the_mean_over_the_tokens_of_a_text():
    letters = Letters()
    made = Encoder(letters, letters, "letters").encode(["bd", "", "c" * 40])
    # Tokens 1 and 3 have the mean 2; a vector of length one points the same way.
    assert made[0, :2] == pytest.approx(np.array([2, 1]) / math.sqrt(5))
    assert made[2, :2] == pytest.approx(np.array([2, 1]) / math.sqrt(5))
    assert not made[1].any()


def test_only_new_texts_go_through_the_model(tmp_path, monkeypatch):
    letters = Letters()
    monkeypatch.setattr(
        vectors.Encoder, "installed", lambda: Encoder(letters, letters, "letters")
    )
    first = vectorise(texts_of(["ab", "cd", "ab"]), kind="sentences", folder=tmp_path)
    again = vectorise(texts_of(["cd", "ef"]), kind="sentences", folder=tmp_path)
    assert letters.seen == ["ab", "cd", "ef"]
    assert again.remembered == 1
    assert (again.matrix[0] == first.matrix[1]).all()


@pytest.mark.skipif(not has_model(), reason="the extra `text` is not installed")
def test_the_model_knows_what_means_the_same():
    said = ["The parcel arrived late.", "Delivery took too long.", "Lovely fabric."]
    found = vectorise(texts_of([*said, *HOSTILE]), kind="sentences").matrix
    near = found @ found.T
    assert near[0, 1] > near[0, 2] + 0.3


# Suggestions


def test_guesses_find_the_code_and_say_how_often():
    documents, decisions, is_late = company(1500, read=300, seed=3)
    guess = guessed(documents, decisions)
    odds = guess.probabilities["late"].to_numpy()[300:]
    assert odds.mean() == pytest.approx(is_late[300:].mean(), abs=0.06)
    # One text in ten says the other thing, so a perfect machine agrees on nine.
    assert ((odds > 0.5) == is_late[300:]).mean() > 0.8


def test_what_is_told_of_the_order_holds_on_documents_nobody_read():
    hits = 0
    for seed in range(8):
        documents, decisions, is_late = company(500, read=200, seed=seed)
        guess = guessed(documents, decisions)
        told = ranking(guess)["late"]
        ranks = guess.probabilities["late"].iloc[200:].rank().to_numpy()
        marks = is_late[200:]
        n, m = marks.sum(), (~marks).sum()
        true = (ranks[marks].sum() - n * (n + 1) / 2) / (n * m)
        hits += told.low - 0.02 <= true <= told.high + 0.02
    assert hits >= 7


def test_a_machine_that_can_know_nothing_is_not_flattered():
    rng = np.random.default_rng(8)
    people = np.repeat(np.arange(60), 5)
    # Each person has words of their own and a theme of their own.
    documents = texts_of([f"word{p} thing{p} say{p}" for p in people])
    documents["customer_id"] = people.astype("str")
    codes = np.where(rng.random(60) < 0.4, "late", "none")[people]
    codings = documents[["document_id"]].assign(coder="ann", code=codes)
    decisions = final(codings, codes=["late"])
    honest = ranking(guessed(documents, decisions))["late"]
    fooled = ranking(guessed(documents, decisions, people="document_id"))["late"]
    assert fooled.value > 0.95
    assert honest.value < 0.65
    assert honest.low < 0.5


def test_no_machine_learns_from_the_person_it_judges():
    people = np.arange(200) // 2
    documents, decisions, _ = company(200, read=150, seed=5, people=people)
    before = guessed(documents, decisions)
    # Turning what one person's documents were given must not move their own guess.
    applied = decisions.applied.copy()
    applied[0:2] = 1 - applied[0:2]
    turned = type(decisions)(
        decisions.documents, decisions.coders, decisions.codes, applied
    )
    after = guessed(documents, turned)
    assert (before.folds == after.folds).all()
    moved = (before.probabilities - after.probabilities)["late"].abs()
    assert moved.iloc[:2].max() == 0
    assert moved.iloc[2:].max() > 0


def test_same_input_same_output_and_order_does_not_matter():
    documents, decisions, _ = company(200, read=120, seed=2)
    first = guessed(documents, decisions).probabilities
    assert first.equals(guessed(documents, decisions).probabilities)
    turned = guessed(documents.iloc[::-1], decisions).probabilities
    assert turned.loc[first.index].to_numpy() == pytest.approx(
        first.to_numpy(), abs=1e-3
    )


def test_rare_codes_get_no_machine_and_split_documents_count_half():
    documents, decisions, _ = company(100, read=100, seed=1, late=0.05)
    guess = guessed(documents, decisions)
    assert guess.too_few == ["late"]
    assert guess.probabilities.shape == (100, 0)
    assert tabulate_suggestions(guess).empty
    assert ranking(guess) == {}


def test_suggestions_are_labelled_and_leave_out_what_people_read():
    documents, decisions, _ = company(300, read=150, seed=4)
    table = tabulate_suggestions(guessed(documents, decisions))
    assert set(table["status"]) == {"suggested"}
    assert not set(table["document_id"]) & set(decisions.documents)
    assert table["probability"].is_monotonic_decreasing


def test_hostile_texts_go_through():
    documents, decisions, _ = company(120, read=120, seed=6)
    documents.loc[: len(HOSTILE) - 1, "text"] = HOSTILE
    guess = guessed(documents, decisions)
    assert guess.probabilities["late"].between(0, 1).all()
    documents["text"] = "all the same"
    same = ranking(guessed(documents, decisions))["late"]
    assert same.value == pytest.approx(0.5, abs=0.15)


def test_documents_nobody_coded_and_no_machine_catches():
    documents, decisions, _ = company(300, read=150, seed=4)
    left = uncaught(guessed(documents, decisions), decisions)
    given = decisions.ratings("late").max(axis=1) == 1
    assert not set(left) & set(given.index[given])
    assert set(given.index[~given]) <= set(left)


def guess_of(odds, truth, people=None):
    ids = [f"d{n}" for n in range(len(odds))]
    odds = pd.DataFrame({"late": odds}, index=ids)
    truth = pd.DataFrame({"late": truth}, index=ids)
    who = pd.Series(people if people is not None else ids, index=ids)
    return Suggestions(odds, truth, who, who, truth.sum())


def test_the_error_of_the_ranking_is_delongs():
    # DeLong's variance by its definition: variances of placements on either side.
    odds = [0.9, 0.8, 0.35, 0.7, 0.5, 0.3, 0.3, 0.1]
    truth = [1.0, 1, 1, 0, 0, 1, 0, 0]
    x, y = (np.array([o for o, t in zip(odds, truth, strict=True) if t == side])
            for side in (1, 0))  # fmt: skip
    psi = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    variance = psi.mean(axis=1).var(ddof=1) / 4 + psi.mean(axis=0).var(ddof=1) / 4
    found = ranking(guess_of(odds, truth))["late"]
    assert found.value == psi.mean()
    assert found.standard_error == pytest.approx(math.sqrt(variance))
    assert found.source == "analysis.coding.assistance.judging.ranking"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.1, 0.4, 0.6, 0.9]), st.sampled_from([0.0, 0.5, 1])
        ),
        min_size=2,
        max_size=30,
    )
)
def test_measures_stay_within_their_range(pairs):
    odds, truth = zip(*pairs, strict=True)
    people = [str(n // 2) for n in range(len(odds))]
    for measure in (ranking, accuracy):
        one = measure(guess_of(odds, truth, people))["late"]
        if math.isnan(one.value):
            continue
        assert 0 <= one.low <= one.high <= 1
        assert one.low - 1e-9 <= one.value <= one.high + 1e-9
        assert one.base == sum(t != 0.5 for t in truth)


# Languages and tone


def test_languages_are_told_apart_and_doubt_is_said():
    said = {
        "The parcel arrived two weeks after the promised day.": "en",
        "Die Lieferung kam viel zu spät und der Karton war kaputt.": "de",
        "La livraison était très lente et le carton abîmé.": "fr",
        "El paquete llegó tarde y la caja estaba rota.": "es",
        "日本語のとても長い文章です。": "ja",
        "ok": "unknown",
        "": "unknown",
        "12 345 678": "unknown",
    }
    assert guess_languages(pd.Series(list(said))).tolist() == list(said.values())


def test_clauses_carry_their_own_tone_and_only_english_is_read():
    documents = texts_of(
        ["The fabric is lovely, but delivery was terrible!", "Schlimm"]
    )
    clauses = clause_valence(documents, languages=pd.Series(["en", "de"]))
    assert clauses["document_id"].unique().tolist() == ["d0000"]
    assert np.sign(clauses["valence"]).tolist() == [1, -1]
    spoken = pair_valence(clauses, {"late": ["delivery"], "none": ["box"]})
    assert spoken["code"].tolist() == ["late"]
    assert spoken["valence"].item() < -0.3
    assert -0.3 < document_valence(clauses).item() < 0.3


def test_tone_of_hostile_texts_and_of_none():
    documents = texts_of(HOSTILE)
    found = clause_valence(documents, languages=pd.Series(["en"] * len(HOSTILE)))
    assert found["valence"].between(-1, 1).all()
    empty = clause_valence(documents, languages=pd.Series(["de"] * len(HOSTILE)))
    assert empty.empty
    assert document_valence(empty).empty
    assert pair_valence(empty, {"late": ["late"]}).empty


def test_telling_words_are_those_of_the_code():
    documents, decisions, _ = company(300, read=300, seed=7)
    found = set(telling_words(decisions, documents)["late"])
    assert {"late", "parcel", "weeks"} <= found
    assert not {"fabric", "wool", "order"} & found


def test_agreement_of_tones_stands_beside_the_best_single_guess():
    ids = [f"d{n}" for n in range(100)]
    human = pd.Series([1.0] * 60 + [-1.0] * 30 + [0.0] * 10, index=ids)
    deaf = pd.Series(0.9, index=ids)
    found = valence_agreement(deaf, human)
    assert found["machine"].value == found["commonest"].value == 0.6
    assert valence_agreement(human, human)["machine"].value == 1
    with pytest.raises(StudyError, match="English only"):
        valence_agreement(deaf, human.set_axis([f"e{n}" for n in range(100)]))


# Themes


def themes_of(said, seed=1, **options):
    documents = texts_of(said)
    made = vectorise(documents, kind="words")
    rng = np.random.default_rng(seed)
    return candidate_themes(documents, vectors=made, rng=rng, **options)


def groups(n=40):
    app = [f"the app crashed again at step {k} of checkout" for k in range(n)]
    gift = [f"gift wrapping was {k} euros and ugly paper" for k in range(n)]
    plant = [f"please sell {k} more kinds of garden plants" for k in range(n)]
    return [*app, *gift, *plant]


def test_planted_themes_are_found_with_their_words():
    found = themes_of(groups())
    assert found.table["documents"].tolist() == [40, 40, 40]
    assert (found.table["stability"] > 0.9).all()
    told = " ".join(found.table["words"])
    assert all(word in told for word in ("app", "gift", "garden"))
    for row in found.table.itertuples():
        assert (found.members[row.examples.split()] == row.theme).all()
    assert set(found.table["status"]) == {"candidate"}


def test_noise_has_no_theme():
    rng = np.random.default_rng(3)
    vocabulary = np.array([f"{a}{b}ning" for a in "bdfgklmnprst" for b in "aeiou"])
    said = [" ".join(rng.choice(vocabulary, 8)) for _ in range(300)]
    found = themes_of(said)
    assert len(found.table) <= 1
    assert found.unstable >= 1
    assert "not found again" in found.told


def test_same_seed_same_themes_and_markup_cannot_come_through():
    said = [f"<b>{text}</b> <script>alert({k})</script>" for k, text in
            enumerate(groups())]  # fmt: skip
    first, again = themes_of(said), themes_of(said)
    assert first.table.equals(again.table)
    assert not first.table["words"].str.contains("[<>&\"']").any()


@pytest.mark.parametrize(
    "said", [["a", "b", "c"], ["same text"] * 50, HOSTILE, [""] * 9]
)
def test_too_little_to_look_for_themes(said):
    found = themes_of(said)
    assert found.table.empty
    assert found.members.empty
    assert "Too few texts" in found.told
