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

from torchaula.checks import families

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGE = ROOT / "src" / "torchaula"
# What runs beside a learner's answer, or before the package knows what is installed: it needs no extra.
LEARNERS = ("__init__.py", "__main__.py", "checks", "findings.py", "handin", "i18n.py", "moved.py")
AUTHORS = ("authoring/audit",)  # what they need besides, the extra `dev` brings


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


def test_table_of_families_is_that_of_the_pinned_torch() -> None:
    """What grades, what the table sorts, and what is installed are one torch."""
    pinned = re.search(r"^torch==(\d+\.\d+)\.", (ROOT / "constraints.txt").read_text(), re.M)
    grading = next(line for line in PROJECT["optional-dependencies"]["teacher"] if line.startswith("torch"))

    assert pinned
    assert pinned[1] == families.TORCH
    major, minor = map(int, families.TORCH.split("."))
    specifier = Requirement(grading).specifier
    fits = [n for n in range(minor + 9) if specifier.contains(f"{major}.{n}.0")]
    assert fits == [minor]
