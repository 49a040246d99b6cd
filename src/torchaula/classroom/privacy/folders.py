"""Find a student's folders: what was handed in, graded copies, feedback pages and records of results."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from torchaula.classroom.batch import batch, records
from torchaula.classroom.privacy.people import plain
from torchaula.classroom.privacy.traces import Place, Scope, Trace, erase, listed
from torchaula.course.layout import Course
from torchaula.files import beside


def of_students(course: Course) -> dict[Place, Path]:
    """The folders with a folder for each student, and in it one for each assignment."""
    return {
        Place.SUBMISSIONS: course.submitted,
        Place.COPIES: course.autograded,
        Place.PAGES: course.feedback,
    }


def record_folders(course: Course) -> Iterator[Path]:
    """The folders with a record for each student, one for each assignment."""
    for name in (records.RESULTS, records.PENDING):
        yield from (path for path in listed(course.state / name) if path.is_dir() and not path.is_symlink())


def find(scope: Scope) -> Iterator[Trace]:
    """What is of the students in folders of their name, and in records."""
    for place, folder in of_students(scope.course).items():
        for path in listed(folder):
            if is_of_student(path):
                yield from _in_folder(scope, place, path)
    for folder in record_folders(scope.course):
        for path in listed(folder):
            if student_of_record(path) in scope.of(folder.name):
                yield Trace(Place.RECORDS, path, partial(erase, path))


def is_of_student(path: Path) -> bool:
    """Whether a path in such a folder is a student's folder, or a link in its place."""
    return path.is_symlink() or path.is_dir()


def _in_folder(scope: Scope, place: Place, path: Path) -> Iterator[Trace]:
    student = plain(path.name)
    if student in scope.wholly:
        yield Trace(place, path, partial(erase, path))
    elif not path.is_symlink():
        for below in listed(path):
            if student in scope.partly.get(below.name, ()):
                yield Trace(place, below, partial(erase, below))


def student_of_record(path: Path) -> str:
    """The student of a record's file, or of the folder that a long name needs."""
    return plain(path.name if path.is_dir() else path.name.removesuffix(".json"))


def find_leftovers(scope: Scope) -> Iterator[Trace]:
    """Unfinished files and folders that interrupted commands have left, whoever's they are.

    Of an editor's copies of tables, those that name somebody of whom nothing stays.
    """
    course = scope.course
    here = [*chain.from_iterable(of_part(course) for of_part in batch.LEFTOVERS)]
    noted = (course.state / "received", course.state / "logs", *listed(course.state / "returned"))
    for folder in (course.root, course.grades, *noted):
        here += [path for path in listed(folder) if _is_unfinished(path)]
    downloads = course.downloaded.rglob(beside(Path("*")).name)
    here += [path for path in downloads if _is_unfinished(path)]
    for folder in (course.root, course.grades):
        copies = (path for path in listed(folder / ".ipynb_checkpoints") if path.suffix == ".csv")
        here += [path for path in copies if scope.mentions.within_bytes(path.read_bytes())]
    for path in here:
        yield Trace(Place.LEFTOVERS, path, partial(erase, path))


def _is_unfinished(path: Path) -> bool:
    """Whether a file was being written in place of another one (`files.whole`) when a command ended."""
    old = path.with_name(path.name.removeprefix(".").removesuffix(".new"))
    return old != path and beside(old) == path and old.exists() and not path.is_dir()
