"""The judge: run graded cells in this process, against a learner's code that runs in a sandbox.

Each submission has a judge in its own fork. A judge executes the instructor's text only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from torchaula.checks import messages, quotes
from torchaula.checks.session import serve_with
from torchaula.course.notebook import Cell, Notebook
from torchaula.grading.trusted.budget import Budget
from torchaula.grading.trusted.cells import explained, judge, new_namespace, set_up
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.lives import Lives
from torchaula.grading.trusted.outputs import plain, readable
from torchaula.grading.trusted.remote import LIVES, Remote
from torchaula.grading.trusted.sandbox import Sandbox, SandboxDied
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.trusted.verdict import Lost, Outcome
from torchaula.grading.wire import limits
from torchaula.grading.wire.calls import Instead
from torchaula.grading.wire.frames import WireError
from torchaula.grading.wire.orders import Step


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
