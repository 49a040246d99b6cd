"""The student processes of one submission: start them, follow their cells, replace those that die."""

from __future__ import annotations

import time
from collections.abc import Sequence

from torchaula.checks.timelimit import BACKSTOP
from torchaula.grading.trusted.budget import Budget
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.outputs import Kept
from torchaula.grading.trusted.sandbox import Sandbox, SandboxDied, StudentProcess
from torchaula.grading.trusted.verdict import Lost
from torchaula.grading.wire import limits
from torchaula.grading.wire.frames import Channel, WireError
from torchaula.grading.wire.orders import Began, KilledFor, Leave, Lived, Ran, RunCell, Step

# The student process limits each cell itself; this limit is for code that ignores its alarms.
CELL_PATIENCE = limits.PATIENCE * limits.CELL_WALL_PER_CPU
REPLAYS = 3


class Lives:
    """The student processes of one submission: the first one, and replacements where it dies."""

    def __init__(
        self, sandbox: Sandbox, steps: Sequence[Step], seed: int, judged: Judged, budget: Budget
    ) -> None:
        self._sandbox, self._steps, self._seed, self._judged = sandbox, steps, seed, judged
        self.budget = budget
        self._limits = sandbox.confinement.limits
        self._kept = Kept(judged.outputs, self._limits)

    def live(self) -> dict[str, Channel]:
        """Run all cells and return the channel of each exercise. A cell that ends the process is left out.

        Raises `SandboxDied` naming the cell that crashed the sandbox.
        """
        cell = ""
        for _ in range(1 + REPLAYS):
            student = self._begin(self._steps, cell)
            cell, how = self._follow(student)
            if how is None:
                student.life.close()
                return student.exercises
            student.close()
            if cell:
                self._judged.lost[cell] = how
            if self.is_out_of_time():
                break
        return {}

    def again(self, exercise: str) -> Channel | None:
        """The channel of a new process for an exercise; None where its cells don't run to their end."""
        if self.is_out_of_time():
            return None
        until = self._steps.index(Leave(exercise))
        cells: list[Step] = [step for step in self._steps[:until] if isinstance(step, RunCell)]
        student = self._begin([*cells, Leave(exercise)], exercise)
        _cell, how = self._follow(student, is_first=False)
        student.life.close()
        return None if how else student.exercises[exercise]

    def is_out_of_time(self) -> bool:
        """Whether the budget is used up."""
        self._judged.is_out_of_time |= self.budget.is_over
        return self.budget.is_over

    def how_lost(self, cell: str) -> Lost | None:
        """How a cell was lost; None where it ran to its end."""
        return self._judged.lost.get(cell)

    def sources(self) -> list[str]:
        """The texts of all cells."""
        return [step.source for step in self._steps if isinstance(step, RunCell)]

    def killed_for(self) -> KilledFor:
        """The limit for which the processes were just killed; `NOTHING` if the whole sandbox is gone."""
        try:
            reason = self._sandbox.killed_for()
        except SandboxDied:
            return KilledFor.NOTHING
        if reason is KilledFor.TIME:
            self.budget.end_cpu()
        return reason

    def _begin(self, steps: Sequence[Step], where: str) -> StudentProcess:
        left = [s for s in steps if not (isinstance(s, RunCell) and s.id in self._judged.lost)]
        try:
            if self._sandbox.is_alive():
                return self._sandbox.begin(left, self._seed, self.budget.cpu_left)
        except SandboxDied:
            pass
        raise SandboxDied(cell=where)

    def _follow(self, student: StudentProcess, is_first: bool = True) -> tuple[str, Lost | None]:
        """Listen to a student process until its cells have run. Return the cell that ended it early, and how.

        Only the first run's outputs are kept: later ones could reveal what tests have asked.
        """
        cells = [step.id for step in self._steps if isinstance(step, RunCell)]
        cell, begun = "", time.monotonic()
        end = begun + BACKSTOP * self._limits.own_seconds
        try:
            for _ in range(2 * len(cells) + 1):
                left = min(end - time.monotonic(), CELL_PATIENCE * self._limits.cell_seconds)
                message, _ = student.life.receive(self.budget.left(max(left, 0.0)))
                if isinstance(message, Lived):
                    return "", None
                if isinstance(message, Began) and message.cell in cells:
                    cell, begun = message.cell, time.monotonic()
                elif not isinstance(message, Ran) or message.cell != (cell or None):
                    break
                elif is_first:
                    self._kept.keep(cell, message.outputs)
                    if message.timed_out or message.not_run:
                        self._judged.lost[cell] = Lost.NOT_RUN if message.not_run else Lost.TIMED_OUT
            how = Lost.DIED  # unexpected message: the process was tampered with
        except TimeoutError:
            how = Lost.TIMED_OUT
        except WireError:
            how = self._how_gone(time.monotonic() - begun)
        if not cell and not self.budget.is_over:
            raise SandboxDied
        return cell, how

    def _how_gone(self, seconds: float) -> Lost:
        """Why a process ended in the middle of a cell; the kernel ends one that ignores its alarms."""
        reason = self.killed_for()
        if reason is KilledFor.MEMORY:
            return Lost.OUT_OF_MEMORY
        is_late = reason is KilledFor.TIME or seconds >= self._limits.cell_seconds
        return Lost.TIMED_OUT if is_late else Lost.DIED
