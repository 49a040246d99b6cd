"""Limit kernel memory that belongs to no process: buffers of sockets, and entries of folders in memory.

The size of each is limited already (`seccomp` lets no buffer grow; the kernel limits pipes). This module
limits their number, with two short reads however many processes there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SOCKETS = 1000  # about 300 kB each at most
ENTRIES = 100_000  # files and folders; even an empty one takes about 1.5 kB
SOCKSTAT = Path("/proc/net/sockstat")


def too_many(folders: Iterable[Path]) -> bool:
    """Whether a sandbox's processes hold more sockets, or more entries of `folders`, than honest code."""
    return _sockets() > SOCKETS or any(_entries(folder) > ENTRIES for folder in folders)


def _sockets() -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(SOCKSTAT.read_text().split()[2])  # "sockets: used 12"
    return 0


def _entries(folder: Path) -> int:
    with suppress(OSError):
        found = os.statvfs(folder)
        return found.f_files - found.f_ffree
    return 0
