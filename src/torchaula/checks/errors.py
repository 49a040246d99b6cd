"""The exceptions that a test cell can raise.

Exception
├── ForLearner            read by the learner, in Spanish, without a traceback
│   ├── CheckFailed       the answer is wrong (an AssertionError too)
│   └── PieceMissing      a demo needs an answer that has not passed its check yet
└── TestError             the test itself is wrong: for whoever wrote it, in English
"""

from __future__ import annotations

from collections.abc import Sequence

from torchaula.findings import Finding, Outcome, Row


class ForLearner(Exception):
    """A message for the learner. A notebook that runs as a whole goes on after it."""

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython shows instead of a traceback, which would go through the course's code."""
        return str(self).splitlines()


class PieceMissing(ForLearner):
    """A cell shows what the learner's own answer does, and that has not passed its check in this kernel."""


class CheckFailed(ForLearner, AssertionError):
    """The answer does not do what the statement asks; the text says what was obtained and expected.

    `outcome` tells how the call ended, `rows` are the message's lines, and `finding` is the result as data.
    """

    def __init__(
        self,
        message: str,
        outcome: Outcome = Outcome.FAILED,
        rows: Sequence[Row] = (),
        finding: Finding | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome, self.rows, self.finding = outcome, tuple(rows), finding


class TestError(Exception):
    """A test cell breaks the rules of tests, so there is no verdict on the answer."""

    __test__ = False  # tells pytest that this is no test class, in spite of its name
