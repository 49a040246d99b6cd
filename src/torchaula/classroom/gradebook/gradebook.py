"""Open and update nbgrader's gradebook, and compare it with `source/`."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.api import Notebook as Noted
from nbgrader.converters import GenerateAssignment
from sqlalchemy import or_, select
from sqlalchemy.exc import DBAPIError
from traitlets.config import Config

from torchaula.classroom.gradebook import database, lateness
from torchaula.classroom.intake import roster
from torchaula.course import converters
from torchaula.course.address import Kind
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.i18n import _

PREFIX = "record-"  # of the temporary folder for nbgrader's release


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook; create it if there is none. Raises `Refusal` if it can't be opened."""
    settings = converters.config(course)
    with database.gradebook(converters.address(course, settings), settings.CourseDirectory.course_id) as book:
        yield book


@contextmanager
def refused_where_not_written(course: Course) -> Iterator[None]:
    """Turn an error of writing to the disk or the gradebook into a `Refusal` of one line."""
    try:
        yield
    except (DBAPIError, sqlite3.OperationalError) as error:
        if not database.is_of_writing(error):
            raise
        where, reason = shown(course), database.reason(error)
    except OSError as error:
        named = error.filename if isinstance(error.filename, str | Path) else course.root
        where, reason = str(named), error.strerror or str(error)
    else:
        return
    raise Refusal(
        _("{path}: can't be written ({reason}); what was graded is kept: mend that, and grade again").format(
            path=where, reason=reason
        )
    )


def shown(course: Course) -> str:
    """What messages call the gradebook: its file, or its address without the password."""
    return converters.address(course).shown


def record(book: Gradebook, course: Course, source: Notebook, students: Iterable[str]) -> None:
    """Bring the gradebook up to date: an assignment's cells, its deadline, and the students who handed in.

    A student whose submission can't be graded gets a row too. Raises `Refusal`, and changes nothing, if
    grades belong to cells that are no longer in `source/`.
    """
    rule = lateness.rule(course)
    rule.deadline(source.assignment, course.config)  # raises before anything is written
    require_same_cells(book, course, source)
    if changed(book, source):
        book.db.commit()  # so that nbgrader, which opens it again, can write
        _generate(course, source)
    enrol(book, course, students)
    assignment = book.find_assignment(source.assignment)
    assignment.duedate = lateness.in_force(rule, course, source.assignment, assignment.duedate)
    book.db.commit()
    lateness.tell(rule, course, source.assignment)


def _generate(course: Course, source: Notebook) -> None:
    settings = Config()
    # The released files are not needed, only the cells that nbgrader records in the gradebook meanwhile.
    with tempfile.TemporaryDirectory(dir=course.state, prefix=PREFIX) as folder:
        settings.CourseDirectory.release_directory = folder
        settings.CheckCellMetadata.enabled = False  # `structure` has done what it does
        run = converters.run(GenerateAssignment, course, source.assignment, settings=settings)
    if run.error:
        raise Refusal(
            _("{path}: nbgrader can't record it ({reason}); mend the notebook").format(
                path=course.notebook(source.assignment), reason=run.reason
            )
        )


def enrol(book: Gradebook, course: Course, students: Iterable[str]) -> None:
    """Add new students; names and addresses in `students.csv` replace those noted before.

    Raises `Refusal` if `students.csv` can't be used.
    """
    listed = roster.load(course)
    known = {student.id: student for student in book.db.scalars(select(Student))}
    for each in listed:
        row = known.setdefault(each.id, Student(id=each.id))
        for field in ("first_name", "last_name", "email", "lms_user_id"):
            setattr(row, field, getattr(each, field) or getattr(row, field))
    for student in students:
        known.setdefault(student, Student(id=student))
    _require_room(course, known.values())
    book.db.add_all(known.values())


def longest_name(course: Course) -> int | None:
    """The most characters of a student's id; None if any number fits, as SQLite doesn't look at it."""
    is_file = converters.address(course).kind is Kind.SQLITE
    return None if is_file else int(Student.__table__.c.id.type.length)


def _require_room(course: Course, students: Iterable[Student]) -> None:
    """Raise `Refusal` if a server would refuse a student's row, and with it everybody's."""
    if (most := longest_name(course)) is None:
        return
    for row in students:
        fields = row.id, row.first_name, row.last_name, row.email, row.lms_user_id
        if any(len(text or "") > most for text in fields):
            raise Refusal(
                _(
                    "{url}: {student} can't be noted there: names and addresses have at most {most} "
                    "characters; rename the folder in submitted/, or shorten it in students.csv"
                ).format(url=shown(course), student=row.id[:most], most=most)
            )


def noted(book: Gradebook, source: Notebook) -> Noted | None:
    """The assignment's notebook as the gradebook has it; None if it was never recorded."""
    try:
        return book.find_notebook(source.assignment, source.assignment)
    except MissingEntry:
        return None


def changed(book: Gradebook, source: Notebook) -> list[str]:
    """The cells whose text or points differ between gradebook and `source/`, or that only one of them has."""
    recorded = {cell.id: cell for cell in source.cells if cell.is_recorded}
    known = noted(book, source)
    if known is None:
        return list(recorded)
    texts = {cell.name: cell.source for cell in known.source_cells}
    points = {cell.name: cell.max_score for cell in [*known.grade_cells, *known.task_cells]}
    different = [
        cell.id
        for cell in recorded.values()
        if texts.get(cell.id) != cell.recorded or points.get(cell.id, 0) != cell.points
    ]
    return different + sorted(texts.keys() - recorded)


def with_points(book: Gradebook, assignment: str) -> list[str]:
    """The students who have points for an assignment, from a test or by hand."""
    given = or_(Grade.auto_score.is_not(None), Grade.manual_score.is_not(None))
    submitted = select(SubmittedAssignment.student_id).distinct().join(SubmittedAssignment.assignment)
    of = submitted.where(Assignment.name == assignment).join(SubmittedAssignment.notebooks)
    return sorted(book.db.scalars(of.join(SubmittedNotebook.grades).where(given)))


def require_same_cells(book: Gradebook, course: Course, source: Notebook) -> None:
    """Raise `Refusal` if existing grades belong to other cells than those in `source/`."""
    name, known = source.assignment, noted(book, source)
    if known is None or not known.submissions:
        return
    before = {cell.name for cell in known.source_cells}
    different = before ^ {cell.id for cell in source.cells if cell.is_recorded}
    for noted_cells, has_role in (
        (known.grade_cells, lambda cell: cell.kind in ("graded", "written", "manual")),
        (known.solution_cells, lambda cell: cell.is_solution),
        (known.task_cells, lambda cell: cell.kind == "task"),
    ):
        different |= {cell.name for cell in noted_cells} ^ {c.id for c in source.cells if has_role(c)}
    if different:
        raise Refusal(
            _(
                "{path}: grades given so far belong to other cells of {assignment} ({cells}), and nothing "
                "was changed; undo that in source/, give the new version another name, or keep these with "
                "{remedy} and grade again"
            ).format(
                path=shown(course),
                assignment=name,
                cells=", ".join(sorted(different)[:4]),
                remedy=_put_away(course),
            )
        )


def _put_away(course: Course) -> str:
    """How to keep a gradebook and begin another one."""
    file = converters.address(course).file
    if file is None:
        return _("a new database in c.CourseDirectory.db_url")
    return f"`mv {file.name} {file.name}.old`"


def require_everybody(book: Gradebook, course: Course, source: Notebook, students: Collection[str]) -> None:
    """Raise `Refusal` if tests have changed and students other than `students` have points from old tests."""
    texts = {cell.id for cell in source.cells if cell.kind == "markdown"}
    cells = [cell for cell in changed(book, source) if cell not in texts]
    known = noted(book, source)
    if not cells or known is None:
        return
    others = {submission.student.id for submission in known.submissions} - set(students)
    if others:
        raise Refusal(
            _(
                "{path}: changed since others were graded ({cells}), and nothing was written; "
                "grade everybody: leave --student out"
            ).format(path=course.notebook(source.assignment), cells=", ".join(cells[:4]))
        )


def leftovers(course: Course) -> Iterator[Path]:
    """Unfinished folders that an interrupted batch has left here."""
    return course.state.glob(f"{PREFIX}*")
