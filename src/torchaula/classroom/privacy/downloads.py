"""Find what platforms' downloads hold of students: archives of a class, unpacked folders, worksheets."""

from __future__ import annotations

import copy
import re
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from torchaula.classroom.intake import archives, packed, uploads
from torchaula.classroom.intake.packed import ArchiveKind, BadArchive
from torchaula.classroom.privacy import tables
from torchaula.classroom.privacy.people import Told, require_clear
from torchaula.classroom.privacy.traces import Place, Scope, Trace, erase, keep_time, listed
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import whole
from torchaula.i18n import _

COLLECTORS = ("ClassCollector", "MoodleCollector", "FileNameCollectorPlugin")
TABLES = (".csv", ".tsv")
ENCRYPTED = 0x1  # a zip entry's flag


def folder(course: Course) -> Path:
    """Where downloads are, in a folder for each assignment."""
    return course.root / "downloaded"


def find(scope: Scope) -> Iterator[Trace]:
    """What is of the students in downloads. Raises `Refusal` if an archive can't be written without them."""
    pattern = _pattern(scope.course)
    for path in listed(folder(scope.course)):
        yield from _Downloads(scope, path, pattern).find(path)


def _pattern(course: Course) -> re.Pattern[str] | None:
    """The course's own pattern for files that no platform named; None if it has none."""
    settings = converters.config(course)
    found = next((p for name in COLLECTORS if (p := settings[name].get("named_regexp"))), "")
    try:
        return re.compile(str(found)) if found else None
    except re.error:
        return None


@dataclass(frozen=True)
class _Downloads:
    """The downloads of one assignment, which its folder is named after."""

    scope: Scope
    root: Path
    pattern: re.Pattern[str] | None

    @property
    def _wanted(self) -> frozenset[str]:
        return self.scope.of(self.root.name)

    def find(self, path: Path) -> Iterator[Trace]:
        """What is of the students at a path and below it."""
        if path in self.scope.ignored:
            return
        if path.is_symlink():
            if self._is_theirs(path, path):
                yield Trace(Place.DOWNLOADS, path, partial(erase, path))
        elif path.is_dir():
            yield from self._in_folder(path)
        elif _is_class(path):
            yield from self._in_archive(path)
        elif self._is_theirs(path, path):
            yield Trace(Place.DOWNLOADS, path, partial(erase, path))
        elif path.suffix.lower() in TABLES and uploads.locate(path.relative_to(self.root.parent)) is None:
            yield from tables.find(self.scope, path, Place.DOWNLOADS, lambda _row: self._wanted)
        elif path.suffix.lower() == ".zip":
            yield from self._in_archive(path)

    def _in_folder(self, path: Path) -> Iterator[Trace]:
        if path != self.root:
            candidates = self._candidates(path)
            if candidates and require_clear(str(path), path.name, candidates, self._wanted):
                yield Trace(Place.DOWNLOADS, path, partial(erase, path))
                return
            if candidates:
                return  # another student's: what they handed in is looked into by nobody
        for below in listed(path):
            yield from self.find(below)

    def _is_theirs(self, path: Path, where: Path) -> bool:
        candidates = self._candidates(path)
        return require_clear(str(where), path.name, candidates, self._wanted) is not None

    def _candidates(self, path: Path) -> set[str]:
        """The students who may have handed in what is at a path, which may lie in an archive."""
        below, people = path.relative_to(self.root), self.scope.people
        if place := uploads.locate(below):
            told = self._sheet.get(place.person.number, Told())
            return people.whose_upload(place.person, told.addresses, told.name)
        matched = self.pattern.match(str(path)) if self.pattern else None
        student = matched.groupdict().get("student_id") if matched else None
        return people.whose(Told((student,))) if student else people.whose_file(path.name)

    @cached_property
    def _sheet(self) -> Mapping[str, Told]:
        """What the worksheets say about each participant's number."""
        found: dict[str, Told] = {}
        for path in sorted(self.root.rglob("*.csv")):
            is_learners = uploads.locate(path.relative_to(self.root)) is not None
            if path.is_symlink() or not path.is_file() or is_learners:
                continue
            table = tables.read(path)
            for row in table.rows if table else ():
                told = tables.told(row.values)
                if told.number and (told.addresses or told.number not in found):
                    found[told.number] = told
        return found

    def _in_archive(self, path: Path) -> Iterator[Trace]:
        """The members of an archive of a class that are theirs."""
        try:
            with packed.explained(), packed.opened(path, packed.CLASS_INDEX) as pack:
                entries = pack.infolist()
        except BadArchive as error:
            raise Refusal(
                _(
                    "{path}: {reason}. Nobody can tell what it holds, and nothing was removed: delete it"
                ).format(path=path, reason=error)
            ) from None
        below = path.with_name(archives.stem(path.name))
        gone = [entry for entry in entries if self._is_member_theirs(path, below, entry.filename)]
        if not gone:
            return
        kept = [entry for entry in entries if entry not in gone]
        _require_copyable(path, kept)
        yield Trace(Place.DOWNLOADS, path, partial(_rewrite, path, _names(gone)), len(gone))

    def _is_member_theirs(self, path: Path, below: Path, name: str) -> bool:
        try:
            member = below / archives.safe(name)
        except BadArchive:
            member = below / re.sub(r"[^\w.@+-]", "_", name)
        return self._is_theirs(member, path)


def _is_class(path: Path) -> bool:
    """Whether a file is a platform's download of a class, however it is called."""
    try:
        is_zip = stat.S_ISREG(path.lstat().st_mode) and packed.kind_of(path) is ArchiveKind.ZIP
    except OSError:
        return False
    return is_zip and archives.is_download(path)


def _require_copyable(path: Path, kept: Sequence[zipfile.ZipInfo]) -> None:
    """Raise `Refusal` if other members can't be copied to a new archive."""
    odd = [each for each in kept if each.compress_type not in packed.METHODS or each.flag_bits & ENCRYPTED]
    if odd:
        raise Refusal(
            _(
                "{path}: {name} in it is encrypted or packed by an unusual method, so it can't be written "
                "anew without the student, and nothing was removed; delete this file, or pack it anew"
            ).format(path=path, name=packed.shown(odd[0].filename))
        )


def _names(entries: Iterable[zipfile.ZipInfo]) -> set[str]:
    return {each.filename for each in entries}


def _rewrite(path: Path, gone: set[str]) -> None:
    """Write an archive anew without some members; without any other, delete it."""
    before = path.stat()
    try:
        with packed.opened(path, packed.CLASS_INDEX) as pack:
            kept = [each for each in pack.infolist() if each.filename not in gone]
            if not any(not each.is_dir() for each in kept):
                path.unlink()
                return
            with whole(path, is_private=True) as new, zipfile.ZipFile(new, "w") as made:
                made.comment = pack.comment
                for entry in kept:
                    _copy(pack, entry, made)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise OSError(0, _("{reason}: delete this archive").format(reason=error), str(path)) from None
    keep_time(path, before)


def _copy(pack: zipfile.ZipFile, entry: zipfile.ZipInfo, made: zipfile.ZipFile) -> None:
    same = copy.copy(entry)
    same.extra = b""  # may describe sizes and a name that are written anew
    with pack.open(entry) as content, made.open(same, "w", force_zip64=entry.file_size >= 2**31) as file:
        shutil.copyfileobj(content, file, packed.CHUNK)


def whole_files(course: Course) -> Iterator[Path]:
    """Every file and link of the downloads, for a purge by age."""
    for path in sorted(folder(course).rglob("*")):
        if path.is_symlink() or path.is_file():
            yield path
