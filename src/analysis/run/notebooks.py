"""Which notebooks there are, what each needs, and their parameters."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.study import StudyError, notebooks_root

NEEDS = {
    "00_intake": (),
    "01_sampling": ("00_intake",),
    "02_metrics": ("01_sampling",),
    "03_outcomes": ("01_sampling",),
    "04_coding": ("01_sampling",),
}
"""What a notebook waits for. One that is not named here waits for all before it."""

PARAMETERS = ("study", "period")


@dataclass(frozen=True)
class Notebook:
    """A notebook as it lies in the folder.

    Parameters
    ----------
    path : Path
        The file.
    cells : tuple of dict
        Its cells, as stored.
    needs : tuple of str
        The names of the notebooks that must have run before.
    """

    path: Path
    cells: tuple[dict[str, Any], ...]
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return self.path.stem

    @property
    def source(self) -> str:
        """What the author wrote, without any output."""
        parts = [
            (cell["cell_type"], source_of(cell), cell["metadata"].get("tags", []))
            for cell in self.cells
        ]
        return json.dumps(parts)


def find_notebooks(folder: Path | None = None) -> list[Notebook]:
    """Read the notebooks in the order of their names and check their parameters.

    Parameters
    ----------
    folder : Path, optional
        Where they are; ``notebooks`` of the project by default.

    Raises
    ------
    StudyError
        If there is none, or one does not state exactly the parameters of a run.
    """
    folder = folder or notebooks_root()
    paths = sorted(folder.glob("[0-9]*.ipynb"))
    if not paths:
        raise StudyError(
            f"There are no notebooks in {folder}; expected 00_intake.ipynb."
        )
    found = [_read(path, paths[:place]) for place, path in enumerate(paths)]
    for notebook in found:
        _check_parameters(notebook)
    return found


def source_of(cell: dict[str, Any]) -> str:
    """Return the text of a cell, which is stored as one string or as lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def section_of(cells: list[Any], place: int) -> str:
    """Return the nearest heading at or above a cell, or nothing.

    Examples
    --------
    >>> cells = [{"cell_type": "markdown", "source": "## Who answered?"},
    ...          {"cell_type": "code", "source": "1 / 0"}]
    >>> section_of(cells, 1)
    'Who answered?'
    """
    for cell in reversed(cells[: place + 1]):
        if cell["cell_type"] == "markdown":
            lines = source_of(cell).splitlines()
            headings = [line for line in lines if line.startswith("#")]
            if headings:
                return headings[-1].lstrip("# ").strip()
    return ""


def _read(path: Path, before: list[Path]) -> Notebook:
    names = [one.stem for one in before]
    needs = [name for name in NEEDS.get(path.stem, names) if name in names]
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError) as error:
        raise StudyError(
            f"{path} is not a notebook that can be read: {error}"
        ) from error
    return Notebook(path, tuple(cells), tuple(needs))


def _check_parameters(notebook: Notebook) -> None:
    tagged = [
        cell
        for cell in notebook.cells
        if "parameters" in cell["metadata"].get("tags", [])
    ]
    names = [name for cell in tagged for name in _assigned(source_of(cell))]
    if len(tagged) != 1 or sorted(names) != sorted(PARAMETERS):
        raise StudyError(
            f"{notebook.path.name} must have one cell tagged `parameters` that sets "
            f"{' and '.join(PARAMETERS)}; found {len(tagged)} setting {names}."
        )


def _assigned(code: str) -> list[str]:
    body = ast.parse(code).body
    targets = [
        one for line in body if isinstance(line, ast.Assign) for one in line.targets
    ]
    return [one.id for one in targets if isinstance(one, ast.Name)]
