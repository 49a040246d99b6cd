"""Say which users of Canvas' gradebook are which students, and what they uploaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchaula.classroom.intake import packed, people, roster, tables, uploads
from torchaula.classroom.intake.canvas import gradebook
from torchaula.classroom.intake.canvas.entries import Entries
from torchaula.classroom.intake.canvas.gradebook import Gradebook
from torchaula.classroom.intake.canvas.names import written
from torchaula.classroom.intake.people import Unmatched
from torchaula.classroom.intake.place import Person, Place, Platform
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import age
from torchaula.i18n import _


@dataclass(frozen=True)
class Users:
    """What the instructor downloaded of an assignment.

    `table` is the newest gradebook, `others` are older ones. `whose` says who each user is, by their id, or
    why nobody knows; `attachments` is the newest file of each in the zips.
    """

    table: Gradebook
    others: tuple[Path, ...]
    whose: Mapping[str, str | Unmatched]
    attachments: Mapping[str, int]

    @property
    def numbers(self) -> dict[str, str]:
        """The user's id of each student who is in the gradebook."""
        return {student: user for user, student in self.whose.items() if isinstance(student, str)}

    @property
    def names(self) -> dict[str, str]:
        """The name of each user, by their id."""
        return {user: row.name for user, row in self.table.people.items()}


def look(course: Course, assignment: str) -> Users:
    """What stands in the assignment's `archive/`. Raises `Refusal` if there is no readable gradebook."""
    folder = course.archive(assignment)
    found = sorted(_gradebooks(folder), key=age)
    if not found:
        raise Refusal(
            _(
                "{folder}: Canvas' gradebook CSV is not there; download it (Grades, Export, Export entire "
                "gradebook), and put it there, beside the zip"
            ).format(folder=folder)
        )
    table = gradebook.load(found[-1])
    places = [place for path in sorted(folder.rglob("*.zip")) for place in _places(path, table)]
    attachments: dict[str, int] = {}
    for place in places:
        if not place.doubts and place.serial > attachments.get(place.person.number, 0):
            attachments[place.person.number] = place.serial
    return Users(table, tuple(found[:-1]), _whose(course, table, places), attachments)


def _gradebooks(folder: Path) -> Iterator[Path]:
    """The gradebooks in an archive folder; learners' own files, in an unpacked download, are left out."""
    for path in folder.rglob("*.csv"):
        below = path.relative_to(folder)
        if path.is_file() and tables.is_canvas(path) and uploads.locate(below) is None:
            yield path


def _places(archive: Path, table: Gradebook) -> list[Place]:
    """The entries of a submissions zip; none, if it is another's or can't be read."""
    locate = {**uploads.PLATFORMS, Platform.CANVAS: Entries(table.people).locate}
    found = uploads.located(packed.names(archive), locate).values()
    return [place for place in found if place and place.person.platform is Platform.CANVAS]


def _whose(course: Course, table: Gradebook, places: list[Place]) -> dict[str, str | Unmatched]:
    """Who each user is: as the zips were collected, then by the gradebook alone."""
    students, known = roster.load(course), table.people
    persons = {place.person for place in places if not place.doubts and place.person.number in known}
    rest = {
        Person(written(row.name), user, Platform.CANVAS)
        for user, row in known.items()
        if user not in {person.number for person in persons}
    }
    whose: dict[str, str | Unmatched] = {}
    taken: set[str] = set()
    for some in (persons, rest):
        rows = {person: known[person.number] for person in some}
        for person, student in people.match(some, rows, students).items():
            whose[person.number] = people.once(student, taken)
        taken |= {student for student in whose.values() if isinstance(student, str)}
    return whose
