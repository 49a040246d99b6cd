"""Many jobs, a few at once: results as they come, and once more, alone, what may have been bad luck."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from torchaula.grading.client import graded
from torchaula.grading.jobs import Job, Result

T = TypeVar("T")
AHEAD = 2  # jobs a worker that wait for it: enough to keep it busy, and few enough to hold in memory


def results(
    executor: Executor, jobs: Iterable[T], job: Callable[[T], Job], at_once: int
) -> Iterator[tuple[T, Result]]:
    """The result of `job(each)` for each of `jobs`, `at_once` at a time, in the order of their ends."""
    waiting: dict[Future[bytes], T] = {}
    unsure: list[T] = []

    def ended() -> Iterator[tuple[T, Result]]:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            each, result = waiting.pop(future), _decoded(future)
            if result.is_unsure and at_once > 1:
                unsure.append(each)
            else:
                yield each, result

    for each in jobs:
        if len(waiting) >= AHEAD * at_once:
            yield from ended()
        waiting[_submit(executor, replace(job(each), alone=at_once == 1))] = each
    while waiting:
        yield from ended()
    for each in unsure:
        yield each, _decoded(_submit(executor, job(each)))


def _submit(executor: Executor, job: Job) -> Future[bytes]:
    return executor.submit(graded, msgspec.msgpack.encode(job))


def _decoded(future: Future[bytes]) -> Result:
    return msgspec.msgpack.decode(future.result(), type=Result)
