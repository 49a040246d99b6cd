"""What the package imports is what `pyproject.toml` declares, for learners, teachers and authors apart."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import learners
from torchaula.checks import families

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGE = ROOT / "src" / "torchaula"
# What runs beside a learner's answer, or before the package knows what is installed: it needs no extra.
LEARNERS = ("__init__.py", "__main__.py", "checks", "findings.py", "handin", "i18n.py", "moved.py")
POSTGRES = ("classroom/gradebook/database.py",)  # where a gradebook is on such a server, so is its driver
AUTHORS = ("authoring/audit", "authoring/pictures.py")  # what they need besides, the extra `dev` brings


def _imported() -> Iterator[tuple[str, Path]]:
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((each.name.partition(".")[0], path) for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0], path


def _names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def _declared(path: Path, project: dict[str, Any]) -> set[str]:
    """What this module may import: all of it is installed where it runs."""
    extras = project["optional-dependencies"]
    declared = _names(project["dependencies"])
    if not _is_in(path, LEARNERS):
        declared |= _names(extras["teacher"])
    if _is_in(path, POSTGRES):
        declared |= _names(extras["postgres"])
    if _is_in(path, AUTHORS):
        declared |= _names(extras["dev"])
    return declared


def _is_in(path: Path, places: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(PACKAGE / place) for place in places)


def test_every_import_is_declared() -> None:
    """Nothing is there only because something else happens to bring it, and learners need no extra."""
    brought_by = metadata.packages_distributions()
    ours = {*sys.stdlib_module_names, "torchaula"}
    undeclared = {
        f"{name}, by {path.relative_to(ROOT)}"
        for name, path in _imported()
        if name not in ours
        and not _declared(path, PROJECT) & set(map(canonicalize_name, brought_by.get(name, [name])))
    }
    assert not undeclared


def _pinned() -> dict[str, str]:
    """The version of each package in `constraints.txt`."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("#")[0].strip().split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def _locked() -> dict[str, tuple[Requirement, list[str]]]:
    """Each package of the lock, and its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line.split("--hash=") for line in text.splitlines() if not line.startswith("#")]
    locked = [(Requirement(entry), [each.strip() for each in hashes]) for entry, *hashes in entries]
    return {canonicalize_name(asked.name): (asked, hashes) for asked, hashes in locked}


def test_lock_has_all_that_is_asked_for_and_nothing_that_only_torch_brings() -> None:
    """The lock follows `pyproject.toml`: what its requirements bring here is what it has for here."""
    extras = PROJECT["optional-dependencies"].values()
    asked = [line for lines in (PROJECT["dependencies"], *extras) for line in lines]
    for_here = {name for name, (r, _) in _locked().items() if not r.marker or r.marker.evaluate()}

    assert for_here == learners.brought(asked, without=("torch",))


def test_lock_pins_the_versions_of_the_constraints_with_hashes() -> None:
    """pip installs from the lock what `make setup` does, and nothing whose bytes are others."""
    pinned, locked = _pinned(), _locked()
    for_here = {
        name: each for name, each in locked.items() if not each[0].marker or each[0].marker.evaluate()
    }

    assert {name: str(r.specifier) for name, (r, _) in for_here.items()} == {
        n: f"=={pinned[n]}" for n in for_here
    }
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for _, hashes in locked.values() for each in hashes)
    assert [name for name, (_, hashes) in locked.items() if not hashes] == []


def test_table_of_families_is_that_of_the_pinned_torch() -> None:
    """What grades, what the table sorts, and what is installed are one torch."""
    pinned = _pinned()["torch"]
    grading = next(line for line in PROJECT["optional-dependencies"]["teacher"] if line.startswith("torch"))

    assert pinned.rpartition(".")[0] == families.TORCH
    major, minor = map(int, families.TORCH.split("."))
    specifier = Requirement(grading).specifier
    fits = [n for n in range(minor + 9) if specifier.contains(f"{major}.{n}.0")]
    assert fits == [minor]
