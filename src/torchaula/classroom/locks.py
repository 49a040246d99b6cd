"""One batch at a time in a course's folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from torchaula.course.layout import Course, require_writable
from torchaula.errors import Refusal
from torchaula.i18n import _


@contextmanager
def alone(course: Course) -> Iterator[None]:
    """Keep every other batch of this course waiting outside. Raises `Refusal` where one is inside.

    The lock ends with the process that holds it, however that ends.
    """
    require_writable(course.state)
    path = course.state / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise Refusal(
                _("{folder}: another batch is grading (process {process}); wait until it has ended").format(
                    folder=course.root, process=file.read().strip() or "?"
                )
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
