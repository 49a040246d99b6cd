"""Find each cell of a CSV table in its text, so that single cells can be replaced and all else stays."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchaula.errors import Refusal
from torchaula.files import content
from torchaula.i18n import _

QUOTE = '"'
ENDS = "\r\n"


@dataclass(frozen=True)
class Cell:
    """A cell: its place in the text, quotes included, and its value without them."""

    start: int
    end: int
    value: str


@dataclass(frozen=True)
class Row:
    """A row of the table, and the line on which it begins, counted from 1."""

    line: int
    cells: tuple[Cell, ...]

    @property
    def values(self) -> list[str]:
        return [cell.value for cell in self.cells]


def read(path: Path, refusal: Callable[[str], Refusal]) -> str:
    """The text of a table. Raises what `refusal` makes of the reason if it can't be read, or written back."""
    try:
        return content(path).decode("utf-8")
    except UnicodeDecodeError:
        raise refusal(_("not in UTF-8: a spreadsheet has saved it again")) from None
    except OSError as error:
        raise refusal(_("can't be read ({reason})").format(reason=error.strerror)) from None


def rows(text: str, delimiter: str = ",") -> list[Row]:
    """The rows of a table; lines without anything are none.

    Raises `csv.Error` if a quoted text does not end, or is followed by something else than a delimiter.
    """
    found, at, line = [], 1 if text.startswith("\ufeff") else 0, 1
    while at < len(text):
        cells = _cells(text, at, delimiter)
        start, at = at, _past_line_end(text, cells[-1].end)
        if len(cells) > 1 or cells[0].start != cells[0].end:
            found.append(Row(line, tuple(cells)))
        line += _lines(text[start:at])
    return found


def replaced(text: str, values: Mapping[Cell, str]) -> str:
    """The text with other values in some of its cells; a value is quoted if it has to be, or if it was."""
    parts, at = [], 0
    for cell in sorted(values, key=lambda each: each.start):
        parts += [text[at : cell.start], _written(values[cell], text[cell.start : cell.end])]
        at = cell.end
    return "".join([*parts, text[at:]])


def _cells(text: str, at: int, delimiter: str) -> Sequence[Cell]:
    """The cells of the line that begins at `at`; quoted cells may go on over several lines."""
    cells = []
    while True:
        cells.append(_cell(text, at, delimiter))
        at = cells[-1].end
        if at == len(text) or text[at] in ENDS:
            return cells
        at += 1


def _cell(text: str, at: int, delimiter: str) -> Cell:
    if not text.startswith(QUOTE, at):
        end = at
        while end < len(text) and text[end] not in ENDS and text[end] != delimiter:
            end += 1
        return Cell(at, end, text[at:end])
    end = at + 1
    while (end := text.find(QUOTE, end)) >= 0 and text.startswith(QUOTE, end + 1):
        end += 2
    if end < 0:
        raise csv.Error("a quoted text does not end")
    if end + 1 < len(text) and text[end + 1] not in (*ENDS, delimiter):
        raise csv.Error(f"{text[end + 1]!r} after the end of a quoted text")
    return Cell(at, end + 1, text[at + 1 : end].replace(QUOTE * 2, QUOTE))


def _past_line_end(text: str, at: int) -> int:
    return at + (2 if text.startswith("\r\n", at) else 1)


def _lines(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def _written(value: str, before: str) -> str:
    if before.startswith(QUOTE) or any(letter in value for letter in (*ENDS, QUOTE, ",", ";")):
        return QUOTE + value.replace(QUOTE, QUOTE * 2) + QUOTE
    return value
