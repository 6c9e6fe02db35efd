"""Where in a notebook a figure was published."""

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)


def headings(notebook: Mapping[str, Any]) -> list[str]:
    """Return, for each cell, the nearest heading above or in it.

    Examples
    --------
    >>> cells = [{"cell_type": "markdown", "source": "## Who answered?"},
    ...     {"cell_type": "code", "source": "1"}]
    >>> headings({"cells": cells})
    ['Who answered?', 'Who answered?']
    """
    current, found = "", []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            current = [current, *HEADING.findall("".join(cell["source"]))][-1]
        found.append(current)
    return found


def publishing_cell(notebook: Mapping[str, Any], key: str) -> int | None:
    """Return the number of the cell that publishes a key.

    Parameters
    ----------
    notebook : mapping
        Any notebook of format 4, as read from JSON or by nbformat.
    key : str
        The key of a figure; of ``nps_segment/loyal`` the part before the slash
        stands in the cell.

    Returns
    -------
    int or None
        None if no code cell publishes the key as a literal.

    Examples
    --------
    >>> source = 'ledger.publish("nps", score, metric="nps")'
    >>> publishing_cell({"cells": [{"cell_type": "code", "source": source}]}, "nps")
    0
    """
    literal = re.escape(key.split("/", maxsplit=1)[0])
    call = re.compile(rf"\.(publish(_\w+)?|claims?)\(\s*[\"']{literal}[\"']")
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code" and call.search("".join(cell["source"])):
            return number
    return None


def section_of(path: Path, key: str) -> str:
    """Return the heading under which a notebook file publishes a key, or ``""``."""
    if not path.is_file():
        return ""
    notebook = _read(path, path.stat().st_mtime_ns)
    number = publishing_cell(notebook, key)
    return "" if number is None else headings(notebook)[number]


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
