"""A cell's outputs as HTML, each kind in its own way."""

import base64
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from analysis.report.sanitise import clean_html

PILCROW = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>', re.DOTALL)
EMPTY_HEAD = re.compile(r"<th(?: [^>]*)?>\s*</th>")
CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
RASTER = ("image/png", "image/jpeg")


def render_output(output: Mapping[str, Any]) -> str:
    """
    Write one output of a cell as HTML that cannot run anything.

    Parameters
    ----------
    output : mapping
        An output of a notebook of format 4.

    Returns
    -------
    str
        HTML; empty where the output holds nothing that a page can show.

    Examples
    --------
    >>> render_output({"output_type": "stream", "name": "stdout", "text": "a < b"})
    '<pre class="stream">a &lt; b</pre>'
    """
    kind = output["output_type"]
    if kind == "stream":
        name = "stream" if output["name"] == "stdout" else "stream error"
        return f'<pre class="{name}">{_plain(output["text"])}</pre>'
    if kind == "error":
        return _failure(output)
    return _rich(output["data"], output.get("metadata", {}))


def render_markdown(text: str, *, is_ours: bool = False) -> str:
    """
    Write Markdown as HTML that cannot run anything.

    Parameters
    ----------
    text : str
        A Markdown cell, or an output of ``Markdown()``.
    is_ours : bool
        Whether the analyst wrote it; only then may links lead outside.

    Returns
    -------
    str
        HTML; wide tables scroll by themselves.

    Examples
    --------
    >>> render_markdown("**Good** <script>steal()</script>")
    '<p><strong>Good</strong> </p>'
    """
    markup = PILCROW.sub("", markdown2html_mistune(text))
    return _scrolling(clean_html(markup, outside_links=is_ours)).strip()


def _rich(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """Take the richest form that a page can show."""
    if "image/svg+xml" in data:
        svg = "".join(data["image/svg+xml"]).encode()
        return _figure("image/svg+xml", svg, metadata)
    for kind in RASTER:
        if kind in data:
            image = base64.b64decode("".join(data[kind]))
            return _figure(kind, image, metadata.get(kind, {}) | dict(metadata))
    if "text/html" in data:
        return _scrolling(clean_html("".join(data["text/html"])))
    if "text/markdown" in data:
        return render_markdown("".join(data["text/markdown"]))
    text = "".join(data.get("text/plain", ""))
    return f'<pre class="result">{_plain(text)}</pre>' if text else ""


def _figure(kind: str, image: bytes, metadata: Mapping[str, Any]) -> str:
    """Embed an image, in which nothing runs, with its words and its caption."""
    source = f"data:{kind};base64,{base64.b64encode(image).decode()}"
    alt = escape(str(metadata.get("alt", "Figure without a description")))
    caption = escape(str(metadata.get("caption", "")))
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure><img src="{source}" alt="{alt}">{below}</figure>'


def _scrolling(markup: str) -> str:
    """Let tables scroll sideways, by keyboard too, under their caption's name."""
    if "<table" not in markup:
        return markup
    markup = EMPTY_HEAD.sub("<td></td>", markup)
    found = CAPTION.search(markup)
    name = re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""
    label = f"Table: {name}" if name else "Table"
    start = f'<div class="scroll" role="group" tabindex="0" aria-label="{label}">'
    return f"{start}{markup}</div>"


def _failure(output: Mapping[str, Any]) -> str:
    """Say what went wrong; the analyst's own errors need no traceback."""
    name, message = output.get("ename", "Error"), output.get("evalue", "")
    head = f"<p><strong>{_plain(name)}:</strong> {_plain(message)}</p>"
    if name == "StudyError" or not output.get("traceback"):
        return f'<div class="failure">{head}</div>'
    lines = _plain("\n".join(output["traceback"]))
    trail = f"<details><summary>Traceback</summary><pre>{lines}</pre></details>"
    return f'<div class="failure">{head}{trail}</div>'


def _plain(text: Any) -> str:
    """Escape text and drop a terminal's colours."""
    return escape(strip_ansi("".join(text)).rstrip())
