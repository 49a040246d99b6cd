"""Read a gradebook CSV and a zip of pages as Canvas' own importers do, and say what becomes of each student.

Sources, in Canvas: `lib/gradebook_importer.rb` for the table, and for the zip
`AbstractAssignment#infer_comment_context_from_filename`. Canvas skips some of it without a word, and clears a
grade over which an empty cell stands; here each has a name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum, auto

from torchaula.errors import Refusal
from torchaula.i18n import _

TITLE = re.compile(r"(.*)\s\((\d+)\)", re.DOTALL)
TOTALS = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
NUMBER = re.compile(r"-?[0-9.,]+%?")
SKIPPED = re.compile(r"[;, ]+")
HIDDEN = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE | re.DOTALL)
READ_ONLY = re.compile(r"read\s+only")
LINES = 3  # from which the delimiter is guessed


class Reading(Enum):
    """What Canvas does with a student's cell, or with a row."""

    ACCEPTED = auto()
    UNCHANGED = auto()
    CLEARED = auto()  # an empty cell over a grade
    UNKNOWN = auto()  # no such student in the course
    NOT_ASSIGNED = auto()  # the assignment is for others
    LOCKED = auto()  # read only, or hidden from whoever uploads


@dataclass(frozen=True)
class Canvas:
    """What Canvas knows of a course: its students, and one assignment, with the scores that stand there.

    `names`, `sis` and `logins` are by the user's id. `hidden`: scores are hidden from instructors.
    """

    assignment: str
    title: str
    names: Mapping[str, str]
    scores: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, Sequence[str]] = field(default_factory=dict)
    not_assigned: frozenset[str] = frozenset()
    custom: frozenset[str] = frozenset()
    is_hidden: bool = False
    attachments: Mapping[str, str] = field(default_factory=dict)  # whose each is


@dataclass(frozen=True)
class _Header:
    """Where an uploaded table has its columns; `grade` is the assignment's."""

    user: int
    name: tuple[int, ...]
    logins: tuple[int, ...]
    grade: int


def gradebook(data: bytes, canvas: Canvas) -> dict[str, Reading]:
    """What becomes of the assignment's grade of each row, by the user's id; rows of nobody by their name.

    Raises `Refusal` where Canvas refuses the whole file, or would make a new assignment of the column.
    """
    table = _table(data)
    header = _header(table[0] if table else [], canvas)
    found, points = {}, ""
    for row in table[1:]:
        if row and "Points Possible" in (row[0] or ""):
            points = _at(row, header.grade)
        elif not all(HIDDEN.fullmatch(cell) for cell in row if cell is not None):
            user = _student(row, header, canvas)
            found[user or _at(row, 0)] = _reading(_at(row, header.grade).strip(), user, canvas)
    if READ_ONLY.search(points):
        return dict.fromkeys(found, Reading.LOCKED)
    return found


def pages(names: Iterable[str], canvas: Canvas) -> dict[str, str]:
    """Whose each file of a zip is; files that Canvas ignores are left out."""
    found = {}
    for name in names:
        base = name.rsplit("/", 1)[-1]
        parts = [part for part in base.split("_") if part != "LATE"]
        numbers = [part for part in parts if re.fullmatch("[0-9]+", part)]
        if len(numbers) < 2 or base.startswith("._") or parts[-1].startswith("link"):
            continue
        user, attachment = numbers[:2]
        if canvas.attachments.get(attachment) == user:
            found[name] = user
    return found


def _reading(grade: str, user: str | None, canvas: Canvas) -> Reading:
    if user is None:
        return Reading.UNKNOWN
    if user in canvas.not_assigned:
        return Reading.NOT_ASSIGNED
    before = canvas.scores.get(user, "")
    if _is_same(grade, before):
        return Reading.UNCHANGED
    if canvas.is_hidden:
        return Reading.LOCKED
    return Reading.CLEARED if _is_nothing(grade) else Reading.ACCEPTED


def _is_same(new: str, old: str) -> bool:
    if new == old or (_is_nothing(new) and _is_nothing(old)):
        return True
    if _is_nothing(new) or _is_nothing(old) or "EX" in (new.upper(), old.upper()):
        return False
    return _rounded(new) == _rounded(old)


def _is_nothing(grade: str) -> bool:
    return grade.strip() in ("", "-")


def _rounded(text: str) -> Decimal | str:
    try:
        return Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation:
        return text


def _student(row: Sequence[str | None], header: _Header, canvas: Canvas) -> str | None:
    """The user of a row: by id, else by SIS id and login, else by name."""
    number = re.match(r"\s*(\d+)", _at(row, header.user))
    if number and str(int(number[1])) in canvas.names:
        return str(int(number[1]))
    for column in header.logins:
        for user, logins in canvas.logins.items():
            if _at(row, column) and _at(row, column) in logins:
                return user
    name = " ".join(_at(row, at) for at in reversed(header.name)).strip()
    return next((user for user, known in canvas.names.items() if known == name), None)


def _at(row: Sequence[str | None], at: int) -> str:
    return (row[at] or "") if at < len(row) else ""


def _header(row: Sequence[str | None], canvas: Canvas) -> _Header:
    """Where the columns stand. Raises `Refusal` if Canvas would refuse the header."""
    heads = [head or "" for head in row]
    is_whole = len(heads) > 3 and "Student" in heads[0] and "ID" in heads[1]
    is_apart = len(heads) > 4 and "LastName" in heads[0] and "FirstName" in heads[1] and "ID" in heads[2]
    if not is_whole and not is_apart:
        raise Refusal(_("Canvas refuses the table: its first line is not Student, ID, …, Section"))
    named = 2 if heads[:2] == ["LastName", "FirstName"] else 1
    about, logins = _about_people(heads, named)
    if "Section" not in _at(heads, about - 1):
        raise Refusal(_("Canvas refuses the table: no Section where it looks for it"))
    rest = heads[about + len(canvas.custom) :]
    columns = [head for head in rest if not TOTALS.search(head) and head not in canvas.custom]
    return _Header(named, tuple(range(named)), logins, heads.index(_column(columns, canvas)))


def _about_people(heads: Sequence[str], named: int) -> tuple[int, tuple[int, ...]]:
    """How many columns are about people, `Section` included, and which of them are SIS ids and logins."""
    about = named + 2
    if re.search(r"SIS\s+Login\s+ID", _at(heads, about - 1)):
        return about + 1, (about - 1,)
    if not re.search(r"SIS\s+User\s+ID", _at(heads, about - 1)):
        return about, ()
    if not re.search(r"SIS\s+Login\s+ID", _at(heads, about)):
        return about, ()
    has_integration = bool(re.search(r"Integration\s+ID", _at(heads, about + 1)))
    has_root = bool(re.search(r"Root\s+Account", _at(heads, about + 1 + has_integration)))
    return about + 2 + has_integration + has_root, (about - 1, about)


def _column(columns: Sequence[str], canvas: Canvas) -> str:
    """The header of the assignment's column: by its number, else by its title."""
    for head in columns:
        found = TITLE.fullmatch(head)
        if (found and found[2] == canvas.assignment) or (not found and head == canvas.title):
            return head
    raise Refusal(
        _("Canvas has no assignment {title}, and would make one: export the gradebook again").format(
            title=f"{canvas.title} ({canvas.assignment})"
        )
    )


def _table(data: bytes) -> list[list[str | None]]:
    """The rows as Canvas reads them: numbers with a point, nothing for an empty cell without quotes."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(_("Canvas refuses the table: it is not in UTF-8")) from None
    mark = _delimiter(io.StringIO(text, newline="").readlines()[:LINES])
    lines = (line for line in io.StringIO(text, newline="") if not SKIPPED.fullmatch(line.rstrip("\r\n")))
    try:
        rows = list(csv.reader(lines, delimiter=mark, strict=True))
    except csv.Error as error:
        reason = _("Canvas refuses the table: not a readable CSV ({reason})")
        raise Refusal(reason.format(reason=error)) from None
    return [[_converted(cell) for cell in row] for row in rows if row]


def _delimiter(lines: Sequence[str]) -> str:
    fields = dict.fromkeys(";,", 0)
    for mark in fields:
        try:
            counts = {len(next(csv.reader([line], delimiter=mark, strict=True), [])) for line in lines}
        except csv.Error:
            continue
        fields[mark] = counts.pop() if len(counts) == 1 else 0
    return ";" if fields[";"] > fields[","] else ","


def _converted(cell: str) -> str | None:
    """A number with a point, whatever stands before its last part."""
    if not NUMBER.fullmatch(cell):
        return cell or None
    *whole, last = re.split(r"[,.]", cell)
    return f"{''.join(whole)}.{last}" if whole else last
