"""What the code imports is declared, and what is declared is locked, with nothing of the locking machine in it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
OURS = {"engine", "preprocess", "tools", "tests"}


def declared(*extras: str) -> dict[str, Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def imported(folder: Path) -> set[str]:
    """The top-level names of all modules that the files of a folder import, wherever in the file."""
    names: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - OURS - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("room", "extras"),
    [
        ("engine", ()),
        ("preprocess", ("preprocess", "ai", "cluster")),
        ("tools", ("preprocess", "ai", "cluster")),
        ("tests", EXTRAS),
    ],
)
def test_every_import_is_declared(room: str, extras: tuple[str, ...]) -> None:
    distributions = packages_distributions()
    known = set(declared(*extras))
    if room == "tools":
        known |= {canonicalize_name(Requirement(line).name) for line in PYPROJECT["dependency-groups"]["fuzz"]}
    found = imported(CHECKOUT / room)
    undeclared = {  # what is not installed has the name that it is imported by
        name for name in found if not known & {canonicalize_name(one) for one in distributions.get(name, (name,))}
    }
    assert undeclared == set()


# torch has another build on each index: tools/setup.sh installs it by its version. The tests' own lock has no peers and
# no models.
UNLOCKED = {"torch"}
OF_THE_TESTS = tuple(extra for extra in EXTRAS if extra not in ("bench", "ai"))


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ("preprocess",)),
        ("requirements-dev.lock", OF_THE_TESTS),
        ("requirements-bench.lock", ("preprocess", "bench")),
        ("requirements-ai.lock", ("preprocess", "ai")),
    ],
)
def test_every_declaration_is_locked(lock: str, extras: tuple[str, ...]) -> None:
    text = (CHECKOUT / lock).read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE))
    wishes = declared(*extras)
    assert wishes.keys() - UNLOCKED <= pinned.keys(), "run `make lock`"
    assert {name for name in wishes.keys() - UNLOCKED if not wishes[name].specifier.contains(pinned[name])} == set()
    assert "torch" not in pinned
    assert "opencv-python" not in pinned
    assert "--hash=sha256:" in text
    assert not re.search(r"://|--(index|find-links|extra)|/opt|/home|/root", text)
