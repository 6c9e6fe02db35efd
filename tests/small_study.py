"""Make small studies on disk for the tests of intake."""

from pathlib import Path

from analysis.study import Study

HEAD = 'name = "Small"\nseed = 1\n'
SURVEY = """
[tables.responses]
files = ["survey*.csv"]
"""
ANSWERS = "response_id,customer_id,responded_on,recommend,comment\n"


def make(
    monkeypatch, home: Path, settings: str, files: dict[str, str | bytes]
) -> Study:
    """Write a study folder and load it."""
    monkeypatch.setenv("ANALYSIS_HOME", str(home))
    folder = home / "data" / "raw" / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(HEAD + settings, encoding="utf-8")
    for name, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(raw)
    return Study.load("small")
