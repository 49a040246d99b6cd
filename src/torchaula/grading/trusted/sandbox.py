"""Start a sandbox, give it submissions, and replace it when it dies: the trusted side of a sandbox."""

from __future__ import annotations

import compileall
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from socket import MSG_PEEK, send_fds, socketpair

import torchaula
from torchaula.grading.trusted.cells import SetupFailed
from torchaula.grading.trusted.confinement import Confinement
from torchaula.grading.wire.calls import Seen
from torchaula.grading.wire.frames import Channel, WireError
from torchaula.grading.wire.frames import life as life_bounds
from torchaula.grading.wire.limits import SANDBOX_REPLY_WALL, SANDBOX_START_WALL
from torchaula.grading.wire.orders import (
    Ask,
    Begin,
    Finish,
    FromNursery,
    FromStudent,
    KilledFor,
    Leave,
    Live,
    Prepare,
    Ready,
    RunCell,
    Step,
)


class SandboxDied(BaseException):
    """The sandbox's first process, on which all others depend, is gone or doesn't answer.

    Not an `Exception`: a graded cell that is stopped by it must not be given a verdict. `cell` is the cell
    or exercise that crashed the sandbox, if known.
    """

    def __init__(self, message: str = "", cell: str = "") -> None:
        super().__init__(message)
        self.cell = cell


@cache
def _compile_package() -> None:
    """Compile the modules of this package that are not compiled yet, where it can be written.

    A sandbox can't write, so without this it would compile them each time that it imports them.
    """
    compileall.compile_dir(Path(torchaula.__file__).parent, quiet=2)


@dataclass(frozen=True)
class StudentProcess:
    """A student process as the judge sees it: a channel for its cells, and one for each exercise."""

    life: Channel
    exercises: dict[str, Channel]

    def close(self) -> None:
        for channel in (self.life, *self.exercises.values()):
            channel.close()


class Sandbox:
    """One warm sandbox, for one submission at a time. Close it in the end."""

    def __init__(self, confinement: Confinement, setup: Sequence[RunCell] = ()) -> None:
        self.confinement, self._setup = confinement, list(setup)
        self._process: subprocess.Popen[bytes] | None = None
        _compile_package()
        self._start()

    def _start(self) -> None:
        self._socket, far = socketpair()
        program = [sys.executable, "-P", "-s", "-m", "torchaula.grading.sandboxed", str(far.fileno())]
        with tempfile.TemporaryFile() as complaints:
            self._process = self.confinement.start(program, [far.fileno()], complaints)
            far.close()
            self._channel = Channel(self._socket, FromNursery)
            try:
                self._prepare()
            except (WireError, TimeoutError) as error:
                self.close()
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip().splitlines() or [str(error)]
                raise SandboxDied(f"the sandbox did not start: {said[-1]}") from error

    def _prepare(self) -> None:
        self._channel.send(Prepare(self._setup, self.confinement.limits))
        ready, _ = self._channel.receive(SANDBOX_START_WALL)
        assert isinstance(ready, Ready)
        if ready.failed:
            cell, error = ready.failed
            self.close()
            raise SetupFailed(cell, f"{error}; in the sandbox are no network and no files of yours")

    def prepare(self, setup: Sequence[RunCell]) -> None:
        """Serve submissions with another set-up, in a new sandbox if the present one has imported another.

        Raises `SetupFailed`; then there is no sandbox until the next `prepare`.
        """
        self._setup = list(setup)
        try:
            self._prepare()
        except (WireError, TimeoutError):
            self.restart()

    def is_alive(self) -> bool:
        """Whether the sandbox's first process still holds its end of the socket."""
        return not select.select([self._socket], [], [], 0)[0] or bool(self._socket.recv(1, MSG_PEEK))

    def begin(self, steps: Sequence[Step], seed: int, cpu_seconds: float) -> StudentProcess:
        """Start a student process. All student processes since `finish` together may use `cpu_seconds`.

        Raises `SandboxDied`.
        """
        exercises = [step.exercise for step in steps if isinstance(step, Leave)]
        pairs = [socketpair() for _ in range(1 + len(exercises))]
        life = Channel(pairs[0][0], FromStudent, life_bounds(self.confinement.limits))
        try:
            self._channel.send(Begin(len(pairs), cpu_seconds), seconds=SANDBOX_REPLY_WALL)
            send_fds(self._socket, [b"."], [far.fileno() for _, far in pairs])
            life.send(Live(list(steps), seed), seconds=SANDBOX_REPLY_WALL)
        except (WireError, OSError) as error:
            for near, _ in pairs:
                near.close()
            raise SandboxDied("the sandbox is gone") from error
        finally:
            for _, far in pairs:
                far.close()
        served = (Channel(near, Seen) for near, _ in pairs[1:])
        return StudentProcess(life, dict(zip(exercises, served, strict=True)))

    def killed_for(self) -> KilledFor:
        """The limit for which the submission's processes were killed since the last call.

        Raises `SandboxDied`.
        """
        try:
            self._channel.send(Ask(), seconds=SANDBOX_REPLY_WALL)
            ready, _ = self._channel.receive(SANDBOX_REPLY_WALL)
        except (WireError, TimeoutError) as error:
            self._kill()  # else a late reply would be taken for the reply to the next message
            raise SandboxDied("the sandbox is gone") from error
        assert isinstance(ready, Ready)
        return ready.killed_for

    def finish(self) -> Ready:
        """Remove all that the submission left. A sandbox that can't be cleaned is replaced by a new one."""
        try:
            self._channel.send(Finish(), seconds=SANDBOX_REPLY_WALL)
            ready, _ = self._channel.receive(SANDBOX_REPLY_WALL)
            assert isinstance(ready, Ready)
            return ready
        except (WireError, TimeoutError):
            self.restart()
            return Ready()

    def restart(self) -> None:
        """Replace the sandbox by a new one, whatever its state."""
        self.close()
        self._start()

    def close(self) -> None:
        """End the sandbox and every process in it."""
        if self._process is None:
            return
        self._channel.close()
        self._kill()
        self._process.wait()
        self._process = None

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
