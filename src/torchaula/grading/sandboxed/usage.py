"""How much CPU processes take, and whether they have something to compute; as `/proc` tells."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

CLOCK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# Fields of `/proc/…/stat` after the program's name: state; user and system time of the process, and of its
# children that ended; threads.
STATE, TIMES, THREADS = 0, slice(11, 15), 17
MOST = 64  # threads that are looked at


class Usage:
    """What a submission's processes take, looked at again and again.

    `cpu` are the seconds of those that are there, with their children that ended. `wanted` are all seconds
    so far in which one of them could compute, if the machine let it.
    """

    def __init__(self) -> None:
        self.cpu, self.wanted, self._looked = 0.0, 0.0, time.monotonic()

    def look(self, processes: Iterable[int]) -> None:
        """Look at the processes that there are now."""
        found = {process: stat for process in processes if (stat := _stat(Path(f"/proc/{process}")))}
        self.cpu = sum(sum(map(int, stat[TIMES])) for stat in found.values()) / CLOCK
        now = time.monotonic()
        if any(_has_work(process, stat) for process, stat in found.items()):
            self.wanted += now - self._looked
        self._looked = now


def _stat(folder: Path) -> list[str]:
    """The fields of a process or thread; none where it is gone."""
    with suppress(OSError):
        return (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return []


def _has_work(process: int, stat: list[str]) -> bool:
    """Whether a thread of it runs, or waits for the CPU or a disk; waiting for a child is no work."""
    states = {stat[STATE]}
    if int(stat[THREADS]) > 1:
        states |= {each[STATE] for each in _threads(process) if each}
    return "R" in states or ("D" in states and not _has_children(process))


def _threads(process: int) -> Iterator[list[str]]:
    with suppress(OSError):
        yield from map(_stat, islice(Path(f"/proc/{process}/task").iterdir(), MOST))


def _has_children(process: int) -> bool:
    with suppress(OSError):
        return any(file.read_text() for file in Path(f"/proc/{process}/task").glob("*/children"))
    return False
