"""The first process inside the sandbox, a fork server: it forks student processes and cleans up after them.

It runs neither student code nor set-up cells itself, only in forks, so that it can serve one assignment
after the other. It holds no secret: only one socket, which forks close before they run student code.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from socket import recv_fds, socket
from typing import NoReturn

from torchaula.checks import session
from torchaula.grading.sandboxed import hoards, seccomp, student
from torchaula.grading.sandboxed.memory import Shares, is_headless, resident
from torchaula.grading.sandboxed.rehearsal import rehearse
from torchaula.grading.sandboxed.shell import Shell
from torchaula.grading.sandboxed.usage import Usage
from torchaula.grading.wire import limits
from torchaula.grading.wire.forks import ForkFailed, descendants, in_fork, ready_for_forks, warm_up
from torchaula.grading.wire.frames import Channel
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import (
    Ask,
    Begin,
    Finish,
    KilledFor,
    Live,
    Prepare,
    Ready,
    RunCell,
    ToNursery,
)

FOLDERS = (Path("/tmp"), Path("/dev/shm"))
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
# How much a learner's processes yield: on a busy core the nursery gets three times the CPU of one of them.
# Else a swarm of them would hold it up, and nothing would end the swarm.
NICE = 5


class Nursery:
    """Receives the worker's orders on `control`, and watches the submission's processes."""

    def __init__(self, control: socket) -> None:
        self._control = control
        self._channel = Channel(control, ToNursery)
        self._is_alone = set(processes()) == {os.getpid()}  # true only inside a sandbox
        if self._is_alone:
            seccomp.require()
        self._limits, self._memory, self._mounts = Limits(), 0, mounts()
        self._has_imported = False
        self._killed_for, self._used, self._allowed = KilledFor.NOTHING, 0.0, 0.0
        self._seen = 0.0  # CPU seconds that the submission had taken at some look
        self._shares, self._usage = Shares(), Usage()

    def run(self) -> NoReturn:
        """Serve until the worker closes the socket, which ends the process."""
        self._shell = warm_shell()
        while True:
            if not select.select([self._control], [], [], limits.LOOK_WALL)[0]:
                self._watch()
                continue
            message, _ = self._channel.receive()
            if isinstance(message, Prepare):
                self._prepare(message)
            elif isinstance(message, Begin):
                self._begin(message)
            elif isinstance(message, Ask):
                self._channel.send(Ready(killed_for=self._killed_for))
                self._killed_for = KilledFor.NOTHING
            elif isinstance(message, Finish):
                self._finish()

    def _prepare(self, prepare: Prepare) -> None:
        """Import what the set-up imports. End the sandbox if an earlier set-up has imported anything."""
        if self._has_imported:
            sys.exit()
        names, failed = setup_imports(self._shell, prepare.cells)
        for name in names:
            with suppress(Exception):
                import_module(name)
        self._has_imported = bool(names)
        ready_for_forks()
        self._limits = prepare.limits
        self._memory, self._mounts = resident(os.getpid()), mounts()
        self._used = cpu_seconds()
        self._channel.send(Ready(failed=failed))

    def _begin(self, begin: Begin) -> None:
        self._allowed = begin.cpu_seconds
        _, descriptors, _, _ = recv_fds(self._control, 1, begin.sockets)
        sockets = [socket(fileno=descriptor) for descriptor in descriptors]
        if os.fork() == 0:
            self._control.close()
            os.setsid()
            os.nice(NICE)
            _prctl(PR_SET_DUMPABLE, 1)
            if self._is_alone:
                seccomp.confine()
            student.live(self._shell, Channel(sockets[0], Live), sockets[1:], self._limits)
        for each in sockets:
            each.close()

    def _watch(self) -> None:
        """Kill a submission's processes when they exceed a limit of number, memory or CPU."""
        self._reap()
        running = self._running()
        self._usage.look(running)
        self._seen = max(self._seen, cpu_seconds() - self._used + self._usage.cpu)
        taken = {process: resident(process) for process in running}
        for process in filter(is_headless, (each for each in running if not taken[each])):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        grown = sum(max(0, each - self._memory) for each in taken.values())
        most = self._limits.total_memory
        if len(running) > self._limits.processes:
            self._kill(KilledFor.PROCESSES)
        elif running and self._seen > self._allowed:
            self._kill(KilledFor.TIME)
        elif self._takes_too_much(running, grown, most):
            self._kill(KilledFor.MEMORY)

    def _takes_too_much(self, running: Sequence[int], grown: int, most: int) -> bool:
        """Whether the processes take more than `most` bytes, or hold too much memory in the kernel.

        `grown` is a quick upper estimate, so that the slow exact sum is seldom needed.
        """
        if self._is_alone and running and hoards.too_many(FOLDERS):
            return True
        return grown > most and self._shares.sum([os.getpid(), *running], grown) - self._memory > most

    def _running(self) -> list[int]:
        """The processes of the submission."""
        if self._is_alone:
            return [process for process in processes() if process != os.getpid()]
        return list(descendants(os.getpid()))  # orphans become children of this process, see `main`

    def _kill(self, reason: KilledFor = KilledFor.NOTHING) -> None:
        self._killed_for = self._killed_for or reason
        if self._is_alone:
            with suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # every process that this one sees, except itself
        for process in self._running():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._reap()

    @staticmethod
    def _reap() -> None:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def _finish(self) -> None:
        """Remove all that a submission left; exit, and so end the sandbox, if something can't be removed."""
        deadline = time.monotonic() + limits.CLEAN_UP_WALL
        while self._running():
            self._kill()
            if time.monotonic() > deadline:
                sys.exit(1)
            time.sleep(0.001)
        self._reap()
        used = cpu_seconds() - self._used
        self._used += used
        if self._is_alone:
            if shared_objects() or mounts() != self._mounts:
                sys.exit(1)
            for folder in FOLDERS:
                empty(folder, self._mounts)
        # The kernel adds the CPU of a child that nobody waits for to no process: what a look saw counts too.
        used = max(used, self._seen)
        self._channel.send(Ready(used, killed_for=self._killed_for, wanted_seconds=self._usage.wanted))
        self._killed_for, self._shares, self._usage = KilledFor.NOTHING, Shares(), Usage()
        self._seen = 0.0


def warm_shell() -> Shell:
    """The shell whose forks run a learner's cells, with the modules imported that most learners use."""
    warm_up()
    shell = Shell.instance()
    shell.rehearse("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\ndel plt")
    rehearse()
    session.serve_with(None)
    return shell


def setup_imports(shell: Shell, cells: Sequence[RunCell]) -> tuple[list[str], tuple[str, str] | None]:
    """Run set-up cells in a fork; return the modules that they import, and which cell fails and why."""

    def run() -> tuple[list[str], tuple[str, str] | None]:
        before = set(sys.modules)
        for cell in cells:
            if (error := shell.rehearse(cell.source)) is not None:
                return [], (cell.id, f"{type(error).__name__}: {error}")
        return [name for name in sys.modules if name not in before], None

    try:
        return in_fork(run, tuple[list[str], tuple[str, str] | None], limits.SETUP_WALL)
    except ForkFailed as error:
        return [], (cells[0].id, str(error).strip().splitlines()[-1])


def processes() -> list[int]:
    """Every process that `/proc` shows."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def cpu_seconds() -> float:
    """CPU seconds of all processes that ended, orphans included, since they become the nursery's children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def shared_objects() -> bool:
    """Whether System V memory, queues or semaphores exist; these outlive the processes that made them."""
    files = (Path("/proc/sysvipc", kind) for kind in ("shm", "msg", "sem"))
    return any(len(file.read_text().splitlines()) > 1 for file in files if file.exists())


def mounts() -> frozenset[Path]:
    """The mount points; one may be below `/tmp`, where Python's environment is there."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return frozenset(Path(line.split()[4].encode().decode("unicode_escape")) for line in lines)


def empty(folder: Path, mounted: frozenset[Path] = frozenset()) -> None:
    """Remove everything in `folder` that is not mounted there, whatever its permissions."""
    for path in folder.iterdir():
        if path in mounted:
            continue
        if any(place.is_relative_to(path) for place in mounted):
            empty(path, mounted)
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, onerror=_make_writable)
        else:
            path.unlink()


def _make_writable(function: object, path: str, _error: object) -> None:
    Path(path).parent.chmod(0o700)
    Path(path).chmod(0o700)
    shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def main() -> None:
    """Run a nursery on the inherited socket whose descriptor is the argument."""
    _prctl(PR_SET_DUMPABLE, 0)  # no fork may read this process's memory or take its descriptors
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # with a handler, student code could interrupt this process
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Nursery(socket(fileno=int(sys.argv[1]))).run()
