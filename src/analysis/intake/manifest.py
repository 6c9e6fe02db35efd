"""Record what a run was made from."""

from __future__ import annotations

import json
import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from analysis.contracts.store import replace
from analysis.intake.files import fingerprint
from analysis.study import Study


def manifest(study: Study, period: str) -> dict[str, Any]:
    """Describe a run: its raw files, code, packages, parameters and seed.

    Parameters
    ----------
    study : Study
        The study, all of whose raw files are listed with their SHA-256.
    period : str
        The period of the run.

    Returns
    -------
    dict
        The same for the same files and environment; only `commit` depends on git,
        and is None where there is none.
    """
    files = sorted(path for path in study.raw.rglob("*") if path.is_file())
    names = {one.metadata["Name"].lower(): one.version for one in distributions()}
    return {
        "parameters": {"study": study.id, "period": study.period(period).label},
        "seed": study.seed,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": dict(sorted(names.items())),
        "raw": {
            path.relative_to(study.raw).as_posix(): fingerprint(path) for path in files
        },
    }


def write_manifest(study: Study, period: str) -> Path:
    """Write ``manifest.json`` beside the processed tables and return its path."""
    path = study.processed(study.period(period).label) / "manifest.json"
    text = json.dumps(manifest(study, period), indent=2, ensure_ascii=False) + "\n"
    replace(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return path


def _commit() -> str | None:
    """Return the commit of the code, with `+` if files of it were changed since."""
    try:
        where = Path(__file__).parent
        told = _git(where, "rev-parse", "HEAD")
        changed = _git(where, "status", "--porcelain", "--", str(where.parent))
    except (OSError, subprocess.CalledProcessError):
        return None
    return told + ("+" if changed else "")


def _git(where: Path, *words: str) -> str:
    command = ["git", "-C", str(where), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()
