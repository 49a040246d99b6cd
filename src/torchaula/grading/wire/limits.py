"""What one submission may use; beyond it, its own exercise or cell ends, and nobody else's."""

from __future__ import annotations

import msgspec

MIB = 2**20
CELL_CLOCK = 2.0  # seconds on the clock for each second of CPU that one of the learner's own cells may take


class Limits(msgspec.Struct, frozen=True):
    """Seconds are of CPU time, if nothing else is said. Sizes are bytes."""

    cell_seconds: float = 60.0  # one of the learner's own cells; the clock allows twice that
    cells_seconds: float = 90.0  # all of them together, and never more than three quarters of what follows
    cpu_seconds: float = 120.0  # all that a submission does, second tries included
    wall_seconds: float = 300.0  # likewise, on the clock
    memory: int = 2048 * MIB  # one process, beyond what the sandbox itself starts with
    total_memory: int = 4096 * MIB  # all processes of a submission, likewise
    processes: int = 64
    file_size: int = 32 * MIB
    folder: int = 64 * MIB  # `/tmp` and `/dev/shm`, each
    text: int = 20_000  # characters that one cell prints; the rest is left out
    image: int = 2 * MIB  # the pictures of one cell

    @property
    def own_seconds(self) -> float:
        """What a learner's own cells may take together, so that something is left to grade them."""
        return min(self.cells_seconds, 0.75 * self.cpu_seconds)
