"""The messages between worker, nursery and student process, except the calls of graded cells.

All are data in frames of a `Channel`. Messages from a student process can't be trusted: they may be shown,
cut and escaped, but decide nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec

from torchaula.grading.wire.limits import Limits

PLACES = 200  # how many outputs one cell may have

# Worker → nursery


class RunCell(msgspec.Struct, tag="cell", frozen=True):
    """Run this text: the set-up's, or the learner's."""

    id: str
    source: str
    is_setup: bool = False


class Leave(msgspec.Struct, tag="leave", frozen=True):
    """Fork a process that serves this exercise's graded cells, with the names defined so far."""

    exercise: str


Step: TypeAlias = RunCell | Leave


class Prepare(msgspec.Struct, tag="prepare", frozen=True):
    """Get ready for submissions with these set-up cells: the first message, and again for another set-up."""

    cells: list[RunCell]
    limits: Limits


class Begin(msgspec.Struct, tag="begin", frozen=True):
    """Start a student process; `sockets` descriptors follow: one for its cells, then one for each `Leave`.

    All processes since the last `Finish` together may use `cpu_seconds`; then they are killed.
    """

    sockets: int
    cpu_seconds: float


class Ask(msgspec.Struct, tag="ask", frozen=True):
    """Tell for which limit the submission's processes were killed since the last `Ask`."""


class Finish(msgspec.Struct, tag="finish", frozen=True):
    """Remove all that the submission left."""


# Worker → student process


class Live(msgspec.Struct, tag="live", frozen=True):
    """Sent to the student process, never to the nursery: later students are forks of it and could read it."""

    steps: list[Step]
    seed: int


# Nursery → worker


class KilledFor(StrEnum):
    """The limit of a whole submission for which all its processes were killed."""

    NOTHING = ""
    MEMORY = "memory"
    PROCESSES = "processes"
    TIME = "time"


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """The nursery is warm, or clean again. `cpu_seconds` is the CPU time of the submission's processes.

    `wanted_seconds` are the seconds in which one of them had something to compute.
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
    """A cell ended, with these outputs. `timed_out`: it was cut off. `not_run`: no time was left for it."""

    cell: str
    outputs: Annotated[list[Output], msgspec.Meta(max_length=PLACES)]
    timed_out: bool = False
    not_run: bool = False


class Lived(msgspec.Struct, tag="lived", frozen=True):
    """All cells ran."""


ToNursery: TypeAlias = Prepare | Begin | Ask | Finish
FromNursery: TypeAlias = Ready
FromStudent: TypeAlias = Began | Ran | Lived
