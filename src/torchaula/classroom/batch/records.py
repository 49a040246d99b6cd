"""What is known of a graded submission beside its points: one file a student and assignment.

A result waits as `pending` until the gradebook and the graded copy say the same; then its file moves to
its place. So a batch that is cut off at any moment goes on where it stopped, and grades nothing twice.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from torchaula.classroom.gradebook.ledger import Lateness
from torchaula.course.layout import Course
from torchaula.files import LONGEST_NAME, beside, unfinished, whole
from torchaula.grading.trusted.jobs import Result

RESULTS, PENDING = "results", "pending"  # folders of what is settled and of what waits
IN_FOLDER = "record.json"


class Record(msgspec.Struct, frozen=True):
    """A result, and what an instructor should know of the submission: what to look at, if anything.

    `submission` and `work` are digests of the file that was graded and of what the learner wrote in it.
    `keys` are digests, by exercise, of everything else that its verdicts hang on. `written` is a digest of
    what gradebook and graded copy were told; empty: nothing. `unjudged` are the points that the gradebook was
    told of cells that no test judges: 0 where nothing was answered, None where a person has to look. `late`
    is what lateness cost then.
    `reached` are the solution cells that what is to be looked at may have reached; None: that wasn't kept.
    """

    result: Result
    review: list[str] = []
    submission: str = ""
    work: str = ""
    keys: dict[str, str] = {}
    written: str = ""
    unjudged: dict[str, float | None] = {}
    late: Lateness | None = None
    reached: list[str] | None = None

    def is_of(self, submission: str, work: str) -> bool:
        """Whether it is what grading this submission says each time."""
        return (self.submission, self.work) == (submission, work) and not self.result.is_unsure

    def can_be_updated(self, outdated: Collection[str]) -> bool:
        """Whether the outdated exercises can be graded alone: not where time ran out, which all share."""
        return not outdated or (len(outdated) < len(self.keys) and not self.result.is_out_of_time)

    def outdated(self, keys: Mapping[str, str]) -> list[str]:
        """The exercises that were graded with something else than now."""
        return [exercise for exercise, key in keys.items() if self.keys.get(exercise) != key]


def path(course: Course, assignment: str, student: str) -> Path:
    """Where a record stands."""
    return _file(course.state / RESULTS / assignment, student)


def pending(course: Course, assignment: str, student: str) -> Path:
    """Where a result waits."""
    return _file(course.state / PENDING / assignment, student)


def _file(folder: Path, student: str) -> Path:
    """A file named after a student; in a folder so named, where no file's name could hold more."""
    file = folder / f"{student}.json"
    return file if len(os.fsencode(beside(file).name)) <= LONGEST_NAME else folder / student / IN_FOLDER


def leftovers(course: Course) -> Iterator[Path]:
    """What a batch that was cut off has left half written."""
    for name in (RESULTS, PENDING):
        yield from unfinished(course.state / name)


def known(course: Course, assignment: str) -> dict[str, Record]:
    """The records of an assignment that can be read, by student."""
    folder = path(course, assignment, "").parent
    files = {file.stem: file for file in sorted(folder.glob("*.json"))}
    files |= {file.parent.name: file for file in sorted(folder.glob(f"*/{IN_FOLDER}"))}
    return {student: record for student, file in files.items() if (record := read(file)) is not None}


def save(place: Path, record: Record) -> None:
    """Write a record, whole or not at all."""
    with whole(place) as file:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))


def settle(
    course: Course,
    assignment: str,
    student: str,
    record: Record,
    *,
    written: str,
    late: Lateness,
    points: Mapping[str, float | None],
) -> Record:
    """Put a record in its place, now that all else says the same: `points` are those of the gradebook."""
    unjudged = {cell: given for cell, given in points.items() if cell not in record.result.verdicts}
    settled = replace(record, written=written, late=late, unjudged=unjudged)
    save(path(course, assignment, student), settled)
    pending(course, assignment, student).unlink(missing_ok=True)
    return settled


def read(place: Path) -> Record | None:
    """A record; None where there is none that can be read."""
    try:
        return msgspec.json.decode(place.read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return None


def load(course: Course, assignment: str, student: str) -> Record | None:
    """A student's record; None where there is none that can be read."""
    return read(path(course, assignment, student))


def forget(course: Course, assignment: str, student: str) -> None:
    """Remove a record: what it says is no longer so."""
    path(course, assignment, student).unlink(missing_ok=True)
