"""Codebook, texts and codings to and from other programs for qualitative analysis.

In reading order:

- `descriptions`: the parts of a code's definition in one description
- `codebook_qdc`: the codebook as REFI-QDA codebook (`make_codebook`, `to_codebook`)
- `project_qdpx`: texts and codings as REFI-QDA project (`make_project`)
- `additions`: codings put into a project that is there (`add_codings`)
- `received`: codings taken out of a project (`read_codings`)
- `highlights`: what Taguette exports (`locate_highlights`, `tags_to_codebook`)

`analysis.qda` reads and writes the files themselves.
"""

from analysis.coding.exchange.additions import add_codings
from analysis.coding.exchange.codebook_qdc import make_codebook, to_codebook
from analysis.coding.exchange.highlights import locate_highlights, tags_to_codebook
from analysis.coding.exchange.project_qdpx import make_project
from analysis.coding.exchange.received import read_codings

__all__ = [
    "add_codings",
    "locate_highlights",
    "make_codebook",
    "make_project",
    "read_codings",
    "tags_to_codebook",
    "to_codebook",
]
