"""Make `release/`, which learners receive, from `source/` with nbgrader's own converter."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from traitlets.config import Config

from torchaula.authoring import secrets
from torchaula.course import converters, structure
from torchaula.course.layout import Course, require_writable
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.files import lock
from torchaula.i18n import _

PREFIX = "release-"  # of the temporary folder where a release is made


@dataclass(frozen=True)
class Release:
    """A released assignment, and its files that are new, changed or removed since the last release."""

    assignment: str
    exercises: int
    points: float
    changed: tuple[str, ...]


def release(course: Course, assignment: str) -> Release:
    """Make `release/<assignment>` from `source/`, like `release_all`."""
    return release_all(course, [assignment])[0]


def release_all(course: Course, assignments: Iterable[str]) -> list[Release]:
    """Make `release/` from `source/`; either all of these assignments are replaced, or none.

    Raises `Refusal` if one could not be graded, nbgrader can't make it, or it would reveal a solution or
    hidden test.
    """
    markers = converters.markers(converters.config(course))
    sources = [structure.load(course.notebook(name), markers) for name in dict.fromkeys(assignments)]
    require_writable(course.release)
    require_writable(course.state, is_private=True)
    with ExitStack() as stack:
        with suppress(OSError):  # without file locks, go on unlocked
            stack.enter_context(lock(course.state / "release.lock"))
        for left in course.state.glob(f"{PREFIX}*"):  # left by an interrupted release
            shutil.rmtree(left, ignore_errors=True)
        made = [stack.enter_context(_checked(course, source)) for source in sources]
        for done, new in made:
            if done.changed:
                stack.push(_replaced(course.release / done.assignment, new))
        return [done for done, _new in made]


@contextmanager
def _checked(course: Course, source: Notebook) -> Iterator[tuple[Release, Path]]:
    """Make and check an assignment's new release; yields it with its folder."""
    name = source.assignment
    with generated(course, name) as new:
        secrets.require_none(course, name, new)
        changed = tuple(different(new, course.release / name))
        yield Release(name, len(source.exercises), source.points, changed), new


@contextmanager
def generated(course: Course, assignment: str) -> Iterator[Path]:
    """A temporary folder with nbgrader's release of an assignment; the block may move it away.

    The gradebook isn't touched: grading records the assignment, because it knows which grades must be kept.
    """
    require_writable(course.state, is_private=True)
    with tempfile.TemporaryDirectory(dir=course.state, prefix=PREFIX) as folder:
        settings = Config()
        settings.CourseDirectory.release_directory = folder
        settings.GenerateAssignment.no_database = True
        settings.SaveCells.enabled = False
        settings.CheckCellMetadata.enabled = False  # `structure` has done what it does
        run = converters.run(GenerateAssignment, course, assignment, settings=settings)
        if run.error:
            raise Refusal(
                _("{path}: nbgrader can't release it ({reason}); mend the notebook").format(
                    path=course.notebook(assignment), reason=run.reason
                )
            )
        yield Path(folder) / assignment


def different(left: Path, right: Path) -> Iterator[str]:
    """The relative paths of files that differ between two folders, or that only one has."""
    for name in sorted(files(left) | files(right)):
        pair = left / name, right / name
        if not (pair[0].is_file() and pair[1].is_file() and filecmp.cmp(*pair, shallow=False)):
            yield name


def files(folder: Path) -> set[str]:
    """The relative paths of the files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _replaced(place: Path, new: Path) -> Callable[[object, object, object], None]:
    """Replace the folder `place` with `new`; returns a function that undoes it if another one fails.

    The old folder is kept beside `new`, and is deleted with `new`'s temporary folder.
    """
    before = new.with_name(f"{new.name}.before")
    is_first = not place.exists()
    if not is_first:
        place.rename(before)
    try:
        new.rename(place)
    except OSError:
        if not is_first:
            before.rename(place)
        raise

    def undo(failed: object, _error: object, _trace: object) -> None:
        if failed is not None:
            place.rename(new)
            if not is_first:
                before.rename(place)

    return undo
