"""Find students' rows in tables of the class (CSV), and take them out; the other rows stay byte for byte."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.canvas import gradebook as canvas
from torchaula.classroom.intake.canvas.names import unquoted, written
from torchaula.classroom.intake.moodle.worksheet import IDENTIFIER
from torchaula.classroom.intake.place import Person, Platform
from torchaula.classroom.intake.tables import is_canvas
from torchaula.classroom.privacy.people import People, Told, plain, require_clear
from torchaula.classroom.privacy.traces import Place, Scope, Trace, keep_time
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import content, write_private
from torchaula.i18n import _

MOST = 200 * 2**20  # bytes of a table
# Headings of columns, as `roster.key` returns them.
ADDRESS = re.compile(
    r"\b(id|sis|sid|login|user|username|usuario|email|e mail|mail|correo|student|numero de id)\b", re.I
)
NUMBER = IDENTIFIER  # Moodle's: "Participant 101"
FULL_NAME = ("full name", "nombre completo", "student", "estudiante", "name", "nombre")
FIRST, LAST = ("first name", "nombre"), ("last name", "apellido", "apellidos")
PLATFORMS = ("moodle", "canvas")  # as the tables are called that go back to them
WHAT = "what happened"  # our own column, which may name others


@dataclass(frozen=True)
class Row:
    """A record of a table: the lines of the file that it takes, and its values by heading."""

    lines: slice
    values: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table as it stands: the lines of the file, their encoding, and the records below the heading.

    `is_canvas`: it is Canvas' gradebook.
    """

    path: Path
    lines: tuple[str, ...]
    encoding: str
    delimiter: str
    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    is_canvas: bool = False

    def whose(self, row: Row, people: People) -> set[str]:
        """The ids of the students whose row it may be."""
        return _whose_user(row.values, people) if self.is_canvas else people.whose(told(row.values))


def read(path: Path) -> Table | None:
    """Read a table; None if it is none. Raises `OSError` if it can't be read."""
    data = content(path, MOST)
    text, encoding = _decoded(data)
    lines = tuple(io.StringIO(text, newline=""))
    header = next((line for line in lines if line.strip()), "")
    is_theirs = is_canvas(path)
    delimiter = canvas.delimiter(text) if is_theirs else max(",;\t", key=header.count)
    table = csv.reader(iter(lines), delimiter=delimiter)
    rows: list[Row] = []
    columns: list[str] = []
    start = 0
    try:
        for values in table:
            if columns:
                rows.append(Row(slice(start, table.line_num), dict(zip(columns, values, strict=False))))
            elif any(value.strip() for value in values):
                columns = [roster.key(value.lstrip("\ufeff")) for value in values]
            start = table.line_num
    except csv.Error:
        return None
    return Table(path, lines, encoding, delimiter, tuple(rows), tuple(columns), is_theirs)


def _decoded(data: bytes) -> tuple[str, str]:
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def told(row: Mapping[str, str]) -> Told:
    """What a row says about its person."""
    number = next((found[0] for c in NUMBER if (found := re.search(r"\d+$", row.get(c, "")))), "")
    addresses = [_plain(v) for c, v in row.items() if v.strip() and ADDRESS.search(c) and c not in NUMBER]
    first, last = _value(row, FIRST), _value(row, LAST)
    return Told(addresses, f"{first} {last}" if first and last else _value(row, FULL_NAME), number)


def _whose_user(row: Mapping[str, str], people: People) -> set[str]:
    """The ids of the students whose row of Canvas' gradebook it may be."""
    apart = ", ".join(filter(None, (row.get("lastname"), row.get("firstname"))))
    name = plain(unquoted(row.get("student", "").strip() or apart))
    logins = tuple(filter(None, (row.get("sis user id"), row.get("sis login id"))))
    person = Person(written(name), row.get("id", "").strip(), Platform.CANVAS)
    return people.whose_upload(person, Told(logins, name))


def find(
    scope: Scope,
    path: Path,
    place: Place,
    of: Callable[[Mapping[str, str]], frozenset[str]],
) -> Iterator[Trace]:
    """The rows that go from one table: those of the students that `of` returns for a row.

    Others' rows that name somebody of whom nothing stays are changed. Raises `Refusal` if a row may be of
    several students.
    """
    if path.is_symlink() or not path.is_file():
        return
    if (table := readable(path)) is None:
        return
    gone = [row for row in table.rows if _owner(scope, table, row, of(row.values))]
    naming = [row for row in table.rows if row not in gone and _is_naming(scope, row)]
    if gone or naming:
        yield Trace(place, path, partial(_rewrite, scope, table, gone, naming), len(gone) or 1)


def readable(path: Path) -> Table | None:
    """Like `read`, but it raises `Refusal`."""
    try:
        return read(path)
    except OSError as error:
        raise Refusal(
            _("{path}: can't be read ({reason}), and nothing was removed; delete it, or mend that").format(
                path=path, reason=error.strerror
            )
        ) from None


def _owner(scope: Scope, table: Table, row: Row, wanted: frozenset[str]) -> str | None:
    what = _("line {line}").format(line=row.lines.start + 1)
    return require_clear(f"{table.path}", what, table.whose(row, scope.people), wanted)


def _is_naming(scope: Scope, row: Row) -> bool:
    return scope.mentions.within(row.values.get(WHAT, ""))


def _rewrite(scope: Scope, table: Table, gone: Sequence[Row], naming: Sequence[Row]) -> None:
    lines: list[str] = list(table.lines)
    for row in naming:
        lines[row.lines] = [_renamed(scope, table, row), *[""] * (row.lines.stop - row.lines.start - 1)]
    for row in gone:
        lines[row.lines] = [""] * (row.lines.stop - row.lines.start)
    before = table.path.stat()
    write_private(table.path, "".join(lines).encode(table.encoding))
    keep_time(table.path, before)


def _renamed(scope: Scope, table: Table, row: Row) -> str:
    """A row without the names of those who go."""
    old = "".join(table.lines[row.lines])
    end = old[len(old.rstrip("\r\n")) :]
    (values,) = csv.reader(io.StringIO(old, newline=""), delimiter=table.delimiter)
    at = table.columns.index(WHAT)
    values[at] = scope.mentions.without(values[at])
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=table.delimiter, lineterminator=end).writerow(values)
    return made.getvalue()


def _value(row: Mapping[str, str], columns: tuple[str, ...]) -> str:
    return next((_plain(row[column]) for column in columns if row.get(column, "").strip()), "")


def _plain(value: str) -> str:
    """A value without the quote that keeps a spreadsheet from computing it."""
    return plain(value.strip().removeprefix("'"))


def assignment_of(course: Course, path: Path, ending: str) -> str:
    """The assignment of a file in grades/, which may have a platform's name behind it."""
    name = path.name.removesuffix(ending)
    for platform in PLATFORMS:
        if name not in course.assignments:
            name = name.removesuffix(f"-{platform}")
    return name


def of_course(scope: Scope) -> Iterator[Trace]:
    """The rows in the tables of grades/, also those that go back, in nbgrader's, and in students.csv."""
    for path in sorted(scope.course.grades.glob("*.csv")):
        name = assignment_of(scope.course, path, ".csv")
        yield from find(scope, path, Place.TABLES, lambda _row, name=name: scope.of(name))  # type: ignore[misc]
    yield from find(
        scope, scope.course.root / "grades.csv", Place.TABLES, lambda row: scope.of(row.get("assignment", ""))
    )
    yield from find(scope, scope.course.root / "students.csv", Place.LIST, lambda _row: scope.wholly)
