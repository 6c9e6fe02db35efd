"""The report as files: nothing lost, every number traced, nothing stale."""

import re
from html.parser import HTMLParser

import made_report
import nbformat
import openpyxl
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis import report
from analysis.display import anchor
from analysis.report.functions import describe_functions
from analysis.report.pages import read_page
from analysis.report.trace import loose_numerals, quoted_figures, sections
from analysis.report.workbook import write_workbook

PAGES = ["02_metrics", "03_outcomes", "04_coding", "05_summary"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        study, walk, executed = made_report.make_walk(home)
        patch.setattr("analysis.report.assemble.notebooks_root", lambda: walk)
        index = report.build(study, made_report.PERIOD, executed)
        yield study, executed, index


@pytest.fixture(scope="module")
def folder(made):
    return made[2].parent


def read(folder, name):
    return (folder / f"{name}.html").read_text("utf-8")


class Parsed(HTMLParser):
    """Ids, links and tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.tags, self.attributes = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]


def test_a_page_has_every_table_and_figure_of_its_notebook(made, folder):
    notebook = nbformat.read(made[1] / "02_metrics.ipynb", as_version=4)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    htmls = [o.data.get("text/html", "") for o in outputs if "data" in o]
    body = read(folder, "02_metrics").split('id="trace"')[0]
    assert body.count("<table") == sum(text.count("<table") for text in htmls) == 2
    assert (
        body.count("<figure>") == sum("image/svg+xml" in str(o) for o in outputs) == 1
    )
    assert body.count("<figcaption>") == 1
    lines = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert body.count('<details class="code') == lines
    assert "3 rows &lt;read&gt;" in body


def test_every_kind_of_output_reaches_the_page():
    data = {"text/plain": "shown", "text/html": "<table><tr><td>x</td></tr></table>"}
    outputs = [
        new_output("execute_result", data=data, execution_count=1),
        new_output("display_data", data=data),
        new_output("display_data", data={"text/markdown": "| a |\n|---|\n| b |"}),
        new_output("display_data", data={"image/png": "aGVsbG8="}),
        new_output("stream", name="stdout", text="first "),
        new_output("stream", name="stdout", text="second"),
        new_output("stream", name="stderr", text="warned"),
        new_output("error", ename="ValueError", evalue="no", traceback=["line"]),
    ]
    cell = new_code_cell("x", outputs=outputs, execution_count=1)
    page = read_page(new_notebook(cells=[cell]), "one")
    text = "".join(page.sections[0].blocks)
    assert text.count("<table") == 3
    assert text.count("data:image/png;base64,aGVsbG8=") == 1
    assert text.count("first second") == text.count("warned") == 1
    assert "<strong>ValueError:</strong> no" in text


def test_every_linked_number_leads_to_row_line_and_function(made, folder):
    figures = pd.read_csv(made[0].processed(made_report.PERIOD) / "figures.csv")
    pages = {name: read(folder, name) for name in [*PAGES, "functions"]}
    ids = {name: Parsed(text).ids for name, text in pages.items()}
    for name in PAGES:
        for quoted in quoted_figures(pages[name]):
            assert f"figure-{quoted}" in ids[name], (name, quoted)
    for row in figures.to_dict("records"):
        found = re.search(
            rf'<tr id="figure-{anchor(row["key"])}">.*?</tr>', pages[row["notebook"]]
        )
        links = Parsed(found[0]).links
        assert len(links) == 3, row["key"]
        for link in links:
            page, _, target = link.partition(".html#")
            assert target in ids[page], link
        code = links[1].partition("#")[2]
        source = re.search(rf'<pre id="{code}">(.*?)</pre>', pages["02_metrics"], re.S)
        assert row["key"].split("/")[0] in source[1]


def test_ids_are_unique_and_links_lead_somewhere(folder):
    parsed = {
        path.stem: Parsed(path.read_text("utf-8")) for path in folder.glob("*.html")
    }
    for name, page in parsed.items():
        assert len(page.ids) == len(set(page.ids)), name
        for link in page.links:
            file, _, target = link.partition("#")
            if link.startswith("data:") or file.endswith(".xlsx"):
                continue
            home = file.removesuffix(".html") or name
            assert home in parsed, link
            assert not target or target in parsed[home].ids, link


def test_prose_holds_no_number_without_a_figure(folder):
    for path in folder.glob("*.html"):
        raw_frame = ['1 in "1"', '2 in "2"'] if path.stem == "04_coding" else []
        assert loose_numerals(path.read_text("utf-8")) == raw_frame, path.name


@pytest.mark.parametrize(
    ("markup", "n"),
    [
        ("<p>It rose by 3 points.</p>", 1),
        ("<li>31 %</li><td>48.20</td><figcaption>n = 12</figcaption>", 3),
        ('<p>It is <a class="figure" data-figure="nps">+31</a>.</p>', 0),
        ('<p>Of 40, <a class="figure" data-figure="nps">31</a> stayed</p>', 1),
        ("<p>On 2026-09-30, in 2026Q3 or 2026-09, since 2025.</p>", 0),
        ("<p>From 0 to 10; 95 % intervals; page 02; see [3].</p>", 0),
        ("<p>95 % of customers agree, 27 to 35 points.</p>", 3),
        ("<blockquote><p>It took 3 weeks</p></blockquote><pre>4</pre>", 0),
        ('<table class="records"><tr><td>4</td></tr></table>', 0),
        ("<p>CES2 and <code>x = 5</code></p>", 0),
    ],
)
def test_loose_numerals_are_found_and_allowed_kinds_are_not(markup, n):
    assert len(loose_numerals(markup)) == n


def test_sections_are_found_by_the_literal_key():
    cells = [
        new_markdown_cell("# Page\n\n## First"),
        new_code_cell('rows = ledger.publish_table(\n    "nps_segment", x)'),
        new_markdown_cell("## Second"),
        new_code_cell('ledger.publish("nps", x, metric="nps")'),
    ]
    found = sections(new_notebook(cells=cells), ["nps", "nps_segment/loyal", "gone"])
    assert found == {"nps": ("Second", 3), "nps_segment/loyal": ("First", 1)}


def test_a_stopped_notebook_says_where_and_why(folder):
    page = read(folder, "03_outcomes")
    said = "03_outcomes stopped in “Which orders count?”: orders.csv has no column"
    assert said in page
    assert "Code, not run" in page
    assert "<b>" not in page
    assert "Not run." in read(folder, "05_summary")
    assert said in read(folder, "index")


def test_the_index_lists_pages_findings_and_files(folder):
    index = read(folder, "index")
    assert "Acme &lt;shop&gt;" in index
    assert "How satisfied are customers?" in index
    assert 'href="02_metrics.html#figure-nps_change"' in index
    assert 'href="figures.xlsx"' in index
    assert "2026-09-30" in index


def test_no_stale_page_survives_and_nothing_is_left_behind(made, folder):
    study, executed, _ = made
    (folder / "old.html").write_text("stale")
    report.build(study, made_report.PERIOD, executed, failures={"05_summary": "Died."})
    assert not (folder / "old.html").exists()
    assert "Died." in read(folder, "05_summary")
    assert [path.name for path in folder.parent.iterdir()] == [made_report.PERIOD]


def test_a_failed_build_leaves_the_old_report(made, folder, monkeypatch):
    def fail(*_args):
        raise OSError("disk full")

    before = read(folder, "index")
    monkeypatch.setattr("analysis.report.assemble.write_workbook", fail)
    with pytest.raises(OSError, match="disk full"):
        report.build(made[0], made_report.PERIOD, made[1])
    assert read(folder, "index") == before
    assert len(list(folder.parent.iterdir())) == 1


def test_figures_that_were_not_bound_lose_their_link(made, folder, tmp_path):
    cell = made_report.ran("x", made_report.shown(Gone()))
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "01_sampling.ipynb")
    report.build(made[0], made_report.PERIOD, tmp_path)
    page = read(folder, "01_sampling")
    assert "+31" in page
    assert "data-figure" not in page


class Gone:
    def _repr_html_(self):
        return '<p><a class="figure" href="#figure-x" data-figure="x">+31</a></p>'


def test_pages_are_small_and_the_same_each_time(made, folder):
    def texts():
        return {p.name: p.read_bytes() for p in folder.glob("*.html")}

    report.build(made[0], made_report.PERIOD, made[1])
    first = texts()
    report.build(made[0], made_report.PERIOD, made[1])
    assert texts() == first
    assert max(map(len, first.values())) < 2_000_000


def test_functions_are_described_from_their_source(tmp_path):
    names = ["analysis.estimate.wilson_interval", "analysis.nothing.here", "os.system"]
    wilson, *gone = describe_functions(names, root=tmp_path)
    assert "def wilson_interval" in wilson.code
    assert "<h3>References</h3>" in wilson.doc
    assert re.fullmatch(r"estimate\.py, line \d+", wilson.place)
    assert all(one.code == "" for one in gone)


def test_the_workbook_holds_text_and_no_formula(tmp_path):
    texts = ["=1+1", "+31", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "a\x07b", None]
    frame = pd.DataFrame({"text": texts, "value": [0.3] * len(texts)})
    write_workbook({"quotes": frame}, tmp_path / "figures.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "figures.xlsx")["quotes"]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells[:6]] == ["s"] * 6
    assert all(cell.quotePrefix for cell in cells[:5])
    assert cells[5].value == "ab"
    assert sheet["B2"].value == pytest.approx(0.3, rel=1e-15)
