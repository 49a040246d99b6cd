"""What one submission may use; beyond it, its own exercise or cell ends, and nobody else's."""

from __future__ import annotations

import msgspec

MIB = 2**20


class Limits(msgspec.Struct, frozen=True):
    """Seconds are of CPU time; the clock allows five times that. Sizes are bytes."""

    cell_seconds: float = 60.0  # one of the learner's own cells
    cells_seconds: float = 180.0  # all of them together
    graded_seconds: float = 300.0  # all graded cells, on the clock
    memory: int = 2048 * MIB  # one process, beyond what the sandbox itself starts with
    total_memory: int = 4096 * MIB  # all processes of a submission, likewise
    processes: int = 64
    file_size: int = 32 * MIB
    folder: int = 64 * MIB  # `/tmp` and `/dev/shm`, each
    text: int = 20_000  # characters that one cell prints; the rest is left out
    image: int = 2 * MIB  # the pictures of one cell
