"""Choose which of the notebooks handed in is collected, and for which student."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from torchaula.classroom.intake import people, uploads
from torchaula.classroom.intake.canvas.names import written
from torchaula.classroom.intake.named import Named, natural
from torchaula.classroom.intake.people import Unmatched
from torchaula.classroom.intake.place import Person, Platform, Rows, SheetRow
from torchaula.classroom.intake.received import Receipt, Register
from torchaula.classroom.intake.roster import Student
from torchaula.classroom.intake.uploads import Upload, listed, printable
from torchaula.errors import Refusal
from torchaula.files import fingerprint
from torchaula.i18n import _

NOBODY = Person("")


@dataclass(frozen=True)
class Download:
    """What is known about one download: its people, whether it has a table of its name, and its date."""

    rows: Rows
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
    serial: int = 0  # grows with what a platform receives, if it counts that
    is_late: bool = False
    person: Person = NOBODY

    @property
    def age(self) -> tuple[datetime, int, bool, tuple[int, ...], list[str | int]]:
        """A sort key: the newest has the greatest. Without times, a download with its own worksheet wins."""
        time = self.time or datetime.min.replace(tzinfo=UTC)
        return time, self.serial, self.download.has_own, self.download.made, natural(str(self.place))

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
    rows = downloads[Path()].rows
    whose = people.match({each.person for each in handed_in if not each.doubts}, rows, students)
    perhaps = people.match({person for each in handed_in for person in each.doubts}, rows, students)
    of_student: dict[str, list[Upload]] = defaultdict(list)
    unclear: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in handed_in:
        student = _doubt(each, perhaps) if each.doubts else whose[each.person]
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


def _doubt(upload: Upload, whose: Mapping[Person, str | Unmatched]) -> Unmatched:
    """Why an upload that could be of several people is nobody's; it is told to those whose it could be."""
    students = (whose[person] for person in upload.doubts)
    return Unmatched(upload.problem, dict.fromkeys(each for each in students if isinstance(each, str)))


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
        time = each.time or download.rows.get(each.person, SheetRow()).time
        try:
            path, others = each.notebook(assignment)
            serial = each.serial_of(path)
            picks.append(Pick(each.download, download, path, others, time, serial, each.is_late, each.person))
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
    if pick.is_late:
        yield _("late, says Canvas, which tells no time: no penalty here, Canvas' own late policy can deduct")
    if name := _other_name(pick):
        yield _("handed in as {name}: a group, or another name than Canvas' gradebook has").format(name=name)
    if pick.others:
        yield _("also handed in: {files}").format(files=listed(pick.others))
    rivals = [
        each
        for each in choices
        if (each.time, each.serial) == (pick.time, pick.serial)
        and not uploads.are_same([pick.path, each.path])
    ]
    if not rivals:
        return
    told = _("collected from {download}, not from {others}: no time tells which is newer")
    if pick.download.has_own and not any(each.download.has_own for each in rivals):
        told = _("collected from {download}, whose worksheet is there, not from {others}")
    names = listed(str(each.place) for each in rivals)
    yield told.format(download=printable(str(pick.place)), others=names)


def _other_name(pick: Pick) -> str:
    """The name under which something was handed in, if Canvas' gradebook calls the person otherwise."""
    known = pick.download.rows.get(pick.person, SheetRow()).name
    is_other = (
        pick.person.platform is Platform.CANVAS and known and written(known) != written(pick.person.name)
    )
    return printable(pick.person.name) if is_other else ""
