"""Run the walk in a folder of its own, and read everything that it leaves."""

import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.display.formats import anchor
from analysis.display.names import name_level
from analysis.run.walk import WalkResult, walk

STUDY = "demo"
PUBLISH = re.compile(r"\.publish(?:_(?!quotes)\w+)?\(\s*[\"'](\w+)[\"']")
ROW = re.compile(r'<tr id="figure-([^"]+)">(.*?)</tr>', re.DOTALL)
LINK = re.compile(r'<a class="figure"[^>]*data-figure="([^"]+)"[^>]*>(.*?)</a>', re.S)
NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Walked:
    """A run and its folders."""

    home: Path
    period: str
    result: WalkResult

    @property
    def processed(self) -> Path:
        return self.home / "data" / "processed" / STUDY / self.period

    @property
    def report(self) -> Path:
        return self.home / "reports" / STUDY / self.period

    @property
    def pages(self) -> dict[str, str]:
        paths = sorted(self.report.glob("*.html"))
        return {path.name: path.read_text(encoding="utf-8") for path in paths}

    @property
    def outputs(self) -> list[Path]:
        folders = self.processed, self.report
        paths = (path for folder in folders for path in folder.rglob("*"))
        return sorted(path for path in paths if path.is_file())

    def bound(self, part: str) -> pd.DataFrame:
        """Return figures, claims or quotes, words as they were written."""
        words = dict.fromkeys(("key", "by", "level", "period", "source", "on"), "str")
        path = self.processed / f"{part}.csv"
        return pd.read_csv(path, dtype=words, keep_default_na=False, na_values=_BLANKS)


_BLANKS = {
    name: [""] for name in ("value", "standard_error", "low", "high", "base",
                            "effective_base", "p_value", "q_value")
}  # fmt: skip


def run(home: Path, period: str, *, raw: Path | None = None) -> Walked:
    """Run a period of the study in a folder; `raw` is linked into it if given."""
    if raw is not None:
        (home / "data" / "raw").mkdir(parents=True)
        (home / "data" / "raw" / STUDY).symlink_to(raw, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        return Walked(home, period, walk(STUDY, period))


def text_of(path: Path) -> str:
    """Return everything that a file says, as its reader would see it."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        return "\n".join(str(one) for name in frame for one in frame[name].unique())
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            parts = [
                book.read(name).decode(errors="replace") for name in book.namelist()
            ]
        return html.unescape("\n".join(parts))
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".json", ".ipynb"}:
        text = "\n".join(_strings(json.loads(text)))
    return text + html.unescape(text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from map(str, value)
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        if all(isinstance(one, str) for one in value):
            yield "".join(value)
        for one in value:
            yield from _strings(one)


def read_notebooks(folder: Path) -> dict[str, dict[str, Any]]:
    """Read the notebooks of a folder by name."""
    paths = sorted(folder.glob("*.ipynb"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def untraced(
    figures: pd.DataFrame, notebooks: dict[str, dict[str, Any]], pages: dict[str, str]
) -> list[str]:
    """Name every figure whose way from its page to its line and function is cut."""
    calls = [
        key
        for notebook in notebooks.values()
        for cell in _code(notebook)
        for key in PUBLISH.findall(cell)
    ]
    rows = {name: dict(ROW.findall(page)) for name, page in pages.items()}
    found = []
    for figure in figures.itertuples():
        literal, home = figure.key.split("/")[0], f"{figure.notebook}.html"
        row = rows[home].get(anchor(figure.key), "")
        if calls.count(literal) != 1:
            found.append(f"{figure.key}: {calls.count(literal)} lines publish it")
        elif literal not in PUBLISH.findall(_linked_code(row, home, pages[home])):
            found.append(f"{figure.key}: its row does not lead to its line")
        elif f'href="functions.html#{figure.source}"' not in row:
            found.append(f"{figure.key}: its row does not lead to its function")
        elif f'<section id="{figure.source}"' not in pages["functions.html"]:
            found.append(f"{figure.key}: {figure.source} is not described")
    return found


def _linked_code(row: str, home: str, page: str) -> str:
    """Return the code on the page that a row links to."""
    link = re.search(rf'href="{re.escape(home)}#(cell-\d+)"', row)
    cell = link and re.search(rf'<pre id="{link[1]}">(.*?)</pre>', page, re.DOTALL)
    return html.unescape(cell[1]) if cell else ""


def _code(notebook: dict[str, Any]) -> list[str]:
    cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    return ["".join(cell["source"]) for cell in cells]


def misquoted(page: str, figures: pd.DataFrame) -> list[str]:
    """Return linked numbers that are no rounding of anything in their row."""
    rows = {anchor(row["key"]): row for row in figures.to_dict("records")}
    links = [(name, html.unescape(said)) for name, said in LINK.findall(page)]
    # The units "per 100" and "per 1,000" hold numerals, and a list of names names.
    plain = [(name, re.sub(r" per 1(,0)?00$", "", said)) for name, said in links]
    quoted = [(n, said) for n, said in plain if said != name_level(rows[n]["level"])]
    return [
        f"{name}: {said}"
        for name, said in quoted
        if not all(_is_in(one, rows[name], said) for one in NUMERAL.findall(said))
    ]


def _is_in(numeral: str, row: dict[str, Any], said: str) -> bool:
    number = float(numeral.replace(",", ""))
    half = 0.5 * 10 ** -len(numeral.partition(".")[2]) + 1e-9
    names = "value", "low", "high", "base", "effective_base", "p_value", "q_value"
    known = [abs(row[name]) for name in names]
    if said.startswith("<"):
        return any(one < number for one in known[-2:])
    return any(abs(number - one * by) <= half for one in known for by in (1, 100))


def kept_secrets(paths: Iterable[Path], secrets: Iterable[str]) -> list[str]:
    """Return what should be nowhere, with the file that holds it."""
    wanted = [one.lower() for one in secrets]
    found = []
    for path in paths:
        text = text_of(path).lower()
        found += [f"{path.name}: {one}" for one in wanted if one in text]
    return found


def personal(canaries: Iterable[dict[str, str]]) -> set[str]:
    """Return the planted personal strings, and the telling part of each."""
    found: set[str] = set()
    for one in canaries:
        planted, kind = one["planted"], one["kind"]
        if kind == "hostile":
            continue
        parts = {
            "name": planted.split()[-1],
            "email": planted.split("@")[0],
            "address": planted.removeprefix("Flat 2, ").split(",")[0],
        }
        digits = re.sub(r"\D", "", planted)
        found |= {planted, parts.get(kind, digits)}
    return found


def plain(page: str) -> str:
    """Return the text of a page without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())
