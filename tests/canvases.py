"""A course as Canvas has it: its submissions zip, its gradebook CSV, and its scores after each import.

Built from Canvas' own code (`lib/content_zipper.rb`, `lib/gradebook_exporter.rb`), not from what reads them.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.test_moodle import zipped
from torchaula.classroom.intake.canvas import rules
from torchaula.classroom.intake.canvas.rules import Canvas, Reading

TITLE, NUMBER = "Mini", 5501
HANDED_IN = {"mini.ipynb": b"{}"}


@dataclass(frozen=True)
class User:
    """Somebody in a course. `name` is the sortable one, as in "García López, Ana"."""

    number: int
    name: str
    login: str = ""
    sis: str = ""


@dataclass(frozen=True)
class Submission:
    """What a user handed in last: files by their ids. `group`: whose name the zip has."""

    user: User
    files: Mapping[int, tuple[str, bytes]]
    is_late: bool = False
    group: str = ""


def sanitized(name: str, number: int | str, is_late: bool = False) -> str:
    """The beginning of an entry's name, as Canvas makes it (`get_filename`)."""
    plain = re.sub(r"_([0-9]+)_", r"\1", name).lower()
    joined = "_".join([plain, *(["LATE"] if is_late else []), str(number)])
    return "".join(
        one for one in joined if one == "_" or unicodedata.category(one)[0] in "LM" or one.isdecimal()
    )


def entry(name: str, number: int, attachment: int, file: str, is_late: bool = False) -> str:
    """The name of a file in the submissions zip."""
    return f"{sanitized(name, number, is_late)}_{attachment}_{re.sub(r'[/:*?<>|]+', '_', file)}"


def download(*submissions: Submission) -> dict[str, bytes]:
    """The entries of a submissions zip."""
    return {
        entry(each.group or each.user.name, each.user.number, attachment, file, each.is_late): content
        for each in submissions
        for attachment, (file, content) in each.files.items()
    }


def packed(*submissions: Submission) -> bytes:
    """A submissions zip."""
    return zipped(download(*submissions))


@dataclass
class Course:
    """A course in Canvas: its users, and one assignment among others, with the scores so far."""

    users: Sequence[User]
    maximum: str = "100.00"
    title: str = TITLE
    scores: dict[int, str] = field(default_factory=dict)
    is_posted_by_hand: bool = False
    has_sis: bool = True
    names_apart: bool = False
    mark: str = ","
    bom: str = ""
    end: str = "\r\n"

    @property
    def column(self) -> str:
        return f"{self.title} ({NUMBER})"

    def gradebook(self) -> bytes:
        """Export the gradebook: other assignments on both sides, totals, the student view's student last."""
        made = io.StringIO()
        table = csv.writer(made, delimiter=self.mark, lineterminator=self.end)
        about = ["LastName", "FirstName"] if self.names_apart else ["Student"]
        about += ["ID", *(["SIS User ID"] if self.has_sis else []), "SIS Login ID", "Section"]
        totals = ["Assignments Current Score", "Current Score", "Unposted Current Score", "Final Score"]
        table.writerow(
            [*about, "Notes", "Tensores, sin red (5500)", self.column, "Examen «final» (5502)", *totals]
        )
        if self.is_posted_by_hand:
            table.writerow([*([""] * len(about)), "", "", "Manual Posting", "", *([""] * 4)])
        points = ["    Points Possible", *([""] * (len(about) - 1)), "", "10.00", self.maximum, "20.00"]
        table.writerow([*points, *(["(read only)"] * 4)])
        for each in [*self.users, User(99_999, "Student, Test")]:
            table.writerow(self._row(each))
        return (self.bom + made.getvalue()).encode()

    def _row(self, user: User) -> list[str]:
        name = f'="{user.name}"' if user.name.startswith("=") else user.name
        row = name.split(", ", 1) if self.names_apart else [name]
        row += [str(user.number), *([user.sis] if self.has_sis else []), user.login, "Grupo A, and Grupo B"]
        other = f"{user.number % 11:.2f}"
        score = self.scores.get(user.number, "")
        shown = score if score in ("", "EX", "N/A") else f"{float(score):.2f}"
        return [*row, "una «nota»", other, shown, "", "87.50", "87.50", "1,000.00", other]

    def state(self, attachments: Mapping[int, int] | None = None) -> Canvas:
        """What an import meets. Scores there have more digits than the export shows."""
        everybody = {str(user.number): user for user in [*self.users, User(99_999, "Student, Test")]}
        return Canvas(
            assignment=str(NUMBER),
            title=self.title,
            names={number: user.name for number, user in everybody.items()},
            scores={str(number): score for number, score in self.scores.items() if score != "N/A"},
            logins={number: (user.sis, user.login) for number, user in everybody.items()},
            not_assigned=frozenset(str(number) for number, score in self.scores.items() if score == "N/A"),
            custom=frozenset({"Notes"}),
            attachments={str(attachment): str(user) for attachment, user in (attachments or {}).items()},
        )

    def upload(self, table: bytes) -> dict[str, Reading]:
        """Import a table: what became of each row. Accepted grades are in Canvas afterwards."""
        readings = rules.gradebook(table, self.state())
        rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""), delimiter=self.mark))
        at, user = rows[0].index(self.column), rows[0].index("ID")
        for row in rows[1:]:
            if readings.get(row[user]) in (Reading.ACCEPTED, Reading.CLEARED):
                self.scores[int(row[user])] = row[at]
        return readings

    def changed(self, **options: object) -> Course:
        return replace(self, **({"scores": dict(self.scores)} | options))  # type: ignore[arg-type]
