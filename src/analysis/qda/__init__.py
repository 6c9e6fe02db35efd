"""Exchange files of programs for qualitative data analysis: REFI-QDA and Taguette.

Reading order: `markup` (XML without surprises), `archive` (zip files held in memory),
`project` (a QDPX or QDC file, kept whole), `links` (what must hang together in it),
`naming` (ids for its codes), `sources` (its texts), `tables` (codes, texts and
codings as rows), `taguette` (highlights and tags).
"""

from analysis.qda.archive import pack, unpack
from analysis.qda.project import Project, read_codebook, read_project, write_file
from analysis.qda.tables import codes, codings, texts
from analysis.qda.taguette import read_highlights, read_tags

__all__ = [
    "Project",
    "codes",
    "codings",
    "pack",
    "read_codebook",
    "read_highlights",
    "read_project",
    "read_tags",
    "texts",
    "unpack",
    "write_file",
]
