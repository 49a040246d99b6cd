"""Unpacking what a learning platform collected: archives that learners made, or made worse.

`nbgrader zip_collect` uses `Extractor` (see `nbgrader_config.py`). nbgrader's own unpacks whatever an
archive says, archives inside of archives without end, and stops at the first that is broken.
"""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from nbgrader.plugins import ExtractorPlugin

from torchaula.errors import Refusal
from torchaula.i18n import _

MIB = 2**20
CHUNK = MIB
DEPTH = 3  # a class's archive, a learner's in it, and one that a learner packed by mistake
BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, OSError, EOFError),
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
    """Unpacks each archive whole or not at all, into a folder of its name; copies all other files."""

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
            try:
                unpack(path, target.with_name(_stem(path.name)))
            except BadArchive as error:
                self.log.error("%s: %s", path.relative_to(source), error)


def unpack(archive: Path, folder: Path, budget: Budget | None = None, depth: int = 1) -> None:
    """Unpack an archive, and those in it, into `folder`. Raises `BadArchive`, and leaves nothing then."""
    budget = budget or Budget()
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise BadArchive(_("can't be unpacked ({reason}): ask for it again").format(reason=error)) from error
    try:
        _write(archive, folder, budget)
        inner = (path for path in folder.rglob("*") if path.suffix in (".zip", ".gz") and path.is_file())
        for path in sorted(inner) if depth < DEPTH else ():
            unpack(path, path.with_name(_stem(path.name) + ".contents"), budget, depth + 1)
            path.unlink()
    except BadArchive:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except BROKEN as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BadArchive(_("can't be unpacked ({reason}): ask for it again").format(reason=error)) from error


def _write(archive: Path, folder: Path, budget: Budget) -> None:
    for name, content in _members(archive):
        budget.take(0, files=1)
        place = folder / _safe(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            while chunk := content.read(CHUNK):
                budget.take(len(chunk))
                file.write(chunk)


def _stem(name: str) -> str:
    return Path(name).stem.removesuffix(".tar")


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The files in an archive by name; links, devices and folders are none."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as pack:
            for entry in pack.infolist():
                mode = entry.external_attr >> 16
                if not entry.is_dir() and (not mode or stat.S_ISREG(mode) or not stat.S_IFMT(mode)):
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
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0] or "\0" in name:
        raise BadArchive(
            _("{name!r} would be written elsewhere: ask for the notebook alone").format(name=name)
        )
    return path
