"""Make a new secret for a course. Everything is graded again afterwards, with other inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import func, select

from torchaula.classroom.gradebook import backups, gradebook, locks, seeding
from torchaula.classroom.gradebook.seeding import Seed
from torchaula.course import secret_file
from torchaula.course.layout import Course, require_writable
from torchaula.errors import Refusal
from torchaula.i18n import _


@dataclass(frozen=True)
class Made:
    """What was done: the new secret's fingerprint, and where the old secret and the gradebook were copied."""

    fingerprint: str
    kept: Path
    assignments: tuple[str, ...]


def make(course: Course, agree: Callable[[dict[str, int]], bool]) -> Made:
    """Make a new secret if `agree` returns true; it is given the number of graded submissions by assignment.

    Raises `Refusal` if it returns false, a batch is running, or something can't be written.
    """
    with gradebook.refused_where_not_written(course), locks.alone(course), gradebook.opened(course) as book:
        graded = _graded(book)
        require_writable(course.root)
        if not agree(graded):
            raise Refusal(
                _("{path}: nothing was changed; `--yes` makes a new secret unasked").format(
                    path=course.secret
                )
            )
        kept = _backup(course)
        seed = Seed(secret_file.made())
        secret_file.write(course, seed.secret)
        seeding.note(book, seed)
        secret_file.settle(course)
    return Made(seed.fingerprint, kept, tuple(graded))


def _graded(book: Gradebook) -> dict[str, int]:
    """The number of submissions that have points from a test, by assignment."""
    number = func.count(SubmittedAssignment.id.distinct())
    rows = select(Assignment.name, number).join(SubmittedAssignment, Assignment.submissions)
    rows = rows.join(SubmittedNotebook, SubmittedAssignment.notebooks).join(Grade, SubmittedNotebook.grades)
    rows = rows.where(Grade.auto_score.is_not(None)).group_by(Assignment.name).order_by(Assignment.name)
    return {str(name): int(count) for name, count in book.db.execute(rows)}


def _backup(course: Course) -> Path:
    """Copy the gradebook and the secret. If the secret can't be copied, move it."""
    copy = backups.backup(course) or backups.place_now(course)
    place = copy.with_suffix(".secret")
    if not secret_file.keep(course, place):
        course.secret.rename(place)
    return copy
