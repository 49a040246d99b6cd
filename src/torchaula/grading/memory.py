"""How much memory processes take: quickly, each by itself, or rightly, with what they share counted once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

RARELY = 20  # times as long as it took to look, until the next look
STEP = 128 * 2**20  # bytes more than at the last look, after which it is time for another


def resident(process: int) -> int:
    """Bytes that a process keeps for itself or shares with its forks; quick, however many they are."""
    with suppress(OSError):
        return _kilobytes(process, "status", ("RssAnon:", "RssShmem:")) * 1024
    return 0


def proportional(process: int) -> int:
    """The same, of which what is shared by several counts a part for each: milliseconds for a large process.

    A process that hides its memory counts with all of it.
    """
    try:
        return _kilobytes(process, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) * 1024
    except OSError:
        return resident(process)


def _kilobytes(process: int, file: str, fields: tuple[str, ...]) -> int:
    lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields))


class Shares:
    """The memory of all processes together, looked at no oftener than it is worth."""

    def __init__(self) -> None:
        self._found, self._next, self._resident = 0, 0.0, 0

    def sum(self, processes: Iterable[int], resident: int) -> int:
        """Bytes of all processes at the last look; `resident`: how much they take at most."""
        begun = time.monotonic()
        if begun >= self._next or resident > self._resident + STEP:
            self._found = sum(map(proportional, processes))
            self._resident = resident
            self._next = time.monotonic() + RARELY * (time.monotonic() - begun)
        return self._found
