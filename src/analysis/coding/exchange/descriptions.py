"""The parts of a code's definition in the one description that programs exchange."""

from __future__ import annotations

import re

from analysis.coding.codebook import Code

LABELS = {
    "use_when": "Use when",
    "not_when": "Not when",
    "example": "Example",
    "replaced_by": "Replaced by",
    "id": "Id",
}
FIELDS = {label: name for name, label in LABELS.items()}
LABELLED = re.compile(rf"({'|'.join(LABELS.values())}): (.*)", re.S)
# A line of a definition that looks like a label gets a backslash before it.
ALIKE = re.compile(rf"\\*(?:{'|'.join(LABELS.values())}): ")


def describe(code: Code) -> str:
    r"""Write a code's definition as one text that people can read in any program.

    Parameters
    ----------
    code : Code
        The code.

    Returns
    -------
    str
        The definition, then a line with its label for each part that is filled.

    Examples
    --------
    >>> print(describe(Code(id="late", name="Late", definition="Came late.",
    ...     not_when="Slow refunds.")))
    Came late.
    Not when: Slow refunds.
    Id: late
    """
    parts = [_shielded(code.definition)] if code.definition else []
    for name, label in LABELS.items():
        if getattr(code, name):
            parts.append(f"{label}: {_shielded(getattr(code, name))}")
    return "\n".join(parts)


def read_description(text: str) -> dict[str, str]:
    """Take a description apart again.

    Parameters
    ----------
    text : str
        As `describe` wrote it, or any other: then it is all definition.

    Returns
    -------
    dict of str to str
        definition, and the labelled parts that were found.

    Examples
    --------
    >>> code = Code(id="late", name="Late", definition="Id: in the bag", example="Late")
    >>> read_description(describe(code)) == {
    ...     "definition": "Id: in the bag", "example": "Late", "id": "late"}
    True
    """
    name, found = "definition", {"definition": [""]}
    is_first = True
    for line in text.split("\n"):
        label = LABELLED.fullmatch(line)
        if label and FIELDS[label[1]] not in found:
            name = FIELDS[label[1]]
            found[name] = [label[2]]
        else:
            plain = line[1:] if ALIKE.match(line) and line[0] == "\\" else line
            found[name] = [plain] if is_first else [*found[name], plain]
        is_first = False
    return {name: "\n".join(lines) for name, lines in found.items()}


def _shielded(text: str) -> str:
    lines = [f"\\{line}" if ALIKE.match(line) else line for line in text.split("\n")]
    return "\n".join(lines)
