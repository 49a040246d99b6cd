"""The judge's back end: send a check's requests to an exercise's student process."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from torchaula.checks.observation import MAX_TEXT, Failure, Observation, Request
from torchaula.checks.session import exercise_of
from torchaula.checks.timelimit import BACKSTOP
from torchaula.findings import TIMEOUTS, Reason
from torchaula.grading.trusted.diagnosis import Replies
from torchaula.grading.trusted.lives import Lives
from torchaula.grading.trusted.verdict import Lost
from torchaula.grading.wire import limits
from torchaula.grading.wire.calls import Open, Seen, from_request, to_observation
from torchaula.grading.wire.frames import Channel, WireError
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import KilledFor

# The student process limits each request itself; this limit is for code that ignores its alarms.
CALL_PATIENCE = limits.PATIENCE * BACKSTOP
LIVES = 2  # student processes that one exercise may end


@dataclass
class Remote:
    """A back end that sends requests to an exercise's student process, or to a second one if it is gone."""

    channels: dict[str, Channel]
    lives: Lives
    limits: Limits
    cell: str = ""
    used: dict[str, int] = field(default_factory=dict)  # how many processes of an exercise are gone
    replies: Replies = field(default_factory=Replies)  # of this cell
    answer: str = ""  # graded in place of the submission's

    def open(self, cell: str, seed: int) -> None:
        """Tell the exercise's process that a graded cell begins."""
        self.cell = cell
        self.replies.begin()
        for _ in range(LIVES):
            channel = self._channel(exercise_of(cell))
            if channel is None:
                return
            try:
                return channel.send(Open(seed), seconds=self.lives.budget.left(limits.TEST_WALL))
            except (WireError, TimeoutError):  # no request of this cell is the cause
                self._lose()

    def _channel(self, exercise: str) -> Channel | None:
        """The channel to an exercise's process, or to a second one where the first is gone."""
        if exercise not in self.channels and 0 < self.used.get(exercise, 0) < LIVES:
            again = self.lives.again(exercise)
            if again is not None:
                self.channels[exercise] = again
        return self.channels.get(exercise)

    def perform(self, request: Request) -> Observation:
        """Send a request and wait for the observation; it is a failure where the process is gone."""
        channel = self.channels.get(exercise_of(self.cell))
        if channel is None:
            return self._failed(request, self._lost_solution() or Failure.of(Reason.NOT_REACHED))
        asked = time.monotonic()
        left = self.lives.budget.left(request.seconds * CALL_PATIENCE)
        call, tensors = from_request(request)
        try:
            channel.send(call, tensors, left)
            message, buffers = channel.receive(left)
            if not isinstance(message, Seen):
                raise WireError("not an observation")
            seen = to_observation(message, buffers)
            self.replies.note(call, tensors, message, buffers)
        except TimeoutError:
            self._lose()
            is_over = self.lives.is_out_of_time()
            return self._failed(request, Failure.of(Reason.SPENT) if is_over else _timeout(request))
        except (WireError, MemoryError):
            self._lose()
            return self._failed(request, self._gone(request, time.monotonic() - asked))
        if seen.failure is not None and seen.failure.reason in TIMEOUTS:
            self._lose()
        if seen.failure is not None and seen.failure.reason is Reason.UNDEFINED and self._lost_solution():
            return self._failed(request, self._lost_solution())
        return seen

    def _gone(self, request: Request, seconds: float) -> Failure:
        """Why a process ended in the middle of a request."""
        reason = self.lives.killed_for()
        if reason in (KilledFor.MEMORY, KilledFor.TIME):
            return Failure.of(Reason.OUT_OF_MEMORY if reason is KilledFor.MEMORY else Reason.SPENT)
        return _timeout(request) if seconds >= request.seconds else Failure.of(Reason.DIED)

    def _lost_solution(self) -> Failure | None:
        """The failure of an exercise whose own cell was lost; None where it ran to its end."""
        failures = {
            Lost.DIED: Failure.of(Reason.DIED),
            Lost.TIMED_OUT: Failure.of(Reason.TIMEOUT, f"{self.limits.cell_seconds:g}"),
            Lost.OUT_OF_MEMORY: Failure.of(Reason.OUT_OF_MEMORY),
            Lost.NOT_RUN: Failure.of(Reason.UNRUN, f"{self.limits.own_seconds:g}"),
        }
        how = self.lives.how_lost(exercise_of(self.cell))
        return None if how is None else failures[how]

    def is_written(self, number: int, line: str) -> bool:
        """Whether a cell that was handed in has this line at this number."""
        return number > 0 and any(
            line == text.strip()[:MAX_TEXT]
            for source in (self.answer, *self.lives.sources())
            for text in source.split("\n")[number - 1 : number]
        )

    def _lose(self) -> None:
        self.drop(exercise_of(self.cell))

    @staticmethod
    def _failed(request: Request, failure: Failure | None) -> Observation:
        return Observation(failure=failure, arguments=(request.args, request.kwargs))

    def drop(self, exercise: str) -> None:
        """Close the channel to an exercise's process, which may still be computing."""
        if exercise in self.channels:
            self.channels.pop(exercise).close()
            self.used[exercise] = self.used.get(exercise, 0) + 1

    def close(self) -> None:
        """Close the channels to all processes."""
        for channel in self.channels.values():
            channel.close()


def _timeout(request: Request) -> Failure:
    return Failure.of(Reason.TIMEOUT, f"{request.seconds:g}")
