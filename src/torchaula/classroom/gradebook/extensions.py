"""Give one student more time, in the gradebook field that nbgrader has for it.

A student who has not handed in gets a row without notebooks, for which nbgrader neither shows nor counts a
grade. The row is filled when there is something to grade (see `ledger`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment

from torchaula.classroom.gradebook import backups, gradebook, lateness, ledger, locks
from torchaula.classroom.gradebook.classlist import ClassList, load
from torchaula.classroom.gradebook.lateness import EXAMPLE
from torchaula.classroom.intake.roster import Student
from torchaula.course import notebook
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.i18n import _

LONGEST_EXTENSION = timedelta(days=366)
SO_MUCH = re.compile(
    r"\+?([0-9]{1,6}) ?(?:(w)(?:eeks?)?|(d)(?:ays?|ías?)?|(h)(?:ours?|oras?)?|(m)in(?:ut[eo]s?)?)"
)
UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}))?(?: (\S+))?")


@dataclass(frozen=True)
class Extension:
    """How much later than the deadline a student may hand in, and until when if there is a deadline."""

    person: Student
    amount: timedelta
    until: datetime | None


@dataclass(frozen=True)
class Deadline:
    """When an assignment ends, in UTC without a zone, and the time zone in which people are told."""

    time: datetime
    zone: ZoneInfo

    @classmethod
    def of(cls, time: datetime, configured: str) -> Deadline:
        """A deadline with the zone that the configuration names for it, or UTC."""
        return cls(time, ZoneInfo(configured.split()[2] if configured else "UTC"))

    @property
    def local(self) -> datetime:
        return self.time.replace(tzinfo=UTC).astimezone(self.zone)


def amount(text: str, deadline: datetime, configured: str = "") -> timedelta:
    """Parse how much later than the deadline a text means: a later date, or an amount of time such as `2d`.

    A date without zone or hour takes them from the deadline as configured (`configured`). Raises `Refusal` if
    the text is neither, or not later than the deadline.
    """
    plain = " ".join(text.split())
    if found := SO_MUCH.fullmatch(plain):
        unit = next(filter(None, found.groups()[1:]))
        more = int(found[1]) * UNITS[unit]
    else:
        more = _date(plain, Deadline.of(deadline, configured)) - deadline
    if not timedelta() < more <= LONGEST_EXTENSION:
        raise Refusal(
            _("{text!r} is not after the deadline, or more than a year after it ({deadline})").format(
                text=plain, deadline=configured or f"{deadline:%Y-%m-%d %H:%M} UTC"
            )
        )
    return more


def _date(text: str, deadline: Deadline) -> datetime:
    try:
        day, hour, zone = DATE.fullmatch(text).groups()  # type: ignore[union-attr]
        return lateness.in_utc(day, hour or f"{deadline.local:%H:%M}", zone or deadline.zone.key)
    except (AttributeError, ValueError, OSError, KeyError, OverflowError):
        raise Refusal(
            _(
                "{text!r} is neither a date like {example!r}, where hour and zone may be left out, nor an "
                "amount of time like 2d or 36h, nor `none`"
            ).format(text=text, example=EXAMPLE)
        ) from None


def listed(course: Course, assignment: str) -> list[Extension]:
    """The extensions for an assignment, in the order of `students.csv`, then all others.

    Raises `Refusal` if there is no such assignment.
    """
    course.notebook(assignment)
    with gradebook.opened(course) as book:
        students, given = load(course, book), ledger.extensions(book, assignment)
        ends = deadline(book, course, assignment)
    order = {student: at for at, student in enumerate(students.listed)}
    return [
        Extension(students.person(student), more, ends.time + more if ends else None)
        for student, more in sorted(given.items(), key=lambda each: (order.get(each[0], len(order)), each[0]))
    ]


def give(course: Course, assignment: str, student: str, text: str) -> Extension:
    """Give a student more time, replacing an earlier extension; returns the new one.

    Raises `Refusal` if the assignment, student, deadline or date doesn't exist, or nothing can be written.
    """
    source = notebook.load(course.notebook(assignment))
    configured = lateness.rule(course).deadlines.get(assignment, "")
    with _writing(course) as book:
        ends, students = deadline(book, course, assignment), load(course, book)
        if ends is None:
            raise Refusal(
                _("{path}: {assignment} has no deadline to extend; write one to c.LateWork.deadlines").format(
                    path=course.config, assignment=assignment
                )
            )
        _require_student(course, students, student)
        more = amount(text, ends.time, configured)
        backups.backup(course)
        row = _row(book, course, source, student)
        row.extension = more
        book.db.commit()
    return Extension(students.person(student), more, ends.time + more)


def take_back(course: Course, assignment: str, student: str) -> None:
    """Remove a student's extension, if there is one. Raises `Refusal` like `give`."""
    course.notebook(assignment)
    with _writing(course) as book:
        _require_student(course, load(course, book), student)
        backups.backup(course)
        try:
            row = book.find_submission(assignment, student)
        except MissingEntry:
            return
        row.extension = None
        if not row.notebooks:  # the row was made for the extension only
            book.db.delete(row)
        book.db.commit()


@contextmanager
def _writing(course: Course) -> Iterator[Gradebook]:
    with gradebook.refused_where_not_written(course), locks.alone(course), gradebook.opened(course) as book:
        yield book


def deadline(book: Gradebook, course: Course, assignment: str) -> Deadline | None:
    """The deadline of an assignment; None if there is none."""
    rule = lateness.rule(course)
    try:
        noted = book.find_assignment(assignment).duedate
    except MissingEntry:
        noted = None
    time = lateness.in_force(rule, course, assignment, noted)
    return None if time is None else Deadline.of(time, rule.deadlines.get(assignment, ""))


def _row(book: Gradebook, course: Course, source: Notebook, student: str) -> SubmittedAssignment:
    """A student's row. A new row has no notebooks, because those would show and count as a 0."""
    if gradebook.noted(book, source) is None:
        gradebook.record(book, course, source, [student])
    gradebook.enrol(book, course, [student])
    try:
        return book.find_submission(source.assignment, student)
    except MissingEntry:
        row = SubmittedAssignment(
            assignment=book.find_assignment(source.assignment), student=book.find_student(student)
        )
        book.db.add(row)
        return row


def _require_student(course: Course, students: ClassList, student: str) -> None:
    handed_in = {path.name for path in course.submitted.glob("*") if path.is_dir()}
    if student in students or student in handed_in:
        return
    near = get_close_matches(student, [*students.listed, *handed_in], 1)
    hint = _("did you mean {name!r}?").format(name=near[0]) if near else _("add them to students.csv")
    raise Refusal(
        _("{folder}: there is no student {student!r}; {hint}").format(
            folder=course.root, student=student, hint=hint
        )
    )
