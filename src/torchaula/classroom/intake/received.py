"""Record what was received from a learning platform, and when: one register per assignment.

A learner may have written anything in a submission's folder. The register holds what the platform said.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from torchaula.course.layout import Course, require_writable
from torchaula.files import decoded, write_private


class Receipt(msgspec.Struct, frozen=True):
    """A collected notebook, identified by the digest of its bytes (`submitted.digest_of`).

    `time` is when it was handed in (ISO 8601, UTC), if known.
    """

    student: str
    digest: str
    time: str | None = None


class Register(msgspec.Struct):
    """What happened to an assignment's downloads.

    `arrivals` are those of all runs. The rest is about the last run: `problems` say, by student, why
    something of theirs was not collected; `remarks` are about what was collected; `unmatched` says, by the
    platform's name, why something that belongs to no known student was not collected.
    """

    arrivals: list[Receipt] = []
    unmatched: dict[str, str] = {}
    remarks: dict[str, list[str]] = {}
    problems: dict[str, list[str]] = {}


def path(course: Course, assignment: str) -> Path:
    """The path of an assignment's register."""
    return course.state / "received" / f"{assignment}.json"


def load(course: Course, assignment: str) -> Register:
    """An assignment's register; an empty one if there is none, or it can't be read."""
    return decoded(path(course, assignment), Register) or Register()


def record(course: Course, assignment: str, latest: Register) -> None:
    """Write the latest run atomically, and keep the arrivals of earlier runs.

    A known time is kept if the latest run has none. Raises `Refusal` if the register can't be written.
    """
    arrivals = {(arrival.student, arrival.digest): arrival for arrival in load(course, assignment).arrivals}
    for arrival in latest.arrivals:
        known = arrivals.get((arrival.student, arrival.digest))
        if known is None or arrival.time is not None:
            arrivals[arrival.student, arrival.digest] = arrival
    register = replace(latest, arrivals=list(arrivals.values()))
    place = path(course, assignment)
    require_writable(place.parent, is_private=True)
    save(place, register)


def save(place: Path, register: Register) -> None:
    """Write a register atomically."""
    write_private(place, msgspec.json.format(msgspec.json.encode(register), indent=1))


def times(register: Register) -> dict[tuple[str, str], datetime]:
    """When each notebook was handed in (UTC), by student and digest, if known."""
    found = {}
    for arrival in register.arrivals:
        with suppress(ValueError):
            time = datetime.fromisoformat(arrival.time or "")
            if time.tzinfo is not None:
                found[arrival.student, arrival.digest] = time.astimezone(UTC)
    return found
