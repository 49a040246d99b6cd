"""What is asked of a worker, and what it answers: bytes in, bytes out."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from torchaula.course.markers import USUAL, Markers
from torchaula.grading.limits import Limits
from torchaula.grading.protocol import Output
from torchaula.grading.verdict import Lost, Verdict


class Job(msgspec.Struct, frozen=True):
    """Grade the notebook file `submitted` against `instructor`, the text of the one in `source/`.

    `bwrap` is the program that confines student code; empty: nothing does. `answers` are the texts of
    the known answers by exercise, and `kept` the folder, if any, for what was found out of them.
    `is_trial` asks for the tests themselves to be tried: then nothing is submitted.
    `secret` is that of the course, 64 hexadecimal digits, from which hidden cells take their inputs; empty:
    they take them from the published seed.
    `alone` is whether nothing else is graded meanwhile, so that what looks like bad luck is tried again.
    """

    assignment: str
    instructor: str
    submitted: bytes
    bwrap: str
    limits: Limits = Limits()
    answers: dict[str, str] = {}
    kept: str = ""
    markers: Markers = USUAL
    alone: bool = True
    is_trial: bool = False
    secret: str = ""


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
    sandbox died, perhaps for what else the machine was doing. `flaws` are what a trial found.
    """

    verdicts: dict[str, Verdict] = {}
    outputs: dict[str, list[Output]] = {}
    lost: dict[str, Lost] = {}
    problem: str = ""
    is_unsure: bool = False
    flaws: list[Flaw] = []
