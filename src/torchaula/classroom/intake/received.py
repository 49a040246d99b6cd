"""What was received from a learning platform, and when: one register an assignment.

A submission's folder holds what a learner may have made. The register holds what the platform said.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from torchaula.course.layout import Course, require_writable
from torchaula.files import whole


class Arrival(msgspec.Struct, frozen=True):
    """A notebook that was collected, known by `submitted.digest_of` its bytes.

    `time` is when it was handed in (ISO 8601, UTC), where known.
    """

    student: str
    digest: str
    time: str | None = None


class Register(msgspec.Struct):
    """What became of an assignment's downloads.

    `arrivals` are of all downloads so far. Of the last run are `problems` (by student, why something of
    theirs was not collected), `remarks` (by student, of what was), and `unmatched`: what the platform called
    something of nobody known, and why it was not collected.
    """

    arrivals: list[Arrival] = []
    unmatched: dict[str, str] = {}
    remarks: dict[str, list[str]] = {}
    problems: dict[str, list[str]] = {}


def path(course: Course, assignment: str) -> Path:
    """Where an assignment's register stands."""
    return course.state / "received" / f"{assignment}.json"


def load(course: Course, assignment: str) -> Register:
    """An assignment's register; an empty one where there is none that can be read."""
    try:
        return msgspec.json.decode(path(course, assignment).read_bytes(), type=Register)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Register()


def record(course: Course, assignment: str, latest: Register) -> None:
    """Write what a run received, whole or not at all, and keep the arrivals of earlier runs.

    A time that was known stays known where the latest run has none. Raises `Refusal` where the register
    can't be written.
    """
    arrivals = {(arrival.student, arrival.digest): arrival for arrival in load(course, assignment).arrivals}
    for arrival in latest.arrivals:
        known = arrivals.get((arrival.student, arrival.digest))
        if known is None or arrival.time is not None:
            arrivals[arrival.student, arrival.digest] = arrival
    register = replace(latest, arrivals=list(arrivals.values()))
    place = path(course, assignment)
    require_writable(place.parent)
    with whole(place) as file:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(register), indent=1))


def times(register: Register) -> dict[tuple[str, str], datetime]:
    """When each notebook was handed in (UTC), by student and digest, where that is known."""
    found = {}
    for arrival in register.arrivals:
        with suppress(ValueError):
            time = datetime.fromisoformat(arrival.time or "")
            if time.tzinfo is not None:
                found[arrival.student, arrival.digest] = time.astimezone(UTC)
    return found
