"""What a test cell can raise.

Exception
├── AssertionError
│   └── CheckFailed   the answer is wrong: a message for the learner, in Spanish
└── TestError         the test itself is wrong: for whoever wrote it, in English
"""

from __future__ import annotations

from collections.abc import Sequence

from torchaula.findings import Finding, Outcome, Row


class CheckFailed(AssertionError):
    """The answer does not do what the statement asks; the text says what was seen and expected.

    `outcome` says how it ended, `rows` are the message's lines, and `finding` says what was found to code.
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

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines instead of a traceback through code that is not the learner's."""
        return str(self).splitlines()


class TestError(Exception):
    """A test cell breaks the rules of tests; nothing is said about the answer."""

    __test__ = False  # not a test class, whatever pytest thinks of its name
