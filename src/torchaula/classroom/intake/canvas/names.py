"""Compare people's names as Canvas writes them into file names: without blanks, commas and capitals."""

from __future__ import annotations

import re
import unicodedata

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.roster import Student

BETWEEN_LINES = re.compile(r"_([0-9]+)_")
QUOTED = re.compile(r'="(.*)"', re.DOTALL)  # so that a spreadsheet takes no name for a formula


def written(name: str) -> str:
    """A name as Canvas writes it into the name of a file (`sanitize_user_name`, `sanitize_file_name`)."""
    plain = BETWEEN_LINES.sub(r"\1", unicodedata.normalize("NFC", name)).lower()
    return "".join(letter for letter in plain if letter == "_" or unicodedata.category(letter)[0] in "LMN")


def unquoted(name: str) -> str:
    """A name of the gradebook CSV without what protects it from spreadsheets."""
    found = QUOTED.fullmatch(name)
    return found[1] if found else name


def squeezed(name: str) -> str:
    """A name for comparison with people's names: letters and digits alone, without accents."""
    return "".join(filter(str.isalnum, roster.without_accents(name)))


def is_name_of(student: Student, name: str) -> bool:
    """Whether `name`, as Canvas writes it, is a student's, the last or the first name first."""
    orders = (student.full_name, f"{student.last_name} {student.first_name}")
    return bool(squeezed(name)) and squeezed(name) in map(squeezed, orders)
