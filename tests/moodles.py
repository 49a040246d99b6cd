"""A class as Moodle has it: its download, its grading worksheet, and its state after each upload.

Built from Moodle's rules (`mod/assign/gradingtable.php`, `downloader.php`), and not from what reads them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from torchaula.classroom.intake.moodle import rules
from torchaula.classroom.intake.moodle.language import ENGLISH, SPANISH, Language
from torchaula.classroom.intake.moodle.rules import Moodle, Reading, Record

HEADS = {
    "English": (
        "Identifier,Full name,ID number,Email address,Status,{group}Grade,Maximum Grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments"
    ),
    "español": (
        'Identificador,"Nombre completo","Número de ID","Dirección de correo",Estado,{group}Calificación,'
        '"Calificación máxima","La calificación puede ser cambiada","Última modificación (entrega)",'
        '"Última modificación (calificación)","Comentarios de retroalimentación"'
    ),
}
GROUP = {"English": "Group,", "español": "Grupo,"}
HANDED_IN = {"English": "Monday, 5 October 2026, 10:00 AM", "español": "lunes, 5 de octubre de 2026, 10:00"}
GRADED = {"English": "Friday, 9 October 2026, 6:30 PM", "español": "viernes, 9 de octubre de 2026, 18:30"}
WHEN = datetime(2026, 10, 9, 18, 30, 40, tzinfo=UTC)
YES = {"English": "Yes", "español": "Sí"}


@dataclass(frozen=True)
class Participant:
    """Somebody in an assignment; `number` is Moodle's for that assignment alone."""

    number: int
    name: str
    email: str
    id_number: str = ""
    group: str = ""
    comment: str = ""

    @property
    def folder(self) -> str:
        """The participant's folder in the download, as Moodle cleans it."""
        plain = "".join(letter for letter in self.name.replace("_", " ") if letter not in "&<>\"`|':\\/\n")
        return f"{plain}_{self.number}_assignsubmission_file"


@dataclass
class Assignment:
    """An assignment in Moodle: who takes part, the maximum, and the grade records so far."""

    people: tuple[Participant, ...]
    maximum: Decimal = Decimal(100)
    language: Language = SPANISH
    records: dict[int, Record] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()

    def state(self, is_ticked: bool = False, only: Iterable[int] | None = None) -> Moodle:
        """The state that an upload meets, with a group chosen if `only` its numbers are given."""
        everybody = [each.number for each in self.people]
        return Moodle(
            self.language,
            frozenset(everybody if only is None else only),
            self.maximum,
            dict(self.records),
            self.locked,
            is_ticked,
        )

    def upload(self, table: bytes, is_ticked: bool = False) -> dict[int, Reading]:
        """Upload a worksheet: what became of each row. Accepted grades are in Moodle afterwards."""
        readings = rules.worksheet(table, self.state(is_ticked))
        for number, grade in self.grades_in(table).items():
            if readings[number] is Reading.ACCEPTED:
                self.records[number] = Record(grade, WHEN)
        return readings

    def grades_in(self, table: bytes) -> dict[int, Decimal]:
        """The grades that stand in a worksheet, by participant."""
        rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
        numbers = {each.number for each in self.people}
        found = {}
        for row in rows:
            number = int("".join(filter(str.isdigit, row[self.language.identifier])))
            assert number in numbers
            if text := row[self.language.grade]:
                found[number] = Decimal(text.replace(",", "."))
        return found

    def worksheet(self, people: Iterable[Participant] | None = None, groups: bool = False) -> bytes:
        """The worksheet as it is downloaded now: BOM, quotes around everything with a blank or comma."""
        spoken = self.language.name
        lines = [HEADS[spoken].format(group=GROUP[spoken] if groups else "")]
        lines += [self._line(each, groups) for each in (self.people if people is None else people)]
        return ("\ufeff" + "\n".join(lines) + "\n").encode()

    def _line(self, who: Participant, groups: bool) -> str:
        spoken, record = self.language.name, self.records.get(who.number)
        has_grade = record is not None and record.grade is not None
        cells = [
            f"{self.language.participant}{who.number}",
            *(who.name, who.id_number, who.email, "Enviado para calificar"),
            *([who.group] if groups else []),
            self._number(record.grade) if has_grade else "",
            self._number(self.maximum),
            "No" if who.number in self.locked else YES[spoken],
            HANDED_IN[spoken],
            GRADED[spoken] if has_grade else "-",
            who.comment,
        ]
        return ",".join(map(_quoted, cells))

    def _number(self, number: Decimal) -> str:
        return f"{number:.2f}".replace(".", self.language.decimal)


def _quoted(text: str) -> str:
    needs = any(letter in text for letter in ' ,"\n\r\t')
    return '"' + text.replace('"', '""') + '"' if needs else text


def download(people: Iterable[Participant], notebooks: Mapping[int, bytes]) -> dict[str, bytes]:
    """What is in "Download all submissions", by path."""
    return {
        f"{each.folder}/Cuaderno de mlp.ipynb": notebooks[each.number]
        for each in people
        if each.number in notebooks
    }


def graded_again(assignment: Assignment, by: Decimal) -> Assignment:
    """The same assignment after somebody has changed each grade in Moodle."""
    records = {n: Record((each.grade or Decimal(0)) - by, WHEN) for n, each in assignment.records.items()}
    return replace(assignment, records=records)


LANGUAGES = {"English": ENGLISH, "español": SPANISH}
