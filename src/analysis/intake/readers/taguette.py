"""Read the highlights that Taguette exports, as CSV or as workbook.

Each row becomes a record of the codings table: the document's name, without ``.txt``,
is its key, and the code has an id made of the tag. Taguette says neither who coded nor
where in the text a passage stands: coder and round come from the study file's
`constants`, else from the file's name, ``coding_<period>_<coder>.csv``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from analysis import qda
from analysis.intake.export import NOT_CODED, Export, faults
from analysis.qda.naming import slug
from analysis.settings import TableSource
from analysis.study import StudyError

NAME = re.compile(r"coding_(?P<round>[^_]+)_(?P<coder>.+)")
SUFFIX = r"(?i)\.txt$"
COLUMNS = ["document_id", "coder", "code", "round"]


def read(path: Path, source: TableSource) -> Export:
    """Read highlights into the long form of the codings table.

    Parameters
    ----------
    path : Path
        ``.csv`` or ``.xlsx``.
    source : TableSource
        Its settings; `constants` may give coder and round.

    Returns
    -------
    Export
        One record per highlight and tag; the line is the row of the file. A highlight
        without a tag is set aside as not coded. Further passages of a document under
        the same tag are the same decision, which intake keeps once.

    Raises
    ------
    StudyError
        If the file cannot be read, lacks a column, or nobody is named as coder.
    """
    highlights = qda.read_highlights(path)
    named = NAME.fullmatch(path.stem)
    who = {
        name: source.constants.get(name) or (named[name] if named else "")
        for name in ("coder", "round")
    }
    if not who["coder"]:
        raise StudyError(
            f"{path.name}: who coded? Expected a name such as coding_2026Q3_ann.csv, "
            "or `coder` and `round` under tables.codings.constants in study.toml."
        )
    tagged = highlights[highlights["tag"].str.strip() != ""]
    rows = pd.DataFrame(
        {
            "document_id": tagged["document"].str.replace(
                r"(?i)\.txt$", "", regex=True
            ),
            "coder": who["coder"],
            "code": tagged["tag"].map(slug),
            "round": who["round"],
        },
        columns=COLUMNS,
        dtype="str",
    )
    untagged = highlights.index.difference(tagged.index)
    lost = [(int(n), "tag", "", NOT_CODED, "a tag") for n in untagged]
    return Export(rows=rows, broken=faults(lost))
