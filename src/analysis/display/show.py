"""Show a figure in a notebook: as vector, with a caption and in words."""

import html
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from analysis.display.formats import (
    WITHHELD,
    format_interval,
    format_value,
    is_missing,
    is_withheld,
)
from analysis.display.names import name_rows
from analysis.display.palette import THEME
from analysis.study import StudyError

NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def show(
    figure: Figure, *, caption: str, alt: str = "", of: pd.DataFrame | None = None
) -> None:
    """
    Display a figure as SVG with a caption and a text alternative.

    Parameters
    ----------
    figure : Figure
        Drawn by one of the ``draw_…`` functions or by matplotlib.
    caption : str
        What the figure shows and how to read it. Printed below it.
    alt : str
        What a reader would see, in words, for those who cannot see it.
    of : DataFrame, optional
        The rows that were drawn, from which `describe` writes the alternative.

    Raises
    ------
    ValueError
        If caption or alt is empty.

    Notes
    -----
    The same figure gives the same bytes. The figure is closed afterwards, so
    that the notebook does not show it twice.

    Examples
    --------
    >>> show(Figure(), caption="A score", alt="")
    Traceback (most recent call last):
    ValueError: a figure needs an alt text that says what a reader would see
    """
    if not caption.strip():
        raise ValueError("a figure needs a caption that says what it shows")
    alt = alt if of is None else describe(of)
    if not alt.strip():
        raise ValueError("a figure needs an alt text that says what a reader would see")
    words = {"caption": caption, "alt": alt}
    text = f"Figure: {caption}\n{alt}"
    bundle = {"image/svg+xml": render_svg(figure), "text/plain": text}
    display(bundle, metadata=words, raw=True)
    plt.close(figure)


def say(*shown: object) -> None:
    """
    Display objects from within a block, where a notebook would not show them.

    Parameters
    ----------
    *shown : object
        Sentences and tables.

    Examples
    --------
    >>> say(Table("Files", ("file",), ()))  # doctest: +SKIP
    """
    display(*shown)


def note(text: str) -> None:
    """
    Display a sentence that says what a section lacks.

    Parameters
    ----------
    text : str
        Plain words; they are escaped.

    Examples
    --------
    >>> note("This section would compare groups.")  # doctest: +SKIP
    """
    display(Note(text))


@contextmanager
def excused() -> Iterator[None]:
    """
    Display why a section cannot be made, where the data does not carry it.

    Yields
    ------
    None
        A `StudyError` from within becomes a sentence, and the page goes on. Any
        other error stops it.

    Examples
    --------
    >>> with excused():  # doctest: +SKIP
    ...     raise StudyError("There are too few repeat buyers.")
    There are too few repeat buyers.
    """
    try:
        yield
    except StudyError as error:
        display(Note(str(error), is_excuse=True))


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about what is missing; an excuse may count what there is."""

    text: str
    is_excuse: bool = False

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        name = "missing excuse" if self.is_excuse else "missing"
        return f'<p class="{name}">{html.escape(self.text)}</p>'


def render_svg(figure: Figure) -> str:
    """
    Draw a figure as the text of an SVG image.

    Parameters
    ----------
    figure : Figure
        Any matplotlib figure.

    Returns
    -------
    str
        An ``<svg>`` element, without date or program name.

    Examples
    --------
    >>> render_svg(Figure(figsize=(1, 1)))[:4]
    '<svg'
    """
    buffer = io.StringIO()
    with mpl.rc_context(THEME):
        figure.savefig(buffer, format="svg", metadata=NO_METADATA)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"(\.\d\d)\d+", r"\1", svg)  # a hundredth of a point is enough
    return re.sub(r">\s+<", "><", svg)


def describe(rows: pd.DataFrame, *, currency: str = "EUR") -> str:
    """
    Say in words what a chart of these rows shows.

    Parameters
    ----------
    rows : DataFrame
        Published figures with `level`, `period`, `value`, `low`, `high`, `unit`.
    currency : str
        Three-letter code for amounts.

    Returns
    -------
    str
        One clause per row: level, value and interval.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["new", "loyal"], "value": [12.0, 41.0],
    ...     "low": [4.0, 36.0], "high": [20.0, 46.0], "unit": "points"})
    >>> describe(rows)
    'new: +12.0 (+4.0 to +20.0); loyal: +41.0 (+36.0 to +46.0).'
    """
    rows = name_rows(rows)
    columns = [name for name in ("level", "period") if name in rows.columns]
    if len(columns) == 2 and (rows["level"] == rows["period"]).all():
        columns = ["level"]  # a series: its level is the period
    telling = [name for name in columns if len(set(rows[name])) > 1] or columns[:1]
    names = [" ".join(map(str, name)) for name in rows[telling].to_numpy()]
    records = rows.to_dict("records")
    clauses = [
        _clause(name, row, currency) for name, row in zip(names, records, strict=True)
    ]
    return "; ".join(clauses) + "."


def _clause(name: str, row: Mapping[Any, Any], currency: str) -> str:
    """Write one row as "level: value (low to high)"."""
    if is_withheld(row) or is_missing(row["value"]):
        return f"{name}: {WITHHELD}"
    value = format_value(row["value"], row["unit"], currency)
    if is_missing(row["low"]) or row["low"] == row["high"]:
        return f"{name}: {value}"
    interval = format_interval(row["low"], row["high"], row["unit"], currency=currency)
    return f"{name}: {value} ({interval})"
