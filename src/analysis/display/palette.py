"""One palette that colour-blind readers can tell apart, and one theme."""

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.rcsetup import cycler

# Okabe and Ito (2008), darkened where needed for 4.5:1 contrast on white.
INK = "#1f2933"
SOFT = "#5b6673"
GRID = "#dde2e7"
BLUE = "#0b66a8"
ORANGE = "#c2570c"
GREEN = "#00795c"
PURPLE = "#9c4f82"
GREY = "#8a94a0"
PALE = "#c9d1d9"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, GREY)
PROMOTERS, PASSIVES, DETRACTORS = BLUE, PALE, ORANGE

FONTS = ["DejaVu Sans", "Verdana", "Arial", "sans-serif"]
THEME: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": SOFT,
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9,
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "figure.figsize": (6.4, 3.6),
    "figure.dpi": 100,
    "font.family": "sans-serif",
    "font.sans-serif": FONTS,
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "customer-analysis",
    "text.color": INK,
    "xtick.color": SOFT,
    "xtick.labelcolor": SOFT,
    "ytick.color": SOFT,
    "ytick.labelcolor": INK,
}


def setup() -> None:
    """
    Give the notebook's own charts and frames the look of the report.

    Notes
    -----
    Charts of this package look the same without it. Frames are printed with a
    fixed width, so that committed outputs do not depend on the screen.

    Examples
    --------
    >>> setup()
    >>> pd.get_option("display.width")
    100
    """
    mpl.rcParams.update(THEME)
    pd.set_option("display.width", 100)
    pd.set_option("display.max_columns", 12)
    pd.set_option("display.max_rows", 40)
    pd.set_option("display.precision", 3)
