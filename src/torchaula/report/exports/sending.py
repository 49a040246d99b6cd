"""Return a class's grades and pages to a platform, and show what becomes of them there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from torchaula.classroom.gradebook import gradebook, locks
from torchaula.classroom.gradebook import marks as gradebook_marks
from torchaula.classroom.gradebook.marks import Late, Marked, Without
from torchaula.course.layout import Course
from torchaula.i18n import _
from torchaula.printing import printable
from torchaula.report import lines
from torchaula.report.class_table import name
from torchaula.report.exports import canvas, moodle
from torchaula.report.exports.exported import Export, Exported, Fate, Wish

PLATFORMS: dict[str, Export] = {"moodle": moodle.export, "canvas": canvas.export}
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
    _show(done, marked, console)
    told = [SENT[wish.late], *done.remarks]
    if process := locks.holder(course):
        told.append(
            _("a batch is grading meanwhile (process {process}): return again when it has ended").format(
                process=process
            )
        )
    _list(told, console)
    console.print(_("What to do now:"), soft_wrap=True)
    for number, step in enumerate(done.steps, 1):
        console.print(escape(f"  {number}. {printable(step)}"), highlight=False, soft_wrap=True)
    return all(done.grades.get(student) in GOOD for student in marked.marks)


def _list(texts: Iterable[str], console: Console) -> None:
    for text in texts:
        console.print(escape(f"  {printable(text)}"), highlight=False, soft_wrap=True)


def _show(done: Exported, marked: Marked, console: Console) -> None:
    """Print who is skipped, and how many are not."""
    skipped = [
        (
            printable(student),
            printable(name(marked.people.person(student))),
            printable(_why(done, fate, student)),
        )
        for student, fate in done.grades.items()
        if student in marked.marks and fate not in GOOD
    ]
    if skipped:
        heads = _("student"), _("name"), _("skipped, because")
        table = Table(**lines.STYLE)
        for head in heads:
            table.add_column(head, no_wrap=head != heads[-1])
        for row in skipped:
            table.add_row(*map(escape, row))
        console.print(table)
    grades = Counter(fate for student, fate in done.grades.items() if student in marked.marks)
    pages = Counter(done.pages.values())
    told = _("grades: {new} new or changed, {same} as they are there, {skipped} skipped").format(
        new=grades[Fate.ACCEPTED], same=grades[Fate.UNCHANGED], skipped=len(skipped)
    )
    console.print(told, highlight=False, soft_wrap=True)
    told = _("pages: {new} to upload, {same} unchanged since last time")
    console.print(
        told.format(new=pages[Fate.ACCEPTED], same=pages[Fate.UNCHANGED]), highlight=False, soft_wrap=True
    )
    if marked.others:
        console.print(
            _("no grade: {counts}").format(counts=_counted(marked.others)), highlight=False, soft_wrap=True
        )


def _why(done: Exported, fate: Fate, student: str) -> str:
    return done.reasons.get(student) or FATES[fate]


def _counted(others: Mapping[str, Without]) -> str:
    counts = Counter(others.values())
    return ", ".join(f"{counts[each]} {told}" for each, told in WITHOUT.items() if counts[each])
