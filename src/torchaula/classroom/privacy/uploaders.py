"""Say whose each path in an assignment's downloads may be: on the disk, or in a platform's archive."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torchaula.classroom.intake import archives, packed, uploads
from torchaula.classroom.intake import tables as platforms
from torchaula.classroom.intake.canvas import gradebook
from torchaula.classroom.intake.canvas.entries import Entries
from torchaula.classroom.intake.gradescope import export as gradescope
from torchaula.classroom.intake.packed import ArchiveKind, BadArchive
from torchaula.classroom.intake.place import Locate, Person, Place, Platform, SheetRow
from torchaula.classroom.privacy import tables
from torchaula.classroom.privacy.people import People, Told
from torchaula.errors import Refusal

INSIDE = "-"  # stands for whatever a folder holds
BY_PATTERN = (Platform.CANVAS, Platform.BLACKBOARD)  # whose files the course's own pattern may describe


@dataclass(frozen=True)
class Uploaders:
    """Whose the paths below `root` may be, which is named after the assignment.

    `pattern` is the course's own, for files that no platform named.
    """

    people: People
    root: Path
    pattern: re.Pattern[str] | None = None

    def whose(self, path: Path, is_folder: bool = False) -> set[str]:
        """The ids of the students who may have handed in what is at a path, which may lie in an archive.

        Where a name can mean several people, each who is no known student counts as one more.
        """
        place, matched = self.place(path, is_folder), self.pattern.match(str(path)) if self.pattern else None
        student = matched.groupdict().get("student_id") if matched else None
        if student and (place is None or place.person.platform in BY_PATTERN):
            return self.people.whose(Told((student,)))
        if place is None:
            return self.people.whose_file(path.name)
        doubts = [self.whose_upload(person) or {str(person)} for person in place.doubts]
        return set().union(*doubts) if doubts else self.whose_upload(place.person)

    def place(self, path: Path, is_folder: bool = False) -> Place | None:
        """Where a path belongs; None if no platform named it."""
        below = path.relative_to(self.root)
        below = below / INSIDE if is_folder else below
        if below not in self._places:
            return uploads.located([below], self._locate)[below]
        return self._places[below]

    def whose_upload(self, person: Person) -> set[str]:
        """The ids of the students who may be a platform's person."""
        return self.people.whose_upload(person, self._told(person))

    def _told(self, person: Person) -> Told:
        """What the platform's table says about a person."""
        if person.platform is Platform.MOODLE:
            return self._sheet.get(person.number, Told())
        rows = {
            Platform.CANVAS: self._users.get(person.number),
            Platform.GRADESCOPE: self._listed.get(person),
        }
        row = rows.get(person.platform) or SheetRow()
        return Told(tuple(filter(None, (row.id_number, row.email, *row.logins))), row.name, person.number)

    @cached_property
    def _locate(self) -> Mapping[Platform, Locate]:
        return {**uploads.PLATFORMS, Platform.CANVAS: Entries(self._users).locate}

    @cached_property
    def _places(self) -> dict[Path, Place | None]:
        """Where everything belongs: most entries of a download tell which platform's it is."""
        return uploads.located(self._paths(), self._locate)

    def _paths(self) -> Iterator[Path]:
        for path in self._files:
            below = path.relative_to(self.root)
            yield below / INSIDE if path.is_dir() and not path.is_symlink() else below
        for archive, names in self._archives.items():
            yield from (inside(archive, name).relative_to(self.root) for name in names)

    @cached_property
    def _files(self) -> list[Path]:
        return sorted(self.root.rglob("*"))

    @cached_property
    def _archives(self) -> dict[Path, list[str]]:
        """The names in each zip that is no learner's."""
        found = {}
        for path in self._files:
            if self._is_class_s(path) and is_zip(path):
                with (
                    suppress(BadArchive),
                    packed.explained(),
                    packed.opened(path, packed.CLASS_INDEX) as pack,
                ):
                    found[path] = pack.namelist()
        return found

    def _is_class_s(self, path: Path) -> bool:
        """Whether a path is a file that no platform named as a learner's, as far as its name alone tells."""
        is_file = path.is_file() and not path.is_symlink()
        return is_file and uploads.locate(path.relative_to(self.root)) is None

    @cached_property
    def _tables(self) -> list[Path]:
        return [path for path in self._files if path.suffix.lower() == ".csv" and self._is_class_s(path)]

    @cached_property
    def _sheet(self) -> Mapping[str, Told]:
        """What Moodle's worksheets say about each participant's number."""
        found: dict[str, Told] = {}
        for path in self._tables:
            table = tables.read(path)
            for row in table.rows if table else ():
                told = tables.told(row.values)
                if told.number and (told.addresses or told.number not in found):
                    found[told.number] = told
        return found

    @cached_property
    def _users(self) -> Mapping[str, SheetRow]:
        """What Canvas' gradebooks say about each user's id."""
        found: dict[str, SheetRow] = {}
        for path in filter(platforms.is_canvas, self._tables):
            with suppress(Refusal):  # one that can't be read tells nothing
                found |= gradebook.load(path).people
        return found

    @cached_property
    def _listed(self) -> Mapping[Person, SheetRow]:
        """What Gradescope's lists say about each submission."""
        found: dict[Person, SheetRow] = {}
        for path in self._files:
            if path.name == gradescope.METADATA and self._is_class_s(path):
                with suppress(Refusal):
                    found |= gradescope.read(path)
        for archive, names in self._archives.items():
            for name in filter(is_list, names):
                with suppress(Refusal):
                    found |= gradescope.parse(member(archive, name), archive)
        return found


def is_zip(path: Path) -> bool:
    """Whether a path is a zip archive, by content, however it is called."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and packed.kind_of(path) is ArchiveKind.ZIP
    except OSError:
        return False


def inside(archive: Path, name: str) -> Path:
    """Where a member of an archive would be if it were unpacked."""
    below = archive.with_name(archives.stem(archive.name))
    try:
        path = below / archives.safe(name)
    except BadArchive:
        path = below / re.sub(r"[^\w.@+-]", "_", name)
    return path / INSIDE if name.endswith("/") else path


def is_list(name: str) -> bool:
    """Whether a member of an archive is Gradescope's list of submissions, and no learner's file."""
    return Path(name).name == gradescope.METADATA and gradescope.locate(Path(name)) is None


def member(archive: Path, name: str) -> bytes:
    """The content of a member, at most as large as a list may be. Raises `BadArchive` if it can't be read."""
    with packed.explained(), packed.opened(archive, packed.CLASS_INDEX) as pack, pack.open(name) as file:
        return file.read(gradescope.LARGEST)
