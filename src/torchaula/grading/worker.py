"""The worker: a process that holds judge and sandbox warm, takes notebooks and gives back results.

    python -m torchaula.grading.worker DESCRIPTOR

Who asks it (a command, a Jupyter server) need not import torch: see `client`.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from socket import MSG_DONTWAIT, MSG_PEEK, socket

from msgspec.structs import replace

from torchaula.course import notebook
from torchaula.course.notebook import Notebook
from torchaula.grading import engine, soundness
from torchaula.grading.budget import NOTHING
from torchaula.grading.cells import SetupFailed
from torchaula.grading.engine import Engine
from torchaula.grading.forks import descendants
from torchaula.grading.frames import MAX_HEADER, Channel, WireError, encoded
from torchaula.grading.jobs import Job, Result
from torchaula.grading.misconceptions import Misconceptions
from torchaula.grading.protocol import Cell
from torchaula.grading.rebuild import rebuild
from torchaula.grading.sandbox import Sandbox
from torchaula.grading.seeds import Seeds
from torchaula.grading.submitted import read
from torchaula.grading.verdict import Outcome, Verdict
from torchaula.grading.warden import SandboxDied, Warden
from torchaula.i18n import _


class Worker:
    """One engine at a time: a batch grades one assignment after the other."""

    def __init__(self) -> None:
        self._warden: Warden | None = None
        self._made_for: tuple[object, ...] = ()
        self._known_from: tuple[object, ...] | None = None
        self._is_prepared = False

    def grade(self, job: Job) -> Result:
        """The result of a job; `problem` says what is wrong with the test itself, if anything is.

        Raises `SandboxDied` where no sandbox starts any more: a new worker may do better.
        """
        source = notebook.loads(job.instructor)
        instructor = notebook.parse(source, job.assignment, job.markers)
        if job.is_trial:
            return self._tried(job, instructor)
        rebuilt = notebook.parse(rebuild(source, read(job.submitted), job.markers), job.assignment)
        try:
            grader = self._for(job, instructor)
        except SetupFailed as error:
            return Result(problem=str(error))
        judged = grader.grade(rebuilt, alone=job.alone, spent=job.spent)
        if judged.is_starved:
            return Result(problem=_("the machine was too busy to grade it in its time: grade it again"))
        broken = (v.message for v in judged.verdicts.values() if v.outcome is Outcome.INFRASTRUCTURE)
        if problem := next(broken, ""):
            return Result(problem=problem)
        if lacking := [cell for cell in instructor.automatic if cell not in judged.verdicts]:
            return Result(problem=_("{cells}: no verdict").format(cells=", ".join(lacking)))
        verdicts = self._misconceptions.diagnosed(judged)
        return Result(
            verdicts,
            judged.outputs,
            judged.lost,
            is_unsure=judged.is_unsure,
            is_out_of_time=judged.is_out_of_time,
            spent=judged.spent if judged.is_unsure else NOTHING,
        )

    def _tried(self, job: Job, instructor: Notebook) -> Result:
        """What is wrong with the tests: forks try them, since in this process a bad one could end it."""
        try:
            engine.import_for(instructor)
            engine.require_setup(instructor)
            result = soundness.tried(self._for(job, instructor, is_trial=True))
        except SetupFailed as error:
            return Result(problem=str(error))
        if not result.problem and not result.flaws:
            self._for(job, instructor)
        return result

    def _for(self, job: Job, instructor: Notebook, *, is_trial: bool = False) -> Engine:
        """What grades for this job. Tests that are being tried run in its forks only, not in this process."""
        confined = Sandbox(job.bwrap, job.limits)
        made_for = (job.assignment, job.instructor, job.markers, job.secret, confined)
        is_same = made_for == self._made_for
        if not is_same:
            self._made_for, self._known_from, self._is_prepared = (), None, False
        if not (is_trial or self._is_prepared):
            engine.prepare(instructor)
            self._is_prepared = True
        if not is_same:
            warden = self._prepared(confined, instructor)
            self._engine = Engine(instructor, warden, Seeds(secret=job.secret))
            self._made_for = made_for
        if self._known_from != (job.answers, job.kept):
            kept = Path(job.kept) if job.kept else None
            self._misconceptions = Misconceptions(self._engine, job.answers, kept)
            self._known_from = (job.answers, job.kept)
        return self._engine

    def _prepared(self, confined: Sandbox, instructor: Notebook) -> Warden:
        """A sandbox for this notebook's submissions: the one there is, where it can be."""
        setup = [Cell(cell.id, cell.source, is_setup=True) for cell in instructor.setup]
        if self._warden is not None and self._warden.sandbox == confined:
            self._warden.prepare(setup)
        else:
            self.close()
            self._warden = Warden(confined, setup)
        return self._warden

    def close(self) -> None:
        """End the sandbox."""
        if self._warden is not None:
            self._warden.close()
            self._warden = None


def fitting(result: Result) -> Result:
    """A result that fits in a frame: what cells gave out is left out first, and then what is said of them."""
    if len(encoded(result)) <= MAX_HEADER:
        return result
    less = replace(result, outputs={})
    if len(encoded(less)) <= MAX_HEADER:
        return less
    return replace(less, verdicts={cell: Verdict(each.outcome) for cell, each in result.verdicts.items()})


def end_with(caller: socket) -> None:
    """End, with all that this process has started, when whoever asks is gone, even in the middle of a job."""

    def look(_number: int, _frame: object) -> None:
        try:
            if caller.recv(1, MSG_PEEK | MSG_DONTWAIT):
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # it left without reading an answer
        for process in list(descendants(os.getpid())):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        os._exit(1)

    signal.signal(signal.SIGIO, look)
    fcntl.fcntl(caller, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(caller, fcntl.F_SETFL, fcntl.fcntl(caller, fcntl.F_GETFL) | os.O_ASYNC)


def main() -> None:
    """Serve jobs on the inherited socket that the argument names, until the other side hangs up."""
    caller = socket(fileno=int(sys.argv[1]))
    end_with(caller)
    channel, worker = Channel(caller, Job), Worker()
    with suppress(WireError):
        while True:
            job, submitted = channel.receive()
            channel.send(fitting(worker.grade(replace(job, submitted=bytes(submitted)))))
    worker.close()


if __name__ == "__main__":
    try:
        main()
    except SandboxDied as error:
        sys.exit(f"torchaula: {error}")
