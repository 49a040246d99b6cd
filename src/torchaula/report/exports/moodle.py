"""Write what goes back to Moodle: the grading worksheet filled in, and a zip of feedback pages."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from torchaula.classroom.gradebook import returned
from torchaula.classroom.gradebook.marks import Mark, Marks
from torchaula.classroom.gradebook.returned import Sent
from torchaula.classroom.intake import participants
from torchaula.classroom.intake.moodle import gradesheet, rules, worksheet
from torchaula.classroom.intake.moodle.gradesheet import GradeRow, GradeSheet
from torchaula.classroom.intake.moodle.rules import Moodle, Reading, Record
from torchaula.classroom.intake.participants import Downloads
from torchaula.classroom.intake.people import Unmatched
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import private
from torchaula.i18n import _
from torchaula.report.exports import moodle_words as words
from torchaula.report.exports.exported import Exported, Fate, Wish

FATES = {
    Reading.ACCEPTED: Fate.ACCEPTED,
    Reading.UNCHANGED: Fate.UNCHANGED,
    Reading.NO_VALUE: Fate.NOT_GRADED,
    Reading.NEGATIVE: Fate.NEGATIVE,
    Reading.NEWER_GRADE: Fate.NEWER_GRADE,
    Reading.LOCKED: Fate.LOCKED,
    Reading.ABOVE_MAXIMUM: Fate.ABOVE_MAXIMUM,
}
DATE = (2000, 1, 1, 0, 0, 0)  # of the pages in the zip, so that the same pages make the same file


@dataclass(frozen=True)
class Grades:
    """What each participant gets, by number; `above` are the students whose points exceed the maximum."""

    sent: Mapping[str, Decimal]
    above: frozenset[str]
    maximum: Decimal


def export(course: Course, assignment: str, marks: Marks, wish: Wish) -> Exported:
    """Write the worksheet and the zip to `grades/`, and read both as Moodle would.

    Raises `Refusal` if there is no worksheet, Moodle would refuse it, or it says no maximum.
    """
    found = participants.look(course, assignment)
    worth = converters.source(course, assignment).points
    marks = _shared(found, marks)
    grades = _grades(found, marks, wish, worth)
    state = _state(found.sheet, grades)
    table = found.sheet.filled(grades.sent)
    readings = rules.worksheet(table, state)
    before = returned.load(course, assignment)
    since = "" if wish.all_pages else before.time[:16].replace("T", " ")
    pages = _pages(found, assignment, marks, before, wish)
    fates = _fates(found, marks, grades, readings)
    of_pages = _page_fates(found, marks, pages, state)
    sheet_path = course.grades / f"{assignment}-moodle.csv"
    zip_path = course.grades / f"{assignment}-moodle-feedback.zip"
    private(sheet_path, table)
    packed = _packed({entry: content for _student, entry, content in pages})
    if pages:
        private(zip_path, packed)
    _note(course, assignment, found, grades, pages)
    files = (sheet_path, zip_path) if pages else (sheet_path,)
    counts = words.Counts.of(fates, len(pages), len(packed))
    return Exported(
        files,
        fates,
        of_pages,
        tuple(words.steps(found, counts, state.is_ticked, [path.relative_to(course.root) for path in files])),
        tuple(words.remarks(found, counts, worth, grades.maximum, course, since)),
        dict(_reasons(found, fates)),
    )


def _shared(found: Downloads, marks: Marks) -> Marks:
    """The marks, with those of a group's submission for each member who has none of their own."""
    graded: defaultdict[str, list[str]] = defaultdict(list)
    for student, number in found.numbers.items():
        if student in marks:
            graded[found.group(number)].append(student)
    teams = {name: students[0] for name, students in graded.items() if len(students) == 1} | found.teams
    groups = set(found.teams.values()) - found.numbers.keys()  # which only their zip names
    shared = {student: mark for student, mark in marks.items() if student not in groups}
    for student, number in found.numbers.items():
        whose = teams.get(found.group(number), "") if found.group(number) else ""
        if student not in marks and whose in marks:
            shared[student] = replace(marks[whose], student=student)
    return shared


def _grades(found: Downloads, marks: Marks, wish: Wish, worth: float) -> Grades:
    sent, above, maxima = {}, set(), set()
    for student, number in found.numbers.items():
        if student not in marks:
            continue
        maximum = _maximum(found.sheet, found.sheet.rows[number], wish)
        maxima.add(maximum)
        grade = gradesheet.scaled(marks[student].score(wish.late), worth, maximum)
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


def _pages(
    found: Downloads, assignment: str, marks: Marks, before: returned.Returned, wish: Wish
) -> list[tuple[str, str, bytes]]:
    """The student, path in the zip, and content of each page that goes out."""
    pages = []
    for student, number in found.numbers.items():
        content = _page(marks.get(student))
        known = before.students.get(student, Sent()).page
        if content and (wish.all_pages or known != _digest(content)):
            pages.append((student, f"{found.folder(number)}{assignment}.html", content))
    return pages


def _page(mark: Mark | None) -> bytes:
    return mark.page.read_bytes() if mark is not None and mark.page is not None else b""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _packed(pages: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in pages.items():
            entry = ZipInfo(name, DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return made.getvalue()


def _fates(
    found: Downloads, marks: Marks, grades: Grades, readings: Mapping[int, Reading]
) -> dict[str, Fate]:
    """The fate of each mark, and of who is in the worksheet without one."""
    numbers, fates = found.numbers, {}
    for student in dict.fromkeys([*marks, *numbers]):
        if student not in marks:
            fates[student] = Fate.NOT_GRADED
        elif student not in numbers:
            fates[student] = Fate.UNKNOWN
        elif student in grades.above:
            fates[student] = Fate.ABOVE_MAXIMUM
        else:
            reading = readings.get(int(numbers[student]))
            fates[student] = Fate.UNKNOWN if reading is None else FATES[reading]
    return fates


def _page_fates(
    found: Downloads, marks: Marks, pages: list[tuple[str, str, bytes]], state: Moodle
) -> dict[str, Fate]:
    accepted = rules.feedback([entry for _student, entry, _content in pages], state)
    fates = {student: Fate.ACCEPTED if entry in accepted else Fate.NO_PLACE for student, entry, _c in pages}
    for student, mark in marks.items():
        if mark.page is not None:
            fates.setdefault(student, Fate.UNCHANGED if student in found.numbers else Fate.UNKNOWN)
    return fates


def _note(
    course: Course, assignment: str, found: Downloads, grades: Grades, pages: list[tuple[str, str, bytes]]
) -> None:
    before = returned.load(course, assignment).students
    digests = {student: _digest(content) for student, _entry, content in pages}
    numbers = found.numbers
    sent = {}
    for student in {*digests, *(s for s, number in numbers.items() if number in grades.sent)}:
        known = before.get(student, Sent())
        grade = grades.sent.get(numbers[student])
        told = known.grade if grade is None else gradesheet.written(grade)
        sent[student] = Sent(digests.get(student, known.page), told)
    returned.note(course, assignment, sent)


def _reasons(found: Downloads, fates: Mapping[str, Fate]) -> Iterator[tuple[str, str]]:
    """Why students are not in the worksheet, where one of its participants may be them."""
    for number, whose in found.whose.items():
        for student in whose.students if isinstance(whose, Unmatched) else ():
            if fates.get(student) is Fate.UNKNOWN:
                yield student, f"{found.sheet.rows[number].name}: {whose}"
