"""The ledger: every published number, once, with its maker.

In reading order:

- `book`: the only door to a page (`Ledger`)
- `entries`: what a notebook has published so far, and the files that keep it
- `rows`, `cells`: the rows that it keeps, and the cells that publish them
- `claims`: what a figure allows to be said of its direction
- `sentences`, `quotations`: prose that quotes figures, and customers' words
- `families`: one false-alarm budget for the whole report
- `sections`: where in a notebook a figure was published
- `binding`: the notebooks' rows bound into one report's
"""

from analysis.ledger.binding import Bound, bind
from analysis.ledger.book import Ledger

__all__ = ["Bound", "Ledger", "bind"]
