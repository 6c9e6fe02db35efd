"""Three hops: from a number to its row, to its line, to its function."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from analysis.display.formats import (
    WITHHELD,
    anchor,
    format_interval,
    format_value,
    is_withheld,
)
from analysis.ledger.sections import headings, publishing_cell
from analysis.report.pages import Page

LINK = re.compile(r'data-figure="([^"]+)"')

PROSE = {"p", "li", "td", "dd", "figcaption"}
NOT_PROSE = {"code", "pre", "blockquote", "q", "nav", "time", "cite", "style"}
NOT_PROSE_CLASSES = {
    *("figure", "records", "trace", "stream", "code", "function", "excuse"),
}
VOID = {"br", "hr", "img", "col", "meta", "link", "input", "wbr"}
MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|"
    "November|December"
)
ALLOWED = {
    "date": r"\b\d{4}-\d{2}-\d{2}\b",
    "written date": rf"\b(?:\d{{1,2}} )?(?:{MONTHS})(?: \d{{4}})?\b",
    "period": r"\b\d{4}(?: ?Q[1-4]|-\d{2})\b",
    "year": r"\b(?:19|20)\d{2}\b",
    "range of a scale": r"\b(?:10|\d) ?(?:-|–|to) ?(?:10|\d)\b(?! ?%)",
    "confidence": r"\b(?:90|95|99) ?%(?= (?:confidence|interval|band|level))",
    "place": r"\b(?:[Pp]age|[Nn]otebook|[Ss]ection|[Ss]tep|[Tt]able|[Ff]igure) \d+\b",
    "name of a notebook": r"\b\d{2}_[a-z]+\b",
    "reference": r"\[\d+\]",
    "unit": r"\b(?:[Pp]er|[Oo]f) (?:100|1,000)\b(?![.,]\d| ?%)",
}
NUMERAL = re.compile(r"(?<![\w.])[+−-]?(?:[€$£] ?)?\d[\d,]*(?:\.\d+)?(?: ?%)?")


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One figure at the foot of a page, with the way to its line and function."""

    anchor: str
    key: str
    value: str
    interval: str
    base: str
    section: str
    section_link: str
    code_link: str
    source: str


def sections(notebook: NotebookNode, keys: Iterable[str]) -> dict[str, tuple[str, int]]:
    """
    Find where a notebook publishes figures.

    Parameters
    ----------
    notebook : NotebookNode
        Of format 4.
    keys : iterable of str
        Keys of figures.

    Returns
    -------
    dict of str to tuple of str and int
        The nearest heading above the line that publishes the key, and the
        number of its cell. A key that no cell holds as a literal is left out.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    >>> cells = [new_markdown_cell("## Score"), new_code_cell('l.publish("nps", x)')]
    >>> sections(new_notebook(cells=cells), ["nps", "csat"])
    {'nps': ('Score', 1)}
    """
    above = headings(notebook)
    cells = {key: publishing_cell(notebook, key) for key in keys}
    return {key: (above[cell], cell) for key, cell in cells.items() if cell is not None}


def quoted_figures(markup: str) -> set[str]:
    """
    Collect the figures that a piece of HTML links to.

    Parameters
    ----------
    markup : str
        HTML of a page or of a part of it.

    Returns
    -------
    set of str
        Anchors of keys.

    Examples
    --------
    >>> quoted_figures('<a class="figure" data-figure="nps">+31</a>')
    {'nps'}
    """
    return set(LINK.findall(markup))


def trace_rows(
    figures: pd.DataFrame,
    page: Page,
    *,
    pages: Mapping[str, Page],
    notebooks: Mapping[str, NotebookNode],
    currency: str,
) -> list[TraceRow]:
    """
    List the figures of a page: its own, and those it quotes from other pages.

    Parameters
    ----------
    figures : DataFrame
        The bound figures.
    page : Page
        Whose foot it is.
    pages, notebooks : mapping of str
        All pages and notebooks by name.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    list of TraceRow
        In the order of the ledger.
    """
    markup = "".join("".join(section.blocks) for section in page.sections)
    quoted = quoted_figures(markup)
    names = figures["key"].map(anchor)
    shown = figures[(figures["notebook"] == page.name) | names.isin(quoted)]
    rows: list[dict[str, Any]] = shown.to_dict("records")  # type: ignore[assignment]
    return [_trace_row(row, pages, notebooks, currency) for row in rows]


def _trace_row(
    row: Mapping[str, Any],
    pages: Mapping[str, Page],
    notebooks: Mapping[str, NotebookNode],
    currency: str,
) -> TraceRow:
    """Write a figure's row and find its line."""
    unit, home = row["unit"], pages.get(row["notebook"])
    place = _place(row, notebooks)
    section, code = "", ""
    if home is not None and place is not None:
        slug = home.slugs.get(place[1], "")
        section = f"{home.file}#{slug or 'main'}"
        code = f"{home.file}#cell-{place[1]}"
    value = format_value(row["value"], unit, currency)
    return TraceRow(
        anchor=anchor(row["key"]),
        key=row["key"],
        value=WITHHELD if is_withheld(row) else value,
        interval=format_interval(row["low"], row["high"], unit, currency),
        base=format_value(row["base"], "count"),
        section=(place[0] if place else "") or str(row["notebook"]),
        section_link=section,
        code_link=code,
        source=str(row["source"]),
    )


def _place(
    row: Mapping[str, Any], notebooks: Mapping[str, NotebookNode]
) -> tuple[str, int] | None:
    """Heading and cell of one figure."""
    notebook = notebooks.get(row["notebook"])
    if notebook is None:
        return None
    return sections(notebook, [row["key"]]).get(row["key"])


def loose_numerals(page_html: str) -> list[str]:
    """
    Find numbers in prose that lead to no figure.

    Parameters
    ----------
    page_html : str
        A whole page.

    Returns
    -------
    list of str
        Each number with the words around it. Numbers in code, in customers'
        own words, in tables of data rows, in excuses of sections, in the trace and
        in docstrings do not count, nor the kinds in `ALLOWED`.

    Examples
    --------
    >>> loose_numerals("<p>Since 2026Q3, on a scale of 0-10, it rose by 31 %.</p>")
    ['31 % in "Since 2026Q3, on a scale of 0-10, it rose by 31 %."']
    """
    reader = _Prose()
    reader.feed(page_html)
    reader.close()
    found = []
    for text in reader.texts:
        rest = text
        for pattern in ALLOWED.values():
            rest = re.sub(pattern, lambda match: " " * len(match[0]), rest)
        found += [f'{n[0].strip()} in "{text}"' for n in NUMERAL.finditer(rest)]
    return found


class _Prose(HTMLParser):
    """Collects the text of prose, a mark standing for each linked figure."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        if tag in PROSE:
            self._flush()
        classes = set((dict(attrs).get("class") or "").split())
        is_hidden = tag in NOT_PROSE or bool(classes & NOT_PROSE_CLASSES)
        self._open.append((tag, is_hidden))
        if is_hidden:
            self._parts.append("¤")

    def handle_endtag(self, tag: str) -> None:
        if tag not in [name for name, _ in self._open]:
            return
        if tag in PROSE:
            self._flush()
        while self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        is_hidden = any(hidden for _, hidden in self._open)
        if not is_hidden and any(name in PROSE for name, _ in self._open):
            self._parts.append(data)

    def _flush(self) -> None:
        text = " ".join("".join(self._parts).split())
        if text.strip("¤ "):
            self.texts.append(text)
        self._parts = []
