"""What one submission may use; beyond it, its own exercise or cell ends, and nobody else's."""

from __future__ import annotations

import msgspec

MIB = 2**20

# Time limits of grading that no course sets. Seconds: `_CPU` of CPU time, `_WALL` on the clock.
TEST_CPU = 15.0  # of the judge's own work, for one graded cell
TEST_WALL = 600.0  # for one graded cell with all its calls
TEST_GRACE_WALL = 1.0  # that a graded cell has to say that its answer's time ran out
JUDGE_WALL = 3600.0  # for all graded cells, where no budget ends them
JUDGE_GRACE_WALL = 30.0  # that the judge has to end by itself after a budget
SETUP_WALL = 60.0  # for set-up cells
DIAGNOSIS_WALL = 5.0  # for comparing the evidence of one submission
SANDBOX_START_WALL = 180.0  # until a sandbox is warm: `import torch` on a busy machine
SANDBOX_REPLY_WALL = 10.0  # until a sandbox is clean again, or has said what it was asked
CLEAN_UP_WALL = 5.0  # until killed processes are gone
LOOK_WALL = 0.1  # between looks at a submission's processes

# Factors.
CELL_WALL_PER_CPU = 2.0  # of a learner's own cell: seconds on the clock for each second of CPU
KERNEL_FACTOR = 2.0  # of a limit: then the kernel ends a process that catches or delays its alarm
PATIENCE = 1.5  # of a limit on the clock in the student process: so long the judge waits for it


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
