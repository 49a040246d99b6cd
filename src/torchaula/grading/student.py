"""The student's side: a learner's cells in order, and a waiting fork for each exercise."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any, NoReturn

from torchaula.checks import session
from torchaula.checks.data import NotData
from torchaula.checks.observation import NOT_DATA, Failure, Observation, Scope, perform
from torchaula.checks.seeds import Stream, derive, seed_all
from torchaula.course.notebook import Notebook
from torchaula.grading.cells import execute, new_namespace
from torchaula.grading.wire import Channel, Open, TooLarge, WireError, from_observation, to_request


def live(
    notebook: Notebook,
    solutions: Mapping[str, str],
    only: Collection[str],
    seed: int,
    ends: Mapping[str, socket],
    finished: int,
) -> NoReturn:
    """Run the cells; at each exercise's place leave a fork that serves requests on its socket.

    Closes `finished`, a file descriptor, after the last cell. Never returns: this is the whole life
    of a student process.
    """
    _silence()
    session.serve_with(None, seed)
    namespace = new_namespace()
    for cell in notebook.cells:
        if cell.kind == "setup":
            execute(cell.source, cell.id, namespace)
        elif cell.kind == "solution" and cell.id in only:
            seed_all(derive(seed, cell.id))
            with suppress(Exception):  # its graded cells will say that the name is missing
                execute(solutions.get(cell.id, ""), cell.id, namespace)
            if os.fork() == 0:
                os.close(finished)
                _keep_only(ends, cell.id)
                _serve(Channel(ends[cell.id]), namespace)
            ends[cell.id].close()
    os._exit(0)


def _silence() -> None:
    """What a learner prints while being graded goes nowhere; there is nothing to read."""
    null = os.open(Path(os.devnull), os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.stdin, sys.stdout, sys.stderr = (open(n, mode) for n, mode in ((0, "r"), (1, "w"), (2, "w")))  # noqa: SIM115, PTH123


def _keep_only(ends: Mapping[str, socket], exercise: str) -> None:
    for name, end in ends.items():
        if name != exercise:
            end.close()


def _serve(channel: Channel, namespace: dict[str, Any]) -> NoReturn:
    """Answer requests until the judge hangs up."""
    setup = session.current().setup
    scope = Scope(namespace, setup, Stream(0))
    try:
        while True:
            message, buffers = channel.receive()
            if isinstance(message, Open):
                scope = Scope(namespace, setup, Stream(message.seed))
            else:
                _answer(channel, perform(to_request(message, buffers), scope))
    except WireError:
        os._exit(0)


def _answer(channel: Channel, seen: Observation) -> None:
    try:
        channel.send(*from_observation(seen))
    except (NotData, TooLarge) as error:
        failure = Failure(NOT_DATA, str(error))
        channel.send(*from_observation(Observation(failure=failure, trace=seen.trace)))
