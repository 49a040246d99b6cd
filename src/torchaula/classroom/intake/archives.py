"""Unpack what a learning platform collected: archives by learners, which may be damaged or malicious.

An archive is unpacked completely or not at all. In a class's download this is decided for each learner
separately, so that one bad archive affects nobody else.
"""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from torchaula.classroom.intake import packed, uploads
from torchaula.classroom.intake.packed import MIB, Allowance, ArchiveKind, BadArchive, Members
from torchaula.classroom.intake.place import UNPACKED
from torchaula.files import LONGEST_NAME
from torchaula.i18n import _

DEPTH = 3  # a class's archive, a learner's in it, and one that a learner packed by mistake
DEEPEST = 32  # nested folders, including those of inner archives
LONGEST_PATH = 1000  # bytes of a path
RESERVE = 500 * MIB  # bytes of the disk that stay free
HERE = PurePosixPath()
DRIVE = re.compile(r"[a-z]:[/\\]|[a-z]:$", re.I)


def copy(path: Path, target: Path) -> None:
    """Copy a file that is no archive. Raises `BadArchive` if it is too large, or the target exists."""
    budget = Allowance()
    budget.take(path.stat().st_size, files=1)
    with Place(target.parent, budget).whole() as place, path.open("rb") as file:
        place.write(PurePosixPath(target.name), iter(lambda: file.read(packed.CHUNK), b""), target.name)


def is_download(archive: Path) -> bool:
    """Whether an archive is a platform's download for a class, and not one learner's."""
    try:
        with packed.explained(), packed.opened(archive, packed.CLASS_INDEX) as pack:
            return any(uploads.located(map(Path, pack.namelist())).values())
    except BadArchive:
        return False


def unpack_download(archive: Path, folder: Path) -> dict[str, BadArchive]:
    """Unpack a class's download into `folder`; each learner's part is unpacked completely or not at all.

    Returns why a part can't be unpacked, by learner; each says `entry`, what the platform named in it. Raises
    `BadArchive` if the archive itself can't be read.
    """
    failed = {}
    with packed.explained(), packed.opened(archive, packed.CLASS_INDEX) as pack:
        places = uploads.located(Path(entry.filename) for entry in pack.infolist())
        parts: defaultdict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for entry in pack.infolist():
            place = places[Path(entry.filename)]
            parts[str(place.person) if place else ""].append(entry)
        _make(folder)
        for person, entries in parts.items():
            budget = Allowance()
            try:
                with Place(folder, budget).whole() as place_of_one:
                    place_of_one.fill(packed.of_zip(pack, entries, budget))
                    if not place_of_one.files and not all(entry.is_dir() for entry in entries):
                        raise _nothing()
            except BadArchive as error:
                place = places[Path(entries[0].filename)]
                error.entry = place.entry if place else ""
                failed[person] = error
    return failed


def unpack(archive: Path, folder: Path, budget: Allowance | None = None, may_be_empty: bool = True) -> None:
    """Unpack an archive, and archives in it, into `folder`. If it raises `BadArchive`, nothing is left."""
    budget = budget or Allowance()
    with packed.explained():
        _make(folder)
        try:
            with Place(folder, budget).whole() as place:
                place.fill(packed.members(archive, budget))
                if not place.files and not may_be_empty:
                    raise _nothing()
        except BadArchive:
            folder.rmdir()
            raise


def _nothing() -> BadArchive:
    return BadArchive(_("no file in it, or links alone: ask for the notebook"))


def _make(folder: Path) -> None:
    """Make a folder. Raises `BadArchive` if it exists."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        told = _("there is another {name} beside it: give it another name")
        raise BadArchive(told.format(name=packed.shown(folder.name))) from None


class Place:
    """A folder that receives all the files of one learner, or none.

    It only adds files. Existing ones, such as another learner's, are never changed.
    """

    def __init__(self, folder: Path, budget: Allowance) -> None:
        self._folder, self._budget = folder, budget
        self.files = 0  # how many were written, without unpacked archives
        self._made: list[tuple[Path, bool]] = []  # paths in order of creation, and whether each is a folder
        self._known: set[PurePosixPath] = {HERE}  # folders that exist

    @contextmanager
    def whole(self) -> Iterator[Place]:
        """Remove all that was written if the block fails. Any error becomes a `BadArchive`."""
        try:
            with packed.explained():
                yield self
        except BaseException:
            for path, is_folder in reversed(self._made):
                with suppress(OSError):
                    path.rmdir() if is_folder else path.unlink()
            raise

    def fill(self, members: Members, below: PurePosixPath = HERE, depth: int = 1) -> None:
        """Write the files of an archive, and of archives in it. Raises `BadArchive`."""
        inner = []
        for name, content in members:
            _require_short(name, below)
            if content is None:
                continue
            path = below / safe(name)
            self.write(path, content, name)
            if is_packed(path.name):
                inner.append(path)
        for path in inner if depth < DEPTH else ():
            self._fill_from(path, depth + 1)

    def _fill_from(self, path: PurePosixPath, depth: int) -> None:
        """Replace an inner archive with its files, unless it is a single compressed file."""
        archive = self._folder / path
        is_said_to_be_tar = path.name.lower().endswith((".tar.gz", ".tgz"))
        if packed.kind_of(archive) is ArchiveKind.OTHER_GZ and not is_said_to_be_tar:
            return
        below = path.with_name(stem(path.name) + UNPACKED)
        self.fill(packed.members(archive, self._budget), below, depth)
        archive.unlink()
        self.files -= 1

    def write(self, path: PurePosixPath, content: Iterator[bytes], name: str) -> None:
        """Write a file and the folders that it needs; `name` is what its learner calls it.

        Raises `BadArchive` if the path is taken, or the disk is full.
        """
        if shutil.disk_usage(self._folder).free < RESERVE:
            told = _("less than {size} MB are free on this disk: make room, and collect again")
            raise BadArchive(told.format(size=RESERVE // MIB))
        try:
            for parent in reversed(path.parents):
                self._make(parent)
            with (self._folder / path).open("xb") as file:
                self._made.append((self._folder / path, False))
                self.files += 1
                for chunk in content:
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError):
            told = _("{name!r} stands in it twice: ask for the notebook alone")
            raise BadArchive(told.format(name=packed.shown(name))) from None

    def _make(self, folder: PurePosixPath) -> None:
        if folder in self._known:
            return
        self._budget.take(files=1)
        path = self._folder / folder
        try:
            path.mkdir()
            self._made.append((path, True))
        except FileExistsError:
            if not path.is_dir():
                raise
        self._known.add(folder)


def stem(name: str) -> str:
    """The name of an archive without its suffix."""
    stem = PurePosixPath(name).stem
    return stem[:-4] if stem.lower().endswith(".tar") and len(stem) > 4 else stem


def is_packed(name: str) -> bool:
    """Whether a file has the suffix of an archive."""
    return PurePosixPath(name).suffix.lower() in packed.SUFFIXES


def safe(name: str) -> PurePosixPath:
    """A relative path that stays inside its folder. Raises `BadArchive` if `name` would leave it."""
    path = PurePosixPath(name.replace("\\", "/"))
    is_elsewhere = path.is_absolute() or bool(DRIVE.match(name)) or ".." in path.parts
    if is_elsewhere or not path.parts or "\0" in name:
        raise BadArchive(
            _("{name!r} would be written elsewhere: ask for the notebook alone").format(
                name=packed.shown(name)
            )
        )
    return path


def _require_short(name: str, below: PurePosixPath) -> None:
    """Raise `BadArchive` if a path is too long or too deep to be handled safely."""
    path = os.fsencode(below / name.replace("\\", "/").lstrip("/"))
    parts = path.split(b"/")
    if len(parts) > DEEPEST or len(path) > LONGEST_PATH or max(map(len, parts)) > LONGEST_NAME:
        told = _("{name!r} is too long a name, or in too many folders: ask for the notebook alone")
        raise BadArchive(told.format(name=packed.shown(name)))
