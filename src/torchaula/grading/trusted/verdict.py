"""What grading says of one graded cell, and of one of a learner's that did not end by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from torchaula.findings import Finding, Outcome, Reason, Row

__all__ = ["Lost", "Outcome", "Verdict"]


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

    `message` is what a notebook shows: a heading, and `rows`. `finding` says the same to code, where a check
    found it. `diagnosis` is the sentence of the known misconception that the answer matches, if any.
    """

    outcome: Outcome
    message: str = ""
    rows: tuple[Row, ...] = ()
    diagnosis: str = ""
    finding: Finding | None = None

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    @property
    def is_unwritten(self) -> bool:
        """Whether it failed since nothing was written yet."""
        return self.finding is not None and self.finding.reason is Reason.UNWRITTEN
