"""Write what goes back to Moodle: the grading worksheet filled in, and a zip of feedback pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from torchaula.classroom.gradebook import returned
from torchaula.classroom.gradebook.marks import Marks
from torchaula.classroom.gradebook.returned import Returned
from torchaula.classroom.intake import participants
from torchaula.classroom.intake.moodle import gradesheet, rules, worksheet
from torchaula.classroom.intake.moodle.gradesheet import GradeRow, GradeSheet
from torchaula.classroom.intake.moodle.rules import Moodle, Reading, Record
from torchaula.classroom.intake.participants import Participants
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.report.exports import delivery, pages
from torchaula.report.exports import moodle_words as words
from torchaula.report.exports.delivery import Counts
from torchaula.report.exports.exported import Exported, Fate, Wish
from torchaula.report.exports.pages import Page

PLATFORM = "moodle"
FATES = {
    Reading.ACCEPTED: Fate.ACCEPTED,
    Reading.UNCHANGED: Fate.UNCHANGED,
    Reading.NO_VALUE: Fate.NOT_GRADED,
    Reading.NEGATIVE: Fate.NEGATIVE,
    Reading.NEWER_GRADE: Fate.NEWER_GRADE,
    Reading.LOCKED: Fate.LOCKED,
    Reading.ABOVE_MAXIMUM: Fate.ABOVE_MAXIMUM,
}


@dataclass(frozen=True)
class Grades:
    """What each participant gets, by number; `above` are the students whose points exceed the maximum."""

    sent: Mapping[str, Decimal]
    above: frozenset[str]
    maximum: Decimal


@dataclass(frozen=True)
class Ready:
    """All that is going to be written: the worksheet and the pages; and the state that they will meet."""

    found: Participants
    marks: Marks
    grades: Grades
    state: Moodle
    table: bytes
    pages: list[Page]

    @property
    def written(self) -> dict[str, str]:
        """Each student's grade as the worksheet has it."""
        sent, numbers = self.grades.sent, self.found.numbers
        return {student: gradesheet.written(sent[n]) for student, n in numbers.items() if n in sent}

    @property
    def readings(self) -> dict[int, Reading]:
        """What Moodle does with each row. Raises `Refusal` where it refuses the whole table."""
        return rules.worksheet(self.table, self.state)


def export(course: Course, assignment: str, marks: Marks, wish: Wish) -> Exported:
    """Write the worksheet and the zip to `grades/`, and read both as Moodle would.

    Raises `Refusal` if there is no worksheet, Moodle would refuse it, or it says no maximum.
    """
    worth, before = converters.source(course, assignment).points, returned.load(course, assignment, PLATFORM)
    ready = _ready(course, assignment, marks, wish, worth, before)
    fates = _fates(ready)
    files, size = delivery.write(course, assignment, PLATFORM, ready.table, ready.pages)
    returned.note(course, assignment, PLATFORM, delivery.sent(before, ready.pages, ready.written))
    counts = Counts.of(fates, len(ready.pages), size)
    since = "" if wish.all_pages else before.time[:16].replace("T", " ")
    return Exported(
        files,
        fates,
        _page_fates(ready),
        tuple(words.steps(ready.found, counts, ready.state.is_ticked, course, files)),
        tuple(words.remarks(ready.found, counts, worth, ready.grades.maximum, course, since)),
        dict(delivery.reasons(ready.found.whose, ready.found.names, fates)),
    )


def _ready(
    course: Course, assignment: str, marks: Marks, wish: Wish, worth: float, before: Returned
) -> Ready:
    found = participants.look(course, assignment)
    marks = _shared(found, marks)
    grades = _grades(found, marks, wish, worth)
    entries = {s: f"{found.folder(number)}{assignment}.html" for s, number in found.numbers.items()}
    return Ready(
        found,
        marks,
        grades,
        _state(found.sheet, grades),
        found.sheet.filled(grades.sent),
        pages.chosen(marks, entries, before, wish.all_pages),
    )


def _shared(found: Participants, marks: Marks) -> Marks:
    """The marks, with those of a group's submission for each member who has none of their own."""
    graded: defaultdict[str, list[str]] = defaultdict(list)
    for student, number in found.numbers.items():
        if student in marks:
            graded[found.group(number)].append(student)
    teams = {name: students[0] for name, students in graded.items() if len(students) == 1}
    teams.update(found.teams)
    groups = set(found.teams.values()) - found.numbers.keys()  # which only their zip names
    shared = {student: mark for student, mark in marks.items() if student not in groups}
    for student, number in found.numbers.items():
        whose = teams.get(found.group(number), "") if found.group(number) else ""
        if student not in marks and whose in marks:
            shared[student] = replace(marks[whose], student=student)
    return shared


def _grades(found: Participants, marks: Marks, wish: Wish, worth: float) -> Grades:
    sent, above, maxima = {}, set(), set()
    for student, number in found.numbers.items():
        if student not in marks:
            continue
        maximum = _maximum(found.sheet, found.sheet.rows[number], wish)
        maxima.add(maximum)
        grade = delivery.scaled(marks[student].score(wish.late), worth, maximum)
        if grade > maximum:
            above.add(student)
        else:
            sent[number] = grade
    return Grades(sent, frozenset(above), max(maxima, default=Decimal(0)))


def _maximum(sheet: GradeSheet, row: GradeRow, wish: Wish) -> Decimal:
    """The most that Moodle accepts. Raises `Refusal` if nobody says it."""
    if row.maximum is None and wish.maximum is None:
        raise Refusal(
            _(
                "{path}, line {line}: no maximum grade, so nobody knows how to scale the points; download "
                "the worksheet again, or say it with --maximum"
            ).format(path=sheet.path, line=row.line)
        )
    if row.maximum is not None and wish.maximum not in (None, float(row.maximum)):
        raise Refusal(
            _("{path}, line {line}: the maximum grade is {maximum}; leave --maximum out").format(
                path=sheet.path, line=row.line, maximum=row.maximum
            )
        )
    maximum = Decimal(repr(wish.maximum)) if row.maximum is None else row.maximum
    if maximum <= 0:
        raise Refusal(
            _(
                "{path}, line {line}: a maximum grade of {maximum}; let the assignment be graded with points "
                "in its settings in Moodle, and download the worksheet again"
            ).format(path=sheet.path, line=row.line, maximum=maximum)
        )
    return maximum


def _state(sheet: GradeSheet, grades: Grades) -> Moodle:
    """Moodle's state as the worksheet shows it, and the box ticked where grades would be skipped else."""
    rows = sheet.rows
    records = {
        int(number): _record(row, grades.sent.get(number)) for number, row in rows.items() if row.has_record
    }
    changes = (records[int(n)].grade != grade for n, grade in grades.sent.items() if rows[n].has_record)
    return Moodle(
        language=sheet.language,
        participants=frozenset(map(int, rows)),
        maximum=grades.maximum,
        records=records,
        locked=frozenset(int(number) for number, row in rows.items() if row.is_locked),
        is_ticked=any(changes),
    )


def _record(row: GradeRow, sent: Decimal | None) -> Record:
    """The record behind a row. Moodle shows its grade rounded, so an equal one is taken for the same."""
    try:
        modified = worksheet.moment(row.graded_at, worksheet.zone("UTC"))
    except ValueError:
        modified = None
    is_same = sent is not None and row.grade is not None and _rounded(sent, row.grade) == row.grade
    return Record(sent if is_same else row.grade, modified or datetime.now(UTC))


def _rounded(grade: Decimal, like: Decimal) -> Decimal:
    return grade.quantize(Decimal(1).scaleb(int(like.as_tuple().exponent)), ROUND_HALF_UP)


def _fates(ready: Ready) -> dict[str, Fate]:
    """The fate of each mark, and of who is in the worksheet without one."""
    readings, numbers = ready.readings, ready.found.numbers
    fates = {}
    for student in dict.fromkeys([*ready.marks, *numbers]):
        if student not in ready.marks:
            fates[student] = Fate.NOT_GRADED
        elif student not in numbers:
            fates[student] = Fate.UNKNOWN
        elif student in ready.grades.above:
            fates[student] = Fate.ABOVE_MAXIMUM
        else:
            reading = readings.get(int(numbers[student]))
            fates[student] = Fate.UNKNOWN if reading is None else FATES[reading]
    return fates


def _page_fates(ready: Ready) -> dict[str, Fate]:
    accepted = rules.feedback([page.entry for page in ready.pages], ready.state)
    fates = {p.student: Fate.ACCEPTED if p.entry in accepted else Fate.NO_PLACE for p in ready.pages}
    for student, mark in ready.marks.items():
        if mark.page is not None:
            fates.setdefault(student, Fate.UNCHANGED if student in ready.found.numbers else Fate.UNKNOWN)
    return fates
