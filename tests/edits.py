"""What an author does to the small course's notebook, cell by cell."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from nbformat import NotebookNode

from tests import pupils
from torchaula.course import notebook
from torchaula.course.layout import Course


def rewrite(course: Course, identifier: str, source: str | None = None, **metadata: Any) -> None:
    """Give a cell another text, or other metadata of nbgrader's."""
    path = course.notebook("mini")
    node = notebook.read(path)
    cell = pupils.cell(node, identifier)
    cell.source = cell.source if source is None else source
    cell.metadata.nbgrader.update(metadata)
    notebook.write(node, path)


def replace(course: Course, identifier: str, old: str, new: str) -> None:
    """Replace a part of a cell's text."""
    text = source_of(course, identifier)
    assert old in text
    rewrite(course, identifier, text.replace(old, new))


def source_of(course: Course, identifier: str) -> str:
    """The text of a cell."""
    text: str = pupils.cell(notebook.read(course.notebook("mini")), identifier).source
    return text


def copy_cell(course: Course, identifier: str, name: str, source: str, points: int = 7) -> None:
    """Add a graded cell after another one, made like it."""
    path = course.notebook("mini")
    node = notebook.read(path)
    cell = pupils.cell(node, identifier)
    made: NotebookNode = deepcopy(cell)
    made.id, made.source = f"{name}-copy", source
    made.metadata.nbgrader.update(grade_id=name, points=points)
    node.cells.insert(node.cells.index(cell) + 1, made)
    notebook.write(node, path)


def move_first(course: Course, identifier: str) -> None:
    """Put a cell before all others."""
    path = course.notebook("mini")
    node = notebook.read(path)
    cell = pupils.cell(node, identifier)
    node.cells.remove(cell)
    node.cells.insert(0, cell)
    notebook.write(node, path)


def remove(course: Course, identifier: str) -> None:
    """Take a cell out."""
    path = course.notebook("mini")
    node = notebook.read(path)
    node.cells.remove(pupils.cell(node, identifier))
    notebook.write(node, path)
