"""Nothing a customer typed can run: the allow-list for every piece of HTML."""

import re

import nh3

_TEXT = "abbr b br cite code del dfn em i ins kbd mark q s samp small span strong"
_MORE_TEXT = "sub sup time var a"
_BLOCKS = "blockquote dd details div dl dt figcaption figure hr li ol p pre section"
_HEADS = "h1 h2 h3 h4 h5 h6 summary ul"
_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
TAGS = set(" ".join([_TEXT, _MORE_TEXT, _BLOCKS, _HEADS, _TABLES]).split())
ATTRIBUTES = {
    "*": {"class", "id", "lang", "dir", "title", "aria-label"},
    "a": {"href", "data-figure"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
    "time": {"datetime"},
}
OUR_IDS = ("figure-", "cell-")
INSIDE = re.compile(r"(?:[\w./-]+\.(?:html|xlsx))?(?:#[\w.~-]*)?")
OUTSIDE = re.compile(r"(?:https?://|mailto:)\S+")


def clean_html(markup: str, *, outside_links: bool = False) -> str:
    """
    Keep only the HTML that a report needs.

    Parameters
    ----------
    markup : str
        HTML from anywhere: an output, a Markdown cell, a library.
    outside_links : bool
        Whether links may lead out of the report. Only for text that the
        analyst wrote, never for outputs.

    Returns
    -------
    str
        Without scripts, styles, event handlers, forms, frames and images:
        figures have a way of their own (`analysis.report.outputs`).

    Examples
    --------
    >>> clean_html('<p onclick="steal()">Good<script>steal()</script></p>')
    '<p>Good</p>'
    >>> clean_html('<a href="javascript:steal()">here</a>')
    '<a>here</a>'
    """

    def keep(tag: str, attribute: str, value: str) -> str | None:
        return _kept(tag, attribute, value, outside=outside_links)

    return nh3.clean(
        markup,
        tags=TAGS,
        clean_content_tags={"script", "style", "svg", "math", "template", "title"},
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer" if outside_links else None,
    )


def _kept(tag: str, attribute: str, value: str, *, outside: bool) -> str | None:
    """Drop links that lead out, and names that are ours."""
    if attribute == "id" and value.startswith(OUR_IDS):
        return None
    if tag == "a" and attribute == "href":
        leads_out = outside and OUTSIDE.fullmatch(value)
        return value if leads_out or INSIDE.fullmatch(value) else None
    return value
