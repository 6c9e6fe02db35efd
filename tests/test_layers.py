"""Imports point down, never sideways; inside a folder they run one way."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import analysis

PACKAGE = Path(analysis.__file__).parent
GROUND = [
    "settings",
    "study",
    "kinds",
    "qda",
    "privacy",
    "estimate",
    "survey",
    "contracts",
    "display",
    "ledger",
]
WINGS = ["intake", "sampling", "metrics", "outcomes", "coding", "summary"]
EXAMPLE = ["example"]
ROOF = ["report", "run", "__main__"]


def allowed(room):
    """Return the rooms that a room may import from, besides itself."""
    if room in GROUND:
        return set(GROUND[: GROUND.index(room)])
    if room in ROOF:
        return {*GROUND, *WINGS, *EXAMPLE, *ROOF[: ROOF.index(room)]}
    return set(GROUND)


def violations(package):
    """Return what breaks the order of the house, one sentence each."""
    modules = {name_of(path, package): path for path in package.rglob("*.py")}
    imports = {name: imported(path, modules) for name, path in modules.items()}
    return [
        *misplaced(modules),
        *climbing(imports),
        *circling(imports),
    ]


def misplaced(modules):
    known = {"__init__", *GROUND, *WINGS, *EXAMPLE, *ROOF}
    rooms = {room_of(name) for name in modules}
    return [
        f"{room} has no place in the table of rows" for room in sorted(rooms - known)
    ]


def climbing(imports):
    return [
        f"{name} imports {target}"
        for name, targets in sorted(imports.items())
        for target in sorted(targets)
        if room_of(name) != "__init__"
        and room_of(target) not in {room_of(name), *allowed(room_of(name))}
    ]


def circling(imports):
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return [" imports ".join(reversed(error.args[1]))]
    return []


def name_of(path, package):
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[:-1] else parts)


def room_of(name):
    return name.split(".")[0]


def imported(path, modules):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level + (node.module or "")
            found |= {f"{prefix}.{alias.name}" for alias in node.names}
    ours = {name.removeprefix("analysis.") for name in found if is_ours(name)}
    return {nearest(name, modules) for name in ours} - {"__init__"}


def is_ours(name):
    return name.startswith((".", "analysis.")) or name == "analysis"


def nearest(name, modules):
    """Return the module that holds an imported name; it may be the module itself."""
    if name.startswith("."):
        return f"relative {name}"
    while name not in modules and "." in name:
        name = name.rpartition(".")[0]
    return name if name in modules else "__init__"


def test_the_house_keeps_its_order():
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"study.py": "from analysis.ledger import Ledger"}, "study imports ledger"),
        ({"study.py": "import analysis.ledger"}, "study imports ledger"),
        ({"study.py": "from analysis import ledger"}, "study imports ledger"),
        ({"study.py": "def f():\n    import analysis.ledger"}, "study imports ledger"),
        (
            {
                "study.py": "from typing import TYPE_CHECKING\n"
                "if TYPE_CHECKING:\n    from analysis.ledger import Ledger"
            },
            "study imports ledger",
        ),
        (
            {"metrics/nps.py": "from analysis.outcomes import worth"},
            "metrics.nps imports outcomes",
        ),
        (
            {"coding/codes.py": "from analysis.report.pages import Page"},
            "coding.codes imports report.pages",
        ),
        ({"example/firm.py": "import analysis.intake"}, "example.firm imports intake"),
        ({"report/pages.py": "import analysis.run"}, "report.pages imports run"),
        ({"utils/more.py": ""}, "utils has no place in the table of rows"),
        (
            {"metrics/nps.py": "from . import csat"},
            "metrics.nps imports relative ..csat",
        ),
        (
            {
                "metrics/nps.py": "from analysis.metrics.csat import x",
                "metrics/csat.py": "from analysis.metrics.nps import y",
            },
            "imports metrics.",
        ),
        (
            {
                "metrics/__init__.py": "from analysis.metrics.nps import nps",
                "metrics/nps.py": "from analysis.metrics import nps",
            },
            "imports metrics",
        ),
    ],
)
def test_what_breaks_the_order_is_found(tmp_path, files, complaint):
    build(tmp_path, files)
    found = violations(tmp_path)
    assert len(found) == 1
    assert complaint in found[0]


def test_what_keeps_the_order_is_not_complained_of(tmp_path):
    build(
        tmp_path,
        {
            "ledger.py": "import pandas\nfrom analysis.study import Study",
            "metrics/__init__.py": "from analysis.metrics.nps import nps",
            "metrics/nps.py": "from analysis import ledger\nimport analysis.study",
            "run/walk.py": "from analysis.report import pages\nimport analysis.metrics",
            "__main__.py": "from analysis.run import walk",
            "example/firm.py": "from analysis.study import Study",
        },
    )
    assert violations(tmp_path) == []


def build(package, files):
    rooms = ["metrics", "outcomes", "intake", "report", "run"]
    plain = {f"{room}/__init__.py": "" for room in rooms} | {"__init__.py": ""}
    standing = {"study.py": "", "ledger.py": "", "report/pages.py": ""}
    for name, text in (plain | standing | files).items():
        path = package / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
