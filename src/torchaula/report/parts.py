"""The parts of a feedback page: exercises with their graded cells, and answers that a person grades."""

from __future__ import annotations

from dataclasses import dataclass

from torchaula.classroom.gradebook.ledger import total
from torchaula.findings import OF_THE_CALL, Certainty, Label, Outcome, Row
from torchaula.grading.trusted.verdict import Verdict
from torchaula.report import words
from torchaula.report.by_person import State
from torchaula.report.statement import Hint
from torchaula.report.written import Written


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
    """An exercise: its graded cells, the learner's answer, hints, and a person's comment.

    `solution` is the model solution, where the page shows it.
    """

    id: str
    heading: str
    tests: tuple[Test, ...]
    answer: Written
    hints: tuple[Hint, ...]
    comment: str
    solution: Written | None

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
    """An answer that a person grades, with its points and comment; `solution` as for an exercise."""

    id: str
    heading: str
    state: State
    points: float
    maximum: float
    written: tuple[Written, ...]
    comment: str
    solution: Written | None
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
