"""Measure the memory of processes: quickly, one by one, or exactly, with shared pages counted once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

RARELY = 20  # the pause until the next exact measurement, as a multiple of how long the last one took
PAUSE = 0.5  # seconds, the longest pause: the quick sum misses what is written to shared memory meanwhile
LOOK = 2.0  # seconds that an exact measurement may take
STEP = 128 * 2**20  # bytes of growth in the quick sum that call for a new exact measurement at once


def resident(process: int) -> int:
    """Bytes that a process has for itself or shares with its forks. This is quick for many processes too.

    It counts mapped memory only, and shows 0 for a process whose first thread has ended (`is_headless`).
    """
    with suppress(OSError):
        return _kilobytes(process, "status", ("RssAnon:", "RssShmem:")) * 1024
    return 0


def proportional(process: int) -> int:
    """The same, with shared pages divided among the processes that share them; takes some milliseconds.

    For a process that can't be read like this, shared pages count in full.
    """
    try:
        return _kilobytes(process, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) * 1024
    except OSError:
        return resident(process)


def is_headless(process: int) -> bool:
    """Whether a process runs on after its first thread has ended: then `/proc` shows none of its memory."""
    with suppress(OSError):
        has_others = sum(1 for _ in Path(f"/proc/{process}/task").iterdir()) > 1
        return has_others and "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    return False


def _kilobytes(process: int, file: str, fields: tuple[str, ...]) -> int:
    lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields))


class Shares:
    """The exact memory of all processes together, measured only as often as its cost allows."""

    def __init__(self) -> None:
        self._found, self._next, self._resident = 0.0, 0.0, 0

    def sum(self, processes: Iterable[int], resident: int) -> float:
        """Bytes of all processes at the last exact measurement; `resident` is their growth by the quick sum.

        Infinite where the measurement takes too long, since it would be out of date before it ends.
        """
        begun = time.monotonic()
        if begun >= self._next or resident > self._resident + STEP:
            self._found = _together(processes, begun + LOOK)
            self._resident, now = resident, time.monotonic()
            self._next = now + min(PAUSE, RARELY * (now - begun))
        return self._found


def _together(processes: Iterable[int], end: float) -> float:
    found = 0
    for process in processes:
        found += proportional(process)
        if time.monotonic() > end:
            return math.inf
    return found
