"""The ledger: every published number, once, with its maker.

In reading order:

- `book`: the only door to a page (`Ledger`)
- `sentences`: prose that quotes figures
- `families`: one false-alarm budget for the whole report
- `sections`: where in a notebook a figure was published
- `binding`: the notebooks' rows bound into one report's
"""

from analysis.ledger.binding import Bound, bind
from analysis.ledger.book import Ledger

__all__ = ["Bound", "Ledger", "bind"]
