"""Many jobs, a few at once: results as they come, and once more, alone, what may have been bad luck."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from torchaula.grading.trusted.budget import Spent
from torchaula.grading.trusted.client import graded
from torchaula.grading.trusted.jobs import Job, Result

T = TypeVar("T")
AHEAD = 2  # jobs a worker that wait for it: enough to keep it busy, and few enough to hold in memory
TICK = 0.5  # seconds


def results(
    executor: Executor, jobs: Iterable[T], job: Callable[[T], Job], at_once: int
) -> Iterator[tuple[T, Result]]:
    """The result of `job(each)` for each of `jobs`, `at_once` at a time, in the order of their ends."""
    waiting: dict[Future[bytes], T] = {}
    unsure: list[tuple[T, Spent]] = []

    def ended() -> Iterator[tuple[T, Result]]:
        for future in _done(waiting):
            each, result = waiting.pop(future), _decoded(future)
            if result.is_unsure and at_once > 1:
                unsure.append((each, result.spent))
            else:
                yield each, result

    for each in jobs:
        if len(waiting) >= AHEAD * at_once:
            yield from ended()
        waiting[_submit(executor, replace(job(each), alone=at_once == 1))] = each
    while waiting:
        yield from ended()
    for each, spent in unsure:
        for future in _done([_submit(executor, replace(job(each), spent=spent))]):
            yield each, _decoded(future)


def one(executor: Executor, job: Job) -> Result:
    """The result of one job."""
    for future in _done([_submit(executor, job)]):
        return _decoded(future)
    raise AssertionError  # `_done` waits for it


def _done(futures: Iterable[Future[bytes]]) -> set[Future[bytes]]:
    """Those that have ended, once one has. Looks up now and then: a signal may come just as a wait begins."""
    done: set[Future[bytes]] = set()
    while not done:
        done, _ = wait(futures, TICK, FIRST_COMPLETED)
    return done


def _submit(executor: Executor, job: Job) -> Future[bytes]:
    return executor.submit(graded, msgspec.msgpack.encode(job))


def _decoded(future: Future[bytes]) -> Result:
    return msgspec.msgpack.decode(future.result(), type=Result)
