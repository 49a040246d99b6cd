"""Whether lateness would cost other points than were given: for nbgrader's own commands, which ask nobody."""

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
    """Raise `Refusal` where lateness costs files that were graded other points by now.

    For a changed deadline, rule or time of arrival, that is; not for a new file, points by hand or an
    extension. Looks at the whole class: once a command is enough.
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
    """The students whom lateness costs other points by now, for the same file."""
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
            continue  # another file: its points are new ones
        arrived = lateness.arrival(rule, times.get((student, digest)), path.parent).time
        if ledger.costs_otherwise(student, record.late if record else None, standing, arrived):
            yield student


def _digest(path: Path) -> str:
    try:
        return "" if path.is_symlink() else digest_of(load(path))
    except (OSError, Refusal):
        return ""
