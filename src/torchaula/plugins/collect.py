"""What `nbgrader zip_collect` says: a table by student at the end, and all else in a log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table

from torchaula.classroom.intake import roster, worksheet
from torchaula.classroom.intake.choosing import Findings
from torchaula.classroom.intake.moodle import MoodleCollector
from torchaula.classroom.intake.roster import Student
from torchaula.course.layout import Course
from torchaula.i18n import _
from torchaula.printing import forgive_streams, printable, shortened
from torchaula.report import lines
from torchaula.report.class_table import name

LONGEST = 2000  # columns of a line of the log


@dataclass(frozen=True)
class Line:
    """What became of one student's hand-in, or of what is nobody's."""

    person: Student
    what: str
    is_good: bool = False


class _Lines(logging.Formatter):
    """A line for each message, whatever the names in it are made of."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name for it
        return shortened(printable(super().formatMessage(record)), LONGEST)


class ClassCollector(MoodleCollector):
    """Collects as `MoodleCollector` does, and ends with a table."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._collect_all = self.parent.process_extracted_files
        self.parent.process_extracted_files = self._collect_and_show
        self._log_path = self._log_to_file()

    def _log_to_file(self) -> Path | None:
        """Let all but errors go to a file, and say where; nowhere, where it can't be or `--debug` asks."""
        here = self.parent.coursedir
        path = Path(here.root).resolve() / ".torchaula" / "logs" / f"zip_collect-{here.assignment_id}.log"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = logging.FileHandler(path, mode="w", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            self.log.warning("%s: %s", path, error.strerror)
            return None
        file.setFormatter(_Lines("%(asctime)s %(levelname)s %(message)s"))
        for handler in self.log.handlers if self.parent.log_level > logging.DEBUG else ():
            handler.setLevel(max(handler.level, logging.ERROR))
        self.log.addHandler(file)
        return path

    def _collect_and_show(self) -> None:
        self._collect_all()
        archive = self._folder("archive")
        if not archive.is_dir():
            self.log.error(_("%s: not there; put Moodle's zip and its grading worksheet in it"), archive)
            return
        found, course = self.look(), Course(Path(self.parent.coursedir.root).resolve())
        zone = worksheet.zone(self.timezone)
        show(list(of(found, roster.load(course), course, self.assignment, zone)), self._log_path)


def of(
    found: Findings, students: Sequence[Student], course: Course, assignment: str, zone: ZoneInfo
) -> Iterator[Line]:
    """A line for each student in the order of `students.csv`, then for what is of others."""
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
    """Print the table, a line each, and where the log is."""
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
