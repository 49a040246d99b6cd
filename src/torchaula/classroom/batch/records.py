"""Store what is known about each graded submission beside its points: one file per student and assignment.

A result is stored as pending until the gradebook and the graded copy agree with it; then its file is moved.
So an interrupted batch continues where it stopped, and grades nothing twice.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from torchaula.classroom.gradebook.ledger import Lateness
from torchaula.course.layout import Course
from torchaula.files import LONGEST_NAME, beside, decoded, unfinished, whole
from torchaula.grading.trusted.jobs import Result

RESULTS, PENDING = "results", "pending"  # folders of final and of pending records
IN_FOLDER = "record.json"


class Record(msgspec.Struct, frozen=True):
    """A result, and what an instructor should know about the submission: what to look at (`review`).

    `submission` and `work` are digests of the graded file and of what the learner wrote in it. `keys` are
    digests, by exercise, of everything else that its verdicts depend on. `written` is a digest of what was
    written to gradebook and graded copy; empty if nothing was. `shown` is a digest of what a feedback page
    shows of the instructor's notebook. `unjudged` are the points that the gradebook was given for cells
    without a test: 0 if nothing was answered, None if a person has to look. `late` is the late penalty at
    that time. `reached` are the solution cells that the code in `review` may have affected; None if not
    recorded. `version` is the version of torchaula that graded, and `released` the one that released the
    learner's notebook, as its file claims; both are only told, and nothing is graded again for them.
    """

    result: Result
    review: list[str] = []
    submission: str = ""
    work: str = ""
    keys: dict[str, str] = {}
    written: str = ""
    shown: str = ""
    unjudged: dict[str, float | None] = {}
    late: Lateness | None = None
    reached: list[str] | None = None
    version: str = ""
    released: str = ""

    def is_of(self, submission: str, work: str) -> bool:
        """Whether grading this submission again would give the same result."""
        return (self.submission, self.work) == (submission, work) and not self.result.is_unsure

    def can_be_updated(self, outdated: Collection[str]) -> bool:
        """Whether the outdated exercises can be graded alone. Not if time ran out: exercises share it."""
        return not outdated or (len(outdated) < len(self.keys) and not self.result.is_out_of_time)

    def outdated(self, keys: Mapping[str, str]) -> list[str]:
        """The exercises whose verdicts depend on something that has changed since."""
        return [exercise for exercise, key in keys.items() if self.keys.get(exercise) != key]


def path(course: Course, assignment: str, student: str) -> Path:
    """The path of a record."""
    return _file(course.state / RESULTS / assignment, student)


def pending(course: Course, assignment: str, student: str) -> Path:
    """The path of a pending result."""
    return _file(course.state / PENDING / assignment, student)


def _file(folder: Path, student: str) -> Path:
    """A file named after the student; if that name is too long, a file in a folder named so."""
    file = folder / f"{student}.json"
    return file if len(os.fsencode(beside(file).name)) <= LONGEST_NAME else folder / student / IN_FOLDER


def leftovers(course: Course) -> Iterator[Path]:
    """Unfinished files that an interrupted batch has left here."""
    for name in (RESULTS, PENDING):
        yield from unfinished(course.state / name)


def known(course: Course, assignment: str) -> dict[str, Record]:
    """The readable records of an assignment, by student."""
    folder = path(course, assignment, "").parent
    files = {file.stem: file for file in sorted(folder.glob("*.json"))}
    files |= {file.parent.name: file for file in sorted(folder.glob(f"*/{IN_FOLDER}"))}
    return {student: record for student, file in files.items() if (record := read(file)) is not None}


def save(place: Path, record: Record) -> None:
    """Write a record atomically."""
    with whole(place, is_private=True) as file:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))


def settle(
    course: Course,
    assignment: str,
    student: str,
    record: Record,
    *,
    written: str,
    shown: str,
    late: Lateness,
    points: Mapping[str, float | None],
) -> Record:
    """Store a record as final once gradebook and copy agree with it; `points` are those of the gradebook."""
    unjudged = {cell: given for cell, given in points.items() if cell not in record.result.verdicts}
    settled = replace(record, written=written, shown=shown, late=late, unjudged=unjudged)
    save(path(course, assignment, student), settled)
    pending(course, assignment, student).unlink(missing_ok=True)
    return settled


def read(place: Path) -> Record | None:
    """Read a record; None if there is none, or it can't be read."""
    return decoded(place, Record)


def load(course: Course, assignment: str, student: str) -> Record | None:
    """A student's record; None if there is none, or it can't be read."""
    return read(path(course, assignment, student))


def forget(course: Course, assignment: str, student: str) -> None:
    """Remove a record that is no longer true."""
    path(course, assignment, student).unlink(missing_ok=True)
