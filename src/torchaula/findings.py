"""Define what a graded cell finds, as data: made by checks, stored in records, put into words at the end.

It imports nothing heavy, so that code that shows a page need not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# The most characters of learner-made text in what is told of a hidden cell: it could reveal a test's inputs.
QUOTED_CHARACTERS = 120


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


class Reason(StrEnum):
    """Why a call has no result."""

    RAISED = "raised"  # an exception
    UNDEFINED = "undefined"  # the learner's kernel has no such name
    NOT_CALLABLE = "not callable"  # the name refers to something else by now
    UNWRITTEN = "unwritten"  # a function or method with nothing but a docstring
    NOT_DATA = "not data"  # the result may not leave the student process
    TIMEOUT = "timeout"
    WAITED = "waited"  # it took too long, but computed nothing
    OUT_OF_MEMORY = "out of memory"  # the student process was killed for it
    DIED = "died"  # the student process is gone
    SPENT = "spent"  # the submission's time ran out in this call
    UNRUN = "unrun"  # the answer's cell was not run: those before it took too long
    NOT_REACHED = "not reached"


ABSENT = frozenset({Reason.UNDEFINED, Reason.NOT_CALLABLE, Reason.UNWRITTEN})  # there is no answer
TIMEOUTS = frozenset({Reason.TIMEOUT, Reason.WAITED})


class Certainty(StrEnum):
    """How sure it is that an answer makes a known mistake; the surest first."""

    SURE = "sure"  # it fails in the very cells and in the very way that the mistake does
    POSSIBLE = "possible"  # several cells agree, but not all


class Contrast(StrEnum):
    """How a value differs from the expected one. From `NAN` on, one rule explains a whole tensor."""

    NOTHING = "nothing"  # the function returned None
    TYPE = "type"
    SHAPE = "shape"
    DTYPE = "dtype"
    DEVICE = "device"
    TRACKED = "tracked"  # whether autograd tracks it: `requires_grad`
    LENGTH = "length"
    KEYS = "keys"
    NUMBER = "number"
    VALUE = "value"  # anything else that is compared as a whole
    ELEMENTS = "elements"  # some elements of a tensor
    NAN = "nan"
    ZERO = "zero"
    PRECISION = "precision"
    FACTOR = "factor"
    SHIFT = "shift"
    TRANSPOSED = "transposed"


class Kind(StrEnum):
    """What a check found wrong."""

    NO_RESULT = "no result"
    FORBIDDEN = "forbidden"
    ARGUMENT_FILLED = "argument filled"  # with something that is not data
    ARGUMENT_CHANGED = "argument changed"
    UNEXPECTED = "unexpected"
    GRADIENT = "gradient"  # not the expected one
    NO_GRADIENT = "no gradient"
    NOT_FINITE = "not finite"
    NOT_SO = "not so"  # a property does not hold
    NOT_RAISED = "not raised"
    RAISED_ANOTHER = "raised another"  # exception than the expected one
    DETACHED = "detached"
    SHARED = "shared"  # with an argument
    REUSED = "reused"  # memory of an earlier result
    GROWS = "grows"


@dataclass(frozen=True)
class Finding:
    """Why a graded cell failed, without details that differ between ways to write the same mistake.

    `about` is what was checked: the test's own name for it, an argument's path, a forbidden entry.
    """

    kind: Kind
    about: str = ""
    contrast: Contrast | None = None
    reason: Reason | None = None


class Label(StrEnum):
    """The label of a line in a failed check's message."""

    TEST = "test"
    CASE = "case"
    CALL = "call"
    SKETCH = "sketch"  # a call without some of its values
    BY_TEST = "by test"  # a call of a test's own function, which no learner has
    ABOUT = "about"
    OBTAINED = "obtained"
    EXPECTED = "expected"
    DIFFERENCE = "difference"
    ALIKE = "alike"  # what is left out, since it agrees
    LINE = "line"
    BEFORE = "before"
    CAUSE = "cause"
    REMEDY = "remedy"
    PLAIN = "plain"  # a sentence without a label


# These describe the call, others its result.
OF_THE_CALL = frozenset({Label.TEST, Label.CASE, Label.CALL, Label.SKETCH, Label.BY_TEST})
COMPARED = frozenset({Label.OBTAINED, Label.EXPECTED})


@dataclass(frozen=True)
class Row:
    """A line of a failed check's message; `is_code` if its text is best shown as code.

    If the text is a whole line of the learner's cell, `number` is its line number.
    """

    label: Label
    text: str
    is_code: bool = False
    number: int | None = None

    @property
    def shown(self) -> str:
        """The text, with its number if it is a line of the learner's."""
        return self.text if self.number is None else f"{self.number}: {self.text}"
