"""Collect everybody of whom a course has something, from all places that name students."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import msgspec
from sqlalchemy.exc import DatabaseError

from torchaula.classroom.gradebook import database
from torchaula.classroom.intake import roster
from torchaula.classroom.intake.handed_in import LITTER
from torchaula.classroom.intake.received import Register
from torchaula.classroom.privacy import books, exchange, folders, registers, sent
from torchaula.classroom.privacy.people import UPLOAD, Identity, People, plain
from torchaula.classroom.privacy.traces import listed
from torchaula.course import converters
from torchaula.course.address import Address
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import decoded, write_private
from torchaula.i18n import _


def people(course: Course) -> People:
    """Everybody whom the course knows. Raises `Refusal` if students.csv or the gradebook can't be read."""
    return People([*_named(course), *(Identity(id) for id in _ids(course)), *unfinished(course)])


def _named(course: Course) -> Iterator[Identity]:
    """Those of whom names are known, from students.csv, the gradebook and its copies."""
    for each in roster.load(course):
        addresses = tuple(filter(None, (each.email, each.lms_user_id)))
        yield Identity(each.id, ((each.first_name, each.last_name),), addresses)
    if (url := books.of_course(course)) is not None:
        yield from _in_gradebook(course, Address(url))
    for copy in books.copies(course):
        yield from books.readable_students(copy) or ()


def _in_gradebook(course: Course, address: Address) -> list[Identity]:
    database.require_usable(address, str(converters.config(course).CourseDirectory.get("course_id", "")))
    try:
        return books.students(address.url)
    except DatabaseError as error:
        raise Refusal(
            _("{path}: can't be read ({reason}), and nothing was removed; mend that, and try again").format(
                path=address.shown, reason=database.reason(error)
            )
        ) from None


def _ids(course: Course) -> Iterator[str]:
    """The ids that folders, records, registers and the exchange have."""
    for folder in folders.of_students(course).values():
        names = (path.name for path in listed(folder) if folders.is_of_student(path))
        yield from (name for name in names if not LITTER.fullmatch(name))
    for folder in folders.record_folders(course):
        found = (path for path in listed(folder) if not LITTER.fullmatch(path.name))
        yield from (folders.student_of_record(path) for path in found)
    for path in registers.received(course):
        if (register := decoded(path, Register)) is not None:
            yield from (each.student for each in register.arrivals)
            yield from (*register.remarks, *register.problems)
            yield from filter(_is_person, register.unmatched)
    yield from sent.students(course)
    yield from (each.student for each in exchange.handed_in(course))


def _is_person(name: str) -> bool:
    """Whether what was not collected is called as a platform calls a person, and not as a file."""
    return bool(UPLOAD.fullmatch(name)) or not (Path(name).suffix or "/" in name)


def require(course: Course, everybody: People, student: str) -> str:
    """The id of a student as the course knows it. Raises `Refusal` if nothing is known of them."""
    if (id := plain(student)) in everybody.identities:
        return id
    near = get_close_matches(id, list(everybody.identities), 3)
    hint = _("did you mean {names}?").format(names=", ".join(map(repr, near))) if near else ""
    told = _("{folder}: nothing is known of {student!r}, and nothing was removed")
    raise Refusal("; ".join(filter(None, [told.format(folder=course.root, student=student), hint])))


def _note(course: Course) -> Path:
    return course.state / "forgetting.json"


def unfinished(course: Course) -> list[Identity]:
    """The students whose removal was begun and not finished."""
    return decoded(_note(course), list[Identity]) or []


def note(course: Course, gone: list[Identity]) -> None:
    """Remember who is being removed, until everything is: then an interrupted run can be finished."""
    write_private(_note(course), msgspec.json.encode(gone))


def settle(course: Course) -> None:
    """Forget that note too."""
    _note(course).unlink(missing_ok=True)
