"""The codebook: what each code means, and when to give it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field, ValidationError, model_validator

from analysis.coding.decisions import NONE
from analysis.settings import Settings
from analysis.study import Study, StudyError

ID = r"^[a-z][a-z0-9_]{0,39}$"
RESERVED = (NONE, "document_id", "text", "valence", "memo", "coder", "round")


class Code(Settings):
    """One code of the book."""

    id: str = Field(pattern=ID, description="the name in tables; never reused")
    name: str = Field(min_length=1, description="what readers see")
    definition: str = Field(default="", description="one sentence")
    use_when: str = Field(default="", description="what belongs here")
    not_when: str = Field(default="", description="what does not, and where it goes")
    example: str = Field(default="", description="a text that gets the code")
    parent: str | None = Field(default=None, description="a wider code, or a heading")
    replaced_by: str | None = Field(default=None, description="id of its successor")


class Codebook(Settings):
    """The codes of a study, with the version that coders used."""

    version: str = Field(min_length=1)
    codes: tuple[Code, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _hangs_together(self) -> Codebook:
        ids = [code.id for code in self.codes]
        for number, code in enumerate(self.codes):
            if code.id in ids[:number]:
                raise ValueError(f"code {code.id!r} is defined twice")
            if code.id in RESERVED:
                raise ValueError(f"code {code.id!r} has a reserved name; rename it")
            _check_successor(code, ids)
        for code in self.codes:
            self._refuse_circle(code)
        return self

    def _refuse_circle(self, code: Code) -> None:
        parents = {one.id: one.parent for one in self.codes}
        seen, above = {code.id}, code.parent
        while above:
            if above in seen:
                raise ValueError(f"code {code.id!r} is above itself; mend `parent`")
            seen.add(above)
            above = parents.get(above)

    @property
    def active(self) -> list[str]:
        """Ids of the codes that coders may give: those not replaced."""
        return [code.id for code in self.codes if code.replaced_by is None]

    @property
    def names(self) -> dict[str, str]:
        """Readers' name of each code id."""
        return {code.id: code.name for code in self.codes}


def load_codebook(study: Study | Path) -> Codebook:
    """Read ``codebook.toml`` of a study.

    Parameters
    ----------
    study : Study or Path
        The study, or the file itself.

    Returns
    -------
    Codebook
        Checked: ids are unique, links lead somewhere, keys are known.

    Raises
    ------
    StudyError
        If the file is missing, is not TOML, or breaks a rule; the message names the
        code, the key, and the nearest known key.
    """
    path = study if isinstance(study, Path) else study.raw / "codebook.toml"
    if not path.is_file():
        raise StudyError(
            f"There is no {path.name} in {path.parent}. Write one, or copy the demo's."
        )
    try:
        return Codebook(**tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path.name} is not valid TOML in UTF-8: {error}") from error
    except ValidationError as error:
        raise StudyError(_explain(error, path.name)) from error


def lint(codebook: Codebook, *, used: Iterable[str] = ()) -> pd.DataFrame:
    """List what would make two coders read a code differently.

    Parameters
    ----------
    codebook : Codebook
        The book.
    used : iterable of str
        Codes found in the codings; empty if nothing was coded yet.

    Returns
    -------
    DataFrame
        One row per finding: code, finding, advice. Empty if there is none.

    Examples
    --------
    >>> late = Code(id="late", name="Late", definition="Late.", example="Too late!")
    >>> lint(Codebook(version="1", codes=(late,)))[["code", "finding"]].values.tolist()
    [['late', 'no `use_when`'], ['late', 'no `not_when`']]
    """
    found = [row for code in codebook.codes for row in _gaps(code)]
    found += _twins(codebook) + _lone_headings(codebook)
    given = set(used) - {NONE}
    if given:
        found += [
            (code, "never given", "keep it only if you expect it later")
            for code in codebook.active
            if code not in given
        ]
    known = [code.id for code in codebook.codes]
    retired = set(known) - set(codebook.active)
    found += [
        (code, "given, but not in the book", _nearest(code, known))
        for code in sorted(given - set(known))
    ]
    found += [
        (code, "given, but replaced", "code these documents again")
        for code in sorted(given & retired)
    ]
    return pd.DataFrame(found, columns=["code", "finding", "advice"], dtype="str")


def tabulate_codebook(codebook: Codebook) -> pd.DataFrame:
    """Return the book as a table.

    Parameters
    ----------
    codebook : Codebook
        The book.

    Returns
    -------
    DataFrame
        One row per code, in the order of the book, with the keys as columns.

    Examples
    --------
    >>> late = Code(id="late", name="Late", definition="Came late.")
    >>> tabulate_codebook(Codebook(version="1", codes=(late,)))["name"].tolist()
    ['Late']
    """
    rows = [code.model_dump() for code in codebook.codes]
    return pd.DataFrame(rows, columns=list(Code.model_fields), dtype="str").fillna("")


def _check_successor(code: Code, ids: list[str]) -> None:
    others = [one for one in ids if one != code.id]
    if code.replaced_by is not None and code.replaced_by not in others:
        raise ValueError(
            f"code {code.id!r}: replaced_by {code.replaced_by!r} is no other code. "
            f"{_nearest(code.replaced_by, others)}"
        )


def _gaps(code: Code) -> list[tuple[str, str, str]]:
    if code.replaced_by:
        return []
    advice = {
        "definition": "say in one sentence what it means",
        "use_when": "say what belongs here",
        "not_when": "say what does not, and which code it gets",
        "example": "add a text that gets it",
    }
    return [
        (code.id, f"no `{key}`", text)
        for key, text in advice.items()
        if not getattr(code, key).strip()
    ]


def _twins(codebook: Codebook) -> list[tuple[str, str, str]]:
    """Codes that readers cannot tell apart by name."""
    seen: dict[str, str] = {}
    found = []
    for code in codebook.codes:
        first = seen.setdefault(code.name.casefold(), code.id)
        if first != code.id:
            found.append((code.id, f"the same name as {first!r}", "rename one"))
    return found


def _lone_headings(codebook: Codebook) -> list[tuple[str, str, str]]:
    """Parents that are no code and stand over one code only: often misspelled."""
    ids = {code.id for code in codebook.codes}
    parents = [code.parent for code in codebook.codes if code.parent]
    return [
        (
            code.id,
            f"parent {code.parent!r} is no code and no other code's parent",
            _nearest(code.parent, sorted({*ids, *parents} - {code.parent, code.id})),
        )
        for code in codebook.codes
        if code.parent and code.parent not in ids and parents.count(code.parent) == 1
    ]


def _explain(error: ValidationError, file: str) -> str:
    lines = []
    for one in error.errors():
        place = ".".join(str(part) for part in one["loc"]) or "codebook"
        lines.append(f"  {place}: {_message(dict(one))}")
    return "\n".join([f"{file} needs mending:", *lines])


def _message(error: dict[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        model = Code if error["loc"][0] == "codes" else Codebook
        return f"unknown key. {_nearest(str(error['loc'][-1]), model.model_fields)}"
    if error["type"] == "missing":
        return "this key is missing; please add it."
    return str(error["msg"]).removeprefix("Value error, ")


def _nearest(name: str, names: Iterable[str]) -> str:
    listed = list(names)
    close = difflib.get_close_matches(name, listed, n=1)
    known = f"Known: {', '.join(listed)}."
    return f"Did you mean {close[0]!r}? {known}" if close else known
