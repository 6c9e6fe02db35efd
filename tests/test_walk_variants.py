"""Studies that lack something, or whose data does not carry a page.

Each takes a small company, spoils its exports and executes only what the pages on
outcomes and on coding need.
"""

import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from analysis import example, ledger
from analysis.run import kernels
from analysis.run.engine import execute
from analysis.run.notebooks import find_notebooks, source_of

SEED = 20261122
PERIOD = "2026Q3"
RECEIVED = ("00_intake", "01_sampling")
OUTCOMES, CODING = "03_outcomes", "04_coding"
UNGATED = ("point_", "drivers_say/")


@dataclass(frozen=True)
class Variant:
    """How a company's exports are spoiled, and the pages that must bear it."""

    spoil: Callable[[Path], None]
    pages: tuple[str, ...]
    without: tuple[str, ...] = ()
    says: dict[str, str] = field(default_factory=dict)


def without(settings, *tables):
    """Take tables out of the settings."""
    kept, is_left_out = [], False
    for line in settings.splitlines():
        if head := re.match(r"\[+([\w.]+)\]+", line):
            is_left_out = f"{head[1]}.".startswith(tuple(f"{one}." for one in tables))
        kept += [] if is_left_out else [line]
    return "\n".join(kept)


def unnamed(raw, *lines):
    """Take lines out of the settings by how they begin."""
    path = raw / "study.toml"
    kept = [one for one in path.read_text("utf-8").splitlines() if one]
    kept = [one for one in kept if not one.startswith(lines)]
    path.write_text("\n".join(kept), encoding="utf-8")


def reworded(raw, old, new):
    path = raw / "study.toml"
    settings = path.read_text("utf-8")
    assert old in settings
    path.write_text(settings.replace(old, new), encoding="utf-8")


def remove(raw, *patterns):
    for path in [path for one in patterns for path in raw.glob(one)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def answers(raw, edit):
    """Edit the answers of all waves below the three rows of the header."""
    for path in raw.glob("survey_*.csv"):
        rows = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
        rows.iloc[2:] = edit(rows.iloc[2:].copy())
        rows.to_csv(path, index=False)


def only_survey(raw):
    unnamed(raw, "segments = ", "strata = ", "margins = ")


def everything_comes_back(raw):
    lines = pd.read_parquet(raw / "orders.parquet")
    back = lines.rename(columns={"NET_AMOUNT": "REFUND"})
    days = pd.to_datetime(back["ORDERED_AT"]) + pd.Timedelta(days=5)
    back["RETURNED_AT"] = days.dt.strftime("%Y-%m-%d %H:%M:%S")
    back["REASON"] = "too large"
    back.to_csv(raw / "returns.csv", index=False)


def one_coder_and_ratings_alike(raw):
    remove(raw, "coding_*_coder_b.xlsx")
    answers(raw, lambda rows: rows.assign(Q4_2=rows["Q4_1"]))


def all_recommend_alike(raw):
    answers(raw, lambda rows: rows.assign(Q1="10"))
    remove(raw, "coding_2026Q3*")
    reworded(raw, "minimum_positives = 10", "minimum_positives = 3")
    reworded(raw, "alpha_low = 0.5", "alpha_low = 0.0")


def snapshots(raw):
    people = pd.read_parquet(raw / "customers.parquet")
    waves = [people.assign(WAVE=one) for one in ("2026Q1", "2026Q2", PERIOD)]
    pd.concat(waves).to_parquet(raw / "customers.parquet")
    reworded(raw, "joined_on =", 'period = "WAVE"\njoined_on =')


VARIANTS = {
    "only a survey": Variant(
        only_survey,
        (OUTCOMES, CODING),
        ("customers", "invitations", "products", "orders", "returns", "documents",
         "codings", "signals", "targets", "benchmarks", "actions"),
        {OUTCOMES: "It needs the table orders", CODING: "It needs the table codings"},
    ),
    "no returns": Variant(
        lambda raw: None,
        (OUTCOMES,),
        ("returns",),
        {OUTCOMES: "It needs the table returns"},
    ),
    "everything comes back": Variant(
        everything_comes_back, (OUTCOMES,), (), {OUTCOMES: "0 kept something"}
    ),
    "one coder": Variant(
        one_coder_and_ratings_alike,
        (OUTCOMES, CODING),
        ("products",),
        {OUTCOMES: "repeat one another", CODING: "No document was read by two coders"},
    ),
    "all recommend alike": Variant(
        all_recommend_alike,
        (OUTCOMES, CODING),
        (),
        {OUTCOMES: "where it does not vary", CODING: "Nobody has read the comments"},
    ),
    "customers of three waves": Variant(snapshots, (OUTCOMES,)),
    "answers of nobody known": Variant(
        lambda raw: unnamed(raw, 'customer_id = "Ext', 'customer_id = "Customer'),
        (CODING,),
        (),
        {CODING: "It needs the column customer_id of the table responses"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    raw = tmp_path_factory.mktemp("company") / "raw"
    example.draw(raw, seed=SEED, scale=0.06)
    return raw


@pytest.fixture(scope="module")
def executed(exports, tmp_path_factory):
    """Return the pages of each variant, executed two variants at a time."""
    home = tmp_path_factory.mktemp("variants")
    for name, variant in VARIANTS.items():
        raw = shutil.copytree(exports, home / "data" / "raw" / study(name))
        path = raw / "study.toml"
        settings = without(
            path.read_text("utf-8"), *(f"tables.{one}" for one in variant.without)
        )
        path.write_text(settings, encoding="utf-8")
        variant.spoil(raw)
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setenv("ANALYSIS_HOME", os.fspath(home))
        kernels.prefer_forks()
        pages = dict(zip(VARIANTS, pool.map(pages_of, VARIANTS), strict=True))
    return home, pages


def study(name):
    return name.replace(" ", "_")


def pages_of(name):
    notebooks = {one.name: one for one in find_notebooks()}
    parameters = {"study": study(name), "period": PERIOD}
    pages = {}
    for page in (*RECEIVED, *VARIANTS[name].pages):
        pages[page] = execute(notebooks[page].path, parameters)
        if pages[page].failure:
            return pages
    ledger.bind(parameters["study"], PERIOD)  # no figure gives a withheld one away
    return pages


def shown(cell):
    """Return what a cell shows a reader, without tags."""
    texts = [
        str(
            one.get("data", {}).get("text/html")
            or one.get("data", {}).get("text/plain")
        )
        for one in cell["outputs"]
        if one["output_type"] in {"display_data", "execute_result"}
    ]
    return " ".join(re.sub(r"<[^>]+>", "", one) for one in texts)


def silent(cells):
    """Return the headings of sections below which nothing is shown."""
    said, heading = {}, ""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            first = source_of(cell).partition("\n")[0]
            heading = first if first.startswith("## ") else heading
        elif heading:
            said[heading] = said.get(heading, "") + shown(cell)
    return [heading for heading, text in said.items() if not text.strip()]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_page_bears_what_is_missing_and_says_so(executed, name):
    _, pages = executed
    for page, one in pages[name].items():
        assert one.failure is None, page
        streams = [
            out for cell in one.notebook.cells for out in cell.get("outputs", [])
        ]
        assert [out for out in streams if out["output_type"] == "stream"] == []
    for page in VARIANTS[name].pages:
        cells = pages[name][page].notebook.cells
        assert silent(cells) == []
        text = " ".join(shown(cell) for cell in cells if cell["cell_type"] == "code")
        assert VARIANTS[name].says.get(page, "") in text
        assert not re.search(r"\b(nan|NaN)\b", text)


@pytest.mark.parametrize("name", [n for n in VARIANTS if OUTCOMES in VARIANTS[n].pages])
def test_where_nothing_goes_with_the_answer_no_side_is_taken(executed, name):
    home, _ = executed
    folder = home / "data" / "processed" / study(name) / PERIOD / "ledger"
    claims = pd.read_csv(folder / f"{OUTCOMES}.claims.csv")
    leading = claims[claims["key"].str.startswith("point_")]
    if (leading["direction"] != "unclear").any():
        return
    rest = claims[~claims["key"].str.startswith(UNGATED)]
    assert (rest["direction"] == "unclear").all()
