"""Collects what Moodle's "Download all submissions" holds, for `nbgrader zip_collect`.

Moodle's "grading worksheet", put beside the zip, tells people of one name apart, and when they handed in:
the times in a zip are the download's. What was not collected, and why, stands in the register (`received`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin
from traitlets import Unicode

from torchaula.classroom import people, received, roster, uploads, worksheet
from torchaula.classroom.received import Arrival, Register
from torchaula.classroom.roster import Student
from torchaula.classroom.uploads import Upload, listed, printable
from torchaula.classroom.worksheet import Row, Sheet
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.grading.submitted import digest_of
from torchaula.i18n import _


@dataclass(frozen=True)
class Pick:
    """The notebook of an upload, and when it was handed in."""

    download: Path
    path: Path
    others: tuple[str, ...]
    time: datetime | None

    @property
    def age(self) -> tuple[datetime, list[str | int]]:
        """What the newest has most of. Of downloads "x", "x (1)", "x (2)", "x (10)" the last is newest."""
        parts = re.split(r"(\d+)", str(self.download).casefold())
        natural = [int(part) if part.isdecimal() else part for part in parts]
        return self.time or datetime.min.replace(tzinfo=UTC), natural

    def arrival(self, student: str) -> Arrival:
        """What the register keeps of it."""
        time = self.time.isoformat() if self.time else None
        return Arrival(student, digest_of(self.path.read_bytes()), time)


@dataclass
class Findings:
    """What is collected, by student; what isn't, by Moodle's name for it; what else to know, by student."""

    picks: dict[str, Pick] = field(default_factory=dict)
    unmatched: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)


class MoodleCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """One notebook a student, their newest, from any number of Moodle's downloads of an assignment.

    The newest is told by the worksheets' times. Where they don't tell, it is that of the archive whose name
    sorts last, numbers counting as numbers. `named_regexp`, where it is set, says whose the files are that
    Moodle didn't name.
    """

    timezone = Unicode("UTC", help="The time zone of your Moodle profile: its dates are in it").tag(
        config=True
    )
    _collected: dict[Path, dict[str, str]] | None = None

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Whose a file is, as zip_collect wants to know it; None where it isn't collected.

        Ends the command where students.csv or the configuration can't be used.
        """
        if self._collected is None:
            try:
                self._collected = self._look()  # once a run: zip_collect makes its plugins anew
            except Refusal as error:
                self.parent.fail("%s", error)
                raise
        path = Path(submitted_file)
        if self.named_regexp and uploads.locate(path.relative_to(self._folder("extracted"))) is None:
            by_regexp: dict[str, str] | None = super().collect(submitted_file)
            return by_regexp
        return self._collected.get(path)

    def _look(self) -> dict[Path, dict[str, str]]:
        """Look at all that was downloaded, and write the register."""
        here = self.parent.coursedir
        course, assignment = Course(Path(here.root).resolve()), here.assignment_id
        sheets, students = self._sheets(), roster.load(course)
        handed_in, strangers = uploads.find(self._folder("extracted"))
        found = settle(handed_in, assignment, sheets, students)
        if not self.named_regexp:
            reason = _("not named as Moodle does: put Moodle's zip itself in archive/")
            found.unmatched |= dict.fromkeys(strangers, reason)
        arrivals = [pick.arrival(student) for student, pick in found.picks.items()]
        received.record(course, assignment, Register(arrivals, found.unmatched, found.remarks))
        self._say(found)
        return {pick.path: _told(student, assignment, pick) for student, pick in found.picks.items()}

    def _say(self, found: Findings) -> None:
        for name, reason in found.unmatched.items():
            self.log.error("%s: %s", name, reason)
        for student, remarks in found.remarks.items():
            self.log.warning("%s: %s", student, "; ".join(remarks))

    def _sheets(self) -> dict[Path, Sheet]:
        """The worksheets beside the archives. Those among a learner's files tell nothing."""
        zone, folder = worksheet.zone(self.timezone), self._folder("archive")
        sheets = {}
        for path in sorted(folder.rglob("*.csv")):
            below = path.relative_to(folder)
            if not path.is_file() or uploads.locate(below) is not None:
                continue
            try:
                sheets[below] = worksheet.read(path, zone, self.log)
            except Refusal as error:
                self.log.error(
                    "%s", _("not read as Moodle's grading worksheet: {reason}").format(reason=error)
                )
        return sheets

    def _folder(self, step: str) -> Path:
        return Path(self.parent._format_collect_path(getattr(self.parent, f"{step}_directory")))


def _told(student: str, assignment: str, pick: Pick) -> dict[str, str]:
    told = {"student_id": student, "file_id": f"{assignment}.ipynb"}  # with it, or a dot in the name is lost
    return told | ({"timestamp": f"{pick.time:%Y-%m-%d %H:%M:%S}"} if pick.time else {})


def settle(
    handed_in: Sequence[Upload], assignment: str, sheets: dict[Path, Sheet], students: Sequence[Student]
) -> Findings:
    """Decide what is collected of some uploads, and as whose."""
    found = Findings()
    whose = people.match({each.person for each in handed_in}, worksheet.rows_of(sheets, Path()), students)
    of_student: dict[str, list[Upload]] = defaultdict(list)
    for each in handed_in:
        student = whose[each.person]
        if isinstance(student, Refusal):
            found.unmatched[str(each.person)] = str(student)
        else:
            of_student[student].append(each)
    told = {place: worksheet.rows_of(sheets, place) for place in {each.download for each in handed_in}}
    for student, theirs in of_student.items():
        _choose(found, student, theirs, assignment, told)
    return found


def _choose(
    found: Findings, student: str, handed_in: Sequence[Upload], assignment: str, told: Mapping[Path, Sheet]
) -> None:
    """Add a student's newest notebook to what was found, or why there is none."""
    picks, problems = [], []
    for each in handed_in:
        time = told[each.download].get(each.person.number, Row()).time
        try:
            picks.append(Pick(each.download, *each.notebook(assignment), time))
        except Refusal as error:
            problems.append((each, str(error)))
    if not picks:
        found.unmatched |= {str(each.person): problem for each, problem in problems}
        return
    found.picks[student] = newest = max(picks, key=lambda pick: pick.age)
    remarks = [
        *_remarks(newest, picks),
        *(f"{printable(str(each.download))}: {problem}" for each, problem in problems),
    ]
    if remarks:
        found.remarks[student] = remarks


def _remarks(pick: Pick, choices: Sequence[Pick]) -> Iterator[str]:
    if pick.others:
        yield _("also handed in: {files}").format(files=listed(pick.others))
    content = pick.path.read_bytes()
    rivals = [each for each in choices if each.time == pick.time and each.path.read_bytes() != content]
    if rivals:
        yield _("collected from {download}, not from {others}: no time tells which is newer").format(
            download=printable(str(pick.download)), others=listed(str(each.download) for each in rivals)
        )
