"""What a figure allows to be said of its direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.ledger.rows import direction_of
from analysis.ledger.sentences import CAUSAL, Sentence


@dataclass(frozen=True, slots=True, repr=False)
class Claim(Sentence):
    """A sentence with its direction: ``rising``, ``falling`` or ``unclear``."""

    direction: str = "unclear"


def decided(
    key: str,
    on: str,
    row: Mapping[str, Any] | None,
    *,
    templates: Mapping[str, str],
    level: float,
) -> str:
    """Return the direction that a figure allows a claim to take.

    Parameters
    ----------
    key, on : str
        The claim, and the figure that decides.
    row : mapping or None
        The figure's row; none if it is not published.
    templates : mapping of direction to str
        What would be said.
    level : float
        The study's false-alarm level.

    Returns
    -------
    str
        ``rising``, ``falling`` or ``unclear``.

    Raises
    ------
    KeyError
        If the figure is not published.
    ValueError
        If it belongs to no family, or a template speaks of causes without an
        experiment (grade A).

    Examples
    --------
    >>> row = {"withheld": False, "q_value": 0.2, "low": 2.0, "high": 9.0,
    ...     "family": "changes", "grade": None}
    >>> decided("rose", "change/nps", row, templates={"rising": "It rose."}, level=0.05)
    'unclear'
    """
    if row is None:
        raise KeyError(f"{on!r} is not published, so nothing can be said about it.")
    if not row["family"]:
        raise ValueError(f"{on!r} was tested in no family: name one on publishing.")
    if row["grade"] != "A" and CAUSAL.search(" ".join(templates.values())):
        raise ValueError(f"{key!r} speaks of causes, which takes grade A evidence.")
    return direction_of(row, level)
