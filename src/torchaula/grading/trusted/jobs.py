"""The messages to and from a worker. They travel as bytes and hold no path of this machine."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from torchaula.course.constructs import NOTHING, Needs
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted.budget import NOTHING_SPENT, Spent
from torchaula.grading.trusted.verdict import Lost, Verdict
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import Output


class Mistake(msgspec.Struct, frozen=True):
    """A known wrong answer to an exercise, and the sentence for learners whose program fits its `needs`.

    `fails` are the aspects of the cells that it fails, sorted, so that a digest of them is always the same.
    """

    sentence: str
    source: str
    fails: tuple[str, ...]
    needs: Needs = NOTHING


class Assigned(msgspec.Struct, frozen=True):
    """An assignment as a worker grades it; the same for a whole class.

    `notebook` is the instructor's. `is_confined` tells whether a sandbox confines student code. `secret` is
    the course's, 64 hexadecimal digits, from which hidden cells derive their inputs; where it is empty, they
    derive them from the published seed. `mistakes` are the known wrong answers by exercise. `keys` are
    digests, by exercise, of all that verdicts depend on besides the submission: the evidence of known answers
    is cached on disk under this key.
    """

    notebook: Notebook
    limits: Limits = Limits()
    is_confined: bool = True
    secret: str = ""
    mistakes: dict[str, list[Mistake]] = {}
    keys: dict[str, str] = {}


class Job(msgspec.Struct, tag="job", frozen=True):
    """Grade a submission, rebuilt to the `Notebook` whose msgpack is `rebuilt`.

    `assigned` is the `Assigned` as msgpack, the same bytes for a whole class. `only` are the exercises to
    grade; None means all. `is_trial` asks to try the tests themselves: then there is no submission.
    `alone` tells that nothing else is graded meanwhile, so that a timeout may be retried.
    `spent` is the time that an earlier try took. To a worker, `assigned` is sent once, in an `Assign`, and
    `rebuilt` in the frame.
    """

    assigned: bytes
    rebuilt: bytes = b""
    only: list[str] | None = None
    is_trial: bool = False
    alone: bool = True
    spent: Spent = NOTHING_SPENT


class Assign(msgspec.Struct, tag="assign", frozen=True):
    """To a worker: the assignment of the jobs that follow, whose msgpack is in the frame.

    `kept` is the folder where the evidence of known answers is cached; empty means no cache. It is on the
    worker's own machine, and whoever starts the worker chooses it.
    """

    kept: str = ""


class Doubt(StrEnum):
    """What is wrong with a graded cell."""

    MODEL_FAILS = "the model solution fails"
    STUB_PASSES = "what learners receive passes"
    SAYS_NOTHING = "no verdict"


class Flaw(msgspec.Struct, frozen=True):
    """A graded cell that can't be relied on, and the error to show to its author."""

    cell: str
    doubt: Doubt
    error: str = ""


class Result(msgspec.Struct, frozen=True):
    """The result for a submission: `verdicts` by graded cell, and `outputs` by cell of the learner's.

    `lost` tells how cells of the learner's ended that crashed, timed out or were not run. A `problem` is one
    of grading itself, such as a wrong test: then there is no result for the submission. `is_unsure`: a busy
    machine may have caused a timeout or a dead sandbox; then `spent` is the time that was used.
    `is_out_of_time`: the time did not suffice for all cells. `flaws` are what a trial found.
    """

    verdicts: dict[str, Verdict] = {}
    outputs: dict[str, list[Output]] = {}
    lost: dict[str, Lost] = {}
    problem: str = ""
    is_unsure: bool = False
    is_out_of_time: bool = False
    spent: Spent = NOTHING_SPENT
    flaws: list[Flaw] = []

    def updated(self, later: Result) -> Result:
        """This result, in which the verdicts of a later result for some exercises replace its own."""
        return msgspec.structs.replace(
            later,
            verdicts=self.verdicts | later.verdicts,
            outputs=self.outputs,
            lost=self.lost | later.lost,
        )
