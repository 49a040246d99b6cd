"""List the students of a course: those of `students.csv`, and those that only the gradebook has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from nbgrader.api import Gradebook
from nbgrader.api import Student as Row
from sqlalchemy import select

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.roster import Student
from torchaula.course.layout import Course


class ClassList:
    """The students of `students.csv` in its order, and `others` from the gradebook, such as dropouts."""

    def __init__(self, listed: Iterable[Student], others: Iterable[Student] = ()) -> None:
        self.listed = {each.id: each for each in listed}
        self._people = {each.id: each for each in others} | self.listed
        self._places = {student: place for place, student in enumerate(self.listed)}
        self._ids: defaultdict[str, set[str]] = defaultdict(set)
        for person in self._people.values():
            for key in _keys(person):
                self._ids[key].add(person.id)

    def __contains__(self, student: str) -> bool:
        return student in self._people

    def person(self, student: str) -> Student:
        """What is known about a student: at least the id."""
        return self._people.get(student, Student(student))

    def place(self, student: str) -> int | None:
        """A student's position in `students.csv`; None if it doesn't list them."""
        return self._places.get(student)

    def same_person(self, student: str, of: Collection[str]) -> list[str]:
        """The ids in `of` that have the same e-mail address or name as a student.

        Only pairs with one id outside `students.csv` count: two students in the list are two people.
        """
        is_listed = student in self.listed
        twins = {twin for key in _keys(self.person(student)) for twin in self._ids[key]}
        return sorted(twin for twin in twins & set(of) if (twin in self.listed) != is_listed)


def load(course: Course, book: Gradebook) -> ClassList:
    """The students of a course. Raises `Refusal` if `students.csv` can't be used."""
    rows = book.db.execute(select(Row.id, Row.first_name, Row.last_name, Row.email))
    others = (Student(*(value or "" for value in row)) for row in rows)
    return ClassList(roster.load(course), others)


def _keys(person: Student) -> set[str]:
    """What identifies a person: e-mail address and full name, or an id that is one of them."""
    full = roster.key(person.full_name) if person.first_name and person.last_name else ""
    called, address = roster.key(person.id), person.id.casefold()
    return {
        *filter(None, (full, person.email.strip().casefold())),
        *([called] if " " in called else []),
        *([address] if "@" in address else []),
    }
