"""The worker: a process that keeps judge and sandbox warm, receives jobs and returns results.

Its caller (a command, a Jupyter server) need not import torch: see `client`.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from socket import MSG_DONTWAIT, MSG_PEEK, socket

import msgspec
from msgspec.structs import replace

from torchaula.course.notebook import Notebook
from torchaula.errors import Refusal
from torchaula.grading.trusted import confinement, engine, soundness
from torchaula.grading.trusted.budget import NOTHING_SPENT
from torchaula.grading.trusted.confinement import Confinement
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.jobs import Assign, Assigned, Job, Result
from torchaula.grading.trusted.misconceptions import Misconceptions
from torchaula.grading.trusted.sandbox import Sandbox, SandboxDied
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Outcome, Verdict
from torchaula.grading.wire.forks import descendants
from torchaula.grading.wire.frames import MAX_HEADER, Channel, WireError, encoded
from torchaula.grading.wire.orders import RunCell
from torchaula.i18n import _

# A warm-up costs the CPU that it saves in about 8 submissions to `mlp`, or in 15 to `paradigmas`.
WARM_UP_AFTER = 12


class Worker:
    """Grades the submissions to one assignment, and can be assigned another one afterwards."""

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._engine: Engine | None = None
        self._misconceptions: Misconceptions | None = None
        self._graded_now = 0  # submissions to the present assignment
        self._warm: set[str] = set()  # the exercises whose tests have run in this process

    def assign(self, content: bytes, kept: str) -> None:
        """Prepare for jobs of another assignment, or of the same one with another cache folder."""
        self._assigned = msgspec.msgpack.decode(content, type=Assigned)
        self._kept = Path(kept) / self._assigned.notebook.assignment if kept else None
        self._engine, self._misconceptions = None, None
        self._graded_now, self._warm = 0, set()

    def grade(self, job: Job) -> Result:
        """The result of a job; its `problem` says what is wrong with the test itself, if anything is.

        Raises `SandboxDied` where no sandbox starts; a new worker may succeed.
        """
        try:
            return self._tried(job.only) if job.is_trial else self._graded(job)
        except Refusal as error:
            return Result(problem=str(error))

    def _graded(self, job: Job) -> Result:
        grader, submission = self._ready(job.only), msgspec.msgpack.decode(job.rebuilt, type=Notebook)
        judged = grader.grade(submission, job.only, alone=job.alone, spent=job.spent)
        if judged.is_starved:
            return Result(problem=_("the machine was too busy to grade it in its time: grade it again"))
        broken = (v.message for v in judged.verdicts.values() if v.outcome is Outcome.INFRASTRUCTURE)
        if problem := next(broken, ""):
            return Result(problem=problem)
        exercises = grader.notebook.exercises
        cells = [cell.id for name in job.only or exercises for cell in exercises[name].graded]
        if lacking := [cell for cell in cells if cell not in judged.verdicts]:
            return Result(problem=_("{cells}: no verdict").format(cells=", ".join(lacking)))
        if self._misconceptions is None:
            self._misconceptions = Misconceptions(grader, self._assigned, self._kept)
        return Result(
            self._misconceptions.diagnosed(judged, submission),
            judged.outputs,
            judged.lost,
            is_unsure=judged.is_unsure,
            is_out_of_time=judged.is_out_of_time,
            spent=judged.spent if judged.is_unsure else NOTHING_SPENT,
        )

    def _tried(self, only: Sequence[str] | None) -> Result:
        """Try the tests. They run in forks, since a bad test could end this process."""
        exercises = list(self._assigned.notebook.exercises) if only is None else only
        return soundness.tried(self._made(), exercises)

    def _ready(self, only: Sequence[str] | None) -> Engine:
        """The engine; in a large class, after running the tests of these exercises (None: all) here once."""
        wanted = set(self._assigned.notebook.exercises if only is None else only)
        if self._graded_now >= WARM_UP_AFTER and not wanted <= self._warm:
            engine.prepare(self._assigned.notebook, wanted - self._warm)
            self._warm |= wanted
        self._graded_now += 1
        return self._made()

    def _made(self) -> Engine:
        """The engine. It runs tests in forks only, so that they may still be untried."""
        if self._engine is None:
            assigned = self._assigned
            engine.import_for(assigned.notebook)
            engine.require_setup(assigned.notebook)
            confined = Confinement(_bwrap() if assigned.is_confined else "", assigned.limits)
            sandbox = self._prepared(confined, assigned.notebook)
            self._engine = Engine(assigned.notebook, sandbox, Seeds(secret=assigned.secret))
        return self._engine

    def _prepared(self, confined: Confinement, instructor: Notebook) -> Sandbox:
        """A sandbox for this notebook's submissions: the present one, if its confinement fits."""
        setup = [RunCell(cell.id, cell.source, is_setup=True) for cell in instructor.setup]
        if self._sandbox is not None and self._sandbox.confinement == confined:
            self._sandbox.prepare(setup)
        else:
            self.close()
            self._sandbox = Sandbox(confined, setup)
        return self._sandbox

    def close(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None


@cache
def _bwrap() -> str:
    """The path of the bubblewrap that works here. Raises `Refusal` where none does."""
    return confinement.find().bwrap


def fitting(result: Result) -> Result:
    """The result cut to the size of a frame: leave out outputs first, and then the verdicts' texts."""
    if len(encoded(result)) <= MAX_HEADER:
        return result
    less = replace(result, outputs={})
    if len(encoded(less)) <= MAX_HEADER:
        return less
    return replace(less, verdicts={cell: Verdict(each.outcome) for cell, each in result.verdicts.items()})


def end_with(caller: socket) -> None:
    """End this process and its descendants when the caller is gone, even in the middle of a job."""

    def look(_number: int, _frame: object) -> None:
        try:
            if caller.recv(1, MSG_PEEK | MSG_DONTWAIT):
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # the caller is gone and has not read a result
        for process in list(descendants(os.getpid())):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        os._exit(1)

    signal.signal(signal.SIGIO, look)
    fcntl.fcntl(caller, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(caller, fcntl.F_SETFL, fcntl.fcntl(caller, fcntl.F_GETFL) | os.O_ASYNC)


def main() -> None:
    """Serve jobs on the inherited socket whose descriptor is the argument, until the caller closes it.

    Ends this process with a message where no sandbox starts.
    """
    caller = socket(fileno=int(sys.argv[1]))
    end_with(caller)
    try:
        serve(Channel(caller, Assign | Job), Worker())
    except SandboxDied as error:
        sys.exit(f"torchaula: {error}")


def serve(channel: Channel, worker: Worker) -> None:
    """Do the jobs that arrive on the channel, until it is closed."""
    with suppress(WireError):
        while True:
            message, content = channel.receive()
            if isinstance(message, Assign):
                worker.assign(bytes(content), message.kept)
            else:
                channel.send(fitting(worker.grade(replace(message, rebuilt=bytes(content)))))
    worker.close()
