"""A learner's environment: what it has, and a notebook run in it.

So a version of torch is tried: `python tests/learners.py PYTHON…` runs each released notebook's public
checks, on the model solutions, with each of these Pythons, and says which torch they have; `--demos` runs
all other cells too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from torchaula.course import notebook
from torchaula.course.layout import Course

ROOT = Path(__file__).parents[1]
COURSE = Course(ROOT)
VERSION = "import torch; print(torch.__version__)"


def brought(requirements: Iterable[str], without: Collection[str] = ()) -> set[str]:
    """The distributions that these requirements bring here, and what those need; `without` these."""
    found: dict[str, set[str]] = {}  # with the extras for which it was asked
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        asked, extra = waiting.pop()
        name = canonicalize_name(asked.name)
        if name in without or (asked.marker and not asked.marker.evaluate({"extra": extra})):
            continue
        new = {"", *asked.extras} - found.setdefault(name, set())
        found[name] |= new
        needed = map(Requirement, metadata.requires(name) or ()) if new else ()
        waiting += [(each, extra) for each in needed for extra in new]
    return set(found)


def lend(environment: Path, names: Iterable[str]) -> None:
    """Let a new environment find these distributions, as they are installed here, and no other."""
    shelf = environment / "lent"
    shelf.mkdir()
    for name in names:
        distribution = metadata.distribution(name)
        parts = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
        for part in parts:
            if not (shelf / part).exists():
                (shelf / part).symlink_to(Path(str(distribution.locate_file(part))).resolve())
    for packages in environment.glob("lib/python*/site-packages"):
        (packages / "lent.pth").write_text(f"{shelf}\n")


def cells(
    assignment: str, answers: dict[str, str] | None = None, demos: bool = False
) -> Iterator[tuple[str, str]]:
    """A released notebook's code, with these answers or else the model solutions, without hidden tests."""
    source = notebook.load(COURSE.notebook(assignment))
    known = {name: each.solution.answer for name, each in source.exercises.items()} | (answers or {})
    for cell in notebook.load(COURSE.released(assignment)).cells:
        is_run = cell.kind in ("setup", "solution") or cell.aspect == notebook.PUBLIC
        if cell.is_code and (is_run or (demos and cell.kind == "demo")):
            yield cell.id, known.get(cell.id, cell.source)


def results(python: Path, cells: Iterable[tuple[str, str]], folder: Path) -> dict[str, dict[str, str]]:
    """What these cells show, and what ends them, where this Python runs them."""
    done = subprocess.run(
        [python, Path(__file__).with_name("as_learner.py")],
        input=json.dumps([*cells]),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _tell(python: Path, demos: bool) -> None:
    version = subprocess.run(
        [python, "-c", VERSION], capture_output=True, text=True, check=True
    ).stdout.strip()
    for assignment in COURSE.assignments:
        found = results(python, cells(assignment, demos=demos), COURSE.release / assignment)
        wrong = {name: each["error"] for name, each in found.items() if each["error"]}
        new = sorted({name for each in found.values() for name in re.findall("Aviso: .*", each["shown"])})
        checks = sum(name.endswith(notebook.PUBLIC) for name in found)
        print(
            f"torch {version}: {assignment}: {checks} public checks, {len(found)} cells, {len(wrong)} failed"
        )
        for line in [*new, *(f"{name}: {error}" for name, error in wrong.items())]:
            print("   ", line.replace("\n", "\n    "))


if __name__ == "__main__":
    for each in sys.argv[1:]:
        if each != "--demos":
            _tell(Path(each).absolute(), demos="--demos" in sys.argv)
