"""Begin an assignment, or add an exercise to one: copies of templates that work as they stand, to be changed.

A template is a notebook with an exercise and the file of its known answers, in the repository's `templates/`:
the package, which student code can read, holds no hidden test.
"""

from __future__ import annotations

import ast
import json
import re
from enum import StrEnum
from pathlib import Path

from nbformat import NotebookNode

import torchaula
from torchaula import source_text
from torchaula.authoring import derived, normal_form
from torchaula.course import answers, notebook, outline
from torchaula.course.layout import Course
from torchaula.course.outline import Entry
from torchaula.errors import Refusal
from torchaula.files import whole
from torchaula.i18n import _

TEMPLATES = Path(torchaula.__file__).parents[2] / "templates"
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
RESERVED = (notebook.STATEMENT, notebook.PUBLIC, *notebook.HIDDEN)
FIRST = "ejemplo"  # the exercise of a new assignment


class Template(StrEnum):
    """Which exercise a new one begins as: a plain function, or one that draws from a generator."""

    PLAIN = "plain"
    RANDOM = "random"

    @property
    def notebook(self) -> Path:
        return TEMPLATES / f"{self}.ipynb"

    @property
    def answers(self) -> Path:
        return TEMPLATES / f"{self}.md"


def begin(course: Course, assignment: str) -> list[Path]:
    """Write an assignment of one exercise, and list it in `course.toml` as a draft; returns what was written.

    Raises `Refusal`, before anything is written, if the name is bad or taken.
    """
    _refuse_bad_id(assignment)
    path = course.source / assignment / f"{assignment}.ipynb"
    if found := sorted(path.parent.glob("*.ipynb")):
        raise Refusal(
            _("{path}: exists already; to add an exercise, run `torchaula new {assignment}/NAME`").format(
                path=found[0], assignment=assignment
            )
        )
    entry = outline.entry(course.root, assignment)
    title = entry.title or assignment.capitalize()
    node = notebook.loads(_filled(Template.PLAIN.notebook, assignment, FIRST, title))
    known = _write_answers(course, assignment, FIRST, Template.PLAIN)
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook.write(normal_form.written(node, assignment), path)
    draft = Entry(assignment, title, is_draft=True)
    return [path, known, *outline.add(course.root, draft)]


def add(course: Course, assignment: str, exercise: str, template: Template = Template.PLAIN) -> list[Path]:
    """Add `exercise` after the last one of the notebook; returns the paths of notebook and answers.

    Raises `Refusal`, before anything is written, if the id is bad or taken.
    """
    if not (course.source / assignment).exists():
        raise Refusal(
            _("{folder}: there is no such assignment; to begin it, run `torchaula new {assignment}`").format(
                folder=course.source / assignment, assignment=assignment
            )
        )
    path = course.notebook(assignment)
    node = notebook.read(path)
    source = notebook.parse(node, assignment)
    _refuse_bad_id(exercise)
    if exercise in [cell.id for cell in source.cells]:
        raise Refusal(
            _("{path}: there is a cell {id!r} already; choose another id").format(path=path, id=exercise)
        )
    made = notebook.loads(_filled(template.notebook, assignment, exercise))
    last = max(
        (i for i, cell in enumerate(source.cells) if cell.kind == "graded"), default=len(node.cells) - 1
    )
    node.cells[last + 1 : last + 1] = _of_exercise(made, exercise)
    _import_into(node, made)
    known = _write_answers(course, assignment, exercise, template)
    notebook.write(normal_form.written(node, assignment), path)
    return [path, known]


def _refuse_bad_id(name: str) -> None:
    if not ID.fullmatch(name) or name.rpartition("-")[2] in RESERVED:
        raise Refusal(
            _("{id!r}: an id is lowercase words joined by '-', the last none of {reserved}").format(
                id=name, reserved=", ".join(RESERVED)
            )
        )


def _filled(template: Path, assignment: str, exercise: str, title: str = "") -> str:
    """The template's text with the names of what is new."""
    if not template.is_file():
        raise Refusal(
            _("{path}: not in an installed wheel; run this from torchaula's own repository").format(
                path=template
            )
        )
    text = template.read_text(encoding="utf-8")
    for old, new in {
        "assignment-name": assignment,
        "assignment-title": json.dumps(title, ensure_ascii=False)[1:-1],  # inside a string of JSON
        "new-exercise": exercise,
        "new_exercise": exercise.replace("-", "_"),
    }.items():
        text = text.replace(old, new)
    return text


def _write_answers(course: Course, assignment: str, exercise: str, template: Template) -> Path:
    path = answers.path(course, assignment, exercise)
    if path.exists():
        raise Refusal(_("{path}: exists already; choose another id").format(path=path))
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as file:
        file.write_text(_filled(template.answers, assignment, exercise), encoding="utf-8")
    return path


def _of_exercise(node: NotebookNode, exercise: str) -> list[NotebookNode]:
    cells = notebook.parse(node, "").cells
    return [each for each, cell in zip(node.cells, cells, strict=True) if cell.exercise == exercise]


def _import_into(node: NotebookNode, made: NotebookNode) -> None:
    """Add to the set-up, above its `begin(…)`, the imports that the new cells need and that it lacks."""
    for wanted in filter(_is_setup, made.cells):
        for cell in filter(_is_setup, node.cells):
            lines = cell.source.splitlines()
            calls = list(derived.begin_calls(cell.source))
            place = calls[0].lineno - 1 if calls else len(lines)
            lines[place:place] = _lacking(wanted.source, source_text.names_bound_in(cell.source))
            cell.source = "\n".join(lines)


def _is_setup(cell: NotebookNode) -> bool:
    return notebook.SETUP_TAG in cell.metadata.get("tags", [])


def _lacking(source: str, bound: frozenset[str]) -> list[str]:
    """The import statements of `source`, each without the names that are bound already."""
    found = []
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            statement.names = [each for each in statement.names if (each.asname or each.name) not in bound]
            found += [ast.unparse(statement)] if statement.names else []
    return found
