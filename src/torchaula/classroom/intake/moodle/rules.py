"""Read a worksheet and a feedback zip as Moodle's own importers do, and say what becomes of each participant.

Sources, in Moodle: `mod/assign/feedback/offline/importgradeslib.php` and `locallib.php` for the worksheet,
`mod/assign/feedback/file/importziplib.php` for the zip, `lib/csvlib.class.php` for the table,
`unformat_float` in `lib/moodlelib.php` for a grade. Moodle skips without a word; here each skip has a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from dateutil import parser  # type: ignore[import-untyped]

from torchaula.classroom.intake.moodle.language import Language
from torchaula.errors import Refusal
from torchaula.i18n import _

BOM = "\ufeff"
LENIENCE = timedelta(seconds=60)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # what PHP makes of a date that it can't read
PLUGINS = frozenset(
    {("assignsubmission", "file"), ("assignsubmission", "onlinetext"), ("assignfeedback", "file")}
)
FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
ENGLISH_DATE = re.compile(r"[A-Za-z0-9 ,:]+")


class Reading(Enum):
    """What Moodle does with a row of the worksheet."""

    ACCEPTED = auto()
    UNCHANGED = auto()
    NO_VALUE = auto()
    NEGATIVE = auto()
    NEWER_GRADE = auto()
    LOCKED = auto()
    ABOVE_MAXIMUM = auto()


@dataclass(frozen=True)
class Record:
    """A grade record in Moodle. It has no grade where only a comment or a feedback file made it."""

    grade: Decimal | None
    modified: datetime


@dataclass(frozen=True)
class Moodle:
    """The state of an assignment in Moodle, and how somebody uploads: in which language, with which option.

    `participants` are the numbers of the group that is chosen. `is_ticked`: records that were modified more
    recently are updated.
    """

    language: Language
    participants: frozenset[int]
    maximum: Decimal
    records: Mapping[int, Record] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()
    is_ticked: bool = False
    plugins: frozenset[tuple[str, str]] = PLUGINS


def worksheet(data: bytes, moodle: Moodle) -> dict[int, Reading]:
    """What becomes of each participant that a worksheet names and Moodle knows; others are left out.

    Raises `Refusal` where Moodle refuses the whole file.
    """
    table = _table(data)
    _require_rectangle(table)
    spoken = moodle.language
    at = {head: place for place, head in enumerate(table[0] if table else ())}  # the last one counts
    if missing := [head for head in spoken.needed if head not in at]:
        raise Refusal(_("Moodle would refuse the worksheet: it has no column {name}").format(name=missing[0]))
    found = {}
    for row in table[1:]:
        number = _participant(row[at[spoken.identifier]], spoken)
        if number in moodle.participants:
            found[number] = _reading(row[at[spoken.grade]], row[at[spoken.graded_at]], number, moodle)
    return found


def feedback(names: Iterable[str], moodle: Moodle) -> dict[str, tuple[int, str]]:
    """Whose each file of a feedback zip is, and its name there; a file that Moodle ignores is left out."""
    found = {}
    for name in names:
        whose = None if name.endswith("/") else _owner(name, moodle)
        if whose is not None:
            found[name] = whose
    return found


def _require_rectangle(table: Sequence[Sequence[str]]) -> None:
    for row in table:
        if len(row) != len(table[0]):
            raise Refusal(
                _(
                    "Moodle would refuse the worksheet: it does not find {all} columns in the row of {who}; "
                    "if a text there has a backslash before a quotation mark, take it out in Moodle, and "
                    "download the worksheet again"
                ).format(all=len(table[0]), who=row[0])
            )


def _reading(grade: str, modified: str, number: int, moodle: Moodle) -> Reading:
    value, record = _unformatted(grade, moodle.language), moodle.records.get(number)
    if value is None:
        return Reading.NO_VALUE
    if record and record.grade == value:
        return Reading.UNCHANGED
    if value < 0:
        return Reading.NEGATIVE
    if record and not moodle.is_ticked and record.modified > strtotime(modified) + LENIENCE:
        return Reading.NEWER_GRADE
    if number in moodle.locked:
        return Reading.LOCKED
    return Reading.ABOVE_MAXIMUM if value > moodle.maximum else Reading.ACCEPTED


def strtotime(text: str) -> datetime:
    """When a date of the worksheet is for PHP: it reads English ones; all else is the beginning of 1970."""
    if not ENGLISH_DATE.fullmatch(text.strip()):
        return EPOCH
    try:
        time: datetime = parser.parse(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return EPOCH
    return time


def _unformatted(text: str, spoken: Language) -> Decimal | None:
    """A number as PHP's cast reads it: the beginning that is one, else 0; None where nothing is written."""
    text = text.strip()
    if not text:
        return None
    found = FLOAT.match(text.replace(" ", "").replace(spoken.decimal, "."))
    return Decimal(found[0]) if found else Decimal(0)


def _participant(identifier: str, spoken: Language) -> int | None:
    """The number after the prefix, which is cut by its length whatever it is."""
    rest = identifier.encode()[len(spoken.participant.encode()) :].decode(errors="replace").strip()
    return int(rest) if re.fullmatch(r"[0-9]{1,18}", rest) else None


def _owner(name: str, moodle: Moodle) -> tuple[int, str] | None:
    """The participant of a path in a feedback zip, and the name that the file gets there."""
    parts = name.split("/")
    if parts[-1].startswith((".", "~")):
        return None
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 4 or not re.fullmatch(r"[0-9]{1,18}", info[1]):
            continue
        if int(info[1]) in moodle.participants and (info[2], info[3]) in moodle.plugins:
            return int(info[1]), "/".join([*(info[4:] or [""]), *parts])
    return None


def _table(data: bytes) -> list[list[str]]:
    """The rows as Moodle's reader of tables makes them."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(_("Moodle would refuse the worksheet: it is not in UTF-8")) from None
    text = text.removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n\0\x0b")
    return [row for row in _rows(text) if row != [""]]


def _rows(text: str) -> Iterator[list[str]]:
    """Split as PHP's `fgetcsv`: a backslash in a quoted text takes the quote after it its meaning."""
    row: list[str] = []
    value: list[str] = []
    is_quoted, at = False, 0
    while at < len(text):
        letter = text[at]
        if is_quoted and letter == "\\":
            value.append(text[at : at + 2])
            at += 1
        elif is_quoted and letter == '"' and text.startswith('"', at + 1):
            value.append('"')
            at += 1
        elif letter == '"' and (is_quoted or not "".join(value).strip()):
            is_quoted = not is_quoted
        elif is_quoted or letter not in ",\n":
            value.append(letter)
        else:
            row.append("".join(value))
            value = []
            if letter == "\n":
                yield row
                row = []
        at += 1
    yield [*row, "".join(value)]
