"""Read from `/proc` how much CPU processes use, and whether they have something to compute."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

CLOCK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# Fields of `/proc/…/stat` after the program's name: the state; user and system time of the process and of
# its ended children; the number of threads.
STATE, TIMES, THREADS = 0, slice(11, 15), 17
THREADS_READ = 64  # threads of a process that are read


class Usage:
    """The CPU use of a submission's processes, updated at each `look`.

    `cpu` are the CPU seconds of the running processes and of their ended children. `wanted` are all seconds
    so far in which one of them could compute, whether it got the CPU or not.
    """

    def __init__(self) -> None:
        self.cpu, self.wanted, self._looked = 0.0, 0.0, time.monotonic()

    def look(self, processes: Iterable[int]) -> None:
        """Read the state of the processes that run now."""
        found = {process: stat for process in processes if (stat := _stat(Path(f"/proc/{process}")))}
        self.cpu = sum(sum(map(int, stat[TIMES])) for stat in found.values()) / CLOCK
        now = time.monotonic()
        if any(_has_work(process, stat) for process, stat in found.items()):
            self.wanted += now - self._looked
        self._looked = now


def _stat(folder: Path) -> list[str]:
    """The fields of a process or thread; empty where it is gone."""
    with suppress(OSError):
        return (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return []


def _has_work(process: int, stat: list[str]) -> bool:
    """Whether a thread of it runs, or waits for the CPU or a disk. Waiting for a child doesn't count."""
    states = {stat[STATE]}
    if int(stat[THREADS]) > 1:
        states |= {each[STATE] for each in _threads(process) if each}
    return "R" in states or ("D" in states and not _has_children(process))


def _threads(process: int) -> Iterator[list[str]]:
    with suppress(OSError):
        yield from map(_stat, islice(Path(f"/proc/{process}/task").iterdir(), THREADS_READ))


def _has_children(process: int) -> bool:
    with suppress(OSError):
        return any(file.read_text() for file in Path(f"/proc/{process}/task").glob("*/children"))
    return False
