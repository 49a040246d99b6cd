"""Find what platforms' downloads hold of students: archives of a class, unpacked folders, tables, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torchaula.classroom.intake import archives, packed
from torchaula.classroom.intake.gradescope import export as gradescope
from torchaula.classroom.intake.packed import BadArchive
from torchaula.classroom.privacy import submitters, tables, zips
from torchaula.classroom.privacy.people import Told, require_clear
from torchaula.classroom.privacy.traces import Place, Scope, Trace, erase, keep_time, listed
from torchaula.classroom.privacy.uploaders import INSIDE, Uploaders, inside, is_list, is_zip, member
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import content, write_private
from torchaula.i18n import _

COLLECTORS = ("ClassCollector", "MoodleCollector", "FileNameCollectorPlugin")
TABLES = (".csv", ".tsv")
LIST = Path(gradescope.METADATA).suffix


def find(scope: Scope) -> Iterator[Trace]:
    """What is of the students in downloads. Raises `Refusal` if an archive can't be written without them.

    Tables and lists come last: they tell whose the rest is.
    """
    for path in listed(scope.course.downloaded):
        found = _Downloads(scope, uploaders(scope, path)).find(path)
        yield from sorted(found, key=lambda trace: trace.path.suffix.lower() in (*TABLES, LIST))


def _pattern(course: Course) -> re.Pattern[str] | None:
    """The course's own pattern for files that no platform named; None if it has none."""
    settings = converters.config(course)
    found = next((p for name in COLLECTORS if (p := settings[name].get("named_regexp"))), "")
    try:
        return re.compile(str(found)) if found else None
    except re.error:
        return None


def uploaders(scope: Scope, root: Path) -> Uploaders:
    """Who handed in what lies below a folder of downloads, which is named after its assignment."""
    return Uploaders(scope.people, root, _pattern(scope.course))


@dataclass(frozen=True)
class _Downloads:
    """The downloads of one assignment, which its folder is named after."""

    scope: Scope
    uploaders: Uploaders

    @property
    def _root(self) -> Path:
        return self.uploaders.root

    @property
    def _wanted(self) -> frozenset[str]:
        return self.scope.of(self._root.name)

    def find(self, path: Path) -> Iterator[Trace]:
        """What is of the students at a path and below it."""
        if path in self.scope.ignored:
            return
        if path.is_dir() and not path.is_symlink():
            yield from self._in_folder(path)
        elif self._is_class(path):
            yield from self._in_archive(path)
        elif self._is_theirs(path):
            yield Trace(Place.DOWNLOADS, path, partial(erase, path))
        elif not path.is_symlink() and self.uploaders.place(path) is None:
            yield from self._in_file(path)

    def _in_folder(self, path: Path) -> Iterator[Trace]:
        if path != self._root:
            candidates = self.uploaders.whose(path, is_folder=True)
            if candidates and require_clear(str(path), path.name, candidates, self._wanted):
                yield Trace(Place.DOWNLOADS, path, partial(erase, path))
                return
            if candidates:
                return  # another student's: what they handed in is looked into by nobody
        for below in listed(path):
            yield from self.find(below)

    def _in_file(self, path: Path) -> Iterator[Trace]:
        """What is of the students in a file that is of the class."""
        if path.suffix.lower() in TABLES:
            yield from tables.find(self.scope, path, Place.DOWNLOADS, lambda _row: self._wanted)
        elif path.name == gradescope.METADATA:
            data, count = submitters.without(_content(path), self._is_submitter_theirs(path), path)
            if count:
                yield Trace(Place.DOWNLOADS, path, partial(_write, path, data), count)
        elif path.suffix.lower() == ".zip":
            yield from self._in_archive(path)

    def _is_class(self, path: Path) -> bool:
        """Whether a file is a platform's download of a class, however it is called."""
        if path.is_symlink() or not is_zip(path) or not archives.is_download(path):
            return False
        return self.uploaders.place(path) is None  # else it is a learner's, whatever is in it

    def _is_theirs(self, path: Path) -> bool:
        candidates = self.uploaders.whose(path)
        return require_clear(str(path), path.name, candidates, self._wanted) is not None

    def _is_submitter_theirs(self, where: Path) -> submitters.IsGone:
        def is_theirs(told: Told) -> bool:
            candidates = self.scope.people.whose(told)
            return require_clear(str(where), gradescope.METADATA, candidates, self._wanted) is not None

        return is_theirs

    def _in_archive(self, path: Path) -> Iterator[Trace]:
        """The members of an archive of a class that are theirs."""
        try:
            with packed.explained(), packed.opened(path, packed.CLASS_INDEX) as pack:
                entries = pack.infolist()
            lists = {each.filename: member(path, each.filename) for each in entries if is_list(each.filename)}
        except BadArchive as error:
            raise Refusal(
                _(
                    "{path}: {reason}. Nobody can tell what it holds, and nothing was removed: delete it"
                ).format(path=path, reason=error)
            ) from None
        gone = {entry.filename for entry in entries if self._is_member_theirs(path, entry.filename)}
        count, changed = len(gone), {}
        for name, data in lists.items():
            changed[name], some = submitters.without(data, self._is_submitter_theirs(path), path / name)
            count += some
        gone |= {name for name, data in changed.items() if not data}
        if count:
            zips.require_copyable(path, [entry for entry in entries if entry.filename not in gone])
            yield Trace(Place.DOWNLOADS, path, partial(zips.rewrite, path, gone, changed), count)

    def _is_member_theirs(self, path: Path, name: str) -> bool:
        below = inside(path, name)
        is_folder = below.name == INSIDE
        candidates = self.uploaders.whose(below.parent if is_folder else below, is_folder)
        return require_clear(str(path), packed.shown(name), candidates, self._wanted) is not None


def _content(path: Path) -> bytes:
    try:
        return content(path, gradescope.LARGEST)
    except OSError as error:
        told = _("{path}: can't be read ({reason}), and nothing was removed; delete it, or mend that")
        raise Refusal(told.format(path=path, reason=error.strerror)) from None


def _write(path: Path, data: bytes) -> None:
    """Write a list anew, of the time that it had; an empty one goes."""
    if not data:
        erase(path)
        return
    before = path.stat()
    write_private(path, data)
    keep_time(path, before)


def whole_files(course: Course) -> Iterator[Path]:
    """Every file and link of the downloads, for a purge by age."""
    for path in sorted(course.downloaded.rglob("*")):
        if path.is_symlink() or path.is_file():
            yield path
