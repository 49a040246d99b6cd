"""Files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_NAME = 255  # bytes, of a file's or a folder's name


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
