"""Files that are there whole or not at all, and are looked at before they are read."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from filelock import FileLock

LONGEST_NAME = 255  # bytes, of a file's or a folder's name
LARGEST = 20 * 2**20  # bytes of a file that somebody else wrote


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, in a folder that is made; it takes its place when the block ends.

    Whoever reads `path` meanwhile sees what stood there before, and so does everybody if the block fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = beside(path)
    try:
        yield new
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def beside(path: Path) -> Path:
    """Where a file stands until it is whole."""
    return path.with_name(f".{path.name}.new")


def unfinished(folder: Path) -> Iterator[Path]:
    """What was to become whole anywhere in a folder. Nobody may be writing there: it is left over then."""
    return folder.rglob(beside(Path("*")).name)


class NotRegular(OSError):
    """A pipe, a device or the like, and no file."""


@contextmanager
def regular(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """A regular file, open to be read, and its size; a pipe keeps nobody waiting.

    Raises `OSError` where it can't be opened, `NotRegular` where it is something else.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotRegular(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        yield file, found.st_size


def content(path: Path, most: int = LARGEST) -> bytes:
    """What a regular file holds. Raises `OSError` where it is none, or larger: nothing of it is read then."""
    with regular(path) as (file, size):
        if size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return file.read(most)


def fingerprint(path: Path) -> str:
    """A digest of what a file holds; of one that nobody would open, its size."""
    try:
        return hashlib.sha256(content(path)).hexdigest()
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        return f"{path.stat().st_size} bytes"


def lock(path: Path) -> FileLock:
    """A lock on a file, for a `with` block; the kernel lets go of it when this process ends.

    Acquiring it raises `OSError` where no file can be locked.
    """
    # Where the file system has no locks, filelock would make do with files that outlive a killed process.
    return FileLock(path, thread_local=False, fallback_to_soft=False)
