"""nbgrader's gradebook: made once, told of the assignment and of every student, and read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from sqlalchemy.exc import DatabaseError
from traitlets.config import Config

from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.i18n import _


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The gradebook, made where there is none. Raises `Refusal` where it can't be opened."""
    converters.find_alembic()
    settings = converters.config(course).CourseDirectory
    try:
        gradebook = Gradebook(settings.get("db_url", f"sqlite:///{course.gradebook}"), settings.course_id)
    except DatabaseError as error:
        raise Refusal(
            _("{path}: not a gradebook ({reason}); move it away, or put a copy of the right one back").format(
                path=course.gradebook, reason=error.orig
            )
        ) from None
    with gradebook:
        yield gradebook


def record(course: Course, source: Notebook, students: Iterable[str]) -> None:
    """Bring the gradebook up to date with an assignment's cells and with the students who handed in.

    A student whose submission can't be graded has a row all the same. Raises `Refusal` where grades
    hang on cells that are gone from `source/`: nothing is changed then.
    """
    assignment = source.assignment
    with opened(course) as gradebook:
        _require_same_cells(gradebook, course, source)
        for student in students:
            gradebook.update_or_create_student(student)
    settings = Config()
    # The released files are not wanted here, only what nbgrader notes of the cells on the way.
    with tempfile.TemporaryDirectory(dir=course.state, prefix="record-") as folder:
        settings.CourseDirectory.release_directory = folder
        run = converters.run(GenerateAssignment, course, assignment, settings=settings)
    if run.error:
        raise Refusal(
            _("{path}: nbgrader can't record it ({reason}); mend the notebook").format(
                path=course.notebook(assignment), reason=run.reason
            )
        )


def _require_same_cells(gradebook: Gradebook, course: Course, source: Notebook) -> None:
    name = source.assignment
    try:
        known = gradebook.find_notebook(name, name)
    except MissingEntry:
        return
    if not known.submissions:
        return
    before = {cell.name for cell in known.source_cells}
    changed = before ^ {cell.id for cell in source.cells if cell.is_recorded}
    if changed:
        raise Refusal(
            _(
                "{path}: grades given so far belong to other cells of {assignment} ({cells}); keep them with "
                "`mv gradebook.db gradebook.db.old` and grade again"
            ).format(path=course.gradebook, assignment=name, cells=", ".join(sorted(changed)[:4]))
        )


def points(course: Course, assignment: str, student: str) -> dict[str, float]:
    """The points of each graded cell of one student; empty where nothing was graded."""
    with opened(course) as gradebook:
        try:
            submission = gradebook.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return {}
        return {grade.name: float(grade.score) for grade in submission.grades}
