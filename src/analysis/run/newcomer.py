"""A study folder to fill in."""

from importlib.resources import files
from pathlib import Path

from analysis.study import SAFE_NAME, StudyError, raw_root


def create_study(name: str) -> Path:
    """Make the folder of a new study, with a study file that explains itself.

    Parameters
    ----------
    name : str
        Small letters, digits, hyphens and underscores, starting with a letter or digit.

    Returns
    -------
    Path
        The study file, to be filled in.

    Raises
    ------
    StudyError
        If the name is unsafe or taken.
    """
    if not SAFE_NAME.fullmatch(name):
        raise StudyError(
            f"{name!r} cannot name a study. Use at most 64 small letters, digits, "
            "hyphens and underscores, such as acme or north_shop."
        )
    folder = raw_root() / name
    if folder.exists():
        raise StudyError(f"{folder} exists already. Choose another name, or edit it.")
    template = files("analysis.run").joinpath("study_template.toml")
    text = template.read_text(encoding="utf-8").replace("{name}", name)
    folder.mkdir(parents=True)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path
