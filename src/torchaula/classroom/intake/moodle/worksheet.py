"""Read Moodle's "grading worksheet": a table of a download's participants and when they handed in.

English and Spanish worksheets can be read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from logging import Logger
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil import parser  # type: ignore[import-untyped]

from torchaula.classroom.intake.place import Person, SheetRow
from torchaula.classroom.intake.roster import key, rows, without_accents
from torchaula.errors import Refusal
from torchaula.i18n import _

# In the form that `roster.key` returns.
IDENTIFIER = ("identifier", "identificador")
NAME = ("full name", "nombre completo")
ID_NUMBER = ("id number", "numero de id")
EMAIL = ("email address", "direccion de correo", "direccion de correo electronico")
GROUP = ("group", "grupo")  # only where groups hand in together
MODIFIED = (
    *("last modified (submission)", "ultima modificacion (entrega)"),
    "ultima modificacion (envio)",  # Mexican Spanish
)

ENGLISH_MONTHS = "january february march april may june july august september october november december"
SPANISH_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
ENGLISH_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
SPANISH_DAYS = "lunes martes miercoles jueves viernes sabado domingo"
MONTHS = {
    **{word: word for word in ENGLISH_MONTHS.split()},
    **dict(zip(SPANISH_MONTHS.split(), ENGLISH_MONTHS.split(), strict=True)),
    "setiembre": "september",
}
OTHER_WORDS = {
    **{word: word for word in ENGLISH_DAYS.split()},
    **dict(zip(SPANISH_DAYS.split(), ENGLISH_DAYS.split(), strict=True)),
    **{"am": "am", "pm": "pm", "de": " ", "del": " "},
}
WORD = re.compile(r"[^\W\d_]+")
HALF_OF_DAY = re.compile(r"\b([ap])\. ?m\.")  # Spanish: "a. m."
BEFORE = re.compile(r"(?:grades|calificaciones)[-_ ]")
COPY = re.compile(r" ?\([0-9]+\)$")
SOME_DAY, ANOTHER_DAY = datetime(2000, 1, 1), datetime(2003, 2, 2, 2, 2)


Sheet = Mapping[str, SheetRow]  # by the participant's number


def zone(name: str) -> ZoneInfo:
    """The time zone with this IANA name. Raises `Refusal` if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Refusal(
            _(
                "nbgrader_config.py: there is no time zone {name!r}; set c.MoodleCollector.timezone to the "
                "one in your Moodle profile, such as 'Europe/Madrid'"
            ).format(name=name)
        ) from None


def read(path: Path, zone: ZoneInfo, log: Logger) -> Sheet:
    """The rows of a worksheet. A date that can't be read is logged, and its time is None.

    Raises `Refusal` if the file is no worksheet.
    """
    sheet: dict[str, SheetRow] = {}
    for line, number, person, when in _people(path):
        try:
            sheet[number] = replace(person, time=moment(when, zone))
        except ValueError:
            log.error("%s", _bad_date(path, line, when, person.name or number))
            sheet[number] = person
    return sheet


def people(path: Path) -> Sheet:
    """The rows of a worksheet without their times. Raises `Refusal` if the file is no worksheet."""
    return {number: person for _line, number, person, _when in _people(path)}


def _people(path: Path) -> Iterator[tuple[int, str, SheetRow, str]]:
    """The line of each participant, the number, the row without its time, and what is written as that."""
    for line, row in rows(path, *IDENTIFIER):
        if number := re.search(r"\d+$", _value(row, IDENTIFIER)):
            name, id_number, email, group = (_value(row, each) for each in (NAME, ID_NUMBER, EMAIL, GROUP))
            yield line, number[0], SheetRow(name, id_number, email, group=group), _value(row, MODIFIED)


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse one of Moodle's dates in English or Spanish, to UTC; None if it says that there is none.

    Raises `ValueError` if it is incomplete or ambiguous. The month must be a word, as Moodle writes it.
    """
    if text.strip() in ("", "-"):
        return None
    plain = HALF_OF_DAY.sub(r"\1m", without_accents(text))
    words = WORD.findall(plain)
    unknown = [word for word in words if word not in MONTHS and word not in OTHER_WORDS]
    if unknown or sum(word in MONTHS for word in words) != 1 or not re.search(r"\b\d{4}\b", plain):
        raise ValueError(text)
    english = WORD.sub(lambda match: (MONTHS | OTHER_WORDS)[match[0]], plain)
    try:
        first, second = (parser.parse(english, default=day) for day in (SOME_DAY, ANOTHER_DAY))
        if first != second or first.tzinfo:  # a part is missing, or has a zone, which Moodle never writes
            raise ValueError(text)
        time: datetime = first.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise ValueError(text) from None
    return time


def rows_of(sheets: Mapping[Path, Sheet], download: Path) -> Sheet:
    """The rows for a download: from the worksheet with its name (`Grades-x.csv`, `x.zip`), else the newest.

    All paths are relative to the same folder.
    """
    merged: dict[str, SheetRow] = {}
    for sheet in sheets.values():
        for number, row in sheet.items():
            if number not in merged or _order(merged[number]) <= _order(row):
                merged[number] = row
    for path, sheet in sheets.items():
        if path.parent == download.parent and _called(path.stem) == _folded(download.name):
            merged.update(sheet)
    return merged


def members(group: Person, sheet: Sheet) -> list[SheetRow]:
    """The rows of a group's members; none if it is a person. Its number is none of theirs."""
    wanted = key(group.name)
    return [row for row in sheet.values() if row.group and key(row.group) == wanted]


def row_of(person: Person, sheet: Sheet) -> SheetRow:
    """The row of a person, or of a group's first member with all members; an empty one without one."""
    if of_group := members(person, sheet):
        return replace(of_group[0], members=tuple(of_group))
    return sheet.get(person.number, SheetRow())


def has_own(sheets: Iterable[Path], download: Path) -> bool:
    """Whether a worksheet has a download's name, ignoring a browser's number such as "x (1)"."""
    name = COPY.sub("", _folded(download.name))
    return any(path.parent == download.parent and COPY.sub("", _called(path.stem)) == name for path in sheets)


def _called(name: str) -> str:
    """The name of a worksheet without the prefix that Moodle adds in each language."""
    return BEFORE.sub("", _folded(name))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _bad_date(path: Path, line: int, when: str, name: str) -> str:
    return _(
        "{path}, line {line}: the date {when!r} of {name} can't be read, and is taken as unknown; "
        "download the worksheet again with Moodle in English or Spanish"
    ).format(path=path, line=line, when=when, name=name)


def _value(row: Mapping[str, str], columns: tuple[str, ...]) -> str:
    return next((row[column].strip() for column in columns if column in row), "")


def _order(row: SheetRow) -> datetime:
    return row.time or datetime.min.replace(tzinfo=UTC)
