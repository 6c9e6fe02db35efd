"""Notebook 00, did we receive what we agreed on.

Reading order: ``receive`` (the one call), ``tables`` (one table of files),
``files`` and ``readers`` (what a file is), ``mapping`` and ``values`` (our names and
types), ``rules`` and ``duplicates`` (what is set aside), ``settings`` (columns that
the study file names and no table has), ``words`` (redaction), ``given`` (what was
given out to coders),
``screens``, ``warehouse`` (order lines), ``panels``, ``histories`` and ``ages`` (what
becomes of them), ``manifest``, ``figures`` (what is published).
"""

from analysis.intake.figures import (
    answers_of_kinds,
    careless,
    documents_of_sources,
    personal_data_removed,
    rows_of_tables,
    rows_set_aside,
    unanswered,
)
from analysis.intake.manifest import manifest
from analysis.intake.receive import Received, receive

__all__ = [
    "Received",
    "answers_of_kinds",
    "careless",
    "documents_of_sources",
    "manifest",
    "personal_data_removed",
    "receive",
    "rows_of_tables",
    "rows_set_aside",
    "unanswered",
]
