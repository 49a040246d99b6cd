"""Run a function in a forked process and get its result back as data."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec
import torch

from torchaula.checks import trace
from torchaula.checks.seeds import seed_all

T = TypeVar("T")
HUGE = 2 * 2**20  # bytes of a huge page, on x86-64 and aarch64 alike
MADV_COLLAPSE = 25
LARGEST_RESULT = 2**27  # bytes of a result


class ForkFailed(Exception):
    """The forked process died, took too long or raised; the text says which."""


def warm_up(trains: bool = True) -> None:
    """Make forks of this process cheap and safe: use one thread, and do lazy imports before any fork.

    What only optimisers import, torch's compiler, takes as long as torch itself: leave it out unless the
    process `trains`.
    """
    torch.set_num_threads(1)
    model = torch.nn.Linear(2, 2)
    torch.nn.functional.cross_entropy(model(torch.ones(2, 2)), torch.tensor([0, 1])).backward()  # type: ignore[no-untyped-call]
    trace.warm_up()
    seed_all(0)
    if trains:
        torch.optim.SGD(model.parameters(), lr=0.1).step()


def ready_for_forks() -> None:
    """Make forks of this warm process cheap.

    What is in memory by now is left out of garbage collection, which would look at all of it in each fork and
    so copy it; and it moves into huge pages. From now on garbage is collected, if it was not before.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    _collapse_memory()


def _collapse_memory() -> None:
    """Move this process's own memory into huge pages; do nothing where impossible.

    Most of the cost of forking a warm process is copying its page tables, for 250 MB in pages of 4 KB.
    """
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in maps.read_text().splitlines():
        place, rights, _offset, _device, _inode, *name = line.split()
        if rights.startswith("rw") and name in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in place.split("-"))
            first, last = -(-start // HUGE) * HUGE, end // HUGE * HUGE
            if first < last:
                madvise(first, last - first, MADV_COLLAPSE)


def in_fork(
    work: Callable[[], T],
    kind: type[T],
    seconds: float,
    memory: int | None = None,
    most: int = LARGEST_RESULT,
) -> T:
    """The result of `work()`, computed in a fork and decoded as `kind`.

    Raises `ForkFailed` where there is no result after `seconds`, or it has more than `most` bytes. All that
    `work` changes in its process is lost, and the processes that it leaves in its session are killed.
    `memory` is how many bytes of address space it may have beyond those of this process.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(work, writer, memory)
    os.close(writer)
    try:
        content = _read_all(reader, seconds, most)
    finally:
        os.close(reader)
        _kill_session(pid)
        _, status = os.waitpid(pid, 0)
    if content is None:
        raise ForkFailed(f"no result after {seconds:g} s")
    if not content.startswith(b"="):
        ended = f"ended with status {os.waitstatus_to_exitcode(status)}"
        raise ForkFailed(content[1:].decode(errors="replace") or ended)
    return msgspec.msgpack.decode(content[1:], type=kind)


def address_space() -> int:
    """Bytes of address space that this process has."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def _limit(memory: int) -> None:
    """Let this process have `memory` bytes of address space more, where the system can limit it."""
    with suppress(OSError, ValueError):
        space, hard = address_space() + memory, resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (space if hard < 0 else min(space, hard), hard))


def _child(work: Callable[[], T], writer: int, memory: int | None) -> NoReturn:
    """Do the work and exit; the fork never returns to the caller's code, even if nobody reads the result."""
    try:
        os.setsid()
        if memory is not None:
            _limit(memory)
        try:
            content = b"=" + msgspec.msgpack.encode(work())
        except BaseException:
            content = b"!" + traceback.format_exc().encode()
        with os.fdopen(writer, "wb") as stream:
            stream.write(content)
        sys.stdout.flush()
    finally:
        os._exit(0)


def _read_all(reader: int, seconds: float, most: int) -> bytes | None:
    """All that the fork writes; None where it takes too long."""
    chunks: list[bytes] = []
    deadline = _now() + seconds
    while (left := deadline - _now()) > 0 and select.select([reader], [], [], left)[0]:
        chunk = os.read(reader, 65536)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        most -= len(chunk)
        if most < 0:
            return b"!too much to say"
    return None


def descendants(process: int) -> Iterator[int]:
    """The children of a process, their children, and so on."""
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, file.read_text().split()):
                yield child
                yield from descendants(child)


def _now() -> float:
    return os.times().elapsed


def _kill_session(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
