"""What is asked of a worker, and what it answers: bytes in, bytes out, and no path of this machine."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from torchaula.course.notebook import Notebook
from torchaula.grading.trusted.budget import NOTHING, Spent
from torchaula.grading.trusted.verdict import Lost, Verdict
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import Output


class Assigned(msgspec.Struct, frozen=True):
    """An assignment as a worker grades it; the same for a whole class.

    `notebook` is the instructor's. `is_confined` is whether a sandbox confines student code. `secret` is that
    of the course, 64 hexadecimal digits, from which hidden cells take their inputs; empty: they take them
    from the published seed. `answers` are the texts of the known answers by exercise, and `keys` digests of
    all that the verdicts of each exercise hang on, beside a submission: of what is found out about its known
    answers is kept what has the same key.
    """

    notebook: Notebook
    limits: Limits = Limits()
    is_confined: bool = True
    secret: str = ""
    answers: dict[str, str] = {}
    keys: dict[str, str] = {}


class Job(msgspec.Struct, frozen=True):
    """Grade a submission, rebuilt to the `Notebook` whose msgpack is `rebuilt`.

    `assigned` is the `Assigned` as msgpack, the same bytes for a whole class. `only` are the exercises to
    grade; None: all of them. `is_trial` asks for the tests themselves to be tried: then nothing is submitted.
    `alone` is whether nothing else is graded meanwhile, so that a time limit that passed is tried again.
    `spent` is what an earlier try took of the submission's time.
    """

    assigned: bytes
    rebuilt: bytes = b""
    only: list[str] | None = None
    is_trial: bool = False
    alone: bool = True
    spent: Spent = NOTHING


class Assign(msgspec.Struct, tag="assign", frozen=True):
    """To a worker: the assignment of the jobs that follow, whose msgpack is in the frame.

    `kept` is a folder for what is found out of known answers; empty: it is not kept. Whoever starts the
    worker chooses it, on the worker's own machine.
    """

    kept: str = ""


class Grade(msgspec.Struct, tag="grade", frozen=True):
    """To a worker: a job, whose rebuilt notebook is in the frame."""

    job: Job


class Doubt(StrEnum):
    """What is wrong with a graded cell."""

    MODEL_FAILS = "the model solution fails"
    STUB_PASSES = "what learners receive passes"
    SAYS_NOTHING = "no verdict"


class Flaw(msgspec.Struct, frozen=True):
    """A graded cell that can't be relied on, and the error that its author needs."""

    cell: str
    doubt: Doubt
    error: str = ""


class Result(msgspec.Struct, frozen=True):
    """What became of a submission: verdicts by graded cell; of its own cells, what they gave out.

    `lost` says of own cells how they ended, if not by themselves. A `problem` is the grading's own, such as a
    test that is wrong: then nothing is said about the submission. `is_unsure` where time ran out, or a
    sandbox died, perhaps for what else the machine was doing; then `spent` is what was taken of its time.
    `is_out_of_time` where there was none left for all its cells. `flaws` are what a trial found.
    """

    verdicts: dict[str, Verdict] = {}
    outputs: dict[str, list[Output]] = {}
    lost: dict[str, Lost] = {}
    problem: str = ""
    is_unsure: bool = False
    is_out_of_time: bool = False
    spent: Spent = NOTHING
    flaws: list[Flaw] = []

    def updated(self, later: Result) -> Result:
        """This result with the verdicts of a later one, of some exercises only, in place of its own."""
        return msgspec.structs.replace(
            later,
            verdicts=self.verdicts | later.verdicts,
            outputs=self.outputs,
            lost=self.lost | later.lost,
        )
