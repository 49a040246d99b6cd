"""What the kernel keeps for processes and no process maps: buffers of sockets, entries of folders in memory.

Each is bounded by itself (`seccomp` lets no buffer grow, a pipe's are the kernel's own limit); here their
number is looked at, in two short reads however many processes there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SOCKETS = 1000  # of some 300 kB at most
ENTRIES = 100_000  # files and folders, of some 1.5 kB even where they are empty
SOCKSTAT = Path("/proc/net/sockstat")


def too_many(folders: Iterable[Path]) -> bool:
    """Whether a sandbox's processes hold more sockets, or more entries of `folders`, than honest ones."""
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
