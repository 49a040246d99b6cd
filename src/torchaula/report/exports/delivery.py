"""Write what goes back to a platform, and say of it what is the same for every platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from torchaula.classroom.gradebook.returned import Returned, Sent
from torchaula.classroom.intake.people import Unmatched
from torchaula.classroom.intake.place import Platform
from torchaula.course.layout import Course
from torchaula.files import write_private
from torchaula.i18n import _
from torchaula.report.exports import pages
from torchaula.report.exports.exported import Fate
from torchaula.report.exports.pages import Page

FINEST = Decimal("0.00001")  # Moodle stores five decimals


@dataclass(frozen=True)
class Counts:
    """How many grades change; how many students the table lacks; how many pages go, and their bytes."""

    accepted: int
    unknown: int
    pages: int
    size: int

    @classmethod
    def of(cls, fates: Mapping[str, Fate], pages: int, size: int) -> Counts:
        values = list(fates.values())
        return cls(values.count(Fate.ACCEPTED), values.count(Fate.UNKNOWN), pages, size)


def scaled(points: float, worth: float, maximum: Decimal) -> Decimal:
    """Points as a grade of which `maximum` is the most, to five decimals; above it only for extra credit."""
    grade = Decimal(repr(points)) * maximum / Decimal(repr(worth))
    rounded = grade.quantize(FINEST, ROUND_HALF_UP)
    return rounded if grade > maximum else min(rounded, maximum)


def scale(worth: float, maximum: Decimal, platform: Platform) -> str:
    """Say how points were scaled."""
    if maximum == Decimal(repr(worth)):
        told = _("points are not scaled: {maximum} is the most here and in {platform}")
        return told.format(maximum=f"{worth:g}", platform=platform.value)
    told = _("points are scaled: {worth} here are {maximum} in {platform}")
    return told.format(worth=f"{worth:g}", maximum=f"{maximum.normalize():f}", platform=platform.value)


def write(
    course: Course, assignment: str, platform: str, table: bytes, ready: Sequence[Page]
) -> tuple[tuple[Path, ...], int]:
    """Write the platform's table, and a zip of the pages if there are any; the files, and the zip's bytes."""
    sheet, archive = (course.grades / f"{assignment}-{platform}{end}" for end in (".csv", "-feedback.zip"))
    write_private(sheet, table)
    if not ready:
        return (sheet,), 0
    content = pages.packed(ready)
    write_private(archive, content)
    return (sheet, archive), len(content)


def sent(before: Returned, ready: Sequence[Page], grades: Mapping[str, str]) -> dict[str, Sent]:
    """What each student has been sent by now, with these pages and grades, as the table has them."""
    digests = {page.student: page.digest for page in ready}
    known = {
        student: before.students.get(student, Sent()) for student in sorted(digests.keys() | grades.keys())
    }
    return {
        student: Sent(digests.get(student, old.page), grades.get(student, old.grade))
        for student, old in known.items()
    }


def reasons(
    whose: Mapping[str, str | Unmatched], names: Mapping[str, str], fates: Mapping[str, Fate]
) -> Iterator[tuple[str, str]]:
    """Why students are not in the platform's table, where somebody in it may be them.

    `whose` and `names` are by the platform's number.
    """
    for number, student_or_why in whose.items():
        for student in student_or_why.students if isinstance(student_or_why, Unmatched) else ():
            if fates.get(student) is Fate.UNKNOWN:
                yield student, f"{names[number]}: {student_or_why}"
