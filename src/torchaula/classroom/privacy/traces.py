"""What was found of students, where, and how it is removed; links are never followed."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from pathlib import Path

from torchaula.classroom.privacy.mentions import Mentions
from torchaula.classroom.privacy.people import Identity, People
from torchaula.course.layout import Course


class Place(Enum):
    """Where something of a student is kept."""

    EXCHANGE = auto()
    DOWNLOADS = auto()
    REGISTERS = auto()  # what was received, and the logs of collecting
    SUBMISSIONS = auto()
    COPIES = auto()  # graded ones
    PAGES = auto()
    RECORDS = auto()
    TABLES = auto()
    SENT = auto()  # to platforms: what was noted of it, and pages in zips
    BACKUPS = auto()
    DUMPS = auto()  # backups that can't be written anew
    LEFTOVERS = auto()  # of interrupted commands
    GRADEBOOK = auto()
    LIST = auto()  # students.csv


@dataclass(frozen=True)
class Trace:
    """Something to remove: `count` things in the file or folder `path`."""

    place: Place
    path: Path
    remove: Callable[[], None] = field(repr=False)
    count: int = 1


@dataclass(frozen=True)
class Left:
    """Something that could not be removed, and why: a file, or a database's address."""

    path: str
    reason: str


@dataclass(frozen=True)
class Scope:
    """Whose things are removed: all that is of the students `wholly`, and of others single assignments.

    Both are ids in Unicode's form NFC; `partly` is by assignment.
    """

    course: Course
    people: People
    wholly: frozenset[str]
    partly: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ignored: frozenset[Path] = frozenset()  # files that go as a whole

    def of(self, assignment: str) -> frozenset[str]:
        """The students of whom everything of an assignment is removed."""
        return self.wholly | self.partly.get(assignment, frozenset())

    @cached_property
    def mentions(self) -> Mentions:
        """What names the students of whom nothing stays."""
        identities = self.people.identities
        gone = [identities[id] for id in self.wholly if id in identities]
        return Mentions(gone, [each for id, each in identities.items() if id not in self.wholly])

    @property
    def gone(self) -> list[Identity]:
        """The students of whom nothing stays."""
        return [self.people.identities[id] for id in sorted(self.wholly) if id in self.people.identities]


def erase(path: Path) -> None:
    """Remove a file, a link (and not what it points to), or a folder with all that is in it.

    Raises `OSError` if something can't be removed.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        path.unlink()
        return
    try:
        shutil.rmtree(path)  # follows no link, also none that is put there meanwhile
    except PermissionError:
        _open_folders(path)
        shutil.rmtree(path)


def _open_folders(folder: Path) -> None:
    """Let the owner write to a folder and those in it, which a learner may have handed in read-only."""
    folder.chmod(0o700)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _open_folders(Path(entry.path))


def listed(folder: Path) -> list[Path]:
    """What is in a folder, by name; nothing if there is no folder. Names are never put together from ids."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def keep_time(path: Path, before: os.stat_result) -> None:
    """Give a file that was written again the time that it had: the rest of it is no younger."""
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def removed(traces: Iterable[Trace]) -> list[Left]:
    """Remove each trace; returns what could not be removed."""
    left = []
    for trace in traces:
        try:
            trace.remove()
        except OSError as error:
            left.append(Left(str(error.filename or trace.path), error.strerror or str(error)))
    return left
