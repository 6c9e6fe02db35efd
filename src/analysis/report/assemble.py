"""The whole report, written at once or not at all."""

import base64
import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat import NotebookNode

from analysis.display.formats import anchor
from analysis.ledger.sentences import FigureReference, compose
from analysis.report.functions import describe_functions
from analysis.report.pages import Page, read_page, title_of
from analysis.report.trace import LINK, trace_rows
from analysis.report.workbook import write_workbook
from analysis.study import Study, notebooks_root

PARTS = ("figures", "claims", "quotes")
HEADLINES = 6


@dataclass(frozen=True, slots=True)
class _Report:
    """What every page of one report shares."""

    study: Study
    period: str
    parts: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]
    notebooks: Mapping[str, NotebookNode] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)


def build(
    study: Study,
    period: str,
    executed: Path,
    *,
    failures: Mapping[str, str] | None = None,
) -> Path:
    """
    Write the report of one period.

    Parameters
    ----------
    study : Study
        The study.
    period : str
        Such as ``2026Q3``. The ledger must have been bound.
    executed : Path
        Folder of the executed notebooks. It must not lie in the report.
    failures : mapping of str to str, optional
        Why a notebook was stopped from outside, by its name without suffix.
        Errors of cells are found in the notebooks.

    Returns
    -------
    Path
        The report's ``index.html``.

    Notes
    -----
    Everything is written to a new folder that then takes the place of the old
    one, so that no page of an earlier run survives. A notebook that stopped
    has a page with what did run and why it stopped; one that was not executed
    has a page that says so.
    """
    report = _gather(study, period, executed, failures or {})
    target = study.report(period)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        fresh = Path(scratch) / "report"
        fresh.mkdir()
        _write_all(report, fresh)
        if target.exists():
            target.rename(Path(scratch) / "old")
        fresh.rename(target)
    return target / "index.html"


def _gather(
    study: Study, period: str, executed: Path, failures: Mapping[str, str]
) -> _Report:
    """Read the notebooks and the ledger."""
    ran = {path.stem: path for path in sorted(executed.glob("*.ipynb"))}
    walk = {path.stem: path for path in notebooks_root().glob("*.ipynb")} | ran
    notebooks = {
        name: nbformat.read(path, as_version=4) for name, path in sorted(walk.items())
    }
    pages = {
        name: read_page(notebook, name, failure=failures.get(name, ""))
        if name in ran
        else Page(
            name,
            title_of(notebook, name),
            failure=failures.get(name, ""),
            has_run=False,
        )
        for name, notebook in notebooks.items()
    }
    folder = study.processed(period)
    parts = {name: _read(folder / f"{name}.csv") for name in PARTS}
    manifest = folder / "manifest.json"
    made = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else {}
    return _Report(study, period, parts, made, notebooks, pages)


def _read(path: Path) -> pd.DataFrame:
    """Read one part of the bound ledger; without it the report has no rows."""
    if not path.is_file():
        return pd.DataFrame(columns=["key", "notebook", "source"])
    words = dict.fromkeys(("key", "by", "level", "period"), "str")
    frame = pd.read_csv(path, dtype=words, keep_default_na=False, na_values=[""])
    texts: list[str] = list(frame.select_dtypes("str").columns)
    return frame.fillna(dict.fromkeys(texts, ""))


def _write_all(report: _Report, folder: Path) -> None:
    """Write every file of the report."""
    figures = report.parts["figures"]
    known = set(figures["key"].map(anchor))
    for page in report.pages.values():
        rows = trace_rows(
            figures,
            page,
            pages=report.pages,
            notebooks=report.notebooks,
            currency=report.study.currency,
        )
        markup = _render("page.html.j2", report, page=page, rows=rows)
        _write(folder / page.file, _without_dead_links(markup, known))
    functions = describe_functions(figures["source"], root=notebooks_root().parent)
    listed = _render("functions.html.j2", report, functions=functions)
    _write(folder / "functions.html", listed)
    index = _render("index.html.j2", report, headlines=_headlines(report))
    _write(folder / "index.html", index)
    write_workbook(report.parts, folder / "figures.xlsx")


def _headlines(report: _Report) -> list[str]:
    """Confirmed claims with a direction, each figure linked to its own page."""
    figures, claims = report.parts["figures"], report.parts["claims"]
    if claims.empty or "is_confirmed" not in claims.columns:
        return []
    shown = claims[claims["is_confirmed"] & (claims["direction"] != "unclear")]
    rows: list[dict[str, Any]] = figures.to_dict("records")  # type: ignore[assignment]
    quoted = {row["key"]: FigureReference(row, report.study.currency) for row in rows}
    homes = {anchor(row["key"]): f"{row['notebook']}.html" for row in rows}
    texts = [compose(text, quoted, {}).markup() for text in shown["template"]]
    return [_to_pages(text, homes) for text in texts[:HEADLINES]]


def _to_pages(markup: str, homes: Mapping[str, str]) -> str:
    """Let links lead to the page that holds the figure."""
    return re.sub(
        r'href="#figure-([^"]+)"',
        lambda link: f'href="{homes[link[1]]}#figure-{link[1]}"',
        markup,
    )


def _without_dead_links(markup: str, known: set[str]) -> str:
    """Unlink figures that were not bound, as after a run that failed."""
    for name in set(LINK.findall(markup)) - known:
        tag = rf'<a\b[^>]*data-figure="{re.escape(name)}"[^>]*>'
        markup = re.sub(tag, '<a class="unbound">', markup)
    return markup


def _render(template: str, report: _Report, **values: Any) -> str:
    """Fill a template; everything that is not markup of ours is escaped."""
    loader = PackageLoader("analysis.report", "templates")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (Path(__file__).parent / "templates" / "report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(
        report=report,
        period=report.study.period(report.period),
        commit=report.manifest.get("commit", ""),
        style=style,
        digest=digest,
        page=values.pop("page", None),
        **values,
    )


def _write(path: Path, text: str) -> None:
    """Write one page."""
    path.write_text(text, encoding="utf-8", newline="\n")
