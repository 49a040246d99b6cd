"""Grading as a function: an instructor's notebook and a learner's cells in, verdicts out."""

from __future__ import annotations

import ast
import contextlib
import io
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence

import torch

from torchaula.checks.session import COURSE_SEED
from torchaula.course.magics import as_python
from torchaula.course.notebook import Notebook
from torchaula.grading.trusted import judge, local
from torchaula.grading.trusted.budget import NOTHING, Budget, Spent
from torchaula.grading.trusted.cells import SetupFailed
from torchaula.grading.trusted.judge import Judged
from torchaula.grading.trusted.sandbox import Sandbox
from torchaula.grading.trusted.seeds import PUBLISHED, Seeds
from torchaula.grading.trusted.verdict import Lost, Outcome, Verdict
from torchaula.grading.wire import limits, words
from torchaula.grading.wire.forks import ForkFailed, collapse_memory, in_fork, warm_up
from torchaula.grading.wire.orders import Cell, Leave, Step

MEMORY = 2 * 2**30  # bytes that it may take beyond what the worker has: replies are held in it
TRIES = 3  # sandboxes that a submission may take with it
RUN = ("setup", "solution", "free", "manual")  # the kinds of cells that a student process runs


def prepare(notebook: Notebook) -> None:
    """Warm this process for many calls: what tests and set-up import lazily, and the tests' own code."""
    warm_up()
    model = {name: exercise.solution.answer for name, exercise in notebook.exercises.items()}
    with quiet():
        local.run(notebook, model, list(model), COURSE_SEED)
    collapse_memory()


def import_for(notebook: Notebook) -> None:
    """Import what forks of this process would each import again: what training takes, and the set-up."""
    warm_up()
    for cell in notebook.setup:
        with contextlib.suppress(SyntaxError):
            tree = ast.parse(as_python(cell.source))
            for node in tree.body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    with quiet(), contextlib.suppress(Exception):  # the set-up itself will say so
                        exec(compile(ast.Module([node], []), "<imports>", "exec"), {"__name__": "imports"})


def require_setup(notebook: Notebook) -> None:
    """Raise `SetupFailed` where the set-up can't run."""

    def work() -> list[str]:
        torch.set_num_threads(1)
        try:
            with quiet():
                local.run(notebook, {}, [], COURSE_SEED)
        except SetupFailed as error:
            return [error.cell, error.error]
        return []

    try:
        found = in_fork(work, list[str], limits.SETUP_WALL)
    except ForkFailed as error:
        found = [notebook.setup[0].id, _last_line(error)]
    if found:
        raise SetupFailed(*found)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing printed, and no warning costs anything, whatever this process makes of them."""
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(action="ignore"),
    ):
        yield


class Engine:
    """Grades submissions to one instructor's notebook in one sandbox, one after the other."""

    def __init__(self, notebook: Notebook, sandbox: Sandbox, seeds: Seeds = PUBLISHED) -> None:
        self.notebook, self.sandbox, self.seeds = notebook, sandbox, seeds

    def grade(
        self,
        submission: Notebook,
        only: Collection[str] | None = None,
        *,
        alone: bool = True,
        spent: Spent = NOTHING,
    ) -> Judged:
        """What becomes of a submission, a rebuilt notebook. `only` are the exercises to grade; None: all.

        All that the learner wrote runs up to the last of these, as it does when all are graded.
        A time limit that passed while the machine was busy with something else, or a sandbox that died,
        is tried once more if this is `alone` on the machine; else the result says that it should be. All
        tries share one budget, of which earlier ones have `spent` something.
        """
        exercises = list(self.notebook.exercises) if only is None else list(only)
        budget = Budget.of(self.sandbox.confinement.limits, spent)
        steps = steps_of(submission, exercises)
        judged, is_sure = self._grade(steps, exercises, TRIES if alone else 1, budget)
        is_again = spent != NOTHING
        if alone and not is_sure and judged.fatal is None and not budget.is_over:
            judged, is_sure = self._grade(steps, exercises, TRIES, budget)
            is_again = True
        judged.spent = budget.spent
        # Who is tried again was starved before: what that took must cost no points now.
        is_starved = is_again or (budget.cpu_left > 0 and budget.spent.is_starved_mostly)
        judged.is_starved = judged.is_out_of_time and is_starved
        judged.is_unsure = judged.is_starved or not is_sure
        return judged

    def grade_each(self, exercise: str, answers: Sequence[str]) -> list[Judged]:
        """What becomes of each of several answers to one exercise, which are the course's own.

        It is what `grade` says of each, in a third of the time: they share a student process, and so what one
        of them imports or does to a library. One that this process doesn't live through is graded by itself.
        """
        judged: list[Judged] = []
        while len(judged) < len(answers):
            judged += self._in_turn(exercise, answers[len(judged) :])
            if len(judged) < len(answers):
                submission = self.notebook.answered({exercise: answers[len(judged)]})
                judged.append(self.grade(submission, [exercise]))
        return judged

    def _in_turn(self, exercise: str, answers: Sequence[str]) -> list[Judged]:
        """What becomes of the first of them, up to one that does not end plainly."""
        steps = steps_of(self.notebook.answered({}), [exercise])

        def work() -> list[Judged]:
            with quiet():
                return judge.run_each(self.sandbox, self.notebook, steps, exercise, answers, self.seeds)

        try:
            return in_fork(work, list[Judged], limits.JUDGE_WALL, MEMORY)
        except ForkFailed:
            return []
        finally:
            self.sandbox.finish()

    def _grade(
        self, steps: Sequence[Step], exercises: list[str], tries: int, budget: Budget
    ) -> tuple[Judged, bool]:
        """What becomes of it, and whether another time would say the same.

        A sandbox may die for what else happens on the machine: only a cell that took two with it is left
        out, and what no sandbox survived is not relied on.
        """
        lost: dict[str, Lost] = {}
        fatal: set[str] = set()
        for _ in range(tries):
            before = budget.spent
            judged = self._judge(steps, exercises, lost, budget)
            if judged.fatal is None:
                return judged, not (_is_late(judged) and budget.since(before).is_starved)
            lost = {cell: how for cell, how in judged.lost.items() if cell != judged.fatal}
            if judged.fatal in fatal - {""}:
                lost[judged.fatal] = Lost.DIED
            fatal.add(judged.fatal)
            if budget.is_over:
                break
        died = self._all(exercises, Outcome.PROCESS_DIED, words.SUBMISSION_DIED)
        died.fatal = judged.fatal
        return died, budget.is_over and not budget.spent.is_starved

    def _judge(
        self, steps: Sequence[Step], exercises: list[str], lost: Mapping[str, Lost], budget: Budget
    ) -> Judged:
        def work() -> Judged:
            with quiet():
                return judge.run(self.sandbox, self.notebook, steps, exercises, self.seeds, lost, budget)

        seconds = min(limits.JUDGE_WALL, budget.left() + limits.JUDGE_GRACE_WALL)
        try:
            return in_fork(work, Judged, seconds, MEMORY)
        except ForkFailed as error:
            judged = self._all(exercises, Outcome.INFRASTRUCTURE, _last_line(error))
            judged.is_judge_lost = True
            return judged
        finally:
            ready = self.sandbox.finish()
            budget.note(ready.cpu_seconds, ready.wanted_seconds)

    def _all(self, exercises: list[str], outcome: Outcome, message: str) -> Judged:
        graded = (c for c in self.notebook.cells if c.kind == "graded" and c.exercise in exercises)
        return Judged({cell.id: Verdict(outcome, message) for cell in graded})


def _is_late(judged: Judged) -> bool:
    """Whether a time limit passed that may have passed for what else the machine was doing."""
    graded = any(
        verdict.outcome is Outcome.TIMED_OUT and cell not in judged.endless
        for cell, verdict in judged.verdicts.items()
    )
    return graded or Lost.TIMED_OUT in judged.lost.values() or judged.is_out_of_time


def _last_line(error: ForkFailed) -> str:
    """What it says last, where it is a traceback."""
    return str(error).strip().splitlines()[-1]


def steps_of(submission: Notebook, exercises: Collection[str]) -> list[Step]:
    """What a student process does with a submission: its cells in order, and a fork for each exercise.

    The fork is taken before an exercise's last graded cell, so that a solution over two cells counts. Whoever
    wrote something above the set-up had run that before: so it runs first, and once more where it stands.
    Where not all exercises are wanted, nothing runs that comes after the last fork.
    """
    last = {cell.exercise: cell for cell in submission.cells if cell.kind == "graded"}
    steps: list[Step] = []
    for cell in submission.cells:
        if cell.kind == "graded":
            if cell is last[cell.exercise] and cell.exercise in exercises:
                steps.append(Leave(cell.exercise))
        elif cell.kind in RUN and (cell.kind != "solution" or cell.source.strip()):
            steps.append(Cell(cell.id, cell.source, cell.kind == "setup"))
    if not set(last) <= set(exercises):
        steps = _up_to_last_fork(steps)
    first = next((step for step in steps if isinstance(step, Cell) and step.is_setup), None)
    return [first, *steps] if first and first != steps[0] else steps


def _up_to_last_fork(steps: Sequence[Step]) -> list[Step]:
    forks = [number for number, step in enumerate(steps) if isinstance(step, Leave)]
    return list(steps[: forks[-1] + 1]) if forks else []
