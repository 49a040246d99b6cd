"""Tell whether an assignment's time is over for everybody, so that its model solutions may be shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from torchaula.classroom.gradebook import extensions, gradebook, lateness, ledger
from torchaula.classroom.gradebook.extensions import Deadline
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _


def require_over(course: Course, assignment: str) -> None:
    """Raise `Refusal` while anybody can hand in on time: until deadline, grace and extensions are over.

    It refuses without a deadline too, because then nobody knows whether the time is over.
    """
    course.notebook(assignment)
    with gradebook.opened(course) as book:
        ends = extensions.deadline(book, course, assignment)
        given = ledger.extensions(book, assignment)
    if ends is None:
        raise Refusal(
            _(
                "{path}: {assignment} has no deadline, so nobody knows whether its time is over, and its "
                "model solutions are not shown; write its deadline to c.LateWork.deadlines, or leave "
                "--solutions out"
            ).format(path=course.config, assignment=assignment)
        )
    student, more = max(given.items(), key=lambda each: each[1], default=("", timedelta()))
    grace = timedelta(minutes=lateness.rule(course).grace_minutes)
    last = Deadline(ends.time + max(more, timedelta()) + grace, ends.zone)
    if datetime.now(UTC).replace(tzinfo=None) < last.time:
        raise _open(course, assignment, last, student)


def _open(course: Course, assignment: str, last: Deadline, student: str) -> Refusal:
    """Say who can still hand in, until when, and what to do."""
    if student:
        told = _("{path}: {student} can hand in {assignment} on time until {until}")
    else:
        told = _("{path}: {assignment} can be handed in on time until {until}")
    rest = _("its model solutions are not shown before; run this again then, or leave --solutions out")
    return Refusal(
        f"{told}; {rest}".format(
            path=gradebook.shown(course) if student else course.config,
            student=student,
            assignment=assignment,
            until=f"{last.local:%Y-%m-%d %H:%M %Z}",
        )
    )
