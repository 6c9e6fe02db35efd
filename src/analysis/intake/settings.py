"""Hold the columns that the settings name to the columns that there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.intake.mapping import nearest
from analysis.intake.receipt import Receipt
from analysis.study import Study, StudyError

HOMES = ("customers", "responses")
OF_CUSTOMERS = ("weighting.margins", "sampling.strata", "sampling.cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Misnamed:
    """A column that a setting names and no table has.

    Attributes
    ----------
    setting : str
        The setting, such as ``weighting.margins``.
    column : str
        The name that it gives.
    nearest : str
        The column that may be meant; empty if none is near.
    advice : str
        What to do.
    waits : bool
        Whether it is only of no use yet, since there are no customers.
    """

    setting: str
    column: str
    nearest: str
    advice: str
    waits: bool

    def __str__(self) -> str:
        """Say what was found, what was expected and what to do."""
        if self.waits:
            return (
                f"{self.setting}: {self.column!r} is of no use without the table "
                "customers, which this study does not have"
            )
        return (
            f"{self.setting}: {self.column!r} is a column neither of customers nor of "
            f"responses. {self.advice}"
        )


def misnamed(study: Study, receipts: list[Receipt]) -> list[Misnamed]:
    """Find the columns that settings name and no table has.

    Parameters
    ----------
    study : Study
        The settings: segments, drivers, margins, strata, cluster.
    receipts : list of Receipt
        The tables received; customers and responses count.

    Returns
    -------
    list of Misnamed
        In the order of the settings; one `waits` if it speaks of customers and there
        is no such table.
    """
    homes = {one.table: one for one in receipts if one.table in HOMES}
    known = sorted({str(name) for one in homes.values() for name in one.rows})
    spare = {
        name: place for one in homes.values() for name, place in one.left_out.items()
    }
    return [
        Misnamed(
            setting=setting,
            column=name,
            nearest=nearest(name, [*known, *spare]),
            advice=_advice(name, known, spare),
            waits=setting in OF_CUSTOMERS and "customers" not in study.tables,
        )
        for setting, name in _named(study)
        if name not in known
    ]


def refuse_misnamed(study: Study, receipts: list[Receipt]) -> list[Misnamed]:
    """Stop if a setting names a column that no table has.

    Returns
    -------
    list of Misnamed
        Those that only wait for a table of customers.

    Raises
    ------
    StudyError
        Naming each setting, and the nearest column.
    """
    found = misnamed(study, receipts)
    wrong = [str(one) for one in found if not one.waits]
    if wrong:
        raise StudyError("\n".join(["study.toml needs mending:", *wrong]))
    return found


def _named(study: Study) -> Iterator[tuple[str, str]]:
    yield from (("segments", name) for name in study.segments)
    yield from (("drivers", name) for name in study.drivers)
    yield from (("weighting.margins", name) for name in study.weighting.margins)
    for key in ("strata", "cluster"):
        if name := getattr(study.sampling, key):
            yield f"sampling.{key}", name


def _advice(name: str, known: list[str], spare: dict[str, str]) -> str:
    close = nearest(name, [*known, *spare])
    hint = f"Did you mean {close!r}? " if close else ""
    if close in spare:
        place = spare[close]
        table = place.split(".")[1]
        return (
            f"{hint}The export of {table} has it, but it is not kept: add it to "
            f"`attributes` of {place}, or name it in {place}.columns."
        )
    return f"{hint}Known: {', '.join(known)}."
