"""Files that are there whole or not at all, and are looked at before they are read."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def content(path: Path, most: int = LARGEST) -> bytes:
    """What a regular file holds. Raises `OSError` where it is none, or larger: nothing of it is read then."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        reason = 0 if stat.S_ISREG(found.st_mode) else errno.EINVAL
        if reason := reason or errno.EFBIG * (found.st_size > most):
            raise OSError(reason, os.strerror(reason), str(path))
        return file.read(most)


def fingerprint(path: Path) -> str:
    """A digest of what a file holds; of one that nobody would open, its size."""
    try:
        return hashlib.sha256(content(path)).hexdigest()
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        return f"{path.stat().st_size} bytes"
