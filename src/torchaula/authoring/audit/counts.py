"""Keep how many mutants of each kind an exercise had when its operators were fixed, before tests were mended.

So nobody reaches a better score with fewer mutants unseen: the file changes with them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from torchaula.authoring.audit import mutants
from torchaula.authoring.audit.kinds import Kind
from torchaula.authoring.audit.mutants import Mutant, counted
from torchaula.course import converters, text_files
from torchaula.course.layout import Course
from torchaula.errors import Refusal
from torchaula.files import whole
from torchaula.i18n import _

NAME = "mutants.csv"
HEADINGS = ["exercise", "kind", "mutants"]
Counts = Mapping[str, Mapping[Kind, int]]


def path(course: Course, assignment: str) -> Path:
    """The file of an assignment's counts."""
    return course.answers / assignment / NAME


def load(course: Course, assignment: str) -> Counts | None:
    """The counts by exercise; None where nobody has counted. Raises `Refusal` where the file is malformed."""
    file, found = path(course, assignment), dict[str, dict[Kind, int]]()
    if not file.is_file():
        return None
    for row in csv.DictReader(text_files.read(file).splitlines()):
        try:
            found.setdefault(row["exercise"], {})[Kind(row["kind"])] = int(row["mutants"])
        except (KeyError, ValueError) as error:
            raise Refusal(
                _("{path}: {reason}; write it again with torchaula audit --count").format(
                    path=file, reason=error
                )
            ) from None
    return found


def write_all(course: Course, assignments: Sequence[str]) -> Iterator[Path]:
    """Count the mutants of each of these assignments, or of all where none is named."""
    for assignment in dict.fromkeys(assignments or course.require_assignments()):
        source = converters.source(course, assignment)
        yield _write(course, assignment, {e.id: mutants.of(e) for e in source.exercises.values()})


def _write(course: Course, assignment: str, made: Mapping[str, Sequence[Mutant]]) -> Path:
    """Write the counts of all exercises of an assignment."""
    file = path(course, assignment)
    with whole(file) as new, new.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(HEADINGS)
        for exercise, own in made.items():
            now = counted(own)
            writer.writerows([exercise, kind.value, now[kind]] for kind in Kind if now[kind])
    return file
