"""Unpacking what a learning platform collected: archives that learners made, or made worse.

`nbgrader zip_collect` uses `Extractor` (see `nbgrader_config.py`). nbgrader's own unpacks whatever an
archive says, archives inside of archives without end, and stops at the first that is broken.

An archive is unpacked whole or not at all; of a class's download that holds for each learner's part, so
that what one of them packed costs nobody else.
"""

from __future__ import annotations

import lzma
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from nbgrader.plugins import ExtractorPlugin

from torchaula.classroom import uploads
from torchaula.errors import Refusal
from torchaula.i18n import _

MIB = 2**20
CHUNK = MIB
DEPTH = 3  # a class's archive, a learner's in it, and one that a learner packed by mistake
PART = "{}_assignsubmission_file"  # of a class's download: what one learner handed in
DRIVE = re.compile(r"[a-z]:[/\\]|[a-z]:$", re.I)
BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(RuntimeError, NotImplementedError, ValueError),  # zipfile: encrypted, unknown method, odd dates
)


class BadArchive(Refusal):
    """An archive that isn't unpacked; the text says why, and what to do about it."""


@dataclass
class Budget:
    """Bytes and files that one archive may hold, inner ones included, whatever its own index says."""

    size: int = 200 * MIB
    files: int = 2000
    spent: list[int] = field(default_factory=lambda: [0, 0])

    def take(self, size: int, files: int = 0) -> None:
        """Count some bytes and files. Raises `BadArchive` where there are too many."""
        self.spent = [self.spent[0] + size, self.spent[1] + files]
        if self.spent[0] > self.size or self.spent[1] > self.files:
            raise BadArchive(
                _("more than {size} MB or {files} files: ask for the notebook alone").format(
                    size=self.size // MIB, files=self.files
                )
            )


class Extractor(ExtractorPlugin):  # type: ignore[misc]
    """Unpacks each archive whole or not at all, into a folder of its name; copies all other files.

    What could not be unpacked stands in `failed`: the place where it would be, and why it isn't.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.failed: dict[Path, str] = {}

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack the files below `archive_path` to the same places below `extracted_path`."""
        source, destination = Path(archive_path), Path(extracted_path)
        for path in sorted(source.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            target = destination / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix not in self.zip_ext:
                shutil.copy(path, target)
                continue
            for person, error in self._unpack(path, target.with_name(_stem(path.name))).items():
                below = path.relative_to(source)
                place = below.with_name(_stem(path.name)) / PART.format(person) if person else below
                self.failed[place] = str(error)
                self.log.warning("%s%s: %s", below, f", {person}" if person else "", error)

    def _unpack(self, archive: Path, folder: Path) -> dict[str, BadArchive]:
        """Unpack an archive; why it can't be, or whose part of it can't, if so."""
        try:
            if is_download(archive):
                return unpack_download(archive, folder)
            unpack(archive, folder)
        except BadArchive as error:
            return {"": error}
        return {}


def is_download(archive: Path) -> bool:
    """Whether an archive is what a platform collected from a class, and not what one learner packed."""
    try:
        with zipfile.ZipFile(archive) as pack:
            return any(uploads.locate(Path(name)) for name in pack.namelist())
    except BROKEN:
        return False


def unpack_download(archive: Path, folder: Path) -> dict[str, BadArchive]:
    """Unpack a class's download into `folder`, each learner's part whole or not at all.

    Why a part can't be unpacked is returned, by learner. Raises `BadArchive` where the archive itself can't
    be read.
    """
    try:
        folder.mkdir(parents=True)
        with zipfile.ZipFile(archive) as pack:
            parts: defaultdict[str, list[zipfile.ZipInfo]] = defaultdict(list)
            for entry in pack.infolist():
                place = uploads.locate(Path(entry.filename))
                parts[str(place[1]) if place else ""].append(entry)
            return {
                person: error
                for person, entries in parts.items()
                if (error := _unpack_part(pack, entries, folder)) is not None
            }
    except BROKEN as error:
        raise BadArchive(_("can't be unpacked ({reason}): ask for it again").format(reason=error)) from error


def _unpack_part(
    pack: zipfile.ZipFile, entries: Iterable[zipfile.ZipInfo], folder: Path
) -> BadArchive | None:
    """Unpack what one learner handed in, by way of a folder of its own; why it can't be, if so."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as place:
        part = Path(place) / "part"
        part.mkdir()
        try:
            budget = Budget()
            for entry in filter(_is_file, entries):
                with pack.open(entry) as content:
                    _write_one(entry.filename, content, part, budget)
            _unpack_inner(part, budget, depth=1)
        except BadArchive as error:
            return error
        except BROKEN as error:
            return BadArchive(_("can't be unpacked ({reason}): ask for it again").format(reason=error))
        shutil.copytree(part, folder, dirs_exist_ok=True)
    return None


def unpack(archive: Path, folder: Path, budget: Budget | None = None, depth: int = 1) -> None:
    """Unpack an archive, and those in it, into `folder`. Raises `BadArchive`, and leaves nothing then."""
    budget = budget or Budget()
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise BadArchive(_("can't be unpacked ({reason}): ask for it again").format(reason=error)) from error
    try:
        for name, content in _members(archive):
            _write_one(name, content, folder, budget)
        _unpack_inner(folder, budget, depth)
    except BadArchive:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except BROKEN as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BadArchive(_("can't be unpacked ({reason}): ask for it again").format(reason=error)) from error


def _unpack_inner(folder: Path, budget: Budget, depth: int) -> None:
    inner = (path for path in folder.rglob("*") if path.suffix in (".zip", ".gz") and path.is_file())
    for path in sorted(inner) if depth < DEPTH else ():
        unpack(path, path.with_name(_stem(path.name) + ".contents"), budget, depth + 1)
        path.unlink()


def _write_one(name: str, content: IO[bytes], folder: Path, budget: Budget) -> None:
    budget.take(0, files=1)
    place = folder / _safe(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as file:
        while chunk := content.read(CHUNK):
            budget.take(len(chunk))
            file.write(chunk)


def _stem(name: str) -> str:
    return Path(name).stem.removesuffix(".tar")


def _is_file(entry: zipfile.ZipInfo) -> bool:
    """Whether it is no folder, and no link or device, as far as the archive tells."""
    mode = entry.external_attr >> 16
    return not entry.is_dir() and (not mode or stat.S_ISREG(mode) or not stat.S_IFMT(mode))


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The files in an archive by name; links, devices and folders are none."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as pack:
            for entry in filter(_is_file, pack.infolist()):
                with pack.open(entry) as content:
                    yield entry.filename, content
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            data = tar.extractfile(member) if member.isreg() else None
            if data is not None:
                yield member.name, data


def _safe(name: str) -> PurePosixPath:
    """A name that stays below the folder it is put in. Raises `BadArchive`."""
    path = PurePosixPath(name.replace("\\", "/"))
    is_elsewhere = path.is_absolute() or bool(DRIVE.match(name)) or ".." in path.parts
    if is_elsewhere or not path.parts or "\0" in name:
        raise BadArchive(
            _("{name!r} would be written elsewhere: ask for the notebook alone").format(name=name)
        )
    return path
