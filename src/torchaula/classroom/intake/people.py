"""Match the people of a platform's download to students."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.blackboard import entries as blackboard
from torchaula.classroom.intake.canvas.names import is_name_of
from torchaula.classroom.intake.place import Person, Platform, Rows, SheetRow
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


def match(people: Iterable[Person], rows: Rows, students: Sequence[Student]) -> dict[Person, str | Unmatched]:
    """The student's id for each of `people`, or why there is none.

    Matches by the platform's id for the person, by what its table has of ID numbers, e-mail addresses and
    logins, else by name. Without `students`, ids are made from the names. Where groups hand in together, a
    group is the first of its members who is a student: what they handed in is collected once.
    """
    known = sorted(people, key=str)
    if not students:
        return dict(_made_ids(known, rows))
    matched: dict[Person, str | Unmatched] = {}
    claims: dict[str, list[tuple[Person, bool]]] = defaultdict(list)
    for person in known:
        try:
            row = rows.get(person, SheetRow())
            student, sure = _claim_of_group(row, students) or _claim(person, row, students)
            claims[student].append((person, sure))
        except Unmatched as error:
            matched[person] = error
    for student, claimants in claims.items():
        matched |= _one_only(student, claimants)
    taken = {found for found in matched.values() if isinstance(found, str)}
    return {person: _narrowed(found, taken) for person, found in matched.items()}


def once(found: str | Unmatched, taken: Container[str]) -> str | Unmatched:
    """The student, unless somebody else is matched to them already."""
    if isinstance(found, str) and found in taken:
        return Unmatched(_("somebody else there is the student {student}").format(student=found), (found,))
    return found


def _narrowed(found: str | Unmatched, taken: set[str]) -> str | Unmatched:
    """Remove candidates that are matched to others, unless none would be left."""
    if isinstance(found, Unmatched) and (free := [each for each in found.students if each not in taken]):
        found.students = tuple(free)
    return found


def _claim_of_group(row: SheetRow, students: Sequence[Student]) -> tuple[str, bool] | None:
    for member in row.members:
        with suppress(Unmatched):
            return _claim(Person(member.name), member, students)
    return None


def _claim(person: Person, row: SheetRow, students: Sequence[Student]) -> tuple[str, bool]:
    """The id of a person, and whether more than a name proves it. Raises `Unmatched` unless one fits."""
    if found := _proven(person, row, students):
        if len(found) == 1:
            return found[0].id, True
        raise Unmatched(_several_proven(person).format(ids=_ids(found)), (each.id for each in found))
    found = _called(person, row, students)
    if len(found) == 1:
        return found[0].id, False
    if found:
        raise Unmatched(
            _(
                "several students have this name ({ids}): put {table} beside the zip, "
                "and its e-mail addresses or ID numbers in students.csv"
            ).format(ids=_ids(found), table=person.platform.table),
            (each.id for each in found),
        )
    raise Unmatched(_nobody(person, row))


def _proven(person: Person, row: SheetRow, students: Sequence[Student]) -> list[Student]:
    """The students that more than a name tells."""
    found = roster.by_address(students, row.id_number, row.email)
    if person.platform is Platform.CANVAS:
        found += roster.by_platform_id(students, person.number)
    return list(dict.fromkeys([*found, *roster.by_login(students, row.logins)]))


def _called(person: Person, row: SheetRow, students: Sequence[Student]) -> list[Student]:
    """The students of this name; in Canvas, none who has another id there."""
    if person.platform is not Platform.CANVAS:
        return roster.by_name(students, row.name) or roster.by_name(students, person.name)
    free = [each for each in students if each.lms_user_id in ("", person.number)]
    return roster.by_name(free, row.name) or [each for each in free if is_name_of(each, person.name)]


def _several_proven(person: Person) -> str:
    if person.platform is Platform.MOODLE:
        return _(
            "their ID number and e-mail in the worksheet are of several students ({ids}): "
            "correct students.csv"
        )
    return _("their id, login and e-mail are of several students ({ids}): correct students.csv")


def _nobody(person: Person, row: SheetRow) -> str:
    """Why nobody in students.csv is this person, and what to do about it."""
    if person.is_anonymous and person.platform is Platform.CANVAS:
        return _("anonymous grading hides who it is: turn it off in Canvas, then download the zip again")
    if person.is_anonymous:
        return _(
            "blind marking hides who it is: reveal identities in Moodle, then download zip and worksheet"
        )
    if person.platform is Platform.GRADESCOPE and row == SheetRow():
        return _(
            "submission_metadata.yml names nobody, or a group: put the notebook into their folders in "
            "submitted/"
        )
    if person.platform is Platform.BLACKBOARD:
        return _("nobody in students.csv has this user name as id or e-mail address: add it there")
    if person.platform is Platform.CANVAS:
        return _(
            "nobody in students.csv has this name, or this id as lms_user_id: add the student there; "
            "Canvas' gradebook CSV (put it beside the zip) has names, ids and logins"
        )
    return _(
        "nobody in students.csv has this name: add the student there, or the e-mail address "
        "that {table} (put it beside the zip) has for this name"
    ).format(table=person.platform.table)


def _one_only(student: str, claimants: list[tuple[Person, bool]]) -> dict[Person, str | Unmatched]:
    """Accept one of several participants for a student: the only one matched by more than a name, or none."""
    everyone = {person.identity for person, _sure in claimants}
    accepted = everyone
    if len(everyone) > 1:
        surely = {person.identity for person, sure in claimants if sure}
        accepted = surely if len(surely) == 1 else set()
    problem = Unmatched(
        _(
            "{people} all look like the student {student}: put {table} beside the zip, "
            "and add to students.csv who is missing, with e-mail address"
        ).format(
            people=listed(str(person) for person, _sure in claimants),
            student=student,
            table=claimants[0][0].platform.table,
        ),
        () if accepted else (student,),
    )
    return {person: student if person.identity in accepted else problem for person, _sure in claimants}


def _made_ids(people: Sequence[Person], rows: Rows) -> Iterable[tuple[Person, str]]:
    """Make ids for a course without `students.csv`; they include the number if the name is not unique."""
    slugs = {person: _slug(person, rows.get(person, SheetRow())) for person in people}
    named: dict[str, set[object]] = defaultdict(set)
    for person in people:
        named[slugs[person]].add(person.identity)
    for person in people:
        slug = slugs[person]
        if slug != ANONYMOUS and len(named[slug]) == 1:
            yield person, slug
        elif person.platform is Platform.BLACKBOARD:
            yield person, _in_ascii(person.name)
        else:
            yield person, f"{slug}-{person.number}" if person.number else slug


def _slug(person: Person, row: SheetRow) -> str:
    """A name in lower-case ASCII letters: `ana-garcia-lopez`."""
    if person.is_anonymous:
        return ANONYMOUS
    if person.platform is Platform.BLACKBOARD:
        return _in_ascii(blackboard.user(person))
    is_named = person.platform is not Platform.MOODLE and row.name
    return _in_ascii(row.name if is_named else person.name)


def _in_ascii(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", roster.key(name)).strip("-") or ANONYMOUS


def _ids(students: Sequence[Student]) -> str:
    return ", ".join(student.id for student in students)
