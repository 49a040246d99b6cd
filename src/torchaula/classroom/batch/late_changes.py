"""Detect changed late penalties, for nbgrader's own commands, which can't ask for consent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook

from torchaula.classroom.batch import records
from torchaula.classroom.gradebook import gradebook, lateness
from torchaula.classroom.gradebook.ledger import Ledger
from torchaula.classroom.gradebook.penalties import Penalties
from torchaula.classroom.intake import received
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.course.rebuilding.submitted import digest_of, load
from torchaula.errors import Refusal
from torchaula.i18n import _


def require_none(book: Gradebook, course: Course, source: Notebook) -> None:
    """Raise `Refusal` if the late penalty of files graded before would change now.

    That is, by a changed deadline, rule or time of arrival; a new file, points by hand and an extension don't
    count. It looks at the whole class, so one call per command is enough.
    """
    if students := list(changed(book, course, source)):
        raise Refusal(
            _(
                "{path}: what lateness costs has changed for {count} students ({student} for one), and "
                "nothing was written; `torchaula grade {assignment}` shows who, and asks"
            ).format(
                path=course.config, count=len(students), student=students[0], assignment=source.assignment
            )
        )


def changed(book: Gradebook, course: Course, source: Notebook) -> Iterator[str]:
    """The students whose late penalty would change now for the same file."""
    if gradebook.noted(book, source) is None:
        return
    name, config = source.assignment, converters.config(course)
    rule, penalties = lateness.rule(course, config), Penalties(course, config)
    deadline = lateness.in_force(rule, course, name, book.find_assignment(name).duedate)
    ledger = Ledger(book, name, penalties, deadline)
    times = received.times(received.load(course, name))
    for student, standing in ledger.standings().items():
        path = course.submitted / student / name / f"{name}.ipynb"
        record = records.load(course, name, student)
        if not standing.is_graded or not (digest := _digest(path)):
            continue
        if record is not None and record.submission and record.submission != digest:
            continue  # a new file is graded anew anyway
        arrived = lateness.arrival(rule, times.get((student, digest)), path.parent).time
        if ledger.costs_otherwise(student, record.late if record else None, standing, arrived):
            yield student


def _digest(path: Path) -> str:
    try:
        return "" if path.is_symlink() else digest_of(load(path))
    except (OSError, Refusal):
        return ""
