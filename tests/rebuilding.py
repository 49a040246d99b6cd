"""What a class's main process does with a submission before a worker sees it, in one call, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from nbformat import NotebookNode

from torchaula.classroom.batch import review
from torchaula.classroom.batch.assignments import Assignment
from torchaula.classroom.batch.review import Review
from torchaula.course import notebook
from torchaula.course.markers import USUAL, Markers
from torchaula.course.rebuilding import instructor
from torchaula.course.rebuilding import rebuild as rebuilding
from torchaula.course.rebuilding.instructor import Instructor
from torchaula.course.rebuilding.rebuild import Sorted
from torchaula.course.rebuilding.submitted import SubmittedCell, read
from torchaula.course.rebuilding.work import Piece, Work
from torchaula.grading.trusted.jobs import Assigned, Job
from torchaula.grading.wire.limits import Limits


def sort(source: NotebookNode, cells: Sequence[SubmittedCell], markers: Markers = USUAL) -> Sorted:
    """Which cell of a submission is which."""
    return rebuilding.sort(instructor.of(source, markers), cells)


def rebuild(source: NotebookNode, cells: Sequence[SubmittedCell], markers: Markers = USUAL) -> NotebookNode:
    """The notebook to grade."""
    return rebuilding.rebuild(source, sort(source, cells, markers).work, markers)


def reviewed(source: NotebookNode, cells: Sequence[SubmittedCell], markers: Markers = USUAL) -> Review:
    """What a person should look at."""
    found = sort(source, cells, markers)
    return review.of(found.work, found.known)


def reviewed_cells(cells: Sequence[SubmittedCell]) -> list[str]:
    """The telling names of some cells of a learner's own."""
    work = Work(tuple(Piece(cell, "") for cell in cells), frozenset())
    return review.of(work, Instructor({}, USUAL)).names


def job_of(assignment: Assignment, content: bytes) -> Job:
    """What a batch asks a worker about a file that was handed in."""
    work = rebuilding.sort(assignment.instructor, read(content)).work
    return assignment.job(assignment.rebuilt(work))


class JobMaker:
    """Makes jobs for a worker of one assignment, whose notebook has this text."""

    def __init__(
        self,
        name: str,
        text: str,
        limits: Limits | None = None,
        **others: Any,
    ) -> None:
        self.node, self.name = notebook.loads(text), name
        source = notebook.parse(self.node, name)
        keys = {name: f"{name} {others.get('secret')}".encode().hex() for name in source.exercises}
        made = Assigned(source, limits or Limits(), keys=keys, **others)
        self.assigned = msgspec.msgpack.encode(made)

    def job(self, content: bytes) -> Job:
        """What to ask about a file that was handed in. Raises `Unreadable` where it holds no notebook."""
        node = rebuild(self.node, read(content))
        return Job(self.assigned, msgspec.msgpack.encode(notebook.parse(node, self.name)))
