"""What worker, nursery and student process say to each other, beside the calls of graded cells.

All of it is data in frames of `wire.Channel`. What comes from a student process is a claim: it may
be shown, bounded and escaped, and decides nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec

from torchaula.grading.wire.limits import Limits

PLACES = 200  # outputs that one cell may have

# Instructor → nursery


class Cell(msgspec.Struct, tag="cell", frozen=True):
    """Run this text: the set-up's, or the learner's."""

    id: str
    source: str
    is_setup: bool = False


class Leave(msgspec.Struct, tag="leave", frozen=True):
    """Leave a fork behind that serves this exercise's graded cells, with the names defined so far."""

    exercise: str


Step: TypeAlias = Cell | Leave


class Prepare(msgspec.Struct, tag="prepare", frozen=True):
    """Be ready for submissions with these set-up cells: the first message, and again for another set-up."""

    cells: list[Cell]
    limits: Limits


class Begin(msgspec.Struct, tag="begin", frozen=True):
    """Start a student process; this many sockets follow: one for its life, then one for each `Leave`.

    `cpu_seconds` are what all processes may take from the last `Finish` on; beyond them they are ended.
    """

    sockets: int
    cpu_seconds: float


class Ask(msgspec.Struct, tag="ask", frozen=True):
    """Say whether the submission's processes were ended for a limit since this was last asked."""


class Finish(msgspec.Struct, tag="finish", frozen=True):
    """End whatever the submission left behind."""


# Worker → student process


class Live(msgspec.Struct, tag="live", frozen=True):
    """What a student process is to do, told to itself alone: the next one inherits what the nursery knows."""

    steps: list[Step]
    seed: int


# Nursery → worker


class KilledFor(StrEnum):
    """The limit of a whole submission for which all its processes were ended."""

    NOTHING = ""
    MEMORY = "memory"
    PROCESSES = "processes"
    TIME = "time"


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """Warm, or clean again. `cpu_seconds` is what the submission's processes took.

    `wanted_seconds` are those in which one of them had something to compute.
    `failed` is a set-up cell that can't run in the sandbox, and why, if there is one.
    """

    cpu_seconds: float = 0.0
    failed: tuple[str, str] | None = None
    killed_for: KilledFor = KilledFor.NOTHING
    wanted_seconds: float = 0.0


# Student process → worker


class Text(msgspec.Struct, tag="text", frozen=True):
    """What a cell printed: `name` is stdout or stderr."""

    name: str
    text: str


class Shown(msgspec.Struct, tag="shown", frozen=True):
    """What a cell displayed: its plain text and, for a figure, a PNG."""

    text: str
    png: bytes = b""


class Raised(msgspec.Struct, tag="raised", frozen=True):
    """The exception that ended a cell."""

    kind: str
    message: str
    traceback: str


Output: TypeAlias = Text | Shown | Raised


class Began(msgspec.Struct, tag="began", frozen=True):
    """A cell begins to run."""

    cell: str


class Ran(msgspec.Struct, tag="ran", frozen=True):
    """A cell ended, and what it gave out; `timed_out`: it was ended; `not_run`: no time was left."""

    cell: str
    outputs: Annotated[list[Output], msgspec.Meta(max_length=PLACES)]
    timed_out: bool = False
    not_run: bool = False


class Lived(msgspec.Struct, tag="lived", frozen=True):
    """All cells ran."""


ToNursery: TypeAlias = Prepare | Begin | Ask | Finish
FromNursery: TypeAlias = Ready
FromStudent: TypeAlias = Began | Ran | Lived
