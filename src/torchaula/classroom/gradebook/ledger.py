"""Write each graded submission to the gradebook in one transaction, and read a whole class at once.

`nbgrader autograde` commits after each cell; here a submission's points, comments and penalty are one
transaction. The rows are the same (a test compares them one by one).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isclose
from typing import TypeVar

import msgspec
from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task
from sqlalchemy import select

from torchaula.classroom.gradebook.penalties import Penalties
from torchaula.course.rebuilding.rebuild import grade_id

Row = TypeVar("Row", Grade, Comment)
NO_RESPONSE = "No response."  # nbgrader's comment on an answer left as it was


@dataclass(frozen=True)
class Points:
    """The points of a graded cell: those of its test, and those given by hand, which take precedence.

    `needs_person` is nbgrader's mark: the cell has no points yet, or it was regraded since points were given.
    """

    auto: float | None
    manual: float | None = None
    extra: float | None = None
    needs_person: bool = False

    @property
    def score(self) -> float:
        """The points as nbgrader counts them: extra credit counts only if there are other points."""
        chosen = self.auto if self.manual is None else self.manual
        return 0.0 if chosen is None else chosen + (self.extra or 0.0)

    @property
    def waits(self) -> bool:
        """Whether nobody has given points yet."""
        return self.auto is None and self.manual is None


def total(points: float, penalty: float) -> float:
    """A submission's points after the late penalty, at least 0."""
    return max(0.0, points - penalty)


@dataclass
class Standing:
    """What the gradebook says about one submission."""

    points: dict[str, Points] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    extension: timedelta = timedelta()  # extra time after the deadline, for this student

    @property
    def score(self) -> float:
        """All points, before the penalty."""
        return sum(each.score for each in self.points.values())

    @property
    def automatic(self) -> dict[str, float | None]:
        """The points that each cell got from its test."""
        return {cell: points.auto for cell, points in self.points.items()}

    @property
    def is_graded(self) -> bool:
        return any((each.auto, each.manual) != (None, None) for each in self.points.values())

    def outdated(self) -> Iterator[str]:
        """The cells with points by hand whose answer was regraded after they were given."""
        for cell, points in self.points.items():
            if points.manual is not None and points.needs_person:
                yield cell

    def overtaken(self) -> Iterator[str]:
        """The cells whose points by hand are lower than what their test gives now."""
        for cell, points in self.points.items():
            if points.manual is not None and points.auto is not None and points.manual < points.auto:
                yield cell


class Lateness(msgspec.Struct, frozen=True):
    """The late penalty as written, and the points it was computed from; the extension is in seconds."""

    penalty: float
    score: float
    extension: float

    @classmethod
    def of(cls, standing: Standing) -> Lateness:
        """The lateness that the gradebook has."""
        return cls(standing.penalty, standing.score, standing.extension.total_seconds())


def fill_extension_row(book: Gradebook, assignment: str, student: str) -> None:
    """Add the notebooks and cells that nbgrader grades to a row that was made for an extension."""
    row = book.find_submission(assignment, student)
    for notebook in () if row.notebooks else row.assignment.notebooks:
        made = SubmittedNotebook(notebook=notebook, assignment=row)
        for cell in (*notebook.grade_cells, *notebook.task_cells):
            Grade(cell_id=cell.id, notebook=made)
        for cell in (*notebook.solution_cells, *notebook.task_cells):
            Comment(cell_id=cell.id, notebook=made)
        book.db.add(made)
    book.db.commit()


def lateness_of(db_url: str, assignment: str, student: str) -> Lateness:
    """The late penalty that the gradebook has now."""
    with Gradebook(db_url) as book:
        row = book.find_submission(assignment, student)
        more = row.extension or timedelta()
        return Lateness(row.late_submission_penalty or 0.0, row.score, more.total_seconds())


def extensions(book: Gradebook, assignment: str) -> dict[str, timedelta]:
    """The extension of each student who has one."""
    row = SubmittedAssignment
    found = select(row.student_id, row.extension).join(row.assignment).where(Assignment.name == assignment)
    return {student: more for student, more in book.db.execute(found) if more}


class Ledger:
    """The rows of one assignment whose cells are in the gradebook already.

    The `deadline` is the one that applies, in UTC without a zone, even if the gradebook has another one.
    """

    def __init__(
        self, book: Gradebook, assignment: str, penalties: Penalties, deadline: datetime | None
    ) -> None:
        self._db, self._penalties, self.deadline = book.db, penalties, deadline
        self._assignment = book.find_assignment(assignment)
        self._notebook = book.find_notebook(assignment, assignment)
        tasks = self._notebook.task_cells  # a person grades tasks and comments on them
        self._graded = {cell.name: cell.id for cell in [*tasks, *self._notebook.grade_cells]}
        self._commented = {cell.name: cell.id for cell in [*tasks, *self._notebook.solution_cells]}
        self.checksums = {cell.name: cell.checksum for cell in self._notebook.source_cells}

    def standings(self) -> dict[str, Standing]:
        """What the gradebook says about each student who handed in."""
        found: dict[str, Standing] = defaultdict(Standing)
        of_notebook = SubmittedNotebook.notebook_id == self._notebook.id
        submitted = select(SubmittedAssignment.student_id).join(SubmittedNotebook.assignment)
        late = submitted.add_columns(SubmittedNotebook.late_submission_penalty, SubmittedAssignment.extension)
        for student, penalty, extension in self._db.execute(late.where(of_notebook)):
            found[student].penalty, found[student].extension = penalty or 0.0, extension or timedelta()
        rows = submitted.where(of_notebook).join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        given = Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade
        for student, cell, *points in self._db.execute(
            rows.join(BaseCell, BaseCell.id == Grade.cell_id).add_columns(BaseCell.name, *given)
        ):
            found[student].points[cell] = Points(*points)
        rows = submitted.where(of_notebook).join(Comment, Comment.notebook_id == SubmittedNotebook.id)
        named = rows.join(BaseCell, BaseCell.id == Comment.cell_id)
        for student, cell, comment in self._db.execute(named.add_columns(BaseCell.name, Comment.comment)):
            if comment is not None:
                found[student].comments[cell] = comment
        return dict(found)

    def write(
        self, student: str, graded: NotebookNode, arrived: datetime | None, is_new: bool = True
    ) -> Standing:
        """Write a graded submission in one transaction. Points and comments by hand stay.

        `arrived` is in UTC. If `is_new`, cells with points by hand are marked to be looked at again, as
        nbgrader does; a result that is only written again, because a penalty changed, marks none. Raises
        SQLAlchemy's `OperationalError` if the database can't be written.
        """
        try:
            submission = self._submission(student)
            submission.timestamp = arrived.replace(tzinfo=None) if arrived else None
            (notebook,) = submission.notebooks
            standing = self._mark(notebook, graded, is_new)
            standing.extension = submission.extension or timedelta()
            notebook.late_submission_penalty = self.penalty(student, standing, arrived)
            standing.penalty = notebook.late_submission_penalty or 0.0
            self._db.commit()
        except BaseException:
            self._db.rollback()
            raise
        self._db.expunge(submission)  # saves memory: a class may have thousands
        return standing

    def _submission(self, student: str) -> SubmittedAssignment:
        found = self._db.scalar(
            select(SubmittedAssignment).where(
                SubmittedAssignment.assignment_id == self._assignment.id,
                SubmittedAssignment.student_id == student,
            )
        )
        if found is not None and not found.notebooks:
            self._fill(found)
        return found or self._new(student)

    def _new(self, student: str) -> SubmittedAssignment:
        """Make a submission's row like `Gradebook.add_submission`, but without committing it."""
        row = self._db.get(Student, student)
        if row is None:
            raise MissingEntry(f"no student {student!r} in the gradebook")
        submission = SubmittedAssignment(assignment=self._assignment, student=row)
        self._fill(submission)
        self._db.add(submission)
        return submission

    def _fill(self, submission: SubmittedAssignment) -> None:
        """Add the notebook, grades and comments that `add_submission` adds; an extension's row has none."""
        with self._db.no_autoflush:
            notebook = SubmittedNotebook(notebook=self._notebook, assignment=submission)
            for cell in self._graded.values():
                Grade(cell_id=cell, notebook=notebook)
            for cell in self._commented.values():
                Comment(cell_id=cell, notebook=notebook)
        self._db.add(notebook)

    def _mark(self, notebook: SubmittedNotebook, graded: NotebookNode, is_new: bool) -> Standing:
        grades = {grade.cell_id: grade for grade in notebook.grades}
        comments = {comment.cell_id: comment for comment in notebook.comments}
        standing = Standing()
        for cell in graded.cells:
            name = grade_id(cell)
            if is_grade(cell) or is_task(cell):
                of_cell = self._graded[name]
                grade = grades.get(of_cell) or self._add(Grade(cell_id=of_cell, notebook_id=notebook.id))
                standing.points[name] = _points(grade, cell, is_new)
            if is_solution(cell) or is_task(cell):
                of_cell = self._commented[name]
                comment = comments.get(of_cell) or self._add(
                    Comment(cell_id=of_cell, notebook_id=notebook.id)
                )
                if (told := _shown_comment(comment, cell)) is not None:
                    standing.comments[name] = told
        return standing

    def _add(self, row: Row) -> Row:
        """Add a row that older versions did not make."""
        self._db.add(row)
        return row

    def penalty(self, student: str, standing: Standing, arrived: datetime | None) -> float | None:
        """The late penalty as things stand, as nbgrader assigns it; None if there is none."""
        return self._penalty(student, standing.score, standing.extension, arrived)

    def costs_otherwise(
        self, student: str, before: Lateness | None, standing: Standing, arrived: datetime | None
    ) -> bool:
        """Whether the late penalty of the same points has changed: by a new deadline, rule or arrival time.

        `before` is what was written. Points by hand and extensions don't count, because they are set on
        purpose.
        """
        if before is None or not isclose(before.penalty, standing.penalty):
            before = Lateness.of(standing)
        extension = timedelta(seconds=before.extension)
        now = self._penalty(student, before.score, extension, arrived) or 0.0
        return not isclose(now, before.penalty)

    def _penalty(
        self, student: str, score: float, extension: timedelta, arrived: datetime | None
    ) -> float | None:
        if arrived is None or self.deadline is None:
            return None
        late = (arrived - self.deadline.replace(tzinfo=UTC) - extension).total_seconds()
        if late <= 0:
            return None
        return self._penalties.cost(student, score, late)


def _points(grade: Grade, cell: NotebookNode, is_new: bool) -> Points:
    """Note the points of a cell's test, as nbgrader does: None for an answer. A task's points stay."""
    if is_grade(cell):
        score, _most = determine_grade(cell)
        auto = None if score is None else float(score)  # a float, as the database returns it: 0.0
        if is_new or auto != grade.auto_score:
            grade.needs_manual_grade = auto is None or grade.manual_score is not None
        grade.auto_score = auto
    # A row that is not written yet has no mark. nbgrader's default for it is true.
    needs_person = grade.needs_manual_grade is not False
    return Points(grade.auto_score, grade.manual_score, grade.extra_credit, needs_person)


def _shown_comment(comment: Comment, cell: NotebookNode) -> str | None:
    """Note whether an answer was left as it was; returns the comment, a person's own if there is one."""
    is_untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    comment.auto_comment = NO_RESPONSE if is_untouched and not is_task(cell) else None
    said: str | None = comment.auto_comment if comment.manual_comment is None else comment.manual_comment
    return said
