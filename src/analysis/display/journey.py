"""The chart of tones along the journey."""

import textwrap
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.display.canvas import mark_reference, new_sheet, require_rows, scale_axis
from analysis.display.palette import CYCLE, THEME

NEEDED = ("level", "by", "value", "low", "high", "unit")
MARKERS = "osD^vPX"
SPREAD = 0.5


@mpl.rc_context(THEME)
def draw_journey(
    rows: pd.DataFrame,
    *,
    title: str,
    stages: Sequence[str],
    ends: tuple[str, str] = ("criticism", "praise"),
) -> Figure:
    """
    Draw the mean tone at each stage of the journey, with its interval.

    Parameters
    ----------
    rows : DataFrame
        Published figures from -1 to 1, one per stage (`level`) and group (`by`;
        one group if it is the same in all rows).
    title : str
        What is shown.
    stages : sequence of str
        The journey, in order. A stage without a value leaves a gap.
    ends : tuple of str
        What the lower and the upper end of the scale mean.

    Returns
    -------
    Figure
        A point with its interval per stage and group, the points of a group joined
        where stages follow one another.

    Raises
    ------
    ValueError
        If there are no rows, or a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["delivery", "use"], "by": "stage",
    ...     "value": [-0.4, 0.3], "low": [-0.6, 0.1], "high": [-0.2, 0.5],
    ...     "unit": "score"})
    >>> figure = draw_journey(rows, title="Tone", stages=["delivery", "use"])
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['delivery', 'use']
    """
    require_rows(rows, columns=NEEDED)
    groups = list(dict.fromkeys(rows["by"]))
    figure, axes = new_sheet(title, height=3.1)
    shifts = np.linspace(-SPREAD / 2, SPREAD / 2, len(groups) + 2)[1:-1]
    for number, (group, shift) in enumerate(zip(groups, shifts, strict=True)):
        line = rows[rows["by"] == group].set_index("level").reindex(list(stages))
        value, low, high = (line[name].to_numpy(float) for name in NEEDED[2:5])
        x = np.arange(len(stages)) + shift
        colour = CYCLE[number % len(CYCLE)]
        marker = MARKERS[number % len(MARKERS)]
        axes.vlines(x, low, high, color=colour, linewidth=2)
        axes.plot(x, value, color=colour, marker=marker, linewidth=0.8, label=group)
    axes.set_xticks(range(len(stages)), list(stages))
    axes.set_xlim(-0.5, len(stages) - 0.5)
    axes.set_ylim(-1.05, 1.05)
    mark_reference(axes, 0.0, which="y")
    scale_axis(axes, "score", which="y", name=f"{ends[0]} (−1) to {ends[1]} (1)")
    if len(groups) > 1:
        names = [textwrap.fill(str(group), 26) for group in groups]
        figure.legend(
            axes.lines[: len(groups)], names, loc="outside lower left", ncols=2
        )
    return figure
