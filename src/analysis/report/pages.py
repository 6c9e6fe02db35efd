"""A notebook as a page: title, sections, folded code, outputs."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from nbformat import NotebookNode

from analysis.ledger.sections import headings
from analysis.report.outputs import render_markdown, render_output

HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.DOTALL)
SECTION = re.compile(r"(?=<h2[ >])")


@dataclass(slots=True)
class Section:
    """A part of a page under one heading of the second level."""

    slug: str
    title: str
    blocks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """
    What a notebook says, ready for the template.

    Parameters
    ----------
    name : str
        File name of the notebook without its suffix.
    title : str
        Its first heading.
    sections : list of Section
        The first has no slug: it holds what stands before the first heading.
    slugs : dict of int to str
        For each cell, the address of the heading above it.
    failure : str
        Why the notebook stopped; empty if it did not.
    has_run : bool
        False if the notebook was not started.
    """

    name: str
    title: str
    sections: list[Section] = field(default_factory=list)
    slugs: dict[int, str] = field(default_factory=dict)
    failure: str = ""
    has_run: bool = True

    @property
    def file(self) -> str:
        """Name of the page's file."""
        return f"{self.name}.html"

    @property
    def status(self) -> str:
        """Empty if all is well, else "incomplete" or "not run"."""
        if not self.has_run:
            return "not run"
        return "incomplete" if self.failure else ""


def read_page(notebook: NotebookNode, name: str, *, failure: str = "") -> Page:
    """
    Turn an executed notebook into a page.

    Parameters
    ----------
    notebook : NotebookNode
        Of format 4, with outputs. Cells are not changed.
    name : str
        File name of the notebook without its suffix.
    failure : str
        Why the runner stopped it, where no cell says so.

    Returns
    -------
    Page
        Every Markdown cell, every code cell (folded), every output.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> cells = [new_markdown_cell("# Who answered?"), new_markdown_cell("## Rates")]
    >>> page = read_page(new_notebook(cells=cells), "01_sampling")
    >>> page.title, [section.slug for section in page.sections]
    ('Who answered?', ['', 'rates'])
    """
    page = Page(name, title_of(notebook, name), [Section("", "")])
    slugs = _Slugs()
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            _add_words(page, cell.source, slugs)
        elif cell.cell_type == "code":
            page.sections[-1].blocks.append(_code(number, cell))
        page.slugs[number] = slugs.latest
    page.failure = _failure(notebook, name) or failure
    return page


def title_of(notebook: NotebookNode, name: str) -> str:
    """
    Find the first heading of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Of format 4.
    name : str
        Used where there is no heading.

    Returns
    -------
    str
        The heading as text.

    Examples
    --------
    >>> title_of(NotebookNode(cells=[]), "02_metrics")
    '02_metrics'
    """
    for cell in notebook.cells:
        found = re.search(r"^# +(.+)$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and found:
            return _text(render_markdown(found[1]))
    return name


def first_error(notebook: NotebookNode) -> tuple[int, Mapping[str, Any]] | None:
    """
    Find the cell that stopped a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Of format 4, with outputs.

    Returns
    -------
    tuple of int and mapping, or None
        The number of the cell and its error.

    Examples
    --------
    >>> first_error(NotebookNode(cells=[])) is None
    True
    """
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return number, output
    return None


class _Slugs:
    """Addresses for headings: stable, readable and never the same twice."""

    def __init__(self) -> None:
        self.latest = ""
        self._seen: Counter[str] = Counter({"trace": 1, "main": 1})

    def new(self, title: str) -> str:
        slug = "-".join(re.findall(r"[a-z0-9]+", title.lower())) or "section"
        self._seen[slug] += 1
        n = self._seen[slug]
        self.latest = slug if n == 1 else f"{slug}-{n}"
        return self.latest


def _add_words(page: Page, source: str, slugs: _Slugs) -> None:
    """Add a Markdown cell; a heading of the second level opens a section."""
    markup = render_markdown(source, is_ours=True)
    for part in SECTION.split(_without_title(markup, page)):
        found = HEADING.match(part)
        rest = part
        if found and found[1] == "2":
            title = _text(found[2])
            page.sections.append(Section(slugs.new(title), title))
            rest = part[found.end() :]
        words = HEADING.sub(lambda heading: _named(heading, slugs), rest).strip()
        if words:
            page.sections[-1].blocks.append(f'<div class="words">{words}</div>')


def _without_title(markup: str, page: Page) -> str:
    """Take the title out of the text; later first-level headings become second."""
    for found in HEADING.finditer(markup):
        if found[1] == "1" and _text(found[2]) == page.title:
            markup = markup.replace(found[0], "", 1)
    return re.sub(r"(</?)h1\b", r"\1h2", markup)


def _named(heading: re.Match[str], slugs: _Slugs) -> str:
    """Give a heading within a section its address."""
    level, title = heading[1], heading[2]
    return f'<h{level} id="{slugs.new(_text(title))}">{title}</h{level}>'


def _code(number: int, cell: NotebookNode) -> str:
    """Fold the code and show its outputs."""
    note = "" if cell.get("execution_count") or not cell.source.strip() else ", not run"
    code = (
        f'<details class="code"><summary>Code{note}</summary>'
        f'<pre id="cell-{number}"><code>{escape(cell.source)}</code></pre></details>'
    )
    return "\n".join([code, *_rendered(cell)])


def _rendered(cell: NotebookNode) -> Iterator[str]:
    """Outputs of a cell; neighbouring pieces of one stream are one output."""
    merged: list[dict[str, Any]] = []
    for output in cell.get("outputs", []):
        is_more = (
            merged
            and output["output_type"] == "stream"
            and merged[-1].get("name") == output["name"]
        )
        if is_more:
            merged[-1]["text"] += "".join(output["text"])
        else:
            merged.append(dict(output))
    for output in merged:
        if markup := render_output(output):
            yield f'<div class="output">{markup}</div>'


def _failure(notebook: NotebookNode, name: str) -> str:
    """Name notebook, section and error in one sentence; empty if all went well."""
    stop = first_error(notebook)
    if stop is None:
        return ""
    number, error = stop
    section = headings(notebook)[number]
    place = f" in “{section}”" if section else ""
    return f"{name} stopped{place}: {error.get('evalue') or error.get('ename')}"


def _text(markup: str) -> str:
    """Text of a piece of HTML."""
    return unescape(re.sub(r"<[^>]+>", "", markup)).strip()
