"""Read and copy the two files that nbgrader's exchange keeps beside a submission and needs for feedback.

A learner can write both, so they are checked before they are read, and their content is not trusted here.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"
NAMES = (TIMESTAMP, SECRET)
LARGEST_FILE = 1024  # bytes; nbgrader writes 30 and 128


def kept(folder: Path) -> dict[str, bytes]:
    """The content of these files in `folder`, by name. Only short, regular files are read."""
    found = {name: read(folder / name) for name in NAMES}
    return {name: content for name, content in found.items() if content is not None}


def read(path: Path) -> bytes | None:
    """The content of such a file; None if it is missing, not a regular file, or too long."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = os.read(descriptor, LARGEST_FILE + 1) if is_file else None
    except OSError:
        content = None
    finally:
        os.close(descriptor)
    return content if content is not None and len(content) <= LARGEST_FILE else None


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Write these exchange files to `folder`, and remove the others."""
    for name in NAMES:
        place = folder / name
        if read(place) == files.get(name) and (name in files or not place.exists()):
            continue
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)  # a graded copy's files are read-only
        if name in files:
            place.write_bytes(files[name])
