"""Read and write the file with a course's secret, atomically and readable by its owner only.

A new secret is in a second file until the gradebook has recorded it. So one of the two files always matches
the gradebook, even if a command is interrupted.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from enum import Enum, auto
from pathlib import Path

from torchaula.course.layout import Course
from torchaula.files import beside, regular

BYTES = 32
FORM = re.compile(rb"([0-9a-f]{%d})\s*" % (2 * BYTES))
LARGEST_FILE = 4096  # bytes of the file that are read and copied at most
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Fault(Enum):
    """Why a secret can't be used."""

    MISSING = auto()
    UNREADABLE = auto()  # a folder, a device, or another user's file
    MALFORMED = auto()
    OTHER = auto()  # another secret than the wanted one


def made() -> str:
    """Make a new secret."""
    return secrets.token_bytes(BYTES).hex()


def fingerprint(secret: str) -> str:
    """A digest that identifies a secret and may be shown and stored."""
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()[:16]


def read(path: Path) -> str | Fault:
    """The secret in a file, or why it can't be used."""
    content = _content(path)
    if isinstance(content, Fault):
        return content
    found = FORM.fullmatch(content)
    return found[1].decode() if found else Fault.MALFORMED


def find(course: Course, wanted: str) -> str | Fault:
    """The course's secret with this fingerprint, from its file or from the second file beside it."""
    places = [read(course.secret), read(beside(course.secret))]
    for found in places:
        if isinstance(found, str) and fingerprint(found) == wanted:
            return found
    return places[0] if isinstance(places[0], Fault) else Fault.OTHER


def write(course: Course, secret: str) -> None:
    """Write a new secret to the second file, until `settle`."""
    _write(beside(course.secret), f"{secret}\n".encode())


def settle(course: Course) -> None:
    """Replace the course's secret by the one in the second file."""
    beside(course.secret).replace(course.secret)


def keep(course: Course, place: Path) -> bool:
    """Copy the course's secret file, if there is one, to a backup; return whether nothing would be lost."""
    content = _content(course.secret)
    if isinstance(content, bytes):
        new = beside(place)
        _write(new, content)
        new.replace(place)
        return len(content) < LARGEST_FILE
    return content is Fault.MISSING


def is_open_to_others(course: Course) -> bool:
    """Whether others than its owner can read or change the file."""
    try:
        return bool(course.secret.stat().st_mode & OTHERS)
    except OSError:
        return False


def _content(path: Path) -> bytes | Fault:
    try:
        with regular(path) as (file, _size):
            return file.read(LARGEST_FILE)
    except FileNotFoundError:
        return Fault.MISSING
    except OSError:
        return Fault.UNREADABLE


def _write(path: Path, content: bytes) -> None:
    """Write a new file that no other user can read at any time."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # all points depend on it
