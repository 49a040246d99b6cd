"""What the package imports is what `pyproject.toml` declares."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
AUDIT = ROOT / "src" / "torchaula" / "authoring" / "audit"  # what it needs besides, the extra `dev` brings


def _imported() -> Iterator[tuple[str, Path]]:
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((each.name.partition(".")[0], path) for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0], path


def _names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def test_every_import_is_declared() -> None:
    """Nothing is there only because something else happens to bring it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = _names(project["dependencies"])
    declared_for_dev = declared | _names(project["optional-dependencies"]["dev"])
    brought_by = metadata.packages_distributions()
    ours = {*sys.stdlib_module_names, "torchaula"}
    undeclared = {
        f"{name}, by {path.relative_to(ROOT)}"
        for name, path in _imported()
        if name not in ours
        and not (declared_for_dev if path.is_relative_to(AUDIT) else declared)
        & set(map(canonicalize_name, brought_by.get(name, [name])))
    }
    assert not undeclared
