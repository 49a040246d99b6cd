"""What grading says of one graded cell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a graded cell ended; only `PASSED` earns its points."""

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    PROCESS_DIED = "process died"
    NOT_REACHED = "not reached"
    INFRASTRUCTURE = "infrastructure"


class Lost(StrEnum):
    """How a cell of the learner's ended that did not end by itself: what it defines is lost.

    `NOT_RUN`: the cells before it took all the time that there is for them.
    """

    DIED = "died"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a graded cell and, where it was not passed, what to tell the learner.

    `rows` are the lines of `message`, each a label and a text. `diagnosis` is the sentence of the known
    misconception that the answer matches, if it matches one.
    """

    outcome: Outcome
    message: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    diagnosis: str = ""

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED
