"""Read the names in Blackboard's download: `<assignment>_<user>_attempt_<date>_<file>`.

There is a `.txt` an attempt, too. "attempt" is in Blackboard's language. Assignments, users and files may
have underscores in their names; no learner can choose what stands before the first date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from torchaula.classroom.intake.place import Person, Place, Platform, SheetRow, named_parts
from torchaula.printing import printable

ENTRY = re.compile(
    r"(?P<whose>[^/]+?_[^/]+?)_[^\W\d_]+_"
    r"(?P<time>[0-9]{4}(?:-[0-9]{2}){5})(?:_(?P<file>.+)|\.txt)",
    re.DOTALL,
)


class Entries:
    """Locates paths in Blackboard's downloads, whose dates are of a time zone."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def locate(self, below: Path) -> Place | None:
        """Where a path belongs; None if Blackboard didn't name it."""
        for download, part, inner in named_parts(below):
            if found := ENTRY.fullmatch(part):
                person = Person(printable(found["whose"]), "", Platform.BLACKBOARD)
                file = "/".join([found["file"], *inner]) if found["file"] else ""
                return Place(download, person, file, part, time=self._time(found["time"]))
        return None

    def _time(self, text: str) -> datetime | None:
        try:
            return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=self._zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


locate = Entries(UTC).locate


def row(person: Person) -> SheetRow:
    """What an entry tells of its person: a user name, which may begin behind any underscore."""
    return SheetRow(logins=tuple(_endings(person.name)))


def user(person: Person) -> str:
    """The likely user name: what stands behind the last underscore."""
    return person.name.rpartition("_")[2]


def _endings(name: str) -> list[str]:
    parts = name.split("_")
    return ["_".join(parts[at:]) for at in range(1, len(parts))]
