"""The whole walk, from raw files to pages: what must hold of every report.

The demo study is run once. A smaller company, drawn from a seed that nothing was
tuned on, is run as well, twice and for an earlier quarter.
"""

import csv
import importlib
import inspect
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import walks
from nbformat.v4 import new_markdown_cell
from notebook_rules import complaints

from analysis import example
from analysis.display.names import name_level
from analysis.metrics import catalogue, comparison, control_chart, goals, watch
from analysis.report.trace import loose_numerals
from analysis.study import notebooks_root

PAGES = [f"{path.stem}.html" for path in sorted(notebooks_root().glob("*.ipynb"))]
SEED = 20261121  # of a company that nobody looked at
LEVEL = 0.05


@pytest.fixture(scope="module")
def figures(demo):
    return demo.bound("figures")


@pytest.fixture(scope="module")
def by_key(figures):
    return figures.set_index("key")


@pytest.fixture(scope="module")
def truths(root):
    path = root / "tests" / "reference" / "demo_truths.json"
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Stranger:
    """A company from a held-out seed, its raw files and its newest report."""

    canaries: list[dict[str, str]]
    raw: Path
    walked: walks.Walked


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    home = tmp_path_factory.mktemp("stranger")
    raw = home / "exports"
    company = example.draw(raw, seed=SEED, scale=0.2)
    walked = walks.run(home, "2026Q3", raw=raw)
    return Stranger(example.canaries(company), raw, walked)


# --- the run ----------------------------------------------------------------------


def test_every_notebook_is_done_and_the_report_is_whole(demo):
    assert demo.result.failures == {}
    assert set(demo.result.states.values()) == {"done"}
    assert set(demo.pages) == {"functions.html", "index.html", *PAGES}
    assert not [page for page in demo.pages.values() if 'class="failure"' in page]


def test_a_stranger_runs_from_end_to_end(stranger):
    assert stranger.walked.result.failures == {}
    assert set(stranger.walked.pages) == {"functions.html", "index.html", *PAGES}


# --- three hops -------------------------------------------------------------------


def test_every_figure_leads_to_its_line_and_function(demo, figures):
    notebooks = walks.read_notebooks(notebooks_root())
    assert len(figures) > 200
    assert walks.untraced(figures, notebooks, demo.pages) == []


def test_every_maker_is_documented_and_named_where_it_publishes(figures, root):
    methods = (root / "docs" / "methods.md").read_text(encoding="utf-8")
    notebooks = walks.read_notebooks(notebooks_root())
    # These modules loop over makers for the notebook that calls them.
    loops = (catalogue, watch, goals, comparison, control_chart)
    listed = set(re.findall(r"\w+", "".join(map(inspect.getsource, loops))))
    for source, notebook in {*zip(figures["source"], figures["notebook"], strict=True)}:
        module, _, name = source.rpartition(".")
        doc = inspect.getdoc(getattr(importlib.import_module(module), name)) or ""
        assert "\nNotes\n-----\n" in doc, source
        assert "\nExamples\n--------\n" in doc, source
        is_named = f".{name}" in json.dumps(notebooks[notebook]) or name in listed
        assert is_named, f"{name} in {notebook}"
        assert f"\n### `{name}`\n" in methods, f"docs/methods.md lacks {name}"
        assert f"`{source}`" in methods, f"docs/methods.md has another home of {name}"


@pytest.mark.parametrize("page", PAGES)
def test_every_number_on_a_page_is_a_published_one(demo, figures, page):
    text = demo.pages[page]
    assert loose_numerals(text) == []
    assert walks.misquoted(text, figures) == []


def test_a_stranger_is_traced_too(stranger):
    notebooks = walks.read_notebooks(notebooks_root())
    figures, pages = stranger.walked.bound("figures"), stranger.walked.pages
    assert walks.untraced(figures, notebooks, pages) == []
    for page in PAGES:
        assert loose_numerals(pages[page]) == []
        assert walks.misquoted(pages[page], figures) == []


# --- the guards themselves --------------------------------------------------------


@pytest.fixture
def copied(tmp_path):
    shutil.copytree(notebooks_root(), tmp_path / "notebooks")
    return tmp_path / "notebooks"


def edit(folder, name, line, replacement):
    """Replace a line in a copy of a notebook."""
    path = folder / f"{name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        cell["source"] = source.replace(line, replacement)
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize(
    "replacement", ["", '.publish("holdout", one); x.publish("holdout"']
)
def test_a_published_line_that_is_gone_or_there_twice_is_found(
    demo, figures, copied, replacement
):
    edit(copied, "02_metrics", '.publish("holdout"', replacement)
    found = walks.untraced(figures, walks.read_notebooks(copied), demo.pages)
    assert [one.partition(":")[0] for one in found] == ["holdout"]


@pytest.mark.parametrize(
    "cut", ['id="figure-now--nps"', 'href="functions.html#', 'id="cell-']
)
def test_a_cut_way_is_found(demo, figures, cut):
    pages = demo.pages | {"02_metrics.html": demo.pages["02_metrics.html"]}
    pages["02_metrics.html"] = pages["02_metrics.html"].replace(cut, "title=")
    notebooks = walks.read_notebooks(notebooks_root())
    assert any("now/nps:" in one for one in walks.untraced(figures, notebooks, pages))


def test_a_figure_typed_into_prose_is_found(demo, copied):
    path = copied / "02_metrics.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    before = complaints(notebook)
    typed = new_markdown_cell("The score fell by 12 points.")
    notebook["cells"].insert(5, typed)
    (added,) = set(complaints(notebook)) - set(before)
    assert "typed by hand" in added
    page = demo.pages["02_metrics.html"]
    page = page.replace('<div class="words">', f"<p>{typed['source']}</p>", 1)
    assert len(loose_numerals(page)) == 1


def test_a_figure_quoted_wrongly_is_found(demo, figures):
    page = demo.pages["02_metrics.html"]
    said = next(said for name, said in walks.LINK.findall(page) if name == "now--nps")
    wrong = page.replace(f">{said}</a>", ">+57</a>", 1)
    assert walks.misquoted(wrong, figures) == ["now--nps: +57"]


def test_a_secret_that_is_kept_is_found(demo, tmp_path):
    pd.DataFrame({"text": ["write to Ada.Lovelace9@example.org"]}).to_parquet(
        tmp_path / "a.parquet"
    )
    planted = [{"kind": "email", "planted": "Ada.Lovelace9@example.org"}]
    paths = [tmp_path / "a.parquet"]
    assert len(walks.kept_secrets(paths, walks.personal(planted))) == 2


# --- claims -----------------------------------------------------------------------


def test_claims_say_what_their_figures_allow(demo, by_key):
    claims = demo.bound("claims")
    assert len(claims) >= 8
    for claim in claims.itertuples():
        row = by_key.loc[claim.on]
        expected = "unclear"
        if row["q_value"] <= LEVEL and (row["low"] > 0 or row["high"] < 0):
            expected = "rising" if row["low"] > 0 else "falling"
        assert claim.direction == expected, claim.key
        assert claim.text.startswith("We cannot tell") == (expected == "unclear")
        opposite = {"rising": " fell ", "falling": " rose "}.get(expected, "  ")
        assert opposite not in claim.text


def test_claims_are_confirmed_over_the_whole_report(demo, figures, by_key):
    # Benjamini and Bogomolov by hand: Simes per family, then families, then within.
    tested = figures[figures["p_value"].notna()]
    simes = {
        name: min(len(p) * one / rank for rank, one in enumerate(sorted(p), start=1))
        for name, p in tested.groupby(["notebook", "family"])["p_value"]
    }
    ordered = sorted(simes, key=lambda name: simes[name])
    passed = [
        n
        for n, name in enumerate(ordered, 1)
        if simes[name] <= LEVEL * n / len(ordered)
    ]
    selected = ordered[: max(passed, default=0)]
    within = LEVEL * len(selected) / len(ordered)
    for claim in demo.bound("claims").itertuples():
        row = by_key.loc[claim.on]
        family = (row["notebook"], row["family"])
        expected = family in selected and row["q_value"] <= within
        is_confirmed = expected and claim.direction != "unclear"
        assert claim.is_confirmed == is_confirmed, claim.key
        summary = walks.plain(demo.pages["05_summary.html"])
        neither = summary.split(f"Told neither way, of {row['family']}: ")[-1]
        if claim.direction != "unclear":  # the headline says what it cannot tell
            assert (claim.text[:40] in summary) == is_confirmed, claim.key
        listed = name_level(row["level"]) in neither.split(".")[0]
        assert listed != is_confirmed, claim.key


# --- personal data and hostile text -----------------------------------------------


def test_no_planted_personal_data_is_in_any_output(demo, truths):
    secrets = walks.personal(truths["canaries"])
    assert len(secrets) > 80
    kinds = {path.suffix for path in demo.outputs}
    assert {".html", ".csv", ".json", ".parquet", ".xlsx", ".ipynb"} <= kinds
    assert walks.kept_secrets(demo.outputs, secrets) == []


def test_no_personal_data_of_a_stranger_is_in_any_output(stranger, truths):
    secrets = walks.personal(stranger.canaries)
    assert len(secrets) > 80
    assert secrets - walks.personal(truths["canaries"])
    assert walks.kept_secrets(stranger.walked.outputs, secrets) == []


def test_hostile_text_is_never_live(demo, truths):
    hostile = [c["planted"] for c in truths["canaries"] if c["kind"] == "hostile"]
    live = [text for text in hostile if "<" in text]
    assert live
    for page in demo.pages.values():
        assert not [text for text in live if text in page]
        assert "<script" not in page
    for path in demo.outputs:
        if path.suffix == ".csv":
            assert formulas(path, hostile) == []
        if path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
            assert not [c.coordinate for c in cells if c.data_type == "f"]


def formulas(path, hostile):
    """Return cells of a file that a spreadsheet would run."""
    with path.open(encoding="utf-8", newline="") as stream:
        cells = {cell for row in csv.reader(stream) for cell in row}
    return sorted(cells & {text for text in hostile if text.strip()[:1] in set("=+-@")})


# --- rows -------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2026Q3", "2026Q2"])
def test_every_row_is_accounted_for(demo, earlier, period):
    walked = demo if period == "2026Q3" else earlier
    counts = pd.read_parquet(walked.processed / "row_counts.parquet")
    parts = counts[["kept", "set_aside", "later"]].sum(axis=1)
    assert counts["rows_in"].tolist() == parts.tolist()
    assert (counts[["rows_in", "kept", "set_aside", "later"]] >= 0).all(axis=None)
    assert (counts["duplicates"] <= counts["set_aside"]).all()
    assert counts["later"].gt(0).any() == (period == "2026Q2")
    figures = walked.bound("figures").set_index("key")["value"]
    for table, sums in counts.groupby("table")[["rows_in", "kept"]].sum().iterrows():
        assert figures[f"rows_received/{table}"] == sums["rows_in"]
        assert figures[f"rows_kept/{table}"] == sums["kept"]


def test_rows_in_are_the_rows_of_the_files(demo, root):
    raw = root / "data" / "raw" / walks.STUDY
    counts = pd.read_parquet(demo.processed / "row_counts.parquet")
    counts = counts.groupby("file")["rows_in"].sum()
    for name in ("orders.parquet", "customers.parquet"):
        assert counts[name] == pq.read_metadata(raw / name).num_rows
    for path in raw.glob("survey_*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            assert counts[path.name] == sum(1 for _ in csv.reader(stream)) - 3


def test_rows_kept_are_in_the_tables_and_rows_aside_are_listed(demo):
    counts = pd.read_parquet(demo.processed / "row_counts.parquet")
    sums = counts.groupby("table")[["kept", "set_aside"]].sum()
    rejected = pd.read_csv(demo.processed / "rejected.csv")
    listed = rejected.drop_duplicates(["table", "file", "line"]).groupby("table").size()
    for table in ("responses", "customers", "invitations", "products"):
        rows = pq.read_metadata(demo.processed / f"{table}.parquet").num_rows
        assert rows == sums.loc[table, "kept"]
        assert listed.get(table, 0) == sums.loc[table, "set_aside"]


# --- the same again ---------------------------------------------------------------


def test_the_same_run_elsewhere_gives_the_same_bytes(stranger, tmp_path):
    one, two = stranger.walked, walks.run(tmp_path, "2026Q3", raw=stranger.raw)
    for name in ("figures.csv", "claims.csv", "quotes.csv", "rejected.csv"):
        first, second = (run.processed / name for run in (one, two))
        assert first.read_bytes() == second.read_bytes(), name
    commits = [
        json.loads((run.processed / "manifest.json").read_text())["commit"] or "none"
        for run in (one, two)
    ]
    for name, page in one.pages.items():
        again = two.pages[name].replace(commits[1], commits[0])
        assert page == again, name
    for path in one.processed.glob("*.parquet"):
        again = pd.read_parquet(two.processed / path.name)
        pd.testing.assert_frame_equal(pd.read_parquet(path), again)


@pytest.fixture(scope="module")
def earlier(stranger):
    return walks.run(stranger.walked.home, "2026Q2")


def test_an_old_quarter_is_the_same_without_what_came_later(
    stranger, earlier, tmp_path
):
    cut = tmp_path / "exports"
    shutil.copytree(stranger.raw, cut)
    forget_the_last_quarter(cut)
    alone = walks.run(tmp_path / "home", "2026Q2", raw=cut)
    assert alone.result.failures == {}
    received = ["rows received", "rows for later"]
    tables = [run.bound("figures") for run in (earlier, alone)]
    tables = [rows[~rows["metric"].isin(received)] for rows in tables]
    pd.testing.assert_frame_equal(*(rows.reset_index(drop=True) for rows in tables))
    assert len(tables[0]) > 150
    for part in ("claims", "quotes"):
        pd.testing.assert_frame_equal(earlier.bound(part), alone.bound(part))


def forget_the_last_quarter(raw):
    """Leave of the exports what a company could have sent at the end of June."""
    for path in raw.glob("*2026Q3*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, column in (
        ("orders.parquet", "ORDERED_AT"),
        ("customers.parquet", "JOIN_DATE"),
    ):
        rows = pd.read_parquet(raw / name)
        rows[pd.to_datetime(rows[column]) < "2026-07-01"].to_parquet(raw / name)
    for name, column in (
        ("returns.csv", "RETURNED_AT"),
        ("feedback.csv", "CREATED_AT"),
        ("signals.csv", "date"),
    ):
        rows = pd.read_csv(raw / name, dtype="str", keep_default_na=False)
        rows[rows[column] < "2026-07-01"].to_csv(raw / name, index=False)


# --- planted truths ---------------------------------------------------------------


def covers(row, truth):
    return row["low"] <= truth <= row["high"]


def test_the_score_of_most_waves_lies_in_its_interval(by_key, truths):
    waves = truths["score"]
    hits = [covers(by_key.loc[f"score_in/{w}"], one["all"]) for w, one in waves.items()]
    assert len(hits) == 7
    assert sum(hits) >= 6  # all seven in this draw
    assert covers(by_key.loc["now/nps"], waves["2026Q3"]["all"])


def test_weighting_moves_the_score_towards_the_truth(by_key, truths):
    truth = truths["score"]["2026Q3"]["all"]
    plain, weighted = (by_key.loc[f"nps_{name}"] for name in ("plain", "weighted"))
    assert not covers(plain, truth)
    assert covers(weighted, truth)


def test_groups_means_and_the_change_agree_with_the_truth(by_key, truths):
    last = truths["score"]["2026Q3"]
    groups = {f"groups/segment/nps/{k}": v for k, v in last["segments"].items()}
    groups |= {f"groups/region/nps/{k}": v for k, v in last["regions"].items()}
    assert sum(covers(by_key.loc[key], one) for key, one in groups.items()) >= 6  # of 7
    means = truths["means"]["2026Q3"]
    assert covers(by_key.loc["now/csat"], means["satisfied"])
    assert covers(by_key.loc["now/ces"], means["effort"])
    assert covers(by_key.loc["change/nps"], truths["bridge"]["change"])


def test_themes_agree_with_the_truth_and_the_unreliable_one_is_not_counted(
    by_key, truths
):
    shares = truths["codes"]["everyone"]["2026Q3"]
    counted = [code for code in shares if f"theme_shares/{code}" in by_key.index]
    assert set(shares) - set(counted) == {"packaging"}
    assert by_key.loc["agreement/packaging", "value"] < 0.667
    hits = [
        covers(by_key.loc[f"theme_shares/{code}"], shares[code]) for code in counted
    ]
    assert sum(hits) >= 9  # of 11


def test_figures_are_whole(figures):
    shown = figures[~figures["withheld"]]
    finite = shown[["value", "low", "high", "base"]].notna().all(axis=1)
    assert shown.loc[~finite, "key"].tolist() == []
    assert (shown["low"] <= shown["high"]).all()
    shares = shown[shown["unit"] == "share"]
    assert shares[["value", "low", "high"]].map(lambda x: 0 <= x <= 1).all(axis=None)
    assert np.isfinite(shown["value"]).all()


def test_a_first_period_without_segments_says_what_it_lacks(root, tmp_path):
    raw = shutil.copytree(root / "data" / "raw" / walks.STUDY, tmp_path / "raw")
    settings = (raw / "study.toml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in settings if not line.startswith("segments = ")]
    (raw / "study.toml").write_text("\n".join(kept), encoding="utf-8")
    walked = walks.run(tmp_path / "home", "2025Q1", raw=raw)
    assert walked.result.failures == {}
    page = walks.plain(walked.pages["02_metrics.html"])
    assert "This section would compare groups" in page
    page = walks.plain(walked.pages["03_outcomes.html"])
    assert "No window after an answer has closed yet" in page
