"""Remember what was written for a learning platform: of each student, the page and the grade."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from torchaula.course.layout import Course
from torchaula.files import decoded, write_private


class Sent(msgspec.Struct, frozen=True):
    """The digest of the page that was written for a student, and the grade; each is empty if none was."""

    page: str = ""
    grade: str = ""


class Returned(msgspec.Struct):
    """What was written of an assignment, by student, and when last (ISO 8601, UTC)."""

    time: str = ""
    students: dict[str, Sent] = {}


def path(course: Course, assignment: str, platform: str) -> Path:
    """The path of what was written of an assignment for a platform."""
    return course.state / "returned" / platform / f"{assignment}.json"


def load(course: Course, assignment: str, platform: str) -> Returned:
    """What was written so far; nothing if there is none, or it can't be read."""
    return decoded(path(course, assignment, platform), Returned) or Returned()


def note(course: Course, assignment: str, platform: str, students: dict[str, Sent]) -> None:
    """Write atomically what each student was sent; others stay as noted before."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    known = Returned(now, load(course, assignment, platform).students | students)
    save(path(course, assignment, platform), known)


def save(place: Path, known: Returned) -> None:
    """Write a note atomically."""
    write_private(place, msgspec.json.format(msgspec.json.encode(known), indent=1))
