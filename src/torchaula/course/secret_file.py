"""The file that holds a course's secret, beside its gradebook: whole or not at all, and for its owner alone.

A new secret stands beside the file until the gradebook has recorded it: so one of the two is always the
one that the gradebook means, whenever a command is cut off.
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
LONGEST = 4096  # bytes that are read, and kept, of whatever stands there
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Fault(Enum):
    """Why a secret can't be used."""

    MISSING = auto()
    UNREADABLE = auto()  # a folder, a device, somebody else's
    MALFORMED = auto()
    OTHER = auto()  # not the one that was looked for


def made() -> str:
    """A new secret."""
    return secrets.token_bytes(BYTES).hex()


def fingerprint(secret: str) -> str:
    """What may be told and kept of a secret: enough to tell it from others."""
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()[:16]


def read(path: Path) -> str | Fault:
    """The secret that a file holds."""
    content = _content(path)
    if isinstance(content, Fault):
        return content
    found = FORM.fullmatch(content)
    return found[1].decode() if found else Fault.MALFORMED


def find(course: Course, wanted: str) -> str | Fault:
    """The course's secret with this fingerprint: in its place, or still beside it."""
    places = [read(course.secret), read(beside(course.secret))]
    for found in places:
        if isinstance(found, str) and fingerprint(found) == wanted:
            return found
    return places[0] if isinstance(places[0], Fault) else Fault.OTHER


def write(course: Course, secret: str) -> None:
    """Put a secret beside the course's, until `settle`."""
    _write(beside(course.secret), f"{secret}\n".encode())


def settle(course: Course) -> None:
    """Let the secret that stands beside the course's take its place."""
    beside(course.secret).replace(course.secret)


def keep(course: Course, place: Path) -> bool:
    """Copy the course's secret, as it is, to where a backup is; whether nothing of it would be lost now."""
    content = _content(course.secret)
    if isinstance(content, bytes):
        new = beside(place)
        _write(new, content)
        new.replace(place)
        return len(content) < LONGEST
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
            return file.read(LONGEST)
    except FileNotFoundError:
        return Fault.MISSING
    except OSError:
        return Fault.UNREADABLE


def _write(path: Path, content: bytes) -> None:
    """Write a new file that nobody else ever could read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # all points hang on it
