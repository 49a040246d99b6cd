"""Define the verdict on one graded cell, and how a learner's own cell can be lost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from torchaula.findings import Certainty, Finding, Outcome, Reason, Row

__all__ = ["Lost", "Outcome", "Verdict"]


class Lost(StrEnum):
    """How a learner's cell was cut off, so that all it defines is lost.

    `NOT_RUN`: the cells before it used up the time for the learner's cells.
    """

    DIED = "died"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a graded cell and, where it did not pass, the message for the learner.

    `message` is the text in the notebook: a heading, and `rows`. `finding` holds the same as data, where a
    check found it. `diagnosis` is the sentence of the known misconception that the answer matches, if any,
    and `certainty` how sure that is.
    """

    outcome: Outcome
    message: str = ""
    rows: tuple[Row, ...] = ()
    diagnosis: str = ""
    certainty: Certainty = Certainty.SURE
    finding: Finding | None = None

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    @property
    def is_unwritten(self) -> bool:
        """Whether it failed because the learner has written nothing yet."""
        return self.finding is not None and self.finding.reason is Reason.UNWRITTEN
