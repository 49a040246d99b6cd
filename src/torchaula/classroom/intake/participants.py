"""Say which participants of Moodle's downloads are which students, and how their folders are named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchaula.classroom.intake import packed, people, roster
from torchaula.classroom.intake.moodle import entries, gradesheet, worksheet
from torchaula.classroom.intake.moodle.gradesheet import GradeSheet
from torchaula.classroom.intake.people import Unmatched
from torchaula.classroom.intake.place import Person, SheetRow
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import age
from torchaula.i18n import _

PART = "{name}_{number}_assignsubmission_file"  # as Moodle names a participant's folder
NOT_IN_A_NAME = re.compile(r"[\x00-\x1f&<>\"`|':\\/]")  # which Moodle leaves out (`clean_param`, PARAM_FILE)


@dataclass(frozen=True)
class Participants:
    """What the instructor downloaded of an assignment.

    `sheet` is the newest worksheet, `others` are older ones. `folders` are those in the zips, by number: a
    newer zip's, where they differ.
    `whose` says who each of the worksheet's participants is, by number, or why nobody knows. `teams` says for
    which student a group's submission was collected, by the group's name.
    """

    sheet: GradeSheet
    others: tuple[Path, ...]
    zips: tuple[Path, ...]
    folders: Mapping[str, str]
    whose: Mapping[str, str | Unmatched]
    teams: Mapping[str, str]

    @property
    def numbers(self) -> dict[str, str]:
        """The number of each student who is a participant."""
        return {student: number for number, student in self.whose.items() if isinstance(student, str)}

    @property
    def names(self) -> dict[str, str]:
        """The name of each participant, by number."""
        return {number: row.name for number, row in self.sheet.rows.items()}

    def folder(self, number: str) -> str:
        """Where a participant's feedback goes in a zip, up to the file's name.

        A group's folder has the group's number, which the importer would take for a participant's.
        """
        return (not self.sheet.is_of_groups and self.folders.get(number)) or made(self.sheet, number) + "/"

    def group(self, number: str) -> str:
        """The group that a participant handed in with; empty if there is none."""
        return roster.key(self.sheet.rows[number].group)


def made(sheet: GradeSheet, number: str) -> str:
    """A folder's name as Moodle makes it, for a participant whom no zip has."""
    name = sheet.rows[number].name or sheet.language.nobody
    plain = NOT_IN_A_NAME.sub("", name.replace("_", " ")).strip(" .")
    return PART.format(name=plain or sheet.language.nobody, number=number)


def look(course: Course, assignment: str) -> Participants:
    """What stands in the assignment's `archive/`. Raises `Refusal` without a worksheet that can be read."""
    place = course.archive(assignment)
    sheets = sorted((path for path in _files(place, "csv") if _is_worksheet(path)), key=age)
    if not sheets:
        raise Refusal(
            _(
                "{folder}: Moodle's grading worksheet is not there; download it (assignment, Submissions, "
                "Actions, Download grading worksheet), and put it there, beside the zip"
            ).format(folder=place)
        )
    sheet, zips = gradesheet.load(sheets[-1]), tuple(sorted(_files(place, "zip"), key=age))
    named = dict.fromkeys(entry for path in zips for entry in packed.names(path))
    persons = {found.person for found in map(entries.locate, named) if found is not None}
    folders = {found[0]: f"{found[1]}{found[2]}" for found in map(entries.folder, named) if found}
    whose, teams = _whose(course, sheet, persons)
    return Participants(sheet, tuple(sheets[:-1]), zips, folders, whose, teams)


def _files(folder: Path, kind: str) -> Iterator[Path]:
    """The files of a kind in an archive folder; learners' own, in an unpacked download, are left out."""
    for path in sorted(folder.rglob(f"*.{kind}")):
        if path.is_file() and entries.locate(path.relative_to(folder)) is None:
            yield path


def _is_worksheet(path: Path) -> bool:
    """Whether a table is meant as a worksheet, even one that can't be read."""
    try:
        next(roster.rows(path, *worksheet.IDENTIFIER), None)
    except Refusal:
        return bool(worksheet.BEFORE.match(path.name.casefold()))
    return True


def _whose(
    course: Course, sheet: GradeSheet, persons: set[Person]
) -> tuple[dict[str, str | Unmatched], dict[str, str]]:
    """Who each participant is: as the zips were collected, then by the worksheet alone; and each group."""
    rows, students = _rows(sheet), roster.load(course)
    groups = {person for person in persons if worksheet.members(person, rows)}
    of_zips = people.match(persons, _by_person(persons, rows), students)
    teams = {roster.key(each.name): of_zips[each] for each in groups}
    alone = [person for person in persons - groups if person.number in rows]
    whose = {person.number: of_zips[person] for person in alone}
    taken = {student for student in whose.values() if isinstance(student, str)}
    rest = {Person(row.name, number) for number, row in rows.items() if number not in whose}
    for person, student in people.match(rest, _by_person(rest, rows), students).items():
        whose[person.number] = people.once(student, taken)
    return whose, {name: student for name, student in teams.items() if isinstance(student, str)}


def _by_person(persons: set[Person], rows: Mapping[str, SheetRow]) -> dict[Person, SheetRow]:
    return {person: worksheet.row_of(person, rows) for person in persons}


def _rows(sheet: GradeSheet) -> dict[str, SheetRow]:
    read = {row.number: row for row in sheet.rows.values()}
    found = worksheet.people(sheet.path)
    return {number: found.get(number, SheetRow(read[number].name)) for number in read}
