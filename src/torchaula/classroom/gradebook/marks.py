"""Tell what each student of an assignment is to read on a learning platform: points, and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from nbgrader.api import Gradebook

from torchaula.classroom.gradebook import classlist, gradebook, lateness
from torchaula.classroom.gradebook.classlist import ClassList
from torchaula.classroom.gradebook.ledger import Ledger, Standing, total
from torchaula.classroom.gradebook.penalties import Penalties
from torchaula.classroom.intake import received
from torchaula.course import converters
from torchaula.course.layout import Course
from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.i18n import _

DECIMALS = 9  # later digits are rounding errors: 0.1 + 0.2


class Late(Enum):
    """Whether points are sent before or after the course's late penalty. A platform may deduct one too."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Mark:
    """A graded student: points before the late penalty, the penalty, and the page, if there is one."""

    student: str
    points: float
    penalty: float = 0.0
    page: Path | None = None

    def score(self, late: Late) -> float:
        """The points to send."""
        return self.points if late is Late.BEFORE else total(self.points, self.penalty)


Marks = Mapping[str, Mark]  # by student; only who is graded, and waits for nobody


class Without(Enum):
    """Why a student has no mark yet."""

    WAITS = auto()  # a person has to grade some of it
    UNGRADED = auto()
    MISSING = auto()  # nothing was handed in


@dataclass(frozen=True)
class Marked:
    """An assignment's marks, why each of the others has no mark, and who they all are."""

    marks: Marks
    others: Mapping[str, Without] = field(default_factory=dict)
    people: ClassList = field(default_factory=lambda: ClassList(()))


def collect(course: Course, assignment: str) -> Marked:
    """The marks of an assignment, read from the gradebook for the whole class at once.

    Raises `Refusal` if nobody was graded, or the tests have changed since.
    """
    source = converters.source(course, assignment)
    with gradebook.opened(course) as book:
        _require_current(book, course, source)
        penalties = Penalties(course, converters.config(course))
        standings = Ledger(book, assignment, penalties, None).standings()
        people = classlist.load(course, book)
    there = set(_handed_in(course, assignment))
    known = dict.fromkeys([*people.listed, *sorted(standings.keys() | there)])
    marks, others = {}, {}
    for student in known:
        standing = standings.get(student, Standing())
        if without := _without(source, standing, student in there):
            others[student] = without
        else:
            marks[student] = _mark(course, assignment, student, standing)
    return Marked(marks, others, people)


def _require_current(book: Gradebook, course: Course, source: Notebook) -> None:
    name = source.assignment
    if not gradebook.noted(book, source) or not gradebook.with_points(book, name):
        raise Refusal(
            _("{path}: nobody has points for {name} yet; run `torchaula grade {name}` first").format(
                path=gradebook.shown(course), name=name
            )
        )
    texts = {cell.id for cell in source.cells if cell.kind == "markdown"}
    if cells := [cell for cell in gradebook.changed(book, source) if cell not in texts]:
        raise Refusal(
            _(
                "{path}: changed since the class was graded ({cells}), and nothing was written; run "
                "`torchaula grade {name}` first"
            ).format(path=course.notebook(name), cells=", ".join(cells[:4]), name=name)
        )


def _handed_in(course: Course, assignment: str) -> Iterator[str]:
    """Who handed in something, whether it could be collected and graded or not."""
    yield from (folder.parent.name for folder in course.submitted.glob(f"*/{assignment}") if folder.is_dir())
    yield from received.load(course, assignment).problems


def _without(source: Notebook, standing: Standing, has_handed_in: bool) -> Without | None:
    """Why a student has no mark; None if there is one."""
    by_hand = {cell.id for cell in source.cells if cell.is_by_hand}
    waits = any(points.waits for cell, points in standing.points.items() if cell in by_hand)
    if standing.is_graded or (waits and by_hand >= standing.points.keys()):
        return Without.WAITS if waits else None
    return Without.UNGRADED if has_handed_in else Without.MISSING


def _mark(course: Course, assignment: str, student: str, standing: Standing) -> Mark:
    page = course.feedback / student / assignment / f"{assignment}.html"
    points = round(standing.score, DECIMALS)
    return Mark(student, points, standing.penalty, page if page.is_file() else None)


def late(course: Course, asked: str | None = None) -> Late:
    """Whether points are sent before or after the penalty: as asked, else as the configuration says."""
    return Late(asked or lateness.rule(course).returned)
