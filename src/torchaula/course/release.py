"""What learners receive: `release/`, derived from `source/` by nbgrader's own converter."""

from __future__ import annotations

import filecmp
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from traitlets.config import Config

from torchaula.course import converters, secrets
from torchaula.course.layout import Course, require_writable
from torchaula.errors import Refusal
from torchaula.i18n import _


@dataclass(frozen=True)
class Release:
    """A released assignment, and the files in it that are new, changed or gone since the last time."""

    assignment: str
    exercises: int
    points: float
    changed: tuple[str, ...]


def release(course: Course, assignment: str) -> Release:
    """Derive `release/<assignment>` from `source/`; it is put in place whole, or not at all.

    Raises `Refusal` where nbgrader can't make it, or where it would tell a solution or a hidden test.
    """
    source = converters.source(course, assignment)
    require_writable(course.release)
    with generated(course, assignment) as new:
        secrets.require_none(course, assignment, new)
        changed = tuple(different(new, course.release / assignment))
        if changed:
            _replace(course.release / assignment, new)
    return Release(assignment, len(source.exercises), source.points, changed)


@contextmanager
def generated(course: Course, assignment: str) -> Iterator[Path]:
    """A folder with what nbgrader makes of an assignment today; the block may move it away.

    The gradebook isn't touched: grading records the assignment, and knows what must not be lost.
    """
    require_writable(course.state)
    with tempfile.TemporaryDirectory(dir=course.state, prefix="release-") as folder:
        settings = Config()
        settings.CourseDirectory.release_directory = folder
        settings.GenerateAssignment.no_database = True
        settings.SaveCells.enabled = False
        run = converters.run(GenerateAssignment, course, assignment, settings=settings)
        if run.error:
            raise Refusal(
                _("{path}: nbgrader can't release it ({reason}); mend the notebook").format(
                    path=course.notebook(assignment), reason=run.reason
                )
            )
        yield Path(folder) / assignment


def different(left: Path, right: Path) -> Iterator[str]:
    """The files below two folders that only one has, or whose bytes differ."""
    for name in sorted(files(left) | files(right)):
        pair = left / name, right / name
        if not (pair[0].is_file() and pair[1].is_file() and filecmp.cmp(*pair, shallow=False)):
            yield name


def files(folder: Path) -> set[str]:
    """The files below a folder, by their path in it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _replace(place: Path, new: Path) -> None:
    """Put the folder `new` in `place`; what was there leaves with the folder that `new` came from."""
    if place.exists():
        place.rename(new.with_name(f"{new.name}.before"))
    new.rename(place)
