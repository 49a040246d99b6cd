"""How much memory processes take: quickly, each by itself, or rightly, with what they share counted once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

RARELY = 20  # times as long as it took to look, until the next look
PAUSE = 0.5  # seconds at most until then: what is written to shared memory meanwhile shows in no quick sum
LOOK = 2.0  # seconds that a look may take
STEP = 128 * 2**20  # bytes more than at the last look, after which it is time for another


def resident(process: int) -> int:
    """Bytes that a process keeps for itself or shares with its forks; quick, however many they are.

    It sees what is mapped, and nothing of a process whose first thread is gone (`is_headless`).
    """
    with suppress(OSError):
        return _kilobytes(process, "status", ("RssAnon:", "RssShmem:")) * 1024
    return 0


def proportional(process: int) -> int:
    """The same, of which what is shared by several counts a part for each: milliseconds for a large process.

    Of a process that can't be read so, what it shares counts in full.
    """
    try:
        return _kilobytes(process, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) * 1024
    except OSError:
        return resident(process)


def is_headless(process: int) -> bool:
    """Whether a process goes on without its first thread, so that `/proc` shows none of its memory."""
    with suppress(OSError):
        has_others = sum(1 for _ in Path(f"/proc/{process}/task").iterdir()) > 1
        return has_others and "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    return False


def _kilobytes(process: int, file: str, fields: tuple[str, ...]) -> int:
    lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields))


class Shares:
    """The memory of all processes together, looked at no oftener than it is worth."""

    def __init__(self) -> None:
        self._found, self._next, self._resident = 0.0, 0.0, 0

    def sum(self, processes: Iterable[int], resident: int) -> float:
        """Bytes of all processes at the last look; `resident`: how much they take at most.

        Endless where a look takes too long: it would be out of date before it ends.
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
