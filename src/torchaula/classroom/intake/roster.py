"""Read the students of the course from `students.csv`, which has nbgrader's columns."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchaula.course.layout import GLOB_CHARACTERS, Course
from torchaula.errors import Refusal
from torchaula.files import LONGEST_NAME, content
from torchaula.i18n import _

# A platform removes these from file names: Conan O'Brien becomes "Conan OBrien".
LEFT_OUT = re.compile(r"[\"'`´‘’“”&<>|:/\\]")
BETWEEN = re.compile(r"[\s,_‐‑–—-]+")


@dataclass(frozen=True)
class Student:
    """One row of `students.csv`. Unknown fields are empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def load(course: Course) -> list[Student]:
    """The students of a course in the file's order; none if there is no `students.csv`.

    Raises `Refusal`, with file and line, if it can't be read or an id can't be used.
    """
    path = course.root / "students.csv"
    if not path.exists():
        return []
    students: list[Student] = []
    taken: dict[str, int] = {}
    for line, row in rows(path, "id"):
        student = _student(row)
        same = unicodedata.normalize("NFKC", student.id).casefold()
        if problem := bad_id(student.id) or _taken(taken.get(same)):
            raise Refusal(_("{path}, line {line}: {problem}").format(path=path, line=line, problem=problem))
        taken[same] = line
        students.append(student)
    return students


def key(name: str) -> str:
    """A person's name for comparison: without accents, case and separators between words."""
    return BETWEEN.sub(" ", without_accents(LEFT_OUT.sub("", name))).strip()


def without_accents(text: str) -> str:
    """A text in lower case, normalised (NFKD), without accents."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def by_address(students: Sequence[Student], *addresses: str) -> list[Student]:
    """The students whose id, platform id or e-mail address is one of `addresses`."""
    wanted = {address.strip().casefold() for address in addresses} - {""}
    return [
        student
        for student in students
        if wanted & {text.casefold() for text in (student.id, student.lms_user_id, student.email)}
    ]


def by_platform_id(students: Sequence[Student], number: str) -> list[Student]:
    """The students whose `lms_user_id` is `number`."""
    return [student for student in students if number and student.lms_user_id == number]


def by_login(students: Sequence[Student], logins: Iterable[str]) -> list[Student]:
    """The students whose id or e-mail address is a name to log in with."""
    wanted = {login.strip().casefold() for login in logins} - {""}
    return [each for each in students if wanted & {each.id.casefold(), each.email.casefold()}]


def by_name(students: Sequence[Student], name: str) -> list[Student]:
    """The students called `name`, with the first or the last name first."""
    wanted = key(name)
    return [
        student
        for student in students
        if wanted and wanted in (key(student.full_name), key(f"{student.last_name} {student.first_name}"))
    ]


def rows(path: Path, *required: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The non-empty rows of a table, each with its line, as dicts by column name (its `key`).

    Raises `Refusal` if it is no table, or has none of the columns `required`.
    """
    text = _text(path)
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    try:
        for values in table:
            if not any(value.strip() for value in values):
                continue
            if not columns:
                columns = _columns(path, values, required)
            elif any(values[len(columns) :]):
                raise csv.Error(_("more values than columns"))
            else:
                yield table.line_num, dict(zip(columns, values, strict=False))
    except csv.Error as error:
        raise Refusal(
            _(
                "{path}, line {line}: not a readable csv ({reason}); save it again as CSV with UTF-8, "
                "with quotes around a text that has a comma"
            ).format(path=path, line=table.line_num, reason=error)
        ) from None
    if not columns:
        _columns(path, [], required)


def _columns(path: Path, values: list[str], required: tuple[str, ...]) -> list[str]:
    columns = [key(value) for value in values]
    if not set(required) & set(columns):
        raise Refusal(
            _("{path}, line 1: there is no column {name!r}; name it in the first line ({columns})").format(
                path=path, name=required[0], columns=", ".join(values)[:200] or "-"
            )
        )
    return columns


def _text(path: Path) -> str:
    """The text of a table: UTF-8, or the encoding of spreadsheets on Windows."""
    try:
        found = content(path)
        try:
            return found.decode("utf-8-sig")
        except UnicodeDecodeError:
            return found.decode("cp1252")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            _("{path}, line 1: can't be read ({reason}); save it again as CSV with UTF-8").format(
                path=path, reason=error
            )
        ) from None


def _student(row: dict[str, str]) -> Student:
    names = (row.get(column, "").strip() for column in ("first name", "last name", "email", "lms user id"))
    return Student(row.get("id", ""), *names)


def _taken(line: int | None) -> str:
    if line is None:
        return ""
    return _("the same id as in line {other}; give each student one of their own").format(other=line)


def bad_id(identifier: str) -> str:
    """Why an id can't name a student's folder; empty if it can."""
    if not identifier.strip():
        return _("the id is empty; give the student one")
    if not (
        identifier != identifier.strip()
        or identifier.startswith(".")
        or ".." in identifier
        or (GLOB_CHARACTERS | set("/\\")) & set(identifier)
        or not identifier.isprintable()
        or len(identifier.encode()) > LONGEST_NAME
    ):
        return ""
    return _(
        "the id {identifier!r} can't name a folder (a blank at an end, a dot at the start, "
        "'..', any of * ? [ ] / \\, or too long); change it"
    ).format(identifier=identifier)
