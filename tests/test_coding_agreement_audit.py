"""Whether coders read groups of documents alike: planted differences are found."""

import numpy as np
import pandas as pd
import pytest

from analysis.coding.coder_audit import (
    agreement_by_group,
    agreement_gaps,
    decision_errors,
    error_gap,
    error_shares,
    one_code,
)
from analysis.coding.decisions import Decisions, final, independent
from analysis.study import StudyError
from analysis.survey import Sample

CODES = pd.Index(["late", "rude"], name="code")


def read_by(coders: list[str], applied: np.ndarray) -> Decisions:
    ids = pd.Index([f"d{n:04}" for n in range(len(applied))], name="document_id")
    return Decisions(ids, pd.Index(coders), CODES, applied.astype(float))


def readings(n: int, *, missed: tuple[float, float], seed: int) -> tuple:
    """Readers who miss codes at one rate in the first half, at another in the rest."""
    draw = np.random.default_rng(seed)
    truth = draw.random((n, 1, 2)) < 0.3
    rates = np.repeat(missed, n // 2)[:, None, None]
    own = truth & (draw.random((n, 2, 2)) >= rates)
    decided = read_by(["ann", "bob"], own)
    names = np.repeat(["detractor", "promoter"], n // 2)
    groups = pd.Series(names, index=decided.documents)
    return decided, read_by(["eve"], truth), groups


def test_groups_that_coders_read_differently_are_told_apart():
    decided, _, groups = readings(600, missed=(0.05, 0.35), seed=1)
    found = agreement_by_group(decided, groups)
    assert list(found) == ["detractor", "promoter"]
    gap = agreement_gaps(found)["detractor - promoter"]
    assert gap.value > 0.2
    assert gap.low > 0
    assert gap.p_value < 0.001
    assert gap.base == 300


def test_false_alarms_between_groups_read_alike_keep_their_rate():
    alarms = []
    for seed in range(300):
        decided, _, groups = readings(200, missed=(0.15, 0.15), seed=seed)
        gap = agreement_gaps(agreement_by_group(decided, groups))
        one = gap["detractor - promoter"]
        alarms.append(one.p_value < 0.05)
        assert alarms[-1] == (one.low > 0 or one.high < 0)
    assert np.mean(alarms) <= 0.05 + 2.576 * np.sqrt(0.0475 / 300)


def test_small_groups_are_withheld():
    decided, _, groups = readings(40, missed=(0.1, 0.1), seed=1)
    groups.iloc[:31] = "many"
    groups.iloc[31:] = "few"
    assert list(agreement_by_group(decided, groups)) == ["many"]
    with pytest.raises(StudyError, match="No group has 50 documents"):
        agreement_by_group(decided, groups, minimum_base=50)


def errors_of(decided: Decisions, truth: Decisions, groups: pd.Series) -> Sample:
    errors = decision_errors(decided, truth)
    errors["group"] = errors["document_id"].map(groups)
    return Sample(errors, clusters="document_id")


def test_rates_of_error_by_coder_and_group_find_the_truth():
    errors = errors_of(*readings(1200, missed=(0.1, 0.3), seed=2))
    by_group = error_shares(errors, by="group")
    assert by_group["detractor"].low < 0.1 < by_group["detractor"].high
    assert by_group["promoter"].low < 0.3 < by_group["promoter"].high
    assert set(error_shares(errors, by="coder")) == {"ann", "bob"}
    assert error_shares(errors, kind="added").value == 0
    gap = error_gap(errors, by="group", levels=("promoter", "detractor"))
    assert gap.low < 0.2 < gap.high
    assert gap.p_value < 0.001
    with pytest.raises(StudyError, match="missed or added"):
        error_shares(errors, kind="lost")


def test_only_settled_documents_judge_a_coder():
    rows = [
        ("d1", "ann", "late", "1"),
        ("d1", "bob", "none", "1"),
        ("d1", "eve", "late", "adjudicated"),
        ("d2", "ann", "late", "1"),
        ("d2", "bob", "none", "1"),
        ("d3", "ann", "late", "1"),
        ("d3", "bob", "late", "1"),
        ("d4", "ann", "late", "1"),
        ("d5", "ann", "rude", "1"),
        ("d5", "eve", "late", "adjudicated"),
    ]
    codings = pd.DataFrame(rows, columns=["document_id", "coder", "code", "round"])
    first = independent(codings, codes=["late", "rude"])
    errors = decision_errors(first, final(codings, codes=["late", "rude"]))
    assert errors["document_id"].tolist() == ["d1", "d1", "d3", "d3", "d5"]
    assert errors["missed"].tolist() == [0, 1, 0, 0, 1]
    assert errors["added"].tolist() == [0, 0, 0, 0, 1]
    assert errors["absent"].tolist() == [1, 1, 1, 1, 1]


def test_one_code_is_looked_at_alone():
    decided, _, groups = readings(200, missed=(0.1, 0.1), seed=3)
    alone = agreement_by_group(one_code(decided, "late"), groups, measure="percent")
    assert alone["detractor"].unit == "share"
    assert alone["detractor"].base == 100


def test_nothing_settled_says_what_to_do():
    rows = [("d1", "ann", "late"), ("d1", "bob", "none")]
    codings = pd.DataFrame(rows, columns=["document_id", "coder", "code"])
    decided = independent(codings, codes=["late"])
    with pytest.raises(StudyError, match="Let a third reader decide"):
        decision_errors(decided, final(codings, codes=["late"]))
