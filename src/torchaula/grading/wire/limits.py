"""Define the limits of one submission. Exceeding one ends its own exercise or cell, and no other's."""

from __future__ import annotations

import msgspec

MIB = 2**20

# Time limits of grading that no course sets, in seconds: `_CPU` is CPU time, `_WALL` is time on the clock.
TEST_CPU = 15.0  # for the judge's own work in one graded cell
TEST_WALL = 600.0  # for one graded cell with all its calls
TEST_GRACE_WALL = 1.0  # for a graded cell to report that the budget is used up
JUDGE_WALL = 3600.0  # for all graded cells, where no budget ends them
JUDGE_GRACE_WALL = 30.0  # for the judge to end by itself after the budget is used up
SETUP_WALL = 60.0  # for set-up cells
DIAGNOSIS_WALL = 5.0  # for comparing the evidence of one submission
SANDBOX_START_WALL = 180.0  # until a sandbox is warm: `import torch` is slow on a busy machine
SANDBOX_REPLY_WALL = 10.0  # until a sandbox is clean again, or has replied to a message
CLEAN_UP_WALL = 5.0  # until killed processes are gone
LOOK_WALL = 0.1  # between two looks at a submission's processes

# Factors.
CELL_WALL_PER_CPU = 2.0  # seconds on the clock that a learner's own cell has for each second of CPU
KERNEL_FACTOR = 2.0  # times a limit, the kernel ends a process that catches or delays its alarm
PATIENCE = 1.5  # times the student process's own clock limit, the judge waits for it


class Limits(msgspec.Struct, frozen=True):
    """The limits of one submission. Seconds are CPU time unless noted otherwise; sizes are bytes."""

    cell_seconds: float = 60.0  # one of the learner's own cells; the clock allows twice that
    cells_seconds: float = 90.0  # all of them together; never more than three quarters of `cpu_seconds`
    cpu_seconds: float = 120.0  # everything that a submission does, retries included
    wall_seconds: float = 300.0  # the same, on the clock
    memory: int = 2048 * MIB  # one process, in addition to what the sandbox itself starts with
    total_memory: int = 4096 * MIB  # all processes of a submission, again in addition to that
    processes: int = 64
    file_size: int = 32 * MIB
    folder: int = 64 * MIB  # `/tmp` and `/dev/shm`, each
    text: int = 20_000  # characters that one cell prints; the rest is left out
    image: int = 2 * MIB  # all pictures of one cell

    @property
    def own_seconds(self) -> float:
        """The seconds that a learner's own cells may take together, so that some are left to grade them."""
        return min(self.cells_seconds, 0.75 * self.cpu_seconds)
