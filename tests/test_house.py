"""The repository as a whole: one list of packages, no addresses, no dead paths."""

import ast
import re
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BINARY = {".parquet", ".xlsx", ".png", ".jpg", ".ico"}
REGISTRIES = re.compile(
    r"pyp[i]\.(org|python)|pythonhoste[d]|registry\.npmj[s]|files\.python|index-url\s*=?\s*\S*:/"
    r"|anaconda\.(org|com)|packages\.microsoft",
)
MACHINES = re.compile(r"(?<![\w.~/$}])/(root|home|work|Users|mnt|private)/[\w.-]")
OWN = "tests/test_house.py", "tests/test_notebooks.py", "tests/notebook_rules.py"


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and path.suffix not in BINARY]


def found(pattern):
    return [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if str(path.relative_to(ROOT)) not in OWN
        for match in pattern.finditer(
            path.read_text(encoding="utf-8", errors="replace")
        )
    ]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", lock, re.MULTILINE))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*, without=()):
    settings = project()["project"]
    extras = settings["optional-dependencies"]
    lists = [settings["dependencies"], *(extras[e] for e in extras if e not in without)]
    return {
        canonical(re.match(r"[\w.-]+", one).group()) for group in lists for one in group
    }


def test_no_registry_is_named():
    assert found(REGISTRIES) == []


def test_no_path_of_a_machine_is_named():
    assert found(MACHINES) == []


def test_the_searches_can_fail():
    assert REGISTRIES.search("https://pypi" + ".org/simple")
    assert MACHINES.search('"/' + 'home/ada/study"')
    assert not MACHINES.search("data/home/page and ~/home/ada")


def test_the_lock_holds_all_that_is_declared_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    # The extra `text` is for those who ask for it: the report runs without.
    assert declared(without=["text"]) <= set(locked())
    assert "://" not in lock
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    assert all("--hash=sha256:" in block for block in blocks if block[:1].isalnum())
    assert {"uv", "setuptools"} <= set(locked())


def test_conda_users_get_the_same_lock():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    packages = re.findall(r"^ +- (.+)$", text, re.MULTILINE)
    python = project()["project"]["requires-python"]
    expected = ["conda-forge", "nodefaults", f"python{python}", "pip", "pip:"]
    options = ["--require-hashes", "--requirement requirements.lock"]
    assert packages == [*expected, *options]


def test_what_is_imported_is_declared():
    homes = packages_distributions()
    known = declared() | {"customer-analysis"}
    strange = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "src").rglob("*.py")
        for name in imported(path) - set(sys.stdlib_module_names) - {"analysis"}
        if not {canonical(one) for one in homes.get(name, [])} & known
    }
    assert strange == set()


def imported(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


DOCUMENTS = [
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    if path.name != "CHANGELOG.md"
]
MADE = "data/processed", "reports", "data/raw/"
PATH = re.compile(
    r"(?<![\w/.-])((?:src|tests|docs|notebooks|data|reports|benchmarks|\.ci|\.github)"
    r"/[\w./-]*\w)"
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_in_a_document_exists(path):
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text)
    named = {(path.parent / link).resolve() for link in links}
    named |= {
        ROOT / name
        for name in PATH.findall(text)
        if not name.startswith(MADE) or name.startswith("data/raw/demo")
    }
    assert [str(one) for one in sorted(named) if not one.exists()] == []


def test_a_command_of_the_makefile_is_one_line():
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("\t")]
    assert all(not lines[place - 1].startswith("\t") for place in starts)
    targets = {"report", "test", "check", "look", "lab", "new", "clean"}
    phony = next(line for line in lines if line.startswith(".PHONY"))
    assert set(phony.split()[1:]) == targets


@pytest.mark.parametrize("name", [".ci/run", ".ci/environment"])
def test_scripts_stop_at_the_first_failure(name):
    path = ROOT / name
    assert path.stat().st_mode & stat.S_IXUSR
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^set -eu", text, re.MULTILINE)
    shell = "bash" if "bash" in text.splitlines()[0] else "sh"
    subprocess.run([shell, "-n", str(path)], check=True)


def test_an_old_python_is_told_so(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    message = refused(old)
    assert message.startswith(f"Python 3.11 or newer is needed; {old} is Python 3.9.2")


def test_a_python_without_environments_is_told_so(tmp_path):
    bare = tmp_path / "python3"
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    bare.chmod(0o755)
    assert refused(bare).endswith("apt install python3-venv\n")


def refused(python):
    result = subprocess.run(
        [str(ROOT / ".ci" / "environment")],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr
