"""Read the names in Canvas' submissions zip: `<name>[_LATE]_<user>_<attachment>_<file>`.

Source: `lib/content_zipper.rb` in Canvas. Learners choose their display name and their file's name, and both
may hold numbers between underscores, as in `ana_99_5`: so a name can be made to look like somebody else's.
Canvas itself takes the first two numbers. Here every way to read a name is found, and only what has a single
one, or a single one that Canvas' gradebook knows, is somebody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchaula.classroom.intake.canvas.names import written
from torchaula.classroom.intake.place import CANVAS_ANONYMOUS, Person, Place, Platform, SheetRow, named_parts
from torchaula.i18n import _
from torchaula.printing import printable, shortened

LATE = "LATE"
NO_FILE = ("text.html", "link.html")  # a text or an address that was written on the page
NUMBER = re.compile(r"[0-9]{1,18}")  # Unicode's other digits are none for Canvas
# What a name can't have: Canvas writes it in small letters and keeps letters, digits and underscores alone.
# Only ASCII is judged, since Canvas may know other letters than this Python.
IMPOSSIBLE = re.compile(r"[\x00-\x2f\x3a-\x5e\x60\x7b-\x7f]")
SHOWN = 80  # characters of a name in a message


@dataclass(frozen=True)
class Reading:
    """One way to read an entry's name. `attachment` is 0 for what is no file."""

    name: str
    user: str
    attachment: int
    file: str
    is_late: bool = False

    @property
    def person(self) -> Person:
        return Person(printable(self.name), self.user, Platform.CANVAS)


def readings(entry: str) -> Iterator[Reading]:
    """Every way in which Canvas may have made a name."""
    parts = entry.split("_")
    for at in range(1, len(parts) - 1):
        is_late = at > 1 and parts[at - 1] == LATE
        name = "_".join(parts[: at - 1 if is_late else at])
        rest = parts[at + 1 :]
        if not NUMBER.fullmatch(parts[at]) or IMPOSSIBLE.search(name):
            continue
        if len(rest) > 1 and NUMBER.fullmatch(rest[0]) and (file := "_".join(rest[1:])):
            yield Reading(name, parts[at], int(rest[0]), file, is_late)
        if len(rest) == 1 and rest[0] in NO_FILE:
            yield Reading(name, parts[at], 0, "", is_late)
    yield from _anonymous(parts)


def _anonymous(parts: list[str]) -> Iterator[Reading]:
    """The reading under anonymous grading, `[LATE_]anon_<id>_<attachment>_<file>`."""
    is_late = parts[0] == LATE
    word, identifier, attachment, *rest = [*parts[is_late:], "", "", ""]
    file = "_".join(rest[:-3])
    if word == CANVAS_ANONYMOUS and re.fullmatch(r"[0-9A-Za-z]{1,20}", identifier):
        if NUMBER.fullmatch(attachment) and file:
            if not NUMBER.fullmatch(identifier):  # else it is read as a name already
                yield Reading(CANVAS_ANONYMOUS, identifier, int(attachment), file, is_late)
        elif attachment in NO_FILE and not NUMBER.fullmatch(identifier):
            yield Reading(CANVAS_ANONYMOUS, identifier, 0, "", is_late)


class Entries:
    """Locates paths in Canvas' downloads. `known` are the rows of its gradebook by the user's id."""

    def __init__(self, known: Mapping[str, SheetRow]) -> None:
        self._known = known

    def locate(self, below: Path) -> Place | None:
        """Where a path belongs; None if Canvas didn't name it."""
        for download, part, inner in named_parts(below):
            if found := list(readings(part)):
                return self._place(download, part, found, inner)
        return None

    def _place(self, download: Path, entry: str, found: list[Reading], inner: tuple[str, ...]) -> Place:
        sure = found if len(found) == 1 else self._confirmed(found)
        if len(sure) == 1:
            one = sure[0]
            file = "/".join([one.file, *inner]) if one.file else ""
            return Place(download, one.person, file, entry, one.attachment, one.is_late)
        shown = Person(shortened(printable(entry), SHOWN), "", Platform.CANVAS)
        people = tuple(dict.fromkeys(reading.person for reading in found))
        return Place(
            download, shown, "/".join([entry, *inner]), entry, doubts=people, problem=self._doubtful()
        )

    def _confirmed(self, found: list[Reading]) -> list[Reading]:
        """The reading whose user the gradebook has under this name, if it has none of the other users."""
        known = [reading for reading in found if reading.user in self._known]
        return [each for each in known if len(known) == 1 and self._is_called(each)]

    def _is_called(self, reading: Reading) -> bool:
        return written(reading.name) == written(self._known[reading.user].name)

    def _doubtful(self) -> str:
        if not self._known:
            return _(
                "numbers between underscores in a person's or a file's name, so that it could be another's: "
                "put Canvas' gradebook CSV beside the zip, which tells"
            )
        return _(
            "numbers between underscores in a person's or a file's name, so that it could be another's, and "
            "Canvas' gradebook CSV can't tell: look in SpeedGrader whose it is, and put the notebook into "
            "their folder in submitted/"
        )
