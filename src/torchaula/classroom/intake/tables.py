"""Read the tables beside downloads that tell who people are: Moodle's worksheets, Canvas' gradebooks."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from logging import Logger
from pathlib import Path
from zoneinfo import ZoneInfo

from torchaula.classroom.intake import uploads
from torchaula.classroom.intake.blackboard import entries as blackboard
from torchaula.classroom.intake.canvas import gradebook
from torchaula.classroom.intake.gradescope import export as gradescope
from torchaula.classroom.intake.moodle import worksheet
from torchaula.classroom.intake.moodle.worksheet import Sheet
from torchaula.classroom.intake.named import natural
from torchaula.classroom.intake.place import Person, Platform, Rows, SheetRow
from torchaula.errors import Refusal
from torchaula.i18n import _

START = 4096  # characters that tell which platform's a table is


@dataclass
class Tables:
    """What all tables say: worksheets by their path below the archive folder, Canvas' users by their id."""

    worksheets: dict[Path, Sheet] = field(default_factory=dict)
    canvas: dict[str, SheetRow] = field(default_factory=dict)
    gradescope: dict[Person, SheetRow] = field(default_factory=dict)

    def rows(self, people: Iterable[Person], download: Path) -> Rows:
        """What is known about each person of a download; `Path()` stands for no particular one."""
        sheet = worksheet.rows_of(self.worksheets, download)
        known = {person: self._row(person, sheet) for person in people}
        return {person: row for person, row in known.items() if row is not None}

    def has_own(self, download: Path) -> bool:
        """Whether a worksheet has a download's name."""
        return worksheet.has_own(self.worksheets, download)

    def _row(self, person: Person, sheet: Sheet) -> SheetRow | None:
        if person.platform is Platform.CANVAS:
            return None if person.is_anonymous else self.canvas.get(person.number)
        if person.platform is Platform.GRADESCOPE:
            return self.gradescope.get(person)
        if person.platform is Platform.BLACKBOARD:
            return blackboard.row(person)
        return worksheet.row_of(person, sheet)


def read(folder: Path, zone: ZoneInfo, log: Logger) -> Tables:
    """The tables in the archive folder. Those among a learner's files are ignored; what is none is logged."""
    found = Tables()
    paths = [path for path in sorted(folder.rglob("*.csv"), key=_order) if path.is_file()]
    places = uploads.located(path.relative_to(folder) for path in paths)
    for path in paths:
        below = path.relative_to(folder)
        if places[below] is not None:
            continue
        try:
            if is_canvas(path):
                found.canvas |= gradebook.load(path).people
            else:
                found.worksheets[below] = worksheet.read(path, zone, log)
        except Refusal as error:
            log.error(
                "%s",
                _("not read as Moodle's grading worksheet or Canvas' gradebook: {reason}").format(
                    reason=error
                ),
            )
    return found


def read_gradescope(strangers: Iterable[Path], root: Path, log: Logger) -> Mapping[Person, SheetRow]:
    """Who handed in what, from the lists of Gradescope's exports among files that nobody handed in."""
    found: dict[Person, SheetRow] = {}
    for below in strangers:
        if below.name != gradescope.METADATA:
            continue
        try:
            found |= gradescope.read(root / below)
        except Refusal as error:
            log.error("%s", error)
    return found


def _order(path: Path) -> list[str | int]:
    return natural(str(path))


def is_canvas(path: Path) -> bool:
    """Whether a table's first line is that of Canvas' gradebook."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            first = file.readline(START)
        return any(gradebook.is_gradebook(next(csv.reader([first], delimiter=mark), [])) for mark in ",;")
    except (OSError, csv.Error):
        return False
