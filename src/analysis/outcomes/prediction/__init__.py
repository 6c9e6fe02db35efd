"""Whether knowing the answers predicts better than buying history alone.

In reading order:

- `history`: what was known of each respondent's buying before the answer
- `models`: regularised models of chances and counts
- `forward`: forecasts of each wave from the waves before it
- `gains`: how much better they are with the answers
"""

from analysis.outcomes.prediction.forward import (
    TARGETS,
    Forecast,
    forecast,
    targets,
)
from analysis.outcomes.prediction.gains import (
    history_gains,
    prediction_gains,
    tenth_found,
    tenth_gains,
)
from analysis.outcomes.prediction.history import HISTORY, buying_history

__all__ = [
    "HISTORY",
    "TARGETS",
    "Forecast",
    "buying_history",
    "forecast",
    "history_gains",
    "prediction_gains",
    "targets",
    "tenth_found",
    "tenth_gains",
]
