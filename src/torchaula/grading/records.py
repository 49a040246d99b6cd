"""What is known of a graded submission beside its points: one file a student and assignment."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torchaula.course.layout import Course
from torchaula.grading.jobs import Result


class Record(msgspec.Struct, frozen=True):
    """A result, and what an instructor should know of the submission: what to look at, if anything."""

    result: Result
    review: list[str] = []


def path(course: Course, assignment: str, student: str) -> Path:
    """Where a record stands."""
    return course.state / "results" / assignment / f"{student}.json"


def save(course: Course, assignment: str, student: str, record: Record) -> None:
    """Write a record, whole or not at all."""
    place = path(course, assignment, student)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.new")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
    beside.replace(place)


def load(course: Course, assignment: str, student: str) -> Record | None:
    """A student's record; None where there is none that can be read."""
    try:
        return msgspec.json.decode(path(course, assignment, student).read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return None


def forget(course: Course, assignment: str, student: str) -> None:
    """Remove a record: what it says is no longer so."""
    path(course, assignment, student).unlink(missing_ok=True)
