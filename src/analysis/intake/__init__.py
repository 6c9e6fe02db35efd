"""Notebook 00, did we receive what we agreed on.

Reading order: ``receive`` (the one call), ``tables`` (one table of files),
``files`` and ``readers`` (what a file is), ``mapping`` and ``values`` (our names and
types), ``rules`` and ``duplicates`` (what is set aside), ``words`` (redaction),
``screens``, ``warehouse`` (order lines), ``manifest``.
"""

from analysis.intake.manifest import manifest
from analysis.intake.receive import Received, receive

__all__ = ["Received", "manifest", "receive"]
