"""A small assignment whose answers lean on all that honest learners disturb, and a warm engine to grade it.

Its answers use built-ins, modules of the set-up, NumPy's error state, autograd, defaults of torch and a
deep recursion; its tests call them as the tests of the course do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.mini import COURSES
from tests.rebuilding import JobMaker
from torchaula.course import notebook
from torchaula.course.markers import USUAL
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.wire.limits import Limits

NAME = "taller"
LIMITS = Limits(cell_seconds=3, cells_seconds=15)


def instructor() -> NotebookNode:
    """The instructor's notebook."""
    return notebook.read(COURSES / "source" / NAME / f"{NAME}.ipynb")


SOLUTIONS = {
    cell.metadata.nbgrader.grade_id: cell.source
    for cell in instructor().cells
    if cell.metadata.nbgrader.solution
}


@dataclass
class Book:
    """A notebook to be handed in, answered rightly, for a test to change; `content`, if any, in its place."""

    node: NotebookNode = field(default_factory=instructor)
    content: bytes | None = None

    def __post_init__(self) -> None:
        for cell in self.node.cells:
            cell.source = USUAL.published(USUAL.answer(cell.source)).rstrip("\n")

    @property
    def file(self) -> bytes:
        """The file that is handed in."""
        return json.dumps(self.node).encode() if self.content is None else self.content

    def cell(self, identifier: str) -> NotebookNode:
        """The cell with this `grade_id`."""
        cells = self.node.cells
        return next(c for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == identifier)

    def empty(self, exercise: str) -> None:
        """Leave an exercise as it was released."""
        self.cell(exercise).source = USUAL.stub(SOLUTIONS[exercise])

    def add(self, source: str, after: str, markdown: bool = False) -> None:
        """Put a cell of the learner's own after the one with this `grade_id`; first, if that is empty."""
        make = new_markdown_cell if markdown else new_code_cell
        place = self.node.cells.index(self.cell(after)) + 1 if after else 0
        self.node.cells.insert(place, make(source, id=f"mine-{len(self.node.cells)}"))

    def as_json(self) -> Any:
        """The file's content as plain lists and dicts."""
        return json.loads(json.dumps(self.node))


class Workshop:
    """The real engine in the real sandbox, warm."""

    def __init__(self) -> None:
        self._desk = JobMaker(NAME, notebook.text(instructor()), LIMITS)
        self.client = Client()
        self.every_cell = {
            cell.id for cell in notebook.parse(instructor(), NAME).cells if cell.kind == "graded"
        }

    def grade(self, content: bytes) -> Result:
        """What becomes of a file that is handed in. Raises `Unreadable`."""
        return self.client.grade(self._desk.job(content))

    @property
    def worker(self) -> int:
        """The process that grades."""
        process = self.client._process
        return process.pid if process else 0


def passed(result: Result) -> set[str]:
    """The graded cells that earn their points."""
    return {cell for cell, verdict in result.verdicts.items() if verdict.passed}
