"""The time that one submission may take, however often parts of it are tried again."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import msgspec

from torchaula.grading.wire.limits import Limits

NOISE = 1.0  # seconds without CPU that any machine may cost
SHARE = 0.25  # of the time in which there was something to compute: beyond it the machine was busy


class Spent(msgspec.Struct, frozen=True):
    """Seconds that a submission has taken so far: of CPU, and on the clock.

    `wanted` are those in which one of its processes had something to compute, whether it got the CPU or not.
    """

    cpu: float = 0.0
    wall: float = 0.0
    wanted: float = 0.0

    @property
    def starved(self) -> float:
        """Seconds in which it waited for the CPU, and not for itself."""
        return max(0.0, self.wanted - self.cpu)

    @property
    def is_starved(self) -> bool:
        """Whether the machine was so busy that what took too long may not have, by itself."""
        return self.starved > NOISE + SHARE * self.wanted

    @property
    def is_starved_mostly(self) -> bool:
        """The same of all its time, and not only of what it computed."""
        return self.starved > NOISE + SHARE * self.wall


NOTHING = Spent()


@dataclass
class Budget:
    """What is left of the time of one submission, from `begun` on; `before` was spent in earlier tries."""

    cpu: float
    wall: float
    before: Spent = NOTHING
    begun: float = field(default_factory=time.monotonic)
    _used: Spent = NOTHING  # since then, without what is going on now
    _is_out_of_cpu: bool = False

    @classmethod
    def of(cls, limits: Limits, before: Spent = NOTHING) -> Budget:
        """The budget that limits set."""
        return cls(limits.cpu_seconds, limits.wall_seconds, before)

    @classmethod
    def unlimited(cls) -> Budget:
        """No budget, for what is the course's own."""
        return cls(math.inf, math.inf)

    @property
    def spent(self) -> Spent:
        """What the submission has taken, earlier tries included."""
        return Spent(
            self.before.cpu + self._used.cpu,
            self.before.wall + time.monotonic() - self.begun,
            self.before.wanted + self._used.wanted,
        )

    def since(self, earlier: Spent) -> Spent:
        """What was spent since `earlier`."""
        now = self.spent
        return Spent(now.cpu - earlier.cpu, now.wall - earlier.wall, now.wanted - earlier.wanted)

    def left(self, most: float = math.inf) -> float:
        """Seconds on the clock that are left, and `most` at most; none is 0."""
        return max(0.0, min(most, self.wall - self.spent.wall))

    @property
    def cpu_left(self) -> float:
        """Seconds of CPU that were left when what goes on now began."""
        return max(0.0, self.cpu - self.spent.cpu)

    @property
    def is_over(self) -> bool:
        """Whether there is no time left."""
        return self._is_out_of_cpu or not self.left() or not self.cpu_left

    def note(self, cpu: float, wanted: float) -> None:
        """Count what one life of the submission in a sandbox took."""
        self._used = Spent(self._used.cpu + cpu, 0.0, self._used.wanted + wanted)

    def end_cpu(self) -> None:
        """The sandbox has ended the submission's processes for the CPU that they took."""
        self._is_out_of_cpu = True
