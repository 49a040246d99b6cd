"""Choose which of the notebooks handed in is collected, and for which student."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from torchaula.classroom.intake import people, uploads
from torchaula.classroom.intake.moodle.worksheet import Sheet
from torchaula.classroom.intake.named import Named, natural
from torchaula.classroom.intake.people import Unmatched
from torchaula.classroom.intake.received import Receipt, Register
from torchaula.classroom.intake.roster import Student
from torchaula.classroom.intake.uploads import Upload, listed, printable
from torchaula.errors import Refusal
from torchaula.files import fingerprint
from torchaula.i18n import _


@dataclass(frozen=True)
class Download:
    """What is known about one download: its worksheet's rows, whether that has its name, and its date."""

    rows: Sheet
    has_own: bool = False
    made: tuple[int, ...] = ()


@dataclass(frozen=True)
class Pick:
    """The notebook of an upload, and when it was handed in."""

    place: Path
    download: Download
    path: Path
    others: tuple[str, ...]
    time: datetime | None

    @property
    def age(self) -> tuple[datetime, bool, tuple[int, ...], list[str | int]]:
        """A sort key: the newest has the greatest. Without times, a download with its own worksheet wins."""
        earliest = datetime.min.replace(tzinfo=UTC)
        return self.time or earliest, self.download.has_own, self.download.made, natural(str(self.place))

    def arrival(self, student: str) -> Receipt:
        """The entry for the register."""
        time = self.time.isoformat() if self.time else None
        return Receipt(student, fingerprint(self.path), time)

    def told(self, student: str, assignment: str) -> dict[str, str]:
        """The file as zip_collect expects it. `file_id` needs a suffix; else nbgrader cuts names at a dot."""
        told = {"student_id": student, "file_id": f"{assignment}.ipynb"}
        return told | ({"timestamp": f"{self.time:%Y-%m-%d %H:%M:%S}"} if self.time else {})


@dataclass
class Findings:
    """What a run collects and what it doesn't; `unmatched` as in `Register`, everything else by student."""

    picks: dict[str, Pick] = field(default_factory=dict)
    named: list[Named] = field(default_factory=list)
    unmatched: dict[str, str] = field(default_factory=dict)
    problems: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    remarks: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def register(self) -> Register:
        """The register of this run."""
        arrivals = [pick.arrival(student) for student, pick in self.picks.items()]
        return Register(arrivals, self.unmatched, dict(self.remarks), dict(self.problems))

    @property
    def collected(self) -> dict[str, datetime | None]:
        """The students whose notebook is collected, and when it was handed in, if a platform says so.

        Times in file names are not trusted.
        """
        return {each.student: None for each in self.named} | {
            student: pick.time for student, pick in self.picks.items()
        }


def settle(
    handed_in: Sequence[Upload],
    assignment: str,
    downloads: Mapping[Path, Download],
    students: Sequence[Student],
) -> Findings:
    """Decide which notebooks are collected from some uploads, and for which student."""
    found = Findings()
    whose = people.match({each.person for each in handed_in}, downloads[Path()].rows, students)
    of_student: dict[str, list[Upload]] = defaultdict(list)
    unclear: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in handed_in:
        student = whose[each.person]
        if isinstance(student, Unmatched):
            for candidate in student.students:
                unclear[candidate, str(student)].append(str(each.person))
            if not student.students:
                found.unmatched[str(each.person)] = str(student)
        else:
            of_student[student].append(each)
    for (candidate, reason), names in unclear.items():
        found.problems[candidate].append(f"{listed(dict.fromkeys(names))}: {reason}")
    for student, theirs in of_student.items():
        _choose(found, student, theirs, assignment, downloads)
    return found


def _choose(
    found: Findings,
    student: str,
    handed_in: Sequence[Upload],
    assignment: str,
    downloads: Mapping[Path, Download],
) -> None:
    """Add a student's newest notebook to `found`, or why there is none."""
    picks, problems = [], []
    for each in handed_in:
        download = downloads[each.download]
        time = people.row_of(each.person, download.rows).time
        try:
            picks.append(Pick(each.download, download, *each.notebook(assignment), time))
        except Refusal as error:
            problems.append((each, str(error)))
    if not picks:
        found.problems[student] += dict.fromkeys(problem for _each, problem in problems)
        return
    found.picks[student] = newest = max(picks, key=lambda pick: pick.age)
    found.remarks[student] += _remarks(newest, picks)
    found.remarks[student] += (f"{printable(str(each.download))}: {problem}" for each, problem in problems)
    if not found.remarks[student]:
        del found.remarks[student]


def _remarks(pick: Pick, choices: Sequence[Pick]) -> Iterator[str]:
    if pick.others:
        yield _("also handed in: {files}").format(files=listed(pick.others))
    rivals = [
        each for each in choices if each.time == pick.time and not uploads.are_same([pick.path, each.path])
    ]
    if not rivals:
        return
    told = _("collected from {download}, not from {others}: no time tells which is newer")
    if pick.download.has_own and not any(each.download.has_own for each in rivals):
        told = _("collected from {download}, whose worksheet is there, not from {others}")
    names = listed(str(each.place) for each in rivals)
    yield told.format(download=printable(str(pick.place)), others=names)
