"""A class for the small course: the sample class, and pupils who each do one odd thing."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests import programs
from torchaula.authoring import sample_class
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.course.notebook import Cell

STUBBORN = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
SHADOW = """
from unittest.mock import MagicMock
begin = graded = battery = MagicMock()
"""


def hand_in(course: Course) -> None:
    """Write the sample class and the odd pupils to `submitted/`."""
    sample_class.write(course, "mini")
    for student in sample_class.IN_BETWEEN:  # they take time, and show nothing new here
        shutil.rmtree(course.submitted / student)
    made_from = sample_class.material(course, "mini")
    model = {name: made_from.model(name) for name in made_from.exercises}
    solved, untouched = sample_class.handed_in(made_from, model), made_from.released
    edits: dict[str, tuple[str, Callable[[NotebookNode], None]]] = {
        "ana maría ñ": (solved, _forge_kernel),
        "tags and shadows": (untouched, _forge_tags),
        "copied and foreign": (solved, _copy_cells),
        "deleted": (solved, _delete_graded),
        "retyped": (solved, _retype),
        "warns": (solved, _warn),
        "points": (untouched, _say_points),
        "stubborn": (solved, _never_end),
        "exits": (solved, _exit),
    }
    for student, (text, edit) in edits.items():
        node = notebook.loads(text)
        edit(node)
        write(course, student, notebook.text(node))
    _write_shadows(course)
    write(course, "renamed", solved, "mini (1)")
    (course.submitted / "nothing").mkdir()
    link = course.submitted / "linked" / "mini"
    link.parent.mkdir()
    link.symlink_to(course.submitted / "referencia" / "mini")


def solutions(cells: Iterable[Cell]) -> dict[str, str]:
    """The text of each solution cell, by exercise."""
    return {cell.id: cell.source for cell in cells if cell.kind == "solution"}


def write(course: Course, student: str, text: str, name: str = "mini") -> None:
    """Hand in a notebook's text."""
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")


def _write_shadows(course: Course) -> None:
    """Modules that would be imported instead of ours, and a companion file over one of ours."""
    folder = course.submitted / "tags and shadows" / "mini"
    (folder / "torchaula").mkdir()
    for name in ("torch.py", "torchaula/__init__.py", "torchaula/checks.py"):
        (folder / name).write_text(SHADOW)
    (course.submitted / "warns" / "mini" / "datos.txt").write_text("theirs\n")


def cell(node: NotebookNode, identifier: str) -> NotebookNode:
    """The cell with this `grade_id`."""
    return next(c for c in node.cells if c.metadata.get("nbgrader", {}).get("grade_id") == identifier)


def _forge_tags(node: NotebookNode) -> None:
    for each in node.cells:
        each.metadata["tags"] = ["demo", "skip-execution", "raises-exception"]


def _forge_kernel(node: NotebookNode) -> None:
    node.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "?", "language": "julia"}


def _copy_cells(node: NotebookNode) -> None:
    for identifier in ("double", "double-valores"):
        original = cell(node, identifier)
        twin = nbformat.from_dict(json.loads(json.dumps(original)))
        twin.id = f"{identifier}-copy"
        node.cells.append(twin)
    _add_foreign_cell(node)


def _delete_graded(node: NotebookNode) -> None:
    node.cells.remove(cell(node, "double-valores"))


def _add_foreign_cell(node: NotebookNode) -> None:
    metadata = {
        "nbgrader": {
            "grade_id": "elsewhere",
            "grade": True,
            "points": 50,
            "solution": False,
            "locked": True,
            "schema_version": 3,
            "task": False,
        }
    }
    node.cells.append(new_code_cell("1", metadata=metadata, id="elsewhere"))


def _warn(node: NotebookNode) -> None:
    each = cell(node, "double")
    each.source = each.source.replace("return", "import warnings; warnings.warn('mind')\n    return")


def _say_points(node: NotebookNode) -> None:
    cell(node, "double").source = "def double(x):\n    print('5')\n    return 5.0"


def _exit(node: NotebookNode) -> None:
    cell(node, "double").source = "import os; os._exit(0)"


def _retype(node: NotebookNode) -> None:
    """Turn code into text, and graded cells into ungraded ones."""
    for identifier in ("double", "double-valores"):
        each = cell(node, identifier)
        each.cell_type = "markdown"
        each.metadata.nbgrader.update(grade=False, solution=True, locked=False)
        del each["outputs"], each["execution_count"]


def _never_end(node: NotebookNode) -> None:
    cell(node, "double").source = STUBBORN


def remove(course: Course, student: str) -> None:
    """Take back what a student handed in."""
    folder = course.submitted / student
    shutil.rmtree(folder) if folder.is_dir() else folder.unlink()


def table(path: Path) -> dict[str, dict[str, str]]:
    """A table of the class by student and column."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def command(course: Course, *words: str, code: int = 0, settings: Mapping[str, str] | None = None) -> str:
    """Run `torchaula` on a course, as a program; what it prints. It must end with this exit code.

    It grades with one worker, unless the words say otherwise.
    """
    environment = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "200"} | dict(settings or {})
    one = ("--jobs", "1") if words[0] == "grade" and "--jobs" not in words else ()
    done = programs.run("torchaula", "--course", str(course.root), *words, *one, env=environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr
