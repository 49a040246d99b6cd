"""The judge: run graded cells in this process, against a learner's code that runs in a sandbox.

Each submission has a judge in its own fork. A judge executes the instructor's text only.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from torchaula.checks import messages, quotes
from torchaula.checks.observation import MAX_TEXT, Failure, Observation, Request
from torchaula.checks.session import exercise_of, serve_with
from torchaula.checks.timelimit import BACKSTOP
from torchaula.course.notebook import Cell, Notebook
from torchaula.findings import TIMEOUTS, Reason
from torchaula.grading.trusted.budget import Budget, Spent
from torchaula.grading.trusted.cells import explained, judge, new_namespace, set_up
from torchaula.grading.trusted.diagnosis import Evidence, Replies
from torchaula.grading.trusted.outputs import Kept, plain, readable
from torchaula.grading.trusted.sandbox import Sandbox, SandboxDied, StudentProcess
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Lost, Outcome, Verdict
from torchaula.grading.wire import limits
from torchaula.grading.wire.calls import Instead, Open, Seen, from_request, to_observation
from torchaula.grading.wire.frames import Channel, WireError
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import Began, KilledFor, Leave, Lived, Output, Ran, RunCell, Step

# The student process limits each request and cell itself; these limits are for code that ignores its alarms.
CALL_PATIENCE = limits.PATIENCE * BACKSTOP
CELL_PATIENCE = limits.PATIENCE * limits.CELL_WALL_PER_CPU
REPLAYS = 3
LIVES = 2  # student processes that one exercise may end


class Judged(msgspec.Struct):
    """The result for a submission: `verdicts` by graded cell, and `outputs` by cell of the learner's.

    `lost` tells how cells of the learner's ended that crashed, timed out or were not run. `fatal` is the cell
    or exercise that crashed the whole sandbox (empty if unknown): then the verdicts are not complete.
    `is_unsure`: a retry, alone on the machine, might end otherwise. `spent` is the time that was used.
    `is_out_of_time`: it did not suffice. `is_starved`: it would have sufficed if the machine had not been
    busy.
    """

    verdicts: dict[str, Verdict] = {}
    outputs: dict[str, list[Output]] = {}
    lost: dict[str, Lost] = {}
    fatal: str | None = None
    is_unsure: bool = False
    evidence: dict[str, Evidence] = {}  # of failed cells, for `diagnosis`
    errors: dict[str, str] = {}  # the exceptions of failed cells, for their author; no learner reads them
    is_judge_lost: bool = False  # the judge's own process ended, by a test or by the system
    endless: list[str] = []  # graded cells that time out however idle the machine is
    spent: Spent = Spent()
    is_out_of_time: bool = False
    is_starved: bool = False


def run(
    sandbox: Sandbox,
    notebook: Notebook,
    steps: Sequence[Step],
    only: Collection[str],
    seeds: Seeds,
    lost: Mapping[str, Lost],
    budget: Budget,
) -> Judged:
    """Run the learner's cells in `steps`, except those in `lost`, and then the graded cells.

    `only` are the exercises to grade. When the `budget` is used up, the remaining cells count as not reached.
    """
    judged = Judged(lost=dict(lost))
    try:
        lives = Lives(sandbox, steps, seeds.public, judged, budget)
        remote = Remote(lives.live(), lives, sandbox.confinement.limits)
        _judge(remote, notebook, only, seeds, judged)
        remote.close()
        if not sandbox.is_alive():  # the last cells may have failed only because the sandbox died
            raise SandboxDied
    except SandboxDied as death:
        judged.fatal = death.cell
    return judged


def run_each(
    sandbox: Sandbox,
    notebook: Notebook,
    steps: Sequence[Step],
    exercise: str,
    answers: Sequence[str],
    seeds: Seeds,
) -> list[Judged]:
    """Run an exercise's graded cells against several answers, which one student process runs in turn.

    The list ends before the first answer that crashes the process or times out.
    """
    found: list[Judged] = []
    lives = Lives(sandbox, steps, seeds.public, Judged(), Budget.unlimited())
    channels = lives.live()
    for answer in answers:
        remote = Remote(channels, lives, sandbox.confinement.limits, used={exercise: LIVES}, answer=answer)
        try:
            channels[exercise].send(Instead(exercise, answer, seeds.public))
        except (KeyError, WireError):
            break
        _judge(remote, notebook, [exercise], seeds, judged := Judged())
        if exercise not in channels:
            break
        found.append(judged)
    for channel in channels.values():
        channel.close()
    return found


def _judge(remote: Remote, notebook: Notebook, only: Collection[str], seeds: Seeds, judged: Judged) -> None:
    """Run set-up and graded cells, and note the results in `judged`."""
    serve_with(remote, seeds.public, seeds.of(notebook))
    namespace = new_namespace()
    for cell in notebook.cells:
        if cell.kind == "setup":
            set_up(cell.source, cell.id, namespace)
        elif cell.kind == "graded" and cell.exercise in only:
            if remote.lives.is_out_of_time():
                judged.verdicts[cell.id] = explained(Outcome.NOT_REACHED, cell.id, messages.out_of_time())
            else:
                _judge_cell(remote, cell, namespace, judged)


def _judge_cell(remote: Remote, cell: Cell, namespace: dict[str, Any], judged: Judged) -> None:
    """Run one graded cell, and note its result in `judged`."""
    quotes.begin(quotes.QUOTED_CHARACTERS if cell.is_hidden else None, cell.source, remote.is_written)
    clock = remote.lives.budget.left(limits.TEST_WALL) + limits.TEST_GRACE_WALL
    ending = judge(cell.source, cell.id, namespace, clock)
    judged.verdicts[cell.id] = verdict = readable(ending.verdict)
    if ending.error:
        judged.errors[cell.id] = plain(ending.error)
    if ending.is_endless:
        judged.endless.append(cell.id)
    if ending.is_late:
        remote.drop(cell.exercise)
    if verdict.finding and (evidence := remote.replies.evidence(verdict.outcome, verdict.finding)):
        judged.evidence[cell.id] = evidence


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
