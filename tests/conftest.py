"""What all tests share."""

import sys
from pathlib import Path

import hypothesis
import pytest
import walks

# A checker of notebook files would spend a second on a format that none uses.
sys.modules.setdefault("rfc3987_syntax", None)

hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def demo(root, tmp_path_factory) -> walks.Walked:
    """Run the newest quarter of the demo study once, for all tests that read it."""
    raw = root / "data" / "raw" / walks.STUDY
    return walks.run(tmp_path_factory.mktemp("demo"), "2026Q3", raw=raw)
