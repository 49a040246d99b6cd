"""Match Moodle's participants to students."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.moodle.worksheet import Sheet, SheetRow
from torchaula.classroom.intake.place import Person
from torchaula.classroom.intake.roster import Student
from torchaula.classroom.intake.uploads import listed
from torchaula.errors import Refusal
from torchaula.i18n import _

ANONYMOUS = "participante"


class Unmatched(Refusal):
    """Says why a participant could not be matched. `students` are the candidates."""

    def __init__(self, reason: str, students: Iterable[str] = ()) -> None:
        super().__init__(reason)
        self.students = tuple(students)


def match(
    people: Iterable[Person], sheet: Sheet, students: Sequence[Student]
) -> dict[Person, str | Unmatched]:
    """The student's id for each of `people`, or why there is none.

    Matches by the worksheet's ID number or e-mail, else by name. Without `students`, ids are made from the
    names. Where groups hand in together, a group is the first of its members who is a student: what they
    handed in is collected once.
    """
    known = sorted(people, key=str)
    if not students:
        return dict(_made_ids(known))
    matched: dict[Person, str | Unmatched] = {}
    claims: dict[str, list[tuple[Person, bool]]] = defaultdict(list)
    for person in known:
        try:
            claimed = _claim_of_group(person, sheet, students)
            student, sure = claimed or _claim(person, row_of(person, sheet), students)
            claims[student].append((person, sure))
        except Unmatched as error:
            matched[person] = error
    for student, claimants in claims.items():
        matched |= _one_only(student, claimants)
    taken = {found for found in matched.values() if isinstance(found, str)}
    return {person: _narrowed(found, taken) for person, found in matched.items()}


def _narrowed(found: str | Unmatched, taken: set[str]) -> str | Unmatched:
    """Remove candidates that are matched to others, unless none would be left."""
    if isinstance(found, Unmatched) and (free := [each for each in found.students if each not in taken]):
        found.students = tuple(free)
    return found


def members(group: Person, sheet: Sheet) -> list[tuple[str, SheetRow]]:
    """The numbers and rows of a group's members; none if it is a person. Its number is none of theirs."""
    wanted = roster.key(group.name)
    return [each for each in sheet.items() if each[1].group and roster.key(each[1].group) == wanted]


def row_of(person: Person, sheet: Sheet) -> SheetRow:
    """The row of a person, or of a group's first member; an empty one if there is none."""
    of_group = [row for _number, row in members(person, sheet)]
    return of_group[0] if of_group else sheet.get(person.number, SheetRow())


def _claim_of_group(group: Person, sheet: Sheet, students: Sequence[Student]) -> tuple[str, bool] | None:
    for number, row in members(group, sheet):
        with suppress(Unmatched):
            return _claim(Person(row.name, number), row, students)
    return None


def _claim(person: Person, row: SheetRow, students: Sequence[Student]) -> tuple[str, bool]:
    """The id of a person, and whether more than a name proves it. Raises `Unmatched` unless one fits."""
    if found := roster.by_address(students, row.id_number, row.email):
        if len(found) == 1:
            return found[0].id, True
        raise Unmatched(
            _(
                "their ID number and e-mail in the worksheet are of several students ({ids}): "
                "correct students.csv"
            ).format(ids=_ids(found)),
            (each.id for each in found),
        )
    found = roster.by_name(students, row.name) or roster.by_name(students, person.name)
    if len(found) == 1:
        return found[0].id, False
    if found:
        raise Unmatched(
            _(
                "several students have this name ({ids}): put Moodle's grading worksheet beside the zip, "
                "and its e-mail addresses or ID numbers in students.csv"
            ).format(ids=_ids(found)),
            (each.id for each in found),
        )
    if person.is_anonymous:
        raise Unmatched(
            _("blind marking hides who it is: reveal identities in Moodle, then download zip and worksheet")
        )
    raise Unmatched(
        _(
            "nobody in students.csv has this name: add the student there, or the e-mail address "
            "that Moodle's grading worksheet (put it beside the zip) has for this name"
        )
    )


def _one_only(student: str, claimants: list[tuple[Person, bool]]) -> dict[Person, str | Unmatched]:
    """Accept one of several participants for a student: the only one matched by more than a name, or none."""
    everyone = {person.identity for person, _sure in claimants}
    accepted = everyone
    if len(everyone) > 1:
        surely = {person.identity for person, sure in claimants if sure}
        accepted = surely if len(surely) == 1 else set()
    problem = Unmatched(
        _(
            "{people} all look like the student {student}: put Moodle's grading worksheet beside the zip, "
            "and add to students.csv who is missing, with e-mail address"
        ).format(people=listed(str(person) for person, _sure in claimants), student=student),
        () if accepted else (student,),
    )
    return {person: student if person.identity in accepted else problem for person, _sure in claimants}


def _made_ids(people: Sequence[Person]) -> Iterable[tuple[Person, str]]:
    """Make ids for a course without `students.csv`; they include the number if the name is not unique."""
    named: dict[str, set[str]] = defaultdict(set)
    for person in people:
        named[_slug(person)].add(person.identity)
    for person in people:
        slug = _slug(person)
        enough = slug != ANONYMOUS and len(named[slug]) == 1
        yield person, slug if enough or not person.number else f"{slug}-{person.number}"


def _slug(person: Person) -> str:
    """A name in lower-case ASCII letters: `ana-garcia-lopez`."""
    if person.is_anonymous:
        return ANONYMOUS
    return re.sub(r"[^a-z0-9]+", "-", roster.key(person.name)).strip("-") or ANONYMOUS


def _ids(students: Sequence[Student]) -> str:
    return ", ".join(student.id for student in students)
