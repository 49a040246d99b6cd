"""Print what happened to what was collected from a platform: one line per student."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table

from torchaula.classroom.intake.choosing import Findings
from torchaula.classroom.intake.roster import Student
from torchaula.course.layout import Course
from torchaula.i18n import _
from torchaula.printing import forgive_streams, printable
from torchaula.report import lines
from torchaula.report.class_table import name


@dataclass(frozen=True)
class Line:
    """What happened to one student's submission, or to one that belongs to nobody known."""

    person: Student
    what: str
    is_good: bool = False


def of(
    found: Findings, students: Sequence[Student], course: Course, assignment: str, zone: ZoneInfo
) -> Iterator[Line]:
    """One line for each student in the order of `students.csv`, then for others."""
    listed = {student.id: student for student in students}
    others = sorted({*found.collected, *found.problems} - listed.keys())
    for person in [*students, *map(Student, others)]:
        folder = course.submitted / person.id / assignment
        is_listed = person.id in listed or not listed
        yield _line(found, person, zone, is_listed=is_listed, was_there=folder.is_dir())
    for called, reason in found.unmatched.items():
        yield Line(Student(called), reason)


def _line(found: Findings, person: Student, zone: ZoneInfo, is_listed: bool, was_there: bool) -> Line:
    told = [*found.problems.get(person.id, []), *found.remarks.get(person.id, [])]
    told += [] if is_listed else [_("not in students.csv")]
    if person.id in found.collected:
        time = found.collected[person.id]
        told_when = _("collected, handed in {time:%Y-%m-%d %H:%M %Z}")
        when = told_when.format(time=time.astimezone(zone)) if time else _("collected")
        return Line(person, "; ".join([when, *told]), is_good=True)
    if was_there:
        told.append(_("what was collected before stands"))
    return Line(person, "; ".join(told or [_("nothing handed in")]), is_good=person.id not in found.problems)


def show(rows: Sequence[Line], log: Path | None) -> None:
    """Print the table, and the path of the log."""
    forgive_streams()
    console = lines.console()
    heads = _("student"), _("name"), _("what happened")
    texts = [(printable(row.person.id), name(row.person), printable(row.what)) for row in rows]
    table = Table(**lines.STYLE)
    for head in heads:
        table.add_column(head, no_wrap=True)
    for row, shown in zip(rows, lines.fitted(heads, texts, console.width), strict=True):
        table.add_row(*map(escape, shown), style="" if row.is_good else "bold")
    console.print(table)
    bad = sum(not row.is_good for row in rows)
    console.print(_("{count} could not be collected.").format(count=bad), soft_wrap=True)
    if log is not None:
        console.print(_("All of it, in full: {path}").format(path=escape(str(log))), soft_wrap=True)
