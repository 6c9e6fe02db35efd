"""Personal data goes, everything else stays."""

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.privacy import KINDS, redact, redact_series
from analysis.privacy.numbers import luhn

LABELLED = Path(__file__).parent / "reference" / "redaction.csv"
PLACEHOLDER = re.compile(r"\[(?:" + "|".join(KINDS) + r")\]")


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    texts = pd.read_csv(LABELLED, keep_default_na=False, dtype=str)
    return texts.assign(found=[redact(text).text for text in texts["text"]])


def pieces(text: str, expected: str) -> list[str]:
    """What stands in the text where the expected text has placeholders."""
    parts = [re.escape(part) for part in PLACEHOLDER.split(expected)]
    return list(re.fullmatch("(.+?)".join(parts), text, re.DOTALL).groups())


def survives(piece: str, row: tuple) -> bool:
    """Whether any word or number of the piece is there that should not be."""
    kept = re.findall(r"\w{3,}", PLACEHOLDER.sub(" ", row.expected))
    left = re.findall(r"\w{3,}", PLACEHOLDER.sub(" ", row.found))
    return bool(set(re.findall(r"\w{3,}", piece)) & (set(left) - set(kept)))


def test_the_labelled_set_is_large_and_balanced(labelled):
    is_personal = labelled["text"] != labelled["expected"]
    assert is_personal.sum() >= 120
    assert (~is_personal).sum() >= 120
    assert not labelled["text"].duplicated().any()


def test_recall_on_labelled_texts_is_at_least_96_percent(labelled):
    personal = labelled[labelled["text"] != labelled["expected"]]
    missed = [
        (piece, row.found)
        for row in personal.itertuples()
        for piece in pieces(row.text, row.expected)
        if survives(piece, row)
    ]
    total = personal["expected"].str.count(PLACEHOLDER).sum()
    assert len(missed) / total <= 0.04, missed


def test_nothing_but_names_without_a_cue_is_missed(labelled):
    contact = labelled[~labelled["expected"].str.contains("[name]", regex=False)]
    missed = [
        (piece, row.found)
        for row in contact.itertuples()
        for piece in pieces(row.text, row.expected)
        if survives(piece, row)
    ]
    assert missed == []


def test_clean_texts_stay_as_they_are_in_at_least_98_percent(labelled):
    clean = labelled[labelled["text"] == labelled["expected"]]
    changed = clean[clean["found"] != clean["text"]]
    assert len(changed) / len(clean) <= 0.02, changed["found"].tolist()


def test_placeholders_name_the_right_kind(labelled):
    expected = labelled["expected"].str.findall(PLACEHOLDER)
    found = labelled["found"].str.findall(PLACEHOLDER)
    assert (expected == found).mean() >= 0.97


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_in_the_labelled_set(labelled, kind):
    assert labelled["expected"].str.contains(f"[{kind}]", regex=False).sum() >= 3


# Words and signs that the rules look at, in any order: harder than random letters.
FRAGMENTS = (
    *("my name is", "Jane", "Doe", "Dr.", "regards,", "\n", "12", "Baker", "Street"),
    *(
        "call",
        "+44",
        "07700",
        "900123",
        "@",
        ".",
        "example",
        "com",
        "[email]",
        "[name]",
    ),
    *("4111", "1111", "\u200b", "DE89", "http://", "a:b@", "192.168.0.1", "rue", "de"),
    *("order", "#", "St", "weg", "ß", "é", "０", "thanks", ",", "-", "(", ")", "calle"),
    *("SW1A 1AA", "15", "28013", "Madrid", "IBAN", "@jane"),
)
fragments = st.sampled_from(FRAGMENTS)
hostile = st.lists(fragments | st.text(max_size=8), max_size=14).map(" ".join)


@given(hostile | st.text(max_size=200))
@settings(max_examples=400, deadline=None)
def test_redacting_twice_changes_nothing_more(text):
    once = redact(text)
    assert redact(once.text) == type(once)(once.text, {})


@given(hostile)
@settings(max_examples=200, deadline=None)
def test_counts_are_the_placeholders_added(text):
    found = redact(text)
    added = len(PLACEHOLDER.findall(found.text)) - len(PLACEHOLDER.findall(text))
    assert added == sum(found.counts.values())


@given(
    st.from_regex(r"[a-z]{2,9}\.[a-z]{2,9}@[a-z]{3,9}\.(com|de|org)", fullmatch=True)
)
@settings(deadline=None)
def test_no_address_survives_invisible_characters_or_wide_letters(address):
    hidden = "\u200b".join(address)
    wide = "".join(chr(ord(character) + 0xFEE0) for character in address)
    for disguise in (address, hidden, wide):
        assert redact(f"write to {disguise} today").text == "write to [email] today"


@given(st.integers(10**14, 10**15 - 1))
def test_luhn_accepts_one_last_digit_of_ten(stem):
    assert sum(luhn(f"{stem}{digit}") for digit in range(10)) == 1


def test_hostile_text_outside_the_personal_data_is_kept_to_the_letter():
    text = "=cmd|' /C calc'!A0 <script>alert(1)</script> mail jo@example.com\x07"
    assert redact(text).text == text.replace("jo@example.com", "[email]")


@pytest.mark.parametrize(
    "text",
    [
        *("1" * 20_000, "1 " * 20_000, "a@" * 9_000, "A. " * 9_000, "Dr. " * 9_000),
        *(
            "a." * 9_000 + "@",
            "12 Oak " * 5_000,
            "http://" * 3_000,
            "Jane Van " * 5_000,
        ),
    ],
    ids=lambda text: text[:8],
)
def test_long_repetitions_do_not_stall(text):
    assert redact(redact(text).text).counts == {}


def test_a_series_keeps_index_name_and_missing_values():
    texts = pd.Series(["a jo@example.com b", None, "clean"], index=[7, 3, 9], name="t")
    redacted, counts = redact_series(texts)
    expected = pd.Series(["a [email] b", None, "clean"], index=[7, 3, 9], name="t")
    pd.testing.assert_series_equal(redacted, expected.astype("str"))
    assert counts.index.tolist() == [7, 3, 9]
    assert counts.columns.tolist() == list(KINDS)
    assert counts.to_numpy().sum() == counts.loc[7, "email"] == 1


def test_an_empty_series_gives_empty_results():
    redacted, counts = redact_series(pd.Series([], dtype="str"))
    assert redacted.empty
    assert counts.shape == (0, len(KINDS))
