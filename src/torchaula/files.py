"""Write files atomically, read them with limits, and lock them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

import msgspec
from filelock import FileLock

T = TypeVar("T")

LONGEST_NAME = 255  # bytes of a file's or folder's name
LARGEST = 20 * 2**20  # bytes of a file that somebody else wrote


def decoded(path: Path, kind: type[T]) -> T | None:
    """What a JSON file of ours holds; None if there is none, or it can't be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def private(folder: Path) -> None:
    """Create a folder, and the folders above it that are missing, for their owner alone (mode 0700).

    A folder that exists keeps its mode. Raises `OSError` if it can't be created.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # raises if a file is there


@contextmanager
def whole(path: Path, is_private: bool = False) -> Iterator[Path]:
    """Write atomically: yields a temporary path that replaces `path` on success, else is deleted.

    Meanwhile, and after a failure, readers of `path` see its old content. The folder is created if needed.
    With `is_private`, a new file and a new folder are for their owner alone, and a file that is replaced
    keeps its mode.
    """
    if is_private:
        private(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = beside(path)
    try:
        if is_private:
            _make(new, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600)
        yield new
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _make(path: Path, mode: int) -> None:
    """Create an empty file that never has any other mode."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    path.chmod(mode)


def beside(path: Path) -> Path:
    """The temporary path of a file that `whole` writes."""
    return path.with_name(f".{path.name}.new")


def unfinished(folder: Path) -> Iterator[Path]:
    """Temporary files of `whole` below a folder. They are leftovers only if nobody is writing there."""
    return folder.rglob(beside(Path("*")).name)


class NotRegular(OSError):
    """The path is no regular file but a pipe, a device or the like."""


@contextmanager
def regular(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """Open a regular file for reading; yields it with its size. It never blocks on a pipe.

    Raises `OSError` if it can't be opened, `NotRegular` if it is something else.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotRegular(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        yield file, found.st_size


def content(path: Path, most: int = LARGEST) -> bytes:
    """The content of a regular file. Raises `OSError` if it is none, or larger than `most` (then unread)."""
    with regular(path) as (file, size):
        if size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return file.read(most)


def fingerprint(path: Path) -> str:
    """A digest of a file's content; if it is too large to be read, its size."""
    try:
        return hashlib.sha256(content(path)).hexdigest()
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        return f"{path.stat().st_size} bytes"


def age(path: Path) -> tuple[int, str]:
    """A key that sorts files by their time, the oldest first; of the same time, by name."""
    return path.stat().st_mtime_ns, path.name


def lock(path: Path) -> FileLock:
    """A file lock for a `with` block. The kernel releases it when this process ends.

    Acquiring it raises `OSError` if files can't be locked here.
    """
    # On a file system without locks, filelock's soft fallback would leave a lock file after a killed process.
    return FileLock(path, thread_local=False, fallback_to_soft=False)


def write_private(path: Path, data: bytes) -> None:
    """Write a file atomically that only its owner may read. Raises `OSError` if it can't be written."""
    with whole(path, is_private=True) as new:
        new.write_bytes(data)
