"""What a batch says of each student: a line of the class's table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from torchaula.classroom.ledger import Points, Standing
from torchaula.classroom.records import Record
from torchaula.course.notebook import Notebook
from torchaula.grading.jobs import Result
from torchaula.grading.verdict import Lost, Outcome
from torchaula.i18n import _


@dataclass(frozen=True)
class Entry:
    """What became of one student's submission: points by exercise (None: not graded), and what happened.

    Where it was not graded, `before` are the points of an earlier one that stand, if any do.
    """

    student: str
    points: dict[str, float] | None
    what: str
    penalty: float = 0.0
    outcomes: dict[str, str] = field(default_factory=dict)  # by graded cell
    is_missing: bool = False  # nothing was handed in
    before: dict[str, float] | None = None

    @property
    def graded(self) -> bool:
        return self.points is not None

    @property
    def noted(self) -> dict[str, float] | None:
        """The points that the gradebook holds, by exercise; None where it holds none."""
        return self.before if self.points is None else self.points

    @property
    def score(self) -> float:
        """The points after the penalty, if any."""
        return max(0.0, sum((self.noted or {}).values()) - self.penalty)


@dataclass(frozen=True)
class Change:
    """The points of a student that would be others now, though the submission is the same."""

    student: str
    before: float
    after: float
    exercises: tuple[str, ...]

    @property
    def is_gain(self) -> bool:
        return self.after > self.before


def by_exercise(source: Notebook, standing: Standing) -> dict[str, float]:
    """A submission's points, summed up for each exercise."""
    nothing = Points(None)
    return {
        name: sum(standing.points.get(cell.id, nothing).score for cell in exercise.graded)
        for name, exercise in source.exercises.items()
    }


def earned(source: Notebook, result: Result) -> dict[str, float]:
    """What each graded cell earns by its test."""
    return {
        cell.id: float(cell.points) if result.verdicts[cell.id].passed else 0.0
        for cell in source.cells
        if cell.kind == "graded" and cell.id in result.verdicts
    }


def change(source: Notebook, student: str, before: Standing, now: Mapping[str, float]) -> Change | None:
    """How a student's points would change if the tests gave what they earn `now`; None if they wouldn't."""
    after = Standing(
        {
            cell: Points(now.get(cell, points.auto), points.manual, points.extra)
            for cell, points in before.points.items()
        }
    )
    old, new = by_exercise(source, before), by_exercise(source, after)
    exercises = tuple(name for name in old if old[name] != new[name])
    return Change(student, sum(old.values()), sum(new.values()), exercises) if exercises else None


def remarks(source: Notebook, record: Record, standing: Standing) -> Iterator[str]:
    """What an instructor should know of a graded submission beyond its points."""
    yield from _ends(source, record.result)
    if record.review:
        yield _("worth a look: {names}").format(names=", ".join(record.review[:5]))
    if overtaken := list(standing.overtaken()):
        yield _("points by hand below what the test gives: {cells}").format(cells=", ".join(overtaken))
    if standing.penalty:
        yield _("late: {points:g} points less").format(points=standing.penalty)


def _ends(source: Notebook, result: Result) -> Iterator[str]:
    """Which exercises, and which of a learner's own cells, did not end by themselves."""
    exercises = {cell.id: cell.exercise for cell in source.cells}
    for outcome, text, elsewhere in (
        (Outcome.TIMED_OUT, _("time ran out in {where}"), Lost.TIMED_OUT),
        (Outcome.OUT_OF_MEMORY, _("memory ran out in {where}"), Lost.OUT_OF_MEMORY),
        (Outcome.PROCESS_DIED, _("the process died in {where}"), Lost.DIED),
    ):
        ended = [exercises[cell] for cell, v in result.verdicts.items() if v.outcome is outcome]
        own = [cell for cell, how in result.lost.items() if how is elsewhere and cell not in exercises]
        for where in dict.fromkeys([*ended, *([_("a cell of the student's own")] if own else [])]):
            yield text.format(where=where)
