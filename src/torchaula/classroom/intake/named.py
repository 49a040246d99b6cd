"""Find the student of a file that no platform named, with the course's own pattern (`named_regexp`).

nbgrader ends the whole command when its pattern finds a file twice. Canvas names resubmissions like this:
`garcia_12_345_mlp.ipynb`, `garcia_12_678_mlp-1.ipynb`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.uploads import AGAIN, are_same, listed, printable
from torchaula.errors import Refusal
from torchaula.i18n import _

COPY = re.compile(r"[-_ ]?\(?(?P<number>[0-9]{1,6})\)?")

Match = Callable[[str], Mapping[str, str | None] | None]


@dataclass(frozen=True)
class Named:
    """A file whose name matches the pattern. `number` says how often it was handed in before."""

    path: Path
    student: str
    file: str
    number: int = 0
    time: datetime | None = None

    @property
    def age(self) -> tuple[datetime, int, list[str | int]]:
        """A sort key: the newest file has the greatest."""
        return self.time or datetime.min.replace(tzinfo=UTC), self.number, natural(str(self.path))

    def told(self) -> dict[str, str]:
        """The file as zip_collect expects it. `file_id` needs a suffix; else nbgrader cuts names at a dot."""
        told = {"student_id": self.student, "file_id": f"{self.file}{self.path.suffix}"}
        return told | ({"timestamp": f"{self.time:%Y-%m-%d %H:%M:%S}"} if self.time else {})


def require_pattern(pattern: str, config: Path) -> None:
    """Raise `Refusal` if `named_regexp` is set and can't name a student."""
    try:
        groups = re.compile(pattern).groupindex
        reason = "" if not pattern or "student_id" in groups else _("no group (?P<student_id>…)")
    except re.error as error:
        reason = str(error)
    if reason:
        raise Refusal(
            _("{path}: named_regexp {pattern!r} can't be used ({reason}); mend it").format(
                path=config, pattern=pattern, reason=reason
            )
        )


def natural(text: str) -> list[str | int]:
    """A sort key that compares numbers by value: "x", "x (1)", "x (2)", "x (10)"."""
    parts = re.split(r"(\d+)", text.casefold())
    return [int(part) if part.isdecimal() else part for part in parts]


def look(path: Path, match: Match, assignment: str) -> Named | str | None:
    """The student's file at `path`; a text if it is refused; None if the pattern doesn't match."""
    found = match(str(path))
    if not found:
        return None
    student = found.get("student_id") or ""
    if problem := roster.bad_id(student):
        return problem
    file, number = _file(found.get("file_id") or assignment, path, assignment)
    if Path(file).is_absolute() or ".." in Path(file).parts:
        return _("named_regexp finds {file!r} in it, which is elsewhere: mend the pattern").format(file=file)
    return Named(path, student, file, number, _time(found.get("timestamp")))


def _file(file: str, path: Path, assignment: str) -> tuple[str, int]:
    """The name of a notebook, and the number that a platform appended to it."""
    file = file.removesuffix(path.suffix)
    if file != assignment and (again := AGAIN.fullmatch(file)) and again["name"] == assignment:
        return assignment, int(again["number"])
    behind = COPY.fullmatch(path.stem.rpartition(file)[2])
    return file, int(behind["number"]) if behind else 0


def _time(text: str | None) -> datetime | None:
    try:
        time: datetime = parse_utc(text or "")
        return time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None


def newest(found: Iterable[Named]) -> tuple[list[Named], dict[str, list[str]]]:
    """Each student's newest file of each notebook, and remarks about the others, by student."""
    same: defaultdict[tuple[str, str], list[Named]] = defaultdict(list)
    for each in found:
        same[each.student, each.file].append(each)
    kept = [max(group, key=lambda each: each.age) for group in same.values()]
    remarks: defaultdict[str, list[str]] = defaultdict(list)
    for one, group in zip(kept, same.values(), strict=True):
        if others := _others(one, group):
            remarks[one.student].append(
                _("collected from {name}, the newest, not from {others}").format(
                    name=printable(one.path.name), others=listed(others)
                )
            )
    return kept, dict(remarks)


def _others(one: Named, group: Collection[Named]) -> list[str]:
    return [each.path.name for each in group if not are_same([one.path, each.path])]
