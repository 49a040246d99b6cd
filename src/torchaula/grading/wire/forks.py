"""A function in a forked process of its own, whose result comes back as data or not at all."""

from __future__ import annotations

import ctypes
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

T = TypeVar("T")
HUGE = 2 * 2**20  # bytes of a huge page, on x86-64 and aarch64 alike
MADV_COLLAPSE = 25
MOST = 2**27  # bytes of a result


class ForkFailed(Exception):
    """The forked process died, took too long or raised; the text says which."""


def warm_up() -> None:
    """Make forks of this process cheap and safe: one thread, and lazy imports done before the first."""
    torch.set_num_threads(1)
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.nn.functional.cross_entropy(model(torch.ones(2, 2)), torch.tensor([0, 1])).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def collapse_memory() -> None:
    """Put this process's own memory into huge pages, for forks to be cheap; nothing where it can't be done.

    Most of what a fork of a warm process takes is its page tables: 250 MB in pages of 4 KB.
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
    work: Callable[[], T], kind: type[T], seconds: float, memory: int | None = None, most: int = MOST
) -> T:
    """The result of `work()`, computed in a fork and decoded as `kind`.

    Raises `ForkFailed` where there is none after `seconds`, or it takes more than `most` bytes. Nothing that
    `work` does to its process, nor the processes that it leaves behind in its session, stays. `memory` is how
    many bytes of addresses it may have beyond those of this process: what asks for more finds none.
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
    """Bytes of addresses that this process has."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def _limit(memory: int) -> None:
    """Let this process have so many bytes of addresses more, as far as that can be told here."""
    with suppress(OSError, ValueError):
        space, hard = address_space() + memory, resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (space if hard < 0 else min(space, hard), hard))


def _child(work: Callable[[], T], writer: int, memory: int | None) -> NoReturn:
    """Do the work and end; nothing of the caller's code runs here, even where nobody reads the result."""
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
    """What a fork says; None where it takes too long."""
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
    """The children of a process, and theirs."""
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
