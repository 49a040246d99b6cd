"""Read untrusted archives (zip, tar, tar.gz) with limits on memory, size and time.

Python's archive libraries trust an archive: an index or header of any length, a method that unpacks gigabytes
at once. So they read from streams here that return no more at a time than an honest archive needs.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import IO

from torchaula.errors import Refusal
from torchaula.i18n import _
from torchaula.printing import printable, shortened

MIB = 2**20
CHUNK = MIB
INDEX = MIB  # bytes of a zip's index: enough for more files than the limit
CLASS_INDEX = 64 * MIB  # the same for a platform's download
HEADER = 16 * 1024  # bytes of a tar's header with names and extended attributes
BLOCK = tarfile.BLOCKSIZE
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
# For other methods `zipfile` unpacks without a limit: 1 MB of bzip2 may become 20 GB at once.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
SUFFIXES = (".zip", ".tar", ".tgz", ".gz")
TOLD_CHARACTERS = 100  # characters of a name or reason in a message


class BadArchive(Refusal):
    """An archive that can't be unpacked; the text says why, and what to do about it.

    Of a part of a class's download, `entry` is what the platform named.
    """

    entry = ""


class ArchiveKind(Enum):
    """The type of a file, by content."""

    ZIP = auto()
    TAR = auto()
    TAR_GZ = auto()
    OTHER_GZ = auto()
    OTHER = auto()


@dataclass
class Allowance:
    """The limits of one archive, with the archives in it, whatever its own index says.

    `files` counts members of any kind and the folders that they need; `seconds` are CPU time.
    """

    size: int = 200 * MIB
    files: int = 2000
    seconds: float = 30.0
    _spent: list[int] = field(default_factory=lambda: [0, 0])
    _begun: float = field(default_factory=time.process_time)

    def take(self, size: int = 0, files: int = 0) -> None:
        """Count some bytes and files. Raises `BadArchive` if a limit is exceeded."""
        self._spent = [self._spent[0] + size, self._spent[1] + files]
        if self._spent[0] > self.size or self._spent[1] > self.files:
            raise BadArchive(
                _("more than {size} MB or {files} files and folders: ask for the notebook alone").format(
                    size=self.size // MIB, files=self.files
                )
            )
        if time.process_time() - self._begun > self.seconds:
            raise BadArchive(_("unpacking takes too long: ask for the notebook alone"))


Stream = IO[bytes] | gzip.GzipFile
Members = Iterator[tuple[str, Iterator[bytes] | None]]  # names, and the content of files; None for all others


@contextmanager
def explained() -> Iterator[None]:
    """Turn any error of the block into a `BadArchive`: the libraries don't document all that they raise."""
    try:
        yield
    except BadArchive:
        raise
    except Exception as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        reason = shown(told or type(error).__name__)
        raise BadArchive(_("can't be unpacked ({reason}): ask for it again").format(reason=reason)) from error


def shown(text: str) -> str:
    """A text from an archive, shortened and printable."""
    return shortened(printable(text), TOLD_CHARACTERS)


def kind_of(path: Path) -> ArchiveKind:
    """The type of a file, by content, not by name. Raises `OSError` if it can't be read."""
    with path.open("rb") as file:
        start = file.read(BLOCK)
    if start.startswith(GZIP):
        try:
            with gzip.open(path) as unpacked:
                start = unpacked.read(BLOCK)
        except (OSError, EOFError, ValueError):
            return ArchiveKind.OTHER_GZ
        return ArchiveKind.TAR_GZ if _is_header(start) else ArchiveKind.OTHER_GZ
    if _is_header(start):
        return ArchiveKind.TAR
    return ArchiveKind.ZIP if start.startswith(ZIP) or zipfile.is_zipfile(path) else ArchiveKind.OTHER


def _is_header(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def members(archive: Path, budget: Allowance) -> Members:
    """The members of an archive in order. Raises `BadArchive`, and any error of the libraries."""
    kind = kind_of(archive)
    if kind is ArchiveKind.ZIP:
        with opened(archive) as pack:
            yield from of_zip(pack, pack.infolist(), budget)
    elif kind is ArchiveKind.TAR:
        with archive.open("rb") as file:
            yield from _of_tar(file, budget)
    elif kind is ArchiveKind.TAR_GZ:
        with gzip.open(archive) as file:
            yield from _of_tar(file, budget)
    else:
        raise BadArchive(_("neither zip, tar nor tar.gz, or broken: ask for the notebook alone"))


@contextmanager
def opened(archive: Path, index: int = INDEX) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive, reading at most `index` bytes of its index at once. Raises like `members`."""
    with _Sparing(archive, index) as file, zipfile.ZipFile(file) as pack:
        yield pack


def names(archive: Path) -> list[Path]:
    """The paths in a platform's download; none if it can't be read."""
    try:
        with explained(), opened(archive, CLASS_INDEX) as pack:
            return [Path(name) for name in pack.namelist()]
    except BadArchive:
        return []


def of_zip(pack: zipfile.ZipFile, entries: Iterable[zipfile.ZipInfo], budget: Allowance) -> Members:
    """Some members of a zip archive. Raises like `members`."""
    for entry in entries:
        budget.take(files=1)
        yield entry.filename, _unzipped(pack, entry, budget) if _is_file(entry) else None


def _is_file(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a regular file: no folder, link or device, as far as the archive says."""
    mode = entry.external_attr >> 16
    return not entry.is_dir() and (not mode or stat.S_ISREG(mode) or not stat.S_IFMT(mode))


def _unzipped(pack: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Allowance) -> Iterator[bytes]:
    if entry.compress_type not in METHODS:
        raise BadArchive(_("packed by an unusual method: ask for an ordinary zip, or the notebook alone"))
    with pack.open(entry) as content:
        while chunk := content.read(CHUNK):
            budget.take(len(chunk))
            yield chunk


def _of_tar(file: Stream, budget: Allowance) -> Members:
    stream = _Forward(file, budget)
    with tarfile.open(fileobj=stream, mode="r:") as tar:
        for member in tar:
            budget.take(files=1)
            is_file = member.isreg() and not member.issparse()  # a sparse file's holes are not counted
            yield member.name, _untarred(tar, member) if is_file else None
    if stream.last.strip(b"\0"):
        raise tarfile.ReadError(_("a header is damaged"))  # `tarfile` would take it for the end
    while stream.read(HEADER):
        pass  # read to the end, so that gzip verifies its checksum


def _untarred(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    content = tar.extractfile(member)
    while content and (chunk := content.read(HEADER)):
        yield chunk


class _Sparing(io.BufferedReader):
    """A file that refuses to read more than `most` bytes at once."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(io.FileIO(path))
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._most + 1 if size is None or size < 0 else min(size, self._most + 1)
        data = super().read(wanted)
        if len(data) > self._most:
            raise BadArchive(_("an index of megabytes: ask for the notebook alone"))
        return data


class _Forward(io.RawIOBase):
    """A forward-only stream that counts each byte, including bytes that are skipped."""

    def __init__(self, stream: Stream, budget: Allowance) -> None:
        self._stream, self._budget, self._at = stream, budget, 0
        self.last = b""

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= HEADER:
            raise BadArchive(_("a header of megabytes: ask for the notebook alone"))
        self.last = self._stream.read(size)
        self._at += len(self.last)
        self._budget.take(len(self.last))
        return self.last

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET or offset < self._at:
            raise tarfile.ReadError(_("a header is damaged"))
        while self._at < offset and self.read(min(HEADER, offset - self._at)):
            pass
        return self._at
