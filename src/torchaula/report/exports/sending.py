"""Return a class's grades and pages to a platform, and show what becomes of them there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import isclose

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from torchaula.classroom.batch import records
from torchaula.classroom.gradebook import gradebook, locks
from torchaula.classroom.gradebook import marks as gradebook_marks
from torchaula.classroom.gradebook.marks import Late, Marked, Without
from torchaula.course.layout import Course
from torchaula.i18n import _, some
from torchaula.printing import printable
from torchaula.report import lines
from torchaula.report.class_table import name
from torchaula.report.exports import canvas, moodle
from torchaula.report.exports.exported import Export, Exported, Fate, Wish

PLATFORMS: dict[str, Export] = {"moodle": moodle.export, "canvas": canvas.export}
SHOWN = 3  # how many students a remark names
GOOD = {Fate.ACCEPTED, Fate.UNCHANGED}
FATES = {
    Fate.UNKNOWN: _("not in the platform's table: download it again, with all participants"),
    Fate.LOCKED: _("locked: unlock the grade in the platform's gradebook"),
    Fate.NEGATIVE: _("fewer than 0 points: correct them in the formgrader"),
    Fate.ABOVE_MAXIMUM: _("more than the maximum, which the platform skips: enter the grade there by hand"),
    Fate.NEWER_GRADE: _("the platform has a newer grade: upload with the box ticked that updates these too"),
    Fate.EXCUSED: _("excused in the platform (EX), which stays: enter a grade there if it is to count"),
    Fate.NOT_ASSIGNED: _("the platform's assignment is for other students: assign it, and export again"),
    Fate.NO_PLACE: _("the download has no folder for the page: download it again"),
    Fate.NOT_GRADED: _("no grade is sent"),
}
WITHOUT = {
    Without.WAITS: _("wait for a person"),
    Without.UNGRADED: _("could not be graded"),
    Without.MISSING: _("handed in nothing"),
}
SENT = {
    Late.BEFORE: _("points are those before the late penalty of this course (--late before)"),
    Late.AFTER: _("points are those after the late penalty of this course (--late after)"),
}


def send(course: Course, assignment: str, platform: str, wish: Wish, console: Console) -> bool:
    """Write the files and show it all; whether the platform accepts everybody who was graded.

    Raises `Refusal` if nobody was graded, or the platform's files are missing or can't be used.
    """
    marked = gradebook_marks.collect(course, assignment)
    with gradebook.refused_where_not_written(course):
        done = PLATFORMS[platform](course, assignment, marked.marks, wish)
    _show_skipped(done, marked, console)
    _print(
        [*_counts(done, marked), SENT[wish.late], *done.remarks, *_doubts(course, assignment, marked)],
        console,
    )
    _print([_("What to do now:")], console)
    _print([f"  {number}. {step}" for number, step in enumerate(done.steps, 1)], console)
    return all(fate in GOOD or fate is Fate.NOT_GRADED for fate in done.grades.values())


def _print(texts: Iterable[str], console: Console) -> None:
    for text in texts:
        console.print(escape(printable(text)), highlight=False, soft_wrap=True)


def _show_skipped(done: Exported, marked: Marked, console: Console) -> None:
    """Print who was graded and would be skipped, and why."""
    heads = _("student"), _("name"), _("skipped, because")
    table = Table(*heads, **lines.STYLE)
    for student, fate in done.grades.items():
        if fate not in GOOD and fate is not Fate.NOT_GRADED:
            why = done.reasons.get(student) or FATES[fate]
            texts = student, name(marked.people.person(student)), why
            table.add_row(*(escape(printable(text)) for text in texts))
    if table.row_count:
        console.print(table)


def _counts(done: Exported, marked: Marked) -> Iterator[str]:
    grades, pages = Counter(done.grades.values()), Counter(done.pages.values())
    new, same, none = grades[Fate.ACCEPTED], grades[Fate.UNCHANGED], grades[Fate.NOT_GRADED]
    yield _("grades: {new} new or changed, {same} already there, {skipped} skipped").format(
        new=new, same=same, skipped=grades.total() - new - same - none
    )
    yield _("pages: {new} to upload, {same} unchanged since last time").format(
        new=pages[Fate.ACCEPTED], same=pages[Fate.UNCHANGED]
    )
    others = Counter(
        why for student, why in marked.others.items() if done.grades.get(student) in (None, Fate.NOT_GRADED)
    )
    if others:
        counts = ", ".join(f"{others[each]} {told}" for each, told in WITHOUT.items() if others[each])
        yield _("no grade: {counts}").format(counts=counts)


def _doubts(course: Course, assignment: str, marked: Marked) -> Iterator[str]:
    """What is missing, and why what was written may be old soon, or is already."""
    if bare := [student for student, mark in marked.marks.items() if mark.page is None]:
        told = _("graded, but without a page ({students}): `torchaula grade {name}` writes it")
        yield told.format(students=some(bare, SHOWN), name=assignment)
    if old := _with_old_pages(course, assignment, marked):
        told = _(
            "points have changed since pages were written ({students}): run `torchaula grade {name}`, then "
            "this again"
        )
        yield told.format(students=some(old, SHOWN), name=assignment)
    if process := locks.holder(course):
        told = _("a batch is grading now (process {process}): run this again when it has ended")
        yield told.format(process=process)


def _with_old_pages(course: Course, assignment: str, marked: Marked) -> list[str]:
    """Whose points were changed by hand after their page was written."""
    written = {s: each.late for s, each in records.known(course, assignment).items() if each.late}
    return [
        student
        for student, late in written.items()
        if student in marked.marks and not isclose(late.score, marked.marks[student].points, abs_tol=1e-6)
    ]
