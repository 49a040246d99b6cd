"""Collect what a feedback page shows: a graded notebook, its record and its points.

The source of graded cells is never read here, so that no page can show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from torchaula.classroom.batch.records import Record
from torchaula.classroom.gradebook.ledger import NO_RESPONSE, total
from torchaula.course import notebook
from torchaula.course.notebook import Exercise
from torchaula.course.rebuilding.rebuild import OWN, grade_id
from torchaula.findings import OF_THE_CALL, Certainty, Label, Outcome, Row
from torchaula.grading.trusted.outputs import plain
from torchaula.grading.trusted.verdict import Lost, Verdict
from torchaula.report import words
from torchaula.report.by_person import State, state_of
from torchaula.report.statement import Hint, heading, hints
from torchaula.report.written import Written, written

CHECK_FAILED = "CheckFailed"  # the name of a failed check's exception in a notebook


@dataclass(frozen=True)
class Test:
    """A graded cell: its points, its verdict, and what to say about it."""

    id: str
    aspect: str
    verdict: Verdict
    points: float
    maximum: float

    @property
    def automatic(self) -> float:
        """The points from grading, whatever points a person gave."""
        return self.maximum if self.verdict.passed else 0.0

    @property
    def is_by_hand(self) -> bool:
        return self.points != self.automatic

    @property
    def kind(self) -> str:
        """How it ended, as the style sheet's name for symbol and colour."""
        return "unwritten" if self.verdict.is_unwritten else self.verdict.outcome.value.replace(" ", "-")

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        return words.UNWRITTEN if self.verdict.is_unwritten else words.OUTCOMES[self.verdict.outcome]

    @property
    def call(self) -> tuple[Row, ...]:
        return tuple(row for row in self.verdict.rows if row.label in OF_THE_CALL)

    @property
    def came(self) -> tuple[Row, ...]:
        """The lines about the result of the call."""
        return tuple(row for row in self.verdict.rows if row.label not in OF_THE_CALL)

    @property
    def text(self) -> str:
        """The message outside labelled lines."""
        if not self.verdict.rows:
            return self.verdict.message.strip()
        return "\n".join(row.text for row in self.verdict.rows if row.label is Label.PLAIN)


@dataclass(frozen=True)
class FailedTests:
    """The graded cells of an exercise that failed in the same way."""

    tests: tuple[Test, ...]

    @property
    def first(self) -> Test:
        return self.tests[0]

    @property
    def aspects(self) -> list[str]:
        return [test.aspect for test in self.tests]

    @property
    def explained(self) -> str:
        """What this outcome means and what to do; empty if the lines say enough."""
        outcome = self.first.verdict.outcome
        if self.first.verdict.is_unwritten or outcome not in words.EXPLAINED:
            return ""
        labels = (row.label for row in self.first.call if outcome is Outcome.RAISED)
        return " ".join(
            [words.EXPLAINED[outcome], *(words.REPEAT[each] for each in labels if each in words.REPEAT)]
        )

    @property
    def calls_differ(self) -> bool:
        return len({test.call for test in self.tests}) > 1


@dataclass(frozen=True)
class Recognised:
    """A misconception, and the graded cells in which it was recognised."""

    sentence: str
    tests: tuple[Test, ...]

    @property
    def aspects(self) -> list[str]:
        return [test.aspect for test in self.tests]

    @property
    def title(self) -> str:
        """What kind of sentence it is, in words."""
        is_sure = any(test.verdict.certainty is Certainty.SURE for test in self.tests)
        return words.DIAGNOSES[Certainty.SURE if is_sure else Certainty.POSSIBLE]


@dataclass(frozen=True)
class ExercisePart:
    """An exercise: its graded cells, the learner's answer, hints, and a person's comment."""

    id: str
    heading: str
    tests: tuple[Test, ...]
    answer: Written
    hints: tuple[Hint, ...]
    comment: str

    @property
    def name(self) -> str:
        """Its heading before the colon."""
        return self.heading.partition(": ")[0]

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)

    @property
    def maximum(self) -> float:
        return sum(test.maximum for test in self.tests)

    @property
    def failed(self) -> tuple[Test, ...]:
        return tuple(test for test in self.tests if not test.verdict.passed)

    @property
    def is_done(self) -> bool:
        """Whether it needs no more work."""
        return not (self.failed or self.comment or any(test.is_by_hand for test in self.tests))

    @property
    def failures(self) -> list[FailedTests]:
        alike: dict[object, list[Test]] = {}
        for test in self.failed:
            alike.setdefault((test.verdict.outcome, test.came, test.text), []).append(test)
        return [FailedTests(tuple(tests)) for tests in alike.values()]

    @property
    def diagnoses(self) -> list[Recognised]:
        """The recognised misconceptions."""
        found: dict[str, list[Test]] = {}
        for test in self.failed:
            if test.verdict.diagnosis:
                found.setdefault(test.verdict.diagnosis, []).append(test)
        return [Recognised(sentence, tuple(tests)) for sentence, tests in found.items()]


@dataclass(frozen=True)
class ManualAnswer:
    """An answer that a person grades, with its points and comment."""

    id: str
    heading: str
    state: State
    points: float
    maximum: float
    written: tuple[Written, ...]
    comment: str
    is_done = False

    @property
    def waits(self) -> bool:
        return self.state is State.WAITS

    @property
    def kind(self) -> str:
        """The style sheet's name for symbol and colour."""
        if self.state is State.GIVEN:
            return "passed" if self.points >= self.maximum else "partly"
        return "waiting" if self.waits else "unwritten"

    @property
    def outcome(self) -> str:
        """How far a person is with it, in words."""
        return words.BY_PERSON[self.state]


@dataclass(frozen=True)
class Page:
    """A feedback page."""

    assignment: str
    heading: str
    student: str
    earned: float  # before the penalty
    maximum: float
    late_penalty: float
    parts: tuple[ExercisePart | ManualAnswer, ...]
    others: tuple[Written, ...]

    @property
    def points(self) -> float:
        return total(self.earned, self.late_penalty)

    @property
    def exercises(self) -> list[ExercisePart]:
        return [part for part in self.parts if isinstance(part, ExercisePart)]

    @property
    def done(self) -> list[ExercisePart]:
        return [part for part in self.exercises if part.is_done]

    @property
    def open(self) -> list[ExercisePart | ManualAnswer]:
        return [part for part in self.parts if not part.is_done]

    @property
    def waiting(self) -> float:
        """The most points that a person may still give."""
        return sum(part.maximum for part in self.parts if isinstance(part, ManualAnswer) and part.waits)


def page(nb: NotebookNode, names: Mapping[str, Any], record: Record | None) -> Page:
    """Build the page of a graded notebook; `names` are nbgrader's resources for it, with its points."""
    source = notebook.parse(nb, str(names["notebook"]))
    cells = {grade_id(cell): cell for cell in nb.cells if grade_id(cell)}
    lost = record.result.lost if record else {}
    titles, below = _titles(source), _below_tasks(nb)
    penalty = float(names.get("late_penalty") or 0)
    parts: list[ExercisePart | ManualAnswer] = []
    for each in source.cells:
        if each.id in source.exercises:
            parts.append(_part(source.exercises[each.id], cells, record, lost))
        elif each.is_by_hand:
            own = below[each.id] if each.kind == "task" else [cells[each.id]]
            parts.append(_answer(each, titles[each.id], cells[each.id], own, lost))
    return Page(
        assignment=source.assignment,
        heading=_heading(source),
        student=plain(str(names.get("student", ""))),
        earned=float(names.get("score") or 0) + penalty,  # nbgrader has subtracted it
        maximum=float(names.get("max_score") or 0),
        late_penalty=penalty,
        parts=tuple(parts),
        others=tuple(_others(nb, lost, {cell.id for own in below.values() for cell in own})),
    )


def _heading(source: notebook.Notebook) -> str:
    """The title of the instructor's notebook."""
    titles = (heading(cell.source) for cell in source.cells if cell.kind == "markdown" and cell.is_recorded)
    return next(filter(None, titles), source.assignment)


def _titles(source: notebook.Notebook) -> dict[str, str]:
    """The title of each cell that a person grades: the heading above it, or its id."""
    title, found = "", {}
    for cell in source.cells:
        if cell.kind in ("markdown", "task") and not cell.id.startswith(OWN):
            title = heading(cell.markers.published(cell.source)) or title
        if cell.is_by_hand:
            found[cell.id] = title or cell.id
        if cell.is_by_hand or cell.kind in ("solution", "graded"):
            title = ""
    return found


def _below_tasks(nb: NotebookNode) -> dict[str, list[NotebookNode]]:
    """The learner's own cells below each task, by the task's id."""
    found: dict[str, list[NotebookNode]] = {}
    own: list[NotebookNode] = []
    for cell in nb.cells:
        if str(cell.get("id", "")).startswith(OWN):
            own.append(cell)
        elif cell.metadata.get("nbgrader", {}).get("task"):
            own = found[grade_id(cell)] = []
        else:
            own = []
    return found


def _answer(
    graded: notebook.Cell,
    title: str,
    cell: NotebookNode,
    own: Sequence[NotebookNode],
    lost: Mapping[str, Lost],
) -> ManualAnswer:
    state = state_of(cell)
    is_shown = state is not State.UNANSWERED
    name = title.replace("`", "")
    return ManualAnswer(
        id=graded.id,
        heading=title,
        state=state,
        points=float(cell.metadata.nbgrader.get("score") or 0),
        maximum=float(cell.metadata.nbgrader.get("points") or 0),
        written=tuple(written(e, lost.get(grade_id(e) or e.id), name) for e in own if is_shown),
        comment=_comment(cell),
    )


def _part(
    exercise: Exercise, cells: Mapping[str, NotebookNode], record: Record | None, lost: Mapping[str, Lost]
) -> ExercisePart:
    cell, statement = cells[exercise.id], exercise.statement.source
    tests = tuple(_test(each, cells[each.id], record) for each in exercise.graded)
    lines = (row for test in tests for row in test.verdict.rows)
    named = {(row.number, row.text) for row in lines if row.number is not None}
    title = heading(statement) or exercise.id
    name = title.partition(": ")[0].replace("`", "")
    return ExercisePart(
        id=exercise.id,
        heading=title,
        tests=tests,
        answer=written(cell, lost.get(exercise.id), name, named),
        hints=tuple(hints(statement)),
        comment=_comment(cell),
    )


def _test(graded: notebook.Cell, cell: NotebookNode, record: Record | None) -> Test:
    """A graded cell with the gradebook's points, where points by hand take precedence."""
    of_gradebook = cell.metadata.nbgrader
    verdict = record.result.verdicts.get(graded.id) if record else None
    return Test(
        id=graded.id,
        aspect=graded.aspect,
        verdict=verdict or told_by(cell.outputs),
        points=float(of_gradebook.get("score") or 0),
        maximum=float(of_gradebook.get("points") or 0),
    )


def told_by(outputs: Sequence[NotebookNode]) -> Verdict:
    """The verdict that a graded cell's outputs show, without a record. A traceback would reveal the test."""
    errors = [output for output in outputs if output.output_type == "error"]
    if not errors:
        return Verdict(Outcome.PASSED)
    kind, message = errors[-1].ename, plain(errors[-1].evalue)
    if kind in list(Outcome):
        return Verdict(Outcome(kind), message)
    return Verdict(Outcome.FAILED, message if kind == CHECK_FAILED else f"{kind}: {message}".strip(": "))


def _comment(cell: NotebookNode) -> str:
    comment = plain(cell.metadata.nbgrader.get("comment") or "")
    return "" if comment == NO_RESPONSE else comment  # the page says this in its own words


def _others(nb: NotebookNode, lost: Mapping[str, Lost], shown: Collection[str]) -> Iterator[Written]:
    """The cells that the learner added, except those `shown` elsewhere."""
    for cell in nb.cells:
        if cell.get("id", "") in shown:
            continue
        is_ours = bool(grade_id(cell) or cell.metadata.get("tags"))
        if str(cell.get("id", "")).startswith(OWN) or (cell.cell_type == "code" and not is_ours):
            yield written(cell, lost.get(cell.id))
