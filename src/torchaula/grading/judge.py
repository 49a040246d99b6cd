"""The judge's side: graded cells run here, against learners' code that runs elsewhere."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Collection, Mapping
from socket import socket, socketpair

from torchaula.checks.observation import DIED, NOT_REACHED, TIMEOUT, Failure, Observation, Request
from torchaula.checks.session import exercise_of, serve_with
from torchaula.checks.timelimit import BACKSTOP
from torchaula.course.notebook import Notebook
from torchaula.grading import student
from torchaula.grading.cells import execute, judge, new_namespace
from torchaula.grading.verdict import Verdict
from torchaula.grading.wire import Channel, Open, Seen, WireError, from_request, to_observation

# The student process limits each request itself; this is for code that escapes its alarms.
PATIENCE = 1.5 * BACKSTOP
CELLS_SECONDS = 60.0


class Remote:
    """A back end that asks one student process an exercise."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._cell = ""
        self._ended: dict[str, Failure] = {}

    def open(self, cell: str, seed: int) -> None:
        """Tell the exercise's process that a graded cell begins."""
        self._cell = cell
        if exercise_of(cell) not in self._ended:
            try:
                self._channels[exercise_of(cell)].send(Open(seed))
            except WireError:
                self._end(DIED)

    def perform(self, request: Request) -> Observation:
        """Send a request and wait for the observation; a process that is gone fails it."""
        exercise = exercise_of(self._cell)
        if exercise in self._ended:
            failure = self._ended[exercise]
            self._ended[exercise] = Failure(NOT_REACHED)
            return Observation(failure=failure, arguments=(request.args, request.kwargs))
        channel = self._channels[exercise]
        try:
            channel.send(*from_request(request))
            message, buffers = channel.receive(request.seconds * PATIENCE)
            if not isinstance(message, Seen):
                raise WireError("not an observation")
            return to_observation(message, buffers)
        except TimeoutError:
            failure = self._end(TIMEOUT, f"{request.seconds:g}")
        except WireError:
            failure = self._end(DIED)
        self._ended[exercise] = Failure(NOT_REACHED)
        return Observation(failure=failure, arguments=(request.args, request.kwargs))

    def _end(self, kind: str, message: str = "") -> Failure:
        exercise = exercise_of(self._cell)
        self._channels[exercise].close()
        self._ended[exercise] = Failure(kind, message)
        return self._ended[exercise]


def run(
    notebook: Notebook, solutions: Mapping[str, str], only: Collection[str], seed: int
) -> dict[str, Verdict]:
    """Run a notebook's graded cells here and `solutions` in a student process, exercise by exercise.

    `only` are the exercises to run. The student process is a plain fork: it shares nothing but
    sockets, and is not yet confined.
    """
    pairs = {exercise: socketpair() for exercise in only}
    pid, finished = _fork_student(notebook, solutions, only, seed, pairs)
    channels = {exercise: Channel(near) for exercise, (near, _) in pairs.items()}
    _wait_for_cells(pid, finished)
    serve_with(Remote(channels), seed)
    namespace = new_namespace()
    verdicts = {}
    for cell in notebook.cells:
        if cell.kind == "setup":
            execute(cell.source, cell.id, namespace)
        elif cell.kind == "graded" and cell.exercise in only:
            verdicts[cell.id] = judge(cell.source, cell.id, namespace)
    for channel in channels.values():
        channel.close()
    return verdicts


def _fork_student(
    notebook: Notebook,
    solutions: Mapping[str, str],
    only: Collection[str],
    seed: int,
    pairs: Mapping[str, tuple[socket, socket]],
) -> tuple[int, int]:
    """Start the student process; its id, and a descriptor that closes when its cells have run."""
    finished, running = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(finished)
            for near, _ in pairs.values():
                near.close()
            ends = {exercise: far for exercise, (_, far) in pairs.items()}
            student.live(notebook, solutions, only, seed, ends, running)
        finally:
            os._exit(1)
    os.close(running)
    for _, far in pairs.values():
        far.close()
    return pid, finished


def _wait_for_cells(pid: int, finished: int) -> None:
    """Graded cells run after the last student cell; a process that never ends its cells is killed."""
    if not select.select([finished], [], [], CELLS_SECONDS)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(finished)
    os.waitpid(pid, 0)
