"""Asking a worker to grade, from a process that needn't know torch: a command, or a Jupyter server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from socket import socketpair

from msgspec.structs import replace

from torchaula.grading import sandbox
from torchaula.grading.frames import Channel, WireError
from torchaula.grading.jobs import Job, Result
from torchaula.grading.submitted import read
from torchaula.i18n import _

# One thread each: two batches at once must not fight for cores, and forks must not hang.
THREADS = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
TRIES = 2


class GradingFailed(Exception):
    """Grading itself failed; nothing is said about the submission."""


class Client:
    """One worker, started when first needed and again when it dies; it ends with this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def grade(self, job: Job) -> Result:
        """The result of a job.

        Raises `Unreadable` where what was submitted holds no notebook, `GradingFailed` where grading fails.
        """
        read(job.submitted)
        with self._lock:
            for left in reversed(range(TRIES)):
                try:
                    result = self._ask(job)
                    break
                except WireError as error:
                    self.close()
                    if not left:
                        raise GradingFailed(_("the grading process died twice")) from error
            if result.problem:
                raise GradingFailed(result.problem)
            return result

    def _ask(self, job: Job) -> Result:
        if self._process is None:
            near, far = socketpair()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "torchaula.grading.worker", str(far.fileno())],
                pass_fds=[far.fileno()],
                env=os.environ | THREADS,
                stdin=subprocess.DEVNULL,
            )
            far.close()
            self._channel = Channel(near, Result)
        # Apart from the rest: a file with its figures is larger than a message may be.
        self._channel.send(replace(job, submitted=b""), [job.submitted])
        result: Result = self._channel.receive()[0]
        return result

    def close(self) -> None:
        """End the worker, and its sandbox with it."""
        if self._process is not None:
            self._channel.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5.0)
            self._process.kill()
            self._process.wait()
            self._process = None


@cache
def _client(_process: int) -> Client:
    return Client()


def shared() -> Client:
    """This process's own client; a fork makes another."""
    return _client(os.getpid())


@cache
def confinement(unsafe: bool) -> str:
    """The program that confines student code; empty if `unsafe`. Raises `Refusal` where there is none."""
    return "" if unsafe else sandbox.find().bwrap
