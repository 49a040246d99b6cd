"""Find out when each student last handed in each assignment, and which files without an owner are old."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from torchaula.classroom.intake import received as register
from torchaula.classroom.privacy import books, downloads, exchange, folders, registers
from torchaula.classroom.privacy.people import plain
from torchaula.classroom.privacy.traces import Place, Trace, erase, listed
from torchaula.course.layout import Course
from torchaula.files import fingerprint

Activity = Mapping[str, Mapping[str, datetime]]  # by student and assignment, in UTC


def of_everybody(course: Course) -> Activity:
    """When each student last handed in each assignment, as far as anything of it is there.

    The time of arrival that the course recorded counts; where there is none, that of the newest file.
    """
    found: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    recorded = _recorded(course)
    for student, assignment, time in _told(course, recorded):
        known = found[student].get(assignment)
        found[student][assignment] = time if known is None else max(known, time)
    for student, assignment, time in _files_alone(course):
        found[student].setdefault(assignment, time)
    return dict(found)


def _recorded(course: Course) -> dict[tuple[str, str, str], datetime]:
    """When files arrived, by student, assignment and digest."""
    found = {}
    for path in registers.received(course):
        for (student, digest), time in register.times(register.load(course, path.stem)).items():
            found[plain(student), path.stem, digest] = time
    return found


def _told(
    course: Course, recorded: Mapping[tuple[str, str, str], datetime]
) -> Iterator[tuple[str, str, datetime]]:
    """What registers, gradebook, exchange and the files handed in say."""
    for (student, assignment, _file), time in recorded.items():
        yield student, assignment, time
    url = books.of_course(course)
    for (student, assignment), arrived in (books.submissions(url) if url else {}).items():
        if arrived is not None:
            yield student, assignment, arrived
    for each in exchange.handed_in(course):
        yield each.student, each.assignment, each.time or _time(each.path)
    for student_folder in listed(course.submitted):
        for folder in listed(student_folder) if folders.is_of_student(student_folder) else ():
            student = plain(student_folder.name)
            for path in _files(folder):
                if path.suffix == ".ipynb":
                    known = recorded.get((student, folder.name, _digest(path)))
                    yield student, folder.name, known or _time(path)


def _files_alone(course: Course) -> Iterator[tuple[str, str, datetime]]:
    """The times of whatever else there is of a student: other files, copies, pages, records."""
    found: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for folder in folders.of_students(course).values():
        for student in listed(folder):
            for below in listed(student) if folders.is_of_student(student) else ():
                found[plain(student.name), below.name] += map(_time, _files(below))
    for folder in folders.record_folders(course):
        for path in listed(folder):
            found[folders.student_of_record(path), folder.name].append(_time(path))
    return ((student, name, max(times)) for (student, name), times in found.items() if times)


def _files(path: Path) -> list[Path]:
    if path.is_symlink() or not path.is_dir():
        return [path]
    return [each for each in path.rglob("*") if each.is_symlink() or each.is_file()]


def _digest(path: Path) -> str:
    if path.is_symlink():
        return ""
    with suppress(OSError):
        return fingerprint(path)
    return ""


def _time(path: Path) -> datetime:
    """When a file or link was last changed."""
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def old_files(course: Course, before: datetime) -> Iterator[Trace]:
    """The files without an owner that are older: downloads, logs, copies of gradebook and secret."""
    for path in downloads.whole_files(course):
        if _time(path) < before:
            yield Trace(Place.DOWNLOADS, path, partial(_erase_and_tidy, path, course.downloaded))
    for path in registers.logs(course):
        if _time(path) < before:
            yield Trace(Place.REGISTERS, path, partial(erase, path))
    for copy in books.copies(course):
        if books.made(copy) < before:
            yield Trace(Place.BACKUPS, copy, partial(books.erase_copy, copy))


def _erase_and_tidy(path: Path, top: Path) -> None:
    """Remove a file, and the folders that are empty then."""
    erase(path)
    for folder in path.parents:
        if folder == top or not folder.is_relative_to(top) or listed(folder):
            return
        folder.rmdir()
