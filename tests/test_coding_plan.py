"""What is drawn for coding, given out, read back and decided."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from analysis.coding.adjudication import write_adjudication
from analysis.coding.codebook import Code, Codebook
from analysis.coding.decisions import changed_codings, final
from analysis.coding.further import joined_draws
from analysis.coding.plan import (
    LEAST,
    documents_for_margin,
    draw_coding_sample,
    drawn_sample,
)
from analysis.coding.workbooks import write_workbooks
from analysis.contracts.store import validated
from analysis.intake.readers import coding_workbook
from analysis.settings import TableSource
from analysis.study import StudyError
from analysis.survey import share

BOOK = Codebook(
    version="1",
    codes=(Code(id="late", name="Late"), Code(id="price", name="Price")),
)
SOURCE = TableSource(files=["coding_*.xlsx"], format="coding_workbook")


def texts(n: int, *, reviews: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "document_id": [f"d{k:04}" for k in range(n)],
            "text": "The parcel came late.",
            "source": ["review"] * reviews + ["survey"] * (n - reviews),
        }
    )


def draw(documents: pd.DataFrame, seed: int = 1, **options: object):
    usual = {"size": 100, "coders": ["ann", "bob"], "strata": ["source"], "double": 40}
    rng = np.random.default_rng(seed)
    return draw_coding_sample(documents, rng=rng, **{**usual, **options})


def test_planned_sizes_are_cochrans():
    assert documents_for_margin(0.05).value == 385
    assert documents_for_margin(0.05, population=1000).value == 278
    with pytest.raises(StudyError, match="lie between 0 and 1"):
        documents_for_margin(0.0)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 400),
    reviews=st.integers(0, 400),
    size=st.integers(2, 500),
    double=st.integers(0, 500),
)
def test_chances_are_those_of_the_draw(n, reviews, size, double):
    documents = texts(n, reviews=min(n, reviews))
    drawn = draw(documents, size=size, double=double)
    table, plan = drawn.documents, drawn.plan
    assert len(table) == plan["drawn"].sum() == min(size, n)
    assert table["second_coder"].notna().sum() == min(double, len(table))
    assert (table["coder"] != table["second_coder"]).all()
    # Weighted by one over the chance, the sample has as many documents as there are.
    assert (1 / table["inclusion_probability"]).sum() == pytest.approx(n)
    rare = np.minimum(plan["documents"], min(LEAST, min(size, n) // len(plan)))
    assert (plan["drawn"] >= rare).all()
    validated("coding_sample", table)


def test_the_draw_is_random_and_does_not_hang_on_the_order_of_the_file():
    documents = texts(50)
    plain, turned = draw(documents), draw(documents[::-1])
    pd.testing.assert_frame_equal(plain.documents, turned.documents)
    options = {"size": 10, "double": 5, "coders": ["ann", "bob", "eve"]}
    hits = pd.concat([draw(documents, s, **options).documents for s in range(600)])
    found = hits["document_id"].value_counts().reindex(documents["document_id"])
    # 120 of 600 expected, with a standard deviation of 9.8.
    assert found.between(80, 160).all()
    twice = hits.dropna(subset="second_coder")["document_id"].value_counts()
    assert twice.between(30, 95).all()
    assert len(twice) == 50
    pairs = hits.dropna(subset="second_coder").groupby(["coder", "second_coder"])
    assert pairs.size().between(300, 700).all()
    assert len(pairs.size()) == 6


def test_weighted_shares_are_those_of_all_documents_whatever_was_drawn_more_often():
    documents = texts(1000, reviews=40)
    documents["late"] = (documents["source"] == "review").astype(float)
    shares = []
    for seed in range(5):
        drawn = draw(documents, seed, size=50, double=0, coders=["ann"])
        coded = documents[documents["document_id"].isin(drawn.documents["document_id"])]
        assert coded["late"].mean() > 0.15
        shares.append(share(drawn_sample(coded, drawn.documents), "late").value)
    assert shares == pytest.approx([0.04] * 5)


def test_chances_of_several_draws_are_those_of_one_sample():
    documents = texts(90, reviews=25)
    sample, plans = draw(documents).documents.head(0), []
    for size, double in ((20, 12), (31, 0), (9, 9)):
        left = documents[~documents["document_id"].isin(sample["document_id"])]
        more = draw(left, size=size, double=double)
        sample, plans = joined_draws(sample, more), [*plans, more.plan]
    assert len(sample) == 60
    totals = documents.groupby("source").size()
    drawn = sample.groupby("stratum").size() / totals
    twice = pd.concat(plans).groupby("stratum")["read_twice"].sum() / totals
    for name, expected in (("inclusion", drawn), ("double", twice)):
        stated = sample[f"{name}_probability"].to_numpy()
        assert stated == pytest.approx(expected[sample["stratum"]].to_numpy())
    with pytest.raises(StudyError, match="now there are"):
        joined_draws(sample, draw(documents.tail(50), size=2))


def test_documents_without_a_text_are_counted_and_not_drawn():
    documents = texts(30)
    documents.loc[:4, "text"] = ["", "  ", None, "\n", "\t"]
    plan = draw(documents, size=30).plan
    assert plan[["documents", "without_text", "drawn"]].iloc[0].tolist() == [25, 5, 25]
    with pytest.raises(StudyError, match="No document has a text"):
        draw(documents.iloc[:5])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 1}, "at least one from each"),
        ({"coders": ["ann"]}, "at least 2, each named once"),
        ({"coders": ["ann", "ann"]}, "each named once"),
        ({"strata": ["segment"]}, "no column 'segment'"),
    ],
)
def test_a_plan_that_cannot_be_drawn_says_why(options, said):
    with pytest.raises(StudyError, match=said):
        draw(texts(40, reviews=10), **options)


def test_each_coder_gets_their_documents_in_an_order_of_their_own(tmp_path: Path):
    documents = texts(60)
    drawn = draw(documents, size=30, double=30).documents
    paths = write_workbooks(
        tmp_path,
        documents,
        drawn=drawn,
        codebook=BOOK,
        period="2026Q3",
        rng=np.random.default_rng(1),
    )
    ids = [
        [row[0].value for row in load_workbook(path)["coding"].iter_rows(min_row=2)]
        for path in paths
    ]
    assert [path.name for path in paths] == [
        "coding_2026Q3_ann.xlsx",
        "coding_2026Q3_bob.xlsx",
    ]
    assert sorted(ids[0]) == sorted(ids[1]) == drawn["document_id"].tolist()
    assert ids[0] != ids[1]


def codings(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    names = ["document_id", "coder", "code", "valence"]
    return pd.DataFrame(rows, columns=names).assign(round="2026Q3")


READ = codings(
    ("d0000", "ann", "late", -1),
    ("d0000", "bob", "price", -1),
    ("d0001", "ann", "late", 0),
    ("d0001", "bob", "late", 0),
    ("d0002", "ann", "none", -1),
    ("d0002", "bob", "none", 1),
    ("d0003", "ann", "late", 0),
)


def adjudicate(folder: Path, read: pd.DataFrame = READ) -> Path:
    return write_adjudication(
        folder,
        read,
        texts(4),
        codebook=BOOK,
        adjudicator="eve",
        period="2026Q3",
    )


def test_only_what_readers_differ_on_is_asked(tmp_path):
    book = load_workbook(adjudicate(tmp_path))
    rows = [[c.value or "" for c in row[:1] + row[2:6]] for row in book["coding"]]
    assert rows == [
        ["document_id", "late", "price", "none", "valence"],
        ["d0000", "?", "?", "", "-1"],
        ["d0002", "", "", "x", "?"],
    ]
    beside = [[c.value for c in row] for row in book["disagreements"].iter_rows(2)]
    assert [row[:2] + row[3:] for row in beside] == [
        ["late", "d0000", "yes", "no"],
        ["price", "d0000", "no", "yes"],
    ]


def test_a_document_counts_as_decided_once_every_question_is(tmp_path):
    path = adjudicate(tmp_path)
    asked = coding_workbook.read(path, SOURCE)
    assert asked.rows.empty
    assert asked.broken["rule"].tolist() == ["not decided"] * 2
    book = load_workbook(path)
    book["coding"]["C2"].value, book["coding"]["D2"].value = "x", None
    book.save(path)
    decided = coding_workbook.read(path, SOURCE).rows
    assert decided.to_numpy().tolist() == [
        ["d0000", "eve-2026q3", "late", "-1", "adjudicated", ""]
    ]
    both = pd.concat([READ, decided.astype({"valence": float})])
    stands = final(both, codes=["late", "price"])
    assert stands.ratings("price").loc["d0000"].dropna().tolist() == [0.0]
    with pytest.raises(StudyError, match="may hold codings"):
        adjudicate(tmp_path)
    left = load_workbook(adjudicate(tmp_path / "again", both))["coding"]
    assert [row[0].value for row in left.iter_rows(min_row=2)] == ["d0002"]


def test_without_a_difference_there_is_nothing_to_adjudicate(tmp_path):
    with pytest.raises(StudyError, match="nothing to adjudicate"):
        adjudicate(tmp_path, READ[READ["document_id"] == "d0001"])


def test_codings_are_only_added():
    more = pd.concat([READ, READ.tail(1).assign(code="price", round="2026Q4")])
    assert changed_codings(READ, more).empty
    other = READ.drop(index=6)
    other.loc[1, "code"] = "late"
    assert changed_codings(READ, other).to_numpy().tolist() == [
        ["d0000", "bob", "2026Q3", "price", "late"],
        ["d0003", "ann", "2026Q3", "late", ""],
    ]
