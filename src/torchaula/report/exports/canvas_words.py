"""Say how an export to Canvas was made, and what to do in Canvas with it, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from torchaula.classroom.intake.canvas.gradebook import Column
from torchaula.classroom.intake.place import Platform
from torchaula.classroom.intake.users import Users
from torchaula.course.layout import Course
from torchaula.i18n import _
from torchaula.report.exports import delivery
from torchaula.report.exports.delivery import Counts


def remarks(found: Users, column: Column, worth: float, maximum: Decimal, course: Course) -> Iterator[str]:
    """From which files, and how points were scaled."""
    yield _("gradebook: {path}, {count} people; column {title}").format(
        path=found.table.path.relative_to(course.root), count=len(found.table.rows), title=column.head
    )
    if found.others:
        yield _("older gradebooks, not used: {names}").format(
            names=", ".join(path.name for path in found.others)
        )
    yield delivery.scale(worth, maximum, Platform.CANVAS)
    yield _("students without a grade here keep what the gradebook has, EX too")


def steps(counts: Counts, column: Column, assignment: str, files: Sequence[Path]) -> Iterator[str]:
    """What to do in Canvas, in this order."""
    yield _(
        "In Canvas, under Grades, Import, choose {path}. Don't open it in a spreadsheet before: that "
        "rewrites numbers."
    ).format(path=files[0])
    yield _(
        "Canvas must show {count} changed grades, all in {title}. If it asks about a new assignment or a new "
        "student, cancel, export the gradebook again, and begin anew."
    ).format(count=counts.accepted, title=column.head)
    if column.is_posted_by_hand:
        yield _("Learners see nothing until you post the grades: {title} is posted by hand.").format(
            title=column.title
        )
    if counts.pages:
        yield _(
            "Then, on the assignment's page, “Upload Submissions” takes {path}: {count} pages, {size:.1f} "
            "MB. Each learner gets a comment, and one more at each upload."
        ).format(path=files[1], count=counts.pages, size=counts.size / 1e6)
        yield _(
            "Tell learners: Canvas shows the page under the name of their own file, such as {name}.ipynb. "
            "They save it as {name}.html, and open that in a browser."
        ).format(name=assignment)
