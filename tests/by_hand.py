"""Cells that a person grades, put into the small course, and a class that answers them in every odd way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.converters import Autograde, GenerateAssignment

from tests import mini, pupils
from torchaula.authoring import normal_form
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import gradebook
from torchaula.course import converters, notebook
from torchaula.course.layout import Course, find

STUB = "*Escribe aquí tu respuesta.*"  # as the course's configuration says
SCHEME = "Un punto por cada dato que salga en la lista secreta"
MANUAL = {"grade": True, "solution": True, "locked": False}
CELLS: dict[str, NotebookNode] = {
    cell.id: cell for cell in notebook.read(mini.COURSES / "source" / "by-hand" / "by-hand.ipynb").cells
}
POINTS = {"explica": 5, "dibuja": 2.5, "tarea": 3, "opcional": 0, "decima": 0.1}
ESSAY = "Sumar algo *consigo mismo* lo duplica: $x + x$.\n\n- y 3 < 5"
ENGINE = '    "torchaula.plugins.autograde.Grade",\n'
# As nbgrader does it by itself, but for the engine, which scores automatically graded cells.
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "torchaula"
c.NbGrader.logfile = ""
c.ClearSolutions.code_stub = {"python": "# ESCRIBE AQUÍ TU CÓDIGO"}
c.ClearSolutions.text_stub = "*Escribe aquí tu respuesta.*"
c.Autograde.autograde_preprocessors = [
    "torchaula.plugins.autograde.Grade",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
"""


def cell(identifier: str, text: str, is_code: bool, roles: Mapping[str, Any]) -> NotebookNode:
    """A cell of the instructor's."""
    make = new_code_cell if is_code else new_markdown_cell
    told = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    metadata = {"nbgrader": told | {"grade_id": identifier} | dict(roles)}
    made: NotebookNode = make(text, metadata=metadata, id=identifier)
    return made


def mixed(course: Course, *names: str, after: str = "double-valores", assignment: str = "mini") -> Course:
    """Put cells that a person grades, all or those named, into an assignment, and release it."""
    path = course.notebook(assignment)
    node = notebook.read(path)
    place = [each.metadata.get("nbgrader", {}).get("grade_id") for each in node.cells].index(after) + 1
    node.cells[place:place] = [deepcopy(CELLS[name]) for name in names or CELLS]
    path.write_text(notebook.text(normal_form.normal(node)))
    release(course, assignment)
    return course


def only(course: Course) -> Course:
    """Let an assignment be of nothing but such cells."""
    path = course.notebook("mini")
    node = notebook.read(path)
    node.cells = list(CELLS.values())
    path.write_text(notebook.text(normal_form.normal(node)))
    release(course, "mini")
    return course


def edited(course: Course, *edits: Callable[[NotebookNode], None], assignment: str = "mini") -> str:
    """The released notebook after some edits."""
    node = notebook.read(course.released(assignment))
    for edit in edits:
        edit(node)
    return notebook.text(node)


def write(name: str, text: str) -> Callable[[NotebookNode], None]:
    """Write a text into a cell."""
    return lambda node: pupils.cell(node, name).update(source=text)


def retype(name: str) -> Callable[[NotebookNode], None]:
    """Turn code into Markdown, or Markdown into code."""

    def edit(node: NotebookNode) -> None:
        each = pupils.cell(node, name)
        if each.cell_type == "code":
            each.cell_type = "markdown"
            del each["outputs"], each["execution_count"]
        else:
            each.update(cell_type="code", outputs=[], execution_count=None)

    return edit


def double(name: str, text: str) -> Callable[[NotebookNode], None]:
    """Copy a cell, with another text, to the end."""

    def edit(node: NotebookNode) -> None:
        twin = nbformat.from_dict(json.loads(json.dumps(pupils.cell(node, name))))
        twin.update(source=text, id=f"{name}-copy")
        node.cells.append(twin)

    return edit


def add(after: str, *texts: str) -> Callable[[NotebookNode], None]:
    """Add Markdown of the learner's own below a cell."""

    def edit(node: NotebookNode) -> None:
        place = node.cells.index(pupils.cell(node, after)) + 1
        node.cells[place:place] = [new_markdown_cell(text, id=f"mine-{n}") for n, text in enumerate(texts)]

    return edit


def delete(name: str) -> Callable[[NotebookNode], None]:
    """Remove a cell."""
    return lambda node: node.cells.remove(pupils.cell(node, name))


ANSWERS = [
    write("double", "def double(x):\n    return 2 * x"),
    write("explica", ESSAY),
    write("dibuja", "line = [double(x) for x in range(3)]\nline"),
    add("tarea", "Un dato: **π**.", "Y otro."),
    write("decima", "Sí"),
]
CLASS: dict[str, list[Callable[[NotebookNode], None]]] = {
    "escribe": ANSWERS,
    "vacia": [],
    "borra": [write("explica", ""), write("dibuja", ""), write("tarea", "Ya está hecha")],
    "retoca": [*ANSWERS, retype("explica"), retype("dibuja"), retype("opcional")],
    "un blanco más": [write("explica", f"{STUB} "), retype("dibuja")],
    "dobla": [write("explica", "uno"), double("explica", "dos")],
}


NOT_STOCK = {"dobla"}  # nbgrader by itself grades no notebook in which a cell stands twice


def hand_in(course: Course, *students: str) -> None:
    """Hand in what each of these of the class answers; nobody: everybody."""
    for student in students or CLASS:
        pupils.write(course, student, edited(course, *CLASS[student]))


def stock(course: Course, root: Path, has_tests: bool = True) -> Course:
    """The same source and submissions in a course that only knows nbgrader's own way."""
    theirs = mini.copy(course, root)
    theirs.gradebook.unlink(missing_ok=True)
    settings = STOCK if has_tests else STOCK.replace(ENGINE, "")
    theirs.config.write_text(settings + mini.SHORTER + mini.without_sandbox())
    return find(root)


def autograde(course: Course, *students: str, first: bool = True) -> None:
    """Run nbgrader's own converters on a course, whatever its configuration makes of them."""
    if first:
        run = converters.run(GenerateAssignment, course, "mini")
        assert not run.error, run.error
    for student in students or sorted(path.name for path in course.submitted.iterdir()):
        run = converters.run(Autograde, course, "mini", student)
        assert not run.error, run.error


def give(course: Course, student: str, name: str, points: float | None, extra: float | None = None) -> None:
    """Give points by hand, as the formgrader writes them."""
    with gradebook.opened(course) as book:
        grade = book.find_grade(name, "mini", "mini", student)
        grade.manual_score, grade.extra_credit = points, extra
        grade.needs_manual_grade = points is None and grade.auto_score is None
        book.db.commit()


def say(course: Course, student: str, name: str, text: str) -> None:
    """Comment on an answer, as the formgrader does."""
    with gradebook.opened(course) as book:
        book.find_comment(name, "mini", "mini", student).manual_comment = text
        book.db.commit()
