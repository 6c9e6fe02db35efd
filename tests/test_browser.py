"""The report in a browser: silent, inert, accessible, and fit for a phone."""

import os
import shutil
from importlib import resources
from pathlib import Path

import made_report
import pytest

from analysis import report

PHONE = {"width": 390, "height": 844}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAGES = [
    "index",
    "functions",
    "02_metrics",
    "03_outcomes",
    "04_coding",
    "05_summary",
]


def missing(what):
    """Skip, or fail where a browser was promised."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"{what}, although REQUIRE_BROWSER=1")
    pytest.skip(what)


def axe_source():
    try:
        package = resources.files("axe_playwright_python")
    except ModuleNotFoundError:
        missing("axe-playwright-python is not installed")
    return (package / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        study, walk, executed = made_report.make_walk(home)
        patch.setattr("analysis.report.assemble.notebooks_root", lambda: walk)
        return report.build(study, made_report.PERIOD, executed).parent


@pytest.fixture(scope="module")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, names)), ""
    )
    if not Path(found).is_file():
        missing("no Chromium on this machine (set CHROMIUM to its path)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    context = browser.new_context()
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    context.close()


def visit(page, folder, name):
    page.goto((folder / f"{name}.html").as_uri())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_says_nothing(page, folder, name):
    visit(page, folder, name)
    page.wait_for_load_state("networkidle")
    asked = [url for url in page.asked if not url.startswith("data:")]
    assert asked == [(folder / f"{name}.html").as_uri()]
    assert page.said == []
    assert page.evaluate("document.scripts.length") == 0


def test_hostile_words_are_inert_and_can_be_read(page, folder):
    visit(page, folder, "04_coding")
    assert page.evaluate("window.ran") is None
    assert page.locator("img, iframe, main style, main svg").count() == 0
    assert "<script>window.ran = 1" in page.locator("table.records").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(page, folder, name, scheme):
    source = axe_source()
    page.emulate_media(color_scheme=scheme)
    visit(page, folder, name)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(source)
    found = page.evaluate("axe.run().then(result => result.violations)")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(page, folder, name):
    page.set_viewport_size(PHONE)
    visit(page, folder, name)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_figures_are_drawn(page, folder):
    visit(page, folder, "02_metrics")
    width = page.locator("figure img").first.evaluate("image => image.naturalWidth")
    assert width > 300


def test_the_keyboard_reaches_the_content_and_every_kind_of_control(page, folder):
    visit(page, folder, "02_metrics")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    seen = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "(e => e.tagName + (e.className ? '.' + e.className : ''))"
                "(document.activeElement)"
            )
        )
    assert {"SUMMARY", "A.figure", "DIV.scroll", "A"} <= seen


def test_three_hops_lead_from_a_number_to_its_function(page, folder):
    visit(page, folder, "02_metrics")
    page.locator("p.finding a.figure").first.click()
    row = page.locator("tr:target")
    assert row.locator("th").inner_text() == "nps"
    row.get_by_text("code").click()
    line = page.locator("pre:target")
    assert 'publish("nps"' in line.inner_text()
    assert line.is_visible()
    page.go_back()
    page.locator("tr:target td:last-child a").click()
    assert page.url.endswith("functions.html#analysis.estimate.count")
    assert page.locator("section:target h2").is_visible()
