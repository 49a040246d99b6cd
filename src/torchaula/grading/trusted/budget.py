"""Count the time that one submission uses, retries included, and tell when its budget is used up."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import msgspec

from torchaula.grading.wire.limits import Limits

NOISE = 1.0  # seconds of waiting for the CPU that are normal on any machine
SHARE = 0.25  # of the time in which it could compute: beyond this share of waiting, the machine was busy


class Spent(msgspec.Struct, frozen=True):
    """Seconds that a submission has used so far: of CPU, and on the clock.

    `wanted` are the seconds in which one of its processes could compute, whether it got the CPU or not.
    """

    cpu: float = 0.0
    wall: float = 0.0
    wanted: float = 0.0

    @property
    def starved(self) -> float:
        """Seconds in which it could compute but had to wait for the CPU."""
        return max(0.0, self.wanted - self.cpu)

    @property
    def is_starved(self) -> bool:
        """Whether the machine was so busy that a timeout may be due to it."""
        return self.starved > NOISE + SHARE * self.wanted

    @property
    def is_starved_mostly(self) -> bool:
        """The same, relative to all its time and not only to the time in which it could compute."""
        return self.starved > NOISE + SHARE * self.wall


NOTHING_SPENT = Spent()


@dataclass
class Budget:
    """The time budget of one submission, which runs from `begun`; earlier tries have spent `before`."""

    cpu: float
    wall: float
    before: Spent = NOTHING_SPENT
    begun: float = field(default_factory=time.monotonic)
    _used: Spent = NOTHING_SPENT  # since `begun`, without the student processes that still run
    _is_out_of_cpu: bool = False

    @classmethod
    def of(cls, limits: Limits, before: Spent = NOTHING_SPENT) -> Budget:
        """The budget that these limits allow."""
        return cls(limits.cpu_seconds, limits.wall_seconds, before)

    @classmethod
    def unlimited(cls) -> Budget:
        """A budget without limits, for the course's own answers."""
        return cls(math.inf, math.inf)

    @property
    def spent(self) -> Spent:
        """The time that the submission has used, earlier tries included."""
        return Spent(
            self.before.cpu + self._used.cpu,
            self.before.wall + time.monotonic() - self.begun,
            self.before.wanted + self._used.wanted,
        )

    def since(self, earlier: Spent) -> Spent:
        """The time used since `earlier`."""
        now = self.spent
        return Spent(now.cpu - earlier.cpu, now.wall - earlier.wall, now.wanted - earlier.wanted)

    def left(self, most: float = math.inf) -> float:
        """The seconds left on the clock, at most `most` and at least 0."""
        return max(0.0, min(most, self.wall - self.spent.wall))

    @property
    def cpu_left(self) -> float:
        """The seconds of CPU that were left when the present student processes began."""
        return max(0.0, self.cpu - self.spent.cpu)

    @property
    def is_over(self) -> bool:
        """Whether there is no time left."""
        return self._is_out_of_cpu or not self.left() or not self.cpu_left

    def note(self, cpu: float, wanted: float) -> None:
        """Count the time of student processes that have ended."""
        self._used = Spent(self._used.cpu + cpu, 0.0, self._used.wanted + wanted)

    def end_cpu(self) -> None:
        """Note that the sandbox killed the submission's processes for using too much CPU."""
        self._is_out_of_cpu = True
