"""What a figure allows to be said of its direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.ledger.rows import direction_of
from analysis.ledger.sentences import CAUSAL, ORDER, Sentence

CAUSE_GRADES = ("A",)
ORDER_GRADES = ("A", "B", "C")


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
        If it belongs to no family, or a template says more than its grade allows;
        see `refuse_words`.

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
    refuse_words(key, " ".join(templates.values()), grade=row["grade"])
    return direction_of(row, level)


def refuse_words(key: str, text: str, *, grade: str | None) -> None:
    """Refuse words that say more than a grade of evidence allows.

    Parameters
    ----------
    key : str
        The claim, for the message.
    text : str
        What would be said.
    grade : str or None
        ``A`` to ``D``, or none.

    Raises
    ------
    ValueError
        If words of cause stand without an experiment (grade A), or words of order,
        such as "precedes" or "afterwards", without evidence that the one came first
        (grades A to C).

    Examples
    --------
    >>> refuse_words("said", "A high score precedes fewer returns.", grade="C")
    >>> refuse_words("said", "A high score precedes fewer returns.", grade="D")
    Traceback (most recent call last):
    ValueError: 'said' says "precedes", which takes grade A, B or C; its figure has D.
    """
    limits = ((CAUSAL, CAUSE_GRADES), (ORDER, ORDER_GRADES))
    for words, grades in limits:
        found = words.search(text)
        if found and grade not in grades:
            takes = " or ".join(", ".join(grades).rsplit(", ", 1))
            has = grade if isinstance(grade, str) and grade else "none"
            raise ValueError(
                f'{key!r} says "{found[0]}", which takes grade {takes}; '
                f"its figure has {has}."
            )
