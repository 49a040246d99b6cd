"""Start workers and send them jobs, from a process that need not import torch (a command, Jupyter)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from socket import socketpair

import msgspec
from msgspec.structs import replace

from torchaula.grading.trusted import confinement
from torchaula.grading.trusted.jobs import Assign, Job, Result
from torchaula.grading.wire.frames import Channel, WireError
from torchaula.i18n import _

# One thread for each worker: two batches at once must not compete for cores, and forks must not hang.
THREADS = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
TRIES = 2


def cores() -> int:
    """How many submissions can be graded at once: the cores that this process may use."""
    return len(_own_cores()) or os.cpu_count() or 1


def _own_cores() -> list[int]:
    """The cores that this process may use; none where the system doesn't say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class GradingFailed(Exception):
    """Grading itself failed, so there is no result for the submission."""


class Client:
    """One worker, started when first needed and again when it dies; it ends with this process.

    It runs on one `core`, if that is given: judge and student code wait for each other at every call,
    and on two cores each would wake up with empty CPU caches. `kept` is the folder where it caches the
    evidence of known answers, if any.
    """

    def __init__(self, core: int | None = None, kept: Path | None = None) -> None:
        self._core, self.kept = core, kept
        self._assigned: tuple[bytes, Path | None] | None = None  # what the worker knows
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_over = False

    def grade(self, job: Job) -> Result:
        """The result of a job. Raises `GradingFailed` where grading fails."""
        with self._lock:
            for left in reversed(range(TRIES)):
                try:
                    result = self._ask(job)
                    break
                except WireError as error:
                    self.close()
                    if not left or self._is_over:
                        raise GradingFailed(_("the grading process died twice")) from error
            if result.problem:
                raise GradingFailed(result.problem)
            return result

    def begin(self) -> None:
        """Start the worker, if there is none: what it imports takes seconds."""
        if self._process is not None:
            return
        near, far = socketpair()
        self._channel = Channel(near, Result)  # before there is a process: a signal may end this anywhere
        self._process = subprocess.Popen(
            [sys.executable, "-m", "torchaula.grading.trusted", str(far.fileno())],
            pass_fds=[far.fileno()],
            env=os.environ | THREADS,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C must reach the caller only, which then decides
        )
        far.close()
        if self._core is not None:
            with suppress(OSError):
                os.sched_setaffinity(self._process.pid, {self._core})  # its children inherit this
        if self._is_over:  # `stop` was called before there was a worker
            self._process.kill()

    def _ask(self, job: Job) -> Result:
        self.begin()
        if self._assigned != (job.assigned, self.kept):
            self._channel.send(Assign(str(self.kept or "")), [job.assigned])
            self._assigned = job.assigned, self.kept
        self._channel.send(replace(job, assigned=b"", rebuilt=b""), [job.rebuilt])
        result: Result = self._channel.receive()[0]
        return result

    def stop(self) -> None:
        """Kill the worker now and never restart it; safe from another thread."""
        self._is_over = True
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        """End the worker, and its sandbox with it; safe from another thread."""
        process, self._process, self._assigned = self._process, None, None
        if process is not None:
            self._channel.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5.0)
            process.kill()
            process.wait()


@cache
def _client(_process: int) -> Client:
    return Client()


def shared(kept: Path | None = None) -> Client:
    """The client of this process; a fork has its own. `kept` as in `Client`."""
    client = _client(os.getpid())
    client.kept = kept or client.kept
    return client


class Workers(ThreadPoolExecutor):
    """An executor that has one worker for each thread. Submit `graded` to it, with a job as bytes.

    `kept` is the folder on this machine where workers cache the evidence of known answers, if any.
    Any other executor works too if it calls `graded` in its threads or processes.
    """

    def __init__(self, jobs: int, kept: Path | None = None) -> None:
        self._kept = kept
        self._clients: list[Client] = []
        self._begun: list[Client] = []  # that no thread has yet
        self._is_over = False
        # With fewer workers than cores, another batch may have chosen the same cores.
        own = _own_cores()
        self._cores = own if jobs == len(own) else []
        super().__init__(jobs, thread_name_prefix="grading", initializer=self._equip)

    def begin(self, count: int) -> None:
        """Start so many workers now, for jobs that will surely come."""
        for _number in range(count):
            client = self._make()
            client.begin()
            self._begun.append(client)

    def _make(self) -> Client:
        client = Client(self._cores.pop() if self._cores else None, self._kept)
        self._clients.append(client)
        return client

    def _equip(self) -> None:
        try:
            _local.client = self._begun.pop()
        except IndexError:
            _local.client = self._make()
        if self._is_over:
            _local.client.stop()

    def stop(self) -> None:
        """Kill all workers now, and drop the jobs that are not done."""
        self._is_over = True
        self.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            client.stop()
        self.shutdown()
        for client in self._clients:
            client.close()


_local = threading.local()


def graded(job: bytes) -> bytes:
    """Grade a job and return its result, both as msgpack; if grading fails, the result has a `problem`."""
    if not hasattr(_local, "client"):
        _local.client = Client()
    try:
        result = _local.client.grade(msgspec.msgpack.decode(job, type=Job))
    except GradingFailed as error:
        result = Result(problem=str(error))
    return msgspec.msgpack.encode(result)


@cache
def require_confinement() -> None:
    """Raise `Refusal` where no sandbox works on this machine."""
    confinement.find()
