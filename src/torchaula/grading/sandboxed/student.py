"""The student process: run a learner's cells in order, and fork a process that waits for each exercise.

The trusted side relies on nothing that this process says, since student code can change all of it.
"""

from __future__ import annotations

import builtins
import decimal
import gc
import locale
import math
import os
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from socket import socket
from types import ModuleType
from typing import Any, NoReturn

import torch

from torchaula.checks import session
from torchaula.checks import settle as modes
from torchaula.checks.data import NotData
from torchaula.checks.observation import Failure, Observation, Scope, perform
from torchaula.checks.seeds import Stream, derive, seed_all
from torchaula.checks.timelimit import TimeLimit, time_limit
from torchaula.checks.trace import stop_profiling
from torchaula.findings import Reason
from torchaula.grading.sandboxed.shell import Shell
from torchaula.grading.sandboxed.stopped import StoppedCells
from torchaula.grading.wire.calls import Instead, Open, ToStudent, from_observation, to_request
from torchaula.grading.wire.forks import address_space
from torchaula.grading.wire.frames import Channel, TooLarge, WireError
from torchaula.grading.wire.limits import CELL_WALL_PER_CPU, KERNEL_FACTOR, Limits
from torchaula.grading.wire.orders import Began, Lived, Raised, Ran, RunCell

DECIMAL, LOCALE = decimal.getcontext().copy(), locale.setlocale(locale.LC_ALL)


def live(shell: Shell, life: Channel, ends: Sequence[socket], limits: Limits) -> NoReturn:
    """Run the cells that `life` sends; at each `Leave` fork a process that serves requests on its socket.

    Never returns: a student process does only this. An exception would end the process too.
    """
    shell.connect(limits)
    confine(limits)
    told, _ = life.receive()
    session.serve_with(None, told.seed)
    sys.path.insert(0, "")  # as in a notebook's kernel: a learner may write a module and import it
    waiting, stopped, left = list(ends), StoppedCells(), limits.own_seconds
    for step in told.steps:
        if isinstance(step, RunCell):
            life.send(Began(step.id))
            begun = time.process_time()
            seconds = min(limits.cell_seconds, left)
            life.send(
                _run(shell, step, told.seed, seconds, stopped) if left > 0 else Ran(step.id, [], not_run=True)
            )
            left -= time.process_time() - begun
            continue
        end = waiting.pop(0)
        stopped.note_threads()
        with warnings.catch_warnings(action="ignore"):  # Python warns of forks where there are threads
            child = os.fork()
        if child == 0:
            life.close()
            for other in waiting:
                other.close()
            serve(Channel(end, ToStudent), shell, step.exercise, stopped)
        end.close()
    life.send(Lived())
    os._exit(0)


def confine(limits: Limits) -> None:
    """Set the kernel's limits for one process; the nursery watches the other limits."""
    space = address_space() + limits.memory
    for kind, limit in (
        (resource.RLIMIT_AS, space),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 512),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    hard = math.ceil(limits.cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _allow(seconds: float) -> None:
    """Let the kernel end this process if it uses far more than `seconds` of CPU from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + KERNEL_FACTOR * seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft, hard), hard))


def _run(shell: Shell, cell: RunCell, seed: int, seconds: float, stopped: StoppedCells) -> Ran:
    settle()
    seed_all(derive(seed, cell.id))
    restore(shell.user_ns)
    _allow(seconds)
    try:
        with time_limit(seconds, CELL_WALL_PER_CPU * seconds):
            outputs, error = shell.run(cell.source, cell.id)
    except TimeLimit as late:  # raised after the cell's end
        outputs, error = shell.outputs.items, late
    stopped.note(cell.id, cell.source, error)
    if cell.is_setup and error is not None and not session.setup_names():
        os._exit(1)  # not the learner's fault: the set-up ran in the judge and in the nursery
    timed_out = isinstance(error, TimeLimit)
    if timed_out:
        outputs = [output for output in outputs if not isinstance(output, Raised)]
    return Ran(cell.id, outputs, timed_out)


def restore(names: dict[str, Any]) -> None:
    """Undo accidental shadowing of a module of the set-up, or of a built-in function.

    `list = [1, 2]` or `torch = 3` in one cell must not cost points in another exercise. A callable that
    shadows a built-in stays, since the learner may want it.
    """
    for name, value in session.setup_names().items():
        if isinstance(value, ModuleType) and not isinstance(names.get(name), ModuleType):
            names[name] = value
    for name in list(names):
        if not name.startswith("_") and callable(getattr(builtins, name, None)) and not callable(names[name]):
            del names[name]


def serve(channel: Channel, shell: Shell, exercise: str, stopped: StoppedCells) -> NoReturn:
    """Serve requests to an exercise until the judge closes the channel."""
    _silence()
    names = shell.user_ns
    before = dict(names)
    restore(names)
    settle()
    setup = session.setup_names()
    scope = Scope(names, setup, Stream(0))
    try:
        while True:
            message, buffers = channel.receive()
            if isinstance(message, Open):
                scope = Scope(names, setup, Stream(message.seed))
            elif isinstance(message, Instead):
                _take(message, shell, before, stopped)
                settle()
            else:
                _allow(message.seconds)
                seen = perform(to_request(message, buffers), scope)
                _answer(channel, stopped.explained(seen, exercise))
    except WireError:
        os._exit(0)


def _take(answer: Instead, shell: Shell, before: dict[str, Any], stopped: StoppedCells) -> None:
    """Run another answer in place of the last one, after removing all names that this had defined."""
    names = shell.user_ns
    names.clear()
    names.update(before)
    seed_all(derive(answer.seed, answer.cell))
    restore(names)
    torch.set_default_dtype(torch.float32)
    stopped.note(answer.cell, answer.source, shell.rehearse(answer.source))
    restore(names)


def settle() -> None:
    """Reset process-wide settings that a cell left changed: they must not cost points in another exercise."""
    modes.settle()
    gc.enable()
    sys.settrace(None)
    stop_profiling()
    decimal.setcontext(DECIMAL.copy())
    locale.setlocale(locale.LC_ALL, LOCALE)
    try:
        os.getcwd()  # noqa: PTH109 - only to see whether it exists
    except OSError:  # a learner removed it, perhaps a temporary folder
        os.chdir(tempfile.gettempdir())


def _silence() -> None:
    """Discard what a learner's code prints while it is tested, since it could print the test's data."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.stdout, sys.stderr = (open(n, "w") for n in (1, 2))  # noqa: SIM115, PTH123


def _answer(channel: Channel, seen: Observation) -> None:
    try:
        channel.send(*from_observation(seen))
    except (NotData, TooLarge) as error:
        failure = Failure.of(Reason.NOT_DATA, str(error))
        channel.send(*from_observation(Observation(failure=failure, trace=seen.trace)))
