"""Read the codings of a REFI-QDA project, as programs for coding export it.

Each coding of a text becomes a record of the codings table. The name of a text is the
key of its document, and codes have the id that our own export gave them, else one made
of their name. A coder or round under `constants` in the study file stands for all
codings of the file.
"""

from __future__ import annotations

from pathlib import Path

from analysis import qda
from analysis.intake.export import Export, as_text, faults
from analysis.intake.files import check_content
from analysis.qda.tables import unread
from analysis.settings import TableSource

COLUMNS = [
    *("document_id", "coder", "code", "valence"),
    *("start", "end", "round", "memo"),
]


def read(path: Path, source: TableSource) -> Export:
    """Read a REFI-QDA project into the long form of the codings table.

    Parameters
    ----------
    path : Path
        The project (``.qdpx``). Nothing of it is unpacked to a disk.
    source : TableSource
        Its settings; nothing of them is needed here.

    Returns
    -------
    Export
        One record per coding of a text; the line is its number in the file. Codings
        of pictures, recordings and PDF pages are set aside, since they are of no
        document of ours.

    Raises
    ------
    StudyError
        If the file is broken, unsafe, or does not hang together.
    """
    check_content(path, "qdpx")
    project = qda.read_project(path)
    found = qda.codings(project)
    found["code"] = found["code_id"]
    lost = [
        (0, kind, "", "a coding of something else than a text", "codings of texts")
        for kind, number in unread(project).items()
        for _ in range(number)
    ]
    return Export(rows=as_text(found[COLUMNS]), broken=faults(lost))
