"""An assignment's rows in nbgrader's gradebook, read for the class at once, written submission by submission.

`nbgrader autograde` commits once a cell; here a submission's points, comments and penalty are one
transaction, and say the same (a test compares them row by row).
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
    """What a graded cell got: by its test, and by hand, which wins.

    `needs_person` is nbgrader's mark: nobody gave points yet, or it was regraded since.
    """

    auto: float | None
    manual: float | None = None
    extra: float | None = None
    needs_person: bool = False

    @property
    def score(self) -> float:
        """As nbgrader counts it: extra credit goes with other points only."""
        chosen = self.auto if self.manual is None else self.manual
        return 0.0 if chosen is None else chosen + (self.extra or 0.0)

    @property
    def waits(self) -> bool:
        """Whether nobody gave it points yet."""
        return self.auto is None and self.manual is None


def total(points: float, penalty: float) -> float:
    """What counts of a submission's points: less what lateness costs, and never less than nothing."""
    return max(0.0, points - penalty)


@dataclass
class Standing:
    """What the gradebook says of one submission."""

    points: dict[str, Points] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    extension: timedelta = timedelta()  # of the deadline, for this student

    @property
    def score(self) -> float:
        """All points, before the penalty."""
        return sum(each.score for each in self.points.values())

    @property
    def automatic(self) -> dict[str, float | None]:
        """What each cell got by itself."""
        return {cell: points.auto for cell, points in self.points.items()}

    @property
    def is_graded(self) -> bool:
        return any((each.auto, each.manual) != (None, None) for each in self.points.values())

    def outdated(self) -> Iterator[str]:
        """The cells whose points by hand are of an answer that was regraded since."""
        for cell, points in self.points.items():
            if points.manual is not None and points.needs_person:
                yield cell

    def overtaken(self) -> Iterator[str]:
        """The cells whose points by hand are below what their test gives now."""
        for cell, points in self.points.items():
            if points.manual is not None and points.auto is not None and points.manual < points.auto:
                yield cell


class Lateness(msgspec.Struct, frozen=True):
    """What lateness cost when it was written, and of which points; the extension is in seconds."""

    penalty: float
    score: float
    extension: float

    @classmethod
    def of(cls, standing: Standing) -> Lateness:
        """As the gradebook has it."""
        return cls(standing.penalty, standing.score, standing.extension.total_seconds())


def fill_extension_row(book: Gradebook, assignment: str, student: str) -> None:
    """Give a row that was made for an extension what nbgrader grades, before it does."""
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
    """What lateness costs by now, as the gradebook has it."""
    with Gradebook(db_url) as book:
        row = book.find_submission(assignment, student)
        more = row.extension or timedelta()
        return Lateness(row.late_submission_penalty or 0.0, row.score, more.total_seconds())


def extensions(book: Gradebook, assignment: str) -> dict[str, timedelta]:
    """How much more time each student has who has any."""
    row = SubmittedAssignment
    found = select(row.student_id, row.extension).join(row.assignment).where(Assignment.name == assignment)
    return {student: more for student, more in book.db.execute(found) if more}


class Ledger:
    """The rows of one assignment whose cells the gradebook knows already.

    The `deadline` is the one that holds, in UTC without a zone, whatever the gradebook has by now.
    """

    def __init__(
        self, book: Gradebook, assignment: str, penalties: Penalties, deadline: datetime | None
    ) -> None:
        self._db, self._penalties, self.deadline = book.db, penalties, deadline
        self._assignment = book.find_assignment(assignment)
        self._notebook = book.find_notebook(assignment, assignment)
        tasks = self._notebook.task_cells  # which a person grades and comments on
        self._graded = {cell.name: cell.id for cell in [*tasks, *self._notebook.grade_cells]}
        self._commented = {cell.name: cell.id for cell in [*tasks, *self._notebook.solution_cells]}
        self.checksums = {cell.name: cell.checksum for cell in self._notebook.source_cells}

    def standings(self) -> dict[str, Standing]:
        """What the gradebook says of each student who handed in."""
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
        """Write what became of a submission in one transaction. What people wrote stays.

        `arrived` is in UTC. A result that `is_new` has to be looked at again by whoever gave points before,
        as with nbgrader; one that is only written again, since a penalty changed, has not. Raises
        SQLAlchemy's `OperationalError` where the database can't be written.
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
        self._db.expunge(submission)  # a class of thousands need not stay in memory
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
        """As `Gradebook.add_submission` makes one, but not yet committed."""
        row = self._db.get(Student, student)
        if row is None:
            raise MissingEntry(f"no student {student!r} in the gradebook")
        submission = SubmittedAssignment(assignment=self._assignment, student=row)
        self._fill(submission)
        self._db.add(submission)
        return submission

    def _fill(self, submission: SubmittedAssignment) -> None:
        """Give a row what `Gradebook.add_submission` gives one: an extension's row has none of it."""
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
                if (told := _told(comment, cell)) is not None:
                    standing.comments[name] = told
        return standing

    def _add(self, row: Row) -> Row:
        """A row that older versions did not make."""
        self._db.add(row)
        return row

    def penalty(self, student: str, standing: Standing, arrived: datetime | None) -> float | None:
        """What lateness costs as things stand, as nbgrader assigns it; None where it costs nothing."""
        return self._penalty(student, standing.score, standing.extension, arrived)

    def costs_otherwise(
        self, student: str, before: Lateness | None, standing: Standing, arrived: datetime | None
    ) -> bool:
        """Whether the same points would cost others now: for a changed deadline, rule or time of arrival.

        `before` is what was written. Points by hand and an extension are given to one student on purpose.
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
    """Note what a cell gets by itself, as nbgrader does: None for an answer, nothing at all for a task."""
    if is_grade(cell):
        score, _most = determine_grade(cell)
        auto = None if score is None else float(score)  # as the database gives it back: 0.0
        if is_new or auto != grade.auto_score:
            grade.needs_manual_grade = auto is None or grade.manual_score is not None
        grade.auto_score = auto
    # A row that is not written yet has no mark, and will have nbgrader's, which is true.
    needs_person = grade.needs_manual_grade is not False
    return Points(grade.auto_score, grade.manual_score, grade.extra_credit, needs_person)


def _told(comment: Comment, cell: NotebookNode) -> str | None:
    """Note whether an answer was left as it was; what is said of it, in which a person has the last word."""
    is_untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    comment.auto_comment = NO_RESPONSE if is_untouched and not is_task(cell) else None
    said: str | None = comment.auto_comment if comment.manual_comment is None else comment.manual_comment
    return said
