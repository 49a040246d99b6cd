"""One batch at a time in a course's folder."""

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
    """Keep every other batch out of this course. Raises `Refusal` where one is at work.

    The lock ends with the process that holds it, however that ends.
    """
    require_writable(course.state)
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
