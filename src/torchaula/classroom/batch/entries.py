"""Summarise what happened to each student's submission in a batch: one line of the class's table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from math import isclose

from torchaula.classroom.batch.claims import Claim
from torchaula.classroom.batch.claims import of as claims_of
from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook.classlist import ClassList
from torchaula.classroom.gradebook.ledger import Points, Standing, total
from torchaula.classroom.intake import roster
from torchaula.classroom.intake.roster import Student
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.trusted.verdict import Lost, Outcome
from torchaula.i18n import _

DECIMALS = 9  # later digits are rounding errors: 0.1 + 0.2
MOST_NAMES = 3  # how many cells a remark names
MOST_TELLING = 10  # how many suspicious names a remark lists
NOBODY = Student("")
CLAIMS = {  # what only the student process can report
    Claim.NOTHING_FORBIDDEN: _("nothing forbidden"),
    Claim.NO_LOOPS: _("no loops"),
    Claim.NEW: _("new results"),
    Claim.ATTACHED: _("on the graph"),
    Claim.UNCHANGED: _("arguments unchanged"),
}


class Became(Enum):
    """What happened to a student's submission. `EARLIER`: not graded, the points of an earlier one stand."""

    GRADED = auto()
    WAITS = auto()  # a person has to grade some of it
    MISSING = auto()
    UNGRADED = auto()
    EARLIER = auto()


@dataclass(frozen=True)
class Entry:
    """The outcome of one student's submission: points by part (None if not graded), and what happened.

    If it was not graded, `before` are the points of an earlier submission that still count, if any. `waiting`
    are the parts that a person has not graded yet, with what they are worth; they have no points, not 0
    points. `cells` are the points in the gradebook, by graded cell. `person` is the student as far as known,
    and `place` the position in `students.csv`, if listed.
    """

    student: str
    points: dict[str, float] | None
    what: str
    penalty: float = 0.0
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)  # by graded cell
    is_missing: bool = False  # nothing was handed in
    before: dict[str, float] | None = None
    waiting: dict[str, float] = field(default_factory=dict)
    cells: Mapping[str, float] = field(default_factory=dict)
    person: Student = NOBODY
    place: int | None = None

    @property
    def order(self) -> tuple[bool, int, bool, str, str]:
        """A sort key: the order of `students.csv`, then all others by name."""
        if self.place is not None:
            return False, self.place, False, "", ""
        name = f"{self.person.last_name}, {self.person.first_name}" if self.person.full_name else ""
        return True, 0, not name, roster.key(name), self.student.casefold()

    @property
    def graded(self) -> bool:
        return self.points is not None

    @property
    def became(self) -> Became:
        if self.is_missing:
            return Became.MISSING
        if not self.graded:
            return Became.UNGRADED if self.before is None else Became.EARLIER
        return Became.WAITS if self.waiting else Became.GRADED

    @property
    def noted(self) -> dict[str, float] | None:
        """The points in the gradebook, by part; None if it has none."""
        return self.before if self.points is None else self.points

    @property
    def total(self) -> float:
        """The points after the late penalty."""
        return round(total(sum((self.noted or {}).values()), self.penalty), DECIMALS)


@dataclass(frozen=True)
class Change:
    """How a student's points would change now, though the submission is the same.

    `before` and `after` are points after the late penalty. `exercises` are those whose points change.
    """

    student: str
    before: float
    after: float
    exercises: tuple[str, ...]
    late_before: float = 0.0
    late_after: float = 0.0

    @property
    def is_gain(self) -> bool:
        return self.after > self.before

    @property
    def becomes_late(self) -> bool:
        return self.late_after > 0 and not self.late_before

    @property
    def is_no_longer_late(self) -> bool:
        return self.late_before > 0 and not self.late_after


def by_exercise(source: Notebook, standing: Standing) -> dict[str, float]:
    """The points of a submission, summed for each exercise and for each cell that a person grades."""
    nothing = Points(None)
    return {
        name: round(sum(standing.points.get(cell.id, nothing).score for cell in part.cells), DECIMALS)
        for name, part in source.parts.items()
    }


def waiting(source: Notebook, standing: Standing) -> dict[str, float]:
    """The cells that a person has not graded yet, and what each is worth."""
    waits = {name for name, points in standing.points.items() if points.waits}
    return {cell.id: cell.points for cell in source.cells if cell.is_by_hand and cell.id in waits}


def by_cell(standing: Standing) -> dict[str, float]:
    """The points of each graded cell that has points."""
    found = standing.points.items()
    return {cell: each.score for cell, each in found if (each.auto, each.manual) != (None, None)}


def introduced(entry: Entry, students: ClassList, known: Collection[str]) -> Entry:
    """The entry with the student's name and place, and a remark if one of `known` may be the same person."""
    told = replace(entry, person=students.person(entry.student), place=students.place(entry.student))
    twins = students.same_person(entry.student, known)
    if not twins:
        return told
    same = _("the same student as {others}?")
    if told.place is not None:
        same = _("the same student as {others}, who is not in students.csv?")
    return replace(told, what="; ".join([told.what, same.format(others=", ".join(twins))]))


def earned(source: Notebook, result: Result) -> dict[str, float]:
    """The points that each graded cell gets from its test."""
    return {
        cell.id: float(cell.points) if result.verdicts[cell.id].passed else 0.0
        for cell in source.cells
        if cell.kind == "graded" and cell.id in result.verdicts
    }


def after(before: Standing, now: Mapping[str, float]) -> Standing:
    """The gradebook's state if the tests gave the points `now`."""
    points = {
        cell: Points(now.get(cell, points.auto), points.manual, points.extra)
        for cell, points in before.points.items()
    }
    return replace(before, points=points)


def change(
    source: Notebook, student: str, before: Standing, after: Standing, penalty: float, is_rule: bool
) -> Change | None:
    """How a student's points would change, with a new `penalty`; None if nobody needs to be asked.

    A change of the penalty alone needs no question, unless a rule for everybody caused it (`is_rule`).
    """
    old, new = by_exercise(source, before), by_exercise(source, after)
    exercises = tuple(name for name in old if old[name] != new[name])
    if not exercises and (not is_rule or isclose(penalty, before.penalty)):
        return None
    totals = total(sum(old.values()), before.penalty), total(sum(new.values()), penalty)
    return Change(student, *totals, exercises, before.penalty, penalty)


def remarks(source: Notebook, record: Record, standing: Standing) -> Iterator[str]:
    """What an instructor should know about a graded submission beyond its points."""
    yield from _ends(source, record.result)
    if names := waiting(source, standing):
        told = _("waits for a person: {cells} ({points:g} points)")
        yield told.format(cells=_some(names), points=sum(names.values()))
    by_hand = {cell.id for cell in source.cells if cell.is_by_hand}
    if stale := [name for name in standing.outdated() if name in by_hand]:
        told = _("graded by hand before this was handed in or regraded: {cells}")
        yield told.format(cells=_some(stale))
    if record.review:
        yield _("worth a look: {names}").format(names=_some(record.review, MOST_TELLING))
    if overtaken := list(standing.overtaken()):
        yield _("points by hand below what the test gives: {cells}").format(cells=", ".join(overtaken))
    if standing.penalty:
        yield _("late: {points:g} points less").format(points=standing.penalty)
    if record.review:
        yield from _claimed(source, record)


def _claimed(source: Notebook, record: Record) -> Iterator[str]:
    """Which exercises' points depend on more than returned values: on what the student process reports.

    Only exercises that have points and that the code in `review` may have affected.
    """
    passed = {cell for cell, verdict in record.result.verdicts.items() if verdict.passed}
    found = {
        name: claims
        for name, claims in claims_of(source).items()
        if (record.reached is None or name in record.reached)
        and passed & {cell.id for cell in source.exercises[name].graded}
    }
    texts = [f"{name} ({', '.join(CLAIMS[claim] for claim in claims)})" for name, claims in found.items()]
    if texts:
        yield _("points that hang on claims: {exercises}").format(exercises=", ".join(texts))


def _some(names: Collection[str], most: int = MOST_NAMES) -> str:
    """A few names, and the number of others."""
    shown, others = list(names)[:most], len(names) - most
    return ", ".join(shown) + (_(" and {count} more").format(count=others) if others > 0 else "")


def _ends(source: Notebook, result: Result) -> Iterator[str]:
    """Which exercises, and which of the learner's own cells, ended abnormally."""
    if result.is_out_of_time:
        yield _("the submission's time ran out")
    exercises = {cell.id: cell.exercise for cell in source.cells}
    untested = {c.id for c in source.cells if c.is_solution and c.id not in source.exercises}
    for outcome, text, elsewhere in (
        (Outcome.TIMED_OUT, _("time ran out in {where}"), Lost.TIMED_OUT),
        (Outcome.OUT_OF_MEMORY, _("memory ran out in {where}"), Lost.OUT_OF_MEMORY),
        (Outcome.PROCESS_DIED, _("the process died in {where}"), Lost.DIED),
        (None, _("no time was left to run {where}"), Lost.NOT_RUN),
    ):
        ended = [exercises[cell] for cell, v in result.verdicts.items() if v.outcome is outcome]
        ended += [cell for cell, how in result.lost.items() if how is elsewhere and cell in untested]
        own = [cell for cell, how in result.lost.items() if how is elsewhere and cell not in exercises]
        for where in dict.fromkeys([*ended, *([_("a cell of the student's own")] if own else [])]):
            yield text.format(where=where)
