"""Fill in Moodle's grading worksheet: find each participant's grade cell, and write it in place.

Moodle's importer compares headers exactly and fails on a row with another number of columns, so nothing but
grade cells may change. What a spreadsheet has saved again is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from pathlib import Path

from torchaula.classroom.intake import cells, roster
from torchaula.classroom.intake.cells import Cell, Row
from torchaula.classroom.intake.moodle import language
from torchaula.classroom.intake.moodle.language import Language
from torchaula.errors import Refusal
from torchaula.i18n import _

NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True)
class GradeRow:
    """One participant of a worksheet. `grade` is None where the cell is empty, `maximum` where there is none.

    `graded_at` is Moodle's date as written, `-` where there is no grade.
    """

    number: str
    line: int
    name: str
    cell: Cell
    grade: Decimal | None
    maximum: Decimal | None
    graded_at: str
    is_locked: bool = False
    group: str = ""

    @property
    def has_record(self) -> bool:
        """Whether Moodle shows a grade, or the date of one."""
        return self.grade is not None or self.graded_at.strip() not in ("", "-")


@dataclass(frozen=True)
class GradeSheet:
    """A worksheet: its text, and its participants by number."""

    path: Path
    text: str
    language: Language
    rows: Mapping[str, GradeRow]
    is_of_groups: bool = False

    @cached_property
    def has_records(self) -> bool:
        return any(row.has_record for row in self.rows.values())

    def filled(self, grades: Mapping[str, Decimal]) -> bytes:
        """The worksheet with these grades, by participant. A cell that says the same stays as it is."""
        new = {
            self.rows[number].cell: written(grade)
            for number, grade in grades.items()
            if self.rows[number].grade != grade
        }
        return cells.replaced(self.text, new).encode()


def written(grade: Decimal) -> str:
    """A grade with a point and two to five decimals, which Moodle reads rightly in every language.

    It replaces the language's decimal mark with a point and reads the rest as PHP does, so that `8,5` would
    become 8 in English, while `8.5` is 8.5 everywhere (`unformat_float` in Moodle's `lib/moodlelib.php`).
    """
    whole, _point, decimals = f"{grade:.5f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def number_in(text: str, decimal: str) -> Decimal | None:
    """A number as Moodle writes it in a language with this decimal mark; None if there is none."""
    try:
        found = Decimal(text.replace(" ", "").replace(decimal, "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def load(path: Path) -> GradeSheet:
    """Read a worksheet. Raises `Refusal` unless Moodle could read it back."""
    text = cells.read(path, partial(_refusal, path, 1))
    try:
        table = cells.rows(text)
    except csv.Error as error:
        raise _refusal(path, 1, _("not a readable CSV ({reason})").format(reason=error)) from None
    heads = table[0].values if table else []
    spoken = _language(path, heads)
    _require_rectangle(path, table)
    sheet = _Columns(spoken, heads)
    _require_points(path, sheet, spoken)
    found: dict[str, GradeRow] = {}
    for row in table[1:]:
        read = sheet.read(row)
        if read.number in found or not read.number:
            reason = _("two rows of one participant") if read.number else _("a row of no participant")
            raise _refusal(path, row.line, reason)
        found[read.number] = read
    return GradeSheet(path, text, spoken, found, sheet.has(spoken.group))


class _Columns:
    """Where the columns of a worksheet stand."""

    def __init__(self, spoken: Language, heads: Sequence[str]) -> None:
        self._language, self._heads = spoken, heads
        self._keys = [roster.key(head) for head in heads]

    def has(self, words: Sequence[str]) -> bool:
        return any(word in self._keys for word in words)

    def read(self, row: Row) -> GradeRow:
        spoken = self._language
        cell = row.cells[self._last(spoken.grade)]
        number = NUMBER.search(row.values[self._last(spoken.identifier)].strip())
        return GradeRow(
            number=number[0] if number else "",
            line=row.line,
            name=self._value(row, (spoken.person,)),
            cell=cell,
            grade=number_in(cell.value, spoken.decimal),
            maximum=number_in(self._value(row, spoken.maximum), spoken.decimal),
            graded_at=row.values[self._last(spoken.graded_at)],
            is_locked=roster.key(self._value(row, spoken.can_change)) == spoken.no,
            group=self._value(row, spoken.group),
        )

    def _last(self, head: str) -> int:
        """The column that Moodle's importer takes: the last one with this header."""
        return len(self._heads) - 1 - self._heads[::-1].index(head)

    def _value(self, row: Row, words: Sequence[str]) -> str:
        return next((row.values[self._keys.index(word)] for word in words if word in self._keys), "")


def _language(path: Path, heads: Sequence[str]) -> Language:
    """The worksheet's language. Raises `Refusal` unless all headers are there that Moodle needs."""
    if len(heads) == 1 and ";" in heads[0]:
        raise _refusal(path, 1, _("semicolons between its columns: a spreadsheet has saved it again"))
    spoken = language.of(heads)
    if spoken is None:
        raise _refusal(path, 1, _("no column Identifier or Identificador"))
    if missing := [head for head in spoken.needed if head not in heads]:
        raise _refusal(path, 1, _("no column {name}").format(name=missing[0]))
    return spoken


def _require_rectangle(path: Path, table: Sequence[Row]) -> None:
    for row in table:
        if len(row.cells) != len(table[0].cells):
            told = _("{count} columns instead of {all}, for which Moodle refuses the whole file")
            raise _refusal(path, row.line, told.format(count=len(row.cells), all=len(table[0].cells)))


def _require_points(path: Path, columns: _Columns, spoken: Language) -> None:
    if columns.has(spoken.scale):
        raise Refusal(
            _(
                "{path}: the assignment is graded with a scale, not with points; choose points in its "
                "settings in Moodle, and download the worksheet again"
            ).format(path=path)
        )


def _refusal(path: Path, line: int, reason: str) -> Refusal:
    return Refusal(
        _(
            "{path}, line {line}: {reason}; download the grading worksheet again, with Moodle in English or "
            "Spanish, and don't open it in a spreadsheet"
        ).format(path=path, line=line, reason=reason)
    )
