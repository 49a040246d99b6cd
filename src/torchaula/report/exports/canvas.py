"""Write what goes back to Canvas: the gradebook CSV filled in, and a zip of feedback pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from torchaula.classroom.gradebook import returned
from torchaula.classroom.gradebook.marks import Marks
from torchaula.classroom.intake import users
from torchaula.classroom.intake.canvas import gradebook, rules
from torchaula.classroom.intake.canvas.gradebook import Column, Gradebook, PersonRow
from torchaula.classroom.intake.canvas.rules import Canvas, Reading
from torchaula.classroom.intake.users import Users
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.report.exports import canvas_words as words
from torchaula.report.exports import delivery, pages
from torchaula.report.exports.canvas_column import chosen
from torchaula.report.exports.delivery import Counts
from torchaula.report.exports.exported import Exported, Fate, Wish
from torchaula.report.exports.pages import Page

FATES = {
    Reading.ACCEPTED: Fate.ACCEPTED,
    Reading.UNCHANGED: Fate.UNCHANGED,
    Reading.CLEARED: Fate.LOCKED,
    Reading.UNKNOWN: Fate.UNKNOWN,
    Reading.NOT_ASSIGNED: Fate.NOT_ASSIGNED,
    Reading.LOCKED: Fate.LOCKED,
}
PLATFORM = "canvas"
EXCUSED, NOT_ASSIGNED = "EX", "N/A"
FINEST = Decimal("0.01")  # as Canvas exports grades
PAGE = "torchaula_{user}_{attachment}_{assignment}.html"  # Canvas reads the two numbers alone


@dataclass(frozen=True)
class Filling:
    """What is written: the column, and the grade of each user whose cell can take one, by their id."""

    column: Column
    maximum: Decimal
    grades: Mapping[str, Decimal]


def export(course: Course, assignment: str, marks: Marks, wish: Wish) -> Exported:
    """Write the table and the zip to `grades/`, and read both as Canvas would.

    Raises `Refusal` if there is no gradebook CSV, no single column in it is the assignment's, Canvas would
    refuse it, or it says no maximum.
    """
    found = users.look(course, assignment)
    worth = converters.source(course, assignment).points
    column = chosen(course, assignment, found.table, wish.column)
    filling = _filling(found, column, marks, wish, worth)
    state = _state(found, column)
    table = _filled(found.table, filling)
    fates = _fates(found, marks, filling, rules.gradebook(table, state))
    before = returned.load(course, assignment, PLATFORM)
    entries = dict(_entries(found, assignment))
    ready = pages.chosen(marks, entries, before, wish.all_pages)
    files, size = delivery.write(course, assignment, PLATFORM, table, ready)
    returned.note(course, assignment, PLATFORM, delivery.sent(before, ready, _written(found, filling)))
    counts = Counts.of(fates, len(ready), size)
    return Exported(
        files,
        fates,
        _page_fates(marks, entries, ready, rules.pages((page.entry for page in ready), state)),
        tuple(words.steps(counts, column, assignment, [path.relative_to(course.root) for path in files])),
        tuple(words.remarks(found, column, worth, filling.maximum, course)),
        dict(delivery.reasons(found.whose, found.names, fates)),
    )


def _filling(found: Users, column: Column, marks: Marks, wish: Wish, worth: float) -> Filling:
    maximum, grades = _maximum(found.table, column, wish), {}
    rows = {row.user: row for row in found.table.rows}
    for student, user in found.numbers.items():
        if student in marks and _takes_grade(rows[user], column):
            grade = delivery.scaled(marks[student].score(wish.late), worth, maximum)
            grades[user] = grade.quantize(FINEST, ROUND_HALF_UP)
    return Filling(column, maximum, grades)


def _takes_grade(row: PersonRow, column: Column) -> bool:
    return row.cell(column) is not None and row.value(column).upper() not in (EXCUSED, NOT_ASSIGNED)


def _maximum(table: Gradebook, column: Column, wish: Wish) -> Decimal:
    """The points possible in Canvas. Raises `Refusal` if nobody says them."""
    maximum = column.maximum
    if maximum is None and wish.maximum is not None:
        maximum = Decimal(repr(wish.maximum))
    if maximum is None or maximum <= 0:
        raise Refusal(
            _(
                "{path}: {title} has no points in the row Points Possible, so nobody knows how to scale; "
                "set the assignment's points in Canvas, and export the gradebook again, or say them with "
                "--maximum"
            ).format(path=table.path, title=column.head)
        )
    return maximum


def _filled(table: Gradebook, filling: Filling) -> bytes:
    """The table with the grades. A cell that says the same stays as it is."""
    new = {}
    for row in table.rows:
        grade, cell = filling.grades.get(row.user), row.cell(filling.column)
        if grade is not None and cell is not None and gradebook.number_in(cell.value) != grade:
            new[cell] = _text(grade)
    return table.filled(new)


def _text(grade: Decimal) -> str:
    return f"{grade:.2f}"


def _written(found: Users, filling: Filling) -> dict[str, str]:
    """Each student's grade as the table has it."""
    grades = filling.grades
    return {student: _text(grades[user]) for student, user in found.numbers.items() if user in grades}


def _state(found: Users, column: Column) -> Canvas:
    """What Canvas knows, as the table shows it."""
    rows = {row.user: row for row in found.table.rows}
    values = {user: row.value(column) for user, row in rows.items()}
    title = gradebook.TITLE.fullmatch(column.head)
    return Canvas(
        assignment=title["number"] if title else "",
        title=column.title,
        names={user: row.person.name for user, row in rows.items()},
        scores={user: _score(value) for user, value in values.items()},
        logins={user: row.person.logins for user, row in rows.items()},
        not_assigned=frozenset(user for user, value in values.items() if value.upper() == NOT_ASSIGNED),
        custom=frozenset(found.table.custom),
        is_hidden=column.is_hidden,
        attachments={str(attachment): user for user, attachment in found.attachments.items()},
    )


def _score(value: str) -> str:
    number = gradebook.number_in(value)
    return value if number is None else f"{number:f}"


def _fates(found: Users, marks: Marks, filling: Filling, readings: Mapping[str, Reading]) -> dict[str, Fate]:
    """The fate of each mark, and of who is in the gradebook without one."""
    rows, numbers, fates = {row.user: row for row in found.table.rows}, found.numbers, {}
    for student in dict.fromkeys([*marks, *numbers]):
        user = numbers.get(student)
        if student not in marks:
            fates[student] = Fate.NOT_GRADED
        elif user is None:
            fates[student] = Fate.UNKNOWN
        elif rows[user].value(filling.column).upper() == EXCUSED:
            fates[student] = Fate.EXCUSED
        else:
            fates[student] = FATES[readings.get(user, Reading.UNKNOWN)]
    return fates


def _entries(found: Users, assignment: str) -> Iterator[tuple[str, str]]:
    """The name in the zip of the page of each student whom Canvas can attach one to."""
    for student, user in found.numbers.items():
        if attachment := found.attachments.get(user):
            yield student, PAGE.format(user=user, attachment=attachment, assignment=assignment)


def _page_fates(
    marks: Marks, entries: Mapping[str, str], ready: Sequence[Page], accepted: Mapping[str, str]
) -> dict[str, Fate]:
    sent = {page.student: Fate.ACCEPTED if page.entry in accepted else Fate.NO_PLACE for page in ready}
    with_pages = [student for student, mark in marks.items() if mark.page is not None]
    return {s: sent.get(s, Fate.UNCHANGED if s in entries else Fate.NO_PLACE) for s in with_pages}
