"""Read Canvas' gradebook CSV, and write grades into single cells of it.

Sources: `lib/gradebook_exporter.rb` and `lib/gradebook_importer.rb` in Canvas. Its labels are English in
every language; numbers are written in the user's.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from pathlib import Path

from torchaula.classroom.intake import cells
from torchaula.classroom.intake.canvas.names import unquoted
from torchaula.classroom.intake.cells import Cell, Row
from torchaula.classroom.intake.place import SheetRow
from torchaula.errors import Refusal
from torchaula.i18n import _

BOM = "\ufeff"
POINTS, READ_ONLY = "Points Possible", "read only"
ABOUT_PEOPLE = ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID")
AND_PLACES = ("Root Account", "Section")
TITLE = re.compile(r"(?P<title>.*)\s\((?P<number>[0-9]+)\)", re.DOTALL)
TOTALS = re.compile(r"(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)")
HIDDEN = re.compile(r"\s*(?:Muted|Manual Posting.*)?\s*", re.IGNORECASE | re.DOTALL)
BLANK = re.compile(r"[;, ]+")
NUMBER = re.compile(r"-?[0-9.,]+")
USER = re.compile(r"[0-9]{1,18}")
FIRST_LINES = 3  # from which Canvas guesses the delimiter


@dataclass(frozen=True)
class Column:
    """A column of an assignment. `maximum` is None where `Points Possible` has no number for it."""

    at: int
    head: str
    maximum: Decimal | None
    is_read_only: bool = False
    is_posted_by_hand: bool = False
    is_hidden: bool = False  # from instructors, until grades are posted

    @property
    def title(self) -> str:
        """The assignment's title without its number in Canvas."""
        found = TITLE.fullmatch(self.head)
        return found["title"] if found else self.head

    @property
    def number(self) -> str:
        """The assignment's number in Canvas."""
        found = TITLE.fullmatch(self.head)
        return found["number"] if found else ""


@dataclass(frozen=True)
class PersonRow:
    """A student's row: their id in Canvas, and what tells who it is."""

    user: str
    person: SheetRow
    row: Row

    def value(self, column: Column) -> str:
        """What stands in an assignment's column; nothing, if the row is too short."""
        values = self.row.values
        return values[column.at].strip() if column.at < len(values) else ""

    def cell(self, column: Column) -> Cell | None:
        return self.row.cells[column.at] if column.at < len(self.row.cells) else None


@dataclass(frozen=True)
class Gradebook:
    """A gradebook CSV as it came: its text, and where in it people and assignments stand."""

    path: Path
    text: str
    heads: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[PersonRow]

    @cached_property
    def people(self) -> dict[str, SheetRow]:
        """What is known about each person, by the user's id in Canvas."""
        return {row.user: row.person for row in self.rows}

    @property
    def custom(self) -> Sequence[str]:
        """The headers of columns that a course added, which stand between people and assignments."""
        first = min((column.at for column in self.columns), default=len(self.heads))
        return self.heads[last_info(self.heads) : first]

    def filled(self, grades: Mapping[Cell, str]) -> bytes:
        """The file with these values in these cells, and everything else as it came."""
        return cells.replaced(self.text, grades).encode("utf-8")


def is_gradebook(heads: Sequence[str]) -> bool:
    """Whether these are the headers of a gradebook CSV, as Canvas' importer asks."""
    first = [head.removeprefix(BOM) for head in heads]
    if len(first) > 3 and "Student" in first[0] and "ID" in first[1]:
        return "Section" in first
    return len(first) > 4 and first[:3] == ["LastName", "FirstName", "ID"] and "Section" in first


def load(path: Path) -> Gradebook:
    """Read a gradebook CSV. Raises `Refusal` if it is none, or Canvas could not read it back."""
    text = cells.read(path, partial(_refusal, path))
    try:
        table = [row for row in cells.rows(text, delimiter(text)) if not _is_blank(text, row)]
    except csv.Error as error:
        raise _refusal(path, str(error)) from None
    if not table or not is_gradebook(table[0].values):
        raise _refusal(path, _("its first line is not Student, ID, …, Section"))
    heads = [head.removeprefix(BOM) for head in table[0].values]
    people = [row for row in table[1:] if not _is_about_assignments(row.values)]
    points = next((row.values for row in table[1:] if _is_points(row.values)), [])
    posted = next((row.values for row in table[1:] if _is_posting(row.values)), [])
    rows = [found for row in people if USER.fullmatch((found := _person(heads, row)).user)]
    return Gradebook(path, text, heads, _columns(heads, points, posted), rows)


def delimiter(text: str) -> str:
    """The delimiter that Canvas guesses: the one with as many fields in each of the first lines, the most."""
    lines = text.removeprefix(BOM).splitlines()[:FIRST_LINES]
    counts = dict.fromkeys(";,", 0)
    for mark in counts:
        try:
            found = {len(row[0].cells) if (row := cells.rows(line, mark)) else 0 for line in lines}
        except csv.Error:
            continue
        counts[mark] = found.pop() if len(found) == 1 else 0
    return ";" if counts[";"] > counts[","] else ","


def number_in(text: str) -> Decimal | None:
    """A number as Canvas' importer reads it, whose last comma or point is the decimal mark; else None."""
    if not NUMBER.fullmatch(text.strip()):
        return None
    *whole, last = re.split(r"[,.]", text.strip())
    try:
        return Decimal(f"{''.join(whole)}.{last}" if whole else last)
    except InvalidOperation:
        return None


def last_info(heads: Sequence[str]) -> int:
    """How many columns are about people, up to `Section`; assignments stand behind them."""
    return heads.index("Section") + 1


def _columns(heads: Sequence[str], points: Sequence[str], posted: Sequence[str]) -> list[Column]:
    found = []
    for at in range(last_info(heads), len(heads)):
        text, hidden = (row[at].strip() if at < len(row) else "" for row in (points, posted))
        if TITLE.fullmatch(heads[at]) and not TOTALS.search(heads[at]):
            column = Column(at, heads[at], number_in(text), READ_ONLY in text, bool(hidden), "(" in hidden)
            found.append(column)
    return found


def _person(heads: Sequence[str], row: Row) -> PersonRow:
    by_head = dict(zip(heads, (value.strip() for value in row.values), strict=False))
    apart = ", ".join(filter(None, (by_head.get("LastName"), by_head.get("FirstName"))))
    name = unquoted(by_head.get("Student") or apart)
    logins = filter(None, (by_head.get("SIS User ID"), by_head.get("SIS Login ID")))
    return PersonRow(by_head.get("ID", ""), SheetRow(name, logins=tuple(logins)), row)


def _is_about_assignments(values: Sequence[str]) -> bool:
    """Whether a row is about no student: the points, or which assignments are hidden or posted by hand."""
    return _is_points(values) or _is_posting(values)


def _is_posting(values: Sequence[str]) -> bool:
    return all(HIDDEN.fullmatch(value) for value in values)


def _is_points(values: Sequence[str]) -> bool:
    return bool(values) and POINTS in values[0]


def _is_blank(text: str, row: Row) -> bool:
    """Whether Canvas skips a line, which has delimiters and blanks alone."""
    return bool(BLANK.fullmatch(text[row.cells[0].start : row.cells[-1].end]))


def _refusal(path: Path, reason: str) -> Refusal:
    return Refusal(
        _(
            "{path}: {reason}; export the gradebook from Canvas again, and don't open it in a spreadsheet"
        ).format(path=path, reason=reason)
    )
