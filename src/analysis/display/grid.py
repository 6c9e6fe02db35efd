"""A table that shows itself: as HTML, and as aligned text."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from analysis.display.formats import anchor


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, whether it is a number, and the figure it belongs to."""

    text: str
    key: str | None = None
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """
    A captioned table that shows itself as HTML and as aligned text.

    Parameters
    ----------
    caption : str
        What the table shows.
    headers : tuple of str
        One per column; the first column heads its row.
    rows : tuple of tuple of Cell
        The body.
    kind : str
        "figures" (each number is published) or "records" (rows of data).
    """

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kind: str = "records"

    def _repr_html_(self) -> str:
        """Write semantic HTML; every string is escaped."""
        if not self.rows:
            return f'<p class="none">{escape(self.caption)}: none.</p>'
        numeric = self._numeric()
        head = "".join(
            f'<th scope="col"{_class(number)}>{escape(text)}</th>'
            for text, number in zip(self.headers, numeric, strict=True)
        )
        body = "\n".join(_html_row(row) for row in self.rows)
        return (
            f'<table class="{self.kind}">\n<caption>{escape(self.caption)}</caption>\n'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
        )

    def __repr__(self) -> str:
        if not self.rows:
            return f"{self.caption}: none."
        texts = [list(self.headers), *([c.text for c in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        lines = [_text_row(line, widths, self._numeric()) for line in texts]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join([self.caption, "", lines[0], rule, *lines[1:]])

    def _numeric(self) -> list[bool]:
        """Which columns hold numbers."""
        columns = (
            zip(*self.rows, strict=True) if self.rows else [[]] * len(self.headers)
        )
        return [any(cell.is_number for cell in column) for column in columns]


def _html_row(row: Sequence[Cell]) -> str:
    """Write a row; its first cell heads it."""
    first = f'<th scope="row"{_class(row[0].is_number)}>{_html(row[0])}</th>'
    rest = "".join(f"<td{_class(c.is_number)}>{_html(c)}</td>" for c in row[1:])
    return f"<tr>{first}{rest}</tr>"


def _html(cell: Cell) -> str:
    """Escape a cell, and link it where it is a published figure."""
    if cell.key is None:
        return escape(cell.text)
    name = anchor(cell.key)
    return (
        f'<a class="figure" href="#figure-{name}" data-figure="{name}">'
        f"{escape(cell.text)}</a>"
    )


def _class(is_number: bool) -> str:
    """Mark numbers, which are set flush right."""
    return ' class="number"' if is_number else ""


def _text_row(line: Sequence[str], widths: Sequence[int], numeric: list[bool]) -> str:
    """Align one line of text."""
    parts = [
        text.rjust(width) if number else text.ljust(width)
        for text, width, number in zip(line, widths, numeric, strict=True)
    ]
    return "  ".join(parts).rstrip()
