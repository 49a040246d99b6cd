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


def _imported() -> Iterator[tuple[str, Path]]:
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((each.name.partition(".")[0], path) for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0], path


def test_every_import_is_declared() -> None:
    """Nothing is there only because something else happens to bring it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    brought_by = metadata.packages_distributions()
    ours = {*sys.stdlib_module_names, "torchaula"}
    undeclared = {
        f"{name}, by {path.relative_to(ROOT)}"
        for name, path in _imported()
        if name not in ours and not declared & set(map(canonicalize_name, brought_by.get(name, [name])))
    }
    assert not undeclared
