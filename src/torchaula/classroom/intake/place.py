"""Say whose a path in a platform's download is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from torchaula.classroom.intake import roster
from torchaula.i18n import _

# Names under blind or anonymous marking.
ANONYMOUS = ("participant", "participante")
CANVAS_ANONYMOUS = "anon"
UNPACKED = ".contents"  # the end of a folder that holds what was in a learner's archive


class Platform(Enum):
    """A learning platform whose downloads can be read."""

    MOODLE = "Moodle"
    CANVAS = "Canvas"
    GRADESCOPE = "Gradescope"
    BLACKBOARD = "Blackboard"

    @property
    def table(self) -> str:
        """What the platform's table of people is called, for a message."""
        return {
            Platform.MOODLE: _("Moodle's grading worksheet"),
            Platform.CANVAS: _("Canvas' gradebook CSV"),
            Platform.GRADESCOPE: _("Gradescope's submission_metadata.yml"),
            Platform.BLACKBOARD: _("Blackboard's user names"),
        }[self]


@dataclass(frozen=True)
class Person:
    """A person or group as a platform names them.

    Moodle numbers the participants of each assignment anew; `number` is the user's id on other platforms.
    """

    name: str
    number: str = ""
    platform: Platform = Platform.MOODLE

    def __str__(self) -> str:
        return f"{self.name}_{self.number}" if self.number else self.name

    @property
    def identity(self) -> tuple[Platform, str]:
        """What stays the same if the name changes."""
        return self.platform, self.number or self.name

    @property
    def is_anonymous(self) -> bool:
        """Whether blind or anonymous marking hides the name."""
        if self.platform is Platform.CANVAS:
            return self.name == CANVAS_ANONYMOUS
        return roster.key(self.name) in ANONYMOUS


@dataclass(frozen=True)
class SheetRow:
    """What a platform's table says about one person. `time` is in UTC, `logins` are their names to log in.

    `group` is whom they hand in with; the row of a group has its `members`.
    """

    name: str = ""
    id_number: str = ""
    email: str = ""
    time: datetime | None = None
    group: str = ""
    logins: tuple[str, ...] = ()
    members: tuple[SheetRow, ...] = ()


Rows = Mapping[Person, SheetRow]


@dataclass(frozen=True)
class Place:
    """Whose an entry of a download is: the download, the person, and the learner's name for the file.

    The name is empty for what is no file, such as a text that was written on the platform's page. `entry` is
    what the platform named: a folder or file in the download. `serial` grows with each file that the platform
    receives. `time` is when it did (UTC), if the entry itself tells it.

    Where an entry's name can mean several people, `doubts` are all of them, `problem` says what to do about
    it, and `person` stands for the entry alone.
    """

    download: Path
    person: Person
    file: str
    entry: str = ""
    serial: int = 0
    is_late: bool = False
    time: datetime | None = None
    doubts: tuple[Person, ...] = ()
    problem: str = ""


def named_parts(below: Path) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """The parts of a path that a platform may have named which makes no folders, the outermost first.

    Each comes with the download that it is in, and what is in it: an archive's files, unpacked.
    """
    for at, part in enumerate(below.parts):
        inner = below.parts[at + 1 :]
        if not inner or part.endswith(UNPACKED):
            yield Path(*below.parts[:at]), part, inner


Locate = Callable[[Path], Place | None]  # None: this platform didn't name the path


def outermost(places: Iterable[Place]) -> list[Place]:
    """Of the places of one path, those in the outermost download: what is in it is a learner's."""
    found = list(places)
    least = min((len(place.download.parts) for place in found), default=0)
    return [place for place in found if len(place.download.parts) == least]
