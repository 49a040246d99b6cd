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
from torchaula.classroom.intake.moodle.worksheet import IDENTIFIER
from torchaula.classroom.privacy.people import Told, plain, require_clear
from torchaula.classroom.privacy.traces import Place, Scope, Trace, keep_time
from torchaula.errors import Refusal
from torchaula.files import content, whole
from torchaula.i18n import _

MOST = 200 * 2**20  # bytes of a table
# Headings of columns, as `roster.key` returns them.
ADDRESS = re.compile(
    r"\b(id|sis|sid|login|user|username|usuario|email|e mail|mail|correo|student|numero de id)\b", re.I
)
NUMBER = IDENTIFIER  # Moodle's: "Participant 101"
FULL_NAME = ("full name", "nombre completo", "student", "estudiante", "name", "nombre")
FIRST, LAST = ("first name", "nombre"), ("last name", "apellido", "apellidos")
WHAT = "what happened"  # our own column, which may name others


@dataclass(frozen=True)
class Row:
    """A record of a table: the lines of the file that it takes, and its values by heading."""

    lines: slice
    values: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table as it stands: the lines of the file, their encoding, and the records below the heading."""

    path: Path
    lines: tuple[str, ...]
    encoding: str
    delimiter: str
    rows: tuple[Row, ...]
    columns: tuple[str, ...]


def read(path: Path) -> Table | None:
    """Read a table; None if it is none. Raises `OSError` if it can't be read."""
    data = content(path, MOST)
    text, encoding = _decoded(data)
    lines = tuple(io.StringIO(text, newline=""))
    header = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=header.count)
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
    return Table(path, lines, encoding, delimiter, tuple(rows), tuple(columns))


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
    if (table := _readable(path)) is None:
        return
    gone = [row for row in table.rows if _owner(scope, path, row, of(row.values))]
    naming = [row for row in table.rows if row not in gone and _is_naming(scope, row)]
    if gone or naming:
        yield Trace(place, path, partial(_rewrite, scope, table, gone, naming), len(gone) or 1)


def _readable(path: Path) -> Table | None:
    try:
        return read(path)
    except OSError as error:
        raise Refusal(
            _("{path}: can't be read ({reason}), and nothing was removed; delete it, or mend that").format(
                path=path, reason=error.strerror
            )
        ) from None


def _owner(scope: Scope, path: Path, row: Row, wanted: frozenset[str]) -> str | None:
    says = told(row.values)
    candidates = scope.people.whose(says)
    what = _("line {line}").format(line=row.lines.start + 1)
    return require_clear(f"{path}", what, candidates, wanted)


def _is_naming(scope: Scope, row: Row) -> bool:
    return scope.mentions.within(row.values.get(WHAT, ""))


def _rewrite(scope: Scope, table: Table, gone: Sequence[Row], naming: Sequence[Row]) -> None:
    lines: list[str] = list(table.lines)
    for row in naming:
        lines[row.lines] = [_renamed(scope, table, row), *[""] * (row.lines.stop - row.lines.start - 1)]
    for row in gone:
        lines[row.lines] = [""] * (row.lines.stop - row.lines.start)
    before = table.path.stat()
    with whole(table.path, is_private=True) as new:
        new.write_bytes("".join(lines).encode(table.encoding))
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


def of_course(scope: Scope) -> Iterator[Trace]:
    """The rows in the class's tables of points, in nbgrader's export, and in students.csv."""
    grades = scope.course.grades
    for path in sorted(grades.glob("*.csv")):
        yield from find(scope, path, Place.TABLES, lambda _row, name=path.stem: scope.of(name))  # type: ignore[misc]
    yield from find(
        scope, scope.course.root / "grades.csv", Place.TABLES, lambda row: scope.of(row.get("assignment", ""))
    )
    yield from find(scope, scope.course.root / "students.csv", Place.LIST, lambda _row: scope.wholly)
