"""Lock a course's folder, so that only one batch runs in it at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import Timeout

from torchaula import files
from torchaula.course.layout import Course, require_writable
from torchaula.errors import Refusal
from torchaula.i18n import _


@contextmanager
def alone(course: Course) -> Iterator[None]:
    """Hold the course's lock during the block. Raises `Refusal` if another batch is running.

    The lock is released when the process that holds it ends, even if it is killed.
    """
    require_writable(course.state, is_private=True)
    path = course.state / "lock"
    try:
        acquired = files.lock(path).acquire(blocking=False)
    except Timeout:
        raise Refusal(
            _("{folder}: another batch is grading (process {process}); wait until it has ended").format(
                folder=course.root, process=path.read_text().strip() or "?"
            )
        ) from None
    with acquired:
        path.write_text(str(os.getpid()))
        yield


def holder(course: Course) -> str | None:
    """The process that is grading in the course now; None if none is, or locks can't be tried."""
    path = course.state / "lock"
    if not path.exists():
        return None
    try:
        with files.lock(path).acquire(blocking=False):
            return None
    except Timeout:
        return path.read_text().strip() or "?"
    except OSError:
        return None
