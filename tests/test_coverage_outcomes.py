"""Small version of benchmarks/coverage_outcomes.py, judged by its own band."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import coverage_outcomes as benchmark
from coverage_tables import band
from outcomes_company import Links, answers, differences, raked


def drawn(seed: int, links: Links, *, count: int = 2000) -> benchmark.Page:
    return benchmark.page(
        raked(answers(np.random.default_rng(seed), links, count=count))
    )


def test_quiet_companies_are_seldom_spoken_of():
    """Of 12 pages, within the 99.9 % band of 5 %."""
    pages = [drawn(seed, Links()) for seed in range(12)]
    said = [any(one != "unclear" for one in page.claims.values()) for page in pages]
    assert np.mean(said) <= band(12, 0.05, 0.999)[1]
    assert {one for page in pages for one in page.grades.values()} <= {"C", "D"}


def test_a_large_link_is_found_with_its_sign_and_graded():
    page = drawn(1, Links(returns=-0.4, purchases=0.25), count=3000)
    assert page.claims == benchmark.SIGNS
    assert page.grades == {"returns": "C", "purchases": "C"}


def test_a_lasting_cause_behind_both_is_spoken_of_at_grade_d_alone():
    page = drawn(2, Links(lasting=0.9), count=3000)
    assert page.claims["purchases"] == "rising"
    assert set(page.grades.values()) == {"D"}


@pytest.mark.parametrize("name", ["returns", "purchases"])
def test_the_truth_of_a_company_is_that_of_its_answers(name):
    links = Links(**{name: benchmark.solved(name, 2.0 if name == "returns" else 12.0)})
    truth = differences(links)[name]
    assert abs(truth) == pytest.approx(2.0 if name == "returns" else 12.0, rel=1e-3)
    found = drawn(3, links, count=15_000).found[name]
    assert found.value == pytest.approx(truth, abs=4 * found.standard_error)


def test_without_links_before_and_after_are_alike():
    frame = answers(np.random.default_rng(4), Links(lasting=0.5), count=30_000)
    for name in ("lines", "returned_lines", "revenue"):
        ratio = frame[f"{name}_after"].mean() / frame[f"{name}_before"].mean()
        assert ratio == pytest.approx(1, abs=0.06)
    assert frame["customer_id"].duplicated().mean() > 0.2


def test_tables_are_put_between_their_markers():
    text = "a\n<!-- pages -->\nold\n<!-- end of pages -->\nb"
    new = "a\n<!-- pages -->\nnew\n<!-- end of pages -->\nb"
    assert benchmark.put(text, "pages", "new") == new
    document = benchmark.DOCUMENT.read_text()
    for part in benchmark.PARTS:
        assert benchmark.put(document, part, "| new |") != document
        assert document.split(f"<!-- {part} -->")[1].startswith("\n| company |")


def test_pages_are_put_together_by_kind():
    rows = [
        {"company": "null", "answers": 2000, "any": number < 1}
        | {f"{name} claim": "rising" if number < 1 else "unclear" for name in claims}
        | {f"{name} grade": "D" for name in claims}
        for number, claims in enumerate([["returns", "purchases"]] * 10)
    ]
    line = benchmark.judged(rows).iloc[0]
    assert (line["any"], line["returns: wrong"], line["purchases: right"]) == (10,) * 3
    assert isinstance(benchmark.judged(rows), pd.DataFrame)
