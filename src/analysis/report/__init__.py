"""
The report: pages that open from a disk, and every number's way back.

Reading order: `sanitise` (nothing a customer typed can run), `outputs` (a cell's
output as HTML), `pages` (a notebook as a page), `trace` (from a number to its row,
its line and its function), `functions` (the page of functions), `workbook`
(figures.xlsx), `assemble` (the whole report).
"""

from analysis.report.assemble import build

__all__ = ["build"]
