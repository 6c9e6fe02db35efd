"""Key drivers: which rated things go with an outcome, and how far that can be told.

In reading order:

- `correlations`: weighted covariances for many sets of weights at once
- `rated`: answers with ratings and one outcome, checked and ready to be drawn anew
- `draws`: estimates from draws
- `importance`: each driver's part of R² (LMG and Johnson)
- `standing`: the sign, and how often a driver is among the first
- `halo`: whether a rating says something of its own
- `map`: importance against performance
- `segments`: one segment against the rest
"""

from analysis.outcomes.drivers.halo import (
    corrected_effects,
    halo_check,
    within_effects,
    without_halo,
)
from analysis.outcomes.drivers.importance import driver_importance, explained_by_ratings
from analysis.outcomes.drivers.map import driver_performance, driver_quadrants
from analysis.outcomes.drivers.rated import Rated, rated
from analysis.outcomes.drivers.segments import importance_differences
from analysis.outcomes.drivers.standing import driver_effects, top_chances

__all__ = [
    "Rated",
    "corrected_effects",
    "driver_effects",
    "driver_importance",
    "driver_performance",
    "driver_quadrants",
    "explained_by_ratings",
    "halo_check",
    "importance_differences",
    "rated",
    "top_chances",
    "within_effects",
    "without_halo",
]
