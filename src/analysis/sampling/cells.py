"""Cells of people: levels too small to stand alone are put together."""

from __future__ import annotations

import pandas as pd

SMALLEST_CELL = 5
OTHERS = "(others)"
UNKNOWN = "(not known)"
COLLAPSED = ["margin", "level", "respondents"]


def labels(values: pd.Series) -> pd.Series:
    """Write values as labels; a missing one is a label of its own.

    Examples
    --------
    >>> labels(pd.Series(["new", None])).tolist()
    ['new', '(not known)']
    """
    return values.astype("str").fillna(UNKNOWN).astype("str")


def collapsing(counts: pd.Series) -> dict[str, str]:
    """Say which levels have to be put together.

    Parameters
    ----------
    counts : Series of int, indexed by level
        Respondents of every level that there is, also of those with none.

    Returns
    -------
    dict of str to str
        From each level with fewer than five respondents to ``(others)``, and so
        the next smallest ones until the others are five. Empty if all are large.

    Examples
    --------
    >>> collapsing(pd.Series({"a": 90, "b": 9, "c": 0}))
    {'c': '(others)', 'b': '(others)'}
    """
    ordered = counts.sort_values(kind="stable")
    small = list(ordered[ordered < SMALLEST_CELL].index)
    if not small:
        return {}
    rest = [level for level in ordered.index if level not in small]
    while rest and (counts[small].sum() < SMALLEST_CELL or len(small) == 1):
        small.append(rest.pop(0))
    return dict.fromkeys(map(str, small), OTHERS)


def counts_of(respondents: pd.Series, population: pd.Series) -> pd.Series:
    """Count the respondents of every level of the population, by falling size.

    Examples
    --------
    >>> counts_of(pd.Series(["a"]), pd.Series(["b", "a", "a"])).to_dict()
    {'a': 1, 'b': 0}
    """
    levels = population.value_counts().index
    return respondents.value_counts().reindex(levels, fill_value=0)


def cross(frame: pd.DataFrame, columns: list[str], known: pd.DataFrame) -> pd.Series:
    """Name the cell of each row: its levels of all columns together.

    Parameters
    ----------
    frame : DataFrame
        The rows to be named.
    columns : list of str
        The columns to be crossed, the most important first.
    known : DataFrame
        The respondents. A cell with fewer than five of them is named by its first
        columns only, so that small cells first meet their neighbours.

    Returns
    -------
    Series of str

    Examples
    --------
    >>> people = pd.DataFrame({"segment": ["new"] * 7, "region": ["N"] * 6 + ["S"]})
    >>> cross(people, ["segment", "region"], people).unique().tolist()
    ['new, N', 'new, (others)']
    """
    full, respondents = _joined(frame, columns), _joined(known, columns)
    for kept in range(len(columns) - 1, 0, -1):
        counts = respondents.value_counts()
        small = counts.reindex(full.unique(), fill_value=0) < SMALLEST_CELL
        names = set(small.index[small])
        full = _coarser(full, frame, columns[:kept], names=names)
        respondents = _coarser(respondents, known, columns[:kept], names=names)
    return full


def _joined(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    joined = labels(frame[columns[0]])
    for name in columns[1:]:
        joined = joined + ", " + labels(frame[name])
    return joined


def _coarser(
    cells: pd.Series, frame: pd.DataFrame, columns: list[str], *, names: set[str]
) -> pd.Series:
    return cells.where(~cells.isin(names), _joined(frame, columns) + f", {OTHERS}")


def collapsed_levels(
    margin: str, merged: dict[str, str], answers: pd.Series
) -> pd.DataFrame:
    """List what was put together, with the respondents of each level.

    Examples
    --------
    >>> answers = pd.Series(["a", "a", "b"])
    >>> collapsed_levels("region", {"b": OTHERS}, answers)["respondents"].tolist()
    [1]
    """
    counts = answers.value_counts()
    rows = [(margin, level, int(counts.get(level, 0))) for level in merged]
    return pd.DataFrame(rows, columns=COLLAPSED)
