"""Run jobs on an executor, a few at a time, and run jobs with unsure results once more, alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from torchaula.grading.trusted.budget import Spent
from torchaula.grading.trusted.client import graded
from torchaula.grading.trusted.jobs import Job, Result

T = TypeVar("T")
AHEAD = 2  # queued jobs per worker: enough to keep it busy, few enough to hold in memory
TICK = 0.5  # seconds


def results(
    executor: Executor, jobs: Iterable[T], job: Callable[[T], Job], at_once: int
) -> Iterator[tuple[T, Result]]:
    """Start the first of `jobs` now; yield each with the result of `job(each)`, in order of completion.

    `at_once` run at a time.
    """
    waiting: dict[Future[bytes], T] = {}
    left = iter(jobs)

    def submit(most: int) -> None:
        for each in islice(left, most):
            waiting[_submit(executor, replace(job(each), alone=at_once == 1))] = each

    def known() -> Iterator[tuple[T, Result]]:
        unsure: list[tuple[T, Spent]] = []
        while waiting:
            done = _done(waiting)
            submit(len(done))
            for future in done:
                each, result = waiting.pop(future), _decoded(future)
                if result.is_unsure and at_once > 1:
                    unsure.append((each, result.spent))
                else:
                    yield each, result
        for each, spent in unsure:
            for future in _done([_submit(executor, replace(job(each), spent=spent))]):
                yield each, _decoded(future)

    submit(AHEAD * at_once)
    return known()


def begin(executor: Executor, jobs: Iterable[Job]) -> list[Future[bytes]]:
    """Start jobs that run at the same time; `ended` waits for them."""
    return [_submit(executor, job) for job in jobs]


def ended(futures: Sequence[Future[bytes]]) -> list[Result]:
    """The results of jobs, in the same order, when all have ended."""
    waiting = set(futures)
    while waiting:
        waiting -= _done(waiting)
    return [_decoded(future) for future in futures]


def _done(futures: Iterable[Future[bytes]]) -> set[Future[bytes]]:
    """Wait until a future is done, in short steps: a signal can arrive just before a wait and be missed."""
    done: set[Future[bytes]] = set()
    while not done:
        done, _ = wait(futures, TICK, FIRST_COMPLETED)
    return done


def _submit(executor: Executor, job: Job) -> Future[bytes]:
    return executor.submit(graded, msgspec.msgpack.encode(job))


def _decoded(future: Future[bytes]) -> Result:
    return msgspec.msgpack.decode(future.result(), type=Result)
